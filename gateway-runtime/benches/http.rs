//! Answers as a client gets them: over HTTP, on one connection that is kept.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::time::Duration;

use divan::Bencher;
use gateway_runtime::prelude::*;
use tokio::runtime::Runtime;

/// The last quote of a symbol.
#[derive(Clone, Debug, GatewayStruct)]
pub struct Quote {
    /// The key.
    symbol: String,
    bid: f64,
    ask: f64,
    size: u32,
}

/// What is quoted.
#[gateway_channels]
pub struct Market {
    /// Every quote, kept by symbol.
    #[channel(send, state(key = "symbol"))]
    pub quotes: Channel<Vec<Quote>>,
}

const ROWS: usize = 100_000;

/// Finds 20 rows: `bid < 20`.
const TWENTY: &str = "state/quotes?query=%7B%22filters%22:%5B%7B%22attr%22:%22bid%22,\
                      %22by%22:%7B%22value%22:20,%22where%22:%22%3C%22%7D%7D%5D%7D";

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime can be made"))
}

fn quote(key: usize) -> Quote {
    Quote { symbol: format!("SYM{key:07}"), bid: key as f64 + 0.25, ask: key as f64 + 0.5, size: 100 }
}

/// A gateway with 100 000 rows, and a client of it.
struct Desk {
    running: Running<Market>,
    client: BufReader<TcpStream>,
}

impl Desk {
    fn start() -> Self {
        let mut settings = Settings::default();
        settings.port = 0;
        settings.state_rows = 10 * ROWS;
        settings.shutdown_grace = Duration::from_secs(1);
        let gateway = Gateway::<Market>::new().module(Rest::default());
        #[cfg(feature = "duckdb")]
        let gateway = gateway.module(Sql);
        let running = runtime().block_on(gateway.start(settings)).expect("the gateway starts");
        let socket = TcpStream::connect(running.address()).expect("the gateway listens");
        socket.set_nodelay(true).expect("is a TCP socket");
        let desk = Desk { running, client: BufReader::with_capacity(1 << 20, socket) };
        desk.send(0..ROWS);
        desk
    }

    /// Makes records with these keys, which come in no order.
    fn send(&self, keys: std::ops::Range<usize>) {
        let (first, count) = (keys.start, keys.len());
        let quotes = keys.map(|key| quote(first + ((key - first) * 7_919) % count)).collect();
        runtime().block_on(self.running.channels().quotes.send(quotes)).expect("is sent");
    }

    fn stop(self) {
        runtime().block_on(self.running.stop()).expect("the gateway stops");
    }

    fn get(&mut self, path: &str) -> Vec<u8> {
        let head = format!("GET /api/v1/{path} HTTP/1.1\r\nhost: gateway\r\n\r\n");
        self.client.get_mut().write_all(head.as_bytes()).expect("is sent");
        self.answer()
    }

    /// The body of a 200.
    fn answer(&mut self) -> Vec<u8> {
        let (mut length, mut line) = (None, String::new());
        loop {
            line.clear();
            self.client.read_line(&mut line).expect("is answered");
            assert!(!line.starts_with("HTTP") || line.starts_with("HTTP/1.1 200"), "{line}");
            match line.trim_end().split_once(": ") {
                Some(("content-length", size)) => length = size.parse().ok(),
                Some(_) => {}
                None if line == "\r\n" => break,
                None => {}
            }
        }
        let mut body = Vec::new();
        if let Some(length) = length {
            self.read(&mut body, length);
            return body;
        }
        loop {
            line.clear();
            self.client.read_line(&mut line).expect("is answered");
            let size = usize::from_str_radix(line.trim_end(), 16).expect("is the size of a chunk");
            self.read(&mut body, size);
            self.client.read_exact(&mut [0; 2]).expect("the chunk ends");
            if size == 0 {
                return body;
            }
        }
    }

    fn read(&mut self, body: &mut Vec<u8>, length: usize) {
        let start = body.len();
        body.resize(start + length, 0);
        self.client.read_exact(&mut body[start..]).expect("is whole");
    }
}

/// A filter that finds 20 of 100 000 rows, as JSON.
#[divan::bench(max_time = 3)]
fn filter_20_of_100k(bencher: Bencher) {
    let mut desk = Desk::start();
    let found: Vec<serde_json::Value> = serde_json::from_slice(&desk.get(TWENTY)).expect("is a list");
    assert_eq!(found.len(), 20);
    bencher.bench_local(|| black_box(desk.get(TWENTY)));
    desk.stop();
}

/// The same right after a record with a new key.
#[divan::bench(max_time = 3)]
fn filter_20_of_100k_after_an_insert(bencher: Bencher) {
    let desk = std::cell::RefCell::new(Desk::start());
    let mut fresh = ROWS..;
    bencher
        .with_inputs(|| fresh.next().map(|key| desk.borrow().send(key..key + 1)))
        .bench_local_values(|_| black_box(desk.borrow_mut().get(TWENTY)));
    desk.into_inner().stop();
}

/// All of 100 000 rows as JSON, none of which was written before.
#[divan::bench(max_time = 5)]
fn json_of_100k(bencher: Bencher) {
    let desk = std::cell::RefCell::new(Desk::start());
    bencher
        .with_inputs(|| desk.borrow().send(0..ROWS))
        .bench_local_values(|()| black_box(desk.borrow_mut().get("state/quotes")));
    desk.into_inner().stop();
}

/// All of 100 000 rows in a format that is written as it is read.
#[cfg_attr(feature = "duckdb", divan::bench(args = ["arrow", "parquet", "ndjson", "csv"], max_time = 3))]
#[cfg_attr(not(feature = "duckdb"), divan::bench(args = ["ndjson", "csv"], max_time = 3))]
fn state_of_100k(bencher: Bencher, format: &str) {
    let mut desk = Desk::start();
    let path = format!("state/quotes?format={format}");
    bencher.bench_local(|| black_box(desk.get(&path)));
    desk.stop();
}

/// 1 000 000 rows of six columns, by SQL.
#[cfg(feature = "duckdb")]
#[divan::bench(args = ["arrow", "parquet", "json"], max_time = 5, sample_count = 5)]
fn sql_of_1m(bencher: Bencher, format: &str) {
    let mut desk = Desk::start();
    let sql = "SELECT range AS id, now() AS timestamp, 'SYM' || range AS symbol, range + 0.25 AS bid, \
               range + 0.5 AS ask, 100 AS size FROM range(1000000)";
    let body = serde_json::json!({ "sql": sql }).to_string();
    let request = format!(
        "POST /api/v1/sql?format={format} HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    bencher.bench_local(|| {
        desk.client.get_mut().write_all(request.as_bytes()).expect("is sent");
        black_box(desk.answer())
    });
    desk.stop();
}

fn main() {
    divan::main();
}
