//! Live ticks over a WebSocket, one connection for each stream.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::{SinkExt, Stream, StreamExt};
use gateway_schema::message::{Action, HEARTBEAT, PING, Request};
use gateway_schema::{BasketKey, GatewayStruct, Tick};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest as _};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::client::{Client, shown};
use crate::error::{Error, Result, words};
use crate::reading;

/// How long a gateway may take to acknowledge a subscription. csp-gateway never does, and is believed then.
const ACKNOWLEDGEMENT: Duration = Duration::from_secs(1);

/// A connection that is subscribed to one channel, and gives its frames. Pings are answered while it is read.
#[derive(Debug)]
struct Frames {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    url: String,
    channel: String,
    /// What came while the acknowledgement was waited for.
    early: Option<Result<Frame>>,
    ended: bool,
}

/// One message about the channel.
#[derive(Debug)]
struct Frame {
    key: Option<String>,
    data: Value,
}

/// What a message says.
enum Said {
    Acknowledged,
    Frame(Result<Frame>),
    /// Nothing about this channel.
    Other,
}

impl Frames {
    /// Connects and subscribes. What ticks after this is not missed, if the gateway acknowledges.
    async fn open(client: &Client, channel: &str, key: Option<&str>) -> Result<Self> {
        let (url, authorization) = client.stream_address()?;
        let shown = shown(&url);
        let failed = |error| Error::stream(&shown, error);
        let mut request = client.with_key(url).as_str().into_client_request().map_err(failed)?;
        if let Some(value) = authorization.and_then(|text| text.parse().ok()) {
            request.headers_mut().insert(tungstenite::http::header::AUTHORIZATION, value);
        }
        let subscribe = Request {
            action: Action::Subscribe,
            channel: channel.to_owned(),
            key: key.map(str::to_owned),
            data: None,
            ack: true,
        };
        let subscribe =
            serde_json::to_string(&subscribe).map_err(|error| Error::decode(&shown, error.to_string()))?;
        let connect = async {
            let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
            socket.send(Message::text(subscribe)).await?;
            Ok(socket)
        };
        let socket = match tokio::time::timeout(client.timeout(), connect).await {
            Ok(connected) => connected.map_err(failed)?,
            Err(_) => {
                return Err(Error::Timeout { url: shown, after: client.timeout() });
            }
        };
        let mut frames =
            Frames { socket, url: shown, channel: channel.to_owned(), early: None, ended: false };
        frames.wait_until_subscribed().await?;
        Ok(frames)
    }

    async fn wait_until_subscribed(&mut self) -> Result<()> {
        let first = std::future::poll_fn(|context| self.poll_said(context));
        match tokio::time::timeout(ACKNOWLEDGEMENT, first).await {
            Ok(Some(Said::Frame(Err(refused @ Error::Refused { .. })))) => Err(refused),
            Ok(Some(Said::Frame(early))) => {
                self.early = Some(early);
                Ok(())
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn read(&self, text: &str) -> Said {
        let mut message: Value = match serde_json::from_str(text) {
            Ok(message) => message,
            Err(error) => {
                return Said::Frame(Err(Error::decode(&self.url, format!("a message is not JSON: {error}"))));
            }
        };
        let (url, channel) = (|| self.url.clone(), || self.channel.clone());
        if let Some(error) = message.get("error").filter(|error| !error.is_null()) {
            let detail = words(error.get("detail").unwrap_or(error));
            return Said::Frame(Err(Error::Refused { url: url(), channel: channel(), detail }));
        }
        if message.get("ack").is_some() {
            return Said::Acknowledged;
        }
        if message.get("channel").and_then(Value::as_str) != Some(&self.channel) {
            return Said::Other;
        }
        if let Some(ticks) = message.get("missed").and_then(Value::as_u64) {
            return Said::Frame(Err(Error::Missed { url: url(), channel: channel(), ticks }));
        }
        let key = message.get("key").and_then(Value::as_str).map(str::to_owned);
        match message.get_mut("data").map(Value::take) {
            Some(data) => Said::Frame(Ok(Frame { key, data })),
            None => Said::Other,
        }
    }

    /// The next message that is text, read.
    fn poll_said(&mut self, context: &mut Context<'_>) -> Poll<Option<Said>> {
        while !self.ended {
            let said = match ready!(self.socket.poll_next_unpin(context)) {
                None => break,
                Some(Ok(Message::Text(text))) => self.read(&text),
                Some(Ok(Message::Binary(bytes))) => match std::str::from_utf8(&bytes) {
                    Ok(text) => self.read(text),
                    Err(error) => {
                        Said::Frame(Err(Error::decode(&self.url, format!("a message is not text: {error}"))))
                    }
                },
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))) => {
                    continue;
                }
                Some(Err(tungstenite::Error::ConnectionClosed)) => break,
                Some(Err(error)) => {
                    self.ended = true;
                    Said::Frame(Err(Error::stream(&self.url, error)))
                }
            };
            return Poll::Ready(Some(said));
        }
        self.ended = true;
        Poll::Ready(None)
    }
}

