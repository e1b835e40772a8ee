//! The code that the README shows is code that is compiled and run.

use std::fs;

use gateway_tests::repository_root;

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
