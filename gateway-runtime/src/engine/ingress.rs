//! The way into the graph from other threads.
//!
//! A message is a function that runs on the graph's thread and puts events into the inboxes of channels. The
//! number of waiting messages and the memory that they take are bounded by permits that async senders wait for
//! without blocking a thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use wingfoil::channel::ChannelSender;
use wingfoil::fluent::{GraphBuilder, SourceOps};
use wingfoil::op::Activation;

use super::stream::{Stream, operation};
use super::time::timestamp;
use gateway_schema::Timestamp;

/// Puts events into channels' inboxes, at the engine time given.
pub(crate) type Deliver = Box<dyn FnOnce(Timestamp) + Send>;

/// A message, and how many bytes of memory its records take.
pub(crate) struct Message {
    pub(crate) bytes: usize,
    pub(crate) deliver: Deliver,
}

/// Room for a message: for one, and for its bytes.
type Room = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// The sending side. Clones send to the same graph.
#[derive(Clone)]
pub(crate) struct Ingress {
    shared: Arc<Shared>,
}

struct Shared {
    limit: usize,
    permits: Arc<Semaphore>,
    /// Of bytes that the messages take, as many as there may be.
    bytes: Arc<Semaphore>,
    most_bytes: u32,
    line: Mutex<Line>,
    /// Whether the graph has been woken and has not looked yet.
    woken: AtomicBool,
}

/// The line to a graph that runs in real time, if one does.
#[derive(Default)]
enum Line {
    #[default]
    NotStarted,
    Open(Sender<(Deliver, Room)>, ChannelSender<()>),
    Closed,
}

/// Why a message did not get into the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PostError {
    /// Too many wait already, or they take too much memory; how many.
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
    /// Room for so many messages, and so many bytes of them; one that takes more than all of them waits for all.
    pub(crate) fn new(limit: usize, bytes: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        let most_bytes = u32::try_from(bytes.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let shared = Shared {
            limit,
            permits: Arc::new(Semaphore::new(limit)),
            bytes: Arc::new(Semaphore::new(most_bytes as usize)),
            most_bytes,
            line: Mutex::default(),
            woken: AtomicBool::new(false),
        };
        Ingress { shared: Arc::new(shared) }
    }

    /// Sends a message, waiting for room for at most a second.
    pub(crate) async fn post(&self, message: Message) -> Result<(), PostError> {
        match tokio::time::timeout(PATIENCE, self.room(self.permits_of(&message))).await {
            Ok(Ok(room)) => self.deliver(message, room),
            Ok(Err(stopped)) => Err(stopped),
            Err(_) => Err(self.overloaded()),
        }
    }

    /// Waits for room.
    async fn room(&self, bytes: u32) -> Result<Room, PostError> {
        let permit =
            Arc::clone(&self.shared.permits).acquire_owned().await.map_err(|_| PostError::Stopped)?;
        let bytes = Arc::clone(&self.shared.bytes).acquire_many_owned(bytes).await;
        Ok((permit, bytes.map_err(|_| PostError::Stopped)?))
    }

    fn permits_of(&self, message: &Message) -> u32 {
        u32::try_from(message.bytes).unwrap_or(u32::MAX).min(self.shared.most_bytes)
    }

    fn overloaded(&self) -> PostError {
        PostError::Overloaded(self.shared.limit - self.shared.permits.available_permits())
    }

    /// Sends a message from a thread that may block, waiting for room as long as the graph runs. On the graph's
    /// own thread, which alone makes room, it does not wait.
    pub(crate) fn post_blocking(&self, message: Message) -> Result<(), PostError> {
        if ON_GRAPH.get() {
            return self.try_post(message);
        }
        let room = futures::executor::block_on(self.room(self.permits_of(&message)))?;
        self.deliver(message, room)
    }

    /// Sends a message if there is room now.
    pub(crate) fn try_post(&self, message: Message) -> Result<(), PostError> {
        let refused = |error| match error {
            TryAcquireError::NoPermits => self.overloaded(),
            TryAcquireError::Closed => PostError::Stopped,
        };
        let (permits, bytes) = (Arc::clone(&self.shared.permits), Arc::clone(&self.shared.bytes));
        let permit = permits.try_acquire_owned().map_err(refused)?;
        let bytes = bytes.try_acquire_many_owned(self.permits_of(&message)).map_err(refused)?;
        self.deliver(message, (permit, bytes))
    }

    fn deliver(&self, message: Message, room: Room) -> Result<(), PostError> {
        let line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
        let Line::Open(messages, waker) = &*line else {
            return Err(PostError::Stopped);
        };
        messages.send((message.deliver, room)).map_err(|_| PostError::Stopped)?;
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
        self.shared.bytes.close();
    }

    /// Wires the receiving side into a real-time graph: a stream that ticks whenever inboxes were filled.
    pub(crate) fn wire(&self, graph: &GraphBuilder) -> Stream<()> {
        let (messages, received): (_, Receiver<(Deliver, Room)>) = channel();
        let (wake, waker) = graph.channel::<()>();
        *self.shared.line.lock().unwrap_or_else(PoisonError::into_inner) = Line::Open(messages, waker);
        let shared = Arc::clone(&self.shared);
        operation(graph, "ingress", &[wake.upstream()], Activation::NONE, move |ctx, out| {
            // Before looking, so that a message sent after the look wakes the graph again.
            shared.woken.store(false, Ordering::Release);
            let now = timestamp(ctx.time());
            // Room comes back after the last message, not each after its own: otherwise senders that are
            // as quick as this loop would keep it going, and the inboxes growing, for ever.
            let mut taken = Vec::new();
            while let Ok((deliver, room)) = received.try_recv() {
                deliver(now);
                taken.push(room);
            }
            out.push(());
            Ok(())
        })
    }
}
