//! `cargo xtask demo`.

use std::{
    env,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    command, duckdb,
    progress::{Progress, announce},
    repository::Repository,
};

#[derive(Args, Debug, PartialEq)]
pub(crate) struct Demo {
    /// Which example to run.
    #[arg(default_value = "machine")]
    pub(crate) example: String,
    /// The port to listen on; without it, the one the example chooses.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Build with optimisations: slower to build, faster to run.
    #[arg(long)]
    pub(crate) release: bool,
}

impl Demo {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let repository = Repository::find()?;
        let examples = repository.examples()?;
        if !examples.contains(&self.example) {
            bail!("there is no example `{}`; there are: {}", self.example, examples.join(", "));
        }

        let duckdb = duckdb::ensure(&repository)?;
        let mut progress = Progress::of(2);
        let what = format!(
            "building the example `{}` (the first build takes about {} on 2 cores, later ones seconds)",
            self.example,
            if self.release { "6 minutes" } else { "2 minutes" }
        );
        progress.step(&what, || {
            let mut build = duckdb.cargo(repository.root(), self.build());
            announce(&build);
            command::run(&mut build)
        })?;

        progress.begin("running it until Ctrl-C");
        let profile = if self.release { "release" } else { "debug" };
        let binary =
            repository.target().join(profile).join(&self.example).with_extension(env::consts::EXE_EXTENSION);
        let mut example = Command::new(binary);
        example.args(self.port.map(|port| format!("--port={port}")));
        announce(&example);
        replace_this_process(&mut example)
    }

    fn build(&self) -> Vec<&str> {
        // Of the whole workspace: with the features that the tests use too, nothing is compiled twice.
        let mut arguments = vec!["build", "--workspace", "--bin", &self.example];
        if self.release {
            arguments.push("--release");
        }
        arguments
    }
}

/// The example takes over this process, so Ctrl-C, SIGTERM and its exit code are its own.
#[cfg(unix)]
fn replace_this_process(example: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(example.exec()).with_context(|| format!("cannot run {}", command::show(example)))
}

#[cfg(not(unix))]
fn replace_this_process(example: &mut Command) -> Result<ExitCode> {
    command::run(example).with_context(|| "the example ended")?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_example_is_built() {
        let mut demo = Demo { example: "omnibus".to_owned(), port: None, release: false };
        assert_eq!(demo.build(), ["build", "--workspace", "--bin", "omnibus"]);
        demo.release = true;
        assert_eq!(demo.build().last(), Some(&"--release"));
    }
}
