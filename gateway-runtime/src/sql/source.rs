//! The states that tables are filled from.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;
use gateway_schema::ddl::Table;
use gateway_schema::{GatewayStruct, Problem, Tick};

use super::batch;
use super::changes::{Change, Changes, Latest};
use crate::endpoint::StateView;
use crate::event::TickRef;
use crate::store::budget::Budget;
use crate::store::lookup::Lookup;
use crate::store::state::StateTable;

/// A state that a table is filled from, whatever its records are.
pub(crate) trait Watched: Send + Sync {
    /// The table of the state.
    fn table(&self) -> &Table;

    /// What of the table's columns is its key.
    fn keys(&self) -> &Table;

    /// The table of its history, if it has one.
    fn history(&self) -> Option<&Table>;

    /// Keeps changes from now on.
    fn watch(&self);

    /// How many changes there are.
    fn pending(&self) -> usize;

    /// Whether there are so many that they should be written.
    fn is_behind(&self) -> bool;

    /// What the records of the state take in memory, in bytes.
    fn bytes(&self) -> usize;

    /// Takes the changes: the last one of each key, and everything that ticked if there is a history.
    fn take(&self) -> Result<Changed, ArrowError>;

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

/// Rows, and what their records take in memory, in bytes.
pub(super) struct Rows {
    pub(super) batch: RecordBatch,
    pub(super) bytes: usize,
}

/// Changes of a state.
pub(crate) struct Changed {
    /// Rows to put in the place of those with their keys.
    put: Vec<Rows>,
    /// The [`keys`](Watched::keys) of rows to delete.
    gone: Option<RecordBatch>,
    /// Rows to add to the history.
    past: Vec<Rows>,
    /// Records that are missing in the history before those.
    pub(super) lost: u64,
}

/// A part of the changes of a state.
#[derive(Default)]
pub(super) struct Slice {
    pub(super) gone: Option<RecordBatch>,
    pub(super) put: Option<Rows>,
    pub(super) past: Option<Rows>,
}

/// About so many bytes of records are written at a time: to write them takes several times as much memory.
const SLICE: usize = 4 * 1024 * 1024;

impl Slice {
    /// How many changes it has.
    pub(super) fn rows(&self) -> usize {
        let rows = |rows: &Option<Rows>| rows.as_ref().map_or(0, |rows| rows.batch.num_rows());
        self.gone.as_ref().map_or(0, RecordBatch::num_rows) + rows(&self.put).max(rows(&self.past))
    }
}

impl Changed {
    /// The changes in parts, to be written in this order.
    pub(super) fn slices(self) -> VecDeque<Slice> {
        let mut slices = VecDeque::new();
        slices.extend(self.gone.map(|gone| Slice { gone: Some(gone), ..Slice::default() }));
        slices.extend(self.put.into_iter().map(|put| Slice { put: Some(put), ..Slice::default() }));
        slices.extend(self.past.into_iter().map(|past| Slice { past: Some(past), ..Slice::default() }));
        slices
    }
}

/// A state and what has happened to it.
pub(crate) struct StateSource<T> {
    table: Table,
    keys: Table,
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
        StateSource {
            keys: keys(&table),
            table,
            history,
            state,
            lookup,
            changes,
            texts,
            restored: Mutex::default(),
        }
    }
}

/// A table of a table's keys.
fn keys(table: &Table) -> Table {
    let columns = table.key.iter().map(|&place| table.columns[place].clone()).collect();
    Table { columns, key: Vec::new(), ..table.clone() }
}

/// Rows of a table, in slices.
fn rows<T: GatewayStruct>(table: &Table, changes: &[Change<T>]) -> Result<Vec<Rows>, ArrowError> {
    let (mut slices, mut rest) = (Vec::new(), changes);
    while !rest.is_empty() {
        let mut bytes = 0;
        let full = |change: &Change<T>| {
            bytes += change.tick.bytes();
            bytes >= SLICE
        };
        let rows = rest.iter().position(full).map_or(rest.len(), |last| last + 1);
        let (slice, others) = rest.split_at(rows);
        slices.push(Rows { batch: batch::batch(table, slice)?, bytes });
        rest = others;
    }
    Ok(slices)
}

impl<T: GatewayStruct> Watched for StateSource<T> {
    fn table(&self) -> &Table {
        &self.table
    }

    fn keys(&self) -> &Table {
        &self.keys
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

    fn is_behind(&self) -> bool {
        self.changes.are_many()
    }

    fn bytes(&self) -> usize {
        StateView::bytes(&*self.state)
    }

    fn take(&self) -> Result<Changed, ArrowError> {
        let (Latest { put, gone }, past) = self.changes.take();
        let history = self.history.as_ref();
        Ok(Changed {
            put: rows(&self.table, &put)?,
            gone: if gone.is_empty() { None } else { Some(batch::keys(&self.keys, &gone)?) },
            past: history.map(|table| rows(table, &past.records)).transpose()?.unwrap_or_default(),
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
        let wanted = wanted && !changes.is_empty();
        let rows = wanted.then(|| batch::batch(&self.table, &changes)).transpose()?;
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
