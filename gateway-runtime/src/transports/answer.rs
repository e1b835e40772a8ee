//! Answers: every one of them is JSON, errors too, since clients decode whatever they get.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gateway_schema::problem::Problem;
use serde::Serialize;
use serde_json::json;

use crate::endpoint::SendError;
use crate::store::stage::StageError;

/// Why a request is not served.
#[derive(Debug)]
pub enum Refusal {
    /// 403: not for this client.
    Forbidden(String),
    /// 404: there is no such thing.
    NotFound(String),
    /// 406: not in a format that the client takes.
    NotAcceptable(String),
    /// 400: the request makes no sense.
    BadRequest(String),
    /// 409: the request makes sense, but not now.
    Conflict(String),
    /// 400, when the structure of a query is wrong.
    BadQuery(Vec<Problem>),
    /// 422: everything that is wrong with the body or a parameter.
    Invalid(Vec<Problem>),
    /// 413: the body is larger than this many bytes.
    TooLarge(usize),
    /// 408: the body did not arrive in time.
    TooSlow,
    /// 503: the gateway cannot do it now; with `true` it is worth to try again in a second.
    Unavailable(String, bool),
    /// 500: the gateway failed.
    Failed,
}

impl Refusal {
    /// 404 for a channel, or a key of a basket, that has no ticks: `Channel not found: basket/Z`.
    pub(crate) fn no_channel(name: &str) -> Self {
        Refusal::NotFound(format!("Channel not found: {name}"))
    }

    /// 503 while the gateway stops.
    pub(crate) fn stopping() -> Self {
        Refusal::Unavailable("The gateway is stopping".to_owned(), false)
    }

    /// The refusal for a send to `target`, the name of a channel or `channel/key`.
    pub(crate) fn of_send(error: SendError, target: &str) -> Self {
        match error {
            SendError::NotSendable(_) | SendError::UnknownKey { .. } => Refusal::no_channel(target),
            SendError::Invalid(problems) => Refusal::Invalid(problems),
            SendError::Overloaded(_) => Refusal::Unavailable(error.to_string(), true),
            SendError::Stopped => Refusal::Unavailable(error.to_string(), false),
        }
    }

    /// The refusal for the staging areas of a channel.
    pub(crate) fn of_stage(error: StageError, channel: &str) -> Self {
        match error {
            StageError::UnknownArea(_) | StageError::NothingToAdd => Refusal::BadRequest(error.to_string()),
            StageError::TooManyAreas { .. }
            | StageError::TooManyRecords { .. }
            | StageError::TooManyBytes { .. } => Refusal::Conflict(error.to_string()),
            StageError::Invalid(problems) => Refusal::Invalid(problems),
            StageError::Send(error) => Refusal::of_send(error, channel),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Refusal::Forbidden(_) => StatusCode::FORBIDDEN,
            Refusal::NotFound(_) => StatusCode::NOT_FOUND,
            Refusal::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Refusal::BadRequest(_) | Refusal::BadQuery(_) => StatusCode::BAD_REQUEST,
            Refusal::Conflict(_) => StatusCode::CONFLICT,
            Refusal::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::Unavailable(..) => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What is wrong, as `detail` of the answer: a text or a list of problems.
    pub(crate) fn detail(&self) -> serde_json::Value {
        match self {
            Refusal::Forbidden(text)
            | Refusal::NotFound(text)
            | Refusal::NotAcceptable(text)
            | Refusal::BadRequest(text)
            | Refusal::Conflict(text)
            | Refusal::Unavailable(text, _) => text.as_str().into(),
            Refusal::BadQuery(problems) | Refusal::Invalid(problems) => json!(problems),
            Refusal::TooLarge(limit) => format!("The body is larger than {limit} bytes").into(),
            Refusal::TooSlow => "The body did not arrive in time".into(),
            Refusal::Failed => "Internal Server Error".into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = detail(self.status(), &self.detail());
        if matches!(self, Refusal::Unavailable(_, true)) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// `{"detail": …}`.
pub(crate) fn detail(status: StatusCode, detail: &impl Serialize) -> Response {
    (status, to_json(&json!({ "detail": detail }))).into_response()
}

const JSON: [(HeaderName, HeaderValue); 1] =
    [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];

/// 200 with bytes that are JSON already.
pub(crate) fn json_bytes(bytes: Bytes) -> Response {
    (JSON, bytes).into_response()
}

/// 200 with a value as JSON.
pub(crate) fn to_json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => json_bytes(bytes.into()),
        Err(error) => {
            tracing::error!(%error, "an answer could not be serialised");
            Refusal::Failed.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_and_retry(error: SendError) -> (u16, bool) {
        let response = Refusal::of_send(error, "trades").into_response();
        (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER))
    }

    #[test]
    fn every_failed_send_has_its_status() {
        assert_eq!(status_and_retry(SendError::Overloaded(7)), (503, true));
        assert_eq!(status_and_retry(SendError::Stopped), (503, false));
        assert_eq!(status_and_retry(SendError::NotSendable("trades")), (404, false));
        assert_eq!(status_and_retry(SendError::Invalid(Vec::new())), (422, false));
        let unknown = SendError::UnknownKey { channel: "trades", key: "Z".to_owned() };
        assert_eq!(status_and_retry(unknown), (404, false));
    }
}
