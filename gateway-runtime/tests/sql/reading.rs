//! What queries see.

use serde_json::json;

use crate::gateway::{Side, TestGateway, Trade};

#[tokio::test(flavor = "multi_thread")]
async fn a_query_right_after_a_send_sees_it() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    for price in 1..50 {
        let (status, _) = client.send("trades", &format!(r#"{{"symbol":"A","price":{price}}}"#)).await;
        assert_eq!(status, 200);
        assert_eq!(
            gateway.rows("SELECT symbol, price FROM trades").await,
            json!([{"symbol": "A", "price": f64::from(price)}])
        );
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_stand_for_values() {
    let gateway = TestGateway::start().await;
    for (symbol, price) in [("A", 1.0), ("B", 2.0), ("C", 3.0)] {
        gateway.trade(symbol, price, None).await;
    }
    let ask = |body: &'static str| async { gateway.client().post("/api/v1/sql", body).await };
    let answer = ask(r#"{"sql": "SELECT symbol FROM trades WHERE price > ? AND symbol <> ? ORDER BY symbol", "params": [1.5, "C'; DROP TABLE trades"]}"#).await;
    assert_eq!(answer.json(), json!([{"symbol": "B"}, {"symbol": "C"}]));
    let answer =
        ask(r#"{"sql": "SELECT $1 AS a, $2 AS b, $3 AS c", "params": [null, true, 18446744073709551615]}"#)
            .await;
    assert_eq!(answer.body, r#"[{"a":null,"b":true,"c":18446744073709551615}]"#);
    let answer = ask(r#"{"sql": "SELECT ?"}"#).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_query_has_all_its_problems_named() {
    let gateway = TestGateway::start().await;
    let answer = gateway.client().post("/api/v1/sql", r#"{"params": [[1]], "limit": 3}"#).await;
    assert_eq!(answer.status, 422);
    let detail = answer.json()["detail"].clone();
    let places: Vec<_> = detail.as_array().unwrap().iter().map(|problem| problem["loc"].clone()).collect();
    assert_eq!(places, [json!(["body", "limit"]), json!(["body", "sql"]), json!(["body", "params", 0])]);
    assert_eq!(gateway.client().post("/api/v1/sql", "[]").await.status, 422);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keyed_by_nested_and_null_keys() {
    let gateway = TestGateway::start().await;
    for (price, mic) in [(1.0, None), (2.0, Some("XETR")), (3.0, None), (4.0, Some("XLON"))] {
        gateway.trade("A", price, mic).await;
    }
    let rows =
        gateway.rows(r#"SELECT "venue.mic" AS mic, price FROM by_venue ORDER BY mic NULLS FIRST"#).await;
    assert_eq!(
        rows,
        json!([{"mic": null, "price": 3.0}, {"mic": "XETR", "price": 2.0}, {"mic": "XLON", "price": 4.0}])
    );
    assert_eq!(gateway.rows("SELECT price FROM trades").await, json!([{"price": 4.0}]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_basket_has_its_key_as_a_column() {
    let gateway = TestGateway::start().await;
    let sides = &gateway.running.channels().sides;
    for (side, symbol) in [(Side::Buy, "A"), (Side::Sell, "B"), (Side::Sell, "A")] {
        sides.send(&side, Trade { symbol: symbol.to_owned(), price: 1.0, venue: None }).await.unwrap();
    }
    let rows = gateway.rows("SELECT symbol, key FROM sides ORDER BY symbol").await;
    assert_eq!(rows, json!([{"symbol": "A", "key": "Sell"}, {"symbol": "B", "key": "Sell"}]));
    gateway.stop().await;
}
