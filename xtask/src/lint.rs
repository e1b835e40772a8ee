//! `cargo xtask lint`.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{
    command,
    progress::{Progress, announce, elapsed},
    repository::Repository,
};

/// Formatting, clippy and documentation, the fastest first; stops at the first that fails.
pub(crate) fn run() -> Result<ExitCode> {
    let repository = Repository::find()?;
    let checks = checks(&repository);
    let mut progress = Progress::of(checks.len());
    for (what, mut check) in checks {
        progress.step(what, || {
            announce(&check);
            command::run(&mut check)
        })?;
    }
    eprintln!("lint: all passed in {}", elapsed(progress.elapsed()));
    Ok(ExitCode::SUCCESS)
}

fn checks(repository: &Repository) -> Vec<(&'static str, Command)> {
    let root = repository.root();
    let mut documentation = command::cargo(root, ["doc", "--workspace", "--no-deps"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    vec![
        ("formatting", command::cargo(root, ["fmt", "--all", "--check"])),
        (
            "clippy (the first run checks every dependency: minutes)",
            command::cargo(
                root,
                ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
            ),
        ),
        ("documentation, warnings are errors", documentation),
    ]
}
