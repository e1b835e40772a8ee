//! What is wrong with a document is said with its place, and all of it at once.

mod market;

use gateway_codegen::{Error, Fault, spec};
use serde_json::{Value, json};

fn faults(document: &Value) -> Vec<Fault> {
    match spec::read(document) {
        Err(Error::Document(faults)) => faults,
        other => panic!("{other:?}"),
    }
}

/// The market's document with another value at a place, or without it.
fn changed(pointer: &str, value: Option<Value>) -> Value {
    let mut document = market::document();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match (parent, value) {
        (Value::Object(members), Some(value)) => drop(members.insert(name.to_owned(), value)),
        (Value::Object(members), None) => drop(members.shift_remove(name)),
        (Value::Array(items), Some(value)) => items[name.parse::<usize>().expect("an index")] = value,
        (parent, _) => panic!("{parent}"),
    }
    document
}

#[test]
fn every_fault_has_its_place_and_its_reason() {
    let schemas = "/components/schemas";
    let price = format!("{schemas}/TradeInput/properties/price");
    let with = |more: Value| {
        let mut schema = json!({ "type": "number" });
        schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Some(schema)
    };
    let cases: Vec<(String, Option<Value>, &str, &str)> = vec![
        ("/openapi".into(), None, "#", "not an OpenAPI document"),
        ("/openapi".into(), Some("2.0".into()), "#", "this is version 2.0"),
        ("/paths".into(), None, "#", "`paths` is missing"),
        ("/paths".into(), Some(json!([])), "#/paths", "should be an object"),
        ("/x-gateway/channels".into(), None, "#/x-gateway", "`channels` is missing"),
        ("/x-gateway/channels".into(), Some(json!([])), "#/x-gateway/channels", "there is no channel"),
        ("/x-gateway/channels/0/name".into(), None, "#/x-gateway/channels/0", "`name` is missing"),
        (
            "/x-gateway/channels/0/name".into(),
            Some(json!(1)),
            "#/x-gateway/channels/0/name",
            "should be a string",
        ),
        (
            "/x-gateway/channels/1/name".into(),
            Some(json!("trades")),
            "#/x-gateway/channels/1",
            "two channels called `trades`",
        ),
        (
            "/x-gateway/channels/0/kind".into(),
            Some(json!("tree")),
            "#/x-gateway/channels/0/kind",
            "`tree` is not a kind",
        ),
        (
            "/x-gateway/channels/0/struct".into(),
            Some(json!("Trades")),
            "#/x-gateway/channels/0/struct",
            "no schema `Trades`",
        ),
        ("/x-gateway/channels/2/key".into(), None, "#/x-gateway/channels/2", "`key` is missing"),
        (
            "/x-gateway/channels/2/key/names".into(),
            Some(json!([])),
            "#/x-gateway/channels/2/key/names",
            "no members",
        ),
        (
            "/x-gateway/channels/2/key/names/0".into(),
            Some(json!("a/b")),
            "#/x-gateway/channels/2/key/names/0",
            "without `/`",
        ),
        (
            "/x-gateway/states/0/channel".into(),
            Some(json!("trade")),
            "#/x-gateway/states/0/channel",
            "no channel `trade`",
        ),
        (
            "/x-gateway/states/1/alias".into(),
            Some(json!("trades")),
            "#/x-gateway/states/1",
            "two states called `trades`",
        ),
        (format!("{schemas}/Bar"), None, "#/x-gateway/channels/1/struct", "no schema `Bar`"),
        (format!("{schemas}/Bar/properties"), None, "#/components/schemas/Bar", "`properties` is missing"),
        (
            format!("{schemas}/Bar/properties/id"),
            None,
            "#/components/schemas/Bar/properties",
            "`id` is missing",
        ),
        (
            format!("{schemas}/Bar/properties"),
            Some(json!({ "id": {}, "timestamp": {} })),
            "#/components/schemas/Bar/properties",
            "without fields",
        ),
        (
            price.clone(),
            Some(json!({ "type": "decimal" })),
            "#/components/schemas/TradeInput/properties/price",
            "`decimal` is not a type",
        ),
        (
            price.clone(),
            Some(json!("number")),
            "#/components/schemas/TradeInput/properties/price",
            "should be a schema",
        ),
        (
            price.clone(),
            Some(json!({ "$ref": "#/components/schemas/Price" })),
            "#/components/schemas/TradeInput/properties/price/$ref",
            "leads to nothing",
        ),
        (
            price.clone(),
            Some(json!({ "$ref": "other.json#/Price" })),
            "#/components/schemas/TradeInput/properties/price/$ref",
            "not in this document",
        ),
        (
            price.clone(),
            Some(json!({ "$ref": 1 })),
            "#/components/schemas/TradeInput/properties/price/$ref",
            "should be a string",
        ),
        (
            price.clone(),
            with(json!({ "minimum": 2, "maximum": 1 })),
            "#/components/schemas/TradeInput/properties/price",
            "no number is between",
        ),
        (
            price.clone(),
            with(json!({ "exclusiveMinimum": 1, "maximum": 1 })),
            "#/components/schemas/TradeInput/properties/price",
            "no number is between",
        ),
        (
            price.clone(),
            with(json!({ "default": "dear" })),
            "#/components/schemas/TradeInput/properties/price/default",
            "\"dear\"` is not a value",
        ),
        (
            price.clone(),
            Some(json!({ "type": "string", "minLength": 2, "maxLength": 1 })),
            "#/components/schemas/TradeInput/properties/price",
            "minimum length 2",
        ),
        (
            price.clone(),
            Some(json!({ "enum": [] })),
            "#/components/schemas/TradeInput/properties/price/enum",
            "without values",
        ),
        (
            price.clone(),
            Some(json!({ "enum": ["a", "a"] })),
            "#/components/schemas/TradeInput/properties/price/enum",
            "the same",
        ),
        (
            price.clone(),
            Some(json!({ "enum": ["a", "b"], "x-gateway-names": ["A"] })),
            "#/components/schemas/TradeInput/properties/price/x-gateway-names",
            "1 names and 2 values",
        ),
        (
            price.clone(),
            Some(
                json!({ "type": "object", "additionalProperties": {}, "x-gateway-key": { "type": "number" } }),
            ),
            "#/components/schemas/TradeInput/properties/price",
            "the keys of a map",
        ),
        (
            format!("{schemas}/TradeInput/properties/venue/default"),
            Some(json!({ "mic": "XETR", "nic": 1 })),
            "#/components/schemas/TradeInput/properties/venue/default",
            "no field `nic`",
        ),
        (
            format!("{schemas}/TradeInput/properties/other_side/default"),
            Some(json!("X")),
            "#/components/schemas/TradeInput/properties/other_side/default",
            "not a value of the enum `Side`",
        ),
        (
            format!("{schemas}/TradeInput/properties/by_side/default"),
            Some(json!({ "X": [] })),
            "#/components/schemas/TradeInput/properties/by_side/default",
            "not a value of the enum `Side`",
        ),
        (
            format!("{schemas}/TradeInput/properties/a.b"),
            Some(json!({})),
            "#/components/schemas/TradeInput/properties/a.b",
            "have no dots",
        ),
        (
            format!("{schemas}/VenueValueInput/properties/self"),
            Some(json!({ "$ref": "#/components/schemas/VenueValueInput" })),
            "#/components/schemas/VenueValueInput/properties/self",
            "contains itself",
        ),
        (
            format!("{schemas}/TradeInput"),
            Some(json!({ "$ref": "#/components/schemas/TradeInput" })),
            "#/components/schemas/TradeInput",
            "leads to itself",
        ),
    ];
    for (place, value, pointer, message) in cases {
        let found = faults(&changed(&place, value.clone()));
        let fits = |fault: &Fault| fault.pointer == pointer && fault.message.contains(message);
        assert!(found.iter().any(fits), "{place} = {value:?}: {found:#?}");
    }
}

