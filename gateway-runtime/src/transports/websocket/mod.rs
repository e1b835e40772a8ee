//! `/api/v1/stream`: ticks as they happen, and sends, over one WebSocket.
//!
//! The client sends JSON texts:
//!
//! ```json
//! {"action": "subscribe", "channel": "basket", "key": "A"}
//! ```
//!
//! `action` is `subscribe`, `unsubscribe` or `send`; `send` has `data`, what the REST route takes as its body.
//! A basket without `key` means all of its keys. The server sends a text per tick and key:
//!
//! ```json
//! {"channel": "basket", "key": "A", "data": [{"id": "1", …}]}
//! ```
//!
//! and on the channel `heartbeat` `{"channel": "heartbeat", "data": "PING"}` every second.
//!
//! csp-gateway's clients expect no other texts. A client that wants to know what became of a request adds
//! `"ack": true` to it, and gets one of these, in the order of its requests:
//!
//! ```json
//! {"ack": {"action": "send", "channel": "example"}, "data": [{"id": "1", …}]}
//! {"error": {"status": 422, "detail": [{"type": "missing", …}]}, "request": {"action": "send", "channel": "example"}}
//! ```
//!
//! and, when it subscribed like that and did not keep up, `{"missed": 17, "channel": "example"}` in place of
//! the 17 oldest ticks. A client that does not keep up loses the oldest ticks of its own subscriptions; it
//! holds up nobody else, and what is kept for it is bounded. One that does not answer a ping for a minute and
//! a half is gone.

mod names;
mod queue;
mod reply;
mod session;
mod subscription;

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::answer::{Refusal, to_json};
use super::origin;
use super::routes::Routes;
use super::server::Stream;
use super::{API, Operation, Shape};
use crate::hub::Hub;

/// What a connection reads and writes at once. There may be thousands of them.
const BUFFER: usize = 16 * 1024;

const DESCRIPTION: &str = "\
The channels that can be streamed, baskets by key. The stream itself is a WebSocket on the same path. Subscribe \
with `{\"action\": \"subscribe\", \"channel\": \"…\", \"key\": \"…\"}` (`key` for a key of a basket only), \
unsubscribe likewise, send with `{\"action\": \"send\", \"channel\": \"…\", \"data\": …}`. Ticks come as \
`{\"channel\": \"…\", \"key\": \"…\", \"data\": […]}`. With `\"ack\": true` a request is answered.";

/// Serves the channels over WebSockets, at `/api/v1/stream`.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebSockets;

impl WebSockets {
    pub(crate) fn mount_on(routes: &mut Routes) {
        let operation = Operation::new("Streaming", "Streams").describe(DESCRIPTION).replies(Shape::Names);
        let places =
            Arc::new(Semaphore::new(routes.hub().settings.max_connections.min(Semaphore::MAX_PERMITS)));
        routes.get(
            format!("{API}/stream"),
            operation,
            move |State(hub): State<Arc<Hub>>,
                  stream: Option<Extension<Stream>>,
                  headers: HeaderMap,
                  upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>| {
                std::future::ready(answer(hub, stream, &headers, upgrade, &places))
            },
        );
    }
}

fn answer(
    hub: Arc<Hub>,
    stream: Option<Extension<Stream>>,
    headers: &HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    places: &Arc<Semaphore>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) if headers.contains_key(header::UPGRADE) => {
            return Refusal::BadRequest(rejection.body_text()).into_response();
        }
        Err(_) => return to_json(&names::all(&hub)),
    };
    if !origin::is_allowed(headers, &hub.settings.allow_origin) {
        return origin::refusal().into_response();
    }
    if hub.is_stopping() {
        return Refusal::stopping().into_response();
    }
    let Ok(place) = Arc::clone(places).try_acquire_owned() else {
        let message =
            format!("There are {} streams, which is as many as there may be", hub.settings.max_connections);
        return Refusal::Unavailable(message, true).into_response();
    };
    let limit = hub.settings.max_body_bytes;
    upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |socket| async move {
            session::run(socket, hub).await;
            drop((place, stream));
        })
}
