//! What the client makes of a WebSocket.

mod support;

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::routing::any;
use futures::StreamExt;
use gateway_client::{Client, Error};
use serde_json::{Value, json};
use support::{Side, Trade, client, serve};

fn record(id: u32) -> Value {
    json!({ "id": id.to_string(), "timestamp": "2026-11-20T09:30:00", "symbol": "ABC", "price": 1.5, "quantity": 2 })
}

/// A gateway that reads the request and then says these texts, a ping first.
fn saying(texts: Vec<String>) -> Router {
    let talk = |mut socket: WebSocket, texts: Vec<String>| async move {
        let Some(Ok(Message::Text(request))) = socket.recv().await else {
            return;
        };
        let request: Value = serde_json::from_str(&request).expect("it is sent and read");
        assert_eq!(request["action"], "subscribe");
        socket.send(Message::Ping("are you there".into())).await.expect("it is sent and read");
        for text in texts {
            let text = text.replace("$REQUEST", &request.to_string().replace('"', "'"));
            socket.send(Message::Text(text.into())).await.expect("it is sent and read");
        }
        // The answer to the ping is the only thing that a client says by itself.
        let pong = tokio::time::timeout(Duration::from_secs(5), socket.recv()).await;
        assert!(matches!(pong, Ok(Some(Ok(Message::Pong(_))))), "{pong:?}");
        let _ = socket.send(Message::Close(None)).await;
    };
    Router::new().route(
        "/api/v1/stream",
        any(move |upgrade: WebSocketUpgrade| async move { upgrade.on_upgrade(move |socket| talk(socket, texts)) }),
    )
}

