//! What has happened to a state since its table was last brought up to date.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use gateway_schema::ddl::{Source, Table};
use gateway_schema::{Cell, GatewayStruct};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use smallvec::SmallVec;

use super::batch::stored;
use crate::event::TickRef;
use crate::store::state::{Watcher, hash_cell};

/// What happened to a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// It is there, and was not before.
    Fresh,
    /// It is there in the place of another.
    Replaced,
    /// It made room, or was too old.
    Gone,
}

/// A record and the key of the basket that it ticked under.
pub(super) struct Change<T> {
    pub(super) key: Option<Arc<str>>,
    pub(super) tick: TickRef<T>,
    what: What,
}

impl<T> Clone for Change<T> {
    fn clone(&self) -> Self {
        Change { key: self.key.clone(), tick: self.tick.clone(), what: self.what }
    }
}

impl<T> Change<T> {
    /// A row that the table has not.
    pub(super) fn fresh(key: Option<Arc<str>>, tick: TickRef<T>) -> Self {
        Change { key, tick, what: What::Fresh }
    }
}

/// A key as the table stores it.
pub(super) type StoredKey = SmallVec<[Cell<'static>; 1]>;

/// The last change of each key.
pub(super) struct Latest<T> {
    /// Rows that are there, in the order of their changes.
    pub(super) put: Vec<Change<T>>,
    /// The keys of rows that are not there any more.
    pub(super) gone: Vec<StoredKey>,
}

/// Records that ticked, for the history.
pub(super) struct Past<T> {
    pub(super) records: Vec<Change<T>>,
    /// How many there were before, which nobody took in time.
    pub(super) lost: u64,
}

/// The changes of one state, as they happen.
pub(super) struct Changes<T> {
    pending: AtomicUsize,
    pending_bytes: AtomicUsize,
    log: Mutex<Log<T>>,
    key: Vec<Source>,
    hasher: RandomState,
    /// Whether what is put comes from the table.
    restoring: AtomicBool,
}

/// The last change of a key.
struct Last<T> {
    change: Change<T>,
    /// What the first change was.
    first: What,
    /// Whether no older change can be the last one.
    settled: bool,
}

struct Log<T> {
    changes: Vec<Change<T>>,
    /// Keys whose rows the table has and the state had not any more before those changes.
    gone: BTreeSet<StoredKey>,
    /// What their records take, in bytes.
    bytes: usize,
    /// From so many changes or bytes on, only the last change of each key is kept.
    most: (usize, usize),
    /// Everything that ticked, if there is a history, and what that takes in bytes.
    past: Option<VecDeque<Change<T>>>,
    past_bytes: usize,
    lost: u64,
}

/// So many changes, and so many bytes of records, are kept as they are.
const FEW: (usize, usize) = (32 * 1024, 4 * 1024 * 1024);

/// So many bytes of records wait at most to be in the history. They do not wait for long unless it cannot be written.
const MOST_PAST: usize = 32 * 1024 * 1024;

/// So many changes, or bytes of records, are not left waiting for a query.
const MANY: (usize, usize) = (16 * 1024, 2 * 1024 * 1024);

impl<T> Log<T> {
    fn remember(&mut self, change: &Change<T>) {
        let Some(past) = &mut self.past else { return };
        self.past_bytes += change.tick.bytes();
        past.push_back(change.clone());
        while self.past_bytes > MOST_PAST {
            let Some(oldest) = past.pop_front() else { break };
            self.past_bytes -= oldest.tick.bytes();
            self.lost += 1;
        }
    }
}

impl<T: GatewayStruct> Changes<T> {
    pub(super) fn new(table: &Table, has_history: bool) -> Self {
        Changes {
            pending: AtomicUsize::new(0),
            pending_bytes: AtomicUsize::new(0),
            log: Mutex::new(Log {
                changes: Vec::new(),
                gone: BTreeSet::new(),
                bytes: 0,
                most: FEW,
                past: has_history.then(VecDeque::new),
                past_bytes: 0,
                lost: 0,
            }),
            key: table.key.iter().map(|&place| table.columns[place].source.clone()).collect(),
            hasher: RandomState::default(),
            restoring: AtomicBool::new(false),
        }
    }

    /// Runs `work`, which puts what the table has: only what makes room for it is a change.
    pub(super) fn restoring(&self, work: impl FnOnce()) {
        self.restoring.store(true, Ordering::Relaxed);
        work();
        self.restoring.store(false, Ordering::Relaxed);
    }

    /// How many changes there are.
    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// Whether there are so many that they should be written.
    pub(super) fn are_many(&self) -> bool {
        self.pending() >= MANY.0 || self.pending_bytes.load(Ordering::Relaxed) >= MANY.1
    }

    /// Takes the changes, and what is for the history.
    pub(super) fn take(&self) -> (Latest<T>, Past<T>) {
        let (changes, mut gone, past) = {
            let mut log = self.locked();
            self.pending.store(0, Ordering::Relaxed);
            self.pending_bytes.store(0, Ordering::Relaxed);
            (log.most, log.bytes, log.past_bytes) = (FEW, 0, 0);
            let records = log.past.as_mut().map(std::mem::take).unwrap_or_default();
            let past = Past { records: records.into(), lost: std::mem::take(&mut log.lost) };
            (std::mem::take(&mut log.changes), std::mem::take(&mut log.gone), past)
        };
        let put = self.latest(changes, &mut gone);
        (Latest { put, gone: gone.into_iter().collect() }, past)
    }

    fn push(&self, change: Change<T>) {
        let mut log = self.locked();
        if change.what != What::Gone {
            log.remember(&change);
        }
        log.bytes += change.tick.bytes();
        log.changes.push(change);
        // Nobody has taken them for long. That costs one look per change on average, and what is kept is bounded by
        // the rows that the state has and had when they were last taken.
        if log.changes.len() > log.most.0 || log.bytes > log.most.1 {
            let changes = std::mem::take(&mut log.changes);
            log.changes = self.latest(changes, &mut log.gone);
            log.bytes = log.changes.iter().map(|change| change.tick.bytes()).sum();
            log.most = (FEW.0 + 2 * log.changes.len(), FEW.1 + 2 * log.bytes);
        }
        let past = log.past.as_ref().map_or(0, VecDeque::len);
        self.pending.store((log.changes.len() + log.gone.len()).max(past), Ordering::Relaxed);
        self.pending_bytes.store(log.bytes.max(log.past_bytes), Ordering::Relaxed);
    }

    fn locked(&self) -> MutexGuard<'_, Log<T>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows that are there, in the order of their last changes; the keys of those that are not, and that the table
    /// has, are added to `gone`. Keys are as the table stores them: two that differ by a nanosecond are one row.
    fn latest(&self, log: Vec<Change<T>>, gone: &mut BTreeSet<StoredKey>) -> Vec<Change<T>> {
        let mut places: HashTable<(u64, usize)> = HashTable::new();
        let mut kept: Vec<Last<T>> = Vec::new();
        for change in log.into_iter().rev() {
            let hash = self.hash(&change);
            let is_same = |&(other, place): &(u64, usize)| {
                other == hash && self.key(&kept[place].change).eq(self.key(&change))
            };
            match places.entry(hash, is_same, |&(hash, _)| hash) {
                Entry::Vacant(entry) => {
                    entry.insert((hash, kept.len()));
                    kept.push(Last { first: change.what, settled: change.what != What::Gone, change });
                }
                Entry::Occupied(entry) => {
                    let last = &mut kept[entry.get().1];
                    last.first = change.what;
                    if !last.settled && change.what != What::Gone {
                        last.settled = true;
                        // It was another row of the state's that went, which is the same in the table.
                        if !TickRef::is_same(&last.change.tick, &change.tick) {
                            last.change = change;
                        }
                    }
                }
            }
        }
        for Last { change, first, .. } in &mut kept {
            if change.what == What::Gone {
                // What came and went meanwhile, the table has never had.
                if *first != What::Fresh {
                    gone.insert(self.stored_key(change));
                }
                continue;
            }
            let was_gone = !gone.is_empty() && gone.remove(&self.stored_key(change));
            // Whether the table has a row of this key is what has to be known when it is gone.
            change.what = if was_gone || *first != What::Fresh { What::Replaced } else { What::Fresh };
        }
        let there = kept.into_iter().rev().map(|last| last.change);
        there.filter(|change| change.what != What::Gone).collect()
    }

    /// The parts of a key as the table stores them.
    fn key<'c>(&self, change: &'c Change<T>) -> impl Iterator<Item = Cell<'c>> {
        self.key.iter().map(|source| match source {
            Source::Record(path) => stored(change.tick.cell(path)),
            // They are part of no key.
            Source::Key | Source::Whole => Cell::Null,
        })
    }

    fn hash(&self, change: &Change<T>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        self.key(change).for_each(|cell| hash_cell(&cell, &mut hasher));
        hasher.finish()
    }

    fn stored_key(&self, change: &Change<T>) -> StoredKey {
        self.key(change).map(Cell::into_owned).collect()
    }
}

