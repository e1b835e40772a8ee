//! Other choices of modules than the desk's.

use gateway_runtime::prelude::*;
use serde_json::json;

use crate::client::Client;
use crate::gateway::Trade;

/// Channels without one for the controls.
#[gateway_channels]
pub(crate) struct Bare {
    /// Nothing ticks it.
    pub(crate) silent: Channel<Trade>,
    /// Only sent to.
    #[channel(send)]
    pub(crate) inbox: Channel<Trade>,
}

async fn start(gateway: Gateway<Bare>) -> (Running<Bare>, Client) {
    let mut settings = Settings::default();
    settings.port = 0;
    let running = gateway.start(settings).await.unwrap();
    let client = Client::new(running.address());
    (running, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn controls_answer_directly_where_there_is_no_channel_for_them() {
    let (running, client) = start(Gateway::new().module(ControlsModule)).await;
    let beat = client.get("/api/v1/controls/heartbeat").await.json();
    assert_eq!((&beat[0]["name"], &beat[0]["status"]), (&json!("heartbeat"), &json!("ok")));
    assert!(beat[0]["id"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(client.get("/api/v1/last/inbox").await.status, 404, "no module serves it");
    assert_eq!(client.get("/api/v1/stream").await.status, 404);
    let extension = client.get("/openapi.json").await.json()["x-gateway"].take();
    assert_eq!(extension["channels"][1]["send"], false, "it is not mounted");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_of_every_channel_are_mounted_if_that_is_asked_for() {
    let trade = r#"{"symbol":"A","price":1}"#;
    let (running, client) = start(Gateway::new().module(Rest { mount_all: true })).await;
    assert_eq!(client.send("silent", trade).await, (404, json!({ "detail": "Channel not found: silent" })));
    assert_eq!(client.get("/api/v1/lookup/inbox/1").await.body, "[]");
    assert_eq!(client.get("/api/v1/lookup/").await.json(), json!(["inbox", "silent"]));
    assert_eq!(client.get("/api/v1/send/").await.json(), json!(["inbox"]));
    assert_eq!(client.send("inbox", trade).await.0, 200);
    assert_eq!(client.get("/api/v1/controls/").await.status, 404);
    running.stop().await.unwrap();

    let (running, client) = start(Gateway::new().module(Rest::default())).await;
    assert_eq!(client.send("silent", trade).await, (404, json!({ "detail": "Not Found" })));
    assert_eq!(client.get("/api/v1/lookup/inbox/1").await.json(), json!({ "detail": "Not Found" }));
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_is_mounted_twice_is_refused() {
    let twice = Gateway::<Bare>::new()
        .module(Rest::default())
        .with(gateway_schema::Wiring::NONE.named("Rest2"), Rest::default());
    let mut settings = Settings::default();
    settings.port = 0;
    let refused = twice.start(settings).await.err().unwrap().to_string();
    assert!(refused.contains("two modules mount GET /api/v1/last/"), "{refused}");
}
