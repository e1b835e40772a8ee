//! The API's document, OpenAPI 3.1.
//!
//! It is made once, when the routes are complete, from the operations that modules gave with their routes and
//! the schemas of the channels. csp-gateway's client reads `paths`, the schema of answer 200 and the
//! operation's member `type_`; our own code generation reads `x-gateway` as well:
//!
//! ```json
//! {"version": "0.1.0",
//!  "channels": [{"name": "trades", "description": "", "kind": "scalar", "struct": "Trade", "key": null,
//!                "last": true, "next": true, "send": true, "stage": false, "lookup": true}],
//!  "states": [{"alias": "trades", "channel": "trades", "key": ["symbol"], "description": ""}],
//!  "fields": [{"name": "venue", "description": ""}]}
//! ```

mod names;
mod operation;

use std::collections::{HashMap, HashSet};

use gateway_schema::json_schema::{Definitions, Direction};
use gateway_schema::{ChannelSchema, KeySchema};
use serde_json::{Map, Value, json};

pub use names::NameConflict;
pub use operation::{Operation, Shape};

use super::API;
use super::routes::Verb;
use crate::hub::Hub;

/// The version of the extension `x-gateway`.
const EXTENSION: &str = "0.1.0";

/// Makes the document of the routes that have an operation.
pub(crate) fn document<'a>(
    hub: &Hub,
    operations: impl Iterator<Item = (&'a str, Verb, &'a Operation)>,
) -> Result<Value, NameConflict> {
    let operations: Vec<_> = operations.collect();
    names::check(hub.schema, operations.iter().map(|(_, _, operation)| *operation))?;

    let mut definitions = Definitions::new();
    for channel in hub.schema.channels {
        // Before the structs: an enum that is also the type of a field has the fuller schema there.
        if let Some(KeySchema { name, names: Some(names) }) = channel.key {
            definitions.named(name, json!({ "type": "string", "title": name, "enum": names }));
        }
    }
    for channel in hub.schema.channels {
        definitions.record(channel.payload, Direction::Out);
    }
    definitions.named(names::ERROR, error());
    definitions.named(names::PROBLEMS, problems());

    let mut paths = Map::new();
    let mut ids = HashMap::new();
    for (path, verb, operation) in operations {
        let path = path.replace("{*", "{");
        let id = unique(&mut ids, operation_id(verb, &path));
        let described = operation.describe_in(&mut definitions, id);
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[verb.member()] = described;
    }
    let extension = extension(hub, &paths);
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": hub.title(),
            "description": hub.schema.docs,
            "version": env!("CARGO_PKG_VERSION"),
        },
        "paths": paths,
        "components": { "schemas": definitions.into_map() },
        "x-gateway": extension,
    }))
}

fn extension(hub: &Hub, paths: &Map<String, Value>) -> Value {
    let mounted: HashSet<&str> = paths.keys().filter_map(|path| path.strip_prefix(API)).collect();
    let has = |family: &str, name: &str| mounted.contains(format!("/{family}/{name}").as_str());
    let channel = |channel: &ChannelSchema| {
        json!({
            "name": channel.name,
            "description": channel.docs,
            "kind": channel.kind.name(),
            "struct": channel.payload.name,
            "key": channel.key.map(|key| json!({ "name": key.name, "names": key.names })),
            "last": has("last", channel.name),
            "next": has("next", channel.name),
            "send": channel.send && has("send", channel.name),
            "stage": channel.stage && has("stage", channel.name),
            "lookup": channel.lookup && mounted.contains(format!("/lookup/{}/{{id}}", channel.name).as_str()),
        })
    };
    let state = |channel: &'static ChannelSchema| {
        channel.states.iter().filter(|state| has("state", state.alias)).map(|state| {
            json!({
                "alias": state.alias,
                "channel": channel.name,
                "key": state.key,
                "description": channel.docs,
            })
        })
    };
    let fields = hub.schema.fields.iter().filter(|field| has("field", field.name));
    json!({
        "version": EXTENSION,
        "channels": hub.schema.channels.iter().map(channel).collect::<Vec<_>>(),
        "states": hub.schema.channels.iter().flat_map(state).collect::<Vec<_>>(),
        "fields": fields.map(|field| json!({ "name": field.name, "description": field.docs })).collect::<Vec<_>>(),
    })
}

/// `get /api/v1/last/basket/{key}` becomes `get_last_basket_by_key`.
fn operation_id(verb: Verb, path: &str) -> String {
    let mut id = verb.member().to_owned();
    for segment in path.strip_prefix(API).unwrap_or(path).split('/').filter(|segment| !segment.is_empty()) {
        let parameter = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
        id.push_str(if parameter.is_some() { "_by_" } else { "_" });
        let word = parameter.unwrap_or(segment);
        id.extend(word.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }));
    }
    id
}

/// A channel `basket_by_key` would get the id of the key route of `basket`.
fn unique(taken: &mut HashMap<String, usize>, id: String) -> String {
    let count = taken.entry(id.clone()).or_default();
    *count += 1;
    match *count {
        1 => id,
        count => unique(taken, format!("{id}_{count}")),
    }
}

fn error() -> Value {
    json!({
        "type": "object",
        "title": names::ERROR,
        "description": "Why a request was not served.",
        "properties": { "detail": { "type": "string" } },
        "required": ["detail"],
    })
}

fn problems() -> Value {
    json!({
        "type": "object",
        "title": names::PROBLEMS,
        "description": "Everything that is wrong with a request, each with its place.",
        "properties": {
            "detail": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "type": { "type": "string", "description": "A stable word for programs." },
                        "loc": {
                            "type": "array",
                            "items": { "anyOf": [{ "type": "string" }, { "type": "integer" }] },
                            "description": "The way to the value: `body`, members and indexes.",
                        },
                        "msg": { "type": "string", "description": "What is wrong, for people." },
                        "input": { "description": "The value that is wrong." },
                        "ctx": { "type": "object", "description": "The numbers and texts that `msg` names." },
                    },
                    "required": ["type", "loc", "msg"],
                },
            },
        },
        "required": ["detail"],
    })
}
