//! What the derives of structs and enums give, against the contract crate alone.

#![allow(missing_docs, reason = "structs of a test")]

use std::collections::BTreeMap;

use gateway_derive::{GatewayEnum, GatewayStruct};
use gateway_schema::{
    BasketKey, Cell, Constraint, EnumValue, FieldType, GatewayEnum as _, GatewayStruct as _, MapKey, Number,
};
use serde_json::{Value, json};

/// Who was the aggressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_schema")]
pub enum Side {
    /// The buyer.
    #[gateway(rename = "BUY", value = "B")]
    Buy,
    #[gateway(rename = "SELL", value = "S")]
    Sell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_schema")]
pub enum Level {
    #[gateway(value = -1)]
    Low = 7,
    #[gateway(value = 1)]
    High,
}

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema", nested)]
pub struct Venue {
    /// Its own id.
    pub id: u8,
    #[gateway(length(equal = 4))]
    pub mic: String,
}

fn odd(value: &i64) -> Result<(), String> {
    if value % 2 == 1 { Ok(()) } else { Err(format!("{value} is even")) }
}

fn not_shouted(text: &str) -> Result<(), &'static str> {
    if text.ends_with('!') { Err("do not shout") } else { Ok(()) }
}

/// One execution report.
///
/// It has two paragraphs.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema", python = "market.Trade")]
pub struct Trade {
    /// Ticker symbol.
    #[gateway(length(min = 1, max = 12), pattern = "^[A-Z.]+$")]
    pub symbol: String,
    #[gateway(range(exclusive_min = 0.0, max = 1_000_000))]
    pub price: f64,
    #[gateway(range(min = 1), default = 1)]
    pub quantity: u32,
    pub side: Side,
    pub venue: Venue,
    #[gateway(default)]
    pub tags: BTreeMap<String, Venue>,
    #[gateway(length(max = 3), custom = not_shouted)]
    pub note: Option<String>,
    #[gateway(rename = "type", default = "limit")]
    pub kind: String,
    #[gateway(skip)]
    pub cache: Vec<std::thread::ThreadId>,
    pub r#ref: Option<Level>,
    #[gateway(custom = odd, default = 3)]
    pub sequence: i64,
    pub history: Vec<Option<Box<Venue>>>,
}

fn venue(mic: &str) -> Venue {
    Venue { id: 1, mic: mic.to_owned() }
}

fn trade() -> Trade {
    Trade {
        symbol: "ACME".to_owned(),
        price: 9.5,
        quantity: 2,
        side: Side::Sell,
        venue: venue("XNAS"),
        tags: BTreeMap::new(),
        note: None,
        kind: "market".to_owned(),
        cache: Vec::new(),
        r#ref: Some(Level::Low),
        sequence: 1,
        history: Vec::new(),
    }
}

fn problems(input: &Value) -> Vec<(String, String)> {
    let problems = Trade::from_json(input).expect_err("has problems");
    problems.into_iter().map(|problem| (problem.to_string(), problem.kind.into_owned())).collect()
}

#[test]
fn the_schema_says_what_the_struct_says() {
    let schema = Trade::SCHEMA;
    assert_eq!((schema.name, schema.python, schema.record), ("Trade", Some("market.Trade"), true));
    assert_eq!(schema.docs, "One execution report.\n\nIt has two paragraphs.");
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name).collect();
    let all = [
        "symbol", "price", "quantity", "side", "venue", "tags", "note", "type", "ref", "sequence", "history",
    ];
    assert_eq!(names, all);
    assert_eq!(schema.fields[0].docs, "Ticker symbol.");
    assert!(schema.fields[6].nullable && matches!(schema.fields[6].ty, FieldType::String));
    let default = |index: usize| schema.fields[index].default.map(|default| default());
    assert_eq!((default(0), default(2), default(5)), (None, Some(json!(1)), Some(json!({}))));
    assert_eq!(default(7), Some(json!("limit")));
    let Constraint::Range { min: Some(min), max: Some(max) } = schema.fields[1].constraints[0] else {
        panic!("a range with both ends");
    };
    assert_eq!((min.value, min.exclusive), (Number::Float(0.0), true));
    assert_eq!((max.value, max.exclusive), (Number::Int(1_000_000), false));
    assert!(matches!(schema.fields[6].constraints[1], Constraint::Custom { name: "not_shouted" }));
    assert!(!Venue::SCHEMA.record);
}

