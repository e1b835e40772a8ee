//! Channels: their types, and the typed handles by which code outside of the graph uses them.

mod body;
pub(crate) mod core;
mod declarations;
pub(crate) mod fanout;
mod keys;
pub(crate) mod shares;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use gateway_schema::tick::Draft;
use gateway_schema::{BasketKey, ChannelKind, ChannelsSchema, Id, KeySchema, Payload};
use serde_json::Value;

use self::core::{ChannelCore, Group};
pub use self::declarations::Declarations;
pub use self::fanout::Ticks;
use crate::endpoint::SendError;
use crate::event::TickRef;
use crate::module::bus::{
    BasketReadWriter, BasketReader, BasketWriter, ModuleContext, ReadWriter, Reader, Writer,
};

/// A set of channels: what `#[gateway_channels]` makes of a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of channels",
    label = "does not implement `Channels`",
    note = "put `#[gateway_channels]` on the struct `{Self}`"
)]
pub trait Channels: Sized + Send + Sync + 'static {
    /// What the channels are.
    const SCHEMA: &'static ChannelsSchema;

    /// Makes the channels.
    fn declare(declarations: &mut Declarations) -> Self;

    /// The value of a static field.
    fn field(&self, name: &str) -> Option<Value>;
}

/// `Channel<P>` and `Basket<K, P>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a channel",
    label = "neither `Channel<…>` nor `Basket<…, …>`",
    note = "a channel carries a struct with `#[derive(GatewayStruct)]`, or a `Vec` of one; a basket is keyed by `String` or an enum with `#[derive(GatewayEnum)]`"
)]
pub trait ChannelType: Clone + Send + Sync + 'static {
    /// What one tick of it, or of one key, carries.
    type Payload: Payload;
    /// What one tick of it is.
    const KIND: ChannelKind;
    /// The key, if it is a basket.
    const KEY: Option<KeySchema>;
    /// How a module reads it.
    type Reader<'a>;
    /// How a module writes it.
    type Writer<'a>;
    /// How a module reads and writes it.
    type ReadWriter<'a>;

    #[doc(hidden)]
    fn from_core(core: Arc<ChannelCore<<Self::Payload as Payload>::Struct>>) -> Self;
    #[doc(hidden)]
    fn is_key(key: &str) -> bool;
    #[doc(hidden)]
    fn reader<'a>(module: &ModuleContext<'a>, channel: usize, feedback: bool) -> Self::Reader<'a>;
    #[doc(hidden)]
    fn writer<'a>(module: &ModuleContext<'a>, channel: usize) -> Self::Writer<'a>;
    #[doc(hidden)]
    fn reader_writer<'a>(module: &ModuleContext<'a>, channel: usize, feedback: bool) -> Self::ReadWriter<'a>;
}

/// A channel of `P`: a struct, or a `Vec` of structs.
///
/// As a field of a set of channels it is also the handle by which code outside of the graph reads it, sends
/// to it and follows it. Clones are the same channel.
pub struct Channel<P: Payload> {
    core: Arc<ChannelCore<P::Struct>>,
}

/// A channel of `P` for each key `K`: an enum, or `String`.
pub struct Basket<K, P: Payload> {
    core: Arc<ChannelCore<P::Struct>>,
    key: PhantomData<fn() -> K>,
}

impl<P: Payload> Clone for Channel<P> {
    fn clone(&self) -> Self {
        Channel { core: Arc::clone(&self.core) }
    }
}

impl<K, P: Payload> Clone for Basket<K, P> {
    fn clone(&self) -> Self {
        Basket { core: Arc::clone(&self.core), key: PhantomData }
    }
}

impl<P: Payload> fmt::Debug for Channel<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.core.schema().name).finish()
    }
}

impl<K, P: Payload> fmt::Debug for Basket<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Basket").field(&self.core.schema().name).finish()
    }
}

impl<P: Payload> ChannelType for Channel<P> {
    type Payload = P;
    const KIND: ChannelKind = if P::LIST { ChannelKind::List } else { ChannelKind::Scalar };
    const KEY: Option<KeySchema> = None;
    type Reader<'a> = Reader<'a, P>;
    type Writer<'a> = Writer<'a, P>;
    type ReadWriter<'a> = ReadWriter<'a, P>;

    fn from_core(core: Arc<ChannelCore<P::Struct>>) -> Self {
        Channel { core }
    }

