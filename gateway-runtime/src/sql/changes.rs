//! What has changed in a state since its table was last brought up to date.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;
use gateway_schema::ddl::{Source, Table};
use gateway_schema::{Cell, GatewayStruct};
use smallvec::SmallVec;

use super::batch::{batch, stored};
use crate::event::TickRef;

/// A state whose changes can be watched, whatever its records are.
pub(crate) trait Watched: Send + Sync {
    /// The table of the state.
    fn table(&self) -> &Table;

    /// How many rows the table may have.
    fn limit(&self) -> usize;

    /// Keeps changes from now on.
    fn watch(&self);

    /// How many changes there are.
    fn pending(&self) -> usize;

    /// Takes the changes: the last one of each key, in their order.
    fn take(&self) -> Result<Option<RecordBatch>, ArrowError>;
}

/// A record and the key of the basket that it ticked under.
#[derive(Clone)]
pub(super) struct Change<T> {
    pub(super) key: Option<Arc<str>>,
    pub(super) tick: TickRef<T>,
}

/// The changes of one state, as they happen. Until it is watched, it keeps none.
pub(crate) struct Changes<T> {
    table: Table,
    limit: usize,
    watched: AtomicBool,
    pending: AtomicUsize,
    log: Mutex<Vec<Change<T>>>,
}

impl<T: GatewayStruct> Changes<T> {
    pub(crate) fn new(table: Table, limit: usize) -> Self {
        Changes {
            table,
            limit: limit.max(1),
            watched: AtomicBool::new(false),
            pending: AtomicUsize::new(0),
            log: Mutex::default(),
        }
    }

    /// Notes a record. Runs on the graph's thread.
    pub(crate) fn push(&self, key: Option<&Arc<str>>, tick: &TickRef<T>) {
        if !self.watched.load(Ordering::Relaxed) {
            return;
        }
        let mut log = self.locked();
        log.push(Change { key: key.cloned(), tick: tick.clone() });
        // Nobody has taken them for long: only what the table would keep is kept. That costs one look per change
        // on average.
        if log.len() > 2 * self.limit + 1024 {
            *log = self.latest(std::mem::take(&mut *log));
        }
        self.pending.store(log.len(), Ordering::Relaxed);
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Change<T>>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last change of each key, in their order, and no more than the table may have. Keys are as the table
    /// stores them: two that differ by a nanosecond are one row.
    fn latest(&self, log: Vec<Change<T>>) -> Vec<Change<T>> {
        let mut seen: BTreeSet<SmallVec<[Cell<'static>; 1]>> = BTreeSet::new();
        let mut kept: Vec<Change<T>> = Vec::new();
        for change in log.into_iter().rev() {
            let part = |&place: &usize| match &self.table.columns[place].source {
                Source::Record(path) => stored(change.tick.cell(path)).into_owned(),
                Source::Key => Cell::Text(change.key.as_deref().unwrap_or_default().to_owned().into()),
            };
            if seen.insert(self.table.key.iter().map(part).collect()) {
                kept.push(change);
            }
            if kept.len() == self.limit {
                break;
            }
        }
        kept.reverse();
        kept
    }
}

impl<T: GatewayStruct> Watched for Changes<T> {
    fn table(&self) -> &Table {
        &self.table
    }

    fn limit(&self) -> usize {
        self.limit
    }

    fn watch(&self) {
        self.watched.store(true, Ordering::Relaxed);
    }

    fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    fn take(&self) -> Result<Option<RecordBatch>, ArrowError> {
        let log = {
            let mut log = self.locked();
            self.pending.store(0, Ordering::Relaxed);
            std::mem::take(&mut *log)
        };
        if log.is_empty() {
            return Ok(None);
        }
        batch(&self.table, &self.latest(log)).map(Some)
    }
}
