//! `cargo xtask setup|demo|test|bench|lint|schemas`: what a newcomer would otherwise have to set up by hand.

mod bench;
mod command;
mod demo;
mod duckdb;
mod layers;
mod lint;
mod progress;
mod python;
mod repository;
mod schemas;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Runs, tests and checks this repository")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, PartialEq, Subcommand)]
enum Task {
    /// Fetches DuckDB's library, if it is not there; every other task does so too.
    Setup,
    /// Builds an example gateway and runs it until Ctrl-C.
    Demo(demo::Demo),
    /// Runs every test, layer by layer.
    Test(test::Test),
    /// Measures the store and a gateway at work; an idle machine gives the best figures.
    Bench(bench::Bench),
    /// Checks formatting, clippy and the documentation; warnings are errors.
    Lint,
    /// Replaces the documents in `schemas/` by those that the examples serve now.
    Schemas,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Setup => duckdb::run(),
        Task::Demo(demo) => demo.run(),
        Task::Test(test) => test.run(),
        Task::Bench(bench) => bench.run(),
        Task::Lint => lint::run(),
        Task::Schemas => schemas::run(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            command::exit_code_of(&error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task, clap::Error> {
        Arguments::try_parse_from(line.split(' ')).map(|arguments| arguments.task)
    }

    #[test]
    fn demo_runs_machine_unless_told_otherwise() {
        let default = demo::Demo { example: "machine".to_owned(), port: None, release: false };
        assert_eq!(parse("xtask demo").unwrap(), Task::Demo(default));
        let all = demo::Demo { example: "omnibus".to_owned(), port: Some(9000), release: true };
        assert_eq!(parse("xtask demo omnibus --port 9000 --release").unwrap(), Task::Demo(all));
    }

    #[test]
    fn test_takes_any_number_of_layers() {
        assert_eq!(parse("xtask test").unwrap(), Task::Test(test::Test { only: Vec::new() }));
        let two = test::Test { only: vec!["ui".to_owned(), "docs".to_owned()] };
        assert_eq!(parse("xtask test --only ui --only docs").unwrap(), Task::Test(two));
    }

    #[test]
    fn bench_takes_a_name() {
        let some = bench::Bench { name: Some("json".to_owned()) };
        assert_eq!(parse("xtask bench json").unwrap(), Task::Bench(some));
        assert_eq!(parse("xtask bench").unwrap(), Task::Bench(bench::Bench { name: None }));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["xtask", "xtask deploy", "xtask demo --port 99999", "xtask demo a b", "xtask lint --fix"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
