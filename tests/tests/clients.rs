//! Clients generated from a running gateway, compiled, and run against it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use gateway_tests::{Server, example_binary, repository_root};

/// A gateway told to end has this long.
const END_LIMIT: Duration = Duration::from_secs(10);

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed ({}):\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The command `gateway-codegen`, which is built where the examples are: by `cargo xtask test` with everything
/// else, or now.
fn codegen() -> PathBuf {
    let binary = example_binary("machine")
        .with_file_name("gateway-codegen")
        .with_extension(env::consts::EXE_EXTENSION);
    if env::var_os("GATEWAY_BUILT_EXAMPLES").is_none() {
        let (directory, target) = (binary.parent(), binary.ancestors().nth(2));
        let (Some(directory), Some(target)) = (directory, target) else {
            panic!("{} is not in a target directory", binary.display());
        };
        let profile = match directory.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(profile) => profile,
        };
        succeed(
            cargo()
                .args(["build", "--quiet", "--package", "gateway-codegen", "--profile", profile])
                .arg("--target-dir")
                .arg(target)
                .current_dir(repository_root()),
        );
    }
    binary
}

/// The gateways that clients are generated from; for each there is a program in `tests/clients/`.
const GATEWAYS: [&str; 2] = ["machine", "market"];

/// Writes the clients of the running `servers`, and programs that use them, as a workspace of its own. The
/// programs have the versions that this repository is locked to, so that they build without a network.
fn write_programs(servers: &[Server; 2]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    fs::create_dir_all(folder.join("src/bin")).expect("a folder can be made in the target directory");
    let write = |path: &str, text: String| {
        fs::write(folder.join(path), text).unwrap_or_else(|error| panic!("{path}: {error}"));
    };
    let read = |path: &str| {
        fs::read_to_string(repository_root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    write(
        "Cargo.toml",
        "[package]\nname = \"programs\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [workspace]\nresolver = \"3\"\nmembers = [\"machine\", \"market\"]\n\n\
         [dependencies]\n\
         futures = { version = \"0.3\", default-features = false }\n\
         machine-client = { path = \"machine\" }\n\
         market-client = { path = \"market\" }\n\
         tokio = { version = \"1\", default-features = false, features = [\"macros\", \"rt\", \"time\"] }\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n"
            .to_owned(),
    );
    write("Cargo.lock", read("Cargo.lock"));
    for (name, server) in GATEWAYS.iter().zip(servers) {
        write(&format!("src/bin/{name}.rs"), read(&format!("tests/clients/{name}.rs")));
        for check in [&[][..], &["--check"]] {
            succeed(
                Command::new(codegen())
                    .args(["rust", "--from", &server.url(), "--out"])
                    .arg(folder.join(name))
                    .arg("--client-path")
                    .arg(repository_root().join("gateway-client"))
                    .args(check),
            );
        }
    }
    folder
}

#[test]
fn rust_clients_of_running_gateways() {
    let servers = GATEWAYS.map(Server::start);
    let folder = write_programs(&servers);
    // The tests of `gateway-codegen` build the same crates there.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("generated-target");
    let built = succeed(
        cargo()
            .args(["build", "--workspace", "--offline", "--quiet", "--message-format", "short"])
            .arg("--target-dir")
            .arg(&target)
            .current_dir(&folder),
    );
    let messages = String::from_utf8_lossy(&built.stderr);
    let of_generated =
        |line: &&str| ["machine/", "market/", "src/"].iter().any(|folder| line.starts_with(folder));
    let warnings: Vec<&str> = messages.lines().filter(of_generated).collect();
    assert!(warnings.is_empty(), "{warnings:#?}");

    let lines = |name: &str, server: &Server| {
        let ran = succeed(Command::new(target.join("debug").join(name)).arg(server.url()));
        String::from_utf8_lossy(&ran.stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        lines("market", &servers[1]),
        ["ACME at 10.5", "1 symbols at 10 or more", "100 traded in a second"]
    );
    assert_eq!(
        lines("machine", &servers[0]),
        [
            "next, last: true",
            "validated: true",
            "lookup: true",
            "lookup of nothing: None",
            "basket: true",
            "state: machine",
            "state without a filter: true",
            "send: true",
            "stream: true",
            "sent is last: true",
            "alert: me",
            "not sent: 2 problems",
            "invalid: query.filters[0].attr: `nam` is not a column: Watch has no field `nam`, it has id, timestamp, name, cpu",
            "not found: Not Found",
            "field: true",
            "heartbeat",
        ]
    );
    for server in servers {
        let status = server.terminate(END_LIMIT);
        assert!(status.success(), "a gateway ended with {status} after SIGTERM");
    }
}
