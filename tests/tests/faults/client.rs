//! A client that sends what it should not.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the gateway accepts connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream
}

pub(crate) fn post(port: u16, path: &str, body: &[u8]) -> Answer {
    request(port, "POST", path, body)
}

/// Sends a request with a JSON body and reads the whole answer.
pub(crate) fn request(port: u16, method: &str, path: &str, body: &[u8]) -> Answer {
    let mut stream = connect(port);
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // A refusal may come, and the connection end, before all of a large body is sent.
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert!(error.kind() == ErrorKind::ConnectionReset, "{method} {path}: {error}, sent: {sent:?}");
    }
    let answer =
        String::from_utf8(answer).unwrap_or_else(|_| panic!("{method} {path}: the answer is not UTF-8"));
    let (head, body) =
        answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: no answer, {sent:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("{method} {path}: no status in {head}")),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Sends a request and goes away without reading the answer.
pub(crate) fn abandon(port: u16, path: &str) {
    let mut stream = connect(port);
    let request = format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request can be sent");
}

/// A WebSocket of which every byte is ours.
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
}

impl Socket {
    pub(crate) fn open(port: u16) -> Self {
        let mut stream = connect(port);
        let request = "GET /api/v1/stream HTTP/1.1\r\nhost: gateway\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("the handshake can be sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("the handshake is answered");
            head.extend(byte);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Socket { stream }
    }

    /// Sends a text. The mask is zero, so the payload is as it is.
    pub(crate) fn send(&mut self, text: &[u8]) {
        self.stream.write_all(&frame(0x81, text)).expect("a frame can be sent");
    }

    /// The next text from the server.
    pub(crate) fn receive(&mut self) -> String {
        loop {
            let (opcode, payload) = self.frame();
            match opcode {
                1 => return String::from_utf8(payload).expect("texts are UTF-8"),
                9 | 10 => {}
                other => panic!("opcode {other}: {}", String::from_utf8_lossy(&payload)),
            }
        }
    }

    fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).expect("a frame comes");
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.stream.read_exact(&mut length).expect("a length comes");
                u64::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.stream.read_exact(&mut length).expect("a length comes");
                u64::from_be_bytes(length)
            }
            length => u64::from(length),
        };
        let mut payload = vec![0; usize::try_from(length).expect("a length that fits")];
        self.stream.read_exact(&mut payload).expect("a payload comes");
        (head[0] & 0x0f, payload)
    }
}

/// A masked frame; `first` has the flags and the opcode.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
