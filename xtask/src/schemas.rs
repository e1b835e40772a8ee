//! `cargo xtask schemas`.

use std::process::ExitCode;

use anyhow::Result;

use crate::progress::{Progress, announce};
use crate::repository::Repository;
use crate::{command, duckdb};

/// Runs the test that compares the documents of the examples with those in `schemas/`, told to replace them.
pub(crate) fn run() -> Result<ExitCode> {
    let repository = Repository::find()?;
    let duckdb = duckdb::ensure(&repository)?;
    let mut bless = duckdb.cargo(repository.root(), ["test", "--workspace", "--test", "schemas"]);
    bless.env("GATEWAY_BLESS", "1");
    Progress::of(1).step("replacing the documents in `schemas/`", || {
        announce(&bless);
        command::run(&mut bless)
    })?;
    eprintln!("schemas: replaced; `git diff schemas` shows what changed");
    Ok(ExitCode::SUCCESS)
}
