//! What can go wrong between a client and its gateway.

use std::time::Duration;

use gateway_schema::{Location, Problem};
use serde_json::Value;
use tokio_tungstenite::tungstenite;

/// The result of everything a client does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, with the URL it went wrong at. Credentials are never part of the URL shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address of the gateway, or an address made from a key or an id, is not one.
    #[error("`{url}` cannot be used as an address: {reason}")]
    Url {
        /// The address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// No answer, or only a part of one.
    #[error("{url}: no complete answer; is the gateway running there? ({source})")]
    Transport {
        /// Where.
        url: String,
        /// What the connection reported.
        source: reqwest::Error,
    },
    /// The answer took too long.
    #[error("{url}: no answer within {after:?}; allow more with `Builder::timeout`")]
    Timeout {
        /// Where.
        url: String,
        /// How long was waited.
        after: Duration,
    },
    /// The gateway has no such channel, state or record, or does not serve it (404).
    #[error("{url}: not found: {detail}")]
    NotFound {
        /// Where.
        url: String,
        /// The gateway's words.
        detail: String,
    },
    /// The gateway refuses the credentials, or wants some (401, 403).
    #[error(
        "{url}: not allowed: {detail}; give credentials with `Builder::api_key` or `Builder::bearer_token`"
    )]
    Unauthorized {
        /// Where.
        url: String,
        /// The gateway's words.
        detail: String,
    },
    /// The gateway refuses the data that was sent, or the query (422).
    #[error("{url}: refused: {}", listed(.problems))]
    Invalid {
        /// Where.
        url: String,
        /// Everything that is wrong with it.
        problems: Vec<Problem>,
    },
    /// The data breaks the constraints of its struct, so it was not sent.
    #[error("not sent to {url}: {}", listed(.problems))]
    NotSent {
        /// Where it would have gone.
        url: String,
        /// Everything that is wrong with it.
        problems: Vec<Problem>,
    },
    /// Any other status than 200.
    #[error("{url}: unexpected status {status}: {detail}")]
    Status {
        /// Where.
        url: String,
        /// The status code.
        status: u16,
        /// The gateway's words.
        detail: String,
    },
    /// The answer is not what the client was made for: generate the client again if the gateway has changed.
    #[error("{url}: the answer is not what was expected: {reason}")]
    Decode {
        /// Where.
        url: String,
        /// What is wrong, and at which place of the answer.
        reason: String,
    },
    /// The stream could not be opened, or broke.
    #[error("{url}: the stream broke: {source}")]
    Stream {
        /// Where.
        url: String,
        /// What the connection reported.
        source: Box<tungstenite::Error>,
    },
    /// Ticks came faster than the stream was read, and the oldest are gone. The stream goes on.
    #[error("{url}: {ticks} ticks of `{channel}` were missed, because the stream was not read fast enough")]
    Missed {
        /// Where.
        url: String,
        /// The channel that was followed.
        channel: String,
        /// How many.
        ticks: u64,
    },
    /// The gateway refuses to stream the channel.
    #[error("{url}: `{channel}` is not streamed: {detail}")]
    Refused {
        /// Where.
        url: String,
        /// The channel that was asked for.
        channel: String,
        /// The gateway's words.
        detail: String,
    },
}

/// All problems, each with its place, as one line.
fn listed(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
}

impl Error {
    /// Decides which error a failed exchange is.
    pub(crate) fn transport(url: &str, after: Option<Duration>, source: reqwest::Error) -> Self {
        let url = url.to_owned();
        match after {
            Some(after) if source.is_timeout() => Error::Timeout { url, after },
            // The URL inside would show the token.
            _ => Error::Transport { url, source: source.without_url() },
        }
    }

    pub(crate) fn decode(url: &str, reason: impl Into<String>) -> Self {
        Error::Decode { url: url.to_owned(), reason: reason.into() }
    }

