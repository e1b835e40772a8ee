//! Channels without their types: what the transports serve.
//!
//! A transport knows channels by name and records as JSON bytes. Both traits here are implemented once, by
//! the typed channel (`ChannelCore`) and the typed state table (`StateTable`).

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use gateway_schema::filter::Plan;
use gateway_schema::{ChannelSchema, Id, Problem, StateSchema};
use serde_json::Value;
use tokio::sync::broadcast;

use crate::store::stage::Staging;

/// A channel, as a transport sees it.
pub trait Endpoint: Send + Sync + 'static {
    /// What the channel is.
    fn schema(&self) -> &'static ChannelSchema;

    /// Whether anything can make it tick: a module writes it, or it may be sent to.
    fn is_provided(&self) -> bool;

    /// Whether the basket can have this key. False for every key of a channel that is not a basket.
    fn is_key(&self, key: &str) -> bool;

    /// The keys that a basket has, in order: all of an enum's, else those that have ticked.
    fn keys(&self) -> Vec<Cow<'static, str>>;

    /// The latest records as a JSON list: of one key, or of all keys in order. Empty before the first tick.
    fn last(&self, key: Option<&str>) -> Bytes;

    /// Receives every tick from now on. A receiver that does not keep up loses the oldest ticks and is told
    /// how many; it costs the others nothing.
    fn subscribe(&self) -> broadcast::Receiver<Arc<dyn Published>>;

    /// The record with this id as a JSON object, if the channel's struct is kept for lookup and it is still
    /// there.
    fn lookup(&self, id: &Id) -> Option<Bytes>;

    /// Reads records from `body`, validates them, and ticks the channel.
    ///
    /// A scalar channel takes an object or a list, one tick each; a list channel takes either as one tick; a
    /// basket takes `{key: …}` as one atomic tick, or with a `key` what a channel takes.
    ///
    /// Answers with the records as they ticked (id, timestamp and defaults filled in) as a JSON list, when
    /// they are visible in `last`, state and lookup. Large bodies are read, and large answers written, off the
    /// asynchronous threads.
    fn send<'a>(&'a self, key: Option<&'a str>, body: Value) -> BoxFuture<'a, Result<Bytes, SendError>>;

    /// The staging areas, if the channel has them.
    fn staging(&self) -> Option<&dyn Staging>;
}

/// Why a send did not tick the channel.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The channel does not take sends: it is not marked `send`.
    #[error("channel `{0}` does not accept sends; mark it `#[channel(send)]`")]
    NotSendable(&'static str),
    /// The basket cannot have the key.
    #[error("channel `{channel}` has no key `{key}`")]
    UnknownKey {
        /// The channel.
        channel: &'static str,
        /// The key.
        key: String,
    },
    /// The body is wrong; nothing ticked.
    #[error("the body has {} problems", .0.len())]
    Invalid(Vec<Problem>),
    /// The graph has more waiting than it may hold.
    #[error("the gateway is overloaded: {0} messages wait to be processed; try again later")]
    Overloaded(usize),
    /// The graph is not running (any more).
    #[error("the gateway is not running")]
    Stopped,
}

/// One tick of a channel, shared by everyone who is sent it.
pub trait Published: Send + Sync + 'static {
    /// How many keys ticked together; one for a channel that is not a basket.
    fn parts(&self) -> usize;

    /// The key of a part; none for a channel that is not a basket.
    fn key(&self, part: usize) -> Option<&str>;

    /// The records of a part as a JSON list. Serialised at most once, whoever asks.
    fn json(&self, part: usize) -> Bytes;

    /// The WebSocket frame of a part: `{"channel":…,"data":[…]}`, with `"key"` for baskets. Made at most once.
    fn frame(&self, part: usize) -> Bytes;
}

/// A table of the latest record per key, as a transport sees it.
pub trait StateView: Send + Sync + 'static {
    /// The channel that feeds it.
    fn channel(&self) -> &'static ChannelSchema;

    /// Its name and key.
    fn schema(&self) -> &'static StateSchema;

    /// The records that satisfy a plan, sorted by key, as a JSON list.
    ///
    /// This may take milliseconds on a large table: call it off the asynchronous threads.
    fn query(&self, plan: &Plan) -> Bytes;

    /// How many records there are.
    fn rows(&self) -> usize;

    /// How many records were dropped to keep within the table's bound.
    fn dropped(&self) -> u64;
}
