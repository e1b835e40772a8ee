//! `cargo xtask bench`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::{
    command, duckdb,
    progress::{Progress, announce},
    repository::Repository,
};

#[derive(Args, Debug, PartialEq)]
pub(crate) struct Bench {
    /// Run only the benchmarks whose name contains this.
    pub(crate) name: Option<String>,
}

impl Bench {
    /// Runs the benchmarks of the store, of a gateway at work and of its answers over HTTP; their figures go to standard output.
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let repository = Repository::find()?;
        let mut bench = duckdb::ensure(&repository)?.cargo(
            repository.root(),
            [
                "bench",
                "--package",
                "gateway-runtime",
                "--bench",
                "state",
                "--bench",
                "graph",
                "--bench",
                "http",
                "--bench",
                "sql",
            ],
        );
        bench.args(self.name.iter().flat_map(|name| ["--", name]));
        Progress::of(1).step(
            "building the benchmarks and running them (the first build takes about 4 minutes on 2 cores)",
            || {
                announce(&bench);
                command::run(&mut bench)
            },
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
