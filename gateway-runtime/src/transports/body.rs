//! Request bodies: bounded in size and time, and JSON or refused with the place where they are not.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use gateway_schema::problem::Problem;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::answer::Refusal;

/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(30);

/// How much of a body that is too large is read and thrown away, so that the client, which is still sending,
/// gets to read the answer.
const DISCARDED: usize = 64 * 1024 * 1024;

/// Bodies from this size on are parsed off the asynchronous threads: it takes a millisecond or more.
const LARGE: usize = 64 * 1024;

/// The JSON value of a body; nothing when it is empty or `null`.
pub(crate) async fn read_json(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Option<Value>, Refusal> {
    let bytes = read(headers, body, limit).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    require_json(headers)?;
    let value = if bytes.len() < LARGE {
        parse(&bytes)
    } else {
        tokio::task::spawn_blocking(move || parse(&bytes)).await.map_err(|_| Refusal::Failed)?
    };
    value.map(|value| Some(value).filter(|value| !value.is_null()))
}

/// As [`read_json`], and a missing body is a problem.
pub(crate) async fn require(headers: &HeaderMap, body: Body, limit: usize) -> Result<Value, Refusal> {
    read_json(headers, body, limit)
        .await?
        .ok_or_else(|| Refusal::Invalid(vec![Problem::new("missing", "Field required").at(["body"])]))
}

async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let announced: usize = announced.unwrap_or(0);
    let mut chunks = body.into_data_stream();
    let arrival = async {
        let mut bytes = BytesMut::with_capacity(announced.min(limit).min(LARGE));
        let mut total = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refusal::BadRequest("The body ended early".to_owned()))?;
            total += chunk.len();
            if total <= limit && announced <= limit {
                bytes.extend_from_slice(&chunk);
            } else if total > DISCARDED {
                break;
            }
        }
        if total.max(announced) > limit { Err(Refusal::TooLarge(limit)) } else { Ok(bytes.freeze()) }
    };
    timeout(ARRIVAL, arrival).await.unwrap_or(Err(Refusal::TooSlow))
}

/// A page in a browser can send anything to a gateway on its own machine without being asked, but not JSON
/// that says that it is JSON. So it has to say so.
fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let essence = given.as_deref().and_then(|given| given.split(';').next()).unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    if essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json") {
        return Ok(());
    }
    let problem = Problem::new(
        "content_type",
        "The body should be sent with the header `content-type: application/json`",
    )
    .at(["body"])
    .with_input(given.map_or(Value::Null, Into::into));
    Err(Refusal::Invalid(vec![problem]))
}

fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| {
        let reason = error.to_string();
        let problem = Problem::new("json_invalid", "JSON decode error")
            .with_input(Value::Object(Map::new()))
            .with_context("error", reason);
        Refusal::Invalid(vec![Problem {
            location: vec!["body".into(), offset(bytes, &error).into()],
            ..problem
        }])
    })
}

/// How many bytes into the text an error is.
fn offset(bytes: &[u8], error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return bytes.len();
    }
    let before: usize = bytes
        .split(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(|line| line.len() + 1)
        .sum();
    (before + error.column().saturating_sub(1)).min(bytes.len())
}

/// 422 for a parameter of the path or the query.
pub(crate) fn bad_parameter(
    place: &'static str,
    name: &'static str,
    kind: &'static str,
    message: String,
    input: &str,
) -> Refusal {
    Refusal::Invalid(vec![Problem::new(kind, message).at([place, name]).with_input(json!(input))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_inside_of_them(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Err(Refusal::Invalid(problems)) = parse(&bytes) {
                let Some(gateway_schema::problem::Location::Index(offset)) = problems[0].location.last() else {
                    panic!("{problems:?}");
                };
                prop_assert!(*offset <= bytes.len());
            }
        }
    }

    fn problem(text: &str) -> (usize, String) {
        match parse(text.as_bytes()) {
            Err(Refusal::Invalid(problems)) => {
                let value = serde_json::to_value(&problems[0]).unwrap();
                (
                    value["loc"][1].as_u64().unwrap() as usize,
                    value["ctx"]["error"].as_str().unwrap().to_owned(),
                )
            }
            other => panic!("{text} gave {other:?}"),
        }
    }

    #[test]
    fn bad_json_is_refused_with_its_offset() {
        assert_eq!(problem("{bad json").0, 1);
        assert_eq!(problem("{\"a\":1,\n  oops}").0, 10);
        assert_eq!(problem("[1, 2").0, 5);
    }

    #[test]
    fn nesting_is_bounded() {
        let (_, reason) = problem(&"[".repeat(100_000));
        assert!(reason.contains("recursion limit"), "{reason}");
    }

    #[test]
    fn what_is_not_utf8_is_refused() {
        assert!(matches!(parse(b"\"\xff\""), Err(Refusal::Invalid(_))));
    }
}
