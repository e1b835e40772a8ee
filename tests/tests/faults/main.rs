//! Whatever comes from outside, the gateway answers with JSON that says what is wrong, keeps ticking, and does
//! not grow.

mod bodies;
mod client;
mod frames;
mod requests;

use std::fs;
use std::time::{Duration, Instant};

use gateway_tests::Server;
use serde_json::Value;

/// Checks that the graph computes and that what is sent still gets through it.
fn still_ticks(server: &Server) {
    let last = |channel: &str| -> Value {
        serde_json::from_str(&server.get(&format!("/api/v1/last/{channel}")).1)
            .expect("`last` answers with JSON")
    };
    let before = last("example_list");
    let deadline = Instant::now() + Duration::from_secs(10);
    while last("example_list") == before {
        assert!(
            Instant::now() < deadline,
            "the gateway does not tick any more; it logged:\n{}",
            server.log()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let sent = client::post(server.port(), "/api/v1/send/basket/B", br#"{"x": 77}"#);
    assert_eq!(sent.status, 200, "{}", sent.body);
    assert_eq!(server.get("/api/v1/controls/heartbeat").0, 200);
    let log = server.log();
    assert!(!log.contains("panicked"), "something panicked:\n{log}");
}

/// The memory of the server's process in MiB, where the system tells.
fn memory(server: &Server) -> Option<u64> {
    let stats: Value = serde_json::from_str(&server.get("/api/v1/controls/stats").1).ok()?;
    let status = fs::read_to_string(format!("/proc/{}/status", stats[0]["data"]["pid"])).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

/// Checks that the process is not larger than before, but for what an allocator keeps.
fn assert_bounded(server: &Server, before: Option<u64>) {
    if let (Some(before), Some(after)) = (before, memory(server)) {
        assert!(after < before + 128, "the process grew from {before} to {after} MiB");
    }
}
