//! `GET /api/v1/last/{channel}`: the latest records.

use std::sync::Arc;

use axum::response::Response;

use super::{PathText, channels, check_ticks, sorted, text};
use crate::endpoint::Endpoint;
use crate::transports::answer::{Refusal, json_bytes};
use crate::transports::routes::Routes;
use crate::transports::{API, Operation, Shape};

const TAG: &str = "Last";

pub(super) fn mount(routes: &mut Routes) {
    let endpoints = channels(routes);
    let operation =
        Operation::new(TAG, "Channels").describe("The channels whose latest records can be read.");
    routes.index("last", operation, &sorted(endpoints.iter().map(|endpoint| endpoint.schema().name)));
    for endpoint in endpoints {
        let channel = endpoint.schema();
        let path = format!("{API}/last/{}", channel.name);
        let operation = |summary: String| {
            Operation::new(TAG, summary)
                .describe(channel.docs)
                .of(channel.payload)
                .replies(Shape::Records(channel.payload))
        };
        if let Some(key) = channel.key {
            let operation = operation(format!("Latest of a key of {}", channel.name))
                .describe("The latest records of one key; none before its first tick.")
                .key_parameter(key);
            let endpoint = Arc::clone(&endpoint);
            routes.get(format!("{path}/{{*key}}"), operation, move |key: PathText| {
                let endpoint = Arc::clone(&endpoint);
                async move { last(endpoint, Some(text(key, "key")?)).await }
            });
        }
        let operation =
            operation(format!("Latest of {}", channel.name)).describe(if channel.kind.is_basket() {
                "The latest records of all keys; none before the first tick."
            } else {
                "The latest records as a list; empty before the first tick."
            });
        routes.get(path, operation, move || last(Arc::clone(&endpoint), None));
    }
}

async fn last(endpoint: Arc<dyn Endpoint>, key: Option<String>) -> Result<Response, Refusal> {
    check_ticks(&*endpoint, key.as_deref())?;
    if key.is_some() || !endpoint.schema().kind.is_basket() {
        return Ok(json_bytes(endpoint.last(key.as_deref())));
    }
    // A basket may have thousands of keys.
    let bytes = tokio::task::spawn_blocking(move || endpoint.last(None)).await;
    bytes.map(json_bytes).map_err(|_| Refusal::Failed)
}
