//! `POST /api/v1/send/{channel}`: ticks a channel from outside.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use gateway_schema::KeySchema;
use serde_json::json;

use super::{PathText, channels, target, text};
use crate::endpoint::Endpoint;
use crate::hub::Hub;
use crate::transports::answer::{Refusal, json_bytes};
use crate::transports::body::{bad_parameter, require};
use crate::transports::durable;
use crate::transports::parameters::Parameters;
use crate::transports::routes::Routes;
use crate::transports::{API, Operation, Shape};

const TAG: &str = "Send";

pub(super) fn mount(routes: &mut Routes, all: bool) {
    let endpoints = channels(routes);
    let operation = Operation::new(TAG, "Channels")
        .describe("The channels that can be sent to, baskets with each of their keys as well.");
    routes.index("send", operation, &names(&endpoints));
    for endpoint in endpoints {
        let channel = endpoint.schema();
        if !channel.send && !all {
            continue;
        }
        let path = format!("{API}/send/{}", channel.name);
        let operation = |summary: String| {
            Operation::new(TAG, summary)
                .describe(channel.docs)
                .describe(
                    "Answers with the records as they ticked: id, timestamp and defaults filled in. An id and a \
                     timestamp that are given are kept.",
                )
                .of(channel.payload)
                .replies(Shape::Records(channel.payload))
                .refuses(413, "The body is too large")
                .refuses(503, "The gateway is overloaded or stopping, or its state file cannot be written")
        };
        let operation = |summary: String| {
            let operation = operation(summary);
            if channel.states.is_empty() {
                return operation;
            }
            operation.query_parameter(
                durable::PARAMETER,
                "Answer only when the records are in the state file, which no end of the process undoes",
                &json!({ "type": "boolean", "default": false }),
            )
        };
        if let Some(key) = channel.key {
            let operation = operation(format!("Send to a key of {}", channel.name))
                .describe("Takes a record, or a list of records.")
                .key_parameter(key)
                .takes(Shape::OneOrMany(channel.payload), true);
            let endpoint = Arc::clone(&endpoint);
            routes.post(
                format!("{path}/{{*key}}"),
                operation,
                move |State(hub): State<Arc<Hub>>,
                      key: PathText,
                      parameters: Parameters,
                      headers: HeaderMap,
                      body: Body| {
                    let endpoint = Arc::clone(&endpoint);
                    async move {
                        let key = text(key, "key")?;
                        check_key(&*endpoint, &key)?;
                        let durable = durable::is_asked(&hub, endpoint.schema(), parameters)?;
                        send(&hub, &*endpoint, Some(&key), durable, &headers, body).await
                    }
                },
            );
        }
        let operation = operation(format!("Send to {}", channel.name));
        let operation = match channel.key {
            Some(key) => operation.describe("Takes records by key, which tick together.").takes(
                Shape::ByKey(key, channel.payload, channel.kind == gateway_schema::ChannelKind::ListBasket),
                true,
            ),
            None => operation
                .describe(if channel.kind == gateway_schema::ChannelKind::List {
                    "Takes a record, or a list of records, which tick together."
                } else {
                    "Takes a record, or a list of records, which tick one by one."
                })
                .takes(Shape::OneOrMany(channel.payload), true),
        };
        routes.post(
            path,
            operation,
            move |State(hub): State<Arc<Hub>>, parameters: Parameters, headers: HeaderMap, body: Body| {
                let endpoint = Arc::clone(&endpoint);
                async move {
                    let durable = durable::is_asked(&hub, endpoint.schema(), parameters)?;
                    send(&hub, &*endpoint, None, durable, &headers, body).await
                }
            },
        );
    }
}

/// What can be sent to: `["basket", "basket/A", …, "example"]`.
fn names(endpoints: &[Arc<dyn Endpoint>]) -> Vec<String> {
    let mut names = Vec::new();
    for channel in endpoints.iter().map(|endpoint| endpoint.schema()).filter(|channel| channel.send) {
        names.push(channel.name.to_owned());
        let keys = channel.key.and_then(|key| key.names).unwrap_or_default();
        names.extend(keys.iter().map(|key| target(channel, Some(key))));
    }
    names.sort_unstable();
    names
}

/// A key that an enum does not have is a 422 that lists those it has.
fn check_key(endpoint: &dyn Endpoint, key: &str) -> Result<(), Refusal> {
    let channel = endpoint.schema();
    match channel.key {
        Some(KeySchema { names: Some(names), .. }) if channel.send && !endpoint.is_key(key) => {
            let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            let expected = match names.split_last() {
                Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                _ => names.concat(),
            };
            Err(bad_parameter("path", "key", "enum", format!("Input should be {expected}"), key))
        }
        _ => Ok(()),
    }
}

async fn send(
    hub: &Hub,
    endpoint: &dyn Endpoint,
    key: Option<&str>,
    durable: bool,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let target = target(endpoint.schema(), key);
    if !endpoint.schema().send {
        return Err(Refusal::no_channel(&target));
    }
    let body = require(headers, body, hub.settings.max_body_bytes).await?;
    let records = endpoint.send(key, body).await.map_err(|error| Refusal::of_send(error, &target))?;
    if durable {
        durable::wait(hub).await?;
    }
    Ok(json_bytes(records))
}
