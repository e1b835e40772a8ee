//! The rows of a table: where they are, how they are found, and which changed last.

#[cfg(feature = "duckdb")]
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
#[cfg(feature = "duckdb")]
use duckdb::arrow::{error::ArrowError, record_batch::RecordBatch};
use gateway_schema::GatewayStruct;
#[cfg(feature = "duckdb")]
use gateway_schema::ddl::TableColumn;
use hashbrown::HashTable;
use smallvec::SmallVec;

use super::key::Key;
use super::order::{self, Changes};
use crate::endpoint::Records;
use crate::event::{TickRef, json_list};
use crate::store::drops::Drops;

/// No slot.
const NONE: u32 = u32::MAX;

/// The most rows that slots of 32 bits can number.
pub(super) const MOST_ROWS: usize = NONE as usize - 1;

/// Rows in a chunk. An upsert copies the chunk's pointers if a reader has them: the smaller, the cheaper for
/// upserts, and the more pointers for a reader to take.
const CHUNK: usize = 128;

type Chunk<T> = [Option<TickRef<T>>; CHUNK];

/// Records that made room: most of the time none, or one.
pub(super) type Dropped<T> = SmallVec<[TickRef<T>; 1]>;

/// The rows of a table, in slots. A slot stays with its key until the row is dropped.
pub(super) struct Rows<T> {
    chunks: Vec<Arc<Chunk<T>>>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_key: HashTable<u32>,
    /// The ends of the list of rows by their last change.
    oldest: u32,
    newest: u32,
    /// Slots by key, as of the last ordering.
    order: Arc<Vec<u32>>,
    changes: Changes,
    /// Whether a reader has taken changes and has not put back the order yet.
    ordering: bool,
    /// What the records and their places take.
    bytes: usize,
    pub(super) drops: Drops,
}

/// What a row takes besides its record: a pointer, what is known of it, its number among those found by hash and those
/// in order. Lists that grow have room for more.
const ROW_BYTES: usize = size_of::<usize>() + 2 * (size_of::<Slot>() + 2 * size_of::<u32>() + 1);

/// What is known of a row besides its record.
struct Slot {
    hash: u64,
    older: u32,
    newer: u32,
    changed: Option<Instant>,
    place: Place,
}

/// Where a slot is in the order of the keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the order, or in an order that is being made.
    Ordered,
    /// Among the fresh ones.
    Fresh,
    /// Nowhere.
    Out,
}

