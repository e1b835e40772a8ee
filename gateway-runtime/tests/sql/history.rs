//! Histories: what they have, for how long, and what can be asked of them.

use std::path::Path;
use std::time::{Duration, Instant};

use gateway_runtime::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;

/// A price at which one can trade.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub(crate) struct Quote {
    pub(crate) symbol: String,
    #[gateway(range(exclusive_min = 0.0))]
    pub(crate) price: f64,
}

#[gateway_channels]
pub(crate) struct Market {
    /// Quotes.
    #[channel(
        send,
        state(key = "symbol", history(rows = 3)),
        state(key = "symbol", alias = "recent", history(age = "1s"))
    )]
    pub(crate) quotes: Channel<Quote>,
    /// Fills.
    #[channel(send, state(key = "symbol", alias = "fills", history(age = "1h")))]
    pub(crate) fills: Channel<Quote>,
    /// Quotes by venue.
    #[channel(send, state(key = "symbol", alias = "venues", history(rows = 1000)))]
    pub(crate) venues: Basket<String, Quote>,
}

struct TestMarket(Running<Market>);

impl TestMarket {
    async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        settings.port = 0;
        change(&mut settings);
        let gateway = Gateway::<Market>::new().module(Rest::default()).module(Sql);
        TestMarket(gateway.start(settings).await.expect("the gateway starts"))
    }

    async fn with_file(path: &Path) -> Self {
        Self::start(|settings| settings.state_file = Some(path.to_owned())).await
    }

    fn client(&self) -> Client {
        Client::new(self.0.address())
    }

    async fn rows(&self, sql: &str) -> Value {
        let answer = self.client().post("/api/v1/sql", &json!({ "sql": sql }).to_string()).await;
        assert_eq!(answer.status, 200, "{sql}: {}", answer.body);
        answer.json()
    }

    async fn send(&self, channel: &str, body: Value) -> Value {
        let answer = self.client().post(&format!("/api/v1/send/{channel}"), &body.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Waits until a query answers this.
    async fn wait_for(&self, sql: &str, expected: Value) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let rows = self.rows(sql).await;
            if rows == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{sql}: {rows}, not {expected}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn about(&self, table: &str) -> Value {
        let tables = self.client().get("/api/v1/tables").await.json();
        let mut tables = tables.as_array().unwrap().iter();
        tables.find(|about| about["name"] == table).unwrap().clone()
    }

    async fn stop(self) {
        self.0.stop().await.expect("the gateway stops cleanly");
    }
}

fn quotes(symbol: &str, prices: std::ops::RangeInclusive<u32>) -> Value {
    prices.map(|price| json!({"symbol": symbol, "price": price})).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_has_what_ticked_and_keeps_the_last_of_each_key() {
    let gateway = TestMarket::start(|_| {}).await;
    let sent = gateway.send("quotes", quotes("A", 1..=2)).await;
    gateway.send("quotes", quotes("B", 1..=1)).await;
    let rows = gateway
        .rows("SELECT id, symbol, price FROM quotes_history WHERE symbol = 'A' ORDER BY timestamp, id")
        .await;
    let row = |n: usize| json!({"id": sent[n]["id"], "symbol": "A", "price": sent[n]["price"]});
    assert_eq!(rows, json!([row(0), row(1)]));
    gateway.send("quotes", quotes("A", 3..=50)).await;
    let kept = json!([
        {"symbol": "A", "price": 48.0}, {"symbol": "A", "price": 49.0}, {"symbol": "A", "price": 50.0},
        {"symbol": "B", "price": 1.0},
    ]);
    gateway.wait_for("SELECT symbol, price FROM quotes_history ORDER BY symbol, price", kept).await;
    let about = gateway.about("quotes_history").await;
    assert_eq!(
        (&about["rows"], &about["dropped"], &about["kind"]),
        (&json!(4), &json!(47), &json!("history"))
    );
    // The other tables are as they were.
    assert_eq!(gateway.rows("SELECT count(*) AS n FROM quotes").await, json!([{"n": 2}]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_leaves_in_the_background() {
    let gateway = TestMarket::start(|_| {}).await;
    gateway.send("quotes", quotes("A", 1..=10)).await;
    assert_eq!(gateway.rows("SELECT count(*) AS n FROM recent_history").await, json!([{"n": 10}]));
    gateway.wait_for("SELECT count(*) AS n FROM recent_history", json!([{"n": 0}])).await;
    assert_eq!(gateway.rows("SELECT count(*) AS n FROM recent").await, json!([{"n": 1}]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_of_many_keys_is_bounded_too() {
    let gateway = TestMarket::start(|settings| settings.history_rows = 500).await;
    for first in 0..20 {
        let body: Value =
            (0..100).map(|n| json!({"symbol": format!("S{first}.{n}"), "price": 1.0})).collect();
        gateway.send("fills", body).await;
    }
    let sql = "SELECT count(*) AS n, min(symbol) AS first, max(symbol) AS last FROM fills_history";
    gateway.wait_for(sql, json!([{"n": 500, "first": "S15.0", "last": "S19.99"}])).await;
    assert_eq!(gateway.about("fills_history").await["dropped"], 1500);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_can_be_joined_and_put_into_buckets() {
    let gateway = TestMarket::start(|_| {}).await;
    let at = |second: u32, price: f64| json!({"symbol": "A", "price": price, "timestamp": format!("2026-01-01T00:00:{second:02}Z")});
    let body = json!({"XETR": at(1, 10.0)});
    gateway.send("venues", body).await;
    gateway.send("venues", json!({"XETR": at(11, 11.0), "XNAS": at(12, 12.0)})).await;
    gateway.send("fills", json!([at(5, 1.0), at(11, 2.0), at(30, 3.0)])).await;
    let asof = "SELECT f.price AS fill, v.price AS quote, v.key FROM fills AS f ASOF JOIN venues_history AS v \
                ON f.symbol = v.symbol AND f.timestamp >= v.timestamp";
    assert_eq!(gateway.rows(asof).await, json!([{"fill": 3.0, "quote": 12.0, "key": "XNAS"}]));
    let buckets = "SELECT time_bucket(INTERVAL '10 seconds', timestamp) AS since, avg(price) AS mean FROM venues_history \
                   GROUP BY ALL ORDER BY since";
    let bucket =
        |second: u32, mean: f64| json!({"since": format!("2026-01-01T00:00:{second:02}"), "mean": mean});
    assert_eq!(gateway.rows(buckets).await, json!([bucket(0, 10.0), bucket(10, 11.5)]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_in_a_file_is_there_after_a_restart_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    let gateway = TestMarket::with_file(&path).await;
    gateway.send("fills?durable=true", quotes("A", 1..=5)).await;
    gateway.stop().await;
    let gateway = TestMarket::with_file(&path).await;
    assert_eq!(gateway.about("fills_history").await["rows"], 5);
    gateway.send("fills", quotes("A", 6..=6)).await;
    let rows = gateway
        .rows("SELECT count(*) AS n, count(DISTINCT id) AS ids, max(price) AS last FROM fills_history")
        .await;
    assert_eq!(rows, json!([{"n": 6, "ids": 6, "last": 6.0}]));
    gateway.stop().await;
}
