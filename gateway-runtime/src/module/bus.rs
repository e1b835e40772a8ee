//! What a module may touch: readers and writers of its channels, timers, threads.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gateway_schema::{BasketKey, ChannelsSchema, GatewayStruct, Payload};
use smallvec::SmallVec;

use crate::channel::core::{ChannelCore, Group};
use crate::channel::{ChannelType, drafts};
use crate::endpoint::SendError;
use crate::engine::{Graph, Stream, events_of, every, start};
use crate::error::Result;
use crate::event::{Event, TickRef};

/// What every module may do: timers and threads. A module's bus derefs to it.
#[derive(Clone)]
pub struct ModuleContext<'a> {
    graph: &'a Graph,
    schema: &'static ChannelsSchema,
    name: &'static str,
    place: usize,
}

impl<'a> ModuleContext<'a> {
    pub(crate) fn new(
        graph: &'a Graph,
        schema: &'static ChannelsSchema,
        name: &'static str,
        place: usize,
    ) -> Self {
        ModuleContext { graph, schema, name, place }
    }

    /// The module's name in the composition.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Ticks once, when the graph starts.
    pub fn at_start(&self) -> Stream<()> {
        start(&self.graph.builder, self.name)
    }

    /// Ticks every `interval`, for the first time one interval after the start.
    ///
    /// Live, a graph that was busy for longer than an interval does not make up for the ticks it missed. In a
    /// replay every tick is at its exact time.
    pub fn every(&self, interval: Duration) -> Stream<()> {
        every(&self.graph.builder, self.name, interval)
    }

    /// Runs `run` on a thread of its own while the gateway is live; a replay has no threads.
    ///
    /// The thread should return soon after [`Stop`] says so. An error that it returns, or a panic, ends the
    /// gateway, and the error names this module.
    pub fn spawn(&self, run: impl FnOnce(&Stop) -> Result + Send + 'static) {
        let thread = ModuleThread { module: self.name, run: Box::new(run) };
        self.graph.threads.borrow_mut().push(thread);
    }

