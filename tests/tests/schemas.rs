//! The documents of the examples are those in `schemas/`: a change of the interface is seen in a review.

use std::path::Path;
use std::{env, fs};

use gateway_tests::{Server, repository_root};
use serde_json::Value;

/// Compares the document of the example `name` with the blessed one, or with `GATEWAY_BLESS` set replaces it.
fn check(name: &str) {
    let (status, text) = Server::start(name).get("/openapi.json");
    assert_eq!(status, 200, "{text}");
    let document: Value = serde_json::from_str(&text).expect("the document is JSON");
    let pretty = serde_json::to_string_pretty(&document).expect("JSON is written") + "\n";
    let path = Path::new("schemas").join(name).join("openapi.json");
    let file = repository_root().join(&path);
    if env::var_os("GATEWAY_BLESS").is_some() {
        fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("the folder can be made");
        fs::write(&file, pretty).expect("the file can be written");
        return;
    }
    let blessed = fs::read_to_string(&file).unwrap_or_default();
    let differs = blessed.lines().zip(pretty.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| blessed.lines().count().min(pretty.lines().count()));
    assert!(
        blessed == pretty,
        "the document of `{name}` is not {}, from line {} on:\n  was: {}\n  is:  {}\n\
         if that is wanted, run `cargo xtask schemas` and commit the change",
        path.display(),
        line + 1,
        blessed.lines().nth(line).unwrap_or("(the end)"),
        pretty.lines().nth(line).unwrap_or("(the end)"),
    );
}

#[test]
fn machine_has_not_drifted() {
    check("machine");
}

#[test]
fn market_has_not_drifted() {
    check("market");
}

#[test]
fn omnibus_has_not_drifted() {
    check("omnibus");
}
