//! The way into the graph from other threads.
//!
//! A message is a function that runs on the graph's thread and puts events into the inboxes of channels. The
//! number of waiting messages is bounded by permits that async senders wait for without blocking a thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wingfoil::channel::ChannelSender;
use wingfoil::fluent::{GraphBuilder, SourceOps};
use wingfoil::op::Activation;

use super::stream::{Stream, operation};
use super::time::timestamp;
use gateway_schema::Timestamp;

/// A message: puts events into channels' inboxes, at the engine time given.
pub(crate) type Message = Box<dyn FnOnce(Timestamp) + Send>;

/// The sending side. Clones send to the same graph.
#[derive(Clone)]
pub(crate) struct Ingress {
    shared: Arc<Shared>,
}

struct Shared {
    limit: usize,
    permits: Arc<Semaphore>,
    line: Mutex<Line>,
    /// Whether the graph has been woken and has not looked yet.
    woken: AtomicBool,
}

/// The line to a graph that runs in real time, if one does.
#[derive(Default)]
enum Line {
    #[default]
    NotStarted,
    Open(Sender<(Message, OwnedSemaphorePermit)>, ChannelSender<()>),
    Closed,
}

/// Why a message did not get into the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PostError {
    /// Too many wait already; the bound.
    Overloaded(usize),
    /// No graph is running.
    Stopped,
}

thread_local! {
    /// Whether this thread runs a graph.
    static ON_GRAPH: Cell<bool> = const { Cell::new(false) };
}

/// Tells the ingress that this thread runs a graph from now on.
pub(crate) fn mark_graph_thread() {
    ON_GRAPH.set(true);
}

/// How long an async sender waits for room before it is told that the gateway is overloaded.
const PATIENCE: Duration = Duration::from_secs(1);

impl Ingress {
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        let shared = Shared {
            limit,
            permits: Arc::new(Semaphore::new(limit)),
            line: Mutex::default(),
            woken: AtomicBool::new(false),
        };
        Ingress { shared: Arc::new(shared) }
    }

    /// Sends a message, waiting for room for at most a second.
    pub(crate) async fn post(&self, message: Message) -> Result<(), PostError> {
        let acquire = Arc::clone(&self.shared.permits).acquire_owned();
        match tokio::time::timeout(PATIENCE, acquire).await {
            Ok(Ok(permit)) => self.deliver(message, permit),
            Ok(Err(_)) => Err(PostError::Stopped),
            Err(_) => Err(PostError::Overloaded(self.shared.limit)),
        }
    }

    /// Sends a message from a thread that may block, waiting for room as long as the graph runs. On the graph's
    /// own thread, which alone makes room, it does not wait.
    pub(crate) fn post_blocking(&self, message: Message) -> Result<(), PostError> {
        if ON_GRAPH.get() {
            return self.try_post(message);
        }
        let acquire = Arc::clone(&self.shared.permits).acquire_owned();
        match futures::executor::block_on(acquire) {
            Ok(permit) => self.deliver(message, permit),
            Err(_) => Err(PostError::Stopped),
        }
    }

    /// Sends a message if there is room now.
    pub(crate) fn try_post(&self, message: Message) -> Result<(), PostError> {
        match Arc::clone(&self.shared.permits).try_acquire_owned() {
            Ok(permit) => self.deliver(message, permit),
            Err(tokio::sync::TryAcquireError::NoPermits) => Err(PostError::Overloaded(self.shared.limit)),
            Err(tokio::sync::TryAcquireError::Closed) => Err(PostError::Stopped),
        }
    }

    fn deliver(&self, message: Message, permit: OwnedSemaphorePermit) -> Result<(), PostError> {
        let line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
        let Line::Open(messages, waker) = &*line else {
            return Err(PostError::Stopped);
        };
        messages.send((message, permit)).map_err(|_| PostError::Stopped)?;
        if !self.shared.woken.swap(true, Ordering::AcqRel) {
            waker.send(());
        }
        Ok(())
    }

    /// Ends the real-time graph once it has taken what was sent before.
    pub(crate) fn close(&self) {
        let line = std::mem::replace(
            &mut *self.shared.line.lock().unwrap_or_else(PoisonError::into_inner),
            Line::Closed,
        );
        if let Line::Open(_, waker) = line {
            waker.close();
        }
        self.shared.permits.close();
    }

    /// Wires the receiving side into a real-time graph: a stream that ticks whenever inboxes were filled.
    pub(crate) fn wire(&self, graph: &GraphBuilder) -> Stream<()> {
        let (messages, received): (_, Receiver<(Message, OwnedSemaphorePermit)>) = channel();
        let (wake, waker) = graph.channel::<()>();
        *self.shared.line.lock().unwrap_or_else(PoisonError::into_inner) = Line::Open(messages, waker);
        let shared = Arc::clone(&self.shared);
        operation(graph, "ingress", &[wake.upstream()], Activation::NONE, move |ctx, out| {
            // Before looking, so that a message sent after the look wakes the graph again.
            shared.woken.store(false, Ordering::Release);
            let now = timestamp(ctx.time());
            // Permits come back after the last message, not each after its own: otherwise senders that are
            // as quick as this loop would keep it going, and the inboxes growing, for ever.
            let mut permits = Vec::new();
            while let Ok((message, permit)) = received.try_recv() {
                message(now);
                permits.push(permit);
            }
            out.push(());
            Ok(())
        })
    }
}
