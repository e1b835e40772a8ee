//! Records by id.

use std::collections::{HashMap, VecDeque};
use std::sync::{PoisonError, RwLock};

use gateway_schema::{GatewayStruct, Id};

use crate::event::TickRef;
use crate::store::drops::Drops;

/// The records of one struct by id, whichever channel they ticked on. The oldest make room.
pub(crate) struct Lookup<T> {
    limit: usize,
    bytes: usize,
    records: RwLock<Records<T>>,
}

struct Records<T> {
    by_id: HashMap<Id, TickRef<T>>,
    order: VecDeque<Id>,
    /// What the records and their places take.
    bytes: usize,
    drops: Drops,
}

/// What a record takes besides itself: its id twice, and what tables that grow have room for.
const PLACE_BYTES: usize = 4 * size_of::<Id>() + 2 * size_of::<usize>();

impl<T> Records<T> {
    fn remove_oldest(&mut self) {
        let oldest = self.order.pop_front().and_then(|id| self.by_id.remove(&id));
        self.bytes -= oldest.map_or(0, |oldest| oldest.bytes() + PLACE_BYTES);
    }
}

impl<T: GatewayStruct> Lookup<T> {
    /// Room for so many records and so many bytes of memory, their JSON left out.
    pub(crate) fn new(limit: usize, bytes: usize) -> Self {
        Lookup {
            limit: limit.max(1),
            bytes,
            records: RwLock::new(Records {
                by_id: HashMap::new(),
                order: VecDeque::new(),
                bytes: 0,
                drops: Drops::default(),
            }),
        }
    }

    /// Keeps a record; one with the same id makes room at once.
    pub(crate) fn insert(&self, tick: &TickRef<T>) {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        records.bytes += tick.bytes() + PLACE_BYTES;
        match records.by_id.insert(tick.id.clone(), tick.clone()) {
            Some(replaced) => records.bytes -= replaced.bytes() + PLACE_BYTES,
            None => records.order.push_back(tick.id.clone()),
        }
        let mut surplus = 0;
        while records.order.len() > self.limit || (records.bytes > self.bytes && records.order.len() > 1) {
            records.remove_oldest();
            surplus += 1;
        }
        if let Some(dropped) = records.drops.add(surplus) {
            drop(records);
            tracing::warn!(
                records = T::SCHEMA.name,
                dropped,
                limit = self.limit,
                bytes = self.bytes,
                "the oldest records can no longer be looked up (`--lookup-records`, `--lookup-bytes`)"
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
        text: String,
    }

    fn tick(id: &str) -> TickRef<Note> {
        noted(id, "")
    }

    fn noted(id: &str, text: &str) -> TickRef<Note> {
        let value = Note { text: text.to_owned() };
        TickRef::new(Tick { id: id.into(), timestamp: Timestamp::from_nanos(0), value })
    }

    #[test]
    fn the_oldest_make_room_and_one_id_counts_once() {
        let lookup = Lookup::new(2, usize::MAX);
        for id in ["1", "2", "2", "2"] {
            lookup.insert(&tick(id));
        }
        assert!(lookup.get(&"1".into()).is_some());
        lookup.insert(&tick("3"));
        assert!(lookup.get(&"1".into()).is_none());
        assert!(lookup.get(&"3".into()).is_some());
    }

    #[test]
    fn large_records_make_room_for_each_other_and_the_last_one_stays() {
        let lookup = Lookup::new(100, 10_000);
        let found = |id: &str| lookup.get(&id.into()).is_some();
        for id in ["1", "2", "3", "3"] {
            lookup.insert(&noted(id, &"x".repeat(4000)));
        }
        assert_eq!(["1", "2", "3"].map(found), [false, true, true]);
        lookup.insert(&noted("4", &"x".repeat(20_000)));
        assert_eq!(["2", "3", "4"].map(found), [false, false, true]);
        lookup.insert(&tick("4"));
        for id in ["5", "6", "7"] {
            lookup.insert(&tick(id));
        }
        assert_eq!(["4", "5", "6", "7"].map(found), [true; 4]);
    }
}