    #[doc(hidden)]
    pub fn reader<C: ChannelType>(&self, channel: &'static str) -> C::Reader<'a> {
        C::reader(self, self.index(channel), false)
    }

    #[doc(hidden)]
    pub fn feedback<C: ChannelType>(&self, channel: &'static str) -> C::Reader<'a> {
        C::reader(self, self.index(channel), true)
    }

    #[doc(hidden)]
    pub fn writer<C: ChannelType>(&self, channel: &'static str) -> C::Writer<'a> {
        C::writer(self, self.index(channel))
    }

    #[doc(hidden)]
    pub fn reader_writer<C: ChannelType>(&self, channel: &'static str, feedback: bool) -> C::ReadWriter<'a> {
        C::reader_writer(self, self.index(channel), feedback)
    }

    fn index(&self, channel: &'static str) -> usize {
        let index = self.schema.channels.iter().position(|declared| declared.name == channel);
        index.unwrap_or_else(|| unreachable!("generated code names only channels of the set"))
    }

    fn events<T: GatewayStruct>(&self, channel: usize, feedback: bool) -> Stream<Arc<Event<T>>> {
        let channel = self.graph.channel::<T>(channel);
        if feedback { channel.feedback(self.name) } else { channel.ticks().for_module(self.name) }
    }
}

/// Tells a module's thread that the gateway stops.
#[derive(Clone)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    pub(crate) fn new() -> Self {
        Stop(Arc::default())
    }

    pub(crate) fn request(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Whether the gateway stops.
    pub fn is_requested(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps for `duration`, or until the gateway stops. False if it stops: `while stop.wait(period) { … }`.
    pub fn wait(&self, duration: Duration) -> bool {
        // No deadline is one that the clock cannot tell: `Duration::MAX` waits for the stop alone.
        let deadline = Instant::now().checked_add(duration);
        let mut stopped = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*stopped {
            let left = deadline.map_or(duration, |at| at.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return true;
            }
            stopped = self.0.1.wait_timeout(stopped, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }
}

/// A thread that a module asked for.
pub(crate) struct ModuleThread {
    pub(crate) module: &'static str,
    pub(crate) run: Box<dyn FnOnce(&Stop) -> Result + Send>,
}

/// One tick of a channel of `P`, or of a key of a basket: `TickRef<T>` if `P` is `T`, `Vec<TickRef<T>>` if it
/// is `Vec<T>`.
pub type TickOf<P> = <P as Payload>::Shape<TickRef<<P as Payload>::Struct>>;

/// What ticked together in a basket: keys with what each of them ticked.
pub type KeyedTicks<K, P> = Vec<(K, TickOf<P>)>;

/// Reads a channel.
pub struct Reader<'a, P: Payload> {
    events: Stream<Arc<Event<P::Struct>>>,
    bus: PhantomData<&'a ()>,
}

impl<'a, P: Payload> Reader<'a, P> {
    pub(crate) fn open(module: &ModuleContext<'a>, channel: usize, feedback: bool) -> Self {
        Reader { events: module.events(channel, feedback), bus: PhantomData }
    }

    /// The channel's ticks: `TickRef<T>` of a `Channel<T>`, `Vec<TickRef<T>>` of a `Channel<Vec<T>>`.
    pub fn ticks(&self) -> Stream<TickOf<P>> {
        self.events.flat_map(|event| P::shape(event.ticks().cloned()))
    }
}

/// Writes a channel.
pub struct Writer<'a, P: Payload> {
    module: ModuleContext<'a>,
    channel: usize,
    core: Arc<ChannelCore<P::Struct>>,
}

impl<'a, P: Payload> Writer<'a, P> {
    pub(crate) fn open(module: &ModuleContext<'a>, channel: usize) -> Self {
        let core = Arc::clone(&module.graph.channel::<P::Struct>(channel).core);
        Writer { module: module.clone(), channel, core }
    }

    /// Ticks the channel with every value of a stream. Each gets an id and the engine's time; a [`TickRef`]
    /// keeps its own.
    ///
    /// # Errors
    ///
    /// None at present; the result lets `connect` end with it.
    pub fn publish<S: PublishAs<P>>(&self, values: &Stream<S>) -> Result {
        let events = events_of(&self.core, &values.for_module(self.module.name), |core, value, now| {
            core.event([(None, value.ticks(core, now))])
        });
        self.module.graph.channel::<P::Struct>(self.channel).publish(self.module.place, events);
        Ok(())
    }

    /// Ticks the channel from a thread of the module's.
    pub fn sender(&self) -> Sender<P> {
        Sender { core: Arc::clone(&self.core), payload: PhantomData }
    }
}

/// Reads and writes a channel.
pub struct ReadWriter<'a, P: Payload> {
    pub(crate) reader: Reader<'a, P>,
    pub(crate) writer: Writer<'a, P>,
}

impl<P: Payload> ReadWriter<'_, P> {
    /// As [`Reader::ticks`].
    pub fn ticks(&self) -> Stream<TickOf<P>> {
        self.reader.ticks()
    }
}

impl<'a, P: Payload> Deref for ReadWriter<'a, P> {
    type Target = Writer<'a, P>;

    fn deref(&self) -> &Writer<'a, P> {
        &self.writer
    }
}

/// Ticks a channel from outside of the graph. Clones tick the same channel.
pub struct Sender<P: Payload> {
    core: Arc<ChannelCore<P::Struct>>,
    payload: PhantomData<fn(P)>,
}

impl<P: Payload> Clone for Sender<P> {
    fn clone(&self) -> Self {
        Sender { core: Arc::clone(&self.core), payload: PhantomData }
    }
}

impl<P: Payload> Sender<P> {
    /// Ticks the channel; waits for room when the graph has too much waiting. Not for asynchronous code.
    ///
    /// Called in a stream's function, on the graph's own thread, it does not wait.
    ///
    /// # Errors
    ///
    /// [`SendError::Stopped`] when the graph does not run (any more); on the graph's own thread also
    /// [`SendError::Overloaded`].
    pub fn send(&self, value: P) -> std::result::Result<(), SendError> {
        let message = self.core.message(vec![Group::plain(value)], None);
        Ok(self.core.ingress().post_blocking(message)?)
    }

