//! Channels from their routes, for documents without the extension `x-gateway`.

use super::Described;
use super::cursor::Cursor;
use super::types::Models;
use crate::ir::{Channel, Key, Offers, State, StructId};

/// The families of routes that have a channel's name in them.
const FAMILIES: [&str; 5] = ["last", "next", "send", "lookup", "state"];

/// Where the routes are if there is none to tell.
const PREFIX: &str = "/api/v1";

/// A document's routes of channels and states.
pub(super) struct Routes<'a> {
    pub(super) prefix: String,
    found: Vec<Route<'a>>,
}

/// `{prefix}/{family}/{name}`, or with `/{key}` or `/{id}` after it.
struct Route<'a> {
    family: &'a str,
    name: &'a str,
    keyed: bool,
    path: Cursor<'a>,
}

/// Finds the routes of channels and states, and what is before their families.
pub(super) fn find<'a>(paths: &Cursor<'a>) -> Routes<'a> {
    let mut prefix: Option<&str> = None;
    let mut found = Vec::new();
    for (path, at) in paths.members() {
        let steps: Vec<&str> = path.split('/').collect();
        let Some(index) = steps.iter().position(|step| FAMILIES.contains(step)) else {
            continue;
        };
        let before = steps[..index].iter().map(|step| step.len() + 1).sum::<usize>().saturating_sub(1);
        let here = &path[..before];
        if *prefix.get_or_insert(here) != here {
            continue;
        }
        let family = steps[index];
        let (name, keyed) = match (&steps[index + 1..], family) {
            // Found by id alone, whatever its channel.
            (["id", "{id}"], "lookup") => continue,
            ([name, "{id}"], "lookup") => (*name, false),
            ([name], "last" | "next" | "send" | "state") => (*name, false),
            ([name, "{key}"], "last" | "next" | "send") => (*name, true),
            _ => continue,
        };
        // An index, and a parameter in a name's place.
        if !name.is_empty() && !name.starts_with('{') {
            found.push(Route { family, name, keyed, path: at });
        }
    }
    Routes { prefix: prefix.unwrap_or(PREFIX).to_owned(), found }
}

/// Describes the channels by their routes. A route does not tell whether a tick is one record or a list, nor
/// what a key is: lists and texts can stand for all.
pub(super) fn describe<'a>(routes: &Routes<'a>, models: &mut Models<'a>) -> Described {
    let mut described = Described::default();
    let mut names: Vec<&str> = Vec::new();
    for route in routes.found.iter().filter(|route| route.family != "state") {
        if !names.contains(&route.name) {
            names.push(route.name);
        }
    }
    for name in names {
        let own: Vec<&Route<'a>> =
            routes.found.iter().filter(|route| route.family != "state" && route.name == name).collect();
        let offers = |family| own.iter().any(|route| route.family == family);
        let Some(record) = record(&own, name, models) else {
            continue;
        };
        described.channels.push(Channel {
            name: name.to_owned(),
            docs: String::new(),
            record,
            list: true,
            key: own.iter().any(|route| route.keyed).then_some(Key::String),
            offers: Offers {
                last: offers("last"),
                next: offers("next"),
                send: offers("send"),
                lookup: offers("lookup"),
            },
        });
    }
    for route in routes.found.iter().filter(|route| route.family == "state") {
        if let Some(record) = record(&[route], route.name, models) {
            described.states.push(State {
                alias: route.name.to_owned(),
                docs: String::new(),
                record,
                key: Vec::new(),
            });
        }
    }
    described
}

/// What a channel's records are, by the first route whose answer says it.
fn record<'a>(routes: &[&Route<'a>], name: &str, models: &mut Models<'a>) -> Option<StructId> {
    let answers = routes.iter().filter_map(|route| {
        let method = if route.family == "send" { "post" } else { "get" };
        route.path.descend(&[method, "responses", "200", "content", "application/json", "schema", "items"])
    });
    let answer =
        answers.into_iter().find(|items| items.get("$ref").is_some() || items.get("properties").is_some());
    match (answer, routes.first()) {
        (Some(items), _) => models.record(&items, name),
        (None, Some(route)) => {
            route.path.fault(format!("`{name}` does not say what its records are: no answer with status 200 has a list of objects as its schema"));
            None
        }
        (None, None) => None,
    }
}
