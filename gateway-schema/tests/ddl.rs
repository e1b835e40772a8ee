//! The SQL of state tables: every type, every rule that SQL can express, names that need quoting.
//!
//! `GATEWAY_BLESS=1` replaces the expected text. That DuckDB takes it is shown where DuckDB is, in gateway-runtime.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use gateway_derive::{GatewayEnum, GatewayStruct};
use gateway_schema::ddl::{Table, tables};
use gateway_schema::{
    ChannelKind, ChannelSchema, ChannelsSchema, GatewayStruct as _, KeySchema, StateSchema,
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

static STATES: [StateSchema; 2] = [
    StateSchema { alias: "all", key: &["text", "venue.mic"] },
    StateSchema { alias: "ALL", key: &["elsewhere.country"] },
];

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

static SCHEMA: ChannelsSchema = ChannelsSchema { name: "Test", docs: "", channels: &CHANNELS, fields: &[] };

#[test]
fn the_sql_is_as_expected() {
    let found: Vec<String> = tables(&SCHEMA).iter().map(Table::create).collect();
    let found = found.join("\n");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expected/state.sql");
    if std::env::var_os("GATEWAY_BLESS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expected")).expect("is writable");
        std::fs::write(file, &found).expect("is writable");
    }
    assert_eq!(found, std::fs::read_to_string(file).expect("is there"));
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