    /// Ticks the channel if there is room.
    ///
    /// # Errors
    ///
    /// [`SendError::Overloaded`] when there is none, [`SendError::Stopped`] when the graph does not run.
    pub fn try_send(&self, value: P) -> std::result::Result<(), SendError> {
        let message = self.core.message(vec![Group::plain(value)], None);
        Ok(self.core.ingress().try_post(message)?)
    }
}

/// Reads a basket.
pub struct BasketReader<'a, K, P: Payload> {
    events: Stream<Arc<Event<P::Struct>>>,
    bus: PhantomData<&'a K>,
}

impl<'a, K: BasketKey, P: Payload> BasketReader<'a, K, P> {
    pub(crate) fn open(module: &ModuleContext<'a>, channel: usize, feedback: bool) -> Self {
        BasketReader { events: module.events(channel, feedback), bus: PhantomData }
    }

    /// The basket's ticks: the keys that ticked together, with what each ticked.
    pub fn ticks(&self) -> Stream<KeyedTicks<K, P>> {
        self.events.map(|event| {
            let entry = |part: &crate::event::Part<P::Struct>| {
                Some((K::from_wire(part.key.as_deref()?)?, P::shape(part.ticks.iter().cloned())?))
            };
            event.parts().iter().filter_map(entry).collect()
        })
    }

    /// The ticks of one key.
    pub fn key(&self, key: &K) -> Stream<TickOf<P>> {
        let key = key.to_wire();
        self.events.flat_map(move |event| {
            let parts = event.parts().iter().filter(|part| part.key.as_deref() == Some(&*key));
            parts.filter_map(|part| P::shape(part.ticks.iter().cloned())).collect::<Vec<_>>()
        })
    }
}

/// Writes a basket.
pub struct BasketWriter<'a, K, P: Payload> {
    module: ModuleContext<'a>,
    channel: usize,
    core: Arc<ChannelCore<P::Struct>>,
    key: PhantomData<fn() -> K>,
}

impl<'a, K: BasketKey, P: Payload> BasketWriter<'a, K, P> {
    pub(crate) fn open(module: &ModuleContext<'a>, channel: usize) -> Self {
        let core = Arc::clone(&module.graph.channel::<P::Struct>(channel).core);
        BasketWriter { module: module.clone(), channel, core, key: PhantomData }
    }

    /// Ticks one key with every value of a stream.
    ///
    /// # Errors
    ///
    /// None at present; the result lets `connect` end with it.
    pub fn publish_key<S: PublishAs<P>>(&self, key: &K, values: &Stream<S>) -> Result {
        let key: Arc<str> = key.to_wire().into();
        self.publish_with(values, move |core, value, now| {
            core.event([(Some(Arc::clone(&key)), value.ticks(core, now))])
        })
    }

    /// Ticks, for every list of a stream, the keys in it together: one atomic tick of the basket.
    ///
    /// # Errors
    ///
    /// None at present; the result lets `connect` end with it.
    pub fn publish<S: PublishAs<P>>(&self, values: &Stream<Vec<(K, S)>>) -> Result {
        self.publish_with(values, |core, entries, now| {
            core.event(
                entries.iter().map(|(key, value)| (Some(key.to_wire().into()), value.ticks(core, now))),
            )
        })
    }

