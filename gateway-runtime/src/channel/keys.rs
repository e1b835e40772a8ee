//! The keys of a basket.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_schema::ChannelSchema;

/// The keys that a basket has; there is room for so many.
pub(super) struct Keys {
    channel: &'static str,
    is_key: fn(&str) -> bool,
    limit: usize,
    taken: Mutex<HashSet<Arc<str>>>,
    refused: AtomicU64,
}

impl Keys {
    /// `limit` is for keys that are texts; those of an enum are no more than it has.
    pub(super) fn new(schema: &ChannelSchema, is_key: fn(&str) -> bool, limit: usize) -> Self {
        let limit = if schema.key.is_some_and(|key| key.names.is_some()) { usize::MAX } else { limit };
        Keys { channel: schema.name, is_key, limit, taken: Mutex::default(), refused: AtomicU64::new(0) }
    }

    /// Whether a basket of this type can have the key, if there is room.
    pub(super) fn are_like(&self, key: &str) -> bool {
        (self.is_key)(key)
    }

    /// Whether [`Keys::take`] would find room. A send asks before its records are read, so that one that is
    /// refused takes none.
    pub(super) fn have_room_for(&self, key: &str) -> bool {
        if !self.are_like(key) {
            return false;
        }
        let taken = self.taken();
        let room = taken.len() < self.limit || taken.contains(key);
        drop(taken);
        if !room {
            self.refuse();
        }
        room
    }

    /// The key as it is kept, if the basket can have it and there is room.
    pub(super) fn take(&self, key: &str) -> Option<Arc<str>> {
        if !self.are_like(key) {
            return None;
        }
        let mut taken = self.taken();
        if let Some(known) = taken.get(key) {
            return Some(Arc::clone(known));
        }
        if taken.len() >= self.limit {
            drop(taken);
            self.refuse();
            return None;
        }
        let key: Arc<str> = key.into();
        taken.insert(Arc::clone(&key));
        Some(key)
    }

    fn refuse(&self) {
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        if refused.is_power_of_two() {
            tracing::warn!(
                channel = self.channel,
                limit = self.limit,
                refused,
                "the basket has no room for more keys (`--basket-keys`); ticks of new ones are dropped"
            );
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashSet<Arc<str>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
