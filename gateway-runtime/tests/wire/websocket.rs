use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::PATIENCE;
use crate::gateway::TestGateway;

#[tokio::test(flavor = "multi_thread")]
async fn ticks_come_one_frame_each() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let mut stream = client.stream().await;
    stream.subscribe("trades").await;
    stream.subscribe("trades").await;
    let (_, sent) = client.send("trades", r#"[{"symbol":"A","price":1},{"symbol":"B","price":2}]"#).await;
    for record in sent.as_array().unwrap() {
        assert_eq!(stream.text().await, format!(r#"{{"channel":"trades","data":[{record}]}}"#));
    }
    stream.ask(r#"{"action":"unsubscribe","channel":"trades","ack":true}"#).await;
    client.send("trades", r#"{"symbol":"C","price":1}"#).await;
    stream.is_silent().await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn baskets_are_streamed_by_key() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let mut stream = client.stream().await;
    let both = r#"{"Buy":{"symbol":"A","price":1},"Sell":{"symbol":"B","price":2}}"#;
    stream.subscribe("by_side").await;
    client.send("by_side", both).await;
    let (first, second) = (stream.json().await, stream.json().await);
    assert_eq!((&first["key"], &second["key"]), (&json!("Buy"), &json!("Sell")));
    stream.ask(r#"{"action":"unsubscribe","channel":"by_side","key":"Buy","ack":true}"#).await;
    client.send("by_side", both).await;
    assert_eq!(stream.json().await["key"], "Sell");
    stream.is_silent().await;
    stream.ask(r#"{"action":"unsubscribe","channel":"by_side","ack":true}"#).await;
    stream.ask(r#"{"action":"subscribe","channel":"by_side","key":"Buy","ack":true}"#).await;
    client.send("by_side", both).await;
    assert_eq!(stream.json().await["key"], "Buy");
    stream.is_silent().await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_only_when_that_is_asked_for() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let mut stream = client.stream().await;
    for silent in [
        "{bad json",
        "[1]",
        "{}",
        r#"{"action":"subscribe","channel":"nope"}"#,
        r#"{"action":"frobnicate","channel":"trades"}"#,
        r#"{"action":"subscribe","channel":"by_side","key":1}"#,
        r#"{"action":"subscribe","channel":"trades","key":"A"}"#,
        r#"{"action":"send","channel":"trades","data":{"symbol":""}}"#,
        r#"{"action":"send","channel":"trades"}"#,
        r#"{"action":"send","channel":"heartbeat","data":{}}"#,
        r#"{"action":"unsubscribe","channel":"trades"}"#,
    ] {
        stream.send(silent).await;
    }
    stream.socket.send(Message::binary(vec![0, 1])).await.unwrap();
    stream.is_silent().await;

    let sent = stream
        .ask(r#"{"action":"send","channel":"trades","data":{"symbol":"A","price":1},"ack":true}"#)
        .await;
    assert_eq!(sent["ack"], json!({ "action": "send", "channel": "trades" }));
    assert_eq!(sent["data"], client.get("/api/v1/last/trades").await.json());
    let wrong = stream.ask(r#"{"action":"send","channel":"trades","data":{"price":0},"ack":true}"#).await;
    assert_eq!(wrong["error"]["status"], 422);
    assert_eq!(wrong["error"]["detail"].as_array().unwrap().len(), 2);
    assert_eq!(wrong["request"], json!({ "action": "send", "channel": "trades" }));
    let unknown = stream.ask(r#"{"action":"subscribe","channel":"by_side","key":"Z","ack":true}"#).await;
    assert_eq!(unknown["error"], json!({ "status": 404, "detail": "Channel not found: by_side/Z" }));
    let closed = stream
        .ask(r#"{"action":"send","channel":"silent","data":{"symbol":"A","price":1},"ack":true}"#)
        .await;
    assert_eq!(closed["error"]["status"], 404);
    let keyed = stream
        .ask(
            r#"{"action":"send","channel":"by_side","key":"Buy","data":{"symbol":"A","price":1},"ack":true}"#,
        )
        .await;
    assert_eq!(keyed["ack"]["key"], "Buy");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_heart_beats_every_second() {
    let gateway = TestGateway::start().await;
    let mut stream = gateway.client().stream().await;
    stream.send(r#"{"action":"subscribe","channel":"heartbeat"}"#).await;
    let start = Instant::now();
    for _ in 0..2 {
        assert_eq!(stream.text().await, r#"{"channel": "heartbeat", "data": "PING"}"#);
    }
    assert!((1500..8000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_is_alone_with_it() {
    let gateway = TestGateway::with(|settings| settings.fanout_ticks = 64).await;
    let client = gateway.client();
    let mut slow = client.stream().await;
    slow.subscribe("trades").await;
    let mut quick = client.stream().await;
    quick.subscribe("trades").await;
    let reader = tokio::spawn(async move {
        let mut longest = Duration::ZERO;
        for _ in 0..400 {
            let start = Instant::now();
            let tick = quick.json().await;
            assert_eq!(tick["channel"], "trades");
            longest = longest.max(start.elapsed());
        }
        longest
    });
    let symbol = "x".repeat(50_000);
    for _ in 0..400 {
        client.send("trades", &format!(r#"{{"symbol":"{symbol}","price":1}}"#)).await;
    }
    let longest = timeout(PATIENCE, reader).await.unwrap().unwrap();
    assert!(longest < Duration::from_secs(5), "{longest:?}");
    let mut missed = 0;
    let mut received = 0;
    while missed + received < 400 {
        let frame = slow.json().await;
        match frame["missed"].as_u64() {
            Some(ticks) => missed += ticks,
            None => received += 1,
        }
    }
    assert!(missed > 0, "20 MB should not fit into what is kept for one reader");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_ends_its_connection_only() {
    let gateway = TestGateway::with(|settings| settings.max_body_bytes = 10_000).await;
    let client = gateway.client();
    let mut other = client.stream().await;
    let mut stream = client.stream().await;
    // The server may cut the connection before it has taken all of it.
    let _ = stream.socket.send(Message::text("x".repeat(1_000_000))).await;
    let ended = timeout(PATIENCE, async { while let Some(Ok(_)) = stream.socket.next().await {} }).await;
    assert!(ended.is_ok());
    other.subscribe("trades").await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_bounded() {
    let gateway = TestGateway::with(|settings| settings.max_connections = 1).await;
    let client = gateway.client();
    let first = client.stream().await;
    let url = format!("ws://{}/api/v1/stream", client.address);
    match tokio_tungstenite::connect_async(&url).await {
        Err(Error::Http(answer)) => {
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["retry-after"]),
                (503, &HeaderValue::from_static("1"))
            );
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    let again = async {
        while tokio_tungstenite::connect_async(&url).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, again).await.expect("a place is free again");
    gateway.stop().await;
}
