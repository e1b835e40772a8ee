//! The latest record per key.
//!
//! The rows are found by a hash of their keys' cells, which are read from the records themselves: an upsert
//! allocates nothing. Readers take a [`Snapshot`] (pointers to chunks of rows, and the order of the keys) and
//! look at the records without the lock, so a large query does not hold up the graph. The order of the keys is
//! brought up to date by the first reader that needs it, not by the upserts.

mod key;
mod order;
mod rows;

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use gateway_schema::filter::{Page, Plan, find_column};
use gateway_schema::{ChannelSchema, GatewayStruct, StateSchema};

use crate::endpoint::{Records, StateView};
use crate::event::TickRef;
use crate::settings::Settings;
use key::Key;
#[cfg(feature = "duckdb")]
pub(crate) use key::hash_cell;
use rows::{Dropped, Rows, Snapshot};

/// One in this many rows is few.
const FEW: usize = 16;

/// What a table may hold.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Records; the longest unchanged make room.
    pub rows: usize,
    /// Bytes of memory that records take, their JSON left out; the longest unchanged make room.
    pub bytes: usize,
    /// How long a record stays that does not change, by the machine's clock.
    pub age: Option<Duration>,
}

impl Bounds {
    /// Those that a state declares, and those of the settings where it does not; `share` is its part of
    /// [`Settings::state_bytes`].
    pub(crate) fn of(schema: &StateSchema, settings: &Settings, share: usize) -> Self {
        Bounds {
            rows: schema.rows.unwrap_or(settings.state_rows),
            bytes: schema.bytes.unwrap_or(share),
            age: schema.retention.or(settings.state_age),
        }
    }
}

/// Someone who follows what happens to the rows of a table. It is told under the lock of the rows, so that it hears
/// of everything in its order.
pub(crate) trait Watcher<T>: Send + Sync {
    /// A record, which ticked under this key of a basket, is there; `fresh` if there was none with its key.
    fn put(&self, basket_key: Option<&Arc<str>>, tick: &TickRef<T>, fresh: bool);

    /// A record made room or was too old.
    fn gone(&self, tick: &TickRef<T>);
}

/// A table of the latest record per key.
pub struct StateTable<T> {
    channel: &'static ChannelSchema,
    schema: &'static StateSchema,
    key: Key,
    bounds: Bounds,
    rows: RwLock<Rows<T>>,
    watcher: OnceLock<Arc<dyn Watcher<T>>>,
    /// Held by the reader that brings the order up to date.
    ordering: Mutex<()>,
}

impl<T: GatewayStruct> StateTable<T> {
    /// An empty table.
    pub fn new(channel: &'static ChannelSchema, schema: &'static StateSchema, bounds: Bounds) -> Self {
        // The names were checked when the channels were compiled.
        let key = schema.key.iter().filter_map(|name| Some(find_column(T::SCHEMA, name).ok()?.0)).collect();
        let bounds = Bounds { rows: bounds.rows.clamp(1, rows::MOST_ROWS), ..bounds };
        StateTable {
            channel,
            schema,
            key: Key::new(key),
            bounds,
            rows: RwLock::new(Rows::new()),
            watcher: OnceLock::new(),
            ordering: Mutex::new(()),
        }
    }

    /// Puts a record in the place of the one with its key.
    pub fn upsert(&self, tick: &TickRef<T>) {
        self.upsert_of(None, tick);
    }

    /// Puts a record, which ticked under this key of a basket, in the place of the one with its key.
    pub(crate) fn upsert_of(&self, basket_key: Option<&Arc<str>>, tick: &TickRef<T>) {
        let now = self.bounds.age.map(|_| Instant::now());
        let hash = self.key.hash(tick);
        let mut rows = self.write();
        let replaced = rows.upsert(&self.key, hash, tick.clone(), now);
        if let Some(watcher) = self.watcher.get() {
            watcher.put(basket_key, tick, replaced.is_none());
        }
        let mut dropped = Dropped::new();
        rows.keep_newest(self.bounds.rows, self.bounds.bytes, &mut dropped);
        self.drop_old(&mut rows, now, &mut dropped);
        let report = self.count(&mut rows, &dropped);
        drop(rows);
        // Freed without the lock.
        drop((replaced, dropped));
        self.report(report);
    }

