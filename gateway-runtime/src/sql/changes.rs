//! What has happened to a state since its table was last brought up to date.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use gateway_schema::ddl::{Source, Table};
use gateway_schema::{Cell, GatewayStruct};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

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

/// The last change of each key.
pub(super) struct Latest<T> {
    /// Rows that are there, in the order of their changes.
    pub(super) put: Vec<Change<T>>,
    /// Rows that are not there any more.
    pub(super) gone: Vec<Change<T>>,
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
    log: Mutex<Log<T>>,
    key: Vec<Source>,
    hasher: RandomState,
    /// Whether what is put comes from the table.
    restoring: AtomicBool,
}

struct Log<T> {
    changes: Vec<Change<T>>,
    /// From this length on, only the last change of each key is kept.
    most: usize,
    /// Everything that ticked, if there is a history.
    past: Option<VecDeque<Change<T>>>,
    lost: u64,
}

/// So many changes are kept as they are.
const FEW: usize = 32 * 1024;

/// So many records wait at most to be in the history. They do not wait for long unless it cannot be written.
const MOST_PAST: usize = 512 * 1024;

impl<T> Log<T> {
    fn remember(&mut self, change: &Change<T>) {
        let Some(past) = &mut self.past else { return };
        if past.len() == MOST_PAST {
            past.pop_front();
            self.lost += 1;
        }
        past.push_back(change.clone());
    }
}

impl<T: GatewayStruct> Changes<T> {
    pub(super) fn new(table: &Table, has_history: bool) -> Self {
        Changes {
            pending: AtomicUsize::new(0),
            log: Mutex::new(Log {
                changes: Vec::new(),
                most: FEW,
                past: has_history.then(VecDeque::new),
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

    /// Takes the changes, and what is for the history.
    pub(super) fn take(&self) -> (Latest<T>, Past<T>) {
        let (changes, past) = {
            let mut log = self.locked();
            self.pending.store(0, Ordering::Relaxed);
            log.most = FEW;
            let records = log.past.as_mut().map(std::mem::take).unwrap_or_default();
            let past = Past { records: records.into(), lost: std::mem::take(&mut log.lost) };
            (std::mem::take(&mut log.changes), past)
        };
        let (gone, put) = self.latest(changes).into_iter().partition(|change| change.what == What::Gone);
        (Latest { put, gone }, past)
    }

    fn push(&self, change: Change<T>) {
        let mut log = self.locked();
        if change.what != What::Gone {
            log.remember(&change);
        }
        log.changes.push(change);
        // Nobody has taken them for long. That costs one look per change on average, and what is kept is bounded by
        // the rows that the state has and had when they were last taken.
        if log.changes.len() > log.most {
            let changes = std::mem::take(&mut log.changes);
            log.changes = self.latest(changes);
            log.most = FEW + 2 * log.changes.len();
        }
        let past = log.past.as_ref().map_or(0, VecDeque::len);
        self.pending.store(log.changes.len().max(past), Ordering::Relaxed);
    }

    fn locked(&self) -> MutexGuard<'_, Log<T>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The parts of a key as the table stores them: two that differ by a nanosecond are one row's.
    fn key<'c>(&self, change: &'c Change<T>) -> impl Iterator<Item = Cell<'c>> {
        self.key.iter().map(|source| match source {
            Source::Record(path) => stored(change.tick.cell(path)),
            Source::Key | Source::Whole => Cell::Text(change.key.as_deref().unwrap_or_default().into()),
        })
    }

    fn hash(&self, change: &Change<T>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        self.key(change).for_each(|cell| hash_cell(&cell, &mut hasher));
        hasher.finish()
    }

    /// The last change of each key, in their order.
    fn latest(&self, log: Vec<Change<T>>) -> Vec<Change<T>> {
        let mut places: HashTable<(u64, usize)> = HashTable::new();
        // The last change of a key, and what the first one was.
        let mut kept: Vec<(Change<T>, What)> = Vec::new();
        for change in log.into_iter().rev() {
            let hash = self.hash(&change);
            let is_same = |&(other, place): &(u64, usize)| {
                other == hash && self.key(&kept[place].0).eq(self.key(&change))
            };
            match places.entry(hash, is_same, |&(hash, _)| hash) {
                Entry::Vacant(entry) => {
                    entry.insert((hash, kept.len()));
                    let what = change.what;
                    kept.push((change, what));
                }
                Entry::Occupied(entry) => {
                    let (last, first) = &mut kept[entry.get().1];
                    *first = change.what;
                    // It was another row of the state's that went.
                    let is_other = !TickRef::is_same(&last.tick, &change.tick);
                    if last.what == What::Gone && change.what != What::Gone && is_other {
                        *last = change;
                    }
                }
            }
        }
        // What came and went meanwhile, the table has never had.
        kept.retain(|(last, first)| !(last.what == What::Gone && *first == What::Fresh));
        kept.reverse();
        kept.into_iter().map(|(change, _)| change).collect()
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
