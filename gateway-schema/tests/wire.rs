//! The wire form of every field type: what comes back is what went, what is lenient, what is refused.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use gateway_derive::{GatewayEnum, GatewayStruct};
use gateway_schema::wire::AsWire;
use gateway_schema::{GatewayStruct, Problems, WireType};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

/// The size of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_schema")]
enum Size {
    Small,
    #[gateway(value = "L")]
    Large,
}

/// A struct inside another.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Inner {
    text: String,
    maybe: Option<i32>,
}

/// A field of every type.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Everything {
    flag: bool,
    i8: i8,
    i64: i64,
    u64: u64,
    f32: f32,
    f64: f64,
    text: String,
    bytes: Bytes,
    date: NaiveDate,
    time: NaiveTime,
    utc: DateTime<Utc>,
    zoned: DateTime<FixedOffset>,
    local: NaiveDateTime,
    delta: TimeDelta,
    duration: Duration,
    uuid: Uuid,
    decimal: Decimal,
    size: Size,
    inner: Inner,
    list: Vec<Inner>,
    array: [u8; 3],
    by_text: BTreeMap<String, f64>,
    by_size: HashMap<Size, Option<u32>>,
    maybe_list: Option<Vec<Option<String>>>,
    unset: Option<Option<i64>>,
    any: Value,
}

fn inner() -> impl Strategy<Value = Inner> {
    (".*", any::<Option<i32>>()).prop_map(|(text, maybe)| Inner { text, maybe })
}

/// Instants of the years 1700 to 2200, of whole microseconds as the wire has them.
fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (-8_520_336_000_000_000_i64..7_258_118_400_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).expect("is in range"))
}

fn everything() -> impl Strategy<Value = Everything> {
    let numbers = (any::<bool>(), any::<i8>(), any::<i64>(), any::<u64>(), any::<f32>(), any::<f64>());
    let numbers = numbers.prop_filter("NaN and infinities are null", |n| n.4.is_finite() && n.5.is_finite());
    let texts = (".*", proptest::collection::vec(any::<u8>(), 0..20), any::<u128>(), any::<i64>(), 0_u32..20);
    let times = (instant(), instant(), -50_400_i32..50_400, -1_i64 << 50..1_i64 << 50, 0_u64..1 << 50);
    let size = || prop_oneof![Just(Size::Small), Just(Size::Large)];
    let nested = (size(), inner(), proptest::collection::vec(inner(), 0..3), any::<[u8; 3]>());
    let maps = (
        proptest::collection::btree_map(".*", -1e300..1e300, 0..3),
        proptest::collection::hash_map(size(), any::<Option<u32>>(), 0..3),
        any::<Option<Vec<Option<String>>>>(),
        any::<Option<Option<i64>>>(),
    );
    (numbers, texts, times, nested, maps).prop_map(|(n, t, at, i, m)| Everything {
        flag: n.0,
        i8: n.1,
        i64: n.2,
        u64: n.3,
        f32: n.4,
        f64: n.5,
        text: t.0,
        bytes: t.1.into(),
        date: at.0.date_naive(),
        time: at.0.time(),
        utc: at.0,
        zoned: at.1.with_timezone(&FixedOffset::east_opt(at.2 / 60 * 60).expect("is an offset")),
        local: at.1.naive_utc(),
        delta: TimeDelta::microseconds(at.3),
        duration: Duration::from_micros(at.4),
        uuid: Uuid::from_u128(t.2),
        decimal: Decimal::new(t.3, t.4),
        size: i.0,
        inner: i.1,
        list: i.2,
        array: i.3,
        by_text: m.0,
        by_size: m.1,
        maybe_list: m.2,
        unset: m.3,
        any: json!({"free": [1, null, "x"]}),
    })
}

