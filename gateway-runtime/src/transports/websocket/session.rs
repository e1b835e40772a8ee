//! One connection: reads requests, writes what is queued, ends when either side does or the gateway stops.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use gateway_schema::message::{Action, HEARTBEAT, Request};
use gateway_schema::problem::Problem;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::queue::{FRAMES, Queue, Queued, queue};
use super::reply;
use super::subscription::{Keys, Subscription};
use crate::endpoint::Endpoint;
use crate::hub::Hub;
use crate::transports::answer::Refusal;
use crate::transports::durable;

/// How often the client is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);

/// After how long without any message, the answer to a ping included, it is not.
const SILENCE: Duration = Duration::from_secs(90);

/// How long a client may take to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(2);

/// Requests from this size on are parsed off the asynchronous threads.
const LARGE: usize = 64 * 1024;

pub(super) async fn run(socket: WebSocket, hub: Arc<Hub>) {
    let (mut sink, mut source) = socket.split();
    let (queue, queued) = queue();
    let mut session = Session { hub: Arc::clone(&hub), queue, subscriptions: HashMap::new() };
    // Reading and writing go on side by side, so that a send that takes long, or a client that does not
    // read, holds up one direction only.
    let stopping = tokio::select! {
        () = session.read(&mut source) => false,
        () = write(&mut sink, queued) => false,
        () = hub.stopping() => true,
    };
    drop(session);
    if stopping {
        let reason = Utf8Bytes::from_static("the gateway is stopping");
        let farewell = async {
            let close = CloseFrame { code: close_code::AWAY, reason };
            if sink.send(Message::Close(Some(close))).await.is_ok() {
                while let Some(Ok(_)) = source.next().await {}
            }
        };
        // Whether the client answers or not, the connection is closed.
        let _ = timeout(FAREWELL.min(hub.settings.shutdown_grace), farewell).await;
    }
}

async fn write(sink: &mut SplitSink<WebSocket, Message>, mut queued: mpsc::Receiver<Queued>) {
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut frames = Vec::with_capacity(FRAMES);
    loop {
        let written = tokio::select! {
            count = queued.recv_many(&mut frames, FRAMES) => {
                if count == 0 {
                    return;
                }
                // Fed and flushed together: many small frames make one write.
                let fed = async {
                    for (frame, _room) in frames.drain(..) {
                        sink.feed(Message::Text(frame)).await?;
                    }
                    sink.flush().await
                };
                fed.await
            }
            _ = pings.tick() => sink.send(Message::Ping(Bytes::new())).await,
        };
        if written.is_err() {
            return;
        }
    }
}

struct Session {
    hub: Arc<Hub>,
    queue: Queue,
    /// By the name of the channel.
    subscriptions: HashMap<&'static str, Subscription>,
}

impl Session {
    /// Serves requests, one after the other, until the client closes the connection, breaks the protocol or
    /// falls silent.
    async fn read(&mut self, source: &mut SplitStream<WebSocket>) {
        while let Ok(Some(Ok(message))) = timeout(SILENCE, source.next()).await {
            // Binary messages mean nothing here; pings are answered by the protocol.
            if let Message::Text(text) = message {
                self.request(text).await;
            }
        }
    }

    async fn request(&mut self, text: Utf8Bytes) {
        let length = text.len();
        // Not a request: the reply, if there is one.
        let read = move || serde_json::from_str::<Request>(&text).map_err(|_| reply::not_a_request(&text));
        let request = if length < LARGE {
            read()
        } else {
            tokio::task::spawn_blocking(read).await.unwrap_or(Err(None))
        };
        match request {
            Ok(mut request) => {
                if let Err(refusal) = self.serve(&mut request).await
                    && request.ack
                {
                    self.push(reply::error(&reply::repeated(&request), &refusal)).await;
                }
            }
            Err(Some(reply)) => self.push(reply).await,
            Err(None) => {}
        }
    }

    /// Serves a request, and acknowledges it if it asks for that.
    async fn serve(&mut self, request: &mut Request) -> Result<(), Refusal> {
        match request.action {
            Action::Subscribe => self.subscribe(request).await,
            Action::Unsubscribe => self.unsubscribe(request).await,
            Action::Send => self.send(request).await,
        }
    }

