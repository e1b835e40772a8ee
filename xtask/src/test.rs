//! `cargo xtask test`.

use std::{
    io::IsTerminal,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;

use crate::{
    command,
    duckdb::{self, DuckDb},
    layers::{Layer, Runner},
    progress::{Progress, announce, elapsed},
    python,
    repository::Repository,
};

/// Tells the tests where the examples are, so that they do not build them again.
const BUILT_EXAMPLES: &str = "GATEWAY_BUILT_EXAMPLES";

#[derive(Args, Debug, PartialEq)]
pub(crate) struct Test {
    /// Run only this layer (may be given several times).
    #[arg(long, value_name = "LAYER")]
    pub(crate) only: Vec<String>,
}

impl Test {
    /// Builds everything once, then runs every layer whatever the others did.
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let repository = Repository::find()?;
        let layers = Layer::choose(Layer::all(&repository)?, &self.only)?;
        let installed = installed_runner(&repository);

        let duckdb = duckdb::ensure(&repository)?;
        let preparations = 1 + usize::from(layers.iter().any(Layer::needs_python));
        let mut progress = Progress::of(preparations + layers.len());
        progress.step(
            "building the tests and the examples (the first build takes about 4 minutes on 2 cores, later ones seconds)",
            || {
                let mut build =
                    duckdb.cargo(repository.root(), ["build", "--workspace", "--bins", "--tests"]);
                announce(&build);
                command::run(&mut build)
            },
        )?;

        let mut outcomes = Vec::new();
        for layer in &layers {
            let mut prepared = Ok(());
            if layer.needs_python() {
                prepared = progress.step("the Python environment of the peers' clients", || {
                    python::environment(&repository)
                });
            }
            let started = Instant::now();
            let failed = Mutex::new(Vec::new());
            let result = progress.step(&layer.to_string(), || {
                prepared
                    .and_then(|()| run_layer(&repository, &duckdb, layer, layer.runner(installed), &failed))
            });
            let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
            outcomes.push(Outcome {
                layer: layer.name().to_owned(),
                took: started.elapsed(),
                result,
                failed,
            });
        }
        eprint!("\n{}", report(&outcomes, progress.elapsed()));
        Ok(if outcomes.iter().all(|outcome| outcome.result.is_ok()) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn installed_runner(repository: &Repository) -> Runner {
    let nextest = &mut command::cargo(repository.root(), ["nextest", "--version"]);
    if command::succeeds(nextest) { Runner::Nextest } else { Runner::Libtest }
}

fn run_layer(
    repository: &Repository,
    duckdb: &DuckDb,
    layer: &Layer,
    runner: Runner,
    failed: &Mutex<Vec<String>>,
) -> Result<()> {
    let mut tests = duckdb.cargo(repository.root(), layer.arguments(runner));
    tests.env(BUILT_EXAMPLES, repository.target().join("debug"));
    if std::io::stderr().is_terminal() {
        // Its output goes through a pipe, where cargo would leave the colours out.
        tests.env("CARGO_TERM_COLOR", "always");
    }
    announce(&tests);
    command::run_reading(&mut tests, |line| {
        if let (Some(name), Ok(mut failed)) = (runner.failed_test(line), failed.lock())
            && !failed.contains(&name)
        {
            failed.push(name);
        }
    })
}

#[derive(Debug)]
struct Outcome {
    layer: String,
    took: Duration,
    result: Result<()>,
    failed: Vec<String>,
}

/// A line per layer, the failed tests under theirs, and the verdict on the last line.
fn report(outcomes: &[Outcome], total: Duration) -> String {
    let mut text = String::new();
    let width = outcomes.iter().map(|outcome| outcome.layer.len()).max().unwrap_or_default();
    for Outcome { layer, took, result, failed } in outcomes {
        let verdict = if result.is_ok() { "passed" } else { "FAILED" };
        text += &format!("{verdict}  {layer:width$}  {}\n", elapsed(*took));
        if let Err(error) = result {
            if failed.is_empty() {
                text += &format!("        {error:#}\n");
            }
            for name in failed {
                text += &format!("        failed test: {name}\n");
            }
        }
    }
    let failures: Vec<_> = outcomes.iter().filter(|outcome| outcome.result.is_err()).collect();
    let passed = outcomes.len() - failures.len();
    let names: Vec<_> = failures.iter().map(|outcome| outcome.layer.as_str()).collect();
    let which = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    text + &format!("layers: {passed} passed, {} failed{which} in {}\n", names.len(), elapsed(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(layer: &str, result: Result<()>, failed: &[&str]) -> Outcome {
        let failed = failed.iter().map(|&name| name.to_owned()).collect();
        Outcome { layer: layer.to_owned(), took: Duration::from_secs(12), result, failed }
    }

    #[test]
    fn the_last_line_is_the_verdict() {
        let passed = [outcome("libraries", Ok(()), &[]), outcome("docs", Ok(()), &[])];
        assert_eq!(
            report(&passed, Duration::from_secs(65)),
            "passed  libraries  12 s\npassed  docs       12 s\nlayers: 2 passed, 0 failed in 1 min 05 s\n"
        );
    }

    #[test]
    fn every_failed_test_is_named() {
        let outcomes = [
            outcome("docs", Ok(()), &[]),
            outcome("ui", Err(anyhow::anyhow!("failed: cargo …")), &["one", "two"]),
            outcome("compat", Err(anyhow::anyhow!("`python3` is missing")), &[]),
        ];
        let text = report(&outcomes, Duration::from_secs(9));
        assert!(
            text.contains("FAILED  ui      12 s\n        failed test: one\n        failed test: two\n"),
            "{text}"
        );
        assert!(text.contains("FAILED  compat  12 s\n        `python3` is missing\n"), "{text}");
        assert!(text.ends_with("\nlayers: 1 passed, 2 failed (ui, compat) in 9.0 s\n"), "{text}");
    }
}
