use std::io::{Read, Write};
use std::time::{Duration, Instant};

use gateway_tests::Server;
use serde_json::Value;

use crate::bodies;
use crate::client::{self, Socket, frame};
use crate::{assert_bounded, memory, still_ticks};

/// Bytes that break the protocol, or stop in the middle of it.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let text = br#"{"action":"subscribe","channel":"example"}"#;
    let truncated = frame(0x81, text);
    vec![
        ("half of a frame's head", vec![0x81]),
        ("half of a frame", truncated[..truncated.len() / 2].to_vec()),
        (
            "a length that does not come",
            [&[0x81, 0xff][..], &(1_u64 << 40).to_be_bytes(), &[0; 4], text].concat(),
        ),
        ("a length beyond everything", [&[0x81, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat()),
        ("a frame without a mask", [&[0x81, text.len() as u8][..], text].concat()),
        ("an unknown opcode", frame(0x83, text)),
        ("a reserved bit", frame(0xf1, text)),
        ("a text that is not UTF-8", frame(0x81, b"{\"action\":\"\xff\xfe\"}")),
        ("a continuation of nothing", frame(0x80, text)),
        ("a text inside of a text", [frame(0x01, b"{"), frame(0x81, text)].concat()),
        ("a ping in parts", frame(0x09, b"x")),
        ("a ping that is too long", frame(0x89, &[0; 200])),
        ("a close without a reason that can be", frame(0x88, &[0])),
        ("no WebSocket at all", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("10 MB of text", frame(0x81, &vec![b'x'; 10 * 1024 * 1024])),
    ]
}

#[test]
fn broken_frames_end_their_own_connection_only() {
    let server = Server::start("omnibus");
    let mut healthy = Socket::open(server.port());
    healthy.send(br#"{"action":"subscribe","channel":"heartbeat"}"#);
    let round = || {
        for (fault, bytes) in broken() {
            let mut socket = Socket::open(server.port());
            // The server may have ended the connection before it is all sent.
            let _ = socket.stream.write_all(&bytes);
            let _ = socket.stream.shutdown(std::net::Shutdown::Write);
            let mut rest = Vec::new();
            let start = Instant::now();
            let _ = socket.stream.read_to_end(&mut rest);
            assert!(start.elapsed() < Duration::from_secs(10), "{fault}: the connection does not end");
        }
    };
    round();
    let before = memory(&server);
    round();
    round();
    assert_eq!(healthy.receive(), r#"{"channel": "heartbeat", "data": "PING"}"#);
    still_ticks(&server);
    assert_bounded(&server, before);
}

#[test]
fn wrong_requests_are_answered_and_the_stream_goes_on() {
    let server = Server::start("omnibus");
    let mut socket = Socket::open(server.port());
    for body in bodies::wrong() {
        // As a request, and as the data of one, where it is JSON.
        socket.send_if_text(&body.bytes);
        let Ok(data) = serde_json::from_slice::<Value>(&body.bytes) else {
            continue;
        };
        for channel in ["example", "basket", "controls", "never_ticks", "nope"] {
            let request =
                serde_json::json!({ "action": "send", "channel": channel, "data": data, "ack": true });
            socket.send(request.to_string().as_bytes());
            let reply: Value = serde_json::from_str(&socket.receive()).expect("replies are JSON");
            let status = reply["error"]["status"].as_u64();
            assert!(status.is_some_and(|status| (400..500).contains(&status)), "{}: {reply}", body.fault);
        }
    }
    for request in [
        r#"{"ack":true}"#,
        r#"{"action":5,"channel":"example","ack":true}"#,
        r#"{"action":"subscribe","channel":["example"],"ack":true}"#,
        r#"{"action":"subscribe","channel":"basket","key":{"a":1},"ack":true}"#,
        r#"{"action":"subscribe","channel":"basket","key":"Z","ack":true}"#,
        r#"{"action":"send","channel":"example","ack":true}"#,
        r#"{"action":"unsubscribe","channel":"nope","ack":true}"#,
    ] {
        socket.send(request.as_bytes());
        let reply: Value = serde_json::from_str(&socket.receive()).expect("replies are JSON");
        assert!(
            reply["error"]["detail"].is_string() || reply["error"]["detail"].is_array(),
            "{request}: {reply}"
        );
    }
    socket.send(br#"{"action":"subscribe","channel":"example_list","ack":true}"#);
    assert!(socket.receive().contains("\"ack\""));
    assert!(socket.receive().starts_with(r#"{"channel":"example_list","data":[{"id":""#));
    still_ticks(&server);
}

impl Socket {
    /// What is not UTF-8 would rightly end the connection.
    fn send_if_text(&mut self, bytes: &[u8]) {
        if std::str::from_utf8(bytes).is_ok() {
            self.send(bytes);
        }
    }
}

#[test]
fn a_slow_reader_does_not_stall_others() {
    let server = Server::start("omnibus");
    let port = server.port();
    let mut slow = Socket::open(port);
    slow.send(br#"{"action":"subscribe","channel":"example","ack":true}"#);
    slow.receive();
    let mut others = Socket::open(port);
    others.send(br#"{"action":"subscribe","channel":"heartbeat"}"#);
    others.send(br#"{"action":"subscribe","channel":"example_list"}"#);

    let sender = std::thread::spawn(move || {
        let body = format!(r#"{{"x":1,"y":"{}"}}"#, "y".repeat(200_000));
        for _ in 0..200 {
            assert_eq!(client::post(port, "/api/v1/send/example", body.as_bytes()).status, 200);
        }
    });
    let (mut frames, mut longest) = (0, Duration::ZERO);
    while !sender.is_finished() || frames < 6 {
        let start = Instant::now();
        others.receive();
        frames += 1;
        longest = longest.max(start.elapsed());
    }
    sender.join().expect("every record is taken");
    assert!(longest < Duration::from_secs(5), "the other stream was silent for {longest:?}");
    still_ticks(&server);
}
