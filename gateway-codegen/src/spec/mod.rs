//! Reads a document into the [`ir`](crate::ir).
//!
//! Two kinds of documents are understood. A gateway's own says in the extension `x-gateway` what its channels
//! are. csp-gateway's has no extension, so the channels are found by their routes, and what it does not say
//! is taken in the way that loses nothing: every channel may tick with a list, every key is text.
//!
//! All that is wrong with a document is reported at once, each with its place as a JSON pointer.

mod constraints;
mod cursor;
mod defaults;
mod enums;
mod extension;
mod routes;
mod structs;
mod types;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::ir::Ir;
use cursor::{Cursor, Faults};
use types::Models;

/// Reads a document.
///
/// # Errors
///
/// [`Error::Document`] with everything that is wrong with it.
pub fn read(document: &Value) -> Result<Ir> {
    let faults = Faults::default();
    let ir = document_of(document, &faults);
    let found = faults.into_inner();
    match ir {
        Some(ir) if found.is_empty() => Ok(ir),
        _ => Err(Error::Document(found)),
    }
}

fn document_of(document: &Value, faults: &Faults) -> Option<Ir> {
    let root = Cursor::root(document, faults);
    match root.get("openapi").and_then(|version| version.value.as_str()) {
        Some(version) if version.starts_with("3.") => {}
        Some(version) => {
            root.fault(format!("this is version {version} of OpenAPI; version 3 is understood"));
            return None;
        }
        None => {
            root.fault("this is not an OpenAPI document: it has no `openapi` with a version");
            return None;
        }
    }
    let paths = root.member("paths")?;
    let info = root.get("info");
    let text = |name| info.as_ref().map(|info| info.text_or_empty(name)).unwrap_or_default();
    let mut models = Models::new(root.clone());
    let routes = routes::find(&paths);
    let described = match root.get("x-gateway") {
        Some(extension) => extension::read(&extension, &mut models),
        None => routes::describe(&routes, &mut models),
    };
    if described.channels.is_empty() && faults.is_empty() {
        paths.fault("there is no channel in it: no `x-gateway` names one, and no route like `/api/v1/last/NAME` has one");
    }
    let (structs, enums) = models.into_parts();
    Some(Ir {
        title: text("title"),
        version: text("version"),
        docs: text("description"),
        prefix: routes.prefix,
        structs,
        enums,
        channels: described.channels,
        states: described.states,
        fields: described.fields,
    })
}

/// What a gateway has, by whichever way it was found.
#[derive(Default)]
struct Described {
    channels: Vec<crate::ir::Channel>,
    states: Vec<crate::ir::State>,
    fields: Vec<crate::ir::StaticField>,
}