#[test]
fn a_value_comes_back_as_it_went() {
    let value = trade();
    let json = value.to_json();
    assert_eq!(json["side"], "S");
    assert_eq!(json["ref"], -1);
    assert_eq!(json["venue"], json!({"id": 1, "mic": "XNAS"}));
    assert!(json.get("cache").is_none());
    let back = Trade::from_json(&json).expect("is valid");
    assert_eq!(back.to_json(), json);
}

#[test]
fn what_is_missing_gets_its_default() {
    let input =
        json!({"symbol": "A", "price": 1, "side": "B", "venue": {"id": 1, "mic": "XNAS"}, "history": []});
    let value = Trade::from_json(&input).expect("is valid");
    assert_eq!((value.quantity, value.sequence, value.kind.as_str(), value.note), (1, 3, "limit", None));
}

#[test]
fn every_problem_of_a_body_is_found() {
    let input = json!({
        "symbol": "lower", "price": 0, "quantity": -1, "side": "X", "venue": {"id": 1, "mic": "XNASX"},
        "note": "oh!!", "sequence": 2, "history": [null, {"id": 1, "mic": ""}], "extra": 1, "tags": {"a": 5},
    });
    let found = problems(&input);
    let places: Vec<&str> =
        found.iter().map(|(text, _)| text.split(':').next().unwrap_or_default()).collect();
    assert_eq!(
        places,
        [
            "body.extra",
            "body.symbol",
            "body.price",
            "body.quantity",
            "body.side",
            "body.venue.mic",
            "body.tags.a",
            "body.note",
            "body.note",
            "body.sequence",
            "body.history[1].mic",
        ]
    );
    assert!(found.contains(&("body.sequence: Value error, 2 is even".to_owned(), "value_error".to_owned())));
    assert!(found.contains(&("body.note: Value error, do not shout".to_owned(), "value_error".to_owned())));
}

#[test]
fn a_value_made_in_rust_is_checked_to_its_leaves() {
    assert_eq!(trade().validate(), Ok(()));
    let mut value = trade();
    value.price = f64::NAN;
    value.venue.mic.clear();
    value.tags.insert("a".to_owned(), venue("X"));
    value.history = vec![None, Some(Box::new(venue("Y")))];
    let places: Vec<String> = value
        .validate()
        .expect_err("has problems")
        .iter()
        .map(|problem| problem.to_string().split(':').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(places, ["body.price", "body.venue.mic", "body.tags.a.mic", "body.history[1].mic"]);
}

#[test]
fn columns_are_found_by_their_path() {
    use gateway_schema::WireType;
    let value = trade();
    let column = |name: &str| {
        let columns = Trade::SCHEMA.columns();
        columns.into_iter().find(|column| column.name == name).expect("is a column").path
    };
    assert_eq!(value.cell_at(&column("venue.mic")), Cell::Text("XNAS".into()));
    assert_eq!(value.cell_at(&column("type")), Cell::Text("market".into()));
    assert_eq!(value.cell_at(&column("ref")), Cell::Int(-1));
}

#[test]
fn an_enum_has_names_and_values() {
    let schema = Side::SCHEMA;
    assert_eq!((schema.name, schema.docs), ("Side", "Who was the aggressor."));
    assert_eq!((schema.variants[0].name, schema.variants[0].value), ("BUY", EnumValue::Text("B")));
    assert_eq!(schema.variants[0].docs, "The buyer.");
    assert_eq!(Side::KEY.names, Some(&["BUY", "SELL"][..]));
    assert_eq!(
        (Side::Sell.to_wire().as_ref(), Side::from_wire("SELL"), Side::from_wire("S")),
        ("SELL", Some(Side::Sell), None)
    );
    assert_eq!(
        (Side::Sell.to_key().as_ref(), Side::from_key("S"), Side::from_key("SELL")),
        ("S", Some(Side::Sell), Some(Side::Sell))
    );
    assert_eq!(Level::SCHEMA.variants[1].value, EnumValue::Int(1));
    assert_eq!((Level::ALL, Level::High.index()), (&[Level::Low, Level::High][..], 1));
}