proptest! {
    #[test]
    fn what_comes_back_is_what_went(value in everything()) {
        let text = serde_json::to_string(&AsWire(&value)).expect("is written");
        let read: Value = serde_json::from_str(&text).expect("is JSON");
        prop_assert_eq!(Everything::from_json(&read), Ok(value));
    }

    /// A double has digits for nanoseconds up to 2^22 s (48 days), and for microseconds up to 2^33 s (272 years).
    #[test]
    fn durations_come_back_to_the_last_digit(nanos in any::<i64>(), micros in any::<i64>()) {
        let nanos = nanos % (1_000_000_000 << 22);
        let micros = micros % (1_000_000 << 33);
        for delta in [TimeDelta::nanoseconds(nanos), TimeDelta::microseconds(micros)] {
            let text = serde_json::to_string(&AsWire(&delta)).expect("is written");
            let read = serde_json::from_str(&text).expect("is JSON");
            let mut problems = Problems::new("body");
            prop_assert_eq!(TimeDelta::read(&read, &mut problems), Some(delta), "{}", text);
        }
    }

    #[test]
    fn no_input_makes_the_reader_panic(text in ".{0,40}", number in any::<f64>()) {
        for input in [json!(text), json!(number), json!([text]), json!({ text.clone(): number }), json!(null)] {
            let mut members = serde_json::Map::new();
            for field in Everything::SCHEMA.fields {
                members.insert(field.name.to_owned(), input.clone());
            }
            prop_assert!(Everything::from_json(&Value::Object(members)).is_err());
        }
    }
}

fn read<T: WireType>(input: &Value) -> Result<T, String> {
    let mut problems = Problems::new("body");
    let value = T::read(input, &mut problems);
    problems.into_result(value).map_err(|problems| problems[0].kind.to_string())
}

#[test]
fn csp_gateways_leniency_is_kept() {
    assert_eq!(read::<i64>(&json!("7")), Ok(7));
    assert_eq!(read::<i64>(&json!(7.0)), Ok(7));
    assert_eq!(read::<i64>(&json!(" 7 ")), Ok(7));
    assert_eq!(read::<f64>(&json!("2.5")), Ok(2.5));
    assert_eq!(read::<String>(&json!(5)), Ok("5".to_owned()));
    assert_eq!(read::<bool>(&json!("yes")), Ok(true));
    assert_eq!(read::<TimeDelta>(&json!("PT1.5S")), Ok(TimeDelta::milliseconds(1_500)));
    assert_eq!(read::<TimeDelta>(&json!("-P1DT2H")), Ok(TimeDelta::hours(-26)));
    assert_eq!(read::<Decimal>(&json!(0.1)), Ok(Decimal::new(1, 1)));
    assert_eq!(
        read::<DateTime<Utc>>(&json!("2026-01-01T00:00:00")).map(|t| t.timestamp()),
        Ok(1_767_225_600)
    );
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    assert_eq!(read::<i64>(&json!(5.5)), Err("int_from_float".to_owned()));
    assert_eq!(read::<i64>(&json!("5.5")), Err("int_parsing".to_owned()));
    assert_eq!(read::<i64>(&json!(1e300)), Err("less_than_equal".to_owned()));
    assert_eq!(read::<u8>(&json!(-1)), Err("greater_than_equal".to_owned()));
    assert_eq!(read::<u8>(&json!(256)), Err("less_than_equal".to_owned()));
    assert_eq!(read::<i64>(&json!(null)), Err("int_type".to_owned()));
    assert_eq!(read::<NaiveDate>(&json!("2024-02-30")), Err("date_from_datetime_parsing".to_owned()));
    assert_eq!(read::<Bytes>(&json!("not base64!")), Err("bytes_type".to_owned()));
    assert_eq!(read::<Duration>(&json!(-1)), Err("time_delta_parsing".to_owned()));
    assert_eq!(read::<Duration>(&json!(1e300)), Err("time_delta_parsing".to_owned()));
    assert_eq!(read::<[u8; 2]>(&json!([1])), Err("too_short".to_owned()));
    assert_eq!(read::<Size>(&json!("Large")), Err("enum".to_owned()));
    assert_eq!(read::<HashMap<Size, u8>>(&json!({"XL": 1})), Err("key_parsing".to_owned()));
}

