//! The native store: how fast records go in, and how fast they are read.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use gateway_runtime::__private::{Bounds, StateTable};
use gateway_runtime::TickRef;
use gateway_runtime::endpoint::StateView as _;
use gateway_runtime::prelude::*;
use gateway_schema::filter::Plan;
use gateway_schema::{ChannelKind, ChannelSchema, GatewayStruct as _, IdSource, Query, StateSchema};
use serde_json::json;

/// The last quote of a symbol.
#[derive(Clone, Debug, GatewayStruct)]
struct Quote {
    /// The key.
    symbol: String,
    bid: f64,
    ask: f64,
    size: u32,
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

/// How many rows 20 of which are found.
const ROWS: usize = 100_000;

fn quotes(keys: usize) -> Vec<TickRef<Quote>> {
    let ids = IdSource::new();
    let quote = |n: usize| {
        // Keys come in no order.
        let key = (n * 7_919) % keys;
        let value = Quote {
            symbol: format!("SYM{key:07}"),
            bid: key as f64 + 0.25,
            ask: key as f64 + 0.5,
            size: u32::try_from(n).unwrap_or(u32::MAX),
        };
        TickRef::new(Tick { id: ids.next(), timestamp: Timestamp::now(), value })
    };
    (0..keys).map(quote).collect()
}

fn table(quotes: &[TickRef<Quote>]) -> StateTable<Quote> {
    let table = StateTable::new(&CHANNEL, &STATE, Bounds { rows: 10_000_000, bytes: usize::MAX, age: None });
    for quote in quotes {
        table.upsert(quote);
    }
    table
}

fn twenty() -> Plan {
    let filter = json!({"attr": "bid", "by": {"value": 20, "where": "<"}});
    let query: Query = serde_json::from_value(json!({ "filters": [filter] })).expect("is a query");
    query.plan_for(Quote::SCHEMA, STATE.key).expect("is about quotes")
}

/// One record in the place of another.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000, 10_000_000], max_time = 5)]
fn upserts(bencher: Bencher, keys: usize) {
    let (before, after) = (quotes(keys), quotes(keys));
    let table = table(&before);
    bencher.counter(ItemsCount::new(keys)).bench_local(|| {
        for quote in &after {
            table.upsert(quote);
        }
    });
}

/// Records with keys that are not there yet.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000, 10_000_000], max_time = 5)]
fn inserts(bencher: Bencher, keys: usize) {
    let quotes = quotes(keys);
    bencher.counter(ItemsCount::new(keys)).bench_local(|| table(&quotes));
}

/// A filter that finds 20 of 100 000 rows, as JSON.
#[divan::bench(max_time = 3)]
fn filter_20_of_100k(bencher: Bencher) {
    let (table, plan) = (table(&quotes(ROWS)), twenty());
    assert_eq!(table.select(&plan).records.len(), 20);
    bencher.bench_local(|| black_box(table.query(&plan)));
}

/// The same right after a record with a new key.
#[divan::bench(max_time = 3)]
fn filter_20_of_100k_after_an_insert(bencher: Bencher) {
    let (table, plan) = (table(&quotes(ROWS)), twenty());
    let mut fresh = quotes(ROWS * 2).into_iter().filter(|quote| quote.bid > ROWS as f64);
    bencher
        .with_inputs(|| {
            if let Some(quote) = fresh.next() {
                table.upsert(&quote);
            }
        })
        .bench_local_values(|()| black_box(table.query(&plan)));
}

/// All of 100 000 rows as JSON, none of which was written before.
#[divan::bench(max_time = 5)]
fn json_of_100k(bencher: Bencher) {
    bencher
        .with_inputs(|| table(&quotes(ROWS)))
        .bench_local_refs(|table| black_box(table.query(&Plan::default())));
}

/// The same when the records were written before.
#[divan::bench(max_time = 3)]
fn json_of_100k_again(bencher: Bencher) {
    let table = table(&quotes(ROWS));
    bencher.bench_local(|| black_box(table.query(&Plan::default())));
}

/// All of 100 000 rows as Arrow batches.
#[cfg(feature = "duckdb")]
#[divan::bench(max_time = 3)]
fn batches_of_100k(bencher: Bencher) {
    let table = table(&quotes(ROWS));
    let columns = gateway_schema::ddl::Table::new(&CHANNEL, &STATE).columns;
    bencher.bench_local(|| {
        let (records, _) = table.find(&Plan::default());
        let starts = (0..records.len()).step_by(4096);
        let ranges = starts.map(|start| start..records.len().min(start + 4096));
        for range in ranges {
            black_box(records.batch(&columns, range).expect("is a batch"));
        }
    });
}

fn main() {
    divan::main();
}
