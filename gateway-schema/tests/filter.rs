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

/// The sizes, of 1 to 5, that a query finds, in its order, and the cursor.
fn page(query: &Value, key: &'static [&'static str]) -> (Vec<i64>, Option<String>) {
    let query: Query = serde_json::from_value(query.clone()).expect("is a query");
    let plan = query.plan_for(<Trade as gateway_schema::GatewayStruct>::SCHEMA, key);
    let plan = plan.unwrap_or_else(|problems| panic!("{problems:?}"));
    let rows: Vec<Box<Tick<Trade>>> = (1..=5).map(|size| Box::new(trade(size))).collect();
    let page = plan.page(rows.iter());
    (page.records.iter().map(|tick| tick.size).collect(), page.next)
}

#[test]
fn a_list_of_values_and_a_pattern_find_what_they_say() {
    assert_eq!(found("size", &json!({"value": [4, 2, 9], "where": "in"})), [2, 4]);
    assert_eq!(found("size", &json!({"value": [4, 2, 9], "where": "not in"})), [1, 3, 5]);
    assert_eq!(found("size", &json!({"value": [], "where": "in"})), Vec::<i64>::new());
    assert_eq!(found("price", &json!({"value": ["1.5", 2.5], "where": "in"})), [1, 2]);
    assert_eq!(found("venue.fee", &json!({"value": [1.5], "where": "not in"})), [1, 2, 4, 5]);
    assert_eq!(found("venue.mic", &json!({"value": "X%", "where": "like"})), [1, 2, 3, 4, 5]);
    assert_eq!(found("venue.mic", &json!({"value": "_3", "where": "like"})), [3]);
    assert_eq!(found("side", &json!({"value": "%ll", "where": "like"})), [1, 3, 5]);
}

#[test]
fn what_has_no_value_is_found_by_that() {
    assert_eq!(found("venue.fee", &json!({"where": "is null"})), [1, 2]);
    assert_eq!(found("venue.fee", &json!({"where": "is not null"})), [3, 4, 5]);
    assert_eq!(found("tags", &json!({"where": "is not null"})), [1, 2, 3, 4, 5]);
}

#[test]
fn groups_hold_when_any_or_all_of_them_do() {
    let size = |how: &str, value: i64| json!({"attr": "size", "by": {"value": value, "where": how}});
    let any =
        json!({"filters": [{"any": [size("<", 2), size(">", 4), {"all": [size(">", 2), size("<", 4)]}]}]});
    assert_eq!(page(&any, &[]).0, [1, 3, 5]);
    let both = json!({"filters": [size(">", 1), {"any": [size("<", 3), size(">", 4)]}]});
    assert_eq!(page(&both, &[]).0, [2, 5]);
    assert_eq!(page(&json!({"filters": [{"any": []}]}), &[]).0, Vec::<i64>::new());
    assert_eq!(page(&json!({"filters": [{"all": []}]}), &[]).0, [1, 2, 3, 4, 5]);
}

#[test]
fn records_come_sorted_with_those_without_a_value_first() {
    let sorted = |by: Value| page(&json!({ "sort": by }), &["size"]).0;
    assert_eq!(sorted(json!([{"attr": "size", "descending": true}])), [5, 4, 3, 2, 1]);
    assert_eq!(sorted(json!([{"attr": "side"}])), [2, 4, 1, 3, 5]);
    assert_eq!(sorted(json!([{"attr": "venue.fee", "descending": true}])), [5, 4, 3, 1, 2]);
    assert_eq!(
        sorted(json!([{"attr": "side", "descending": true}, {"attr": "price", "descending": true}])),
        [5, 3, 1, 4, 2]
    );
}

#[test]
fn pages_follow_each_other_whatever_the_order() {
    for sort in [json!([]), json!([{"attr": "side"}]), json!([{"attr": "venue.fee", "descending": true}])] {
        let all = page(&json!({ "sort": sort }), &["size"]).0;
        for limit in 1..=6 {
            let (mut sizes, mut cursor) = (Vec::new(), None);
            loop {
                let (found, next) =
                    page(&json!({ "sort": sort, "limit": limit, "cursor": cursor }), &["size"]);
                assert!(found.len() <= limit);
                sizes.extend(found);
                cursor = next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(sizes, all, "{sort} in pages of {limit}");
        }
    }
}

#[test]
fn every_problem_of_a_query_is_named_with_its_column() {
    let query: Query = serde_json::from_value(json!({
        "filters": [{"any": [{"attr": "size", "by": {"value": [1, "x"], "where": "in"}}]},
                    {"attr": "size", "by": {"value": "x%", "where": "like"}},
                    {"attr": "size", "by": {"value": 3, "where": "in"}},
                    {"attr": "sise", "by": {"where": "is null"}}],
        "sort": [{"attr": "tags"}, {"attr": "price"}, {"attr": "cost"}],
        "limit": 0, "cursor": "AAAA", "select": ["size", "sise"],
    }))
    .expect("is a query");
    let problems = query.plan(<Trade as gateway_schema::GatewayStruct>::SCHEMA).expect_err("is refused");
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for (problem, expected) in problems.iter().zip([
        "query.filters[0].any[0].by.value[1]: `\"x\"` is not an integer",
        "query.filters[1].by.value: `size` is an integer and has no pattern",
        "query.filters[2].by.value: `in` needs a list",
        "query.filters[3].attr: `sise` is not a column",
        "query.sort[0].attr: `tags` is a list and cannot be compared",
        "query.sort[2].attr: `cost` is not a column",
        "query.limit: ",
        "query.cursor: ",
        "query.select[1]: `sise` is not a column: Trade has no field `sise`",
    ]) {
        assert!(problem.starts_with(expected), "{problem} is not {expected}");
    }
    assert_eq!(problems.len(), 9, "{problems:?}");
}
