//! The wire: a real gateway on a free port, and what it answers, byte for byte where it matters.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod client;
mod documents;
mod gateway;
mod lifecycle;
mod queries;
mod refusals;
mod rest;
mod staging;
mod variants;
mod websocket;
