//! The query language: what each operator finds, and what is refused.

use chrono::{DateTime, NaiveDate, Utc};
use gateway_derive::{GatewayEnum, GatewayStruct};
use gateway_schema::{Id, Query, Tick, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_schema")]
enum Side {
    Buy,
    Sell,
}

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Venue {
    mic: String,
    fee: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Trade {
    size: i64,
    limit: i64,
    share: f32,
    price: Decimal,
    side: Side,
    venue: Venue,
    at: DateTime<Utc>,
    day: NaiveDate,
    tags: Vec<String>,
}

fn trade(size: i64) -> Tick<Trade> {
    Tick {
        id: Id::from(size.to_string().as_str()),
        timestamp: Timestamp::from_nanos(size * 1_000_000_000),
        value: Trade {
            size,
            limit: 3,
            share: size as f32 / 10.0,
            price: Decimal::new(size * 10 + 5, 1),
            side: if size % 2 == 0 { Side::Buy } else { Side::Sell },
            venue: Venue { mic: format!("X{size}"), fee: (size > 2).then_some(0.5 * size as f64) },
            at: DateTime::from_timestamp(size * 60, 0).expect("is in range"),
            day: NaiveDate::from_ymd_opt(2026, 1, u32::try_from(size).expect("is small")).expect("is a day"),
            tags: Vec::new(),
        },
    }
}

fn query(filter: &Value) -> Query {
    serde_json::from_value(json!({ "filters": [filter] })).expect("is a query")
}

/// The sizes, of 1 to 5, that a filter finds.
fn found(attr: &str, by: &Value) -> Vec<i64> {
    let plan =
        query(&json!({ "attr": attr, "by": by })).plan(<Trade as gateway_schema::GatewayStruct>::SCHEMA);
    let plan = plan.unwrap_or_else(|problems| panic!("{attr} {by}: {problems:?}"));
    (1..=5).map(trade).filter(|tick| plan.matches(tick)).map(|tick| tick.size).collect()
}

/// Where and why a filter is refused.
fn refused(attr: &str, by: &Value) -> String {
    let plan =
        query(&json!({ "attr": attr, "by": by })).plan(<Trade as gateway_schema::GatewayStruct>::SCHEMA);
    plan.expect_err("is refused").iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn each_operator_finds_what_it_says() {
    assert_eq!(found("size", &json!({"value": 3})), [3], "`==` unless another is given");
    assert_eq!(found("size", &json!({"value": 3, "where": "!="})), [1, 2, 4, 5]);
    assert_eq!(found("size", &json!({"value": 3, "where": "<"})), [1, 2]);
    assert_eq!(found("size", &json!({"value": 3, "where": "<="})), [1, 2, 3]);
    assert_eq!(found("size", &json!({"value": 3, "where": ">"})), [4, 5]);
    assert_eq!(found("size", &json!({"value": 3, "where": ">="})), [3, 4, 5]);
}

#[test]
fn every_kind_of_column_is_compared() {
    assert_eq!(found("id", &json!({"value": "4"})), [4]);
    assert_eq!(found("timestamp", &json!({"when": "1970-01-01T00:00:03", "where": "<"})), [1, 2]);
    assert_eq!(found("venue.mic", &json!({"value": "X3", "where": ">="})), [3, 4, 5]);
    assert_eq!(found("side", &json!({"value": "Buy"})), [2, 4]);
    assert_eq!(found("price", &json!({"value": "2.5", "where": "<="})), [1, 2]);
    assert_eq!(found("at", &json!({"when": "1970-01-01T00:02:00Z"})), [2]);
    assert_eq!(found("at", &json!({"when": "1970-01-01T01:02:00+01:00"})), [2]);
    assert_eq!(found("day", &json!({"value": "2026-01-04", "where": ">"})), [5]);
    assert_eq!(found("size", &json!({"attr": "limit", "where": ">"})), [4, 5]);
}

#[test]
fn a_number_keeps_its_value() {
    assert_eq!(found("size", &json!({"value": 2.5})), Vec::<i64>::new());
    assert_eq!(found("size", &json!({"value": 2.5, "where": ">"})), [3, 4, 5]);
    assert_eq!(found("size", &json!({"value": "3"})), [3]);
    assert_eq!(found("share", &json!({"value": 0.3})), [3]);
    assert_eq!(found("share", &json!({"value": 0.3, "where": "<="})), [1, 2, 3]);
    assert_eq!(found("share", &json!({"value": 1e39, "where": "<"})), [1, 2, 3, 4, 5]);
    assert_eq!(found("size", &json!({"value": u64::MAX, "where": "<"})), [1, 2, 3, 4, 5]);
}

#[test]
fn a_null_is_only_unequal() {
    assert_eq!(found("venue.fee", &json!({"value": 0, "where": ">"})), [3, 4, 5]);
    assert_eq!(found("venue.fee", &json!({"value": 1.5, "where": "!="})), [1, 2, 4, 5]);
}

#[test]
fn the_first_operand_that_is_not_null_counts() {
    let all = json!({"value": 1, "when": null, "attr": "", "where": "=="});
    assert_eq!(found("size", &all), [1]);
    assert_eq!(found("size", &json!({"value": null, "attr": "limit"})), [3]);
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    assert_eq!(
        refused("sise", &json!({"value": 1})),
        "query.filters[0].attr: `sise` is not a column: Trade has no field `sise`, it has id, timestamp, size, limit, share, price, side, venue, at, day, tags"
    );
    assert!(
        refused("venue.name", &json!({"value": 1})).contains("Venue has no field `name`, it has mic, fee")
    );
    assert!(
        refused("size", &json!({"value": "many"}))
            .contains("`\"many\"` is not an integer, which is what `size` is")
    );
    assert!(refused("size", &json!({"when": "2026-01-01"})).contains("cannot be compared with an instant"));
    assert!(refused("size", &json!({"attr": "day"})).contains("they cannot be compared"));
    assert!(refused("tags", &json!({"value": "x"})).contains("is a list and cannot be compared"));
    assert!(refused("venue", &json!({"value": "x"})).contains("is a struct and cannot be compared"));
    assert!(refused("side", &json!({"value": "Hold"})).contains("is not an enum"));
    assert!(refused("size", &json!({})).contains("needs one of `value`, `when` and `attr`"));
}
