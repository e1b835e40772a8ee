//! How tables keep up with their states.

use serde_json::json;

use crate::gateway::{TestGateway, Trade};

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_made_room_are_gone_from_the_table_too() {
    let gateway = TestGateway::with(|settings| settings.state_rows = 3).await;
    for (symbol, price) in [("A", 1.0), ("B", 2.0), ("C", 3.0)] {
        gateway.trade(symbol, price, None).await;
    }
    assert_eq!(gateway.rows("SELECT count(*) AS n FROM trades").await, json!([{"n": 3}]));
    for (symbol, price) in [("A", 4.0), ("D", 5.0), ("E", 6.0)] {
        gateway.trade(symbol, price, None).await;
        gateway.rows("SELECT 1").await;
    }
    let rows = gateway.rows("SELECT symbol FROM trades ORDER BY symbol").await;
    assert_eq!(rows, json!([{"symbol": "A"}, {"symbol": "D"}, {"symbol": "E"}]));
    let native = gateway.client().get("/api/v1/state/trades").await.json();
    let native: Vec<_> =
        native.as_array().unwrap().iter().map(|row| json!({ "symbol": row["symbol"] })).collect();
    assert_eq!(rows, json!(native));
    gateway.stop().await;
}

/// Numbers that look random and are the same each time.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_and_goes_between_two_queries_the_table_is_the_state() {
    for seed in 0..4 {
        let gateway = TestGateway::with(|settings| settings.state_rows = 4).await;
        let mut next = numbers(seed);
        for _ in 0..60 {
            for _ in 0..next(12) {
                let mic = ["XETR", "XNAS"].get(next(3) as usize).copied();
                gateway.trade(&format!("S{}", next(7)), next(100) as f64 + 1.0, mic).await;
            }
            for (table, order) in [("trades", "symbol"), ("by_venue", "symbol, \"venue.mic\" NULLS FIRST")] {
                let rows = gateway.rows(&format!("SELECT id FROM {table} ORDER BY {order}")).await;
                let native = gateway.client().get(&format!("/api/v1/state/{table}?select=id")).await.json();
                assert_eq!(rows, native, "{table}, seed {seed}");
            }
        }
        gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changes_without_a_query_are_all_there_and_in_bounds() {
    let gateway = TestGateway::with(|settings| settings.state_rows = 20_000).await;
    let trades = &gateway.running.channels().trades;
    for round in 0..4 {
        for first in (0..15_000).step_by(500) {
            let sends = (first..first + 500).map(|n| {
                trades.send(Trade { symbol: format!("S{n}"), price: f64::from(round + 1), venue: None })
            });
            futures::future::try_join_all(sends).await.unwrap();
        }
    }
    let rows = gateway.rows("SELECT count(*) AS n, min(price) AS low, max(price) AS high FROM trades").await;
    assert_eq!(rows, json!([{"n": 15_000, "low": 4.0, "high": 4.0}]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_written_again_and_again_stays_as_it_is() {
    let gateway = TestGateway::start().await;
    for price in 0..150 {
        for symbol in ["A", "B"] {
            gateway.trade(symbol, f64::from(price + 1), Some("XETR")).await;
        }
        let rows = gateway.rows("SELECT count(*) AS n, sum(price) AS p FROM by_venue").await;
        assert_eq!(rows, json!([{"n": 2, "p": f64::from(2 * (price + 1))}]));
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_made_in_rust_that_break_a_rule_are_refused_alone_and_counted() {
    let gateway = TestGateway::start().await;
    for (symbol, price) in [("A", 1.0), ("B", -1.0), ("C", 3.0), ("", 4.0), ("D", 5.0)] {
        gateway.trade(symbol, price, None).await;
    }
    let rows = gateway.rows("SELECT symbol FROM trades ORDER BY symbol").await;
    assert_eq!(rows, json!([{"symbol": "A"}, {"symbol": "C"}, {"symbol": "D"}]));
    let tables = gateway.client().get("/api/v1/tables").await.json();
    assert_eq!((&tables[0]["rows"], &tables[0]["refused"]), (&json!(5), &json!(2)));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_described() {
    let gateway = TestGateway::start().await;
    gateway.trade("A", 1.0, None).await;
    let tables = gateway.client().get("/api/v1/tables").await.json();
    let names: Vec<_> =
        tables.as_array().unwrap().iter().map(|table| table["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["trades", "by_venue", "sides", "everything"]);
    assert_eq!(
        tables[1],
        json!({
            "name": "by_venue",
            "kind": "latest",
            "channel": "trades",
            "docs": "Every trade.",
            "key": ["symbol", "venue.mic"],
            "columns": [
                {"name": "id", "type": "VARCHAR", "nullable": false, "docs": "The record's id"},
                {"name": "timestamp", "type": "TIMESTAMP", "nullable": false, "docs": "When it ticked, engine time in UTC"},
                {"name": "symbol", "type": "VARCHAR", "nullable": false, "docs": "Ticker symbol."},
                {"name": "price", "type": "DOUBLE", "nullable": false, "docs": "Price."},
                {"name": "venue.mic", "type": "VARCHAR", "nullable": true, "docs": "Market identifier code."},
                {"name": "venue.country", "type": "VARCHAR", "nullable": true, "docs": ""},
            ],
            "rows": 1,
            "bytes": tables[1]["bytes"],
            "bounds": {"rows": 100_000, "bytes": 16 * 1024 * 1024, "age": null},
            "dropped": 0,
            "refused": 0,
        })
    );
    // The comments and keys are in DuckDB, too.
    let comments = gateway
        .rows("SELECT comment FROM duckdb_columns() WHERE table_name = 'trades' AND column_name = 'price'")
        .await;
    assert_eq!(comments, json!([{"comment": "Price."}]));
    let document = gateway.client().get("/openapi.json").await.json();
    for path in ["/api/v1/sql", "/api/v1/tables"] {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_never_sees_a_row_missing_while_it_is_replaced() {
    let gateway = TestGateway::start().await;
    for n in 0..20 {
        gateway.trade(&format!("S{n}"), 1.0, None).await;
    }
    let asking = async {
        for _ in 0..60 {
            assert_eq!(gateway.rows("SELECT count(*) AS n FROM trades").await, json!([{"n": 20}]));
        }
    };
    let ticking = async {
        for n in 0..600 {
            gateway.trade(&format!("S{}", n % 20), f64::from(n + 1), None).await;
            if n % 10 == 0 {
                gateway.rows("SELECT 1").await;
            }
        }
    };
    futures::future::join(asking, ticking).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_rows_do_not_take_memory_for_ever() {
    let gateway = TestGateway::with(|settings| settings.sql_memory = 40 * 1024 * 1024).await;
    let trades = &gateway.running.channels().trades;
    for round in 0..60 {
        let sends = (0..4000).map(|n| {
            trades.send(Trade { symbol: format!("S{n}"), price: f64::from(round + 1), venue: None })
        });
        futures::future::try_join_all(sends).await.unwrap();
        let rows = gateway.rows("SELECT count(*) AS n, min(price) AS low FROM trades").await;
        assert_eq!(rows, json!([{"n": 4000, "low": f64::from(round + 1)}]));
    }
    gateway.stop().await;
}
