//! The real clients of the systems that Gateway succeeds, against a running example.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use gateway_tests::{Server, repository_root};

/// The Python of the environment that `cargo xtask test` makes in the target directory.
fn python() -> PathBuf {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .with_file_name("venv")
        .join("bin/python");
    assert!(
        python.is_file(),
        "there is no {}: run `cargo xtask test`, which makes the virtual environment",
        python.display()
    );
    python
}

/// Runs a script of `tests/compat` against `server`, and fails with its output if a check of it failed.
fn check(script: &str, server: &Server) {
    let output = Command::new(python())
        // -B: no compiled files in the source tree.
        .arg("-B")
        .arg(repository_root().join("tests/compat").join(script))
        .args(["--port", &server.port().to_string()])
        .output()
        .unwrap_or_else(|error| panic!("cannot run {script}: {error}"));
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        output.status.success(),
        "{script} failed ({}); its report is above\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn csp_gateways_own_python_client() {
    // Before the server, so that a missing environment is reported at once.
    python();
    let server = Server::start("omnibus");
    check("check_csp_gateway.py", &server);
    let status = server.terminate(Duration::from_secs(10));
    assert!(status.success(), "omnibus ended with {status} after SIGTERM");
}