#[test]
fn unset_null_and_a_value_stay_apart() {
    #[derive(Clone, Debug, PartialEq, GatewayStruct)]
    #[gateway(crate = "::gateway_schema")]
    struct Three {
        state: Option<Option<i64>>,
    }
    for (state, wire) in
        [(None, json!({})), (Some(None), json!({"state": null})), (Some(Some(1)), json!({"state": 1}))]
    {
        assert_eq!(Three { state }.to_json(), wire);
        assert_eq!(Three::from_json(&wire), Ok(Three { state }));
    }
}

#[test]
fn what_is_not_a_number_is_null() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(serde_json::to_value(AsWire(&value)).expect("is written"), Value::Null);
    }
}

#[test]
fn a_duration_of_any_text_is_read_or_refused() {
    for text in ["P1é", "P1\u{1F980}", "P", "PT", "P1", "Pé", "-P1DTé", "P1.2.3D"] {
        assert_eq!(read::<TimeDelta>(&json!(text)), Err("time_delta_parsing".to_owned()), "{text}");
    }
}

#[test]
fn no_digit_of_a_decimal_is_lost() {
    let tight = "0.1234567890123456789012345678";
    assert_eq!(read::<Decimal>(&json!(tight)).map(|value| value.to_string()), Ok(tight.to_owned()));
    assert_eq!(read::<Decimal>(&json!(format!("{tight}9"))), Err("decimal_parsing".to_owned()));
    assert_eq!(read::<Decimal>(&json!("1.5e3")), Ok(Decimal::from(1_500)));
}

#[test]
fn a_number_beyond_its_type_is_refused() {
    assert_eq!(read::<f32>(&json!(1e39)), Err("less_than_equal".to_owned()));
    assert_eq!(read::<f32>(&json!(-1e39)), Err("greater_than_equal".to_owned()));
    assert_eq!(read::<f32>(&json!("inf")), Ok(f32::INFINITY));
}

#[test]
fn two_spellings_of_one_key_are_refused() {
    let input = json!({ "1": "a", "01": "b" });
    assert_eq!(read::<BTreeMap<u8, String>>(&input), Err("duplicate_key".to_owned()));
    assert_eq!(read::<BTreeMap<String, String>>(&input).map(|map| map.len()), Ok(2));
}

#[test]
fn bounds_are_the_numbers_that_were_written() {
    #[derive(Clone, Debug, PartialEq, GatewayStruct)]
    #[gateway(crate = "::gateway_schema")]
    struct Bounded {
        #[gateway(range(max = 0.1), default = 0.1)]
        short: f32,
        #[gateway(range(exclusive_min = 0.1), default = Decimal::ONE)]
        exact: Decimal,
        #[gateway(range(min = -5, max = 300), default = 1)]
        byte: u8,
    }
    let kinds = |input: Value| {
        let problems = Bounded::from_json(&input).err().unwrap_or_default();
        problems.iter().map(|problem| problem.kind.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(json!({ "short": 0.1 })), [""; 0]);
    assert_eq!(kinds(json!({ "short": 0.100_001 })), ["less_than_equal"]);
    assert_eq!(kinds(json!({ "exact": "0.1" })), ["greater_than"]);
    assert_eq!(kinds(json!({ "exact": "0.1000000000000000000000000001" })), [""; 0]);
    assert_eq!(kinds(json!({ "byte": 256 })), ["less_than_equal"]);

    let mut definitions = gateway_schema::json_schema::Definitions::new();
    definitions.value(Bounded::SCHEMA, gateway_schema::json_schema::Direction::In);
    let schema = &definitions.into_map()["BoundedValueInput"]["properties"];
    assert_eq!(schema["short"]["default"].to_string(), "0.1");
    assert_eq!(schema["byte"]["minimum"], 0);
    assert_eq!(schema["byte"]["maximum"], 255);
}
