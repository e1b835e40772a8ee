//! The state file: what it holds is put into the states when a gateway starts, after its tables have been made those
//! of the structs as they are now.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duckdb::Connection;
use duckdb::arrow::array::{Array, AsArray};
use duckdb::arrow::record_batch::RecordBatch;
use gateway_schema::ddl::{Table, TableColumn, identifier};

use super::database::{another, open};
use super::migration::{self, Plan, Step};
use super::mirror::MirrorError;
use super::source::{Stored, Unreadable, Watched};
use super::statements::{insert, transaction};

/// Why a gateway does not start with a state file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateFileError {
    #[error("the state file `{}` cannot be used: {source}{}", path.display(), hint(source))]
    Failed { path: PathBuf, source: MirrorError },
    #[error(
        "the state file `{}` was written by other structs, and its tables cannot be made theirs without losing data:\n\
         {plan}\
         nothing was changed; start with another `--state-file`, or change the structs or (with DuckDB) the tables",
        path.display()
    )]
    Refused { path: PathBuf, plan: Plan },
}

fn hint(error: &MirrorError) -> &'static str {
    let said = error.to_string();
    if said.contains("Could not set lock") || said.contains("Conflicting lock") {
        "; another process has it open: stop that one, or choose another `--state-file`"
    } else {
        ""
    }
}

/// What a state file held.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    /// Records by table.
    pub(crate) tables: Vec<(String, usize)>,
    /// What was done to tables, if it was not nothing.
    pub(crate) migrated: Vec<String>,
    /// Tables that no state has.
    pub(crate) left: Vec<String>,
    /// Records that are none of their struct any more.
    pub(crate) unreadable: usize,
}

impl Recovered {
    /// Tells the log.
    pub(crate) fn report(&self, path: &Path) {
        let records: usize = self.tables.iter().map(|(_, records)| records).sum();
        let tables = Listed(&self.tables);
        tracing::info!(file = %path.display(), records, %tables, "state was recovered");
        for change in &self.migrated {
            tracing::info!(file = %path.display(), "the state file was migrated: {change}");
        }
        for table in &self.left {
            tracing::warn!(file = %path.display(), table, "no state has this table of the state file: it stays as it is");
        }
        if self.unreadable > 0 {
            tracing::warn!(
                file = %path.display(),
                records = self.unreadable,
                "records break the rules of their struct: they were moved to the table `gateway_meta.unreadable`"
            );
        }
    }
}

