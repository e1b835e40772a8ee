use serde_json::{Value, json};

use crate::gateway::TestGateway;

#[tokio::test(flavor = "multi_thread")]
async fn staged_records_tick_when_they_are_released() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let stage = |method: &'static str, query: String, body: &'static str| async move {
        let answer = client.request(method, &format!("/api/v1/stage/trades{query}"), body).await;
        (answer.status, answer.json())
    };
    let none = String::new;
    let (status, made) = stage("POST", none(), "").await;
    assert_eq!(status, 200);
    let first = made.as_object().unwrap().keys().next().unwrap().clone();
    assert_eq!(made, json!({ &first: [] }));
    let (_, added) = stage("POST", none(), r#"{"symbol":"A","price":1}"#).await;
    let record = added[&first][0].clone();
    assert_eq!(record["symbol"], "A");
    let (_, second) = stage("POST", none(), "null").await;
    let second = second.as_object().unwrap().keys().next().unwrap().clone();
    stage("POST", format!("?id={second}"), r#"{"symbol":"B","price":2}"#).await;

    assert_eq!(stage("GET", none(), "").await, (200, json!([&first, &second])));
    assert_eq!(stage("GET", format!("?id={first}"), "").await, (200, json!([&first])));
    assert_eq!(stage("GET", "?id=".to_owned(), "").await, (200, json!([])));
    assert_eq!(stage("PUT", format!("?id={first}"), "").await, (200, json!({ &first: [record] })));
    assert_eq!(stage("PUT", "?id=nope".to_owned(), "").await, (200, json!({})));
    assert_eq!(client.get("/api/v1/last/trades").await.body, "[]", "staged is not ticked");

    assert_eq!(stage("PATCH", "?id=".to_owned(), "").await, (200, json!({})));
    assert_eq!(stage("PATCH", format!("?id={first}"), "").await, (200, json!({ &first: [record] })));
    assert_eq!(client.get("/api/v1/last/trades").await.json(), json!([record]));
    let (_, rest) = stage("PATCH", none(), "").await;
    assert_eq!(rest[&second][0]["symbol"], "B");
    assert_eq!(stage("GET", none(), "").await, (200, json!([])));

    let unknown = stage("POST", "?id=nope".to_owned(), r#"{"symbol":"A","price":1}"#).await;
    assert_eq!(unknown, (400, json!({ "detail": "Staging ID not found: nope" })));
    let empty = stage("POST", "?id=nope".to_owned(), "").await;
    assert_eq!(empty, (400, json!({ "detail": "Cannot specify staging_ids without a struct to add" })));
    let (status, wrong) = stage("POST", none(), r#"{"symbol":"A","price":-1}"#).await;
    assert_eq!((status, &wrong["detail"][0]["loc"]), (422, &json!(["body", "price"])));
    assert_eq!(stage("DELETE", none(), "").await, (200, json!({})));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_are_bounded() {
    let gateway = TestGateway::with(|settings| settings.stage_areas = 1).await;
    let client = gateway.client();
    assert_eq!(client.post("/api/v1/stage/trades", "").await.status, 200);
    let full = client.post("/api/v1/stage/trades", "").await;
    assert_eq!(full.status, 409);
    assert!(matches!(&full.json()["detail"], Value::String(text) if text.contains("1 staging areas")));
    gateway.stop().await;
}