    pub(crate) fn stream(url: &str, source: tungstenite::Error) -> Self {
        let url = url.to_owned();
        match source {
            tungstenite::Error::Http(response) => {
                let status = response.status().as_u16();
                let body = response.body().as_deref().unwrap_or_default();
                Error::from_status(url, status, body)
            }
            source => Error::Stream { url, source: Box::new(source) },
        }
    }

    /// Reads the body of an answer that is not 200.
    pub(crate) fn from_status(url: String, status: u16, body: &[u8]) -> Self {
        let body = serde_json::from_slice::<Value>(body)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(body).into_owned()));
        let detail = body.get("detail").unwrap_or(&body);
        match status {
            401 | 403 => Error::Unauthorized { url, detail: words(detail) },
            404 => Error::NotFound { url, detail: words(detail) },
            422 => Error::Invalid { url, problems: problems(detail) },
            _ => Error::Status { url, status, detail: words(detail) },
        }
    }
}

/// The most characters of a body that are repeated in an error.
const MAX_DETAIL: usize = 500;

pub(crate) fn words(detail: &Value) -> String {
    let text = detail.as_str().map_or_else(|| detail.to_string(), str::to_owned);
    match text.char_indices().nth(MAX_DETAIL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The problems of a 422's detail; what is not in their form becomes the message of one.
fn problems(detail: &Value) -> Vec<Problem> {
    match detail {
        Value::Array(items) => items.iter().map(problem).collect(),
        other => vec![Problem::new("unknown", words(other))],
    }
}

fn problem(item: &Value) -> Problem {
    let Some(message) = item.get("msg").and_then(Value::as_str) else {
        return Problem::new("unknown", words(item));
    };
    let kind = item.get("type").and_then(Value::as_str).unwrap_or("unknown").to_owned();
    let mut problem = Problem::new(kind, message);
    if let Some(Value::Array(steps)) = item.get("loc") {
        problem = problem.at(steps.iter().map(|step| match step.as_u64().map(usize::try_from) {
            Some(Ok(index)) => Location::Index(index),
            _ => Location::from(words(step)),
        }));
    }
    if let Some(Value::Object(context)) = item.get("ctx") {
        problem.context = context.clone();
    }
    problem.with_input(item.get("input").cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(status: u16, body: &str) -> Error {
        Error::from_status("http://gateway/x".to_owned(), status, body.as_bytes())
    }

    #[test]
    fn a_422_lists_every_problem_with_its_place() {
        let body = r#"{"detail":[
            {"type":"missing","loc":["body",0,"x"],"msg":"Field required","input":{},"ctx":{"a":1}},
            {"type":"json_invalid","loc":["body",17],"msg":"JSON decode error"},
            "what is this"
        ]}"#;
        let error = from(422, body);
        assert_eq!(
            error.to_string(),
            "http://gateway/x: refused: body[0].x: Field required; body[17]: JSON decode error; what is this"
        );
        let Error::Invalid { problems, .. } = error else { panic!("{error:?}") };
        assert_eq!((problems[0].kind.as_ref(), problems[0].context.len()), ("missing", 1));
    }

    #[test]
    fn a_422_without_a_list_keeps_its_words() {
        assert!(from(422, r#"{"detail":"no"}"#).to_string().ends_with("refused: no"));
        assert!(from(422, "<html>").to_string().ends_with("refused: <html>"));
    }

    #[test]
    fn statuses_become_their_errors() {
        assert!(
            matches!(from(404, r#"{"detail":"Channel not found: x"}"#), Error::NotFound { detail, .. } if detail == "Channel not found: x")
        );
        assert!(matches!(
            from(403, r#"{"detail":"unauthorized","status_code":403}"#),
            Error::Unauthorized { .. }
        ));
        assert!(
            matches!(from(500, "Internal Server Error"), Error::Status { status: 500, detail, .. } if detail == "Internal Server Error")
        );
    }

    #[test]
    fn a_huge_body_is_not_repeated() {
        let text = from(500, &"é".repeat(100_000)).to_string();
        assert!(text.chars().count() < 600, "{}", text.len());
    }
}
