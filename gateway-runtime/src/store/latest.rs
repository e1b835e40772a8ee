//! The latest tick of a channel, and of each key of a basket.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwapOption;

use crate::event::{Event, Part, TickRef};
use crate::store::drops::Drops;

/// The latest tick. Reading one of a channel is one atomic load; a basket's takes a lock for as long as it
/// takes to copy a pointer.
pub(crate) enum Latest<T> {
    Channel(ArcSwapOption<Event<T>>),
    Basket(RwLock<Parts<T>>),
}

/// The latest of each key of a basket. When they take too much, those that have not ticked for longest make room.
pub(crate) struct Parts<T> {
    by_key: BTreeMap<KeyRank, Ticked<T>>,
    limit: usize,
    bytes: usize,
    ticks: u64,
    drops: Drops,
}

/// The latest of one key.
struct Ticked<T> {
    part: Part<T>,
    /// The basket's ticks until then.
    at: u64,
    bytes: usize,
}

impl<T> Parts<T> {
    fn insert(&mut self, rank: KeyRank, part: Part<T>) {
        /// What a key takes besides its records.
        const PLACE_BYTES: usize = 256;
        let bytes = PLACE_BYTES + part.ticks.iter().map(TickRef::bytes).sum::<usize>();
        self.ticks += 1;
        self.bytes += bytes;
        if let Some(replaced) = self.by_key.insert(rank, Ticked { part, at: self.ticks, bytes }) {
            self.bytes -= replaced.bytes;
        }
    }

    /// Makes room if it is needed: more than that, since it takes a look at every key. What ticked last stays, whatever it
    /// takes. Answers with how many keys were dropped, if the log should hear of it.
    fn make_room(&mut self) -> Option<u64> {
        if self.bytes <= self.limit {
            return None;
        }
        let mut oldest: Vec<(u64, KeyRank)> =
            self.by_key.iter().map(|(rank, ticked)| (ticked.at, rank.clone())).collect();
        oldest.sort_unstable();
        oldest.pop();
        let mut dropped = 0;
        for (_, rank) in oldest {
            if self.bytes <= self.limit / 8 * 7 {
                break;
            }
            self.bytes -= self.by_key.remove(&rank).map_or(0, |ticked| ticked.bytes);
            dropped += 1;
        }
        self.drops.add(dropped)
    }
}

/// The place of a key among the keys of its basket: declaration order for an enum's, else alphabetical.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyRank {
    rank: usize,
    key: Arc<str>,
}

impl KeyRank {
    pub(crate) fn new(names: Option<&'static [&'static str]>, key: &Arc<str>) -> Self {
        let rank = names.and_then(|names| names.iter().position(|name| **name == **key)).unwrap_or(0);
        KeyRank { rank, key: Arc::clone(key) }
    }
}

impl<T> Latest<T> {
    pub(crate) fn channel() -> Self {
        Latest::Channel(ArcSwapOption::empty())
    }

    /// Room for so many bytes of records.
    pub(crate) fn basket(bytes: usize) -> Self {
        let (by_key, drops) = (BTreeMap::new(), Drops::default());
        Latest::Basket(RwLock::new(Parts { by_key, limit: bytes, bytes: 0, ticks: 0, drops }))
    }

    pub(crate) fn store(&self, event: &Arc<Event<T>>, names: Option<&'static [&'static str]>) {
        match self {
            Latest::Channel(latest) => latest.store(Some(Arc::clone(event))),
            Latest::Basket(latest) => {
                let mut latest = latest.write().unwrap_or_else(PoisonError::into_inner);
                for part in event.parts() {
                    if let Some(key) = &part.key {
                        latest.insert(KeyRank::new(names, key), part.clone());
                    }
                }
                if let Some(dropped) = latest.make_room() {
                    drop(latest);
                    let basket = event.channel().name;
                    tracing::warn!(
                        basket,
                        dropped,
                        "the latest records of keys that have not ticked for longest were dropped (`--basket-bytes`)"
                    );
                }
            }
        }
    }

    /// The records last ticked: of one key, or of all keys in order.
    pub(crate) fn ticks(&self, key: Option<&str>) -> Vec<TickRef<T>> {
        match (self, key) {
            (Latest::Channel(latest), None) => {
                latest.load().iter().flat_map(|event| event.ticks().cloned().collect::<Vec<_>>()).collect()
            }
            (Latest::Channel(_), Some(_)) => Vec::new(),
            (Latest::Basket(latest), key) => {
                let latest = latest.read().unwrap_or_else(PoisonError::into_inner);
                let wanted = latest.by_key.iter().filter(|(rank, _)| key.is_none_or(|key| *rank.key == *key));
                wanted.flat_map(|(_, ticked)| ticked.part.ticks.iter().cloned()).collect()
            }
        }
    }

    /// The keys that have ticked, in order.
    pub(crate) fn keys(&self) -> Vec<Cow<'static, str>> {
        match self {
            Latest::Channel(_) => Vec::new(),
            Latest::Basket(latest) => {
                let latest = latest.read().unwrap_or_else(PoisonError::into_inner);
                latest.by_key.keys().map(|rank| Cow::Owned(rank.key.to_string())).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_derive::GatewayStruct;
    use gateway_schema::{ChannelKind, ChannelSchema, GatewayStruct as _, Tick, Timestamp};

    use super::*;

    #[derive(Clone, GatewayStruct)]
    #[gateway(crate = "::gateway_schema")]
    struct Note {
        text: String,
    }

    static CHANNEL: ChannelSchema = ChannelSchema {
        name: "notes",
        docs: "",
        kind: ChannelKind::Basket,
        payload: Note::SCHEMA,
        key: None,
        send: false,
        stage: false,
        lookup: false,
        states: &[],
    };

    fn store(latest: &Latest<Note>, key: &str, size: usize) {
        let value = Note { text: "x".repeat(size) };
        let tick = TickRef::new(Tick { id: key.into(), timestamp: Timestamp::from_nanos(0), value });
        let part = Part { key: Some(key.into()), ticks: smallvec::smallvec![tick] };
        latest.store(&Event::new(&CHANNEL, smallvec::smallvec![part]), None);
    }

    #[test]
    fn keys_that_have_not_ticked_for_longest_make_room_and_the_last_one_stays() {
        let latest = Latest::basket(12_000);
        for key in ["a", "b", "a", "a", "c"] {
            store(&latest, key, 4000);
        }
        assert_eq!(latest.keys(), ["a", "c"]);
        store(&latest, "a", 20_000);
        assert_eq!(latest.keys(), ["a"]);
        for key in ["a", "b", "c"] {
            store(&latest, key, 100);
        }
        assert_eq!(latest.keys(), ["a", "b", "c"]);
        assert_eq!(latest.ticks(Some("a"))[0].text.len(), 100);
    }
}
