//! The latest tick of a channel, and of each key of a basket.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwapOption;

use crate::event::{Event, Part, TickRef};

/// The latest tick. Reading one of a channel is one atomic load; a basket's takes a lock for as long as it
/// takes to copy a pointer.
pub(crate) enum Latest<T> {
    Channel(ArcSwapOption<Event<T>>),
    Basket(RwLock<BTreeMap<KeyRank, Part<T>>>),
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
    pub(crate) fn new(basket: bool) -> Self {
        if basket { Latest::Basket(RwLock::default()) } else { Latest::Channel(ArcSwapOption::empty()) }
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
                let wanted = latest.iter().filter(|(rank, _)| key.is_none_or(|key| *rank.key == *key));
                wanted.flat_map(|(_, part)| part.ticks.iter().cloned()).collect()
            }
        }
    }

    /// The keys that have ticked, in order.
    pub(crate) fn keys(&self) -> Vec<Cow<'static, str>> {
        match self {
            Latest::Channel(_) => Vec::new(),
            Latest::Basket(latest) => {
                let latest = latest.read().unwrap_or_else(PoisonError::into_inner);
                latest.keys().map(|rank| Cow::Owned(rank.key.to_string())).collect()
            }
        }
    }
}
