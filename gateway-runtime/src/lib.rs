//! The gateway server: channels, engine, state and transports.
//!
//! Start with [`prelude`]: it has everything that a program names. `#[gateway_channels]` declares the
//! channels, `#[derive(GatewayModule)]` the modules, `gateway!` puts them together, and
//! [`Gateway::run`](gateway::Gateway::run) serves them.
//!
//! | module | what it holds |
//! |---|---|
//! | [`channel`] | [`Channel`](channel::Channel), [`Basket`](channel::Basket) |
//! | [`module`] | what a module is and what it may touch |
//! | [`engine`] | the streams that modules compute with |
//! | [`gateway`] | putting modules together and starting them |
//! | [`transports`] | REST, WebSocket, controls, documents |
//! | `sql` | SQL over the state tables, with the feature `duckdb` |
//! | [`replay`] | computing history, then going live |
//! | [`testing`] | running a gateway in simulated time |
//! | [`settings`] | what can be chosen at start, with every bound |

pub mod channel;
pub mod endpoint;
pub mod engine;
mod error;
mod event;
pub mod gateway;
pub mod hub;
pub mod module;
pub mod replay;
mod retention;
pub mod settings;
#[cfg(feature = "duckdb")]
pub mod sql;
pub mod store;
pub mod testing;
pub mod transports;

pub use error::{BoxError, Error, Result};
pub use event::{Event, Part, TickRef};

/// Everything that a program with a gateway names.
pub mod prelude {
    pub use crate::channel::{Basket, Channel, Channels};
    pub use crate::engine::Stream;
    pub use crate::error::{Error, Result};
    pub use crate::event::TickRef;
    pub use crate::gateway::{Gateway, Running};
    pub use crate::module::bus::Stop;
    pub use crate::module::{Connect, Module};
    pub use crate::settings::Settings;
    #[cfg(feature = "duckdb")]
    pub use crate::sql::Sql;
    pub use crate::transports::{ChannelsGraph, Controls, ControlsModule, Rest, WebSockets};
    pub use gateway_derive::{GatewayEnum, GatewayModule, GatewayStruct, gateway, gateway_channels};
    pub use gateway_schema::{Id, Tick, Timestamp};
}

/// What generated code names; not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::channel::{ChannelType, Channels, Declarations};
    pub use crate::error::Result;
    pub use crate::gateway::Gateway;
    pub use crate::module::bus::ModuleContext;
    pub use crate::module::{Connect, GatewayModule, Module, Wired};
    pub use gateway_derive::unknown_channel;
    // For the benchmarks.
    #[cfg(feature = "duckdb")]
    pub use crate::sql::connection;
    pub use crate::store::state::{Bounds, StateTable};
    pub use gateway_schema::__private::*;
}
