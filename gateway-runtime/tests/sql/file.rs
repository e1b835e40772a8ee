//! A state file: what was in the tables is there after a restart, exactly, and what was acknowledged as durable at
//! once.

use std::path::Path;

use bytes::Bytes;
use chrono::{NaiveDate, TimeDelta};
use gateway_runtime::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::client::Client;
use crate::gateway::{Everything, Side, TestGateway, Venue};

async fn with_file(path: &Path) -> TestGateway {
    TestGateway::with(|settings| settings.state_file = Some(path.to_owned())).await
}

async fn state(client: &Client, alias: &str) -> Value {
    client.get(&format!("/api/v1/state/{alias}")).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_has_every_record_as_it_was() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    let gateway = with_file(&path).await;
    for (symbol, price, mic) in [("A", 1.0, None), ("B", 2.0, Some("XETR")), ("A", 3.0, Some("XNAS"))] {
        gateway.trade(symbol, price, mic).await;
    }
    let everything = Everything {
        name: "first".to_owned(),
        flag: true,
        i8: -8,
        i64: i64::MIN,
        u64: u64::MAX,
        f32: 0.1,
        f64: 0.1,
        bytes: Bytes::from_static(b"\0\xff"),
        date: NaiveDate::from_ymd_opt(2026, 2, 28).unwrap(),
        // Finer than a microsecond, and more digits than the table's column has.
        time: chrono::NaiveTime::from_hms_nano_opt(1, 2, 3, 4_005_006).unwrap(),
        utc: "2026-01-02T03:04:05.000000007Z".parse().unwrap(),
        local: "2026-01-02T03:04:05.5".parse().unwrap(),
        delta: TimeDelta::nanoseconds(1_500_000_001),
        uuid: Uuid::from_u128(7),
        decimal: Decimal::new(12_345_678_901_234_567, 16),
        side: Side::Sell,
        venue: Venue { mic: "XNAS".to_owned(), country: None },
        venues: vec![Venue { mic: "it's".to_owned(), country: Some("\"DE\"".to_owned()) }],
        array: [1, 2, 3],
        tags: [("a b".to_owned(), 1.5)].into(),
        maybe: Some(vec![None, Some(String::new())]),
        any: json!({"x": [1, null, "\u{0}"]}),
    };
    gateway.running.channels().everything.send(everything).await.unwrap();
    let body = json!({"Buy": {"symbol": "A", "price": 5.0}}).to_string();
    let answer = gateway.client().post("/api/v1/send/sides", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut before = Vec::new();
    for alias in ["trades", "by_venue", "sides", "everything"] {
        before.push(state(&gateway.client(), alias).await);
    }
    let rows = gateway.rows("SELECT * FROM everything").await;
    gateway.stop().await;

    let gateway = with_file(&path).await;
    for (alias, before) in ["trades", "by_venue", "sides", "everything"].into_iter().zip(before) {
        assert!(!before.as_array().unwrap().is_empty(), "{alias}");
        assert_eq!(state(&gateway.client(), alias).await, before, "{alias}");
    }
    assert_eq!(gateway.rows("SELECT * FROM everything").await, rows);
    assert_eq!(gateway.rows("SELECT key, symbol FROM sides").await, json!([{"key": "Buy", "symbol": "A"}]));
    // It goes on where it was.
    gateway.trade("A", 9.0, None).await;
    assert_eq!(gateway.rows("SELECT price FROM trades WHERE symbol = 'A'").await, json!([{"price": 9.0}]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_durable_is_in_the_file_when_it_is_answered() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    let gateway = with_file(&path).await;
    let body = r#"[{"symbol": "A", "price": 1.0}, {"symbol": "B", "price": 2.0}]"#;
    let answer = gateway.client().post("/api/v1/send/trades?durable=true", body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(state(&gateway.client(), "trades").await, answer.json());
    assert_eq!(found_after_a_crash(&path, "trades").await, answer.json());
    gateway.stop().await;
}

/// What another process would find in a state if the one that has this file open ended now.
async fn found_after_a_crash(path: &Path, alias: &str) -> Value {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("copy.duckdb");
    std::fs::copy(path, &copy).unwrap();
    let log = path.with_extension("duckdb.wal");
    if log.exists() {
        std::fs::copy(log, copy.with_extension("duckdb.wal")).unwrap();
    }
    let other = with_file(&copy).await;
    let found = state(&other.client(), alias).await;
    other.stop().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_setting_every_acknowledgement_means_that_it_is_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    let gateway = TestGateway::with(|settings| {
        settings.state_file = Some(path.clone());
        settings.durable = true;
    })
    .await;
    let client = gateway.client();
    let (status, _) = client.send("trades", r#"{"symbol": "A", "price": 1.0}"#).await;
    assert_eq!(status, 200);
    assert_eq!(found_after_a_crash(&path, "trades").await, state(&client, "trades").await);
    let mut stream = client.stream().await;
    let trade = json!({"symbol": "B", "price": 2.0});
    let request = json!({"action": "send", "channel": "trades", "data": trade, "ack": true});
    let reply = stream.ask(&request.to_string()).await;
    assert!(reply.get("ack").is_some(), "{reply}");
    assert_eq!(found_after_a_crash(&path, "trades").await, state(&client, "trades").await);
    assert_eq!(client.post("/api/v1/stage/trades", r#"{"symbol": "C", "price": 3.0}"#).await.status, 200);
    assert_eq!(client.request("PATCH", "/api/v1/stage/trades", "").await.status, 200);
    let found = found_after_a_crash(&path, "trades").await;
    assert_eq!(found, state(&client, "trades").await);
    assert_eq!(found.as_array().map(Vec::len), Some(3), "{found}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_made_anew_is_whole_in_the_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    let gateway = with_file(&path).await;
    // Each round replaces two megabytes: that is worth it after some.
    for round in 0..12 {
        let country = round.to_string().repeat(20_000);
        let trade = |n| json!({"symbol": format!("S{n:02}"), "price": 1.0, "venue": {"mic": "X", "country": country}});
        let body = Value::from((0..100).map(trade).collect::<Vec<_>>()).to_string();
        let answer = gateway.client().post("/api/v1/send/trades?durable=true", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(found_after_a_crash(&path, "trades").await, state(&gateway.client(), "trades").await);
    }
    assert!(std::fs::metadata(&path).unwrap().len() < 64 * 1024 * 1024, "the file does not grow for ever");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn durable_is_refused_where_nothing_can_keep_it() {
    let gateway = TestGateway::start().await;
    let body = r#"{"symbol": "A", "price": 1.0}"#;
    let answer = gateway.client().post("/api/v1/send/trades?durable=true", body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("--state-file"), "{}", answer.body);
    let answer = gateway.client().post("/api/v1/send/trades?durable=perhaps", body).await;
    assert_eq!(answer.status, 422);
    assert_eq!(state(&gateway.client(), "trades").await, json!([]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn smaller_bounds_hold_after_a_restart_in_the_table_too() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    let gateway = with_file(&path).await;
    for n in 0..10 {
        gateway.trade(&format!("S{n}"), 1.0, None).await;
    }
    gateway.stop().await;
    let gateway = TestGateway::with(|settings| {
        settings.state_file = Some(path.clone());
        settings.state_rows = 3;
    })
    .await;
    let rows = gateway.rows("SELECT symbol FROM trades ORDER BY symbol").await;
    assert_eq!(rows, json!([{"symbol": "S7"}, {"symbol": "S8"}, {"symbol": "S9"}]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_left_alone_and_said() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    std::fs::write(&path, "my dearest diary, ".repeat(1000)).unwrap();
    let mut settings = Settings::default();
    settings.port = 0;
    settings.state_file = Some(path.clone());
    let gateway = Gateway::<crate::gateway::Desk>::new().module(Rest::default());
    let error = gateway.start(settings).await.err().unwrap().to_string();
    assert!(error.contains("state.duckdb") && error.contains("not a valid DuckDB database"), "{error}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("my dearest diary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_cannot_read_the_file_itself() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    let gateway = with_file(&path).await;
    gateway.trade("A", 1.0, None).await;
    for from in ["'{}'", "read_blob('{}')", "read_text('{}')", "read_csv('{}')", "\"{}\""] {
        let sql = format!("SELECT * FROM {}", from.replace("{}", path.to_str().unwrap()));
        let answer = gateway.ask(&sql).await;
        assert_eq!(answer.status, 400, "{sql}: {}", answer.body);
    }
    gateway.stop().await;
}
