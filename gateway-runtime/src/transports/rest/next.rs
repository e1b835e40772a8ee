//! `GET /api/v1/next/{channel}`: the next records, when they tick.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use tokio::sync::broadcast::error::RecvError;

use super::{PathText, channels, check_ticks, sorted, text};
use crate::endpoint::{Endpoint, Published};
use crate::hub::Hub;
use crate::transports::answer::{Refusal, json_bytes};
use crate::transports::routes::Routes;
use crate::transports::{API, Operation, Shape};

const TAG: &str = "Next";

pub(super) fn mount(routes: &mut Routes) {
    let endpoints = channels(routes);
    let operation = Operation::new(TAG, "Channels").describe("The channels that can be waited for.");
    routes.index("next", operation, &sorted(endpoints.iter().map(|endpoint| endpoint.schema().name)));
    for endpoint in endpoints {
        let channel = endpoint.schema();
        let path = format!("{API}/next/{}", channel.name);
        let operation = |summary: String| {
            Operation::new(TAG, summary)
                .describe(channel.docs)
                .of(channel.payload)
                .replies(Shape::Records(channel.payload))
                .refuses(503, "The gateway is stopping")
        };
        if let Some(key) = channel.key {
            let operation = operation(format!("Next of a key of {}", channel.name))
                .describe("Waits, without a limit of time, for the next tick of this key.")
                .key_parameter(key);
            let endpoint = Arc::clone(&endpoint);
            routes.get(
                format!("{path}/{{*key}}"),
                operation,
                move |State(hub): State<Arc<Hub>>, key: PathText| {
                    let endpoint = Arc::clone(&endpoint);
                    async move { next(hub, endpoint, Some(text(key, "key")?)).await }
                },
            );
        }
        let operation = operation(format!("Next of {}", channel.name)).describe(if channel.kind.is_basket() {
            "Waits, without a limit of time, for the next tick, and answers with the records of the keys that ticked."
        } else {
            "Waits, without a limit of time, for the next tick."
        });
        routes
            .get(path, operation, move |State(hub): State<Arc<Hub>>| next(hub, Arc::clone(&endpoint), None));
    }
}

async fn next(hub: Arc<Hub>, endpoint: Arc<dyn Endpoint>, key: Option<String>) -> Result<Response, Refusal> {
    check_ticks(&*endpoint, key.as_deref())?;
    let mut ticks = endpoint.subscribe();
    let tick = async {
        loop {
            match ticks.recv().await {
                Ok(tick) => {
                    if let Some(records) = records(&*tick, key.as_deref()) {
                        return Ok(json_bytes(records));
                    }
                }
                // Whichever tick comes next is as good as the one that was missed.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Err(Refusal::stopping()),
            }
        }
    };
    tokio::select! {
        answer = tick => answer,
        () = hub.stopping() => Err(Refusal::stopping()),
    }
}

/// The records of a key, or of all keys of the tick; nothing if the key did not tick.
fn records(tick: &dyn Published, key: Option<&str>) -> Option<Bytes> {
    match key {
        Some(key) => (0..tick.parts()).find(|&part| tick.key(part) == Some(key)).map(|part| tick.json(part)),
        None if tick.parts() == 1 => Some(tick.json(0)),
        None => Some(joined((0..tick.parts()).map(|part| tick.json(part)))),
    }
}

/// One JSON list with the items of several.
fn joined(lists: impl Iterator<Item = Bytes>) -> Bytes {
    let mut all = BytesMut::from(&b"["[..]);
    for list in lists {
        let items = list.strip_prefix(b"[").and_then(|list| list.strip_suffix(b"]")).unwrap_or_default();
        if !items.is_empty() && all.len() > 1 {
            all.extend_from_slice(b",");
        }
        all.extend_from_slice(items);
    }
    all.extend_from_slice(b"]");
    all.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_joined_without_their_brackets() {
        let lists = ["[1,2]", "[]", "[3]"].map(|list| Bytes::from_static(list.as_bytes()));
        assert_eq!(joined(lists.into_iter()), "[1,2,3]");
        assert_eq!(joined(std::iter::empty()), "[]");
    }
}
