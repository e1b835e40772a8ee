//! What queries see.

use duckdb::arrow::array::AsArray;
use duckdb::arrow::datatypes::Float64Type;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_lines_or_an_arrow_stream_if_that_is_asked_for() {
    let gateway = TestGateway::start().await;
    gateway.trade("A", 1.0, None).await;
    gateway.trade("B", 2.0, None).await;
    let body = r#"{"sql": "SELECT symbol, price FROM trades ORDER BY symbol"}"#;
    let headers = "content-type: application/json\r\naccept: application/x-ndjson\r\n";
    let answer = gateway.client().bytes("POST", "/api/v1/sql", headers, body.as_bytes()).await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(answer.body, "{\"symbol\":\"A\",\"price\":1.0}\n{\"symbol\":\"B\",\"price\":2.0}\n");

    let mut socket = tokio::net::TcpStream::connect(gateway.running.address()).await.unwrap();
    let head = format!(
        "POST /api/v1/sql HTTP/1.1\r\nhost: g\r\nconnection: close\r\ncontent-type: application/json\r\n\
         accept: application/vnd.apache.arrow.stream\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let start = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let mut batches = arrow::ipc::reader::StreamReader::try_new(&answer[start..], None).unwrap();
    let batch = batches.next().unwrap().unwrap();
    assert_eq!(batch.column(1).as_primitive::<Float64Type>().values(), &[1.0, 2.0]);
    gateway.stop().await;
}
