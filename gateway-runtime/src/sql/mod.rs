//! SQL over the state tables.
//!
//! Every state is also a table of DuckDB's, with the SQL that [`gateway_schema::ddl`] makes of its schema. The graph
//! notes what changes; rows reach the tables in batches, off the graph's thread, when many have gathered and at the
//! latest when a query asks. So a query sees every tick that was acknowledged before it, and a gateway that nobody
//! asks does next to nothing for it.
//!
//! Queries only read: one `SELECT`, in a read-only transaction, without files, extensions or settings, with a limit
//! on time, memory, rows and bytes.

pub(crate) mod batch;
mod changes;
mod database;
mod file;
mod history;
mod json;
mod migration;
pub(crate) mod mirror;
mod query;
mod routes;
mod run;
mod sink;
pub(crate) mod source;
mod statements;
mod tidy;
mod writer;

use std::ops::Deref;

use duckdb::Connection;
use gateway_schema::Wiring;

use crate::channel::Channels;
use crate::error::BoxError;
use crate::hub::Hub;
use crate::module::{Module, Wired};
use crate::transports::Routes;

/// Serves `POST /api/v1/sql` and `GET /api/v1/tables`: SQL over the state tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sql;

impl<C: Channels> Wired<C> for Sql {
    const WIRING: Wiring = Wiring::NONE.named("Sql");
}

impl<C: Channels> Module<C> for Sql {
    fn wiring(&self) -> Wiring {
        <Self as Wired<C>>::WIRING
    }

    fn prepare(&self, hub: &Hub) {
        hub.tables.start();
    }

    fn mount(&self, routes: &mut Routes) {
        routes::mount(routes);
    }
}

/// A connection to the tables, which sees every change until now: for the benchmarks, which ask for what queries may not.
#[doc(hidden)]
pub fn connection(hub: &Hub) -> Result<impl Deref<Target = Connection>, BoxError> {
    Ok(hub.tables.reader()?)
}
