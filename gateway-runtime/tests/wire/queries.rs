//! `state` beyond csp-gateway's filters, and the formats of records.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::gateway::TestGateway;

/// Trades A to E, with prices 1 to 5; the dear ones have a venue.
async fn desk() -> (TestGateway, Client) {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    for (index, symbol) in ["A", "B", "C", "D", "E"].into_iter().enumerate() {
        let venue = if index > 2 { json!({ "mic": format!("X{symbol}") }) } else { Value::Null };
        let trade =
            json!({ "symbol": symbol, "price": index + 1, "quantity": 10 * (index % 2), "venue": venue });
        assert_eq!(client.send("trades", &trade.to_string()).await.0, 200);
    }
    (gateway, client)
}

/// The symbols, in order.
fn symbols(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json().as_array().unwrap().iter().map(|record| record["symbol"].as_str().unwrap()).collect()
}

fn encoded(query: &Value) -> String {
    query.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_lists_patterns_and_nulls_filter() {
    let (gateway, client) = desk().await;
    for (filter, expected) in [
        (json!({"attr": "symbol", "by": {"value": ["A", "D", "Z"], "where": "in"}}), "AD"),
        (json!({"attr": "symbol", "by": {"value": ["A", "D"], "where": "not in"}}), "BCE"),
        (json!({"attr": "venue.mic", "by": {"value": "X_", "where": "like"}}), "DE"),
        (json!({"attr": "venue", "by": {"where": "is null"}}), "ABC"),
        (json!({"attr": "venue.mic", "by": {"where": "is not null"}}), "DE"),
        (
            json!({"any": [{"attr": "price", "by": {"value": 1}},
                           {"all": [{"attr": "price", "by": {"value": 2, "where": ">"}},
                                    {"attr": "venue", "by": {"where": "is null"}}]}]}),
            "AC",
        ),
    ] {
        let query = encoded(&json!({ "filters": [filter] }));
        let answer = client.get(&format!("/api/v1/state/trades?query={query}")).await;
        assert_eq!(symbols(&answer), expected, "{filter}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_while_records_come_and_go() {
    let (gateway, client) = desk().await;
    let page = |cursor: Option<String>| async move {
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        client.get(&format!("/api/v1/state/trades?sort=-quantity,price&limit=2{cursor}")).await
    };
    let first = page(None).await;
    assert_eq!(symbols(&first), "BD");
    // One that is before the cursor comes, the one that the cursor was made of changes its place.
    client.send("trades", r#"{"symbol":"F","price":9,"quantity":50}"#).await;
    client.send("trades", r#"{"symbol":"D","price":4,"quantity":0}"#).await;
    let second = page(first.header("x-gateway-next-cursor").map(str::to_owned)).await;
    assert_eq!(symbols(&second), "AC");
    let third = page(second.header("x-gateway-next-cursor").map(str::to_owned)).await;
    assert_eq!(symbols(&third), "DE");
    assert_eq!(third.header("x-gateway-next-cursor"), None);

    let cursor = first.header("x-gateway-next-cursor").unwrap();
    let other = client.get(&format!("/api/v1/state/trades?sort=price&cursor={cursor}")).await;
    assert_eq!((other.status, &other.json()["detail"][0]["loc"]), (422, &json!(["query", "cursor"])));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_columns_that_are_selected_are_answered_with() {
    let (gateway, client) = desk().await;
    let answer = client.get("/api/v1/state/trades?sort=-price&limit=2&select=symbol,venue.mic").await;
    assert_eq!(answer.body, r#"[{"symbol":"E","venue.mic":"XE"},{"symbol":"D","venue.mic":"XD"}]"#);
    let answer = client.get("/api/v1/state/trades?limit=1&select=venue,price").await;
    assert_eq!(answer.body, r#"[{"venue":null,"price":1.0}]"#);
    let refused = client.get("/api/v1/state/trades?select=symbol,cost&sort=cots").await;
    let detail = refused.json()["detail"].clone();
    assert_eq!(refused.status, 422);
    assert_eq!(detail[0]["loc"], json!(["query", "sort", 0, "attr"]));
    assert_eq!(detail[1]["loc"], json!(["query", "select", 1]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_come_as_ndjson_and_csv() {
    let (gateway, client) = desk().await;
    let records = client.get("/api/v1/state/trades").await;
    let lines = client.get("/api/v1/state/trades?format=ndjson").await;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    let read: Vec<Value> = lines.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::from(read), records.json());

    let table = client.get("/api/v1/state/trades?format=csv&select=symbol,price,venue&limit=4").await;
    assert_eq!(table.header("content-type"), Some("text/csv"));
    assert_eq!(table.body, "symbol,price,venue.mic\r\nA,1.0,\r\nB,2.0,\r\nC,3.0,\r\nD,4.0,XD\r\n");
    assert!(table.header("x-gateway-next-cursor").is_some());

    let last = client.get("/api/v1/last/trades?format=csv").await;
    assert!(last.body.starts_with("id,timestamp,symbol,price,quantity,venue.mic\r\n"), "{}", last.body);
    assert!(last.body.ends_with(",E,5.0,0,XE\r\n"), "{}", last.body);
    let none = client.get("/api/v1/last/by_side?format=csv").await;
    assert_eq!(none.body, "id,timestamp,symbol,price,quantity,venue.mic\r\n");
    assert_eq!(client.get("/api/v1/last/by_side/Buy?format=ndjson").await.body, "");

    for path in ["state/trades", "last/trades"] {
        let refused = client.get(&format!("/api/v1/{path}?format=xml")).await;
        assert_eq!(refused.status, 406);
        assert!(refused.body.contains("application/x-ndjson (`?format=ndjson`)"), "{}", refused.body);
    }
    gateway.stop().await;
}
