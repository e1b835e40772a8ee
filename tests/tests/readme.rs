//! The code that the README shows is code that is compiled and run.

use std::fs;
use std::time::Duration;

use gateway_tests::{Server, repository_root};
use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(repository_root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The README's blocks of code in this language.
fn blocks(language: &str) -> Vec<String> {
    let readme = read("README.md");
    let fence = format!("```{language}\n");
    let blocks = readme.split(&fence).skip(1);
    blocks.filter_map(|rest| Some(rest.split_once("\n```")?.0.to_owned())).collect()
}

#[test]
fn the_story_is_the_example_market_and_its_client() {
    let market = read("examples/src/bin/market.rs");
    let (market, _tests) = market.split_once("\n#[cfg(test)]").expect("has tests");
    let (_docs, market) = market.split_once("\n\n").expect("has documentation");
    let client = read("tests/clients/market.rs");
    assert_eq!(blocks("rust"), [market.trim_end(), client.trim_end()]);
}

#[test]
fn the_compile_error_is_what_the_compiler_says() {
    let error = read("tests/ui/gateway_channel_never_written/case.stderr");
    assert_eq!(blocks("text"), [error.trim_end()]);
}

/// The columns of the first row of an answer of SQL.
fn columns(rows: &str) -> Vec<String> {
    let rows: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(rows).unwrap_or_else(|error| panic!("{error}: {rows}"));
    rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn the_queries_answer_what_is_shown() {
    let shown: Vec<String> =
        blocks("console").into_iter().filter(|block| block.contains("/api/v1/sql")).collect();
    assert_eq!(shown.len(), 3, "queries of the README");
    let machine = Server::start("machine");
    machine.wait_for_tick("processes", Duration::from_secs(20));
    for block in shown {
        let (command, answer) = block.split_once('\n').expect("shows an answer");
        let body =
            command.split_once("-d '").and_then(|(_, body)| body.strip_suffix('\'')).expect("has a body");
        // What is compared with the past needs one.
        let body = body.replace("- to_seconds(10)", "- to_seconds(0)");
        let (status, rows) = machine.post("/api/v1/sql", &body);
        assert_eq!(status, 200, "{command}: {rows}");
        assert_eq!(columns(&rows), columns(answer), "{command}");
    }
}
