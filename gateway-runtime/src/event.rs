//! Ticks as they travel: shared, and serialised at most once.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
#[cfg(feature = "duckdb")]
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
#[cfg(feature = "duckdb")]
use duckdb::arrow::{error::ArrowError, record_batch::RecordBatch};
#[cfg(feature = "duckdb")]
use gateway_schema::ddl::TableColumn;
use gateway_schema::{ChannelSchema, GatewayStruct, Tick};
use smallvec::SmallVec;

use crate::endpoint::{Published, Records};

/// A [`Tick`] shared by the graph, the stores and everyone who is sent it.
///
/// Cloning it copies a pointer. Its fields and those of its value are read directly: `tick.id`,
/// `tick.price`.
pub struct TickRef<T>(Arc<Shared<T>>);

struct Shared<T> {
    tick: Tick<T>,
    json: OnceLock<Bytes>,
}

impl<T> TickRef<T> {
    /// Shares a tick.
    pub fn new(tick: Tick<T>) -> Self {
        TickRef(Arc::new(Shared { tick, json: OnceLock::new() }))
    }
}

#[cfg(feature = "duckdb")]
impl<T> TickRef<T> {
    /// Whether both share one tick.
    pub(crate) fn is_same(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }
}

#[cfg(feature = "duckdb")]
impl<T: GatewayStruct> TickRef<T> {
    /// The record as JSON text, which is not kept; nothing if it cannot be written.
    pub(crate) fn text(&self) -> Option<String> {
        let bytes = self.0.json.get().cloned().unwrap_or_else(|| serialise(&self.0.tick));
        String::from_utf8(bytes.into()).ok()
    }
}

impl<T: GatewayStruct> TickRef<T> {
    /// The record as a JSON object. Serialised at the first call only.
    pub fn json(&self) -> Bytes {
        self.json_ref().clone()
    }

    fn json_ref(&self) -> &Bytes {
        self.0.json.get_or_init(|| serialise(&self.0.tick))
    }
}

thread_local! {
    /// Where records are written before they get the memory that they need, which is then known.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A record larger than this does not keep its room on every thread that ever wrote one.
const KEPT_SCRATCH: usize = 64 * 1024;

fn serialise<T: GatewayStruct>(tick: &Tick<T>) -> Bytes {
    // Taken, not borrowed: a user's `WireType` may ask for the JSON of another record.
    let mut scratch = SCRATCH.take();
    scratch.clear();
    let bytes = match serde_json::to_writer(&mut scratch, tick) {
        Ok(()) => Bytes::copy_from_slice(&scratch),
        // A user's `WireType` refused its own value.
        Err(_) => Bytes::from_static(b"null"),
    };
    if scratch.capacity() <= KEPT_SCRATCH {
        SCRATCH.set(scratch);
    }
    bytes
}

impl<T> Clone for TickRef<T> {
    fn clone(&self) -> Self {
        TickRef(Arc::clone(&self.0))
    }
}

impl<T> Deref for TickRef<T> {
    type Target = Tick<T>;

    fn deref(&self) -> &Tick<T> {
        &self.0.tick
    }
}

impl<T: fmt::Debug> fmt::Debug for TickRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.tick.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for TickRef<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.tick == other.0.tick
    }
}

/// The records of one key that ticked together; of the whole channel, if it is not a basket.
#[derive(Debug)]
pub struct Part<T> {
    /// The basket's key on the wire.
    pub key: Option<Arc<str>>,
    /// One record, or for list channels any number.
    pub ticks: SmallVec<[TickRef<T>; 1]>,
}

impl<T> Clone for Part<T> {
    fn clone(&self) -> Self {
        Part { key: self.key.clone(), ticks: self.ticks.clone() }
    }
}

/// One tick of a channel: what ticked at one instant, atomically.
#[derive(Debug)]
pub struct Event<T> {
    channel: &'static ChannelSchema,
    parts: SmallVec<[Part<T>; 1]>,
    frames: OnceLock<Box<[Bytes]>>,
}

impl<T> Event<T> {
    pub(crate) fn new(channel: &'static ChannelSchema, parts: SmallVec<[Part<T>; 1]>) -> Arc<Self> {
        Arc::new(Event { channel, parts, frames: OnceLock::new() })
    }

    /// What ticked, by key.
    pub fn parts(&self) -> &[Part<T>] {
        &self.parts
    }

    /// Every record, in order.
    pub fn ticks(&self) -> impl Iterator<Item = &TickRef<T>> {
        self.parts.iter().flat_map(|part| &part.ticks)
    }
}

impl<T: GatewayStruct> Published for Event<T> {
    fn parts(&self) -> usize {
        self.parts.len()
    }

    fn key(&self, part: usize) -> Option<&str> {
        self.parts[part].key.as_deref()
    }

    fn json(&self, part: usize) -> Bytes {
        json_list(self.parts[part].ticks.iter())
    }

    fn frame(&self, part: usize) -> Bytes {
        let frames = || self.parts.iter().map(|part| frame(self.channel.name, part)).collect();
        self.frames.get_or_init(frames)[part].clone()
    }
}

/// Records as a JSON list, from the bytes that each has or gets.
pub(crate) fn json_list<'a, T: GatewayStruct>(ticks: impl Iterator<Item = &'a TickRef<T>> + Clone) -> Bytes {
    let length: usize = ticks.clone().map(|tick| tick.json_ref().len() + 1).sum();
    let mut out = Vec::with_capacity(length + 2);
    push_list(&mut out, ticks);
    Bytes::from(out)
}

fn push_list<'a, T: GatewayStruct>(out: &mut Vec<u8>, ticks: impl Iterator<Item = &'a TickRef<T>>) {
    out.push(b'[');
    for (index, tick) in ticks.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(tick.json_ref());
    }
    out.push(b']');
}

/// `{"channel":…,"key":…,"data":[…]}`
fn frame<T: GatewayStruct>(channel: &str, part: &Part<T>) -> Bytes {
    let mut out = br#"{"channel":"#.to_vec();
    push_string(&mut out, channel);
    if let Some(key) = &part.key {
        out.extend_from_slice(br#","key":"#);
        push_string(&mut out, key);
    }
    out.extend_from_slice(br#","data":"#);
    push_list(&mut out, part.ticks.iter());
    out.push(b'}');
    Bytes::from(out)
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

impl<T: GatewayStruct> Records for Vec<TickRef<T>> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn json(&self, index: usize) -> Bytes {
        self[index].json()
    }

    fn json_list(&self) -> Bytes {
        json_list(self.iter())
    }

    #[cfg(feature = "duckdb")]
    fn batch(&self, columns: &[TableColumn], range: Range<usize>) -> Result<RecordBatch, ArrowError> {
        crate::sql::batch::records(columns, &self[range])
    }
}
