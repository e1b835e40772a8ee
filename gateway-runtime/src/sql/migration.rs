//! What has to be done to the tables of a state file so that they are those of the structs as they are now.

use std::fmt;

use duckdb::Connection;
use gateway_schema::ddl::{Kind, Source, Table, TableColumn, identifier, literal};
use gateway_schema::tick::ColumnPath;
use gateway_schema::{FieldSchema, FieldType};
use serde_json::Value;

use super::mirror::MirrorError;

/// What is done to each table of the states, in their order.
#[derive(Debug)]
pub(crate) struct Plan {
    names: Vec<String>,
    pub(super) steps: Vec<Step>,
    /// Tables of the file that no state has.
    pub(super) left: Vec<String>,
}

/// What is done to a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The file has none of this name.
    Create,
    /// It is as it should be.
    Keep,
    /// It is made anew and gets its records back: these changes lose nothing.
    Rebuild(Vec<String>),
    /// It stays as it is, because of these changes.
    Refuse(Vec<String>),
}

/// A column as DuckDB has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    ty: String,
    nullable: bool,
}

impl Plan {
    /// Compares the tables of a file with those that there should be. `meta` makes what the file says about itself.
    pub(super) fn make<'t>(
        connection: &Connection,
        tables: impl Iterator<Item = &'t Table>,
        meta: &str,
    ) -> Result<Self, MirrorError> {
        connection.execute_batch(meta)?;
        let mut plan = Plan { names: Vec::new(), steps: Vec::new(), left: Vec::new() };
        for table in tables {
            plan.steps.push(step(connection, table)?);
            plan.names.push(table.name.clone());
        }
        let mut statement = connection.prepare("SELECT name FROM gateway_meta.tables ORDER BY name")?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        plan.left = names.into_iter().filter(|name| !plan.names.contains(name)).collect();
        Ok(plan)
    }

    pub(super) fn is_refused(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Refuse(_)))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, step) in self.names.iter().zip(&self.steps) {
            let (verdict, changes) = match step {
                Step::Create => ("would be made", &[][..]),
                Step::Keep => continue,
                Step::Rebuild(changes) => ("could be migrated", &changes[..]),
                Step::Refuse(changes) => ("cannot be migrated", &changes[..]),
            };
            writeln!(f, "  table `{name}` {verdict}")?;
            for change in changes {
                writeln!(f, "    {change}")?;
            }
        }
        Ok(())
    }
}

fn step(connection: &Connection, table: &Table) -> Result<Step, MirrorError> {
    let known: Option<(String, String)> = {
        let mut statement = connection
            .prepare("SELECT ddl, array_to_string(key, ', ') FROM gateway_meta.tables WHERE name = ?")?;
        let mut rows = statement.query([&table.name])?;
        rows.next()?.map(|row| Ok::<_, duckdb::Error>((row.get(0)?, row.get(1)?))).transpose()?
    };
    let Some((ddl, key)) = known else { return Ok(Step::Create) };
    if ddl == table.create() {
        return Ok(Step::Keep);
    }
    let name = identifier(&table.name);
    let rows: usize = connection.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0))?;
    let old = columns(connection, "main", &table.name)?;
    // DuckDB has its own spelling of types, which only a table of its shows.
    let scratch = Table { name: "gateway_scratch".to_owned(), ..table.clone() };
    let definition = scratch.definition().replacen("CREATE TABLE", "CREATE TEMP TABLE", 1);
    connection.execute_batch(&definition)?;
    let new = columns(connection, "temp", &scratch.name)?;
    connection.execute_batch("DROP TABLE temp.gateway_scratch")?;
    let new_key: Vec<&str> = table.key.iter().map(|&place| table.columns[place].name.as_str()).collect();
    let (mut safe, mut lossy) = compare(&old, &new, |name| has_default(table, name));
    if key != new_key.join(", ") {
        lossy.push(format!("its key was `{key}`, and is `{}`", new_key.join(", ")));
    }
    // What has no rows has nothing to lose.
    if lossy.is_empty() || rows == 0 {
        safe.append(&mut lossy);
        if safe.is_empty() {
            safe.push("rules or comments".to_owned());
        }
        return Ok(Step::Rebuild(safe));
    }
    lossy.append(&mut safe);
    Ok(Step::Refuse(lossy))
}