#[test]
fn one_run_finds_all_faults_and_each_once() {
    let mut document = changed("/x-gateway/channels/1/struct", Some(json!("Bars")));
    document["components"]["schemas"]["TradeInput"]["properties"]["price"]["type"] = json!("money");
    document["components"]["schemas"]["TradeInput"]["properties"]["medium"]["default"] = json!("x");
    let pointers: Vec<String> = faults(&document).into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(
        pointers[..3],
        [
            "#/components/schemas/TradeInput/properties/price",
            "#/components/schemas/TradeInput/properties/medium/default",
            "#/x-gateway/channels/1/struct",
        ]
    );
    let text = spec::read(&document).unwrap_err().to_string();
    assert_eq!(text.matches("`money` is not a type").count(), 1, "{text}");
}

#[test]
fn a_route_that_does_not_say_what_it_carries_is_named() {
    let document = json!({ "openapi": "3.1.0", "paths": {
        "/api/v1/last/x": { "get": { "responses": { "200": { "description": "?" } } } },
        "/api/v1/last/y~z": { "get": { "responses": {} } },
    } });
    let found = faults(&document);
    assert_eq!(found[0].pointer, "#/paths/~1api~1v1~1last~1x");
    assert!(found[0].message.starts_with("`x` does not say what its records are"), "{found:?}");
    assert_eq!(found[1].pointer, "#/paths/~1api~1v1~1last~1y~0z");
}

