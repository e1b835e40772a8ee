//! SQL at work: how fast records reach DuckDB's tables while queries run, what an aggregate over them takes, how much
//! memory they need, and what it costs to have them in the file before a send is answered.

use std::cell::RefCell;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::ItemsCount;
use duckdb::Connection;
use gateway_runtime::__private::{Channels as _, connection};
use gateway_runtime::prelude::*;
use gateway_schema::ddl::{self, Kind};
use serde_json::{Value, json};
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
    /// The last quote of each symbol.
    #[channel(send, state(key = "symbol"))]
    pub quotes: Channel<Vec<Quote>>,
    /// Every quote of an hour.
    #[channel(send, state(key = "symbol", history(age = "1h")))]
    pub past: Channel<Vec<Quote>>,
}

/// Records in a tick.
const BATCH: usize = 10_000;

/// Rows of the largest tables.
const MANY: usize = 10_000_000;

/// An aggregate that looks at every row.
const AGGREGATE: &str = "SELECT count(*) AS n, max(size) AS last, avg(bid) AS mean FROM quotes";

/// What was found besides times. It is printed after them.
static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note(text: String) {
    NOTES.lock().unwrap_or_else(PoisonError::into_inner).push(text);
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime can be made"))
}

fn start(change: impl FnOnce(&mut Settings)) -> Running<Market> {
    let mut settings = Settings::default();
    settings.port = 0;
    (settings.state_rows, settings.state_bytes) = (MANY, usize::MAX);
    (settings.history_rows, settings.history_bytes) = (2 * MANY, usize::MAX);
    settings.sql_memory = 16 << 30;
    settings.shutdown_grace = Duration::from_secs(1);
    change(&mut settings);
    let gateway = Gateway::<Market>::new().module(Rest::default()).module(Sql);
    runtime().block_on(gateway.start(settings)).expect("the gateway starts")
}

fn stop(running: Running<Market>) {
    runtime().block_on(running.stop()).expect("the gateway stops");
}

/// The quote with this number, of one of so many symbols. They come in no order.
fn quote(number: usize, symbols: usize) -> Quote {
    let key = (number * 7_919) % symbols;
    let size = u32::try_from(number).expect("is not that large");
    Quote { symbol: format!("SYM{key:07}"), bid: key as f64 + 0.25, ask: key as f64 + 0.5, size }
}

/// Quotes as they are sent.
fn ticks(numbers: std::ops::Range<usize>, symbols: usize) -> impl Iterator<Item = Vec<Quote>> {
    let last = numbers.end;
    numbers
        .step_by(BATCH)
        .map(move |first| (first..last.min(first + BATCH)).map(|number| quote(number, symbols)).collect())
}

fn send(channel: &Channel<Vec<Quote>>, tick: Vec<Quote>) {
    runtime().block_on(channel.send(tick)).expect("is sent");
}

/// Sends quotes with these numbers, not faster than they get into the tables: a history keeps no more than half a
/// million records that wait for that.
fn fill(channel: &Channel<Vec<Quote>>, client: &mut Client, rows: usize, symbols: usize) {
    for (place, tick) in ticks(0..rows, symbols).enumerate() {
        send(channel, tick);
        if place % 20 == 19 {
            client.ask("SELECT 1");
        }
    }
}

/// A client on one connection that is kept.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).expect("the gateway listens");
        socket.set_nodelay(true).expect("is a TCP socket");
        Client(BufReader::new(socket))
    }

    fn post(&mut self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = format!(
            "POST /api/v1/{path} HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes()).expect("is sent");
        let (mut length, mut status, mut line) = (0, String::new(), String::new());
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).expect("is answered");
            if status.is_empty() {
                status = line.clone();
            }
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.trim_end().parse().expect("is a number");
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("is whole");
        assert!(status.contains(" 200 "), "{status}{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("is JSON")
    }

    fn ask(&mut self, sql: &str) -> Value {
        self.post("sql", &json!({ "sql": sql }))
    }
}

