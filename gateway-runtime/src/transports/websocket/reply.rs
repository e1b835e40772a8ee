//! What a client that asked for it is told of its requests.

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use gateway_schema::message::Request;
use gateway_schema::problem::Problem;
use serde_json::{Map, Value, json};

use crate::transports::answer::Refusal;

/// The longest text of a request that is repeated in an answer.
const REPEATED: usize = 256;

/// `{"ack": request}`, and `data` with the records of a send.
pub(super) fn ack(request: &Request, records: Option<Bytes>) -> Utf8Bytes {
    let ack = repeated(request);
    // The records are JSON already, and may be many.
    match records.and_then(|records| Utf8Bytes::try_from(records).ok()) {
        Some(records) => format!(r#"{{"ack":{ack},"data":{records}}}"#).into(),
        None => format!(r#"{{"ack":{ack}}}"#).into(),
    }
}

/// `{"error": {"status", "detail"}, "request": request}`.
pub(super) fn error(request: &Value, refusal: &Refusal) -> Utf8Bytes {
    let error = json!({ "status": refusal.status().as_u16(), "detail": refusal.detail() });
    text(&json!({ "error": error, "request": request }))
}

/// `{"missed": 17, "channel": "example"}`.
pub(super) fn missed(channel: &str, ticks: u64) -> Utf8Bytes {
    text(&json!({ "missed": ticks, "channel": channel }))
}

/// A request without its data.
pub(super) fn repeated(request: &Request) -> Value {
    let mut members = Map::new();
    members.insert("action".to_owned(), json!(request.action));
    members.insert("channel".to_owned(), shortened(&request.channel));
    if let Some(key) = &request.key {
        members.insert("key".to_owned(), shortened(key));
    }
    members.into()
}

/// The reply to a text that is not a request, if it asks for one.
pub(super) fn not_a_request(input: &str) -> Option<Utf8Bytes> {
    let Ok(Value::Object(members)) = serde_json::from_str(input) else {
        return None;
    };
    if members.get("ack") != Some(&Value::Bool(true)) {
        return None;
    }
    let missing = |name: &'static str| Problem::new("missing", "Field required").at([name]);
    let wrong = |name: &'static str, kind: &'static str, message: &str| {
        Problem::new(kind, message).at([name]).with_input(members.get(name).map_or(Value::Null, short_value))
    };
    let mut problems = Vec::new();
    match members.get("action") {
        None => problems.push(missing("action")),
        Some(Value::String(action)) if ["subscribe", "unsubscribe", "send"].contains(&action.as_str()) => {}
        Some(_) => {
            problems.push(wrong("action", "enum", "Input should be 'subscribe', 'unsubscribe' or 'send'"));
        }
    }
    match members.get("channel") {
        None => problems.push(missing("channel")),
        Some(Value::String(_)) => {}
        Some(_) => problems.push(wrong("channel", "string_type", "Input should be a valid string")),
    }
    if !matches!(members.get("key"), None | Some(Value::Null | Value::String(_))) {
        problems.push(wrong("key", "string_type", "Input should be a valid string"));
    }
    let request: Map<String, Value> = ["action", "channel", "key"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), short_value(members.get(name)?))))
        .collect();
    Some(error(&request.into(), &Refusal::Invalid(problems)))
}

fn shortened(text: &str) -> Value {
    match text.char_indices().nth(REPEATED) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

fn short_value(value: &Value) -> Value {
    match value {
        Value::String(text) => shortened(text),
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
        other => other.clone(),
    }
}

fn text(value: &Value) -> Utf8Bytes {
    value.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asks_is_told_of_what_is_no_request() {
        assert_eq!(not_a_request("{bad"), None);
        assert_eq!(not_a_request("[1]"), None);
        assert_eq!(not_a_request(r#"{"action":"frobnicate","channel":"x"}"#), None);
        let reply = not_a_request(r#"{"action":"frobnicate","channel":7,"ack":true}"#).unwrap();
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply["error"]["status"], 422);
        assert_eq!(reply["error"]["detail"][0]["loc"], json!(["action"]));
        assert_eq!(reply["error"]["detail"][1]["loc"], json!(["channel"]));
        assert_eq!(reply["request"], json!({ "action": "frobnicate", "channel": 7 }));
    }

    #[test]
    fn long_names_are_not_repeated() {
        let reply =
            not_a_request(&json!({ "action": "é".repeat(100_000), "ack": true }).to_string()).unwrap();
        assert!(reply.len() < 2_000, "{}", reply.len());
    }
}
