//! `/api/v1/controls`: whether the gateway is alive, what it uses, and its end.

mod record;
mod stats;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use gateway_schema::{GatewayStruct, IdSource, Tick, Timestamp};
use serde_json::{Map, Value};
use tokio::time::{sleep, timeout};

use super::answer::{Refusal, json_bytes, to_json};
use super::routes::Routes;
use super::{API, Operation, Shape};
use crate::endpoint::{Endpoint, SendError};
use crate::hub::Hub;

pub use record::Controls;

const TAG: &str = "Controls";

/// The name of the channel that carries the records, if the gateway has one.
const CHANNEL: &str = "controls";

/// How long the graph may take to pass a record through.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the answer to `shutdown` gets to leave before the stop begins.
const DEPARTURE: Duration = Duration::from_millis(50);

/// Serves `heartbeat`, `stats` and `shutdown` under `/api/v1/controls`.
///
/// If the gateway has a channel `controls` that takes sends,
///
/// ```
/// use gateway_runtime::prelude::*;
///
/// #[gateway_channels]
/// pub struct Market {
///     /// What the controls answer.
///     #[channel(send, lookup)]
///     pub controls: Channel<Controls>,
/// }
/// ```
///
/// the records of heartbeats and stats go through it: an answer shows that the graph is alive, and the records
/// are in `last` and in the streams like those of any channel. Without it they are answered directly.
#[derive(Debug, Clone, Copy, Default)]
pub struct ControlsModule;

impl ControlsModule {
    pub(crate) fn mount_on(routes: &mut Routes) {
        let operation = Operation::new(TAG, "Controls").describe("The controls there are.");
        routes.index("controls", operation, &["heartbeat", "shutdown", "stats"].map(str::to_owned));
        let operation = |summary: &str| {
            Operation::new(TAG, summary).of(Controls::SCHEMA).replies(Shape::Records(Controls::SCHEMA))
        };
        let ids = Arc::new(IdSource::new());

        let heartbeat = operation("Heartbeat")
            .describe("Answers when the graph has passed a record through, if it has a channel for it.")
            .refuses(503, "The graph does not answer");
        let source = Arc::clone(&ids);
        routes.get(format!("{API}/controls/heartbeat"), heartbeat, move |State(hub): State<Arc<Hub>>| {
            let ids = Arc::clone(&source);
            async move { pass(&hub, &ids, Controls::new("heartbeat", Map::new())).await }
        });

        let stats = operation("Figures of the process and its machine")
            .describe(
                "In `data`: `cpu` in percent of all processors, `memory` in use and `memory-total` available in \
                 percent of the machine's, `pid`, `active_threads` of the process, `max_threads` of the machine, \
                 `now` and the engine's time `csp-now`, `host` and `user`. `data_str` is `data` as a text.",
            )
            .refuses(503, "The graph does not answer");
        let (source, meter) = (Arc::clone(&ids), Arc::new(stats::Meter::new()));
        routes.get(format!("{API}/controls/stats"), stats, move |State(hub): State<Arc<Hub>>| {
            let (ids, meter) = (Arc::clone(&source), Arc::clone(&meter));
            async move {
                let data =
                    tokio::task::spawn_blocking(move || meter.read()).await.map_err(|_| Refusal::Failed)?;
                pass(&hub, &ids, Controls::new("stats", data)).await
            }
        });

        let shutdown = operation("Stop the gateway")
            .describe("Requests in flight and streams get a moment to finish; then the process ends.");
        routes.post(format!("{API}/controls/shutdown"), shutdown, move |State(hub): State<Arc<Hub>>| {
            let answer = directly(&ids, Controls::new("shutdown", Map::new()));
            tokio::spawn(async move {
                // The answer first.
                sleep(DEPARTURE).await;
                tracing::info!("stopping, as asked for by a request");
                hub.request_stop();
            });
            std::future::ready(answer)
        });
    }
}

/// Sends a record through the graph, or answers it directly where there is no channel for it.
async fn pass(hub: &Hub, ids: &IdSource, record: Controls) -> Result<Response, Refusal> {
    match channel(hub) {
        Some(endpoint) => through(&**endpoint, &record).await.map(json_bytes),
        None => Ok(directly(ids, record)),
    }
}

fn channel(hub: &Hub) -> Option<&Arc<dyn Endpoint>> {
    hub.channels.get(CHANNEL).filter(|endpoint| {
        let schema = endpoint.schema();
        schema.send && schema.key.is_none() && schema.payload.name == Controls::SCHEMA.name
    })
}

async fn through(endpoint: &dyn Endpoint, record: &Controls) -> Result<Bytes, Refusal> {
    let silent = || Refusal::Unavailable("The graph does not answer".to_owned(), true);
    let sent = timeout(PATIENCE, endpoint.send(None, record.to_json())).await.map_err(|_| silent())?;
    sent.map_err(|error| match error {
        SendError::Overloaded(_) => silent(),
        error => Refusal::of_send(error, CHANNEL),
    })
}

fn directly(ids: &IdSource, value: Controls) -> Response {
    to_json(&[Tick { id: ids.next(), timestamp: Timestamp::now(), value }])
}

impl Controls {
    fn new(name: &str, data: Map<String, Value>) -> Self {
        let data_str = if data.is_empty() { String::new() } else { Value::from(data.clone()).to_string() };
        Controls { name: name.to_owned(), status: "ok".to_owned(), data, data_str }
    }
}
