//! A channel without its handles: what it remembers and how it is ticked.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
#[cfg(feature = "duckdb")]
use gateway_schema::ddl::Table;
use gateway_schema::tick::Draft;
use gateway_schema::{ChannelSchema, GatewayStruct, Id, IdSource, Payload, Tick, Timestamp};
use serde_json::Value;
use smallvec::SmallVec;
use tokio::sync::oneshot;
use wingfoil::fluent::GraphBuilder;

use super::declarations::Shared;
use super::fanout::{Ring, Ticks};
use super::keys::Keys;
use super::{body, drafts};
use crate::endpoint::{Endpoint, Records, SendError, StateView};
use crate::engine::{ChannelGraph, Ingress, Message, Opened, PostError, Stream};
use crate::event::{Event, Part, TickRef, json_list};
#[cfg(feature = "duckdb")]
use crate::sql::source::{StateSource, Watched};
use crate::store::budget::Budget;
use crate::store::latest::Latest;
use crate::store::lookup::Lookup;
use crate::store::stage::{StageStore, Staging};
use crate::store::state::{Bounds, StateTable};

/// What ticks together, before it has ids and a time.
pub(crate) struct Group<T> {
    pub(crate) parts: Vec<GroupPart<T>>,
}

/// The records of one key.
type GroupPart<T> = (Option<Arc<str>>, SmallVec<[Draft<T>; 1]>);

impl<T: GatewayStruct> Group<T> {
    pub(crate) fn plain<P: Payload<Struct = T>>(value: P) -> Self {
        Group { parts: vec![(None, drafts(value))] }
    }

    pub(crate) fn keyed<P: Payload<Struct = T>>(key: &str, value: P) -> Self {
        Group { parts: vec![(Some(key.into()), drafts(value))] }
    }

    /// How many bytes of memory it takes.
    fn bytes(&self) -> usize {
        let drafts = self.parts.iter().flat_map(|(_, drafts)| drafts);
        let records: usize = drafts.map(|draft| size_of::<Draft<T>>() + draft.value.heap_bytes()).sum();
        size_of::<Self>() + self.parts.len() * size_of::<GroupPart<T>>() + records
    }
}

/// Ticks that were asked for together, with whoever waits for them to be published.
struct Arrival<T> {
    events: Vec<Arc<Event<T>>>,
    published: Option<Waiter<T>>,
}

/// Someone who waits for their ticks to be published.
type Waiter<T> = oneshot::Sender<Vec<Arc<Event<T>>>>;

/// Ticks that are about to be published, for someone who waits for that.
struct Waiting<T> {
    waiter: Waiter<T>,
    events: Vec<Arc<Event<T>>>,
}

/// A channel: its stores, its subscribers, its inbox.
pub struct ChannelCore<T> {
    schema: &'static ChannelSchema,
    pub(super) keys: Keys,
    ids: Arc<IdSource>,
    ingress: Ingress,
    texts: Arc<Budget>,
    provided: AtomicBool,
    latest: Latest<T>,
    states: Vec<Arc<StateTable<T>>>,
    lookup: Option<Arc<Lookup<T>>>,
    stage: Option<StageStore<T>>,
    fanout: Ring,
    inbox: Mutex<Vec<Arrival<T>>>,
    waiting: Mutex<Vec<Waiting<T>>>,
    recording: OnceLock<Mutex<Vec<Arc<Event<T>>>>>,
}

