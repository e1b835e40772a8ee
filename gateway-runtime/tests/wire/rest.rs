use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::client::PATIENCE;
use crate::gateway::TestGateway;

#[tokio::test(flavor = "multi_thread")]
async fn every_family_lists_its_names() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let all = json!(["block_trades", "by_name", "by_side", "controls", "silent", "trades"]);
    for (family, names) in [
        ("last", all.clone()),
        ("next", all),
        ("state", json!(["trades"])),
        ("lookup", json!(["controls", "trades"])),
        (
            "send",
            json!([
                "block_trades",
                "by_name",
                "by_side",
                "by_side/Buy",
                "by_side/Sell",
                "controls",
                "trades"
            ]),
        ),
        ("stage", json!(["trades"])),
        ("field", json!(["city"])),
        ("controls", json!(["heartbeat", "shutdown", "stats"])),
    ] {
        let answer = client.get(&format!("/api/v1/{family}/")).await;
        assert_eq!((answer.status, answer.json()), (200, names), "{family}");
        let redirect = client.get(&format!("/api/v1/{family}?a=b")).await;
        assert_eq!(redirect.status, 307);
        assert_eq!(redirect.header("location"), Some(format!("/api/v1/{family}/?a=b").as_str()));
    }
    let versions = client.get("/api").await;
    assert_eq!(versions.body, r#"{"default":"v1","versions":[{"version":"v1","path":"/api/v1"}]}"#);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_visible_when_the_send_is_answered() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    assert_eq!(client.get("/api/v1/last/trades").await.body, "[]");
    let (status, sent) = client.send("trades", r#"{"symbol":"A","price":1}"#).await;
    assert_eq!(status, 200);
    assert_eq!(sent[0]["quantity"], 1);
    assert_eq!(sent[0]["venue"], Value::Null);
    let id = sent[0]["id"].as_str().unwrap();
    for path in ["last/trades", "state/trades", &format!("lookup/trades/{id}"), &format!("lookup/id/{id}")] {
        assert_eq!(client.get(&format!("/api/v1/{path}")).await.json(), sent, "{path}");
    }
    assert_eq!(client.get(&format!("/api/v1/lookup/controls/{id}")).await.body, "[]");
    assert_eq!(client.get("/api/v1/lookup/trades/a/b").await.body, "[]");
    let missing = client.get("/api/v1/lookup/id/nope").await;
    assert_eq!(
        (missing.status, missing.body.as_str()),
        (404, r#"{"detail":"No GatewayStruct found with id: nope"}"#)
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_baskets_are_sent_in_each_form() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let symbols = |records: &Value| -> Vec<String> {
        records
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["symbol"].as_str().unwrap().to_owned())
            .collect()
    };
    let (a, b) = (r#"{"symbol":"A","price":1}"#, r#"{"symbol":"B","price":2}"#);
    let (_, sent) = client.send("trades", &format!("[{a},{b}]")).await;
    assert_eq!(symbols(&sent), ["A", "B"]);
    assert_eq!(symbols(&client.get("/api/v1/last/trades").await.json()), ["B"]);
    assert_eq!(client.send("trades", "[]").await, (200, json!([])));

    client.send("block_trades", &format!("[{a},{b}]")).await;
    assert_eq!(symbols(&client.get("/api/v1/last/block_trades").await.json()), ["A", "B"]);
    assert_eq!(symbols(&client.get("/api/v1/last/block-trades").await.json()), ["A", "B"]);
    client.send("block_trades", b).await;
    assert_eq!(symbols(&client.get("/api/v1/last/block_trades").await.json()), ["B"]);

    client.send("by_side", &format!(r#"{{"Sell":{b},"Buy":{a}}}"#)).await;
    assert_eq!(symbols(&client.get("/api/v1/last/by_side").await.json()), ["A", "B"]);
    assert_eq!(symbols(&client.get("/api/v1/last/by_side/Sell").await.json()), ["B"]);
    client.send("by_name/k/1", a).await;
    client.send("by_name/k%202", b).await;
    assert_eq!(symbols(&client.get("/api/v1/last/by_name/k/1").await.json()), ["A"]);
    assert_eq!(symbols(&client.get("/api/v1/last/by-name/k%202").await.json()), ["B"]);
    let streams = client.get("/api/v1/stream").await.json();
    assert_eq!(
        streams,
        json!([
            "trades",
            "block_trades",
            "by_side/Buy",
            "by_side/Sell",
            "by_name/k 2",
            "by_name/k/1",
            "silent",
            "controls",
            "heartbeat"
        ])
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn next_waits_for_its_own_key_and_answers_with_the_tick() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let next = |path: &'static str| tokio::spawn(async move { client.get(path).await.json() });
    let sell = next("/api/v1/next/by_side/Sell");
    let whole = next("/api/v1/next/by_side");
    let trades = next("/api/v1/next/trades");
    sleep(Duration::from_millis(300)).await;
    let (_, buy) = client.send("by_side/Buy", r#"{"symbol":"A","price":1}"#).await;
    assert_eq!(timeout(PATIENCE, whole).await.unwrap().unwrap(), buy);
    assert!(!sell.is_finished());
    let (_, sold) = client.send("by_side/Sell", r#"{"symbol":"B","price":1}"#).await;
    assert_eq!(timeout(PATIENCE, sell).await.unwrap().unwrap(), sold);
    assert!(!trades.is_finished());
    let (_, sent) = client.send("trades", r#"{"symbol":"C","price":1}"#).await;
    assert_eq!(timeout(PATIENCE, trades).await.unwrap().unwrap(), sent);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn state_answers_queries() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let trades = r#"[{"symbol":"B","price":2,"venue":{"mic":"XNAS"}},{"symbol":"A","price":1},{"symbol":"C","price":3}]"#;
    client.send("trades", trades).await;
    let state = |query: &'static str| async move {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = client.get(&format!("/api/v1/state/trades?other=1&query={encoded}")).await;
        let records = answer.json();
        let symbol = |record: &Value| record["symbol"].as_str().unwrap().to_owned();
        match answer.status {
            200 => records.as_array().unwrap().iter().map(symbol).collect::<String>(),
            status => format!("{status} {}", records["detail"][0]["loc"]),
        }
    };
    assert_eq!(state("{}").await, "ABC");
    assert_eq!(state("null").await, "ABC");
    assert_eq!(state(r#"{"filters":[{"attr":"price","by":{"value":1.5,"where":">"}}]}"#).await, "BC");
    assert_eq!(
        state(
            r#"{"filters":[{"attr":"venue.mic","by":{"value":"XNAS","when":null,"attr":"","where":"=="}}]}"#
        )
        .await,
        "B"
    );
    assert_eq!(
        state(r#"{"filters":[{"attr":"nope","by":{"value":1}}]}"#).await,
        r#"422 ["query","filters",0,"attr"]"#
    );
    assert_eq!(
        state(r#"{"filters":[{"attr":"price","by":{"value":"x"}}]}"#).await,
        r#"422 ["query","filters",0,"by","value"]"#
    );
    assert_eq!(state(r#"{"filters":[{"attr":"x"}]}"#).await, r#"400 ["filters",0,"by"]"#);
    assert_eq!(state("{bad").await, r#"422 ["query","query"]"#);
    assert_eq!(client.get("/api/v1/field/city").await.body, "\"Zürich\"");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn controls_pass_through_the_graph() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let beat = client.get("/api/v1/controls/heartbeat").await.json();
    assert_eq!(beat[0]["name"], "heartbeat");
    assert_eq!(
        (&beat[0]["status"], &beat[0]["data"], &beat[0]["data_str"]),
        (&json!("ok"), &json!({}), &json!(""))
    );
    assert_eq!(client.get("/api/v1/last/controls").await.json(), beat);
    let stats = client.get("/api/v1/controls/stats").await.json();
    let data: Value = serde_json::from_str(stats[0]["data_str"].as_str().unwrap()).unwrap();
    assert_eq!(data, stats[0]["data"]);
    assert_eq!(data["pid"], std::process::id());
    let sent = client.send("controls", r#"{"name":"mine"}"#).await.1;
    assert_eq!((&sent[0]["status"], &sent[0]["data"]), (&json!("none"), &json!({})));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_is_refused_takes_no_room_for_its_keys() {
    let gateway = TestGateway::with(|settings| settings.basket_keys = 2).await;
    let client = gateway.client();
    for n in 0..5 {
        assert_eq!(client.send(&format!("by_name/wrong{n}"), "{}").await.0, 422);
        assert_eq!(client.send("by_name", &json!({ format!("bad{n}"): {} }).to_string()).await.0, 422);
    }
    let trade = json!({ "symbol": "A", "price": 1 });
    let three = json!({ "a": trade, "b": trade, "c": trade });
    let (status, body) = client.send("by_name", &three.to_string()).await;
    assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(["body", "c", "[key]"])));
    for key in ["a", "b"] {
        assert_eq!(client.send(&format!("by_name/{key}"), &trade.to_string()).await.0, 200);
    }
    assert_eq!(client.send("by_name/c", &trade.to_string()).await.0, 404);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_every_key_of_an_enum() {
    let gateway = TestGateway::with(|settings| settings.basket_keys = 1).await;
    let trade = json!({ "symbol": "A", "price": 1 });
    let both = json!({ "Buy": trade, "Sell": trade });
    assert_eq!(gateway.client().send("by_side", &both.to_string()).await.0, 200);
    gateway.stop().await;
}