    async fn subscribe(&mut self, request: &Request) -> Result<(), Refusal> {
        let Some(endpoint) = self.endpoint(request)? else {
            self.acknowledge(request, None).await;
            let queue = self.queue.clone();
            self.subscriptions.entry(HEARTBEAT).or_insert_with(|| Subscription::heartbeat(queue));
            return Ok(());
        };
        let key = request.key.as_deref();
        let channel = endpoint.schema().name;
        if let Some(subscription) = self.subscriptions.get(channel) {
            let limit = self.hub.settings.basket_keys;
            if !subscription.add(key, request.ack, limit) {
                return Err(Refusal::Conflict(format!(
                    "No more than {limit} keys of a basket can be subscribed to"
                )));
            }
            self.acknowledge(request, None).await;
            return Ok(());
        }
        // Nothing ticks unseen between the acknowledgement and the first forwarded tick.
        let ticks = endpoint.subscribe();
        self.acknowledge(request, None).await;
        let subscription =
            Subscription::start(channel, ticks, Keys::first(key), request.ack, self.queue.clone());
        self.subscriptions.insert(channel, subscription);
        Ok(())
    }

    async fn unsubscribe(&mut self, request: &Request) -> Result<(), Refusal> {
        let channel = self.endpoint(request)?.map_or(HEARTBEAT, |endpoint| endpoint.schema().name);
        let limit = self.hub.settings.basket_keys;
        let over = match (self.subscriptions.get(channel), request.key.as_deref()) {
            (Some(subscription), Some(key)) => {
                if !subscription.remove(key, limit) {
                    return Err(Refusal::Conflict(format!(
                        "No more than {limit} keys of a basket can be left out"
                    )));
                }
                subscription.is_empty()
            }
            (Some(_), None) => true,
            (None, _) => false,
        };
        if over && let Some(subscription) = self.subscriptions.remove(channel) {
            subscription.end().await;
        }
        self.acknowledge(request, None).await;
        Ok(())
    }

    async fn send(&mut self, request: &mut Request) -> Result<(), Refusal> {
        let target = target(request);
        let endpoint = self.endpoint(request)?.ok_or_else(|| Refusal::no_channel(&target))?;
        let data = request.data.take().filter(|data| !data.is_null());
        let data = data
            .ok_or_else(|| Refusal::Invalid(vec![Problem::new("missing", "Field required").at(["body"])]))?;
        let sent = endpoint.send(request.key.as_deref(), data).await;
        let records = sent.map_err(|error| Refusal::of_send(error, &target))?;
        if request.ack && durable::is_default(&self.hub, endpoint.schema()) {
            durable::wait(&self.hub).await?;
        }
        self.acknowledge(request, Some(records)).await;
        Ok(())
    }

    /// The channel of a request; nothing for the heartbeat, which is none.
    fn endpoint(&self, request: &Request) -> Result<Option<Arc<dyn Endpoint>>, Refusal> {
        let unknown = || Refusal::no_channel(&target(request));
        let Some(endpoint) = self.hub.channel(&request.channel) else {
            return if request.channel == HEARTBEAT && request.key.is_none() {
                Ok(None)
            } else {
                Err(unknown())
            };
        };
        if request.key.as_deref().is_some_and(|key| !endpoint.is_key(key)) {
            return Err(unknown());
        }
        Ok(Some(Arc::clone(endpoint)))
    }

    async fn acknowledge(&self, request: &Request, records: Option<Bytes>) {
        if request.ack {
            self.push(reply::ack(request, records)).await;
        }
    }

    async fn push(&self, frame: Utf8Bytes) {
        // The queue ends with the connection, and then nobody waits for the frame.
        let _ = self.queue.send(frame).await;
    }
}

/// `channel` or `channel/key`.
fn target(request: &Request) -> String {
    match &request.key {
        Some(key) => format!("{}/{key}", request.channel),
        None => request.channel.clone(),
    }
}