impl Stream for Frames {
    type Item = Result<Frame>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(early) = self.early.take() {
            return Poll::Ready(Some(early));
        }
        loop {
            match ready!(self.poll_said(context)) {
                None => return Poll::Ready(None),
                Some(Said::Frame(frame)) => return Poll::Ready(Some(frame)),
                Some(Said::Acknowledged | Said::Other) => {}
            }
        }
    }
}

/// The ticks of a channel, or of one key of a basket, from the moment it was opened.
///
/// What cannot be read is an item of its own, and the stream goes on. It ends when the gateway closes the
/// connection; a connection that breaks is its last item.
#[derive(Debug)]
pub struct Ticks<T> {
    inner: KeyedTicks<String, T>,
}

impl<T: GatewayStruct> Ticks<T> {
    pub(crate) async fn open(client: &Client, channel: &str, key: Option<&str>) -> Result<Self> {
        let frames = Frames::open(client, channel, key).await?;
        Ok(Ticks { inner: KeyedTicks { frames, ready: VecDeque::new(), key: PhantomData } })
    }
}

impl<T: GatewayStruct> Stream for Ticks<T> {
    type Item = Result<Tick<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.inner.poll_item(context));
        Poll::Ready(item.map(|item| item.map(|(_, tick)| tick)))
    }
}

/// One record, with the key that its frame carried.
type Item<T> = Result<(Option<String>, Tick<T>)>;

/// The ticks of a basket with their keys, from the moment it was opened. Errors and the end are those of
/// [`Ticks`].
#[derive(Debug)]
pub struct KeyedTicks<K, T> {
    frames: Frames,
    ready: VecDeque<Item<T>>,
    key: PhantomData<fn() -> K>,
}

impl<K, T> Unpin for KeyedTicks<K, T> {}
impl<T> Unpin for Ticks<T> {}

impl<K, T: GatewayStruct> KeyedTicks<K, T> {
    pub(crate) async fn open(client: &Client, channel: &str) -> Result<Self> {
        let frames = Frames::open(client, channel, None).await?;
        Ok(KeyedTicks { frames, ready: VecDeque::new(), key: PhantomData })
    }

    /// The next tick of the frames, which carry any number of them each.
    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Item<T>>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(item));
            }
            let frame = match ready!(self.frames.poll_next_unpin(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => frame,
            };
            let items = match frame.data {
                Value::Array(items) => items,
                // csp-gateway's lists are lists, but a single record is as clear.
                single => vec![single],
            };
            let url = &self.frames.url;
            self.ready.extend(items.iter().map(|item| match reading::tick(item) {
                Ok(tick) => Ok((frame.key.clone(), tick)),
                Err(reason) => Err(Error::decode(url, reason)),
            }));
        }
    }
}

impl<K: BasketKey, T: GatewayStruct> Stream for KeyedTicks<K, T> {
    type Item = Result<(K, Tick<T>)>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.poll_item(context));
        Poll::Ready(item.map(|item| {
            let (name, tick) = item?;
            let key = name.as_deref().and_then(K::from_wire);
            let wrong = || match name {
                Some(name) => format!("`{name}` is not a key of {}", K::KEY.name),
                None => "a message of the basket has no key".to_owned(),
            };
            let key = key.ok_or_else(|| Error::decode(&self.frames.url, wrong()))?;
            Ok((key, tick))
        }))
    }
}

/// The gateway's heartbeats. An item is one beat; the end is that of [`Ticks`].
#[derive(Debug)]
pub struct Heartbeats {
    frames: Frames,
}

impl Heartbeats {
    pub(crate) async fn open(client: &Client) -> Result<Self> {
        Ok(Heartbeats { frames: Frames::open(client, HEARTBEAT, None).await? })
    }
}

impl Stream for Heartbeats {
    type Item = Result<()>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.frames.poll_next_unpin(context));
        Poll::Ready(item.map(|frame| match frame?.data {
            Value::String(beat) if beat == PING => Ok(()),
            other => Err(Error::decode(
                &self.frames.url,
                format!("a heartbeat should be `{PING}`, not {}", words(&other)),
            )),
        }))
    }
}