impl<T> Rows<T> {
    pub(super) fn new() -> Self {
        Rows {
            chunks: Vec::new(),
            slots: Vec::new(),
            free: Vec::new(),
            by_key: HashTable::new(),
            oldest: NONE,
            newest: NONE,
            order: Arc::default(),
            changes: Changes { gone: Vec::new(), fresh: Vec::new() },
            ordering: false,
            bytes: 0,
            drops: Drops::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// What the records and their places take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn put(&mut self, slot: u32, tick: Option<TickRef<T>>) -> Option<TickRef<T>> {
        let cost = |tick: &Option<TickRef<T>>| tick.as_ref().map_or(0, |tick| tick.bytes() + ROW_BYTES);
        let chunk = Arc::make_mut(&mut self.chunks[slot as usize / CHUNK]);
        self.bytes += cost(&tick);
        let replaced = std::mem::replace(&mut chunk[slot as usize % CHUNK], tick);
        self.bytes -= cost(&replaced);
        replaced
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { older, newer, .. } = self.slots[slot as usize];
        match older {
            NONE => self.oldest = newer,
            older => self.slots[older as usize].newer = newer,
        }
        match newer {
            NONE => self.newest = older,
            newer => self.slots[newer as usize].older = older,
        }
    }

    fn link_newest(&mut self, slot: u32) {
        let older = std::mem::replace(&mut self.newest, slot);
        match older {
            NONE => self.oldest = slot,
            older => self.slots[older as usize].newer = slot,
        }
        let entry = &mut self.slots[slot as usize];
        (entry.older, entry.newer) = (older, NONE);
    }

    /// A slot for a new row: one that was freed, or another.
    fn vacant(&mut self, hash: u64, changed: Option<Instant>) -> u32 {
        let slot = self.free.pop().unwrap_or(self.slots.len() as u32);
        if slot as usize == self.slots.len() {
            self.slots.push(Slot { hash, older: NONE, newer: NONE, changed, place: Place::Out });
            if self.chunks.len() * CHUNK < self.slots.len() {
                self.chunks.push(Arc::new([const { None }; CHUNK]));
            }
        }
        let entry = &mut self.slots[slot as usize];
        (entry.hash, entry.changed) = (hash, changed);
        if entry.place == Place::Out {
            entry.place = Place::Fresh;
            self.changes.fresh.push(slot);
        }
        slot
    }

    /// Drops the row that has been unchanged for longest.
    fn drop_oldest(&mut self) -> Option<TickRef<T>> {
        let slot = self.oldest;
        if slot == NONE {
            return None;
        }
        self.unlink(slot);
        let entry = &mut self.slots[slot as usize];
        if entry.place == Place::Ordered {
            entry.place = Place::Out;
            self.changes.gone.push(slot);
        }
        if let Ok(entry) = self.by_key.find_entry(entry.hash, |other| *other == slot) {
            entry.remove();
        }
        self.free.push(slot);
        self.put(slot, None)
    }

    /// Drops rows until there are no more than `limit` and they take no more than `bytes`. The newest stays, whatever it
    /// takes.
    pub(super) fn keep_newest(&mut self, limit: usize, bytes: usize, dropped: &mut Dropped<T>) {
        while self.len() > limit || (self.bytes > bytes && self.len() > 1) {
            dropped.extend(self.drop_oldest());
        }
    }

    /// Whether there is a row that last changed before `since`.
    pub(super) fn has_before(&self, since: Instant) -> bool {
        self.slots.get(self.oldest as usize).is_some_and(|slot| slot.changed.is_some_and(|at| at < since))
    }

    /// Drops the rows that last changed before `since`.
    pub(super) fn keep_since(&mut self, since: Instant, dropped: &mut Dropped<T>) {
        while self.has_before(since) {
            dropped.extend(self.drop_oldest());
        }
    }

    /// The rows, whose order may be out of date.
    pub(super) fn snapshot(&self) -> Snapshot<T> {
        Snapshot { order: Arc::clone(&self.order), chunks: self.chunks.clone() }
    }

    /// The rows, if their order is up to date.
    pub(super) fn ordered(&self) -> Option<Snapshot<T>> {
        let changed = self.ordering || !self.changes.gone.is_empty() || !self.changes.fresh.is_empty();
        (!changed).then(|| self.snapshot())
    }

    /// The rows with an order that is out of date, and what to change in it.
    pub(super) fn begin_ordering(&mut self) -> (Snapshot<T>, Changes) {
        let gone = std::mem::take(&mut self.changes.gone);
        let mut fresh = std::mem::take(&mut self.changes.fresh);
        fresh.retain(|&slot| {
            let is_there = self.chunks[slot as usize / CHUNK][slot as usize % CHUNK].is_some();
            self.slots[slot as usize].place = if is_there { Place::Ordered } else { Place::Out };
            is_there
        });
        self.ordering = true;
        (self.snapshot(), Changes { gone, fresh })
    }

    /// Keeps the order that was made.
    pub(super) fn end_ordering(&mut self, snapshot: &Snapshot<T>) {
        self.order = Arc::clone(&snapshot.order);
        self.ordering = false;
    }
}

impl<T: GatewayStruct> Rows<T> {
    /// Puts a record in the place of the one with its key, which is returned.
    pub(super) fn upsert(
        &mut self,
        key: &Key,
        hash: u64,
        tick: TickRef<T>,
        changed: Option<Instant>,
    ) -> Option<TickRef<T>> {
        let (chunks, slots) = (&self.chunks, &self.slots);
        let is_same = |slot: &u32| {
            let there = chunks[*slot as usize / CHUNK][*slot as usize % CHUNK].as_ref();
            slots[*slot as usize].hash == hash && there.is_some_and(|there| key.same(there, &tick))
        };
        let slot = match self.by_key.find(hash, is_same) {
            Some(&slot) => {
                self.slots[slot as usize].changed = changed;
                if self.newest != slot {
                    self.unlink(slot);
                    self.link_newest(slot);
                }
                slot
            }
            None => {
                let slot = self.vacant(hash, changed);
                let slots = &self.slots;
                self.by_key.insert_unique(hash, slot, |slot| slots[*slot as usize].hash);
                self.link_newest(slot);
                slot
            }
        };
        self.put(slot, Some(tick))
    }
}

/// The rows at one moment.
pub(crate) struct Snapshot<T> {
    order: Arc<Vec<u32>>,
    chunks: Vec<Arc<Chunk<T>>>,
}

impl<T: GatewayStruct> Snapshot<T> {
    /// The same rows in order.
    pub(super) fn reordered(mut self, key: &Key, changes: Changes) -> Self {
        let compare = |a: u32, b: u32| match (self.get(a), self.get(b)) {
            (Some(a), Some(b)) => key.compare(a, b),
            // Slots of the order and fresh ones have their rows.
            _ => std::cmp::Ordering::Equal,
        };
        let prefix = |slot: u32| self.get(slot).map_or(0, |tick| key.prefix(tick));
        let order = order::updated(&self.order, changes, self.capacity(), prefix, compare);
        self.order = Arc::new(order);
        self
    }

    fn get(&self, slot: u32) -> Option<&TickRef<T>> {
        self.chunks[slot as usize / CHUNK][slot as usize % CHUNK].as_ref()
    }

    /// How many rows there is room for; there are not many less unless rows were dropped by age.
    pub(super) fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// The rows in the order in which they are kept.
    pub(super) fn iter_unordered(&self) -> impl Iterator<Item = &TickRef<T>> {
        self.chunks.iter().flat_map(|chunk| chunk.iter().flatten())
    }

    /// The rows, sorted by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TickRef<T>> + Clone {
        self.order.iter().filter_map(|&slot| self.get(slot))
    }
}

/// All the rows, sorted by key, without a pointer to each.
impl<T: GatewayStruct> Records for Snapshot<T> {
    fn len(&self) -> usize {
        self.order.len()
    }

    fn json(&self, index: usize) -> Bytes {
        // Slots of the order have their rows.
        self.get(self.order[index]).map_or(Bytes::from_static(b"null"), TickRef::json)
    }

    fn json_list(&self) -> Bytes {
        json_list(self.iter())
    }

    #[cfg(feature = "duckdb")]
    fn batch(&self, columns: &[TableColumn], range: Range<usize>) -> Result<RecordBatch, ArrowError> {
        let ticks: Vec<&TickRef<T>> = self.order[range].iter().filter_map(|&slot| self.get(slot)).collect();
        crate::sql::batch::records(columns, &ticks.iter().copied())
    }
}
