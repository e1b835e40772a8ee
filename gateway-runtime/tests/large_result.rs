//! How much memory a large answer takes: this file has one test, for its process to have nothing else to do.

#![cfg(all(feature = "duckdb", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

use std::time::Duration;

use gateway_runtime::prelude::*;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A price.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
struct Price {
    /// Of what.
    symbol: String,
    price: f64,
}

/// Prices.
#[gateway_channels]
struct Prices {
    /// The last price.
    #[channel(send, state(key = "symbol"))]
    prices: Channel<Price>,
}

const ROWS: usize = 1_000_000;

/// Of 8 bytes each.
const COLUMNS: usize = 24;

/// A third of the result. The pieces under way, the sockets' buffers and DuckDB's own take some of it.
const MOST: usize = 64 * 1024 * 1024;

/// The memory of this process, in bytes.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// Asks for rows as Arrow, is slow to read them, and answers how many bytes came, and the most memory there was.
async fn download(address: std::net::SocketAddr, rows: usize) -> (usize, usize) {
    let columns: Vec<String> = (0..COLUMNS).map(|n| format!("range + {n} AS c{n}")).collect();
    let body = json!({ "sql": format!("SELECT {} FROM range({rows})", columns.join(", ")) }).to_string();
    let head = format!(
        "POST /api/v1/sql?format=arrow HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let (mut bytes, mut most, mut read) = (0, 0, vec![0; 1024 * 1024]);
    let mut end = Vec::new();
    loop {
        let count = socket.read(&mut read).await.unwrap();
        if count == 0 {
            break;
        }
        bytes += count;
        end.extend_from_slice(&read[..count]);
        end.drain(..end.len().saturating_sub(5));
        if bytes == count {
            // Time enough for all of it to gather, if anything let it.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        most = most.max(memory());
    }
    assert_eq!(end, b"0\r\n\r\n", "the rows are whole");
    (bytes, most)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_rows_leave_without_being_in_memory() {
    let mut settings = Settings::default();
    settings.port = 0;
    settings.sql_time = Duration::from_secs(300);
    let gateway = Gateway::<Prices>::new().module(Rest::default()).module(Sql);
    let running = gateway.start(settings).await.unwrap();
    download(running.address(), 100_000).await;
    let before = memory();
    let (bytes, most) = download(running.address(), ROWS).await;
    assert!(bytes > ROWS * COLUMNS * 8, "{bytes} bytes");
    let grown = most.saturating_sub(before);
    println!("{bytes} bytes left, {grown} were in memory at once");
    assert!(grown < MOST, "{grown} bytes of {bytes} were in memory");
    running.stop().await.unwrap();
}
