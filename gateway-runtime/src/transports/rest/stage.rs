//! `/api/v1/stage/{channel}`: records that wait to be released; see [`crate::store::stage`].

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use gateway_schema::Id;
use serde_json::json;

use super::{channels, sorted};
use crate::endpoint::Endpoint;
use crate::hub::Hub;
use crate::store::stage::{StageError, Staging};
use crate::transports::answer::{Refusal, json_bytes};
use crate::transports::body::{bad_parameter, read_json};
use crate::transports::durable;
use crate::transports::routes::Routes;
use crate::transports::{API, Operation, Shape};

const TAG: &str = "Stage";

type QueryPairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

pub(super) fn mount(routes: &mut Routes) {
    let endpoints: Vec<_> =
        channels(routes).into_iter().filter(|endpoint| endpoint.staging().is_some()).collect();
    let operation = Operation::new(TAG, "Channels").describe("The channels that records can be staged for.");
    routes.index("stage", operation, &sorted(endpoints.iter().map(|endpoint| endpoint.schema().name)));
    for endpoint in endpoints {
        let channel = endpoint.schema();
        let path = format!("{API}/stage/{}", channel.name);
        let operation = |summary: String| {
            Operation::new(TAG, summary)
                .describe(channel.docs)
                .query_parameter(
                    "id",
                    "Ids of staging areas, separated by commas",
                    &json!({ "type": "string" }),
                )
                .replies(Shape::Areas(channel.payload))
        };

        let add = operation(format!("Stage for {}", channel.name))
            .describe(
                "Adds a record to the areas, to the newest one if no `id` is given, to all if it is empty. \
                 Without a record, makes a new area. Answers with the areas that changed.",
            )
            .takes(Shape::Record(channel.payload), false)
            .refuses(400, "There is no such area, or areas are named without a record")
            .refuses(409, "There is no room for more")
            .refuses(413, "The body is too large");
        let staged = Arc::clone(&endpoint);
        routes.post(
            path.clone(),
            add,
            move |State(hub): State<Arc<Hub>>, query: QueryPairs, headers: HeaderMap, body: Body| {
                let endpoint = Arc::clone(&staged);
                async move {
                    let ids = ids(query)?;
                    let record = read_json(&headers, body, hub.settings.max_body_bytes).await?;
                    run(endpoint, move |stage| stage.add(ids.as_deref(), record.as_ref())).await
                }
            },
        );

        let remove = operation(format!("Unstage from {}", channel.name))
            .describe(
                "With a record, removes the one with its `id` from the areas, from the newest one that has it if no \
                 area is given, from all if `id` is empty. Without a record, empties the areas; drops the newest one \
                 if no `id` is given, all if it is empty. Answers with the areas that changed.",
            )
            .takes(Shape::Record(channel.payload), false)
            .refuses(413, "The body is too large");
        let staged = Arc::clone(&endpoint);
        routes.delete(
            path.clone(),
            remove,
            move |State(hub): State<Arc<Hub>>, query: QueryPairs, headers: HeaderMap, body: Body| {
                let endpoint = Arc::clone(&staged);
                async move {
                    let ids = ids(query)?;
                    let record = read_json(&headers, body, hub.settings.max_body_bytes).await?;
                    run(endpoint, move |stage| stage.remove(ids.as_deref(), record.as_ref())).await
                }
            },
        );

        let release = operation(format!("Release into {}", channel.name))
            .describe(
                "Ticks the channel with the records of the areas, one by one, and drops the areas; all of them if \
                 no `id` is given, none if it is empty. Answers with what was released.",
            )
            .refuses(400, "There is no such area")
            .refuses(503, "The gateway is overloaded or stopping; the records are still staged");
        let staged = Arc::clone(&endpoint);
        routes.patch(path.clone(), release, move |State(hub): State<Arc<Hub>>, query: QueryPairs| {
            let endpoint = Arc::clone(&staged);
            async move {
                let (ids, channel) = (ids(query)?, endpoint.schema());
                let stage = endpoint.staging().ok_or(Refusal::Failed)?;
                let released = stage.release(ids.as_deref()).await;
                let released = released.map_err(|error| Refusal::of_stage(error, channel.name))?;
                if durable::is_default(&hub, channel) {
                    durable::wait(&hub).await?;
                }
                Ok::<_, Refusal>(json_bytes(released))
            }
        });

        let list = operation(format!("Areas of {}", channel.name))
            .describe("The ids of the areas, oldest first.")
            .replies(Shape::Names);
        let staged = Arc::clone(&endpoint);
        routes.get(path.clone(), list, move |query: QueryPairs| {
            let endpoint = Arc::clone(&staged);
            async move {
                let ids = ids(query)?;
                run(endpoint, move |stage| Ok(stage.list(ids.as_deref()))).await
            }
        });

        let lookup = operation(format!("Staged for {}", channel.name)).describe("What the areas hold.");
        routes.put(path, lookup, move |query: QueryPairs| {
            let endpoint = Arc::clone(&endpoint);
            async move {
                let ids = ids(query)?;
                run(endpoint, move |stage| Ok(stage.lookup(ids.as_deref()))).await
            }
        });
    }
}

/// `id=a,b`: the ids. `id=`: an empty list, which is not the same as no `id`.
fn ids(query: QueryPairs) -> Result<Option<Vec<Id>>, Refusal> {
    let Query(pairs) = query.map_err(|rejection| {
        bad_parameter(
            "query",
            "id",
            "string_type",
            "Input should be a valid string".to_owned(),
            &rejection.body_text(),
        )
    })?;
    let ids = pairs.into_iter().find(|(name, _)| name == "id").map(|(_, ids)| ids);
    Ok(ids.map(|ids| ids.split(',').filter(|id| !id.is_empty()).map(Id::from).collect()))
}

/// Areas may hold many records: they are read and written off the asynchronous threads.
async fn run(
    endpoint: Arc<dyn Endpoint>,
    work: impl FnOnce(&dyn Staging) -> Result<Bytes, StageError> + Send + 'static,
) -> Result<Response, Refusal> {
    let channel = endpoint.schema().name;
    let done = tokio::task::spawn_blocking(move || endpoint.staging().map(work)).await;
    let done = done.ok().flatten().ok_or(Refusal::Failed)?;
    done.map(json_bytes).map_err(|error| Refusal::of_stage(error, channel))
}