/// Someone who asks the same over and over.
struct Asking {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<Vec<Duration>>,
}

impl Asking {
    fn start(address: SocketAddr, sql: &'static str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut client = Client::new(address);
            let mut times = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let since = Instant::now();
                client.ask(sql);
                times.push(since.elapsed());
            }
            times
        });
        Asking { stop, thread }
    }

    /// How many answers there were, and the median of how long they took.
    fn stop(self) -> (usize, Duration) {
        self.stop.store(true, Ordering::Relaxed);
        let mut times = self.thread.join().expect("every query is answered");
        times.sort_unstable();
        (times.len(), times.get(times.len() / 2).copied().unwrap_or_default())
    }
}

/// Records in the place of others while queries run, from the first send to an answer that has the last one.
#[divan::bench(args = [1_000, 100_000, 1_000_000, MANY], sample_count = 5, sample_size = 1)]
fn upserts(bencher: Bencher, keys: usize) {
    let running = start(|_| {});
    let (channels, client) = (running.channels(), RefCell::new(Client::new(running.address())));
    let records = keys.clamp(500_000, 1_000_000);
    ticks(0..keys, keys).for_each(|tick| send(&channels.quotes, tick));
    client.borrow_mut().ask(AGGREGATE);
    let asking = Asking::start(running.address(), AGGREGATE);
    let mut next = keys;
    bencher
        .counter(ItemsCount::new(records))
        .with_inputs(|| {
            next += records;
            (next - 1, ticks(next - records..next, keys).collect::<Vec<_>>())
        })
        .bench_local_values(|(last, ticks)| {
            ticks.into_iter().for_each(|tick| send(&channels.quotes, tick));
            let answer = client.borrow_mut().ask(AGGREGATE);
            assert_eq!((&answer[0]["n"], &answer[0]["last"]), (&json!(keys), &json!(last)));
        });
    let (answers, median) = asking.stop();
    note(format!(
        "upserts, {keys} keys: {answers} queries were answered meanwhile, in {median:.0?} each (median)"
    ));
    stop(running);
}

/// A grouped aggregate over every row of a history of 1 000 symbols.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000, MANY], sample_count = 10, sample_size = 1)]
fn aggregate(bencher: Bencher, rows: usize) {
    const SYMBOLS: usize = 1_000;
    let running = start(|_| {});
    let mut client = Client::new(running.address());
    fill(&running.channels().past, &mut client, rows, SYMBOLS);
    let sql =
        "SELECT symbol, count(*) AS n, avg(bid) AS bid, max(ask) AS ask FROM past_history GROUP BY symbol";
    let answer = client.ask(sql);
    assert_eq!(answer.as_array().map(Vec::len), Some(SYMBOLS));
    assert_eq!(answer[0]["n"], json!(rows / SYMBOLS));
    bencher.bench_local(|| black_box(client.ask(sql)));
    stop(running);
}

/// The bytes that DuckDB says it uses.
fn memory(connection: &Connection) -> u64 {
    let sql = "SELECT sum(memory_usage_bytes)::UBIGINT FROM duckdb_memory()";
    connection.query_row(sql, [], |row| row.get(0)).expect("is a number")
}

/// The memory of a table that was filled by one statement, with rows like those of [`ticks`].
fn own_memory(kind: Kind, rows: usize, symbols: usize) -> u64 {
    let connection = Connection::open_in_memory().expect("there is memory");
    let table = ddl::tables(Market::SCHEMA).into_iter().find(|table| table.kind == kind).expect("is there");
    connection.execute_batch(&table.definition()).expect("is a table");
    let insert = format!(
        "INSERT INTO {} SELECT 7710190493743394327406081 + range, now()::TIMESTAMP + to_microseconds(range), \
         'SYM' || lpad(key::VARCHAR, 7, '0'), key + 0.25, key + 0.5, range \
         FROM (SELECT range, (range * 7919) % {symbols} AS key FROM range({rows}))",
        ddl::identifier(&table.name)
    );
    connection.execute_batch(&insert).expect("is filled");
    memory(&connection)
}

