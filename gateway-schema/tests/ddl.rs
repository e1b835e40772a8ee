//! The SQL of state tables: every type, every rule that SQL can express, names that need quoting.
//!
//! `GATEWAY_BLESS=1` replaces the expected text. That DuckDB takes it is shown where DuckDB is, in gateway-runtime.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use gateway_derive::{GatewayEnum, GatewayStruct};
use gateway_schema::ddl::{Kind, Table, tables};
use gateway_schema::{
    ChannelKind, ChannelSchema, ChannelsSchema, GatewayStruct as _, HistorySchema, KeySchema, StateSchema,
};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_schema")]
enum Side {
    #[gateway(value = "it's a buy")]
    Buy,
    Sell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_schema")]
enum Level {
    #[gateway(value = 1)]
    Low,
    #[gateway(value = 2)]
    High,
}

/// Where it is traded.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Venue {
    /// Its "MIC".
    #[gateway(length(min = 4, max = 4))]
    mic: String,
    country: Option<String>,
}

/// It's a field of every type.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Everything {
    flag: bool,
    #[gateway(range(min = -5, max = 5))]
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    f32: f32,
    #[gateway(range(exclusive_min = 0.1))]
    price: f64,
    #[gateway(length(min = 1, max = 12), pattern = "^[A-Z.]+$")]
    text: String,
    /// Letters of any script.
    #[gateway(pattern = r"^\w+$")]
    letters: String,
    #[gateway(length(max = 16))]
    bytes: Bytes,
    date: NaiveDate,
    time: NaiveTime,
    utc: DateTime<Utc>,
    local: NaiveDateTime,
    delta: TimeDelta,
    uuid: Uuid,
    #[gateway(range(exclusive_min = 0))]
    decimal: Decimal,
    side: Side,
    level: Level,
    venue: Venue,
    elsewhere: Option<Venue>,
    #[gateway(length(min = 1))]
    list: Vec<Venue>,
    array: [u8; 3],
    tags: BTreeMap<String, Option<f64>>,
    any: Value,
    key: Option<i64>,
    #[gateway(rename = "Price")]
    capital: i64,
    #[gateway(rename = "a \"name\"")]
    named: i64,
}

static STATES: [StateSchema; 2] =
    [StateSchema::new("all", &["text", "venue.mic"]), StateSchema::new("ALL", &["elsewhere.country"])];

static CHANNELS: [ChannelSchema; 1] = [ChannelSchema {
    name: "everything",
    docs: "It's everything.",
    kind: ChannelKind::Basket,
    payload: Everything::SCHEMA,
    key: Some(KeySchema { name: "String", names: None }),
    send: false,
    stage: false,
    lookup: false,
    states: &STATES,
}];

/// A price.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Quote {
    /// Ticker symbol.
    symbol: String,
    #[gateway(range(min = 0))]
    price: f64,
}

const HOUR: Duration = Duration::from_secs(3600);

const fn kept(alias: &'static str, rows: Option<usize>, age: Option<Duration>) -> StateSchema {
    StateSchema { history: Some(HistorySchema { rows, age }), ..StateSchema::new(alias, &["symbol"]) }
}

static KEPT: [StateSchema; 4] = [
    kept("quotes", Some(100), Some(HOUR)),
    kept("last_hour", None, Some(HOUR)),
    kept("Quotes", Some(1), None),
    StateSchema::new("QUOTES_HISTORY", &["symbol"]),
];

static KEPT_CHANNELS: [ChannelSchema; 1] = [ChannelSchema {
    name: "quotes",
    docs: "",
    kind: ChannelKind::Scalar,
    payload: Quote::SCHEMA,
    key: None,
    send: false,
    stage: false,
    lookup: false,
    states: &KEPT,
}];

static KEPT_SCHEMA: ChannelsSchema =
    ChannelsSchema { name: "Kept", docs: "", channels: &KEPT_CHANNELS, fields: &[] };

static SCHEMA: ChannelsSchema = ChannelsSchema { name: "Test", docs: "", channels: &CHANNELS, fields: &[] };

#[test]
fn the_sql_is_as_expected() {
    compare(&SCHEMA, "state.sql");
}

#[test]
fn a_history_has_the_columns_of_its_state_and_no_primary_key() {
    compare(&KEPT_SCHEMA, "history.sql");
    let tables = tables(&KEPT_SCHEMA);
    let named: Vec<(&str, Kind)> = tables.iter().map(|table| (table.name.as_str(), table.kind)).collect();
    assert_eq!(
        named,
        [
            ("quotes", Kind::Latest),
            ("quotes_history", Kind::History),
            ("last_hour", Kind::Latest),
            ("last_hour_history", Kind::History),
            ("Quotes_2", Kind::Latest),
            ("Quotes_history_2", Kind::History),
            ("QUOTES_HISTORY_3", Kind::Latest),
        ]
    );
    let columns = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    assert_eq!(columns(&tables[0]), columns(&tables[1]));
    assert_eq!(tables[0].key, tables[1].key);
}

fn compare(schema: &'static ChannelsSchema, name: &str) {
    let found: Vec<String> = tables(schema).iter().map(Table::create).collect();
    let found = found.join("\n");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected");
    if std::env::var_os("GATEWAY_BLESS").is_some() {
        std::fs::create_dir_all(&folder).expect("is writable");
        std::fs::write(folder.join(name), &found).expect("is writable");
    }
    assert_eq!(found, std::fs::read_to_string(folder.join(name)).expect("is there"));
}

#[test]
fn a_key_that_may_be_null_is_no_primary_key() {
    let tables = tables(&SCHEMA);
    assert_eq!(tables.iter().map(Table::has_primary_key).collect::<Vec<_>>(), [true, false]);
    assert!(tables[1].create().contains("no primary key"));
}

#[test]
fn names_that_sql_takes_for_the_same_are_told_apart() {
    let tables = tables(&SCHEMA);
    assert_eq!((tables[0].name.as_str(), tables[1].name.as_str()), ("all", "ALL_2"));
    let names: Vec<&str> = tables[0].columns.iter().map(|column| column.name.as_str()).collect();
    for name in ["key", "key_2", "price", "Price_2"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
}