impl<T: GatewayStruct> Watcher<T> for Changes<T> {
    fn put(&self, basket_key: Option<&Arc<str>>, tick: &TickRef<T>, fresh: bool) {
        if self.restoring.load(Ordering::Relaxed) {
            return;
        }
        let what = if fresh { What::Fresh } else { What::Replaced };
        self.push(Change { key: basket_key.cloned(), tick: tick.clone(), what });
    }

    fn gone(&self, tick: &TickRef<T>) {
        self.push(Change { key: None, tick: tick.clone(), what: What::Gone });
    }
}

#[cfg(test)]
mod tests {
    use gateway_schema::{ChannelKind, ChannelSchema, StateSchema, Timestamp};

    use super::*;

    #[derive(Clone, gateway_derive::GatewayStruct)]
    #[gateway(crate = "::gateway_schema")]
    struct Level {
        tank: u8,
    }

    static STATE: StateSchema = StateSchema::new("levels", &["tank"]);
    static CHANNEL: ChannelSchema = ChannelSchema {
        name: "levels",
        docs: "",
        kind: ChannelKind::Scalar,
        key: None,
        payload: Level::SCHEMA,
        send: false,
        stage: false,
        lookup: false,
        states: &[],
    };

    fn tick(id: u8) -> TickRef<Level> {
        let id = id.to_string().as_str().into();
        TickRef::new(gateway_schema::Tick {
            id,
            timestamp: Timestamp::from_nanos(0),
            value: Level { tank: 1 },
        })
    }