    /// Tells `watcher` of every change from now on.
    #[cfg(feature = "duckdb")]
    pub(crate) fn watch(&self, watcher: Arc<dyn Watcher<T>>) {
        // A table is watched by the one mirror of its gateway.
        let _ = self.watcher.set(watcher);
    }

    /// The records that satisfy a plan.
    pub fn select(&self, plan: &Plan) -> Page<TickRef<T>> {
        if plan.filters() {
            self.expire();
            let rows = self.read().snapshot();
            if let Some(few) = self.few(&rows, plan) {
                return plan.page(few.into_iter());
            }
        }
        plan.page(self.snapshot().iter())
    }

    /// The records that satisfy a plan's filters, sorted by key, if they are few. Then it is faster to look
    /// at the rows as they are in memory and to sort those that were found, and the order of all the keys is
    /// not needed.
    fn few<'r>(&self, rows: &'r Snapshot<T>, plan: &Plan) -> Option<Vec<&'r TickRef<T>>> {
        let most = rows.capacity() / FEW;
        let mut few = Vec::new();
        for tick in rows.iter_unordered().filter(|tick| plan.matches(tick)) {
            if few.len() >= most {
                return None;
            }
            few.push(tick);
        }
        few.sort_unstable_by(|a, b| self.key.compare(a, b));
        Some(few)
    }

    fn read(&self) -> RwLockReadGuard<'_, Rows<T>> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Rows<T>> {
        self.rows.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_old(&self, rows: &mut Rows<T>, now: Option<Instant>, dropped: &mut Dropped<T>) {
        if let Some(since) = self.bounds.age.zip(now).and_then(|(age, now)| now.checked_sub(age)) {
            rows.keep_since(since, dropped);
        }
    }

    /// Counts what was dropped, and says how much when the log should hear of it.
    fn count(&self, rows: &mut Rows<T>, dropped: &Dropped<T>) -> Option<u64> {
        if let Some(watcher) = self.watcher.get() {
            dropped.iter().for_each(|tick| watcher.gone(tick));
        }
        rows.drops.add(dropped.len() as u64)
    }

    fn report(&self, dropped: Option<u64>) {
        if let Some(dropped) = dropped {
            tracing::warn!(
                state = self.schema.alias,
                dropped,
                rows = self.bounds.rows,
                bytes = self.bounds.bytes,
                "records were dropped to keep within the bounds of the state table (`--state-rows`, `--state-bytes`, `--state-age`, unless it declares its own)"
            );
        }
    }

    /// Drops what is too old, if anything is.
    fn expire(&self) {
        let Some(age) = self.bounds.age else { return };
        let now = Instant::now();
        if now.checked_sub(age).is_some_and(|since| self.read().has_before(since)) {
            let mut rows = self.write();
            let mut dropped = Dropped::new();
            self.drop_old(&mut rows, Some(now), &mut dropped);
            let report = self.count(&mut rows, &dropped);
            drop(rows);
            drop(dropped);
            self.report(report);
        }
    }

    /// The rows as they are now, sorted by key.
    pub(crate) fn snapshot(&self) -> Snapshot<T> {
        self.expire();
        if let Some(snapshot) = self.read().ordered() {
            return snapshot;
        }
        // The lock of the rows is held to take pointers and to put back the order, not to sort.
        let ordering = self.ordering.lock().unwrap_or_else(PoisonError::into_inner);
        let (snapshot, changes) = self.write().begin_ordering();
        let snapshot = snapshot.reordered(&self.key, changes);
        self.write().end_ordering(&snapshot);
        drop(ordering);
        snapshot
    }
}

impl<T: GatewayStruct> StateView for StateTable<T> {
    fn channel(&self) -> &'static ChannelSchema {
        self.channel
    }

    fn schema(&self) -> &'static StateSchema {
        self.schema
    }

    fn find(&self, plan: &Plan) -> (Box<dyn Records>, Option<String>) {
        if plan.is_everything() {
            return (Box::new(self.snapshot()), None);
        }
        let Page { records, next } = self.select(plan);
        (Box::new(records), next)
    }

    fn rows(&self) -> usize {
        self.expire();
        self.read().len()
    }

    fn bytes(&self) -> usize {
        self.read().bytes()
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn expire(&self) {
        StateTable::expire(self);
    }

    fn dropped(&self) -> u64 {
        self.read().drops.total()
    }
}

#[cfg(test)]
mod tests;
