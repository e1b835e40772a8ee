//! The contract of a gateway, as constant data.
//!
//! A struct that derives `GatewayStruct` carries a [`StructSchema`]: its fields, their types, constraints,
//! defaults and documentation. A set of channels carries a [`ChannelsSchema`]. Everything else in the
//! toolkit (validators, columns, documents, routes, clients) is computed from these two, so that it cannot
//! disagree with them.
//!
//! This crate does no input or output and starts no threads.
//!
//! | module | what it holds |
//! |---|---|
//! | [`schema`] | what a struct, a field, an enum and a channel are |
//! | [`wire`] | how a field is read from and written to JSON |
//! | [`constraint`] | what a field's value must satisfy |
//! | [`problem`] | everything that is wrong with a body, with its place |
//! | [`tick`] | one record of a channel: id, timestamp, value |
//! | [`cell`] | one value of one column, for keys, filters and sorting |
//! | [`filter`] | the query language of `state` |
//! | [`ddl`] | state tables in SQL |
//! | [`wiring`] | whether a composition of modules can work, decided at compile time |
//! | [`json_schema`] | JSON Schema of a struct |
//! | [`message`] | the WebSocket protocol's messages |

pub mod cell;
pub mod check;
pub mod constraint;
pub mod ddl;
pub mod filter;
mod id;
pub mod json_schema;
pub mod message;
pub mod problem;
pub mod report;
pub mod schema;
pub mod tick;
mod timestamp;
pub mod wire;
pub mod wiring;

pub use cell::Cell;
pub use constraint::{Constraint, Number};
pub use filter::{Filter, Query};
pub use id::{Id, IdSource};
pub use problem::{Location, Problem, Problems};
pub use schema::{
    ChannelKind, ChannelSchema, ChannelsSchema, Column, EnumSchema, EnumValue, FieldSchema, FieldType,
    HistorySchema, KeySchema, StateSchema, StaticFieldSchema, StructSchema, VariantSchema,
};
pub use tick::Tick;
pub use timestamp::Timestamp;
pub use wire::{BasketKey, GatewayEnum, GatewayStruct, MapKey, ObjectReader, Payload, WireType};
pub use wiring::Wiring;

/// What generated code names; not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::wire::derive;
    pub use crate::*;
    pub use regex::Regex;
    pub use serde;
    pub use serde_json;
}
