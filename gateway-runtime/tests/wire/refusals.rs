use serde_json::{Value, json};

use crate::client::Answer;
use crate::gateway::TestGateway;

fn detail(answer: &Answer) -> (u16, Value) {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    (answer.status, answer.json()["detail"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_404_and_a_wrong_method_a_405() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    for path in
        ["/", "/nope", "/api/v1", "/api/v1/last/nope", "/api/v1/state/by_side", "/api/v1/stage/by_side"]
    {
        assert_eq!(detail(&client.get(path).await), (404, json!("Not Found")), "{path}");
    }
    for (path, name) in [
        ("last/silent", "silent"),
        ("next/silent", "silent"),
        ("last/by_side/Z", "by_side/Z"),
        ("next/by_side/1", "by_side/1"),
        ("last/by_side/Buy/x", "by_side/Buy/x"),
    ] {
        let expected = json!(format!("Channel not found: {name}"));
        assert_eq!(detail(&client.get(&format!("/api/v1/{path}")).await), (404, expected));
    }
    for (method, path, allow) in [
        ("POST", "last/trades", "GET"),
        ("OPTIONS", "last/trades", "GET"),
        ("PUT", "send/trades", "POST"),
        ("GET", "controls/shutdown", "POST"),
        ("TRACE", "stage/trades", "GET, POST, PUT, PATCH, DELETE"),
    ] {
        let answer = client.request(method, &format!("/api/v1/{path}"), "").await;
        assert_eq!(detail(&answer), (405, json!("Method Not Allowed")), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow));
    }
    let head = client.request("HEAD", "/api/v1/next/trades", "").await;
    assert_eq!((head.status, head.header("allow")), (405, Some("GET")));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_body_gets_every_problem() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let places = |status_and_body: (u16, Value)| {
        assert_eq!(status_and_body.0, 422, "{}", status_and_body.1);
        let problems = status_and_body.1["detail"].as_array().unwrap().clone();
        problems.into_iter().map(|mut problem| problem["loc"].take()).collect::<Vec<_>>()
    };
    assert_eq!(
        places(client.send("trades", r#"{"symbol":"","price":0,"nope":1,"venue":{}}"#).await).len(),
        4
    );
    assert_eq!(
        places(client.send("trades", r#"[{"symbol":"A","price":1},{"symbol":"A"}]"#).await),
        [json!(["body", 1, "price"])]
    );
    assert_eq!(places(client.send("trades", "{bad json").await), [json!(["body", 1])]);
    assert_eq!(
        places(client.send("by_side/Z", r#"{"symbol":"A","price":1}"#).await),
        [json!(["path", "key"])]
    );
    assert_eq!(places(client.send("by_side", "[]").await), [json!(["body"])]);
    for nothing in ["", "null"] {
        let (status, body) = client.send("trades", nothing).await;
        assert_eq!(status, 422);
        assert_eq!(
            body,
            json!({"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]})
        );
    }
    assert_eq!(client.get("/api/v1/last/trades").await.body, "[]", "nothing of it ticked");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_to_say_that_it_is_json() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let trade = br#"{"symbol":"A","price":1}"#;
    for headers in ["", "content-type: text/plain\r\n", "content-type: application/x-www-form-urlencoded\r\n"]
    {
        let answer = client.bytes("POST", "/api/v1/send/trades", headers, trade).await;
        assert_eq!(detail(&answer).0, 422);
    }
    for headers in
        ["content-type: application/json; charset=utf-8\r\n", "content-type: application/vnd.api+json\r\n"]
    {
        assert_eq!(client.bytes("POST", "/api/v1/send/trades", headers, trade).await.status, 200);
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_from_elsewhere_changes_nothing() {
    let gateway =
        TestGateway::with(|settings| settings.allow_origin = vec!["https://our.example".into()]).await;
    let client = gateway.client();
    for (method, path) in [("POST", "/api/v1/controls/shutdown"), ("POST", "/api/v1/stage/trades")] {
        let answer = client.bytes(method, path, "origin: https://evil.example\r\n", b"").await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains("--allow-origin"), "{}", answer.body);
    }
    assert_eq!(client.get("/api/v1/stage/trades").await.body, "[]");
    for origin in ["http://gateway", "https://our.example"] {
        let answer =
            client.bytes("POST", "/api/v1/stage/trades", &format!("origin: {origin}\r\n"), b"").await;
        assert_eq!(answer.status, 200, "{origin}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_gets_an_answer() {
    let gateway = TestGateway::with(|settings| settings.max_body_bytes = 1000).await;
    let client = gateway.client();
    let body = format!("\"{}\"", "x".repeat(10 * 1024 * 1024));
    let answer = client.post("/api/v1/send/trades", &body).await;
    assert_eq!(detail(&answer), (413, json!("The body is larger than 1000 bytes")));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_not_utf8_is_a_422() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    for path in ["last/by_name/%FF", "lookup/trades/%FF", "lookup/id/%C3%28"] {
        let (status, problems) = detail(&client.get(&format!("/api/v1/{path}")).await);
        assert_eq!((status, &problems[0]["loc"][0]), (422, &json!("path")), "{path}");
    }
    gateway.stop().await;
}
