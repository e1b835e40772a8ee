//! Records by id.

use std::collections::{HashMap, VecDeque};
use std::sync::{PoisonError, RwLock};

use gateway_schema::Id;

use crate::event::TickRef;

/// The records of one struct by id, whichever channel they ticked on. The oldest make room.
pub(crate) struct Lookup<T> {
    limit: usize,
    records: RwLock<Records<T>>,
}

struct Records<T> {
    by_id: HashMap<Id, TickRef<T>>,
    order: VecDeque<Id>,
}

impl<T> Lookup<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Lookup {
            limit: limit.max(1),
            records: RwLock::new(Records { by_id: HashMap::new(), order: VecDeque::new() }),
        }
    }

    /// Keeps a record; one with the same id makes room at once.
    pub(crate) fn insert(&self, tick: &TickRef<T>) {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        if records.by_id.insert(tick.id.clone(), tick.clone()).is_some() {
            return;
        }
        records.order.push_back(tick.id.clone());
        while records.order.len() > self.limit {
            if let Some(oldest) = records.order.pop_front() {
                records.by_id.remove(&oldest);
            }
        }
    }

    pub(crate) fn get(&self, id: &Id) -> Option<TickRef<T>> {
        self.records.read().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_schema::{Tick, Timestamp};

    fn tick(id: &str) -> TickRef<u8> {
        TickRef::new(Tick { id: id.into(), timestamp: Timestamp::from_nanos(0), value: 1 })
    }

    #[test]
    fn the_oldest_make_room_and_one_id_counts_once() {
        let lookup = Lookup::new(2);
        for id in ["1", "2", "2", "2"] {
            lookup.insert(&tick(id));
        }
        assert!(lookup.get(&"1".into()).is_some());
        lookup.insert(&tick("3"));
        assert!(lookup.get(&"1".into()).is_none());
        assert!(lookup.get(&"3".into()).is_some());
    }
}
