#![doc = include_str!("docs/lib.md")]

#[cfg(feature = "arrow")]
mod batches;
mod channel;
mod client;
mod error;
mod offers;
mod reading;
mod sql;
mod state;
mod stream;

#[cfg(feature = "arrow")]
pub use batches::Batches;
pub use channel::{Any, Basket, BasketSpec, Channel, ChannelSpec, List, Scalar, Shape};
pub use client::{Builder, Client};
pub use error::{Error, Result};
pub use offers::{CanLast, CanLookup, CanNext, CanSend};
pub use state::{Selection, State};
pub use stream::{Heartbeats, KeyedTicks, Ticks};

pub use gateway_derive::{GatewayEnum, GatewayStruct};
pub use gateway_schema::filter::{Clause, Comparison, Operator, Page, Sort};
pub use gateway_schema::tick::Draft;
pub use gateway_schema::{
    BasketKey, Filter, GatewayEnum, GatewayStruct, Id, Location, MapKey, Problem, Query, Tick, Timestamp,
    WireType,
};

// What batches are made of, in the version that they have.
#[cfg(feature = "arrow")]
pub use {arrow_array, arrow_schema};

// The types that fields of generated structs have.
pub use bytes::Bytes;
pub use chrono;
pub use rust_decimal::Decimal;
pub use serde_json;
pub use uuid::Uuid;

/// What generated code names; not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use gateway_schema::__private::*;
}
