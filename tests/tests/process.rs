//! A gateway as a process: what it writes, how it ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::Duration;

use gateway_tests::{Server, example_binary};
use serde_json::Value;

#[test]
fn one_signal_that_comes_twice_stops_it_in_order() {
    let server = Server::start("omnibus");
    let stats: Value = serde_json::from_str(&server.get("/api/v1/controls/stats").1).expect("is JSON");
    let pid = stats[0]["data"]["pid"].to_string();
    // A request that is half there keeps the stop from being over before the second signal comes.
    let mut half = TcpStream::connect(("127.0.0.1", server.port())).expect("connects");
    let head = "POST /api/v1/send/example HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    write!(half, "{head}connection: close\r\ncontent-length: 8\r\n\r\n{{\"x\"").expect("writes");
    thread::sleep(Duration::from_millis(200));
    // `timeout` signals its program and then the group that the program is in.
    for _ in 0..2 {
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot send SIGTERM");
        thread::sleep(Duration::from_millis(100));
    }
    half.write_all(b": 1}").expect("writes");
    let mut answer = String::new();
    half.read_to_string(&mut answer).expect("is answered");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let log = server.log();
    assert!(server.wait_for_end(Duration::from_secs(15)).success());
    assert!(!log.contains('\u{1b}'), "colours where there is no terminal: {log}");
}

#[test]
fn a_port_that_is_taken_is_said_with_what_to_do() {
    let server = Server::start("market");
    let port = format!("--port={}", server.port());
    let output = Command::new(example_binary("market")).arg(port).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("another program listens there, choose another port with `--port`"), "{said}");
}
