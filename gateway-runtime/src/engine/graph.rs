//! One graph: channels are opened, modules connected to them, channels closed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use gateway_schema::GatewayStruct;
use smallvec::SmallVec;
use wingfoil::fluent::{GraphBuilder, SourceOps, StreamOps};
use wingfoil::interp::FeedbackSink;
use wingfoil::op::Activation;

use super::stream::{Events, Stream, merge, operation};
use super::time::timestamp;
use crate::channel::core::{ChannelCore, OpenCore};
use crate::event::Event;
use crate::module::bus::ModuleThread;

/// A graph that is being wired.
pub(crate) struct Graph {
    pub(crate) builder: GraphBuilder,
    channels: Vec<Box<dyn Opened>>,
    pub(crate) threads: RefCell<Vec<ModuleThread>>,
}

/// A channel in a graph, without its type.
pub(crate) trait Opened {
    fn as_any(&self) -> &dyn Any;
    /// Merges what the publishers publish; whoever publishes must have been connected by now.
    fn close(&self);
}

impl Graph {
    /// Opens every channel; `arrivals` ticks when inboxes were filled.
    pub(crate) fn open(builder: GraphBuilder, cores: &[Arc<dyn OpenCore>], arrivals: &Stream<()>) -> Self {
        let channels = cores.iter().map(|core| Arc::clone(core).open(&builder, arrivals)).collect();
        Graph { builder, channels, threads: RefCell::default() }
    }

    /// Merges what is published on a channel, so that it can be read.
    pub(crate) fn close_channel(&self, index: usize) {
        self.channels[index].close();
    }

    /// Closes all channels that are still open.
    pub(crate) fn close(&self) {
        for channel in &self.channels {
            channel.close();
        }
    }

    /// The channel at a place of the set, with its type.
    pub(crate) fn channel<T: GatewayStruct>(&self, index: usize) -> &ChannelGraph<T> {
        let channel = self.channels[index].as_any().downcast_ref();
        channel.unwrap_or_else(|| {
            unreachable!("generated code asks for a channel with the type it was declared with")
        })
    }
}

type EventStream<T> = Stream<Arc<Event<T>>>;
type EventSink<T> = FeedbackSink<Events<Arc<Event<T>>>>;

/// A channel in a graph.
pub(crate) struct ChannelGraph<T> {
    pub(crate) core: Arc<ChannelCore<T>>,
    builder: GraphBuilder,
    inbox: Option<EventStream<T>>,
    /// Each with its module's place in the composition, which is the order of ticks of one instant.
    publishers: RefCell<Vec<(usize, EventStream<T>)>>,
    feedback: RefCell<Vec<EventSink<T>>>,
    merged: RefCell<Option<EventStream<T>>>,
    closed: Cell<bool>,
}

impl<T: GatewayStruct> ChannelGraph<T> {
    pub(crate) fn open(core: Arc<ChannelCore<T>>, builder: &GraphBuilder, arrivals: &Stream<()>) -> Self {
        let taken = Arc::clone(&core);
        let upstream = [arrivals.input().upstream];
        let inbox = operation(builder, core.schema().name, &upstream, Activation::NONE, move |_, out| {
            taken.take_arrivals(out);
            if out.is_empty() {
                taken.settle();
            }
            Ok(())
        });
        ChannelGraph {
            core,
            builder: builder.clone(),
            inbox: Some(inbox),
            publishers: RefCell::default(),
            feedback: RefCell::default(),
            merged: RefCell::default(),
            closed: Cell::new(false),
        }
    }

    /// Adds a publisher. `place` is its module's place in the composition.
    pub(crate) fn publish(&self, place: usize, events: EventStream<T>) {
        self.publishers.borrow_mut().push((place, events));
    }

    /// The channel's ticks, in the cycle in which they are published.
    pub(crate) fn ticks(&self) -> EventStream<T> {
        self.close();
        let merged = self.merged.borrow().clone();
        merged.unwrap_or_else(|| unreachable!("closing a channel merges its publishers"))
    }

    /// The channel's ticks, one cycle later.
    pub(crate) fn feedback(&self, module: &'static str) -> EventStream<T> {
        let (source, sink) = self.builder.feedback::<Events<Arc<Event<T>>>>();
        match &*self.merged.borrow() {
            // Closed already, because a module before this one reads it without feedback.
            Some(merged) => drop(merged.inner.feedback(&sink)),
            None => self.feedback.borrow_mut().push(sink),
        }
        let arrived = source.value_slot();
        // What comes back carries the time of the cycle that published it, so it is given the present one.
        operation(&self.builder, module, &[source.upstream()], Activation::NONE, move |_, out| {
            out.extend(arrived.borrow().items.iter().cloned());
            Ok(())
        })
    }
}

impl<T: GatewayStruct> Opened for ChannelGraph<T> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn close(&self) {
        if self.closed.replace(true) {
            return;
        }
        let mut publishers = self.publishers.borrow_mut();
        publishers.sort_by_key(|(place, _)| *place);
        let mut sources: Vec<EventStream<T>> = self.inbox.iter().cloned().collect();
        sources.extend(publishers.drain(..).map(|(_, stream)| stream));
        let name = self.core.schema().name;
        let core = Arc::clone(&self.core);
        let merged = merge(&self.builder, name, &sources).then(move |event, _, out: &mut SmallVec<_>| {
            core.publish(event);
            out.push(Arc::clone(event));
            Ok(())
        });
        let settled = Arc::clone(&self.core);
        let upstream = [merged.input().upstream];
        operation::<()>(&self.builder, name, &upstream, Activation::NONE, move |_, _| {
            settled.settle();
            Ok(())
        });
        for sink in self.feedback.borrow().iter() {
            merged.inner.feedback(sink);
        }
        *self.merged.borrow_mut() = Some(merged);
    }
}

/// The events that `items` make, with ids and the engine's time.
pub(crate) fn events_of<T: GatewayStruct, S: Clone + 'static>(
    core: &Arc<ChannelCore<T>>,
    items: &Stream<S>,
    mut make: impl FnMut(&ChannelCore<T>, &S, gateway_schema::Timestamp) -> Option<Arc<Event<T>>> + 'static,
) -> EventStream<T> {
    let core = Arc::clone(core);
    items.then(move |item, ctx, out| {
        out.extend(make(&core, item, timestamp(ctx.time())));
        Ok(())
    })
}
