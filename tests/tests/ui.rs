//! Mistakes in declarations: each is one compile error that names the thing, the reason and the fix.
//!
//! A folder of `ui/` is a mistake: `case.rs`, and `case.stderr` with what the compiler says.
//! `TRYBUILD=overwrite cargo test -p gateway-tests --test ui` writes the latter anew.

use std::path::{Path, PathBuf};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let entries = std::fs::read_dir(&folder).expect("tests/ui can be listed");
    let mut cases: Vec<PathBuf> =
        entries.map(|entry| entry.expect("tests/ui can be listed").path()).collect();
    cases.sort();
    cases
}

#[test]
fn one_mistake_is_one_message() {
    // The compiler runs when this is dropped.
    trybuild::TestCases::new().compile_fail("ui/*/case.rs");
    let cases = cases();
    assert!(cases.len() > 70, "only {} cases were found", cases.len());
    for case in cases {
        let path = case.join("case.stderr");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let is_message = |line: &&str| line.starts_with("error") || line.starts_with("warning");
        let messages: Vec<&str> = text.lines().filter(is_message).collect();
        assert_eq!(messages.len(), 1, "{} has these messages: {messages:#?}", path.display());
    }
}