    fn publish_with<S: Clone + 'static>(
        &self,
        values: &Stream<S>,
        make: impl FnMut(&ChannelCore<P::Struct>, &S, gateway_schema::Timestamp) -> Option<Arc<Event<P::Struct>>>
        + 'static,
    ) -> Result {
        let events = events_of(&self.core, &values.for_module(self.module.name), make);
        self.module.graph.channel::<P::Struct>(self.channel).publish(self.module.place, events);
        Ok(())
    }

    /// Ticks the basket from a thread of the module's.
    pub fn sender(&self) -> BasketSender<K, P> {
        BasketSender { core: Arc::clone(&self.core), types: PhantomData }
    }
}

/// Reads and writes a basket.
pub struct BasketReadWriter<'a, K, P: Payload> {
    pub(crate) reader: BasketReader<'a, K, P>,
    pub(crate) writer: BasketWriter<'a, K, P>,
}

impl<K: BasketKey, P: Payload> BasketReadWriter<'_, K, P> {
    /// As [`BasketReader::ticks`].
    pub fn ticks(&self) -> Stream<KeyedTicks<K, P>> {
        self.reader.ticks()
    }

    /// As [`BasketReader::key`].
    pub fn key(&self, key: &K) -> Stream<TickOf<P>> {
        self.reader.key(key)
    }
}

impl<'a, K, P: Payload> Deref for BasketReadWriter<'a, K, P> {
    type Target = BasketWriter<'a, K, P>;

    fn deref(&self) -> &BasketWriter<'a, K, P> {
        &self.writer
    }
}

/// Ticks a basket from outside of the graph. Clones tick the same basket.
pub struct BasketSender<K, P: Payload> {
    core: Arc<ChannelCore<P::Struct>>,
    types: PhantomData<fn(K, P)>,
}

impl<K, P: Payload> Clone for BasketSender<K, P> {
    fn clone(&self) -> Self {
        BasketSender { core: Arc::clone(&self.core), types: PhantomData }
    }
}

impl<K: BasketKey, P: Payload> BasketSender<K, P> {
    /// Ticks a key; waits for room when the graph has too much waiting. Not for asynchronous code.
    ///
    /// Called in a stream's function, on the graph's own thread, it does not wait.
    ///
    /// # Errors
    ///
    /// [`SendError::Stopped`] when the graph does not run (any more); on the graph's own thread also
    /// [`SendError::Overloaded`].
    pub fn send(&self, key: &K, value: P) -> std::result::Result<(), SendError> {
        let message = self.core.message(vec![Group::keyed(&key.to_wire(), value)], None);
        Ok(self.core.ingress().post_blocking(message)?)
    }
}

/// A value that can be published on a channel of `P`: `P` itself, or ticks of another channel of the same
/// struct, which keep their ids and times.
#[diagnostic::on_unimplemented(
    message = "a stream of `{Self}` cannot be published on a channel of `{P}`",
    label = "the channel carries `{P}`",
    note = "make it a stream of `{P}` first: `.map(|value| …)`"
)]
pub trait PublishAs<P: Payload>: Clone + 'static {
    #[doc(hidden)]
    fn ticks(
        &self,
        core: &ChannelCore<P::Struct>,
        now: gateway_schema::Timestamp,
    ) -> SmallVec<[TickRef<P::Struct>; 1]>;
}

impl<P: Payload> PublishAs<P> for P {
    fn ticks(
        &self,
        core: &ChannelCore<P::Struct>,
        now: gateway_schema::Timestamp,
    ) -> SmallVec<[TickRef<P::Struct>; 1]> {
        drafts(self.clone()).into_iter().map(|draft| core.tick(draft, now)).collect()
    }
}

impl<T: GatewayStruct> PublishAs<T> for TickRef<T> {
    fn ticks(&self, _: &ChannelCore<T>, _: gateway_schema::Timestamp) -> SmallVec<[TickRef<T>; 1]> {
        smallvec::smallvec![self.clone()]
    }
}

impl<T: GatewayStruct> PublishAs<Vec<T>> for Vec<TickRef<T>> {
    fn ticks(&self, _: &ChannelCore<T>, _: gateway_schema::Timestamp) -> SmallVec<[TickRef<T>; 1]> {
        self.iter().cloned().collect()
    }
}
