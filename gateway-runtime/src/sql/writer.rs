//! Bringing tables up to date: what has changed in a state is staged, and takes its place in one transaction with what
//! has changed in the other states.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use duckdb::Connection;

use super::history::{self, HistoryStats, MostPast, Retention};
use super::mirror::MirrorError;
use super::source::{Rows, Slice, Watched};
use super::statements::{delete, renew, replace, staged, transaction, used};
use crate::store::drops::Drops;

/// So many bytes more than there are may be written before a table is made anew.
const RENEW: usize = 8 * 1024 * 1024;

/// Fewer bytes are not worth it, even when memory gets scarce.
const SMALL: usize = 1024 * 1024;

/// A state's tables and how far they are.
pub(super) struct Follower {
    pub(super) source: Arc<dyn Watched>,
    pub(super) stats: Arc<Stats>,
    /// Taken from the state, and not in the tables yet because that failed.
    waiting: VecDeque<Slice>,
    /// Whether that may be in the tables all the same: what fails to be committed may have been.
    again: bool,
    /// Bytes written since the table was made, and since the history was.
    written: usize,
    past_written: usize,
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
    /// `most` is what a history may have.
    pub(super) fn new(source: Arc<dyn Watched>, most: MostPast) -> Self {
        Follower {
            source,
            stats: Arc::default(),
            waiting: VecDeque::new(),
            again: false,
            written: 0,
            past_written: 0,
            retention: Retention::new(most),
            surplus: Drops::default(),
        }
    }

    /// How many changes are not in the tables yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.iter().map(Slice::rows).sum::<usize>() + self.source.pending()
    }

    /// Makes tables anew when much has been written since the last time: the memory of what is replaced or deleted DuckDB
    /// does not give back, neither the table's nor its index's.
    fn renew_if_grown(&mut self, connection: &Connection, memory: usize) -> Result<(), MirrorError> {
        self.renew(connection, |written, live| written > live + RENEW)?;
        if self.written.max(self.past_written) > SMALL && used(connection)? > memory / 2 {
            self.renew(connection, |written, live| written > live / 4 + SMALL)?;
        }
        Ok(())
    }

    /// Makes tables anew if it is worth it, by the bytes written since the last time and those that there are.
    fn renew(
        &mut self,
        connection: &Connection,
        worth: impl Fn(usize, usize) -> bool,
    ) -> Result<(), MirrorError> {
        if worth(self.written, self.source.bytes()) {
            renew(connection, self.source.table())?;
            self.written = 0;
        }
        let Some(history) = self.source.history() else { return Ok(()) };
        let live = usize::try_from(self.retention.bytes(self.stats.history.rows())).unwrap_or(usize::MAX);
        // Rows are added to a history until they are deleted: garbage is what was written and is not there any more.
        if worth(self.past_written.saturating_sub(live), live) {
            renew(connection, history)?;
            self.past_written = live;
        }
        Ok(())
    }

    /// Deletes what its history keeps no longer.
    fn retain(&mut self, connection: &Connection) -> Result<(), MirrorError> {
        let Some(history) = self.source.history() else { return Ok(()) };
        let surplus = self.retention.apply(connection, history, &self.stats.history)?;
        if let Some(dropped) = self.surplus.add(surplus) {
            tracing::warn!(
                table = history.name,
                dropped,
                "records left a history that has more of them than it may have (`--history-rows`, `--history-bytes`)"
            );
        }
        Ok(())
    }
}

/// How tables are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Whether the changes of all states are committed together: in a file that takes one write to the disk instead
    /// of several, in memory one at a time takes less of it.
    pub(super) together: bool,
    /// What the tables and queries may take of memory, in bytes.
    pub(super) memory: usize,
}

/// Writes everything that has changed. What fails is kept, and written the next time.
pub(super) fn catch_up(
    connection: &Connection,
    followers: &mut [Follower],
    manner: Manner,
) -> Result<(), MirrorError> {
    let many = if manner.together { followers.len().max(1) } else { 1 };
    followers.chunks_mut(many).try_for_each(|followers| {
        drain(connection, followers, manner)?;
        for follower in followers.iter_mut() {
            let changes = follower.source.take()?;
            follower.stats.history.lose(changes.lost);
            follower.waiting = changes.slices();
        }
        drain(connection, followers, manner)
    })
}

/// Writes what waits, a slice of it at a time.
fn drain(connection: &Connection, followers: &mut [Follower], manner: Manner) -> Result<(), MirrorError> {
    while followers.iter().any(|follower| !follower.waiting.is_empty()) {
        write(connection, followers)?;
        followers.iter_mut().try_for_each(|follower| follower.renew_if_grown(connection, manner.memory))?;
    }
    Ok(())
}

/// Deletes what histories keep no longer.
pub(super) fn retain(connection: &Connection, followers: &mut [Follower]) -> Result<(), MirrorError> {
    followers.iter_mut().try_for_each(|follower| follower.retain(connection))
}

/// Gives back the memory of rows that are replaced or deleted.
pub(super) fn shrink(connection: &Connection, followers: &mut [Follower]) -> Result<(), MirrorError> {
    followers.iter_mut().try_for_each(|follower| follower.renew(connection, |written, _| written > 0))
}

/// Writes the first slices of what waits, in one transaction: queries that run meanwhile see all of it or nothing.
fn write(connection: &Connection, followers: &mut [Follower]) -> Result<(), MirrorError> {
    let written = transaction(connection, || {
        followers.iter().map(|follower| apply(connection, follower)).collect::<Result<Vec<_>, _>>()
    });
    let written = written.inspect_err(|_| followers.iter_mut().for_each(|follower| follower.again = true))?;
    for (follower, Written { unfit, past }) in followers.iter_mut().zip(written) {
        follower.again = false;
        let Some(slice) = follower.waiting.pop_front() else { continue };
        let bytes = |rows: Option<Rows>| rows.map_or(0, |rows| rows.bytes);
        let past_bytes = bytes(slice.past);
        follower.written += bytes(slice.put);
        follower.past_written += past_bytes;
        follower.retention.add(past, past_bytes);
        follower.stats.history.add(past);
        follower.stats.refused.fetch_add(unfit as u64, Ordering::Relaxed);
    }
    Ok(())
}

/// What has been written.
#[derive(Default)]
struct Written {
    /// Rows that the table does not take.
    unfit: usize,
    /// Rows that are new in the history.
    past: u64,
}

/// Applies the first slice of what waits for a state's tables.
fn apply(connection: &Connection, follower: &Follower) -> Result<Written, MirrorError> {
    let mut written = Written::default();
    let Some(slice) = follower.waiting.front() else { return Ok(written) };
    let table = follower.source.table();
    if let Some(gone) = &slice.gone {
        delete(connection, table, follower.source.keys(), gone)?;
    }
    if let Some(Rows { batch, .. }) = &slice.put {
        let taken = staged(connection, table, batch, |staging| replace(connection, table, staging))?;
        written.unfit = batch.num_rows().saturating_sub(taken);
    }
    if let (Some(history), Some(Rows { batch, .. })) = (follower.source.history(), &slice.past) {
        written.past = history::append(connection, history, batch, follower.again)?;
    }
    Ok(written)
}
