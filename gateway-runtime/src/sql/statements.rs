//! What is done to tables, in SQL.

use duckdb::Connection;
use duckdb::arrow::record_batch::RecordBatch;
use gateway_schema::FieldType;
use gateway_schema::ddl::{Table, TableColumn, identifier, literal};

use super::mirror::MirrorError;

/// The name of a table while it is made anew.
const FRESH: &str = "gateway_fresh";

/// Where rows are put before they are in their table.
const STAGING: &str = "gateway_staging";

/// What the database takes of memory, in bytes.
pub(super) fn used(connection: &Connection) -> Result<usize, MirrorError> {
    let sql = "SELECT coalesce(sum(memory_usage_bytes), 0)::UBIGINT FROM duckdb_memory()";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Deletes the rows with staged keys.
pub(super) fn delete(
    connection: &Connection,
    table: &Table,
    keys: &Table,
    gone: &RecordBatch,
) -> Result<(), MirrorError> {
    staged(connection, keys, gone, |staging| {
        let (name, same) = (identifier(&table.name), same_key(table, staging));
        connection.execute_batch(&format!("DELETE FROM {name} USING {staging} WHERE {same}"))?;
        Ok(())
    })
}

/// Puts rows into a table, in the place of those with their keys.
pub(super) fn insert(connection: &Connection, table: &Table, rows: &RecordBatch) -> Result<(), MirrorError> {
    staged(connection, table, rows, |staging| replace(connection, table, staging)).map(|_| ())
}

/// Puts staged rows in the place of those with their keys, and answers how many were taken.
pub(super) fn replace(connection: &Connection, table: &Table, staging: &str) -> Result<usize, MirrorError> {
    let (name, condition) = (identifier(&table.name), table.condition());
    let fresh: Vec<String> = table.columns.iter().map(unstaged).collect();
    let rows = format!("SELECT * FROM (SELECT {} FROM {staging})", fresh.join(", "));
    let replaced = format!("DELETE FROM {name} USING {staging} WHERE {}", same_key(table, staging));
    if !table.has_primary_key() {
        connection.execute_batch(&replaced)?;
        return Ok(connection.execute(&format!("INSERT INTO {name} {rows} WHERE {condition}"), [])?);
    }
    // With an index this is several times as fast as to delete and to insert.
    let taken = connection.execute(&format!("INSERT OR REPLACE INTO {name} {rows} WHERE {condition}"), [])?;
    let staged: usize =
        connection.query_row(&format!("SELECT count(*) FROM {staging}"), [], |row| row.get(0))?;
    if taken < staged {
        // What is not taken is not what was there before either.
        let unfit = format!("{staging}.id NOT IN (SELECT id FROM ({rows}) WHERE {condition})");
        connection.execute_batch(&format!("{replaced} AND {unfit}"))?;
    }
    Ok(taken)
}

/// The condition that a row of the table has the key of a staged one.
pub(super) fn same_key(table: &Table, staging: &str) -> String {
    let name = identifier(&table.name);
    let columns = table.key.iter().map(|&place| identifier(&table.columns[place].name));
    let same = columns.map(|column| format!("{name}.{column} IS NOT DISTINCT FROM {staging}.{column}"));
    same.collect::<Vec<_>>().join(" AND ")
}

/// Runs `work` with rows in a staging table, whose name it gets.
pub(super) fn staged<R>(
    connection: &Connection,
    table: &Table,
    rows: &RecordBatch,
    work: impl FnOnce(&str) -> Result<R, MirrorError>,
) -> Result<R, MirrorError> {
    let columns: Vec<String> = table.columns.iter().map(staging_column).collect();
    connection.execute_batch(&format!("CREATE OR REPLACE TEMP TABLE {STAGING} ({})", columns.join(", ")))?;
    let mut appender = connection.appender_to_catalog_and_db(STAGING, "temp", "main")?;
    appender.append_record_batch(rows.clone())?;
    appender.flush()?;
    drop(appender);
    let outcome = work(STAGING)?;
    connection.execute_batch(&format!("DROP TABLE temp.{STAGING}"))?;
    Ok(outcome)
}

/// Runs `work` in a transaction.
pub(super) fn transaction<R>(
    connection: &Connection,
    work: impl FnOnce() -> Result<R, MirrorError>,
) -> Result<R, MirrorError> {
    connection.execute_batch("BEGIN")?;
    let outcome = work();
    // Of two failures the first is the one to know.
    let ended = connection.execute_batch(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" });
    let outcome = outcome?;
    ended?;
    Ok(outcome)
}

/// Makes a table anew with the rows it has, in their order.
pub(super) fn renew(connection: &Connection, table: &Table) -> Result<(), MirrorError> {
    let fresh = Table { name: FRESH.to_owned(), ..table.clone() };
    let name = identifier(&table.name);
    transaction(connection, || {
        connection.execute_batch(&format!(
            "{} INSERT INTO {FRESH} SELECT * FROM {name}; DROP TABLE {name}; \
             ALTER TABLE {FRESH} RENAME TO {name};",
            fresh.create()
        ))?;
        Ok(())
    })
}

/// A column as it is staged: what Arrow arrays here do not have is text.
fn staging_column(column: &TableColumn) -> String {
    let is_text = column.is_nested() || matches!(column.ty, FieldType::Uuid);
    format!("{} {}", identifier(&column.name), if is_text { "VARCHAR" } else { &column.sql })
}

/// What a staged column becomes.
pub(super) fn unstaged(column: &TableColumn) -> String {
    let name = identifier(&column.name);
    match column.ty {
        FieldType::Json => format!("CAST({name} AS JSON) AS {name}"),
        FieldType::Uuid => format!("CAST({name} AS UUID) AS {name}"),
        _ if column.is_nested() => {
            // The type is a string of JSON that is a string of SQL.
            let ty = serde_json::Value::from(column.sql.as_str()).to_string();
            format!("json_transform({name}, {}) AS {name}", literal(&ty))
        }
        _ => name,
    }
}
