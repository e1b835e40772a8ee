//! A gateway with everything that a document can say, and its document.

#![allow(dead_code, reason = "the structs are described, not made, and each test file uses a part")]

use std::collections::BTreeMap;

use gateway_client::chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use gateway_client::{Bytes, Decimal, GatewayEnum, GatewayStruct, Uuid};
use gateway_schema::json_schema::{Definitions, Direction};
use serde_json::{Value, json};

/// Who began.
///
/// Seen from the aggressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_client")]
pub(crate) enum Side {
    /// The buyer.
    #[gateway(rename = "BUY", value = "B")]
    Buy,
    #[gateway(rename = "SELL", value = "S")]
    Sell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_client")]
pub(crate) enum Rank {
    #[gateway(value = 1)]
    First,
    #[gateway(value = -2)]
    Second,
}

/// Where it was done.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_client", nested)]
pub(crate) struct Venue {
    /// The market identifier code.
    #[gateway(length(equal = 4), default = "XNAS")]
    mic: String,
    id: Option<u16>,
}

/// One execution report from the exchange.
///
/// It has a field of every type.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_client")]
pub(crate) struct Trade {
    /// Ticker symbol, as the exchange spells it.
    #[gateway(length(min = 1, max = 12), pattern = "^[A-Z.]+$")]
    symbol: String,
    /// Price in quote currency.
    #[gateway(range(exclusive_min = 0, max = 1e6))]
    price: f64,
    /// Shares.
    #[gateway(range(min = 1), default = 1)]
    quantity: u32,
    side: Side,
    rank: Option<Rank>,
    #[gateway(default = Side::Sell)]
    other_side: Side,
    /// Where.
    #[gateway(default = Venue { mic: "XETR".to_owned(), id: Some(7) })]
    venue: Venue,
    hops: Vec<Venue>,
    #[gateway(rename = "type")]
    kind: bool,
    tiny: i8,
    small: i16,
    #[gateway(range(min = -5, max = 5), default = -1)]
    medium: i32,
    #[gateway(default = i64::MIN)]
    large: i64,
    byte: u8,
    #[gateway(default = u64::MAX)]
    huge: u64,
    #[gateway(default = 0.5)]
    half: f32,
    #[gateway(length(max = 64), default = Bytes::from_static(b"\x00\"a"))]
    raw: Bytes,
    #[gateway(default = NaiveDate::MIN)]
    day: NaiveDate,
    #[gateway(default = NaiveTime::MIN)]
    time: NaiveTime,
    #[gateway(default = DateTime::UNIX_EPOCH)]
    at: DateTime<Utc>,
    local: NaiveDateTime,
    #[gateway(default = TimeDelta::milliseconds(-1500))]
    delay: TimeDelta,
    #[gateway(default = Uuid::from_u128(7))]
    reference: Uuid,
    #[gateway(range(exclusive_min = 0), default = Decimal::new(-125, 2))]
    fee: Decimal,
    corners: [f64; 3],
    #[gateway(length(min = 1, max = 9))]
    flags: Vec<Option<bool>>,
    tags: BTreeMap<String, String>,
    #[gateway(default = BTreeMap::from([(Side::Buy, vec![1])]))]
    by_side: BTreeMap<Side, Vec<u8>>,
    by_number: BTreeMap<i32, Option<String>>,
    by_uuid: BTreeMap<Uuid, bool>,
    #[gateway(default = json!({ "a": [1, null, 1.5, "x"] }))]
    anything: Value,
    /// A remark.
    note: Option<String>,
    #[gateway(default = Some(3))]
    again: Option<i64>,
}

/// A second of trading.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_client")]
pub(crate) struct Bar {
    symbol: String,
    close: f64,
    #[gateway(default)]
    venue: Option<Venue>,
}

/// The JSON Schemas of what senders give.
pub(crate) fn inputs() -> Value {
    let mut definitions = Definitions::new();
    definitions.record(Trade::SCHEMA, Direction::In);
    definitions.record(Bar::SCHEMA, Direction::In);
    definitions.into_map().into()
}

/// The document as a gateway gives it.
pub(crate) fn document() -> Value {
    let mut definitions = Definitions::new();
    for direction in [Direction::Out, Direction::In] {
        definitions.record(Trade::SCHEMA, direction);
    }
    // Nothing can be sent there, so there is no schema for it.
    definitions.record(Bar::SCHEMA, Direction::Out);
    let list = |name: &str| {
        let schema = json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } });
        json!({ "responses": { "200": { "content": { "application/json": { "schema": schema } } } } })
    };
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Market", "version": "1.2.3", "description": "Trades and bars.\n\nLive." },
        "paths": {
            "/api/v1/last/": { "get": { "responses": {} } },
            "/api/v1/last/trades": { "get": list("Trade") },
            "/api/v1/last/bars": { "get": list("Bar") },
        },
        "components": { "schemas": definitions.into_map() },
        "x-gateway": {
            "version": "0.1.0",
            "channels": [
                {
                    "name": "trades", "description": "Every trade, as it happens.", "kind": "scalar", "struct": "Trade",
                    "key": null, "last": true, "next": true, "send": true, "stage": true, "lookup": true,
                },
                {
                    "name": "bars", "description": "", "kind": "list", "struct": "Bar",
                    "key": null, "last": true, "next": true, "send": false, "stage": false, "lookup": false,
                },
                {
                    "name": "by_side", "description": "Trades by side.", "kind": "basket", "struct": "Trade",
                    "key": { "name": "Side", "names": ["BUY", "SELL"] },
                    "last": true, "next": true, "send": true, "stage": false, "lookup": false,
                },
                {
                    "name": "by_desk", "description": "", "kind": "list_basket", "struct": "Bar",
                    "key": { "name": "String", "names": null },
                    "last": true, "next": false, "send": false, "stage": false, "lookup": false,
                },
            ],
            "states": [
                { "alias": "trades", "channel": "trades", "key": ["symbol"], "description": "Every trade, as it happens." },
                { "alias": "by_venue", "channel": "trades", "key": ["symbol", "venue.mic"], "description": "" },
            ],
            "fields": [{ "name": "venue_name", "description": "Where this runs." }],
        },
    })
}
