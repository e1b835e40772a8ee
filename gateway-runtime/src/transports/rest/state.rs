//! `GET /api/v1/state/{alias}`: the latest record per key.

use std::sync::Arc;
use std::thread::available_parallelism;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{query, sorted};
use crate::endpoint::StateView;
use crate::transports::answer::{Refusal, json_bytes};
use crate::transports::body::bad_parameter;
use crate::transports::routes::Routes;
use crate::transports::{API, Operation, Shape};

const TAG: &str = "State";

const QUERY: &str = "\
The records can be filtered with `query`, a JSON object; all filters must hold:

```json
{\"filters\": [{\"attr\": \"x\", \"by\": {\"value\": 5, \"where\": \">=\"}}]}
```

`attr` is a column, dotted if it is nested. It is compared (`==`, `!=`, `<`, `<=`, `>` or `>=`) with a `value`, \
with an instant as `when`, or with another column as `attr`.";

pub(super) fn mount(routes: &mut Routes) {
    let states: Vec<Arc<dyn StateView>> = routes.hub().states.values().cloned().collect();
    let operation = Operation::new(TAG, "States").describe("The states that can be read.");
    routes.index("state", operation, &sorted(states.iter().map(|state| state.schema().alias)));
    // More queries at once than there are processors only take memory.
    let running = Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from)));
    for state in states {
        let (schema, channel) = (state.schema(), state.channel());
        let key = schema.key.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
        let operation = Operation::new(TAG, format!("State {}", schema.alias))
            .describe(channel.docs)
            .describe(&format!("The latest record of {} for each {key}, sorted by it.", channel.name))
            .describe(QUERY)
            .query_parameter(
                "query",
                "Which records",
                &json!({ "type": "string", "contentMediaType": "application/json" }),
            )
            .of(channel.payload)
            .replies(Shape::Records(channel.payload))
            .refuses(400, "The query has not the structure of one");
        let running = Arc::clone(&running);
        routes.get(
            format!("{API}/state/{}", schema.alias),
            operation,
            move |parameters: Result<Query<Vec<(String, String)>>, QueryRejection>| {
                answer(Arc::clone(&state), Arc::clone(&running), parameters)
            },
        );
    }
}

async fn answer(
    state: Arc<dyn StateView>,
    running: Arc<Semaphore>,
    parameters: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(pairs) = parameters.map_err(|rejection| {
        bad_parameter(
            "query",
            "query",
            "string_type",
            "Input should be a valid string".to_owned(),
            &rejection.body_text(),
        )
    })?;
    let text = pairs.into_iter().find(|(name, _)| name == "query").map(|(_, text)| text);
    let query = text.map(|text| query::read(&text)).transpose()?.unwrap_or_default();
    let plan = query.plan(state.channel().payload).map_err(Refusal::Invalid)?;
    // The semaphore is never closed.
    let permit = running.acquire_owned().await.map_err(|_| Refusal::Failed)?;
    let records = tokio::task::spawn_blocking(move || {
        let records = state.query(&plan);
        drop(permit);
        records
    });
    records.await.map(json_bytes).map_err(|_| Refusal::Failed)
}
