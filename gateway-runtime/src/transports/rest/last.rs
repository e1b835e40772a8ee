//! `GET /api/v1/last/{channel}`: the latest records.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;

use super::{PathText, channels, check_ticks, sorted, text};
use crate::endpoint::Endpoint;
use crate::transports::answer::{Refusal, json_bytes};
use crate::transports::format::{Answer, Format, PARAMETER};
use crate::transports::parameters::{Parameters, pairs};
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
                .key_parameter(key)
                .in_formats();
            let endpoint = Arc::clone(&endpoint);
            routes.get(
                format!("{path}/{{*key}}"),
                operation,
                move |key: PathText, headers: HeaderMap, parameters: Parameters| {
                    let endpoint = Arc::clone(&endpoint);
                    async move { last(endpoint, Some(text(key, "key")?), headers, parameters).await }
                },
            );
        }
        let operation = operation(format!("Latest of {}", channel.name))
            .describe(if channel.kind.is_basket() {
                "The latest records of all keys; none before the first tick."
            } else {
                "The latest records as a list; empty before the first tick."
            })
            .in_formats();
        routes.get(path, operation, move |headers: HeaderMap, parameters: Parameters| {
            last(Arc::clone(&endpoint), None, headers, parameters)
        });
    }
}

async fn last(
    endpoint: Arc<dyn Endpoint>,
    key: Option<String>,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    check_ticks(&*endpoint, key.as_deref())?;
    let format = Format::asked(&headers, &pairs(parameters, PARAMETER)?)?;
    let is_small = key.is_some() || !endpoint.schema().kind.is_basket();
    if is_small && format == Format::Json {
        return Ok(json_bytes(endpoint.last(key.as_deref())));
    }
    // A basket may have thousands of keys.
    let response = tokio::task::spawn_blocking(move || {
        let (channel, records) = (endpoint.schema(), endpoint.last_records(key.as_deref()));
        Answer { channel, records, select: None, next: None }.into_response(format)
    });
    response.await.unwrap_or(Err(Refusal::Failed))
}
