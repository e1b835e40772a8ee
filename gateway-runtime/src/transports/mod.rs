//! How a gateway is reached from outside.
//!
//! A transport is a module like any other: it mounts its routes on [`Routes`], with an [`Operation`] that
//! documents each of them, and serves what the [`Hub`](crate::hub::Hub) has. The wire is csp-gateway's, so its
//! clients work unchanged.
//!
//! | module | what it serves |
//! |---|---|
//! | [`Rest`] | `last`, `next`, `state`, `lookup`, `send`, `stage`, `field` under `/api/v1` |
//! | [`WebSockets`] | `/api/v1/stream`: ticks as they happen, and sends |
//! | [`ControlsModule`] | `/api/v1/controls`: heartbeat, figures of the process, shutdown |
//! | [`ChannelsGraph`] | `/api/v1/channels_graph`: which module reads and writes which channel |
//!
//! [`Routes::finish`] adds what every gateway has: `/api`, `/openapi.json`, Swagger UI at `/docs`, and JSON
//! answers to requests that no route takes. [`serve`] runs the result on a socket.

mod answer;
pub(crate) mod body;
mod controls;
mod docs;
mod durable;
pub(crate) mod format;
mod graph;
mod modules;
pub mod openapi;
mod origin;
pub(crate) mod parameters;
mod rest;
mod routes;
mod server;
mod websocket;

pub use answer::Refusal;
#[cfg(feature = "duckdb")]
pub(crate) use answer::to_json;
pub use controls::{Controls, ControlsModule};
pub use graph::ChannelsGraph;
pub use openapi::{Operation, Shape};
pub use rest::Rest;
pub use routes::{Routes, RoutesError};
pub use server::serve;
pub use websocket::WebSockets;

/// Where the routes of version 1 are.
pub const API: &str = "/api/v1";
