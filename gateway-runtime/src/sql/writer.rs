//! Bringing tables up to date: what has changed in a state is staged, and takes its place in one transaction with what
//! has changed in the other states.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use duckdb::Connection;

use super::history::{self, HistoryStats, MostPast, Retention};
use super::mirror::MirrorError;
use super::source::{Rows, Slice, Watched};
use super::statements::{delete, replace, staged, transaction};
use super::tidy::{Written, tidy};
use crate::store::drops::Drops;

/// A state's tables and how far they are.
pub(super) struct Follower {
    pub(super) source: Arc<dyn Watched>,
    pub(super) stats: Arc<Stats>,
    /// Taken from the state, and not in the tables yet because that failed.
    waiting: VecDeque<Slice>,
    /// Whether that may be in the tables all the same: what fails to be committed may have been.
    again: bool,
    /// What was written to the table, and to the history.
    pub(super) latest: Written,
    pub(super) past: Written,
    /// What the history may have.
    most: MostPast,
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
            latest: Written::default(),
            past: Written::default(),
            most,
            retention: Retention::new(),
            surplus: Drops::default(),
        }
    }

    /// How many changes are not in the tables yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.iter().map(Slice::rows).sum::<usize>() + self.source.pending()
    }

    /// What was written to its tables.
    pub(super) fn written(&self) -> impl Iterator<Item = &Written> {
        [&self.latest, &self.past].into_iter()
    }

    /// What the history takes, in bytes.
    pub(super) fn past_bytes(&self) -> usize {
        self.past.bytes(usize::try_from(self.stats.history.rows()).unwrap_or(usize::MAX))
    }

    /// Deletes what its history keeps no longer.
    fn retain(&mut self, connection: &Connection) -> Result<(), MirrorError> {
        let Some(history) = self.source.history() else { return Ok(()) };
        let before = self.stats.history.rows();
        let fit = self.past.rows(self.most.bytes, before).min(self.most.rows).max(1);
        let surplus = self.retention.apply(connection, history, &self.stats.history, fit as u64)?;
        let gone = before.saturating_sub(self.stats.history.rows());
        self.past.add(history, 0, 0, usize::try_from(gone).unwrap_or(usize::MAX));
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

/// Writes everything that has changed. What fails is kept, and written the next time. `alone` if no query runs.
pub(super) fn catch_up(
    connection: &Connection,
    followers: &mut [Follower],
    manner: Manner,
    alone: bool,
) -> Result<(), MirrorError> {
    let many = if manner.together { followers.len().max(1) } else { 1 };
    followers.chunks_mut(many).try_for_each(|followers| {
        drain(connection, followers, manner, alone)?;
        for follower in followers.iter_mut() {
            let changes = follower.source.take()?;
            follower.stats.history.lose(changes.lost);
            follower.waiting = changes.slices();
        }
        drain(connection, followers, manner, alone)
    })
}

/// Writes what waits, a slice of it at a time.
fn drain(
    connection: &Connection,
    followers: &mut [Follower],
    manner: Manner,
    alone: bool,
) -> Result<(), MirrorError> {
    while followers.iter().any(|follower| !follower.waiting.is_empty()) {
        write(connection, followers)?;
        // The rows are written whether or not this can be done, and it will be tried again.
        if let Err(error) = tidy(connection, followers, manner, alone) {
            tracing::warn!(%error, "the memory of replaced rows could not be given back");
        }
    }
    Ok(())
}

/// Deletes what histories keep no longer.
pub(super) fn retain(connection: &Connection, followers: &mut [Follower]) -> Result<(), MirrorError> {
    followers.iter_mut().try_for_each(|follower| follower.retain(connection))
}

/// Writes the first slices of what waits, in one transaction: queries that run meanwhile see all of it or nothing.
fn write(connection: &Connection, followers: &mut [Follower]) -> Result<(), MirrorError> {
    let written = transaction(connection, || {
        followers.iter().map(|follower| apply(connection, follower)).collect::<Result<Vec<_>, _>>()
    });
    let written = written.inspect_err(|_| followers.iter_mut().for_each(|follower| follower.again = true))?;
    for (follower, Applied { unfit, past }) in followers.iter_mut().zip(written) {
        follower.again = false;
        let Some(slice) = follower.waiting.pop_front() else { continue };
        let table = follower.source.table();
        let size =
            |rows: &Option<Rows>| rows.as_ref().map_or((0, 0), |rows| (rows.batch.num_rows(), rows.bytes));
        let gone = slice.gone.map_or(0, |gone| gone.num_rows());
        let (rows, bytes) = size(&slice.put);
        follower.latest.add(table, rows, bytes, gone);
        if let Some(history) = follower.source.history() {
            let (rows, bytes) = size(&slice.past);
            follower.past.add(history, rows, bytes, 0);
        }
        follower.retention.add(past);
        follower.stats.history.add(past);
        follower.stats.refused.fetch_add(unfit as u64, Ordering::Relaxed);
    }
    Ok(())
}

/// What has become of a slice.
#[derive(Default)]
struct Applied {
    /// Rows that the table does not take.
    unfit: usize,
    /// Rows that are new in the history.
    past: u64,
}

/// Applies the first slice of what waits for a state's tables.
fn apply(connection: &Connection, follower: &Follower) -> Result<Applied, MirrorError> {
    let mut written = Applied::default();
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