pub(super) fn columns(
    connection: &Connection,
    database: &str,
    table: &str,
) -> Result<Vec<Column>, MirrorError> {
    let place = if database == "temp" {
        "database_name = 'temp'"
    } else {
        "database_name = current_database() AND schema_name = 'main'"
    };
    let mut statement = connection.prepare(&format!(
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE {place} AND table_name = ? ORDER BY column_index"
    ))?;
    let columns = statement
        .query_map([table], |row| Ok(Column { name: row.get(0)?, ty: row.get(1)?, nullable: row.get(2)? }))?;
    Ok(columns.collect::<Result<Vec<_>, _>>()?)
}

/// The changes that lose nothing, and those that do or may.
fn compare(old: &[Column], new: &[Column], has_default: impl Fn(&str) -> bool) -> (Vec<String>, Vec<String>) {
    let (mut safe, mut lossy) = (Vec::new(), Vec::new());
    for was in old {
        let Some(is) = new.iter().find(|is| is.name == was.name) else {
            lossy.push(format!("column `{}` {} is gone: its values would be lost", was.name, was.ty));
            continue;
        };
        if was.ty != is.ty {
            let change = format!("column `{}` was {}, and is {}", was.name, was.ty, is.ty);
            if widens(&was.ty, &is.ty) {
                safe.push(change);
            } else {
                lossy.push(format!("{change}: not every value of the one is one of the other"));
            }
        }
        match (was.nullable, is.nullable) {
            (false, true) => safe.push(format!("column `{}` may be null now", was.name)),
            (true, false) => {
                lossy.push(format!("column `{}` could be null, and has to have a value now", was.name))
            }
            _ => {}
        }
    }
    for is in new.iter().filter(|is| old.iter().all(|was| was.name != is.name)) {
        let change = format!("column `{}` {} is new", is.name, is.ty);
        if is.nullable || has_default(&is.name) {
            safe.push(change);
        } else {
            lossy.push(format!("{change}, and has to have a value, which the rows do not have: make it optional, or give it a default"));
        }
    }
    (safe, lossy)
}

/// Whether records that lack a column get a value for it.
fn has_default(table: &Table, name: &str) -> bool {
    let Some(column) = table.columns.iter().find(|column| column.name == name) else { return false };
    match table.kind {
        // They are read again.
        Kind::Latest => fields(table, column).any(|field| field.default.is_some()),
        Kind::History => default_of(table, column).is_some(),
    }
}

/// The default of a column in SQL, if it has one that is no list and no map.
pub(super) fn default_of(table: &Table, column: &TableColumn) -> Option<String> {
    if column.is_nested() {
        return None;
    }
    let default = fields(table, column).last()?.default?;
    Some(match default() {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => literal(&text),
        other => literal(&other.to_string()),
    })
}

/// The fields that lead to a column.
fn fields(table: &Table, column: &TableColumn) -> impl Iterator<Item = &'static FieldSchema> {
    let path = match &column.source {
        Source::Record(ColumnPath::Field(path)) => path.clone(),
        _ => Vec::new(),
    };
    let mut schema = Some(table.channel.payload);
    path.into_iter().map_while(move |place| {
        let field = schema?.fields.get(place)?;
        schema = match &field.ty {
            FieldType::Struct(nested) | FieldType::Nullable(FieldType::Struct(nested)) => Some(nested),
            _ => None,
        };
        Some(field)
    })
}

/// Whether every value of one type is one of the other.
fn widens(from: &str, to: &str) -> bool {
    let bits = |ty: &str| match ty {
        "TINYINT" => Some((true, 8)),
        "SMALLINT" => Some((true, 16)),
        "INTEGER" => Some((true, 32)),
        "BIGINT" => Some((true, 64)),
        "UTINYINT" => Some((false, 8)),
        "USMALLINT" => Some((false, 16)),
        "UINTEGER" => Some((false, 32)),
        "UBIGINT" => Some((false, 64)),
        _ => None,
    };
    match (bits(from), bits(to)) {
        (Some((signed, from)), Some((to_signed, to))) => to > from && (to_signed || !signed),
        // A double has 53 bits.
        (Some((_, bits)), None) => to == "DOUBLE" && bits <= 32,
        _ => from == "FLOAT" && to == "DOUBLE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_is_what_has_every_value() {
        for (from, to) in
            [("TINYINT", "INTEGER"), ("UINTEGER", "BIGINT"), ("INTEGER", "DOUBLE"), ("FLOAT", "DOUBLE")]
        {
            assert!(widens(from, to), "{from} to {to}");
            assert!(!widens(to, from), "{to} to {from}");
        }
        for (from, to) in
            [("INTEGER", "UBIGINT"), ("BIGINT", "DOUBLE"), ("UBIGINT", "BIGINT"), ("VARCHAR", "BIGINT")]
        {
            assert!(!widens(from, to), "{from} to {to}");
        }
    }
}
