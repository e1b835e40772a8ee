//! Records by id.

use std::collections::{HashMap, VecDeque};
use std::sync::{PoisonError, RwLock};

use gateway_schema::{GatewayStruct, Id};

use crate::event::TickRef;
use crate::store::drops::Drops;

/// The records of one struct by id, whichever channel they ticked on. The oldest make room.
pub(crate) struct Lookup<T> {
    limit: usize,
    records: RwLock<Records<T>>,
}

struct Records<T> {
    by_id: HashMap<Id, TickRef<T>>,
    order: VecDeque<Id>,
    drops: Drops,
}

impl<T: GatewayStruct> Lookup<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Lookup {
            limit: limit.max(1),
            records: RwLock::new(Records {
                by_id: HashMap::new(),
                order: VecDeque::new(),
                drops: Drops::default(),
            }),
        }
    }

    /// Keeps a record; one with the same id makes room at once.
    pub(crate) fn insert(&self, tick: &TickRef<T>) {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        if records.by_id.insert(tick.id.clone(), tick.clone()).is_some() {
            return;
        }
        records.order.push_back(tick.id.clone());
        let surplus = records.order.len().saturating_sub(self.limit);
        for _ in 0..surplus {
            if let Some(oldest) = records.order.pop_front() {
                records.by_id.remove(&oldest);
            }
        }
        if let Some(dropped) = records.drops.add(surplus as u64) {
            drop(records);
            tracing::warn!(
                records = T::SCHEMA.name,
                dropped,
                limit = self.limit,
                "the oldest records can no longer be looked up (`--lookup-records`)"
            );
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

    #[derive(Clone, gateway_derive::GatewayStruct)]
    #[gateway(crate = "::gateway_schema")]
    struct Note {
        n: u8,
    }

    fn tick(id: &str) -> TickRef<Note> {
        TickRef::new(Tick { id: id.into(), timestamp: Timestamp::from_nanos(0), value: Note { n: 1 } })
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
