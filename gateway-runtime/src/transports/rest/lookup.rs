//! `GET /api/v1/lookup/{channel}/{id}`: a record by its id.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use gateway_schema::Id;
use serde_json::json;

use super::{PathText, channels, sorted, text};
use crate::hub::Hub;
use crate::transports::answer::{Refusal, json_bytes};
use crate::transports::routes::Routes;
use crate::transports::{API, Operation, Shape};

const TAG: &str = "Lookup";

pub(super) fn mount(routes: &mut Routes, all: bool) {
    let endpoints: Vec<_> =
        channels(routes).into_iter().filter(|endpoint| all || endpoint.schema().lookup).collect();
    let operation =
        Operation::new(TAG, "Channels").describe("The channels whose records can be looked up by id.");
    routes.index("lookup", operation, &sorted(endpoints.iter().map(|endpoint| endpoint.schema().name)));

    let id = json!({ "type": "string" });
    let operation = Operation::new(TAG, "A record by its id")
        .describe("The record with this id, of whatever struct, as a list of one.")
        .path_parameter("id", "The id of a record", &id)
        .replies(Shape::Json(json!({ "type": "array", "items": { "type": "object" } })));
    routes.get(
        format!("{API}/lookup/id/{{*id}}"),
        operation,
        |State(hub): State<Arc<Hub>>, id: PathText| async move {
            let id = text(id, "id")?;
            match hub.lookup(&Id::from(id.as_str())) {
                Some(record) => Ok(json_bytes(list_of(Some(record)))),
                None => Err(Refusal::NotFound(format!("No GatewayStruct found with id: {id}"))),
            }
        },
    );

    for endpoint in endpoints {
        let channel = endpoint.schema();
        let operation = Operation::new(TAG, format!("A record like those of {}", channel.name))
            .describe(channel.docs)
            .describe(
                "The record with this id as a list of one, if it is of this channel's struct (it may have ticked \
                 on another channel) and still kept; else an empty list.",
            )
            .path_parameter("id", "The id of a record", &id)
            .of(channel.payload)
            .replies(Shape::Records(channel.payload));
        routes.get(format!("{API}/lookup/{}/{{*id}}", channel.name), operation, move |id: PathText| {
            let found = text(id, "id").map(|id| endpoint.lookup(&Id::from(id.as_str())));
            let answer: Result<Response, Refusal> = found.map(|record| json_bytes(list_of(record)));
            std::future::ready(answer)
        });
    }
}

fn list_of(record: Option<Bytes>) -> Bytes {
    let record = record.unwrap_or_default();
    let mut list = BytesMut::with_capacity(record.len() + 2);
    list.extend_from_slice(b"[");
    list.extend_from_slice(&record);
    list.extend_from_slice(b"]");
    list.freeze()
}
