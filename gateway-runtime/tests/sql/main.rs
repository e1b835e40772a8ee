//! SQL over the state tables of a gateway that runs: what queries see, what they may not do, where they end.

#![cfg(feature = "duckdb")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod bounds;
#[path = "../wire/client.rs"]
#[expect(dead_code, reason = "nothing is streamed here")]
mod client;
mod download;
mod file;
mod formats;
mod gateway;
mod history;
mod limits;
mod migration;
mod packing;
mod reading;
mod streaming;
mod tables;
mod traps;
mod types;
