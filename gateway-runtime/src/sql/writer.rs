//! Bringing tables up to date: what has changed in a state is staged, and takes its place in one transaction with what
//! has changed in the other states.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use duckdb::Connection;
use duckdb::arrow::record_batch::RecordBatch;
use gateway_schema::FieldType;
use gateway_schema::ddl::{Table, TableColumn, identifier, literal};

use super::history::{self, HistoryStats, Retention};
use super::mirror::MirrorError;
use super::source::{Batches, Watched};
use crate::store::drops::Drops;

/// So many rows more than what is in proportion to a table are written before it is packed or made anew.
const SOME: usize = 64 * 1024;

/// So many rows come to a history or leave it before it is packed.
const PAST: u64 = 256 * 1024;

/// Where rows are put before they are in their table.
const STAGING: &str = "gateway_staging";

/// A state's tables and how far they are.
pub(super) struct Follower {
    pub(super) source: Arc<dyn Watched>,
    pub(super) stats: Arc<Stats>,
    /// Taken from the state, and not in the tables yet because that failed.
    waiting: Batches,
    /// Whether that may be in the tables all the same: what fails to be committed may have been.
    again: bool,
    /// Rows put since the last checkpoint, and those that came to the history and left it.
    put: usize,
    past: u64,
    /// Rows deleted from a table with an index since it was made.
    dead: usize,
    retention: Retention,
    surplus: Drops,
}

/// What is known of a state's tables.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    /// How many rows were refused: values made in Rust that break the rules of their struct.
    pub(crate) refused: AtomicU64,
    pub(crate) history: HistoryStats,
}

impl Follower {
    /// `most` is how many rows a history may have.
    pub(super) fn new(source: Arc<dyn Watched>, most: usize) -> Self {
        Follower {
            source,
            stats: Arc::default(),
            waiting: Batches::default(),
            again: false,
            put: 0,
            past: 0,
            dead: 0,
            retention: Retention::new(most),
            surplus: Drops::default(),
        }
    }

    /// How many changes are not in the tables yet.
    pub(super) fn waiting(&self) -> usize {
        let rows = |rows: &Option<RecordBatch>| rows.as_ref().map_or(0, RecordBatch::num_rows);
        rows(&self.waiting.put) + rows(&self.waiting.gone) + self.source.pending()
    }

    /// Deletes what its history keeps no longer.
    fn retain(&mut self, connection: &Connection) -> Result<(), MirrorError> {
        let Some(history) = self.source.history() else { return Ok(()) };
        let before = self.stats.history.rows();
        let surplus = self.retention.apply(connection, history, &self.stats.history)?;
        self.past += before.saturating_sub(self.stats.history.rows());
        if let Some(dropped) = self.surplus.add(surplus) {
            tracing::warn!(
                table = history.name,
                dropped,
                "records left a history that has more of them than it may have (`--history-rows`)"
            );
        }
        Ok(())
    }
}

/// Writes everything that has changed. What fails is kept, and written the next time. `alone` if no query runs.
pub(super) fn catch_up(
    connection: &Connection,
    followers: &mut [Follower],
    alone: bool,
) -> Result<(), MirrorError> {
    if followers.iter().any(|follower| !follower.waiting.is_empty()) {
        write(connection, followers)?;
    }
    let mut any = false;
    for follower in followers.iter_mut() {
        follower.waiting = follower.source.take()?;
        follower.stats.history.lose(follower.waiting.lost);
        any |= !follower.waiting.is_empty();
    }
    if any {
        write(connection, followers)?;
        tidy(connection, followers, alone)?;
    }
    Ok(())
}

/// Deletes what histories keep no longer. `alone` if no query runs.
pub(super) fn retain(
    connection: &Connection,
    followers: &mut [Follower],
    alone: bool,
) -> Result<(), MirrorError> {
    followers.iter_mut().try_for_each(|follower| follower.retain(connection))?;
    tidy(connection, followers, alone)
}

/// Writes what waits, in one transaction: queries that run meanwhile see all of it or nothing.
fn write(connection: &Connection, followers: &mut [Follower]) -> Result<(), MirrorError> {
    let written = transaction(connection, || {
        followers.iter().map(|follower| apply(connection, follower)).collect::<Result<Vec<_>, _>>()
    });
    let written = written.inspect_err(|_| followers.iter_mut().for_each(|follower| follower.again = true))?;
    for (follower, Written { unfit, past }) in followers.iter_mut().zip(written) {
        let waiting = std::mem::take(&mut follower.waiting);
        follower.again = false;
        let [put, gone] = [waiting.put, waiting.gone].map(|rows| rows.map_or(0, |rows| rows.num_rows()));
        follower.put += put;
        follower.past += past;
        follower.dead += dead(follower.source.table(), put, gone);
        follower.retention.add(past);
        follower.stats.history.add(past);
        follower.stats.refused.fetch_add(unfit as u64, Ordering::Relaxed);
    }
    Ok(())
}

