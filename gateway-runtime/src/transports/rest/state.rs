//! `GET /api/v1/state/{alias}`: the latest record per key.

use std::sync::Arc;
use std::thread::available_parallelism;

use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{query, sorted};
use crate::endpoint::StateView;
use crate::transports::answer::Refusal;
use crate::transports::format::{Answer, Format};
use crate::transports::parameters::{Parameters, pairs};
use crate::transports::routes::Routes;
use crate::transports::{API, Operation, Shape};

const TAG: &str = "State";

const QUERY: &str = "\
The records can be filtered with `query`, a JSON object; all filters must hold:

```json
{\"filters\": [{\"attr\": \"x\", \"by\": {\"value\": 5, \"where\": \">=\"}},
             {\"any\": [{\"attr\": \"y\", \"by\": {\"value\": [\"a\", \"b\"], \"where\": \"in\"}},
                      {\"attr\": \"y\", \"by\": {\"where\": \"is null\"}}]}],
 \"sort\": [{\"attr\": \"x\", \"descending\": true}], \"limit\": 10, \"select\": [\"x\", \"y\"]}
```

`attr` is a column, dotted if it is nested. It is compared (`==`, `!=`, `<`, `<=`, `>` or `>=`) with a `value`, \
with an instant as `when`, or with another column as `attr`; `in` and `not in` take a list of values, `like` a \
pattern with `%` and `_`, `is null` and `is not null` nothing. Of a group `any` at least one must hold, of `all` \
every one; groups can be nested. `sort`, `limit`, `select` and `cursor` are parameters of their own as well, which \
count more.";

pub(super) fn mount(routes: &mut Routes) {
    let states: Vec<Arc<dyn StateView>> = routes.hub().states.values().cloned().collect();
    let operation = Operation::new(TAG, "States").describe("The states that can be read.");
    routes.index("state", operation, &sorted(states.iter().map(|state| state.schema().alias)));
    let text = json!({ "type": "string" });
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
            .query_parameter("sort", "The columns to sort by, `-` before those that descend: `-x,y`", &text)
            .query_parameter("limit", "The most records", &json!({ "type": "integer", "minimum": 1 }))
            .query_parameter("cursor", "What the last answer's header `x-gateway-next-cursor` said", &text)
            .query_parameter("select", "The columns to answer with: `x,y`", &text)
            .of(channel.payload)
            .replies(Shape::Records(channel.payload))
            .in_formats()
            .with_header("x-gateway-next-cursor", "The `cursor` to the next records, if there are more")
            .refuses(400, "The query has not the structure of one");
        let running = Arc::clone(&running);
        routes.get(
            format!("{API}/state/{}", schema.alias),
            operation,
            move |headers: HeaderMap, parameters: Parameters| {
                answer(Arc::clone(&state), Arc::clone(&running), headers, parameters)
            },
        );
    }
}

async fn answer(
    state: Arc<dyn StateView>,
    running: Arc<Semaphore>,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    let pairs = pairs(parameters, "query")?;
    let format = Format::asked(&headers, &pairs)?;
    let channel = state.channel();
    let plan =
        query::parameters(&pairs)?.plan_for(channel.payload, state.schema().key).map_err(Refusal::Invalid)?;
    // The semaphore is never closed.
    let permit = running.acquire_owned().await.map_err(|_| Refusal::Failed)?;
    let response = tokio::task::spawn_blocking(move || {
        let (records, next) = state.find(&plan);
        let select = plan.selected().map(<[String]>::to_vec);
        let response = Answer { channel, records, select, next }.into_response(format);
        drop(permit);
        response
    });
    response.await.unwrap_or(Err(Refusal::Failed))
}
