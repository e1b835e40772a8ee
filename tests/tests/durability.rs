//! What was acknowledged as durable is there after the process ended at any moment, and when its file could not be
//! written for a while.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gateway_tests::{Server, example_binary};
use serde_json::{Value, json};

const KILLS: usize = 50;
const SENDERS: usize = 4;

#[test]
fn what_was_acknowledged_survives_kill_9_at_any_moment() {
    let folder = Folder::new("kill");
    let file = folder.0.join("state.duckdb");
    let acknowledged = Mutex::new(BTreeSet::new());
    let next = AtomicUsize::new(0);
    for round in 0..KILLS {
        let server = market(&file);
        let stored = ids(&server);
        let known = locked(&acknowledged).clone();
        let lost: Vec<&String> = known.difference(&stored).collect();
        assert!(lost.is_empty(), "after {round} kills {} of {} are lost: {lost:?}", lost.len(), known.len());
        if round > 0 {
            assert!(server.log().contains("state was recovered"), "it says what it recovered");
        }
        thread::scope(|scope| {
            for _ in 0..SENDERS {
                scope.spawn(|| send_until_it_ends(server.port(), &next, &acknowledged));
            }
            thread::sleep(Duration::from_millis(20 + noise() % 400));
            kill(&server);
        });
    }
    let server = market(&file);
    let (stored, acknowledged) = (ids(&server), locked(&acknowledged));
    assert!(acknowledged.len() > 10 * KILLS, "only {} were acknowledged", acknowledged.len());
    assert!(acknowledged.is_subset(&stored), "the last kill lost something");
}

#[test]
fn a_full_disk_is_reported_stops_no_tick_and_loses_nothing_acknowledged() {
    let folder = Folder::new("full");
    let file = folder.0.join("state.duckdb");
    // Files of this process can grow to two megabytes, and to write more fails as on a full disk.
    let server = Server::start_as("market", || {
        let mut command = Command::new("bash");
        command.args(["-c", "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" \"$@\""]);
        command.arg(example_binary("market")).arg("--state-file").arg(&file);
        command
    });
    let mut client = Client::new(server.port());
    let mut acknowledged = BTreeSet::new();
    let mut next = 0;
    let mut batch = || {
        next += 500;
        trades(next..next + 500)
    };
    // The first failure is not the last one: opened again, the file has room for what its log took.
    let mut failures = 0;
    while failures < 10 {
        let (status, body) = client.post("/api/v1/send/trades?durable=true", &batch()).expect("answers");
        if status == 200 {
            failures = 0;
            acknowledged.extend(ids_of(&body));
            assert!(acknowledged.len() < 200_000, "the file never got full");
            continue;
        }
        assert_eq!(status, 503, "{body}");
        assert!(body.contains("have ticked, but they are not in the state file"), "{body}");
        failures += 1;
        thread::sleep(Duration::from_millis(50));
    }
    // Ticks go on.
    for _ in 0..5 {
        let (status, body) = client.post("/api/v1/send/trades", &batch()).expect("answers");
        assert_eq!(status, 200, "{body}");
        assert!(ids_of(&body).is_subset(&ids(&server)), "what ticks is in the state");
    }
    let (log, said) = (server.log(), "the state tables cannot be written");
    let again = log.matches("the state tables are up to date again").count();
    assert_eq!(log.matches(said).count(), again + 1, "once a minute, not once a tick");
    // There is room again.
    let limit =
        Command::new("prlimit").args(["--fsize=unlimited", &format!("--pid={}", server.pid())]).status();
    assert!(limit.is_ok_and(|status| status.success()), "`prlimit` cannot raise the limit");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (status, body) = client.post("/api/v1/send/trades?durable=true", &batch()).expect("answers");
        if status == 200 {
            acknowledged.extend(ids_of(&body));
            break;
        }
        assert!(Instant::now() < deadline, "it does not recover: {body}");
        thread::sleep(Duration::from_millis(200));
    }
    let before = ids(&server);
    server.kill();
    let server = market(&file);
    let after = ids(&server);
    assert!(acknowledged.is_subset(&after), "{} of {} are there", after.len(), acknowledged.len());
    // The last acknowledged send came after all the others.
    assert_eq!(before, after);
}

#[test]
fn a_file_that_another_gateway_has_open_is_left_to_it() {
    let folder = Folder::new("open");
    let file = folder.0.join("state.duckdb");
    let _first = market(&file);
    let second = Command::new(example_binary("market"))
        .args(["--port", "0", "--state-file"])
        .arg(&file)
        .output()
        .expect("runs");
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("state.duckdb") && said.contains("another process has it open"), "{said}");
}

/// The example `market` with a state file.
fn market(file: &Path) -> Server {
    Server::start_as("market", || {
        let mut command = Command::new(example_binary("market"));
        command.arg("--state-file").arg(file).args(["--state-rows", "1000000"]);
        command
    })
}

/// Ends the process while others still talk to it.
fn kill(server: &Server) {
    let sent = Command::new("kill").args(["-KILL", &server.pid().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "cannot send SIGKILL");
}

/// Sends trades, each of a symbol of its own, and notes the ids of those that were acknowledged.
fn send_until_it_ends(port: u16, next: &AtomicUsize, acknowledged: &Mutex<BTreeSet<String>>) {
    let mut client = Client::new(port);
    loop {
        let many = 1 + (noise() % 8) as usize;
        let first = next.fetch_add(many, Ordering::Relaxed);
        let Some((status, body)) =
            client.post("/api/v1/send/trades?durable=true", &trades(first..first + many))
        else {
            return;
        };
        assert_eq!(status, 200, "{body}");
        locked(acknowledged).extend(ids_of(&body));
    }
}

fn trades(numbers: std::ops::Range<usize>) -> String {
    let trade = |number| json!({ "symbol": symbol(number), "price": 1.5, "quantity": 1 });
    Value::from(numbers.map(trade).collect::<Vec<_>>()).to_string()
}

/// A number in letters.
fn symbol(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'A' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return text;
        }
    }
}

/// The ids of the records in the state.
fn ids(server: &Server) -> BTreeSet<String> {
    let (status, body) = server.get("/api/v1/state/trades?select=id");
    assert_eq!(status, 200, "{body}");
    ids_of(&body)
}

fn ids_of(body: &str) -> BTreeSet<String> {
    let records: Vec<Value> = serde_json::from_str(body).expect("is a list of records");
    records.iter().map(|record| record["id"].as_str().expect("has an id").to_owned()).collect()
}

/// One connection that is kept.
struct Client {
    port: u16,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connects");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("takes a limit");
        Client { port, stream: BufReader::new(stream) }
    }

    /// The status and body of the answer; nothing if the process ended before.
    fn post(&mut self, path: &str, body: &str) -> Option<(u16, String)> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json",
            self.port
        );
        let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.split(' ').next()?.parse().ok()?;
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().ok()?;
            } else if line.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).ok()?;
        Some((status, String::from_utf8(answer).ok()?))
    }
}

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gateway-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("makes a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left there is in the way of nothing.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A number that is another one each time.
fn noise() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("is after 1970");
    u64::from(now.subsec_nanos()).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no sender panicked")
}
