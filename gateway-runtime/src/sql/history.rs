//! Histories: everything that ticks is added to them, and what is older or more than they keep leaves in the background.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use duckdb::Connection;
use duckdb::arrow::record_batch::RecordBatch;
use gateway_schema::ddl::{Table, identifier};

use super::mirror::MirrorError;
use super::statements::{staged, unstaged};

/// How often rows leave that are too old or too many.
const OFTEN: Duration = Duration::from_secs(1);

/// To look for the last rows of each key costs about as much as a query over all rows: in histories with more rows than
/// this, a quarter of them has to be new, or much time has to have passed.
const MANY: u64 = 100_000;

/// How much time is much.
const SELDOM: Duration = Duration::from_secs(60);

/// What is known of a history besides its rows.
#[derive(Debug, Default)]
pub(crate) struct HistoryStats {
    rows: AtomicU64,
    dropped: AtomicU64,
}

impl HistoryStats {
    /// How many rows it has.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// How many rows have left it, and how many were never in it because they could not be written in time.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn lose(&self, records: u64) {
        self.dropped.fetch_add(records, Ordering::Relaxed);
    }
}

/// The most that a history may have of all keys together.
#[derive(Debug, Clone, Copy)]
pub(super) struct MostPast {
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

/// When rows last left a history.
pub(super) struct Retention {
    /// When rows that were too old left.
    aged: Instant,
    /// When rows that were too many left, and how many have been added since then.
    thinned: Instant,
    added: u64,
}

impl Retention {
    pub(super) fn new() -> Self {
        Retention { aged: Instant::now(), thinned: Instant::now(), added: 0 }
    }

    /// Rows were added.
    pub(super) fn add(&mut self, rows: u64) {
        self.added += rows;
    }

    /// Deletes rows if it is time to; `most` is how many there may be of all keys together. Answers how many left because
    /// of that, which nobody declared.
    pub(super) fn apply(
        &mut self,
        connection: &Connection,
        table: &Table,
        stats: &HistoryStats,
        most: u64,
    ) -> Result<u64, MirrorError> {
        let Some(keeps) = table.state.history else { return Ok(0) };
        let name = identifier(&table.name);
        let delete = |condition: &str| -> Result<u64, MirrorError> {
            let deleted = connection.execute(&format!("DELETE FROM {name} WHERE {condition}"), [])? as u64;
            stats.rows.fetch_sub(deleted.min(stats.rows()), Ordering::Relaxed);
            stats.dropped.fetch_add(deleted, Ordering::Relaxed);
            Ok(deleted)
        };
        if let Some(age) = keeps.age.filter(|_| self.aged.elapsed() >= OFTEN) {
            self.aged = Instant::now();
            let micros = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
            delete(&format!("timestamp < now()::TIMESTAMP - to_microseconds({micros})"))?;
        }
        if !self.is_time_to_thin(stats.rows(), most) {
            return Ok(0);
        }
        (self.thinned, self.added) = (Instant::now(), 0);
        if let Some(last) = keeps.rows {
            let key: Vec<String> =
                table.key.iter().map(|&place| identifier(&table.columns[place].name)).collect();
            delete(&format!(
                "rowid IN (SELECT rowid FROM (SELECT rowid, row_number() OVER (PARTITION BY {} ORDER BY rowid DESC) AS \
                 place FROM {name}) WHERE place > {last})",
                key.join(", ")
            ))?;
        }
        match stats.rows().saturating_sub(most) {
            0 => Ok(0),
            // Row numbers grow with every row that is added.
            surplus => delete(&format!(
                "rowid <= (SELECT rowid FROM {name} ORDER BY rowid LIMIT 1 OFFSET {})",
                surplus - 1
            )),
        }
    }
}

impl Retention {
    fn is_time_to_thin(&self, rows: u64, most: u64) -> bool {
        let since = self.thinned.elapsed();
        let worth_it = rows <= MANY || self.added >= rows / 4 || since >= SELDOM;
        rows > most + most / 8 || (self.added > 0 && since >= OFTEN && worth_it)
    }
}

/// Adds rows to a history, and answers how many were taken. `again` if some of them may be in it already.
pub(super) fn append(
    connection: &Connection,
    table: &Table,
    rows: &RecordBatch,
    again: bool,
) -> Result<u64, MirrorError> {
    staged(connection, table, rows, |staging| {
        let name = identifier(&table.name);
        let columns: Vec<String> = table.columns.iter().map(unstaged).collect();
        let mut insert = format!(
            "INSERT INTO {name} SELECT * FROM (SELECT {} FROM {staging}) AS fresh WHERE {}",
            columns.join(", "),
            table.condition()
        );
        if again {
            insert.push_str(&format!(" AND NOT EXISTS (SELECT 1 FROM {name} WHERE {name}.id = fresh.id AND {name}.timestamp = fresh.timestamp)"));
        }
        Ok(connection.execute(&insert, [])? as u64)
    })
}

/// Counts the rows that a history has.
pub(super) fn count(connection: &Connection, table: &Table, stats: &HistoryStats) -> Result<(), MirrorError> {
    let sql = format!("SELECT count(*) FROM {}", identifier(&table.name));
    let rows: u64 = connection.query_row(&sql, [], |row| row.get(0))?;
    stats.rows.store(rows, Ordering::Relaxed);
    Ok(())
}