fn locked<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: GatewayStruct> ChannelCore<T> {
    pub(crate) fn new(
        schema: &'static ChannelSchema,
        is_key: fn(&str) -> bool,
        shared: &Shared,
        lookup: Option<Arc<Lookup<T>>>,
    ) -> Arc<Self> {
        let Shared { settings, ids, ingress, texts, fanout, shares, .. } = shared;
        let table =
            |state| Arc::new(StateTable::new(schema, state, Bounds::of(state, settings, shares.state)));
        Arc::new_cyclic(|core: &std::sync::Weak<Self>| {
            let core = core.clone();
            let release = move |ticks: Vec<Tick<T>>| -> BoxFuture<'static, Result<(), SendError>> {
                let core = core.clone();
                async move {
                    let core = core.upgrade().ok_or(SendError::Stopped)?;
                    let groups = ticks.into_iter().map(released).collect();
                    core.send_groups(groups).await.map(|_| ())
                }
                .boxed()
            };
            ChannelCore {
                schema,
                keys: Keys::new(schema, is_key, settings.basket_keys),
                ids: Arc::clone(ids),
                ingress: ingress.clone(),
                texts: Arc::clone(texts),
                provided: AtomicBool::new(schema.send),
                latest: if schema.kind.is_basket() {
                    Latest::basket(shares.latest)
                } else {
                    Latest::channel()
                },
                states: schema.states.iter().map(table).collect(),
                lookup,
                stage: schema.stage.then(|| {
                    StageStore::new(schema, Arc::clone(ids), settings, shares.stage, Box::new(release))
                }),
                fanout: Ring::new(settings.fanout_ticks, fanout),
                inbox: Mutex::default(),
                waiting: Mutex::default(),
                recording: OnceLock::new(),
            }
        })
    }

    pub(crate) fn latest_ticks(&self, key: Option<&str>) -> Vec<TickRef<T>> {
        self.latest.ticks(key)
    }

    pub(crate) fn find(&self, id: &Id) -> Option<TickRef<T>> {
        self.lookup.as_ref()?.get(id)
    }

    /// A record with the next id and this time, unless it brings its own.
    pub(crate) fn tick(&self, draft: Draft<T>, now: Timestamp) -> TickRef<T> {
        let tick = Tick {
            id: draft.id.unwrap_or_else(|| self.ids.next()),
            timestamp: draft.timestamp.unwrap_or(now),
            value: draft.value,
        };
        TickRef::within(tick, &self.texts)
    }

    /// Makes an event of records that tick together. Parts whose key the basket cannot have are left out.
    pub(crate) fn event(
        &self,
        parts: impl IntoIterator<Item = (Option<Arc<str>>, SmallVec<[TickRef<T>; 1]>)>,
    ) -> Option<Arc<Event<T>>> {
        let mut kept: SmallVec<[Part<T>; 1]> = SmallVec::new();
        for (key, ticks) in parts {
            let key = match key {
                Some(key) => match self.keys.take(&key) {
                    Some(key) => Some(key),
                    None => continue,
                },
                None => None,
            };
            kept.push(Part { key, ticks });
        }
        (!kept.is_empty()).then(|| Event::new(self.schema, kept))
    }

    /// Makes a tick visible: latest value, states, lookup, subscribers. Runs on the graph's thread.
    pub(crate) fn publish(&self, event: &Arc<Event<T>>) {
        self.latest.store(event, self.schema.key.and_then(|key| key.names));
        for part in event.parts() {
            for tick in &part.ticks {
                for state in &self.states {
                    state.upsert_of(part.key.as_ref(), tick);
                }
                if let Some(lookup) = &self.lookup {
                    lookup.insert(tick);
                }
            }
        }
        if let Some(recording) = self.recording.get() {
            locked(recording).push(Arc::clone(event));
        }
        self.fanout.send(event);
    }

    /// A message that delivers groups to this channel, one tick each.
    pub(crate) fn message(self: &Arc<Self>, groups: Vec<Group<T>>, published: Option<Waiter<T>>) -> Message {
        let core = Arc::clone(self);
        let bytes = groups.iter().map(Group::bytes).sum();
        let deliver = Box::new(move |now| {
            let event = |group: Group<T>| {
                let ticks = |drafts: SmallVec<[Draft<T>; 1]>| {
                    drafts.into_iter().map(|draft| core.tick(draft, now)).collect()
                };
                core.event(group.parts.into_iter().map(|(key, drafts)| (key, ticks(drafts))))
            };
            let events = groups.into_iter().filter_map(event).collect();
            locked(&core.inbox).push(Arrival { events, published });
        });
        Message { bytes, deliver }
    }

    /// Takes what has arrived for this cycle; those who wait for it are told by [`Self::settle`].
    pub(crate) fn take_arrivals(&self, out: &mut SmallVec<[Arc<Event<T>>; 1]>) {
        let arrivals = std::mem::take(&mut *locked(&self.inbox));
        for arrival in arrivals {
            out.extend(arrival.events.iter().cloned());
            if let Some(waiter) = arrival.published {
                locked(&self.waiting).push(Waiting { waiter, events: arrival.events });
            }
        }
    }

    /// Tells those who wait that their ticks are published.
    pub(crate) fn settle(&self) {
        for Waiting { waiter, events } in locked(&self.waiting).drain(..) {
            // It fails only if the sender has gone.
            let _ = waiter.send(events);
        }
    }

    /// Ticks the channel from outside, one tick a group, and waits until they are published.
    pub(crate) async fn send_groups(
        self: &Arc<Self>,
        groups: Vec<Group<T>>,
    ) -> Result<Vec<TickRef<T>>, SendError> {
        let events = self.send_events(groups).await?;
        Ok(events.iter().flat_map(|event| event.ticks().cloned().collect::<Vec<_>>()).collect())
    }

    async fn send_events(self: &Arc<Self>, groups: Vec<Group<T>>) -> Result<Vec<Arc<Event<T>>>, SendError> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let (published, wait) = oneshot::channel();
        self.ingress.post(self.message(groups, Some(published))).await?;
        wait.await.map_err(|_| SendError::Stopped)
    }

    pub(crate) fn ingress(&self) -> &Ingress {
        &self.ingress
    }

    /// What was recorded since [`ErasedCore::record`].
    pub(crate) fn recorded(&self) -> Vec<Arc<Event<T>>> {
        self.recording.get().map(|recording| locked(recording).clone()).unwrap_or_default()
    }
}

