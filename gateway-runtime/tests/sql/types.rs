//! Every type, from a struct through a table to a row.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{NaiveDate, TimeDelta};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::gateway::{Everything, Side, TestGateway, Venue};

pub(crate) fn everything(name: &str) -> Everything {
    let date = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let local = date.and_hms_micro_opt(9, 30, 0, 250).unwrap();
    Everything {
        name: name.to_owned(),
        flag: true,
        i8: i8::MIN,
        i64: i64::MIN,
        u64: u64::MAX,
        f32: 0.5,
        f64: 1.0e300,
        bytes: Bytes::from_static(b"\x00\xff"),
        date,
        time: local.time(),
        utc: local.and_utc(),
        local,
        delta: TimeDelta::milliseconds(-1500),
        uuid: Uuid::from_u128(0x1234),
        decimal: "-12345678901234567890.123456789".parse().unwrap(),
        side: Side::Sell,
        venue: Venue { mic: "it's \"X\"".to_owned(), country: None },
        venues: vec![Venue::default(), Venue { mic: "é".to_owned(), country: Some("DE".to_owned()) }],
        array: [1, 2, 255],
        tags: BTreeMap::from([("a \"b\"".to_owned(), 1.5), (String::new(), -0.25)]),
        maybe: Some(vec![None, Some("null".to_owned())]),
        any: json!({"deep": [1, {"er": null}]}),
    }
}

/// A record with its nested structs as dotted members, and any JSON as text.
fn flattened(prefix: &str, record: &Value, out: &mut Map<String, Value>) {
    for (name, value) in record.as_object().unwrap() {
        match (name.as_str(), value) {
            ("any", any) => {
                out.insert("any".to_owned(), any.to_string().into());
            }
            ("venue", nested) => flattened("venue.", nested, out),
            _ => {
                out.insert(format!("{prefix}{name}"), value.clone());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_types_round_trip_through_a_table() {
    let gateway = TestGateway::start().await;
    let empty = Everything {
        venues: Vec::new(),
        tags: BTreeMap::new(),
        maybe: None,
        any: Value::Null,
        flag: false,
        bytes: Bytes::new(),
        ..everything("b")
    };
    for value in [everything("a"), empty] {
        gateway.running.channels().everything.send(value).await.unwrap();
    }
    let native = gateway.client().get("/api/v1/state/everything").await.json();
    let expected: Vec<Value> = native
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let mut row = Map::new();
            flattened("", record, &mut row);
            Value::Object(row)
        })
        .collect();
    let found = gateway.rows("SELECT * FROM everything ORDER BY name").await;
    assert_eq!(found, Value::Array(expected));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_sql_has_becomes_json_too() {
    let gateway = TestGateway::start().await;
    let rows = gateway
        .rows(
            "SELECT 1 AS a, 2 AS a, sum(9223372036854775807) AS large, 1.50 AS fraction, 'x'::ENUM('x', 'y') AS e, \
             NULL AS nothing, 'nan'::DOUBLE AS nan, INTERVAL 90 MINUTES AS i, [1, 2]::INT[2] AS f, \
             {'k': [true]} AS s, MAP {1: 'one'} AS m, TIMESTAMPTZ '2026-11-20 10:00:00+01' AS z, \
             TIMESTAMP_NS '2026-11-20 10:00:00.5' AS ns, 'infinity'::TIMESTAMP AS inf FROM range(3)",
        )
        .await;
    assert_eq!(
        rows,
        json!([{
            "a": 1, "a_2": 2, "large": "27670116110564327421", "fraction": "1.50", "e": "x", "nothing": null, "nan": null,
            "i": 5400.0, "f": [1, 2], "s": {"k": [true]}, "m": {"1": "one"}, "z": "2026-11-20T09:00:00Z",
            "ns": "2026-11-20T10:00:00.500000", "inf": null,
        }])
    );
    gateway.stop().await;
}

#[test]
fn the_sql_that_gateway_schema_expects_is_duckdbs() {
    let connection = duckdb::Connection::open_in_memory().unwrap();
    let sql = include_str!("../../../gateway-schema/tests/expected/state.sql");
    connection.execute_batch(sql).unwrap();
    let rules: i64 = connection
        .query_row("SELECT count(*) FROM duckdb_constraints() WHERE constraint_type = 'CHECK'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(rules >= 24, "{rules} checks");
}
