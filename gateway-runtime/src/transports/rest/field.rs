//! `GET /api/v1/field/{name}`: the plain values of a set of channels.

use bytes::Bytes;
use serde_json::json;

use super::sorted;
use crate::transports::answer::json_bytes;
use crate::transports::routes::Routes;
use crate::transports::{API, Operation, Shape};

const TAG: &str = "Field";

pub(super) fn mount(routes: &mut Routes) {
    let fields = routes.hub().fields.clone();
    if fields.is_empty() {
        return;
    }
    let operation = Operation::new(TAG, "Fields").describe("The fields that can be read.");
    routes.index("field", operation, &sorted(fields.keys().copied()));
    for (name, value) in fields {
        let docs =
            routes.hub().schema.fields.iter().find(|field| field.name == name).map_or("", |field| field.docs);
        let operation =
            Operation::new(TAG, format!("Field {name}")).describe(docs).replies(Shape::Json(json!({})));
        let answer = Bytes::from(value.to_string());
        routes.get(format!("{API}/field/{name}"), operation, move || {
            std::future::ready(json_bytes(answer.clone()))
        });
    }
}
