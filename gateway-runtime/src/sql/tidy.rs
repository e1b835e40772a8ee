//! Giving back what rows took that were replaced or deleted.
//!
//! DuckDB frees it at a checkpoint, which compresses what is new as well: then a table takes a fraction of the memory, and
//! is read in less than half the time. But a checkpoint does nothing while a query runs, it needs memory itself, and what
//! is deleted from a table with an index stays in that. Then a table is made anew.

use duckdb::Connection;
use gateway_schema::ddl::{Table, TableColumn};

use super::mirror::MirrorError;
use super::statements::{renew, used};
use super::writer::{Follower, Manner};

/// So many bytes more than what is in proportion to a table are dead before it is made anew.
const RENEW: usize = 8 * 1024 * 1024;

/// So many bytes more than what is in proportion to a table are written before a checkpoint.
const CHECKPOINT: usize = 4 * 1024 * 1024;

/// Fewer bytes are not worth it, even when memory gets scarce.
const SMALL: usize = 1024 * 1024;

/// What was written to a table, in bytes.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Rows in all, and their bytes: what a row takes is not known in any other way.
    seen: (usize, usize),
    /// Bytes written or deleted since the last checkpoint.
    fresh: usize,
    /// Bytes deleted under an index since the table was made.
    dead: usize,
}

impl Written {
    /// Rows were put, and so many others are gone.
    pub(super) fn add(&mut self, table: &Table, rows: usize, bytes: usize, gone: usize) {
        self.seen = (self.seen.0 + rows, self.seen.1 + bytes);
        let gone = self.bytes(gone);
        self.fresh += bytes + gone;
        if table.has_primary_key() {
            // Rows with lists are not replaced in place.
            let replaced = if table.columns.iter().any(TableColumn::is_nested) { bytes } else { 0 };
            self.dead += gone + replaced;
        }
    }

    /// What so many rows take, in bytes.
    pub(super) fn bytes(&self, rows: usize) -> usize {
        let (seen, bytes) = self.seen;
        usize::try_from(rows as u128 * bytes as u128 / seen.max(1) as u128).unwrap_or(usize::MAX)
    }

    /// How many rows take so many bytes; any number as long as fewer rows were seen than there are.
    pub(super) fn rows(&self, bytes: usize, there: u64) -> usize {
        let (seen, taken) = self.seen;
        if taken == 0 || (seen as u64) < there {
            return usize::MAX;
        }
        usize::try_from(bytes as u128 * seen as u128 / taken as u128).unwrap_or(usize::MAX)
    }

    /// Makes a table anew if that is worth it.
    fn renew(
        &mut self,
        connection: &Connection,
        table: &Table,
        live: usize,
        scarce: bool,
    ) -> Result<(), MirrorError> {
        let much = self.dead > live.saturating_add(RENEW)
            || self.fresh > live.saturating_add(RENEW).saturating_mul(4);
        if much || (scarce && self.fresh.max(self.dead) > live / 4 + SMALL) {
            // If it fails, it is not tried again with the next slice, but after as much again.
            (self.fresh, self.dead) = (0, 0);
            renew(connection, table)?;
        }
        Ok(())
    }
}

/// Tidies tables if it is time to. `alone` if no query runs.
pub(super) fn tidy(
    connection: &Connection,
    followers: &mut [Follower],
    manner: Manner,
    alone: bool,
) -> Result<(), MirrorError> {
    if !followers.iter().any(|follower| follower.written().any(|written| written.fresh > SMALL)) {
        return Ok(());
    }
    // With a file, memory is full of what was read of it, and gives way.
    let scarce = !manner.together && used(connection)? > manner.memory / 2;
    let mut due = false;
    for follower in followers.iter_mut() {
        let (live, past) = (follower.source.bytes(), follower.past_bytes());
        follower.latest.renew(connection, follower.source.table(), live, scarce)?;
        due |= follower.latest.fresh > live / 2 + CHECKPOINT;
        if let Some(history) = follower.source.history() {
            follower.past.renew(connection, history, past, scarce)?;
            due |= follower.past.fresh > CHECKPOINT;
        }
    }
    // A file has its own, by the size of its log; one that lacks memory would be the end of the database.
    if due && alone && !scarce && !manner.together {
        connection.execute_batch("CHECKPOINT")?;
        for follower in followers {
            (follower.latest.fresh, follower.past.fresh) = (0, 0);
        }
    }
    Ok(())
}

/// Makes everything anew that has anything to give back.
pub(super) fn shrink(connection: &Connection, followers: &mut [Follower]) -> Result<(), MirrorError> {
    for follower in followers {
        let (live, past) = (follower.source.bytes(), follower.past_bytes());
        follower.latest.renew(connection, follower.source.table(), live, true)?;
        if let Some(history) = follower.source.history() {
            follower.past.renew(connection, history, past, true)?;
        }
    }
    Ok(())
}
