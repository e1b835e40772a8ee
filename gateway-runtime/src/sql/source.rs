//! The states that tables are filled from.

use std::sync::{Arc, Mutex, PoisonError};

use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;
use gateway_schema::ddl::Table;
use gateway_schema::{GatewayStruct, Problem, Tick};

use super::batch::batch;
use super::changes::{Change, Changes, Latest};
use crate::event::TickRef;
use crate::store::budget::Budget;
use crate::store::lookup::Lookup;
use crate::store::state::StateTable;

/// A state that a table is filled from, whatever its records are.
pub(crate) trait Watched: Send + Sync {
    /// The table of the state.
    fn table(&self) -> &Table;

    /// The table of its history, if it has one.
    fn history(&self) -> Option<&Table>;

    /// Keeps changes from now on.
    fn watch(&self);

    /// How many changes there are.
    fn pending(&self) -> usize;

    /// Takes the changes: the last one of each key, and everything that ticked if there is a history.
    fn take(&self) -> Result<Batches, ArrowError>;

    /// Reads records that a table had. Answers with rows of the table, if they are wanted, and with what cannot be
    /// read.
    fn restore(
        &self,
        records: Vec<Stored>,
        wanted: bool,
    ) -> Result<(Option<RecordBatch>, Vec<Unreadable>), ArrowError>;

    /// Puts everything that was restored into the state, the oldest first.
    fn restored(&self);
}

/// A record as it is stored.
pub(crate) struct Stored {
    pub(super) record: String,
    /// The key of the basket that it ticked under.
    pub(super) key: Option<String>,
}

/// A stored record that is none of its struct.
pub(crate) struct Unreadable {
    pub(super) record: String,
    pub(super) reason: String,
}

/// Changes of a state.
#[derive(Default)]
pub(crate) struct Batches {
    /// Rows to put in the place of those with their keys.
    pub(super) put: Option<RecordBatch>,
    /// Rows to delete.
    pub(super) gone: Option<RecordBatch>,
    /// Rows to add to the history.
    pub(super) past: Option<RecordBatch>,
    /// Records that are missing in the history before those.
    pub(super) lost: u64,
}

impl Batches {
    pub(super) fn is_empty(&self) -> bool {
        self.put.is_none() && self.gone.is_none() && self.past.is_none()
    }
}

/// A state and what has happened to it.
pub(crate) struct StateSource<T> {
    table: Table,
    history: Option<Table>,
    state: Arc<StateTable<T>>,
    lookup: Option<Arc<Lookup<T>>>,
    changes: Arc<Changes<T>>,
    /// For the JSON that restored records keep.
    texts: Arc<Budget>,
    restored: Mutex<Vec<Change<T>>>,
}

impl<T: GatewayStruct> StateSource<T> {
    pub(crate) fn new(
        table: Table,
        history: Option<Table>,
        state: Arc<StateTable<T>>,
        lookup: Option<Arc<Lookup<T>>>,
        texts: Arc<Budget>,
    ) -> Self {
        let changes = Arc::new(Changes::new(&table, history.is_some()));
        StateSource { table, history, state, lookup, changes, texts, restored: Mutex::default() }
    }
}

/// Rows of a table.
fn rows<T: GatewayStruct>(table: &Table, changes: &[Change<T>]) -> Result<Option<RecordBatch>, ArrowError> {
    if changes.is_empty() { Ok(None) } else { batch(table, changes).map(Some) }
}

impl<T: GatewayStruct> Watched for StateSource<T> {
    fn table(&self) -> &Table {
        &self.table
    }

    fn history(&self) -> Option<&Table> {
        self.history.as_ref()
    }

    fn watch(&self) {
        self.state.watch(self.changes.clone());
    }

    fn pending(&self) -> usize {
        self.changes.pending()
    }

    fn take(&self) -> Result<Batches, ArrowError> {
        let (Latest { put, gone }, past) = self.changes.take();
        Ok(Batches {
            put: rows(&self.table, &put)?,
            gone: rows(&self.table, &gone)?,
            past: self.history.as_ref().map(|table| rows(table, &past.records)).transpose()?.flatten(),
            lost: past.lost,
        })
    }

    fn restore(
        &self,
        records: Vec<Stored>,
        wanted: bool,
    ) -> Result<(Option<RecordBatch>, Vec<Unreadable>), ArrowError> {
        let (mut changes, mut unreadable) = (Vec::with_capacity(records.len()), Vec::new());
        for Stored { record, key } in records {
            match read(&record) {
                Ok(tick) => {
                    changes.push(Change::fresh(key.map(Arc::from), TickRef::within(tick, &self.texts)))
                }
                Err(reason) => unreadable.push(Unreadable { record, reason }),
            }
        }
        let rows = if wanted { rows(&self.table, &changes)? } else { None };
        self.restored.lock().unwrap_or_else(PoisonError::into_inner).append(&mut changes);
        Ok((rows, unreadable))
    }

    fn restored(&self) {
        let mut changes = std::mem::take(&mut *self.restored.lock().unwrap_or_else(PoisonError::into_inner));
        changes.sort_by_key(|change| change.tick.timestamp);
        self.watch();
        self.changes.restoring(|| {
            for Change { key, tick, .. } in &changes {
                self.state.upsert_of(key.as_ref(), tick);
                if let Some(lookup) = &self.lookup {
                    lookup.insert(tick);
                }
            }
        });
    }
}

fn read<T: GatewayStruct>(record: &str) -> Result<Tick<T>, String> {
    let value = serde_json::from_str(record).map_err(|error| error.to_string())?;
    Tick::from_json(&value)
        .map_err(|problems| problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; "))
}
