//! What a table keeps, drops and shows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use gateway_derive::GatewayStruct;
use gateway_schema::schema::ChannelKind;
use gateway_schema::{Tick, Timestamp};
use proptest::prelude::*;

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Quote {
    symbol: Option<String>,
    price: i64,
}

static STATE: StateSchema = StateSchema::new("quotes", &["symbol"]);
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

fn table(rows: usize) -> StateTable<Quote> {
    StateTable::new(&CHANNEL, &STATE, Bounds { rows, bytes: usize::MAX, age: None })
}

fn quote(symbol: Option<&str>, price: i64) -> TickRef<Quote> {
    let value = Quote { symbol: symbol.map(str::to_owned), price };
    TickRef::new(Tick { id: price.to_string().as_str().into(), timestamp: Timestamp::from_nanos(0), value })
}

fn rows(table: &StateTable<Quote>) -> Vec<(Option<String>, i64)> {
    let ticks = table.select(&Plan::default()).records;
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
fn large_records_make_room_for_each_other_and_the_last_one_stays() {
    let bounds = Bounds { rows: 1000, bytes: 100_000, age: None };
    let table = StateTable::new(&CHANNEL, &STATE, bounds);
    let large = |key: i64, size: usize| quote(Some(&format!("{key:03}{}", "x".repeat(size))), key);
    for key in 0..1000 {
        table.upsert(&large(key, 8_000));
        assert!(table.bytes() <= bounds.bytes);
    }
    let kept: Vec<i64> = rows(&table).into_iter().map(|(_, price)| price).collect();
    assert_eq!(kept, (988..1000).collect::<Vec<_>>());
    assert_eq!((table.rows(), table.dropped()), (12, 988));
    table.upsert(&large(0, 200_000));
    assert_eq!((table.rows(), table.dropped()), (1, 1000));
    table.upsert(&large(1, 10));
    assert_eq!((table.rows(), table.dropped()), (1, 1001));
    for key in 2..100 {
        table.upsert(&large(key, 10));
    }
    assert_eq!((table.rows(), table.dropped()), (99, 1001));
}

#[test]
fn a_key_that_changes_often_takes_no_more_room() {
    let table = table(10);
    for price in 0..10_000 {
        table.upsert(&quote(Some("a"), price));
    }
    assert_eq!(rows(&table), [(Some("a".to_owned()), 9_999)]);
}

#[test]
fn what_does_not_change_is_dropped_after_its_age_also_when_nothing_ticks() {
    let age = Duration::from_millis(40);
    let table = StateTable::new(&CHANNEL, &STATE, Bounds { rows: 10, bytes: usize::MAX, age: Some(age) });
    table.upsert(&quote(Some("a"), 1));
    table.upsert(&quote(Some("b"), 2));
    assert_eq!(table.rows(), 2);
    std::thread::sleep(age * 2);
    table.upsert(&quote(Some("b"), 3));
    assert_eq!(rows(&table), [(Some("b".to_owned()), 3)]);
    std::thread::sleep(age * 2);
    assert_eq!((table.rows(), table.dropped(), rows(&table).len()), (0, 2, 0));
}

#[test]
fn readers_see_whole_and_sorted_tables_while_rows_come_and_go() {
    let (table, stop) = (Arc::new(table(500)), Arc::new(AtomicBool::new(false)));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (table, stop) = (Arc::clone(&table), Arc::clone(&stop));
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let rows = rows(&table);
                    assert!(rows.len() <= 500);
                    assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0), "sorted, one row per key");
                }
            })
        })
        .collect();
    for n in 0..60_000_i64 {
        table.upsert(&quote(Some(&(n * 7919 % 1500).to_string()), n));
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().expect("saw nothing wrong");
    }
    assert_eq!(rows(&table).len(), 500);
}

/// The table as it is described: a map of the latest, and the last change of each.
#[derive(Default)]
struct Model {
    rows: BTreeMap<Option<String>, (usize, i64)>,
    dropped: u64,
}

impl Model {
    fn upsert(&mut self, key: Option<&str>, price: i64, now: usize, limit: usize) {
        self.rows.insert(key.map(str::to_owned), (now, price));
        if self.rows.len() > limit {
            let oldest = self.rows.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone());
            self.rows.remove(&oldest.expect("has rows"));
            self.dropped += 1;
        }
    }
}

proptest! {
    #[test]
    fn a_table_is_a_map_of_the_latest_with_the_longest_unchanged_dropped(
        limit in 1_usize..20,
        steps in prop::collection::vec((prop::option::of("[a-e]{0,2}"), prop::bool::weighted(0.2)), 0..400),
    ) {
        let (table, mut model) = (table(limit), Model::default());
        for (now, (key, look)) in steps.into_iter().enumerate() {
            let price = i64::try_from(now).expect("is small");
            table.upsert(&quote(key.as_deref(), price));
            model.upsert(key.as_deref(), price, now, limit);
            if look {
                let expected: Vec<_> = model.rows.iter().map(|(key, (_, price))| (key.clone(), *price)).collect();
                prop_assert_eq!(rows(&table), expected);
            }
        }
        let expected: Vec<_> = model.rows.iter().map(|(key, (_, price))| (key.clone(), *price)).collect();
        prop_assert_eq!(rows(&table), expected);
        prop_assert_eq!((table.rows(), table.dropped()), (model.rows.len(), model.dropped));
    }
}

#[test]
fn a_filter_finds_the_same_few_or_many_whether_or_not_the_order_is_up_to_date() {
    let table = table(10_000);
    let prices = |range: std::ops::Range<i64>, descending: bool| {
        let query: gateway_schema::Query = serde_json::from_value(serde_json::json!({
            "filters": [{"attr": "price", "by": {"value": range.start, "where": ">="}},
                        {"attr": "price", "by": {"value": range.end, "where": "<"}}],
            "sort": if descending { vec![serde_json::json!({"attr": "price", "descending": true})] } else { Vec::new() },
        }))
        .expect("is a query");
        let plan = query.plan_for(Quote::SCHEMA, STATE.key).expect("is about quotes");
        table.select(&plan).records.iter().map(|tick| tick.price).collect::<Vec<_>>()
    };
    for n in (0..2_000).rev() {
        table.upsert(&quote(Some(&format!("{n:05}")), n));
        if n % 500 == 0 {
            assert_eq!(prices(n..n + 10, false), (n..n + 10).collect::<Vec<_>>());
            assert_eq!(prices(n..n + 10, true), (n..n + 10).rev().collect::<Vec<_>>());
            assert_eq!(prices(n..n + 450, false), (n..n + 450).collect::<Vec<_>>());
        }
    }
}
