//! The REST routes under `/api/v1`.
//!
//! Every family (`last`, `next`, `state`, `lookup`, `send`, `stage`, `field`) has a route for each of its
//! names, so that a name that does not exist is a plain 404 and a wrong method a 405, and an index at
//! `/api/v1/{family}/` that lists the names.

mod field;
mod last;
mod lookup;
mod next;
mod query;
mod send;
mod stage;
mod state;

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use gateway_schema::ChannelSchema;

use super::answer::Refusal;
use super::body::bad_parameter;
use super::routes::Routes;
use crate::endpoint::Endpoint;

/// Serves the channels, states and fields under `/api/v1`.
///
/// A channel has the routes that it is declared for: `send` only with `#[channel(send)]`, `lookup` only with
/// `#[channel(lookup)]`, and so on.
#[derive(Debug, Clone, Default)]
pub struct Rest {
    /// Mounts `send` and `lookup` for every channel. Those that a channel is not declared for answer that
    /// the channel was not found, or that there is no such record, instead of not being there, as in
    /// csp-gateway.
    pub mount_all: bool,
}

impl Rest {
    pub(crate) fn mount_on(&self, routes: &mut Routes) {
        last::mount(routes);
        next::mount(routes);
        state::mount(routes);
        lookup::mount(routes, self.mount_all);
        send::mount(routes, self.mount_all);
        stage::mount(routes);
        field::mount(routes);
    }
}

/// A parameter of the path; it may have slashes.
type PathText = Result<Path<String>, PathRejection>;

fn text(path: PathText, name: &'static str) -> Result<String, Refusal> {
    path.map(|Path(text)| text).map_err(|rejection| {
        let message = "Input should be valid UTF-8, percent-encoded".to_owned();
        bad_parameter("path", name, "string_unicode", message, &rejection.body_text())
    })
}

/// The channels in the order of their declaration.
fn channels(routes: &Routes) -> Vec<Arc<dyn Endpoint>> {
    let hub = routes.hub();
    hub.schema.channels.iter().filter_map(|channel| hub.channels.get(channel.name).cloned()).collect()
}

/// The names of channels, sorted.
fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// Refuses a channel that cannot tick and a key that its basket cannot have.
fn check_ticks(endpoint: &dyn Endpoint, key: Option<&str>) -> Result<(), Refusal> {
    let known = endpoint.is_provided() && key.is_none_or(|key| endpoint.is_key(key));
    if known { Ok(()) } else { Err(Refusal::no_channel(&target(endpoint.schema(), key))) }
}

/// `channel` or `channel/key`, as messages name them.
fn target(channel: &ChannelSchema, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("{}/{key}", channel.name),
        None => channel.name.to_owned(),
    }
}
