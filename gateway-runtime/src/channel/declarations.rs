//! Making the channels of a set.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use gateway_schema::{ChannelsSchema, GatewayStruct, IdSource, Payload};

use super::ChannelType;
use super::core::{ChannelCore, OpenCore};
use crate::engine::Ingress;
use crate::settings::Settings;
use crate::store::lookup::Lookup;

/// Makes the channels of a set. Only generated code uses it.
pub struct Declarations {
    schema: &'static ChannelsSchema,
    settings: Arc<Settings>,
    ids: Arc<IdSource>,
    ingress: Ingress,
    lookups: HashMap<TypeId, Box<dyn Any>>,
    /// The states in SQL, under names that tell them apart.
    #[cfg(feature = "duckdb")]
    tables: Vec<gateway_schema::ddl::Table>,
    pub(crate) cores: Vec<Arc<dyn OpenCore>>,
}

impl Declarations {
    pub(crate) fn new(
        schema: &'static ChannelsSchema,
        settings: Arc<Settings>,
        ids: Arc<IdSource>,
        ingress: Ingress,
    ) -> Self {
        Declarations {
            schema,
            settings,
            ids,
            ingress,
            lookups: HashMap::new(),
            #[cfg(feature = "duckdb")]
            tables: gateway_schema::ddl::tables(schema),
            cores: Vec::new(),
        }
    }

    /// Makes the channel at a place of the set. Places are declared in order.
    #[doc(hidden)]
    pub fn channel<C: ChannelType>(&mut self, index: usize) -> C {
        let schema = &self.schema.channels[index];
        let lookup = schema.lookup.then(|| self.lookup::<<C::Payload as Payload>::Struct>());
        let core = ChannelCore::new(
            schema,
            C::is_key,
            &self.settings,
            &self.ids,
            &self.ingress,
            lookup,
            #[cfg(feature = "duckdb")]
            &self.tables,
        );
        self.cores.push(core.clone());
        C::from_core(core)
    }

    /// The records of one struct are looked up together, whichever channel they ticked on.
    fn lookup<T: GatewayStruct>(&mut self) -> Arc<Lookup<T>> {
        let make = || Box::new(Arc::new(Lookup::<T>::new(self.settings.lookup_records)));
        let store = self.lookups.entry(TypeId::of::<T>()).or_insert_with(|| make());
        match store.downcast_ref::<Arc<Lookup<T>>>() {
            Some(store) => Arc::clone(store),
            None => Arc::new(Lookup::new(self.settings.lookup_records)),
        }
    }
}
