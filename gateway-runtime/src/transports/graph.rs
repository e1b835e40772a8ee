//! `GET /api/v1/channels_graph`: which module reads and writes which channel.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::answer::to_json;
use super::routes::Routes;
use super::{API, Operation, Shape};
use crate::hub::Hub;

/// Serves the graph of modules and channels at `/api/v1/channels_graph`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChannelsGraph;

impl ChannelsGraph {
    pub(crate) fn mount_on(routes: &mut Routes) {
        let names = json!({ "type": "array", "items": { "type": "string" } });
        let channel = json!({
            "type": "object",
            "properties": { "getters": names, "setters": names },
            "required": ["getters", "setters"],
        });
        let operation = Operation::new("Utility", "Modules and channels")
            .describe("By channel, the modules that read it and those that write it; `Send[channel]` is the outside.")
            .replies(Shape::Json(json!({ "type": "object", "additionalProperties": channel })));
        routes.get(format!("{API}/channels_graph"), operation, |State(hub): State<Arc<Hub>>| {
            std::future::ready(answer(&hub))
        });
    }
}

fn answer(hub: &Hub) -> Response {
    let modules = hub.graph.get().map(|graph| graph.modules.as_slice()).unwrap_or_default();
    let channel = |channel: &gateway_schema::ChannelSchema| {
        let readers = modules.iter().filter(|module| module.reads.contains(&channel.name));
        let getters: Vec<&str> = readers.map(|module| module.name).collect();
        let writers = modules.iter().filter(|module| module.writes.contains(&channel.name));
        let mut setters: Vec<String> = writers.map(|module| module.name.to_owned()).collect();
        if channel.send {
            setters.push(format!("Send[{}]", channel.name));
        }
        (channel.name.to_owned(), json!({ "getters": getters, "setters": setters }))
    };
    let channels: Map<String, Value> = hub.schema.channels.iter().map(channel).collect();
    to_json(&channels)
}