/// Rows into a table, and how much memory it needs then, against DuckDB's own for the same rows. The index of a primary
/// key makes the one table a matter of minutes with as many rows as the other.
#[divan::bench(args = [("past_history", MANY), ("quotes", 1_000_000)], sample_count = 1, sample_size = 1)]
fn memory_of(bencher: Bencher, (table, rows): (&str, usize)) {
    let running = start(|_| {});
    let mut client = Client::new(running.address());
    let (channel, kind, symbols) = match table {
        "quotes" => (&running.channels().quotes, Kind::Latest, rows),
        _ => (&running.channels().past, Kind::History, 1_000),
    };
    bencher.counter(ItemsCount::new(rows)).bench_local(|| {
        fill(channel, &mut client, rows, symbols);
        let answer = client.ask(&format!("SELECT count(*) AS n FROM {table}"));
        assert_eq!(answer[0]["n"], json!(rows));
    });
    let ours = memory(&connection(running.hub()).expect("is there"));
    stop(running);
    let own = own_memory(kind, rows, symbols);
    note(format!(
        "{table}, {rows} rows: {} MB of memory, DuckDB's own {} MB: {:.2} times as much",
        ours >> 20,
        own >> 20,
        ours as f64 / own as f64
    ));
}

/// Records that are replaced again and again: how much memory the table needs then, and DuckDB's own for its rows.
#[divan::bench(args = [1, 10, 50], sample_count = 1, sample_size = 1)]
fn rounds_over_100k(bencher: Bencher, rounds: usize) {
    const KEYS: usize = 100_000;
    let running = start(|_| {});
    let mut most = 0;
    bencher.counter(ItemsCount::new(rounds * KEYS)).bench_local(|| {
        for round in 0..rounds {
            ticks(round * KEYS..(round + 1) * KEYS, KEYS)
                .for_each(|tick| send(&running.channels().quotes, tick));
            most = most.max(memory(&connection(running.hub()).expect("is there")));
        }
    });
    let now = memory(&connection(running.hub()).expect("is there"));
    stop(running);
    let own = own_memory(Kind::Latest, KEYS, KEYS);
    note(format!(
        "{KEYS} rows after {rounds} rounds: {} MB of memory, at most {} MB, DuckDB's own {} MB",
        now >> 20,
        most >> 20,
        own >> 20
    ));
}

/// Sends that are answered when their records are in the file.
fn durable(bencher: Bencher, senders: usize, sends: usize, records: usize) {
    let folder = tempfile::TempDir::new().expect("there is a disk");
    let running = start(|settings| settings.state_file = Some(folder.path().join("state.duckdb")));
    let mut clients: Vec<Client> = (0..senders).map(|_| Client::new(running.address())).collect();
    bencher.counter(ItemsCount::new(senders * sends * records)).bench_local(|| {
        thread::scope(|scope| {
            for (sender, client) in clients.iter_mut().enumerate() {
                scope.spawn(move || {
                    for send in 0..sends {
                        let body = |record| {
                            let Quote { symbol, bid, ask, size } =
                                quote((sender * sends + send) * records + record, 100_000);
                            json!({ "symbol": symbol, "bid": bid, "ask": ask, "size": size })
                        };
                        let body = Value::from((0..records).map(body).collect::<Vec<_>>());
                        client.post("send/quotes?durable=true", &body);
                    }
                });
            }
        });
    });
    stop(running);
}

/// One record each.
#[divan::bench(args = [1, 64], sample_count = 5, sample_size = 1)]
fn durable_sends(bencher: Bencher, senders: usize) {
    durable(bencher, senders, 50, 1);
}

/// 1 000 records each.
#[divan::bench(args = [1, 4], sample_count = 5, sample_size = 1)]
fn durable_batches(bencher: Bencher, senders: usize) {
    durable(bencher, senders, 10, 1_000);
}

fn main() {
    divan::main();
    for note in NOTES.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("{note}");
    }
}
