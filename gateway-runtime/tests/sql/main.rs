//! SQL over the state tables of a gateway that runs: what queries see, what they may not do, where they end.

#![cfg(feature = "duckdb")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

#[path = "../wire/client.rs"]
#[expect(dead_code, reason = "nothing is streamed here")]
mod client;
mod download;
mod formats;
mod gateway;
mod limits;
mod reading;
mod streaming;
mod tables;
mod types;
