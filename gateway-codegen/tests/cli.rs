//! The command: what it writes, what it says, how it ends.

mod market;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway-codegen"));
    command
        .args(arguments)
        .env_remove("GATEWAY_API_KEY")
        .env_remove("GATEWAY_BEARER_TOKEN")
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

#[test]
fn a_file_becomes_a_crate_and_drift_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (from, out) = (folder.path().join("spec.json"), folder.path().join("client"));
    fs::write(&from, market::document().to_string()).unwrap();
    let generate = ["rust", "--from", path(&from), "--out", path(&out)];
    let check = [&generate[..], &["--check"]].concat();

    let missing = run(&check);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("client/src/lib.rs is missing"), "{missing:?}");
    assert!(!out.exists(), "`--check` wrote something");

    let written = run(&generate);
    assert!(written.status.success(), "{written:?}");
    assert!(text(&written.stdout).contains("5 of 5 files written; 4 channels, 2 states"), "{written:?}");
    let manifest = fs::read_to_string(out.join("Cargo.toml")).unwrap();
    assert!(
        manifest.contains("name = \"market-client\"") && manifest.contains("gateway-client = \"0.1.0\""),
        "{manifest}"
    );
    assert!(run(&check).status.success());

    fs::write(out.join("src/models.rs"), "// changed by hand").unwrap();
    let drift = run(&check);
    assert_eq!(drift.status.code(), Some(1));
    assert!(text(&drift.stderr).contains("models.rs differs from line 1 on"), "{drift:?}");
    assert!(!text(&drift.stderr).contains("lib.rs"), "{drift:?}");
    assert!(text(&run(&generate).stdout).contains("1 of 5 files written"));
}

/// Answers requests with the document, and says which were made.
fn serve(requests: usize) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let body = market::document().to_string();
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let served = std::thread::spawn(move || {
        let first_line = |mut socket: std::net::TcpStream| {
            let mut request = [0; 4096];
            let length = socket.read(&mut request).expect("a request");
            socket.write_all(answer.as_bytes()).expect("an answer");
            text(&request[..length]).lines().next().unwrap_or_default().to_owned()
        };
        listener.incoming().take(requests).map(|socket| first_line(socket.expect("a connection"))).collect()
    });
    (url, served)
}

#[test]
fn a_running_gateway_is_asked_for_its_document() {
    let (url, served) = serve(2);
    let folder = tempfile::tempdir().unwrap();
    let out = path(folder.path());
    let whole = run(&["rust", "--from", &url, "--out", out, "--name", "desk", "--api-key", "a b"]);
    assert!(whole.status.success(), "{whole:?}");
    let other =
        run(&["rust", "--from", &format!("{url}/desk/spec.json"), "--out", out, "--name", "desk", "--check"]);
    assert!(other.status.success(), "{other:?}");
    assert_eq!(
        served.join().unwrap(),
        ["GET /openapi.json?token=a+b HTTP/1.1", "GET /desk/spec.json HTTP/1.1"]
    );
}

#[test]
fn what_goes_wrong_is_said_and_ends_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.json");
    fs::write(&spec, r#"{"openapi":"3.1.0"}"#).unwrap();
    let out = path(folder.path());
    for (arguments, message) in [
        (vec!["rust", "--from", "no/such.json", "--out", out], "no/such.json: "),
        (vec!["rust", "--from", path(&spec), "--out", out], "#: `paths` is missing"),
        (vec!["rust", "--from", "http://127.0.0.1:1", "--out", out], "http://127.0.0.1:1/openapi.json"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(
            text(&output.stderr).starts_with("error: ") && text(&output.stderr).contains(message),
            "{output:?}"
        );
    }
}

#[test]
fn help_is_enough_to_use_it() {
    let help = text(&run(&["rust", "--help"]).stdout);
    for word in
        ["--from <URL|FILE>", "--out <DIR>", "--check", "--client-path <PATH>", "--name <CRATE>", "Example:"]
    {
        assert!(help.contains(word), "{word}: {help}");
    }
}