#[test]
fn a_document_of_anything_is_an_error_and_not_a_panic() {
    for text in [
        "null",
        "[]",
        "1",
        "\"x\"",
        "{}",
        r#"{"openapi":3}"#,
        r#"{"openapi":"3.1.0","paths":{}}"#,
        r#"{"openapi":"3.0.0","paths":{"":{}}}"#,
    ] {
        assert!(!faults(&serde_json::from_str(text).unwrap()).is_empty(), "{text}");
    }
}

/// Many structs that each refer twice to the next are read in no time.
#[test]
fn shared_schemas_are_read_once() {
    let mut schemas = serde_json::Map::new();
    for index in 0..60 {
        let next = json!({ "$ref": format!("#/components/schemas/S{}", index + 1) });
        schemas
            .insert(format!("S{index}"), json!({ "type": "object", "properties": { "a": next, "b": next } }));
    }
    schemas.insert("S60".into(), json!({ "type": "object", "properties": { "x": { "type": "integer" } } }));
    schemas["S0"]["properties"]["id"] = json!({});
    schemas["S0"]["properties"]["timestamp"] = json!({});
    let document = json!({ "openapi": "3.1.0", "paths": {}, "components": { "schemas": schemas }, "x-gateway": {
        "channels": [{ "name": "x", "kind": "scalar", "struct": "S0", "last": true }],
    } });
    assert_eq!(spec::read(&document).unwrap().structs.len(), 61);
}

/// The market's document with structs that contain each other, `count` of them, the last one in a trade.
fn chained(count: usize, fields: &[&str]) -> Value {
    let mut document = market::document();
    let mut add = |name: String, properties: Value| {
        let schema = json!({ "type": "object", "title": name, "properties": properties });
        document["components"]["schemas"][name] = schema;
    };
    add("Link0".into(), json!({ "value": { "type": "integer", "default": 0 } }));
    for link in 1..count {
        let inner = json!({ "$ref": format!("#/components/schemas/Link{}", link - 1), "default": {} });
        add(format!("Link{link}"), fields.iter().map(|name| ((*name).to_owned(), inner.clone())).collect());
    }
    let last =
        json!({ "anyOf": [{ "$ref": format!("#/components/schemas/Link{}", count - 1) }], "default": {} });
    for record in ["Trade", "TradeInput"] {
        document["components"]["schemas"][record]["properties"]["chain"] = last.clone();
    }
    document
}

#[test]
fn structs_inside_each_other_have_an_end() {
    assert!(spec::read(&chained(5, &["inner"])).is_ok());
    let found = faults(&chained(10_000, &["inner"]));
    assert!(found.iter().any(|fault| fault.message.contains("more than 200 other schemas")), "{found:?}");
}

#[test]
fn defaults_inside_each_other_have_an_end() {
    assert!(spec::read(&chained(5, &["left", "right"])).is_ok());
    let found = faults(&chained(40, &["left", "right"]));
    assert!(found.iter().any(|fault| fault.message.contains("more than 1000 values")), "{found:?}");
}