    /// What is left of changes of one key, looked through after each of them, when the table has a row of it.
    fn left(had: bool, changes: &[(What, u8)]) -> (usize, usize) {
        let log = Changes::<Level>::new(&Table::new(&CHANNEL, &STATE), false);
        let (mut gone, mut kept) = (BTreeSet::new(), Vec::new());
        let ticks: Vec<_> = (0..10).map(tick).collect();
        for &(what, id) in changes {
            kept.push(Change { key: None, tick: ticks[usize::from(id)].clone(), what });
            kept = log.latest(kept, &mut gone);
        }
        assert!(had || gone.is_empty(), "the table never had the row");
        (kept.len(), gone.len())
    }

    #[test]
    fn looking_through_the_changes_loses_nothing_of_what_the_table_has() {
        use What::{Fresh, Gone, Replaced};
        assert_eq!(left(true, &[(Gone, 0), (Fresh, 1), (Gone, 1)]), (0, 1));
        assert_eq!(left(true, &[(Replaced, 1), (Gone, 1), (Fresh, 2)]), (1, 0));
        assert_eq!(left(true, &[(Replaced, 1), (Gone, 1), (Fresh, 2), (Replaced, 3), (Gone, 3)]), (0, 1));
        assert_eq!(left(false, &[(Fresh, 1), (Replaced, 2), (Gone, 2)]), (0, 0));
        assert_eq!(left(false, &[(Fresh, 1), (Gone, 1), (Fresh, 2), (Replaced, 3)]), (1, 0));
    }
}
