//! An HTTP client that sends exactly what it is told to, and a WebSocket client.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Client { address }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.request("POST", path, body).await
    }

    /// The status and the body of a POST.
    pub(crate) async fn send(&self, channel: &str, body: &str) -> (u16, Value) {
        let answer = self.post(&format!("/api/v1/send/{channel}"), body).await;
        (answer.status, answer.json())
    }

    pub(crate) async fn request(&self, method: &str, path: &str, body: &str) -> Answer {
        self.bytes(method, path, "content-type: application/json\r\n", body.as_bytes()).await
    }

    pub(crate) async fn bytes(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let length =
                if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n{headers}{length}\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(body).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            String::from_utf8(answer).unwrap()
        };
        let text =
            timeout(PATIENCE, exchange).await.unwrap_or_else(|_| panic!("{method} {path} was not answered"));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let (status, head) = (head[9..12].parse().unwrap(), head.to_owned());
        let mut answer = Answer { status, head, body: body.to_owned() };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = whole(body);
        }
        answer
    }

    pub(crate) async fn stream(&self) -> Stream {
        let url = format!("ws://{}/api/v1/stream", self.address);
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Stream { socket }
    }
}

/// A body that came in chunks, of ASCII text.
fn whole(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        body.push_str(&rest[..size]);
        chunks = rest[size..].strip_prefix("\r\n").unwrap();
    }
    body
}

pub(crate) struct Stream {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Stream {
    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next text as it came.
    pub(crate) async fn text(&mut self) -> String {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("a message comes");
            match message.expect("the stream goes on").unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// Subscribes, and waits until that is done.
    pub(crate) async fn subscribe(&mut self, channel: &str) {
        self.send(&format!(r#"{{"action":"subscribe","channel":"{channel}","ack":true}}"#)).await;
        assert!(self.json().await.get("ack").is_some());
    }

    /// The reply to a request that asks for one.
    pub(crate) async fn ask(&mut self, request: &str) -> Value {
        self.send(request).await;
        self.json().await
    }

    /// Checks that nothing comes for a while.
    pub(crate) async fn is_silent(&mut self) {
        let message = timeout(Duration::from_millis(150), self.socket.next()).await;
        assert!(message.is_err(), "{message:?}");
    }
}
