//! Channels without their types: what the transports serve.
//!
//! A transport knows channels by name and records as JSON bytes. Both traits here are implemented once, by
//! the typed channel (`ChannelCore`) and the typed state table (`StateTable`).

use std::borrow::Cow;
#[cfg(feature = "duckdb")]
use std::ops::Range;

use bytes::Bytes;
#[cfg(feature = "duckdb")]
use duckdb::arrow::{error::ArrowError, record_batch::RecordBatch};
use futures::future::BoxFuture;
#[cfg(feature = "duckdb")]
use gateway_schema::ddl::TableColumn;
use gateway_schema::filter::Plan;
use gateway_schema::{ChannelSchema, Id, Problem, StateSchema};
use serde_json::Value;

pub use crate::channel::Ticks;
use crate::store::stage::Staging;
pub use crate::store::state::Bounds;

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

    /// The records of [`last`](Self::last), for formats other than JSON.
    fn last_records(&self, key: Option<&str>) -> Box<dyn Records>;

    /// Receives every tick from now on. A receiver that does not keep up loses the oldest ticks and is told
    /// how many; it costs the others nothing.
    fn subscribe(&self) -> Ticks;

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

/// Records, as a transport sees them.
pub trait Records: Send + Sync + 'static {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record at `index`, which is less than [`len`](Self::len), as a JSON object. Serialised at most
    /// once, whoever asks.
    fn json(&self, index: usize) -> Bytes;

    /// All of them as a JSON list.
    fn json_list(&self) -> Bytes;

    /// The records in a range of indexes as an Arrow batch of these columns; lists, maps and any JSON as JSON text.
    ///
    /// # Errors
    ///
    /// Those of Arrow.
    #[cfg(feature = "duckdb")]
    fn batch(&self, columns: &[TableColumn], range: Range<usize>) -> Result<RecordBatch, ArrowError>;
}

/// A table of the latest record per key, as a transport sees it.
pub trait StateView: Send + Sync + 'static {
    /// The channel that feeds it.
    fn channel(&self) -> &'static ChannelSchema;

    /// Its name and key.
    fn schema(&self) -> &'static StateSchema;

    /// The records that satisfy a plan, in its order, by key unless it has another, and the cursor to the
    /// next ones if the plan's limit left some out.
    ///
    /// This may take milliseconds on a large table: call it off the asynchronous threads.
    fn find(&self, plan: &Plan) -> (Box<dyn Records>, Option<String>);

    /// What [`find`](Self::find) finds, as a JSON list of whole records.
    fn query(&self, plan: &Plan) -> Bytes {
        self.find(plan).0.json_list()
    }

    /// How many records there are.
    fn rows(&self) -> usize;

    /// How many bytes of memory they take, their JSON left out.
    fn bytes(&self) -> usize;

    /// What it may hold.
    fn bounds(&self) -> Bounds;

    /// Drops what is too old, which nothing else sees either: reads and writes do so first.
    fn expire(&self);

    /// How many records were dropped to keep within the table's bounds.
    fn dropped(&self) -> u64;
}