struct Listed<'a>(&'a [(String, usize)]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, records)) in self.0.iter().enumerate() {
            write!(f, "{}{name}: {records}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// What the file says about itself: the statements that made each table, to know whether they are still those of the
/// structs, and records that could not be read.
const META: &str = "\
    CREATE SCHEMA IF NOT EXISTS gateway_meta;
    CREATE TABLE IF NOT EXISTS gateway_meta.tables (name VARCHAR PRIMARY KEY, ddl VARCHAR NOT NULL, key VARCHAR[] NOT NULL);
    CREATE TABLE IF NOT EXISTS gateway_meta.unreadable (
        name VARCHAR NOT NULL, record VARCHAR NOT NULL, reason VARCHAR NOT NULL, since TIMESTAMP NOT NULL
    );";

/// Opens a state file and makes its tables those of the states, or says what would be lost; then puts the records that
/// it holds into the states.
pub(super) fn recover(
    path: &Path,
    memory: usize,
    tables: &[Arc<dyn Watched>],
) -> Result<(Connection, Recovered), StateFileError> {
    let failed = |source: MirrorError| StateFileError::Failed { path: path.to_owned(), source };
    let connection = open(Some(path), memory).map_err(|error| failed(error.into()))?;
    let all = tables.iter().flat_map(|source| std::iter::once(source.table()).chain(source.history()));
    let plan = Plan::make(&connection, all, META).map_err(failed)?;
    if plan.is_refused() {
        return Err(StateFileError::Refused { path: path.to_owned(), plan });
    }
    let recovered = carry_out(&connection, tables, plan).map_err(failed)?;
    Ok((connection, recovered))
}

fn carry_out(
    connection: &Connection,
    tables: &[Arc<dyn Watched>],
    plan: Plan,
) -> Result<Recovered, MirrorError> {
    let mut recovered = Recovered { left: plan.left, ..Recovered::default() };
    // What is in the file is read as it was before it is changed, by a connection that does not see the changes.
    let before = another(connection, true)?;
    before.execute_batch("BEGIN TRANSACTION READ ONLY")?;
    transaction(connection, || {
        let mut steps = plan.steps.into_iter();
        for source in tables {
            let table = source.table();
            let rewrite = match steps.next() {
                Some(Step::Keep) => Some(false),
                Some(Step::Rebuild(changes)) => {
                    connection.execute_batch(&format!("DROP TABLE {}", identifier(&table.name)))?;
                    create(connection, table)?;
                    recovered.migrated.push(format!("{}: {}", table.name, changes.join(", ")));
                    Some(true)
                }
                _ => {
                    create(connection, table)?;
                    None
                }
            };
            if let Some(rewrite) = rewrite {
                let (records, unreadable) = restore(connection, &before, &**source, rewrite)?;
                recovered.tables.push((table.name.clone(), records));
                recovered.unreadable += unreadable;
            }
            let Some(history) = source.history() else { continue };
            match steps.next() {
                Some(Step::Keep) => {}
                Some(Step::Rebuild(changes)) => {
                    recovered.unreadable += rebuild_history(connection, history)?;
                    recovered.migrated.push(format!("{}: {}", history.name, changes.join(", ")));
                }
                _ => create(connection, history)?,
            }
        }
        Ok(())
    })?;
    Ok(recovered)
}

/// Makes a history anew with the rows it has, and answers how many of them break the rules of their struct as it is now.
fn rebuild_history(connection: &Connection, table: &Table) -> Result<usize, MirrorError> {
    let name = identifier(&table.name);
    let old = migration::columns(connection, "main", &table.name)?;
    connection.execute_batch(&format!(
        "CREATE OR REPLACE TEMP TABLE gateway_old AS SELECT * FROM {name} ORDER BY rowid; DROP TABLE {name}"
    ))?;
    create(connection, table)?;
    let value = |column: &TableColumn| {
        let name = identifier(&column.name);
        let value = if old.iter().any(|old| old.name == column.name) {
            name.clone()
        } else {
            migration::default_of(table, column).unwrap_or_else(|| "NULL".to_owned())
        };
        format!("CAST({value} AS {}) AS {name}", column.sql)
    };
    let values: Vec<String> = table.columns.iter().map(value).collect();
    let (values, condition) = (values.join(", "), table.condition());
    connection.execute_batch(&format!(
        "INSERT INTO {name} SELECT * FROM (SELECT {values} FROM temp.gateway_old ORDER BY rowid) WHERE {condition}"
    ))?;
    let unreadable = connection.execute(
        &format!(
            "INSERT INTO gateway_meta.unreadable SELECT ?, to_json(gateway_row)::VARCHAR, 'it breaks a rule of the table', \
             now()::TIMESTAMP FROM (SELECT {values} FROM temp.gateway_old) AS gateway_row WHERE NOT ({condition})"
        ),
        [&table.name],
    )?;
    connection.execute_batch("DROP TABLE temp.gateway_old")?;
    Ok(unreadable)
}

fn create(connection: &Connection, table: &Table) -> Result<(), MirrorError> {
    let ddl = table.create();
    connection.execute_batch(&ddl)?;
    let key: Vec<&str> = table.key.iter().map(|&place| table.columns[place].name.as_str()).collect();
    let key = serde_json::Value::from(key).to_string();
    connection.execute(
        "INSERT OR REPLACE INTO gateway_meta.tables VALUES (?, ?, from_json(?::JSON, '[\"VARCHAR\"]'))",
        [table.name.as_str(), &ddl, &key],
    )?;
    Ok(())
}

/// Puts the records of a table into its state, and into the table too if it was made anew. Answers how many there are,
/// and how many cannot be read.
fn restore(
    connection: &Connection,
    before: &Connection,
    source: &dyn Watched,
    rewrite: bool,
) -> Result<(usize, usize), MirrorError> {
    let table = source.table();
    let column = |source| {
        table.columns.iter().find(|column| column.source == source).map(|column| identifier(&column.name))
    };
    let record = column(gateway_schema::ddl::Source::Whole).unwrap_or_else(|| "NULL".to_owned());
    let key = column(gateway_schema::ddl::Source::Key).unwrap_or_else(|| "NULL".to_owned());
    let select = format!("SELECT {record}::VARCHAR, {key}::VARCHAR FROM {}", identifier(&table.name));
    let mut statement = before.prepare(&select)?;
    // Its iterator panics when the query fails under way; the statement's own `step` does not.
    drop(statement.stream_arrow([])?);
    let (mut records, mut unreadable) = (0, Vec::new());
    while let Some(batch) = statement.step()? {
        let (rows, bad) = source.restore(stored(&RecordBatch::from(&batch)), rewrite)?;
        unreadable.extend(bad);
        records += batch.len();
        if let Some(rows) = rows {
            insert(connection, table, &rows)?;
        }
    }
    source.restored();
    set_aside(connection, table, &unreadable, rewrite)?;
    Ok((records - unreadable.len(), unreadable.len()))
}

fn stored(batch: &RecordBatch) -> Vec<Stored> {
    let (records, keys) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
    let text = |column: &duckdb::arrow::array::StringArray, row| {
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    (0..batch.num_rows())
        .map(|row| Stored { record: text(records, row).unwrap_or_default(), key: text(keys, row) })
        .collect()
}

/// Moves records that cannot be read to where they are not lost.
fn set_aside(
    connection: &Connection,
    table: &Table,
    unreadable: &[Unreadable],
    rewritten: bool,
) -> Result<(), MirrorError> {
    if unreadable.is_empty() {
        return Ok(());
    }
    connection
        .execute_batch("CREATE OR REPLACE TEMP TABLE gateway_unreadable (record VARCHAR, reason VARCHAR)")?;
    let mut appender = connection.appender_to_catalog_and_db("gateway_unreadable", "temp", "main")?;
    for Unreadable { record, reason } in unreadable {
        appender.append_row([record, reason])?;
    }
    appender.flush()?;
    drop(appender);
    connection.execute(
        "INSERT INTO gateway_meta.unreadable SELECT ?, record, reason, now()::TIMESTAMP FROM temp.gateway_unreadable",
        [&table.name],
    )?;
    if !rewritten {
        let record = table.columns.iter().find(|column| column.source == gateway_schema::ddl::Source::Whole);
        let record = record.map_or_else(|| "NULL".to_owned(), |column| identifier(&column.name));
        connection.execute_batch(&format!(
            "DELETE FROM {} WHERE {record} IN (SELECT record FROM temp.gateway_unreadable)",
            identifier(&table.name)
        ))?;
    }
    connection.execute_batch("DROP TABLE temp.gateway_unreadable")?;
    Ok(())
}
