//! `cargo xtask lint`.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::{
    command,
    duckdb::{self, DuckDb},
    progress::{Progress, announce, elapsed},
    repository::Repository,
};

/// Formatting, clippy and documentation, the fastest first; every one runs whatever the others found.
pub(crate) fn run() -> Result<ExitCode> {
    let repository = Repository::find()?;
    let duckdb = duckdb::ensure(&repository)?;
    let checks = checks(&repository, &duckdb);
    let mut progress = Progress::of(checks.len());
    let mut failed = Vec::new();
    for (what, mut check) in checks {
        let result = progress.step(what, || {
            announce(&check);
            command::run(&mut check)
        });
        failed.extend(result.err().map(|error| format!("\n  {error:#}")));
    }
    let took = elapsed(progress.elapsed());
    if !failed.is_empty() {
        bail!("lint: {} failed in {took}{}", failed.len(), failed.concat());
    }
    eprintln!("lint: all passed in {took}");
    Ok(ExitCode::SUCCESS)
}

fn checks(repository: &Repository, duckdb: &DuckDb) -> Vec<(&'static str, Command)> {
    let root = repository.root();
    let mut documentation = duckdb.cargo(root, ["doc", "--workspace", "--no-deps"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    vec![
        ("formatting", command::cargo(root, ["fmt", "--all", "--check"])),
        (
            "clippy (the first run checks every dependency: minutes)",
            duckdb.cargo(root, ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        ),
        ("documentation, warnings are errors", documentation),
    ]
}
