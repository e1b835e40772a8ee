//! An example gateway, run as a process of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::binary::example_binary;

/// A debug build on a busy machine is slow to start; a healthy one answers within a second.
const START_LIMIT: Duration = Duration::from_secs(60);
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// A running example. Dropping it ends the process; if the test is failing then, its log is shown.
#[derive(Debug)]
pub struct Server {
    name: String,
    port: u16,
    child: Child,
    log: Log,
}

impl Server {
    /// Starts the example `name` on a free port of the loopback interface and waits until it answers requests.
    ///
    /// # Panics
    /// When it cannot be built, ends early, or does not answer in time; the message has its log.
    pub fn start(name: &str) -> Self {
        Self::start_as(name, || Command::new(example_binary(name)))
    }

    /// Starts the example `name` as [`Server::start`] does, by a command that the port is added to.
    ///
    /// # Panics
    /// As [`Server::start`] does.
    pub fn start_as(name: &str, command: impl Fn() -> Command) -> Self {
        // Another process may take the port between its choice and its use: choose again.
        for _ in 0..3 {
            let mut server = Self::spawn(name, command());
            match server.wait_until_it_answers() {
                Ok(()) => return server,
                Err(problem) => {
                    let log = server.stop_quietly();
                    assert!(log.contains("in use"), "`{name}` {problem}; it logged:\n{log}");
                }
            }
        }
        panic!("`{name}` found its port in use three times");
    }

    fn spawn(name: &str, mut command: Command) -> Self {
        let port = free_port();
        let mut child = command
            .args(["--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{name}`: {error}"));
        let log = Log::default();
        if let Some(stdout) = child.stdout.take() {
            log.follow(stdout);
        }
        if let Some(stderr) = child.stderr.take() {
            log.follow(stderr);
        }
        Self { name: name.to_owned(), port, child, log }
    }

    fn wait_until_it_answers(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => return Err(format!("ended before it answered ({status})")),
                Err(error) => return Err(format!("cannot be watched: {error}")),
            }
            if self.try_get("/api/v1/last/").is_ok_and(|(status, _)| status == 200) {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        Err(format!("did not answer `GET /api/v1/last/` within {} s", START_LIMIT.as_secs()))
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has written so far to its standard output and error.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// The status and body of `GET path`.
    ///
    /// # Panics
    /// When there is no complete answer within ten seconds.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.try_get(path).unwrap_or_else(|error| panic!("GET {path} of `{}`: {error}", self.name))
    }

    /// The status and body of `POST path` with a body of JSON.
    ///
    /// # Panics
    /// When there is no complete answer within ten seconds.
    pub fn post(&self, path: &str, body: &str) -> (u16, String) {
        let head = format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let answer = self.exchange(&format!("POST {path}"), &head);
        answer.unwrap_or_else(|error| panic!("POST {path} of `{}`: {error}", self.name))
    }

    /// Waits until `channel` has ticked, and returns the body of its `last`.
    ///
    /// # Panics
    /// When it does not tick within `limit`.
    pub fn wait_for_tick(&self, channel: &str, limit: Duration) -> String {
        let path = format!("/api/v1/last/{channel}");
        let deadline = Instant::now() + limit;
        loop {
            let (status, body) = self.get(&path);
            if status == 200 && body.trim() != "[]" {
                return body;
            }
            assert!(
                Instant::now() < deadline,
                "`{channel}` of `{}` does not tick: {status} {body}",
                self.name
            );
            thread::sleep(POLL);
        }
    }

    /// Ends it at once, as a crash would (SIGKILL).
    pub fn kill(mut self) {
        self.stop_quietly();
    }

    /// Asks it to end, as Ctrl-C or a service manager would (SIGTERM), and waits at most `limit` for that.
    ///
    /// # Panics
    /// When it is still running after `limit`.
    pub fn terminate(self, limit: Duration) -> ExitStatus {
        // `kill` of the shell, since std can only send SIGKILL.
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot send SIGTERM to `{}`", self.name);
        self.wait_for_end(limit)
    }

    /// Waits at most `limit` until it has ended by itself.
    ///
    /// # Panics
    /// When it is still running after `limit`.
    pub fn wait_for_end(mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status;
            }
            assert!(Instant::now() < deadline, "`{}` still runs after {limit:?}", self.name);
            thread::sleep(POLL);
        }
    }

    fn try_get(&self, path: &str) -> std::io::Result<(u16, String)> {
        self.exchange(&format!("GET {path}"), "\r\n")
    }

    /// HTTP 1.0 without keep-alive: the body ends where the connection does, so there is nothing to decode.
    fn exchange(&self, request: &str, rest: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(REQUEST_LIMIT))?;
        write!(stream, "{request} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n{rest}", self.port)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let malformed = || std::io::Error::other(format!("not an HTTP answer: {answer:?}"));
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(malformed)?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(malformed)?;
        Ok((status, body.to_owned()))
    }

    fn stop_quietly(&mut self) -> String {
        // Fails only when the process has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.log.text()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let log = self.stop_quietly();
        if thread::panicking() {
            eprintln!("---- log of `{}` on port {} ----\n{log}----", self.name, self.port);
        }
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .unwrap_or_else(|error| panic!("no free port on the loopback interface: {error}"))
        .port()
}

/// The lines of a process, standard output and error in the order they arrived.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    /// Reads on to the end, so that the process never waits for a full pipe.
    fn follow(&self, source: impl Read + Send + 'static) {
        let log = self.clone();
        thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                log.0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
    }

    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
