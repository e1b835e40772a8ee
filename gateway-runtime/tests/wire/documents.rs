use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::gateway::TestGateway;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_complete() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let document = client.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");

    let mut ids = BTreeSet::new();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    for reference in references {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} does not resolve");
    }
    for (path, methods) in document["paths"].as_object().unwrap() {
        assert!(!path.contains('-') && !path.contains('*'), "{path}");
        for (method, operation) in methods.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path} {method}");
            assert!(operation["responses"]["200"].is_object());
        }
    }
    let last = &document["paths"]["/api/v1/last/by_side/{key}"]["get"];
    assert_eq!(last["type_"], "desk.Trade");
    assert_eq!(last["parameters"][0]["schema"], json!({ "type": "string", "enum": ["Buy", "Sell"] }));
    assert_eq!(
        last["responses"]["200"]["content"]["application/json"]["schema"],
        json!({ "type": "array", "items": { "$ref": "#/components/schemas/Trade" } })
    );
    let send = &document["paths"]["/api/v1/send/trades"]["post"];
    let body = &send["requestBody"]["content"]["application/json"]["schema"]["anyOf"];
    assert_eq!(body[0], json!({ "$ref": "#/components/schemas/TradeInput" }));
    assert!(send["description"].as_str().unwrap().starts_with("Every trade."));
    assert_eq!(document["components"]["schemas"]["Trade"]["properties"]["price"]["exclusiveMinimum"], 0.0);
    gateway.stop().await;
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extension_says_what_each_channel_can_do() {
    let gateway = TestGateway::start().await;
    let extension = gateway.client().get("/openapi.json").await.json()["x-gateway"].take();
    assert_eq!(extension["version"], "0.1.0");
    assert_eq!(
        extension["channels"][2],
        json!({
            "name": "by_side", "description": "Trades by side.", "kind": "basket", "struct": "Trade",
            "key": { "name": "Side", "names": ["Buy", "Sell"] },
            "last": true, "next": true, "send": true, "stage": false, "lookup": false,
        })
    );
    assert_eq!(extension["channels"][3]["key"], json!({ "name": "String", "names": null }));
    assert_eq!(extension["channels"][4]["send"], false);
    assert_eq!(
        extension["states"],
        json!([{ "alias": "trades", "channel": "trades", "key": ["symbol"], "description": "Every trade." }])
    );
    assert_eq!(extension["fields"], json!([{ "name": "city", "description": "The desk's city." }]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn swagger_ui_comes_from_the_binary() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    assert_eq!(client.get("/docs").await.header("location"), Some("/docs/"));
    let page = client.get("/docs/").await;
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page:?}");
    assert!(page.body.contains("swagger-ui-bundle.js"), "{page:?}");
    let start = client.get("/docs/swagger-initializer.js").await;
    assert!(start.body.contains("/openapi.json"), "{start:?}");
    assert_eq!(client.get("/docs/swagger-ui.css").await.status, 200);
    assert_eq!(client.get("/docs/nope.js").await.json(), json!({ "detail": "Not Found" }));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graph_names_who_reads_and_writes() {
    let gateway = TestGateway::start().await;
    let graph = gateway.client().get("/api/v1/channels_graph").await.json();
    assert_eq!(graph["trades"], json!({ "getters": [], "setters": ["Send[trades]"] }));
    assert_eq!(graph["silent"], json!({ "getters": [], "setters": [] }));
    gateway.stop().await;
}
