//! The latest record per key.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use gateway_schema::filter::{Plan, find_column};
use gateway_schema::tick::ColumnPath;
use gateway_schema::{Cell, ChannelSchema, GatewayStruct, StateSchema};
use smallvec::SmallVec;

use crate::endpoint::StateView;
use crate::event::{TickRef, json_list};

type Key = SmallVec<[Cell<'static>; 1]>;

/// A table of the latest record per key. The longest unchanged records make room.
pub(crate) struct StateTable<T> {
    channel: &'static ChannelSchema,
    schema: &'static StateSchema,
    key: Vec<ColumnPath>,
    limit: usize,
    rows: RwLock<Rows<T>>,
}

struct Rows<T> {
    by_key: BTreeMap<Key, Row<T>>,
    /// Keys in the order of their changes. An entry whose number is not the row's is out of date.
    changes: VecDeque<(u64, Key)>,
    changed: u64,
    dropped: u64,
}

struct Row<T> {
    changed: u64,
    tick: TickRef<T>,
}

impl<T: GatewayStruct> StateTable<T> {
    pub(crate) fn new(channel: &'static ChannelSchema, schema: &'static StateSchema, limit: usize) -> Self {
        // The names were checked when the channels were compiled.
        let key = schema.key.iter().filter_map(|name| Some(find_column(T::SCHEMA, name).ok()?.0)).collect();
        let rows = Rows { by_key: BTreeMap::new(), changes: VecDeque::new(), changed: 0, dropped: 0 };
        StateTable { channel, schema, key, limit: limit.max(1), rows: RwLock::new(rows) }
    }

    /// Puts a record in the place of the one with its key.
    pub(crate) fn upsert(&self, tick: &TickRef<T>) {
        let key: Key = self.key.iter().map(|path| tick.cell(path).into_owned()).collect();
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let rows = &mut *rows;
        rows.changed += 1;
        let row = Row { changed: rows.changed, tick: tick.clone() };
        rows.changes.push_back((rows.changed, key.clone()));
        rows.by_key.insert(key, row);
        rows.make_room(self.limit);
    }

    /// The records that satisfy a plan, sorted by key.
    pub(crate) fn select(&self, plan: &Plan) -> Vec<TickRef<T>> {
        // Pointers are copied under the lock, records are looked at outside of it: a large query does not
        // hold up the graph.
        let all: Vec<TickRef<T>> = {
            let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
            rows.by_key.values().map(|row| row.tick.clone()).collect()
        };
        if plan.is_empty() { all } else { all.into_iter().filter(|tick| plan.matches(tick)).collect() }
    }
}

impl<T> Rows<T> {
    fn is_current(&self, number: u64, key: &Key) -> bool {
        self.by_key.get(key).is_some_and(|row| row.changed == number)
    }

    fn make_room(&mut self, limit: usize) {
        while self.by_key.len() > limit {
            let Some((number, key)) = self.changes.pop_front() else {
                return;
            };
            if self.is_current(number, &key) {
                self.by_key.remove(&key);
                self.dropped += 1;
            }
        }
        // Keys that change often leave entries behind; once they are the larger part, they are swept. That
        // costs one look per change on average.
        if self.changes.len() > 2 * self.by_key.len() + 64 {
            let mut changes = std::mem::take(&mut self.changes);
            changes.retain(|(number, key)| self.is_current(*number, key));
            self.changes = changes;
        }
    }
}

impl<T: GatewayStruct> StateView for StateTable<T> {
    fn channel(&self) -> &'static ChannelSchema {
        self.channel
    }

    fn schema(&self) -> &'static StateSchema {
        self.schema
    }

    fn query(&self, plan: &Plan) -> Bytes {
        json_list(self.select(plan).iter())
    }

    fn rows(&self) -> usize {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).by_key.len()
    }

    fn dropped(&self) -> u64 {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_derive::GatewayStruct;
    use gateway_schema::schema::ChannelKind;
    use gateway_schema::{Tick, Timestamp};

    #[derive(Clone, Debug, PartialEq, GatewayStruct)]
    #[gateway(crate = "::gateway_schema")]
    struct Quote {
        symbol: Option<String>,
        price: i64,
    }

    static STATE: StateSchema = StateSchema { alias: "quotes", key: &["symbol"] };
    static CHANNEL: ChannelSchema = ChannelSchema {
        name: "quotes",
        docs: "",
        kind: ChannelKind::Scalar,
        payload: Quote::SCHEMA,
        key: None,
        send: false,
        stage: false,
        lookup: false,
        states: &[],
    };

    fn table(limit: usize) -> StateTable<Quote> {
        StateTable::new(&CHANNEL, &STATE, limit)
    }

    fn quote(symbol: Option<&str>, price: i64) -> TickRef<Quote> {
        let value = Quote { symbol: symbol.map(str::to_owned), price };
        TickRef::new(Tick {
            id: price.to_string().as_str().into(),
            timestamp: Timestamp::from_nanos(0),
            value,
        })
    }

    fn rows(table: &StateTable<Quote>) -> Vec<(Option<String>, i64)> {
        let ticks = table.select(&Plan::default());
        ticks.iter().map(|tick| (tick.symbol.clone(), tick.price)).collect()
    }

    #[test]
    fn the_latest_record_of_each_key_is_kept_sorted_with_no_key_first() {
        let table = table(10);
        for (symbol, price) in [(Some("b"), 1), (None, 2), (Some("a"), 3), (Some("b"), 4)] {
            table.upsert(&quote(symbol, price));
        }
        assert_eq!(rows(&table), [(None, 2), (Some("a".to_owned()), 3), (Some("b".to_owned()), 4)]);
    }

    #[test]
    fn the_longest_unchanged_record_makes_room() {
        let table = table(2);
        for (symbol, price) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            table.upsert(&quote(Some(symbol), price));
        }
        assert_eq!(rows(&table), [(Some("a".to_owned()), 3), (Some("c".to_owned()), 4)]);
        assert_eq!((table.rows(), table.dropped()), (2, 1));
    }

    #[test]
    fn a_key_that_changes_often_takes_no_more_room() {
        let table = table(10);
        for price in 0..10_000 {
            table.upsert(&quote(Some("a"), price));
        }
        assert_eq!(rows(&table), [(Some("a".to_owned()), 9_999)]);
        assert!(table.rows.read().expect("is not poisoned").changes.len() < 100);
    }
}
