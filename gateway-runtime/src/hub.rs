//! What the transports share: every channel, state table and static field by name.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use gateway_schema::{ChannelsSchema, Id};
use serde_json::Value;
use tokio::sync::watch;

use crate::endpoint::{Endpoint, StateView};
use crate::settings::Settings;

/// Every channel, state table and static field of a gateway, by name.
pub struct Hub {
    /// What the set of channels is.
    pub schema: &'static ChannelsSchema,
    /// The settings the gateway runs with.
    pub settings: Arc<Settings>,
    /// The channels by name.
    pub channels: BTreeMap<&'static str, Arc<dyn Endpoint>>,
    /// The state tables by alias.
    pub states: BTreeMap<&'static str, Arc<dyn StateView>>,
    /// The static fields by name.
    pub fields: BTreeMap<&'static str, Value>,
    /// Modules, channels and what connects them.
    pub graph: OnceLock<GraphPicture>,
    /// When the gateway was built.
    pub since: Instant,
    /// The states as tables of SQL.
    #[cfg(feature = "duckdb")]
    pub(crate) tables: Arc<crate::sql::mirror::Mirror>,
    pub(crate) stop: watch::Sender<bool>,
}

/// The modules of a gateway and the channels they touch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GraphPicture {
    /// The modules in the order of the composition.
    pub modules: Vec<ModulePicture>,
}

/// One module of a gateway and the channels it touches.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ModulePicture {
    /// The module's name in the composition.
    pub name: &'static str,
    /// Channels it reads, now or by feedback.
    pub reads: Vec<&'static str>,
    /// Channels it writes.
    pub writes: Vec<&'static str>,
}

impl Hub {
    /// The gateway's name in documents.
    pub fn title(&self) -> &str {
        self.settings.title.as_deref().unwrap_or(self.schema.name)
    }

    /// The channel with this name (`example-list` is found as `example_list` too).
    pub fn channel(&self, name: &str) -> Option<&Arc<dyn Endpoint>> {
        self.channels.get(name).or_else(|| self.channels.get(name.replace('-', "_").as_str()))
    }

    /// The state table with this alias (`-` for `_` as well).
    pub fn state(&self, alias: &str) -> Option<&Arc<dyn StateView>> {
        self.states.get(alias).or_else(|| self.states.get(alias.replace('-', "_").as_str()))
    }

    /// The record with this id, of whatever struct.
    pub fn lookup(&self, id: &Id) -> Option<bytes::Bytes> {
        self.channels.values().find_map(|channel| channel.lookup(id))
    }

    /// Whether the state tables are in a file.
    pub(crate) fn has_state_file(&self) -> bool {
        #[cfg(feature = "duckdb")]
        return self.tables.is_durable();
        #[cfg(not(feature = "duckdb"))]
        return false;
    }

    /// Whether sends are durable that do not say whether they are.
    pub(crate) fn is_durable_unasked(&self) -> bool {
        #[cfg(feature = "duckdb")]
        return self.settings.durable && self.has_state_file();
        #[cfg(not(feature = "duckdb"))]
        return false;
    }

    /// Waits until every tick until now is in the state file.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub(crate) async fn durable(&self) -> Result<(), Arc<str>> {
        #[cfg(feature = "duckdb")]
        return self.tables.durable().await;
        #[cfg(not(feature = "duckdb"))]
        return Err("the gateway is built without the feature `duckdb`".into());
    }

    /// Begins to stop the gateway: requests in flight get a moment to finish, streams are closed, the graph
    /// ends.
    pub fn request_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether the gateway is stopping.
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until the gateway begins to stop.
    pub async fn stopping(&self) {
        // The sender lives as long as the hub, so this ends only by the value.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}