    fn is_key(_: &str) -> bool {
        false
    }

    fn reader<'a>(module: &ModuleContext<'a>, channel: usize, feedback: bool) -> Reader<'a, P> {
        Reader::open(module, channel, feedback)
    }

    fn writer<'a>(module: &ModuleContext<'a>, channel: usize) -> Writer<'a, P> {
        Writer::open(module, channel)
    }

    fn reader_writer<'a>(module: &ModuleContext<'a>, channel: usize, feedback: bool) -> ReadWriter<'a, P> {
        ReadWriter { reader: Reader::open(module, channel, feedback), writer: Writer::open(module, channel) }
    }
}

impl<K: BasketKey, P: Payload> ChannelType for Basket<K, P> {
    type Payload = P;
    const KIND: ChannelKind = if P::LIST { ChannelKind::ListBasket } else { ChannelKind::Basket };
    const KEY: Option<KeySchema> = Some(K::KEY);
    type Reader<'a> = BasketReader<'a, K, P>;
    type Writer<'a> = BasketWriter<'a, K, P>;
    type ReadWriter<'a> = BasketReadWriter<'a, K, P>;

    fn from_core(core: Arc<ChannelCore<P::Struct>>) -> Self {
        Basket { core, key: PhantomData }
    }

    fn is_key(key: &str) -> bool {
        K::from_wire(key).is_some()
    }

    fn reader<'a>(module: &ModuleContext<'a>, channel: usize, feedback: bool) -> BasketReader<'a, K, P> {
        BasketReader::open(module, channel, feedback)
    }

    fn writer<'a>(module: &ModuleContext<'a>, channel: usize) -> BasketWriter<'a, K, P> {
        BasketWriter::open(module, channel)
    }

    fn reader_writer<'a>(
        module: &ModuleContext<'a>,
        channel: usize,
        feedback: bool,
    ) -> BasketReadWriter<'a, K, P> {
        BasketReadWriter {
            reader: BasketReader::open(module, channel, feedback),
            writer: BasketWriter::open(module, channel),
        }
    }
}

impl<P: Payload> Channel<P> {
    pub(crate) fn core(&self) -> &Arc<ChannelCore<P::Struct>> {
        &self.core
    }

    /// The records of the latest tick; none before the first.
    pub fn last(&self) -> Vec<TickRef<P::Struct>> {
        self.core.latest_ticks(None)
    }

    /// The record with this id, if it is kept for lookup.
    pub fn lookup(&self, id: &Id) -> Option<TickRef<P::Struct>> {
        self.core.find(id)
    }

    /// Every tick from now on.
    pub fn subscribe(&self) -> Ticks {
        self.core.subscribe()
    }

    /// Ticks the channel from outside of the graph, and waits until the tick is visible everywhere.
    ///
    /// Values made in Rust are not validated.
    ///
    /// # Errors
    ///
    /// [`SendError::Overloaded`] after a second without room, [`SendError::Stopped`] when the graph does not
    /// run.
    pub async fn send(&self, value: P) -> Result<Vec<TickRef<P::Struct>>, SendError> {
        self.core.send_groups(vec![Group::plain(value)]).await
    }
}

impl<K: BasketKey, P: Payload> Basket<K, P> {
    pub(crate) fn core(&self) -> &Arc<ChannelCore<P::Struct>> {
        &self.core
    }

    /// The records of the latest tick of a key; none before the first.
    pub fn last(&self, key: &K) -> Vec<TickRef<P::Struct>> {
        self.core.latest_ticks(Some(&key.to_wire()))
    }

    /// Every tick from now on, of every key.
    pub fn subscribe(&self) -> Ticks {
        self.core.subscribe()
    }

    /// Ticks one key from outside of the graph, and waits until the tick is visible everywhere.
    ///
    /// # Errors
    ///
    /// As [`Channel::send`].
    pub async fn send(&self, key: &K, value: P) -> Result<Vec<TickRef<P::Struct>>, SendError> {
        self.core.send_groups(vec![Group::keyed(&key.to_wire(), value)]).await
    }
}

/// What a value of Rust is before it has ticked.
pub(crate) fn drafts<P: Payload>(value: P) -> smallvec::SmallVec<[Draft<P::Struct>; 1]> {
    value.into_structs().into_iter().map(Draft::from).collect()
}
