//! Making the channels of a set.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use gateway_schema::{ChannelsSchema, GatewayStruct, IdSource, Payload};

use super::ChannelType;
use super::core::{ChannelCore, OpenCore};
use super::fanout::Fanout;
use super::shares::Shares;
use crate::engine::Ingress;
use crate::settings::Settings;
use crate::store::budget::Budget;
use crate::store::lookup::Lookup;

/// What the channels of a gateway have in common.
pub(crate) struct Shared {
    pub(crate) settings: Arc<Settings>,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) ingress: Ingress,
    /// For the JSON that records keep.
    pub(crate) texts: Arc<Budget>,
    pub(crate) fanout: Arc<Fanout>,
    pub(crate) shares: Shares,
}

/// Makes the channels of a set. Only generated code uses it.
pub struct Declarations {
    schema: &'static ChannelsSchema,
    shared: Shared,
    lookups: HashMap<TypeId, Box<dyn Any>>,
    pub(crate) cores: Vec<Arc<dyn OpenCore>>,
}

impl Declarations {
    pub(crate) fn new(
        schema: &'static ChannelsSchema,
        settings: Arc<Settings>,
        ids: Arc<IdSource>,
        ingress: Ingress,
    ) -> Self {
        let shared = Shared {
            shares: Shares::new(schema, &settings),
            fanout: Arc::new(Fanout::new(settings.fanout_bytes)),
            texts: Arc::new(Budget::new(settings.json_bytes)),
            settings,
            ids,
            ingress,
        };
        Declarations { schema, shared, lookups: HashMap::new(), cores: Vec::new() }
    }

    /// Makes the channel at a place of the set. Places are declared in order.
    #[doc(hidden)]
    pub fn channel<C: ChannelType>(&mut self, index: usize) -> C {
        let schema = &self.schema.channels[index];
        let lookup = schema.lookup.then(|| self.lookup::<<C::Payload as Payload>::Struct>());
        let core = ChannelCore::new(schema, C::is_key, &self.shared, lookup);
        self.cores.push(core.clone());
        C::from_core(core)
    }

    /// The records of one struct are looked up together, whichever channel they ticked on.
    fn lookup<T: GatewayStruct>(&mut self) -> Arc<Lookup<T>> {
        let Shared { settings, shares, .. } = &self.shared;
        let make = || Arc::new(Lookup::<T>::new(settings.lookup_records, shares.lookup));
        let store = self.lookups.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(make()));
        store.downcast_ref::<Arc<Lookup<T>>>().map_or_else(make, Arc::clone)
    }
}