/// A staged record keeps the id and the time it was staged with.
fn released<T>(tick: Tick<T>) -> Group<T> {
    let draft = Draft { id: Some(tick.id), timestamp: Some(tick.timestamp), value: tick.value };
    Group { parts: vec![(None, smallvec::smallvec![draft])] }
}

impl From<PostError> for SendError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Overloaded(limit) => SendError::Overloaded(limit),
            PostError::Stopped => SendError::Stopped,
        }
    }
}

/// A channel whose type is not known.
pub(crate) trait ErasedCore: Send + Sync {
    fn endpoint(self: Arc<Self>) -> Arc<dyn Endpoint>;
    fn states(&self) -> Vec<Arc<dyn StateView>>;
    /// The states, each with the next ones of the tables.
    #[cfg(feature = "duckdb")]
    fn tables(&self, tables: &mut dyn Iterator<Item = (Table, Option<Table>)>) -> Vec<Arc<dyn Watched>>;
    fn set_provided(&self);
    fn record(&self);
    /// Drops what has not been published, so that those who wait for it learn that it will not be.
    fn abandon(&self);
}

pub(crate) trait OpenCore: ErasedCore {
    /// Opens the channel in a graph; `arrivals` ticks when inboxes were filled.
    fn open(self: Arc<Self>, graph: &GraphBuilder, arrivals: &Stream<()>) -> Box<dyn Opened>;
}

impl<T: GatewayStruct> ErasedCore for ChannelCore<T> {
    fn endpoint(self: Arc<Self>) -> Arc<dyn Endpoint> {
        Arc::new(CoreEndpoint(self))
    }

    fn states(&self) -> Vec<Arc<dyn StateView>> {
        self.states.iter().map(|state| Arc::clone(state) as Arc<dyn StateView>).collect()
    }

    #[cfg(feature = "duckdb")]
    fn tables(&self, tables: &mut dyn Iterator<Item = (Table, Option<Table>)>) -> Vec<Arc<dyn Watched>> {
        let source = |(state, (table, history)): (&Arc<StateTable<T>>, _)| {
            let (state, texts) = (Arc::clone(state), Arc::clone(&self.texts));
            let source = StateSource::new(table, history, state, self.lookup.clone(), texts);
            Arc::new(source) as Arc<dyn Watched>
        };
        self.states.iter().zip(tables).map(source).collect()
    }

    fn set_provided(&self) {
        self.provided.store(true, Ordering::Relaxed);
    }

    fn record(&self) {
        self.recording.get_or_init(Mutex::default);
    }

    fn abandon(&self) {
        locked(&self.inbox).clear();
        locked(&self.waiting).clear();
    }
}

impl<T: GatewayStruct> OpenCore for ChannelCore<T> {
    fn open(self: Arc<Self>, graph: &GraphBuilder, arrivals: &Stream<()>) -> Box<dyn Opened> {
        Box::new(ChannelGraph::open(self, graph, arrivals))
    }
}

/// The channel as the transports see it.
struct CoreEndpoint<T>(Arc<ChannelCore<T>>);

impl<T: GatewayStruct> Endpoint for CoreEndpoint<T> {
    fn schema(&self) -> &'static ChannelSchema {
        self.0.schema
    }

    fn is_provided(&self) -> bool {
        self.0.provided.load(Ordering::Relaxed)
    }

    fn is_key(&self, key: &str) -> bool {
        self.0.keys.are_like(key)
    }

    fn keys(&self) -> Vec<Cow<'static, str>> {
        match self.0.schema.key.and_then(|key| key.names) {
            Some(names) => names.iter().map(|name| Cow::Borrowed(*name)).collect(),
            None => self.0.latest.keys(),
        }
    }

    fn last(&self, key: Option<&str>) -> Bytes {
        json_list(self.0.latest.ticks(key).iter())
    }

    fn last_records(&self, key: Option<&str>) -> Box<dyn Records> {
        Box::new(self.0.latest.ticks(key))
    }

    fn subscribe(&self) -> Ticks {
        self.0.fanout.subscribe()
    }

    fn lookup(&self, id: &Id) -> Option<Bytes> {
        self.0.find(id).map(|tick| tick.json())
    }

    fn send<'a>(&'a self, key: Option<&'a str>, body: Value) -> BoxFuture<'a, Result<Bytes, SendError>> {
        async move {
            if !self.0.schema.send {
                return Err(SendError::NotSendable(self.0.schema.name));
            }
            let groups = body::read(&self.0, key, body).await?;
            body::write(self.0.send_events(groups).await?).await
        }
        .boxed()
    }

    fn staging(&self) -> Option<&dyn Staging> {
        self.0.stage.as_ref().map(|stage| stage as &dyn Staging)
    }
}

impl<T: GatewayStruct> ChannelCore<T> {
    pub(crate) fn schema(&self) -> &'static ChannelSchema {
        self.schema
    }

    pub(crate) fn subscribe(&self) -> Ticks {
        self.fanout.subscribe()
    }
}