#[tokio::test]
async fn a_stream_gives_every_record_of_its_channel_and_ends_with_the_connection() {
    let texts = vec![
        json!({ "channel": "x", "data": [record(1), record(2)] }).to_string(),
        json!({ "channel": "y", "data": [record(3)] }).to_string(),
        json!({ "channel": "x", "status": "subscribed" }).to_string(),
        json!({ "channel": "x", "data": [record(4)] }).to_string(),
    ];
    let client = client(saying(texts)).await;
    let ticks = client.channel::<Trade>("x").stream().await.unwrap();
    let ids: Vec<String> = ticks.map(|tick| tick.unwrap().id.to_string()).collect().await;
    assert_eq!(ids, ["1", "2", "4"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_an_item_and_the_stream_goes_on() {
    let texts = vec![
        "{".to_owned(),
        json!({ "channel": "x", "data": [{ "id": "1" }, record(2)] }).to_string(),
        json!({ "error": { "detail": "Channel not found: x" }, "request": {} }).to_string(),
        json!({ "channel": "x", "data": [record(3)] }).to_string(),
    ];
    let client = client(saying(texts)).await;
    let items: Vec<_> = client.channel::<Trade>("x").stream().await.unwrap().collect().await;
    assert!(
        matches!(&items[0], Err(Error::Decode { reason, .. }) if reason.contains("not JSON")),
        "{items:?}"
    );
    assert!(
        matches!(&items[1], Err(Error::Decode { reason, .. }) if reason.contains("body.symbol")),
        "{items:?}"
    );
    assert!(items[2].is_ok());
    assert!(
        matches!(&items[3], Err(Error::Refused { detail, .. }) if detail == "Channel not found: x"),
        "{items:?}"
    );
    assert!(items[4].is_ok() && items.len() == 5, "{items:?}");
}

#[tokio::test]
async fn a_basket_streams_keys_and_a_key_asks_for_its_own() {
    let texts = vec![
        json!({ "channel": "sides", "key": "SELL", "data": [record(1)] }).to_string(),
        json!({ "channel": "sides", "key": "HOLD", "data": [record(2)] }).to_string(),
        json!({ "channel": "sides", "data": [record(3)] }).to_string(),
    ];
    let client = client(saying(texts)).await;
    let items: Vec<_> = client.basket::<Side, Trade>("sides").stream().await.unwrap().collect().await;
    assert!(matches!(&items[0], Ok((Side::Sell, tick)) if tick.symbol == "ABC"), "{items:?}");
    assert!(items[1].as_ref().unwrap_err().to_string().contains("`HOLD` is not a key of Side"), "{items:?}");
    assert!(items[2].as_ref().unwrap_err().to_string().contains("no key"), "{items:?}");
}

#[tokio::test]
async fn a_key_is_part_of_the_subscription() {
    let text = json!({ "error": "$REQUEST" }).to_string();
    let client = client(saying(vec![text])).await;
    let refused = client.basket::<Side, Trade>("sides").key(Side::Buy).stream().await;
    let error = refused.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert!(error.to_string().contains("'channel':'sides','key':'BUY'"), "{error}");
}

#[tokio::test]
async fn a_stream_is_open_once_the_gateway_says_so_or_says_nothing_for_a_while() {
    let late = |mut socket: WebSocket| async move {
        let _ = socket.recv().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let _ = socket
            .send(Message::Text(
                json!({ "ack": { "action": "subscribe", "channel": "x" } }).to_string().into(),
            ))
            .await;
        let _ = socket.recv().await;
    };
    let silent = |mut socket: WebSocket| async move { while socket.recv().await.is_some() {} };
    let routes = Router::new()
        .route(
            "/late/api/v1/stream",
            any(move |upgrade: WebSocketUpgrade| async move { upgrade.on_upgrade(late) }),
        )
        .route(
            "/silent/api/v1/stream",
            any(move |upgrade: WebSocketUpgrade| async move { upgrade.on_upgrade(silent) }),
        );
    let url = serve(routes).await;
    for (path, least) in [("late", 150), ("silent", 900)] {
        let began = std::time::Instant::now();
        let client = Client::new(format!("{url}/{path}")).unwrap();
        let _ticks = client.channel::<Trade>("x").stream().await.unwrap();
        let took = began.elapsed().as_millis();
        assert!((least..10_000).contains(&took), "{path}: {took} ms");
    }
}

#[tokio::test]
async fn missed_ticks_are_an_item() {
    let texts = vec![
        json!({ "ack": { "action": "subscribe", "channel": "x" } }).to_string(),
        json!({ "missed": 17, "channel": "x" }).to_string(),
        json!({ "channel": "x", "data": [record(18)] }).to_string(),
    ];
    let client = client(saying(texts)).await;
    let items: Vec<_> = client.channel::<Trade>("x").stream().await.unwrap().collect().await;
    assert!(matches!(&items[0], Err(Error::Missed { ticks: 17, .. })), "{items:?}");
    assert!(items[1].is_ok() && items.len() == 2, "{items:?}");
}

#[tokio::test]
async fn heartbeats_are_items() {
    let beat = json!({ "channel": "heartbeat", "data": "PING" }).to_string();
    let client = client(saying(vec![beat.clone(), beat])).await;
    let beats: Vec<_> = client.heartbeats().await.unwrap().collect().await;
    assert!(beats.len() == 2 && beats.iter().all(Result::is_ok), "{beats:?}");
}

#[tokio::test]
async fn a_refused_handshake_is_an_error_at_once() {
    let refuse = any(|| async { (StatusCode::FORBIDDEN, "{\"detail\":\"unauthorized\"}") });
    let client = client(Router::new().route("/api/v1/stream", refuse)).await;
    let error = client.channel::<Trade>("x").stream().await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_the_last_item() {
    let cut = |mut socket: WebSocket| async move {
        let _ = socket.recv().await;
        let _ = socket
            .send(Message::Text(json!({ "channel": "x", "data": [record(1)] }).to_string().into()))
            .await;
    };
    let routes = Router::new().route(
        "/api/v1/stream",
        any(move |upgrade: WebSocketUpgrade| async move { upgrade.on_upgrade(cut) }),
    );
    let client = client(routes).await;
    let items: Vec<_> = client.channel::<Trade>("x").stream().await.unwrap().collect().await;
    assert!(items.len() == 2 && items[0].is_ok(), "{items:?}");
    assert!(matches!(&items[1], Err(Error::Stream { .. })), "{items:?}");
}

#[tokio::test]
async fn a_handshake_that_never_ends_times_out() {
    let slow = any(|| async { tokio::time::sleep(Duration::from_secs(60)).await });
    let url = serve(Router::new().route("/api/v1/stream", slow)).await;
    let client = Client::builder(url).timeout(Duration::from_millis(100)).api_key("hush").build().unwrap();
    let error = client.channel::<Trade>("x").stream().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert!(!error.to_string().contains("hush"), "{error}");
}
