//! The areas themselves, and their JSON form.

use std::sync::Arc;

use bytes::Bytes;
use gateway_schema::wire::memory::allocated;
use gateway_schema::{GatewayStruct, Id, Tick};
use indexmap::{IndexMap, IndexSet};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Records by id, in the order in which they were added.
pub(super) type Records<T> = IndexMap<Id, Arc<Tick<T>>>;

pub(super) struct Area<T> {
    /// Orders the areas, also after one came back from a failed release.
    pub(super) created: u64,
    pub(super) records: Records<T>,
}

pub(super) struct Areas<T> {
    /// Oldest first.
    pub(super) open: IndexMap<Id, Area<T>>,
    pub(super) next: u64,
    /// How many areas are taken out for release; they keep their room until they are gone for good.
    pub(super) leaving: usize,
    /// How many records there are, those that are leaving included.
    pub(super) records: usize,
    /// What these take.
    pub(super) bytes: usize,
}

/// What a staged record takes.
pub(super) fn cost<T: GatewayStruct>(tick: &Tick<T>) -> usize {
    /// Its id, and what tables that grow have room for.
    const PLACE_BYTES: usize = 2 * size_of::<(Id, usize, usize)>();
    allocated(2 * size_of::<usize>() + size_of::<Tick<T>>())
        + tick.id.heap_bytes()
        + tick.value.heap_bytes()
        + PLACE_BYTES
}

impl<T: GatewayStruct> Areas<T> {
    pub(super) fn new() -> Self {
        Areas { open: IndexMap::new(), next: 0, leaving: 0, records: 0, bytes: 0 }
    }

    /// Adds an empty area.
    pub(super) fn open(&mut self, id: Id) {
        let created = self.next;
        self.next += 1;
        let records = Records::new();
        self.open.insert(id, Area { created, records });
    }

    /// Counts records that are not staged any more.
    pub(super) fn gone<'r>(&mut self, records: impl IntoIterator<Item = &'r Arc<Tick<T>>>) {
        for record in records {
            self.records -= 1;
            self.bytes = self.bytes.saturating_sub(cost(record));
        }
    }

    /// What areas hold, without those that are not there.
    pub(super) fn contents(&self, ids: &[Id]) -> Contents<T> {
        let found = ids.iter().filter_map(|id| Some((id.clone(), self.open.get(id)?)));
        found.map(|(id, area)| (id, area.records.values().cloned().collect())).collect()
    }

    pub(super) fn select(&self, ids: Option<&[Id]>) -> Vec<Id> {
        match ids {
            None => self.open.keys().cloned().collect(),
            Some(ids) => distinct(ids).into_iter().filter(|id| self.open.contains_key(id)).collect(),
        }
    }

    pub(super) fn remove_record(&mut self, ids: Option<&[Id]>, record: &Id) -> Contents<T> {
        let holders: Vec<Id> = match ids {
            None => {
                let newest = self.open.iter().rev().find(|(_, area)| area.records.contains_key(record));
                newest.map(|(id, _)| id.clone()).into_iter().collect()
            }
            Some([]) => self.open.keys().cloned().collect(),
            Some(ids) => distinct(ids),
        };
        let mut changed = Vec::new();
        for id in holders {
            let removed = self.open.get_mut(&id).and_then(|area| area.records.shift_remove(record));
            if let Some(removed) = removed {
                self.gone([&removed]);
                changed.push(id);
            }
        }
        self.contents(&changed)
    }

    pub(super) fn clear(&mut self, ids: Option<&[Id]>) -> Contents<T> {
        let mut emptied = Vec::new();
        match ids {
            None => {
                if let Some((id, area)) = self.open.pop() {
                    self.gone(area.records.values());
                    emptied.push(id);
                }
            }
            Some([]) => {
                for (id, area) in std::mem::take(&mut self.open) {
                    self.gone(area.records.values());
                    emptied.push(id);
                }
            }
            Some(ids) => {
                for id in distinct(ids) {
                    if let Some(area) = self.open.get_mut(&id) {
                        let records = std::mem::take(&mut area.records);
                        self.gone(records.values());
                        emptied.push(id);
                    }
                }
            }
        }
        emptied.into_iter().map(|id| (id, Vec::new())).collect()
    }
}

/// Areas and what they hold.
pub(super) type Contents<T> = Vec<(Id, Vec<Arc<Tick<T>>>)>;

pub(super) fn json<T: GatewayStruct>(contents: &[(Id, Vec<Arc<Tick<T>>>)]) -> Bytes {
    struct Object<'a, T>(&'a [(Id, Vec<Arc<Tick<T>>>)]);

    impl<T: GatewayStruct> Serialize for Object<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(self.0.len()))?;
            for (id, records) in self.0 {
                let records: Vec<&Tick<T>> = records.iter().map(AsRef::as_ref).collect();
                map.serialize_entry(id, &records)?;
            }
            map.end()
        }
    }

    to_bytes(&Object(contents))
}

pub(super) fn to_bytes<T: Serialize>(value: &T) -> Bytes {
    // Serialising into memory only fails for map keys that are not strings, and `MapKey` makes them strings.
    serde_json::to_vec(value).map(Bytes::from).unwrap_or_default()
}

pub(super) fn distinct(ids: &[Id]) -> Vec<Id> {
    ids.iter().cloned().collect::<IndexSet<Id>>().into_iter().collect()
}
