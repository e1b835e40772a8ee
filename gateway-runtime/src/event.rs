//! Ticks as they travel: shared, and their JSON as well.

mod text;

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
#[cfg(feature = "duckdb")]
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
#[cfg(feature = "duckdb")]
use duckdb::arrow::{error::ArrowError, record_batch::RecordBatch};
#[cfg(feature = "duckdb")]
use gateway_schema::ddl::TableColumn;
use gateway_schema::wire::memory::allocated;
use gateway_schema::{ChannelSchema, GatewayStruct, Tick};
use smallvec::SmallVec;

use crate::endpoint::{Published, Records};
use crate::store::budget::Budget;
use text::Text;

/// A [`Tick`] shared by the graph, the stores and everyone who is sent it.
///
/// Cloning it copies a pointer. Its fields and those of its value are read directly: `tick.id`,
/// `tick.price`.
pub struct TickRef<T>(Arc<Shared<T>>);

struct Shared<T> {
    tick: Tick<T>,
    /// See [`TickRef::bytes`].
    bytes: usize,
    text: Text,
}

impl<T: GatewayStruct> TickRef<T> {
    /// Shares a tick.
    pub fn new(tick: Tick<T>) -> Self {
        Self::sharing(tick, Text::new(None))
    }

    /// Shares a tick that keeps its JSON if that fits into a budget.
    pub(crate) fn within(tick: Tick<T>, texts: &Arc<Budget>) -> Self {
        Self::sharing(tick, Text::new(Some(Arc::clone(texts))))
    }

    fn sharing(tick: Tick<T>, text: Text) -> Self {
        const COUNTS: usize = 2 * size_of::<usize>();
        let shared = allocated(COUNTS + size_of::<Shared<T>>());
        let bytes = shared + tick.id.heap_bytes() + tick.value.heap_bytes();
        TickRef(Arc::new(Shared { tick, bytes, text }))
    }
}

impl<T> TickRef<T> {
    /// How many bytes of memory the record takes, its JSON left out; however many share it.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes
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
    /// The record as JSON text, which is not kept for the next call; nothing if it cannot be written.
    pub(crate) fn text(&self) -> Option<String> {
        match self.0.text.get() {
            Some(kept) => std::str::from_utf8(kept).ok().map(str::to_owned),
            None => serde_json::to_string(&self.0.tick).ok(),
        }
    }
}

impl<T: GatewayStruct> TickRef<T> {
    /// The record as a JSON object. It is kept for the next call while the gateway has room for it
    /// ([`Settings::json_bytes`](crate::settings::Settings::json_bytes)).
    pub fn json(&self) -> Bytes {
        if let Some(text) = self.0.text.get() {
            return text.clone();
        }
        written(|out| {
            self.write_json(out);
            self.0.text.get().cloned()
        })
    }

    /// Adds the record as a JSON object.
    fn write_json(&self, out: &mut Vec<u8>) {
        self.0.text.write(&self.0.tick, out);
    }
}

thread_local! {
    /// Where records are written before they get the memory that they need, which is then known.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A record larger than this does not keep its room on every thread that ever wrote one.
const KEPT_SCRATCH: usize = 64 * 1024;

/// What `write` writes, unless it returns a text that is the same.
fn written(write: impl FnOnce(&mut Vec<u8>) -> Option<Bytes>) -> Bytes {
    // Taken, not borrowed: a user's `WireType` may ask for the JSON of another record.
    let mut scratch = SCRATCH.take();
    scratch.clear();
    let text = write(&mut scratch).unwrap_or_else(|| Bytes::copy_from_slice(&scratch));
    if scratch.capacity() <= KEPT_SCRATCH {
        SCRATCH.set(scratch);
    }
    text
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

/// What an event and its place in a ring take besides its records.
const EVENT_BYTES: usize = 256;

/// One tick of a channel: what ticked at one instant, atomically.
#[derive(Debug)]
pub struct Event<T> {
    channel: &'static ChannelSchema,
    parts: SmallVec<[Part<T>; 1]>,
    frames: OnceLock<Box<[Bytes]>>,
    charge: OnceLock<Arc<Charge>>,
}

/// What an event has taken of a budget, for as long as it waits for subscribers.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<Budget>,
    bytes: AtomicUsize,
    over: AtomicBool,
}

impl Charge {
    fn add(&self, bytes: usize) {
        if !self.over.load(Ordering::Acquire) {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.budget.take(bytes);
        }
    }

    /// Gives everything back: the event does not wait any more.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.budget.give_back(self.bytes.swap(0, Ordering::AcqRel));
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.give_back(*self.bytes.get_mut());
    }
}

impl<T> Event<T> {
    pub(crate) fn new(channel: &'static ChannelSchema, parts: SmallVec<[Part<T>; 1]>) -> Arc<Self> {
        Arc::new(Event { channel, parts, frames: OnceLock::new(), charge: OnceLock::new() })
    }

    /// Charges what the event takes, and what its frames will, to a budget, until the charge is ended.
    pub(crate) fn charge(&self, budget: &Arc<Budget>) -> Arc<Charge> {
        let charge = self.charge.get_or_init(|| {
            let charge = Charge {
                budget: Arc::clone(budget),
                bytes: AtomicUsize::new(0),
                over: AtomicBool::new(false),
            };
            charge.add(EVENT_BYTES + self.ticks().map(TickRef::bytes).sum::<usize>());
            Arc::new(charge)
        });
        Arc::clone(charge)
    }

    pub(crate) fn channel(&self) -> &'static ChannelSchema {
        self.channel
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
        let frames = || {
            let frames: Box<[Bytes]> = self.parts.iter().map(|part| frame(self.channel.name, part)).collect();
            if let Some(charge) = self.charge.get() {
                charge.add(frames.iter().map(|frame| allocated(frame.len())).sum());
            }
            frames
        };
        self.frames.get_or_init(frames)[part].clone()
    }
}

/// Records as a JSON list, from the bytes that each has or gets.
pub(crate) fn json_list<'a, T: GatewayStruct>(ticks: impl Iterator<Item = &'a TickRef<T>> + Clone) -> Bytes {
    // The length that is known; where little is, the list grows as it is written.
    let length: usize = ticks.clone().map(|tick| tick.0.text.get().map_or(0, Bytes::len) + 1).sum();
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
        tick.write_json(out);
    }
    out.push(b']');
}

/// `{"channel":…,"key":…,"data":[…]}`
fn frame<T: GatewayStruct>(channel: &str, part: &Part<T>) -> Bytes {
    written(|out| {
        out.extend_from_slice(br#"{"channel":"#);
        push_string(out, channel);
        if let Some(key) = &part.key {
            out.extend_from_slice(br#","key":"#);
            push_string(out, key);
        }
        out.extend_from_slice(br#","data":"#);
        push_list(out, part.ticks.iter());
        out.push(b'}');
        None
    })
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
        crate::sql::batch::records(columns, &self[range].iter())
    }
}
