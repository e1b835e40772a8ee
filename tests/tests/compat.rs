//! The real clients of the systems that Gateway succeeds, against a running example.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use gateway_tests::{Server, repository_root};

/// A gateway told to end has this long.
const END_LIMIT: Duration = Duration::from_secs(10);

/// The Python of the environment that `cargo xtask test` makes in the target directory.
fn python() -> PathBuf {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("venv").join("bin/python");
    assert!(
        python.is_file(),
        "there is no {}: run `cargo xtask test`, which makes the virtual environment",
        python.display()
    );
    python
}

/// Runs `tests/compat/check_csp_gateway.py` against `server`, and fails with its output if a check of it failed.
fn check_csp_gateway(server: &Server, arguments: &[&str]) {
    const SCRIPT: &str = "tests/compat/check_csp_gateway.py";
    let output = Command::new(python())
        // -B: no compiled files in the source tree.
        .arg("-B")
        .arg(repository_root().join(SCRIPT))
        .args(["--port", &server.port().to_string()])
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("cannot run {SCRIPT}: {error}"));
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        output.status.success(),
        "{SCRIPT} failed ({}); its report is above\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn csp_gateways_own_python_client() {
    // Before the server, so that a missing environment is reported at once.
    python();
    let server = Server::start("omnibus");
    check_csp_gateway(&server, &[]);
    let status = server.terminate(END_LIMIT);
    assert!(status.success(), "omnibus ended with {status} after SIGTERM");
}

#[test]
fn csp_gateways_own_python_client_ends_the_server() {
    python();
    let server = Server::start("omnibus");
    check_csp_gateway(&server, &["--shutdown"]);
    let status = server.wait_for_end(END_LIMIT);
    assert!(status.success(), "omnibus ended with {status} after a shutdown");
}