/// What has been written.
struct Written {
    /// Rows that the table does not take.
    unfit: usize,
    /// Rows that are new in the history.
    past: u64,
}

/// Applies what waits for a state's tables.
fn apply(connection: &Connection, follower: &Follower) -> Result<Written, MirrorError> {
    let table = follower.source.table();
    if let Some(gone) = &follower.waiting.gone {
        staged(connection, table, gone, |staging| {
            let name = identifier(&table.name);
            let condition = format!("{} AND {name}.id = {staging}.id", same_key(table, staging));
            connection.execute_batch(&format!("DELETE FROM {name} USING {staging} WHERE {condition}"))?;
            Ok(())
        })?;
    }
    let mut written = Written { unfit: 0, past: 0 };
    if let Some(put) = &follower.waiting.put {
        let taken = staged(connection, table, put, |staging| replace(connection, table, staging))?;
        written.unfit = put.num_rows().saturating_sub(taken);
    }
    if let (Some(history), Some(past)) = (follower.source.history(), &follower.waiting.past) {
        written.past = history::append(connection, history, past, follower.again)?;
    }
    Ok(written)
}

/// Puts rows into a table, in the place of those with their keys.
pub(super) fn insert(connection: &Connection, table: &Table, rows: &RecordBatch) -> Result<(), MirrorError> {
    staged(connection, table, rows, |staging| replace(connection, table, staging)).map(|_| ())
}

/// Puts staged rows in the place of those with their keys, and answers how many were taken.
fn replace(connection: &Connection, table: &Table, staging: &str) -> Result<usize, MirrorError> {
    let (name, condition) = (identifier(&table.name), table.condition());
    let fresh: Vec<String> = table.columns.iter().map(unstaged).collect();
    let rows = format!("SELECT * FROM (SELECT {} FROM {staging} ORDER BY rowid)", fresh.join(", "));
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
fn same_key(table: &Table, staging: &str) -> String {
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

/// What is replaced or deleted, DuckDB frees at a checkpoint, which compresses what is new as well: then it takes a
/// fraction of the memory, and is read in less than half the time. But a checkpoint does nothing while a query runs, and
/// what is deleted from a table with an index stays in it. So now and then such a table is made anew.
fn tidy(connection: &Connection, followers: &mut [Follower], alone: bool) -> Result<(), MirrorError> {
    let mut due = false;
    for follower in followers.iter_mut() {
        due |= follower.past > PAST;
        if follower.put <= SOME && follower.dead <= SOME {
            continue;
        }
        let table = follower.source.table();
        let count = format!("SELECT count(*) FROM {}", identifier(&table.name));
        let rows: usize = connection.query_row(&count, [], |row| row.get(0))?;
        if follower.dead > rows + SOME || follower.put > 4 * rows + SOME {
            renew(connection, table)?;
            (follower.put, follower.dead) = (0, 0);
            due = true;
        }
        due |= follower.put > rows / 2 + SOME;
    }
    if due && alone {
        connection.execute_batch("CHECKPOINT")?;
        followers.iter_mut().for_each(|follower| (follower.put, follower.past) = (0, 0));
    }
    Ok(())
}

/// How many rows stay in the index of a table, deleted, when so many were put and so many are gone.
fn dead(table: &Table, put: usize, gone: usize) -> usize {
    if !table.has_primary_key() {
        return 0;
    }
    // Rows with lists are not replaced in place.
    let replaced = if table.columns.iter().any(TableColumn::is_nested) { put } else { 0 };
    gone + replaced
}

/// Makes a table anew with the rows it has.
fn renew(connection: &Connection, table: &Table) -> Result<(), MirrorError> {
    let name = identifier(&table.name);
    transaction(connection, || {
        connection.execute_batch(&format!(
            "CREATE TEMP TABLE {STAGING} AS SELECT * FROM {name} ORDER BY rowid; DROP TABLE {name}; {} \
             INSERT INTO {name} SELECT * FROM {STAGING} ORDER BY rowid; DROP TABLE temp.{STAGING};",
            table.create()
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
