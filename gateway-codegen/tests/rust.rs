//! What is generated for Rust: as expected, the same twice, and it compiles without a warning.
//!
//! `UPDATE_EXPECTED=1 cargo test -p gateway-codegen` writes `tests/expected` anew.

mod market;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gateway_codegen::{OutputFile, Rust, Target, output, spec};
use serde_json::Value;

/// The documents, with the names of the crates they become.
fn documents() -> [(&'static str, Value); 3] {
    let parse = |text| serde_json::from_str(text).expect("a document");
    [
        ("market", market::document()),
        ("csp-like", parse(include_str!("specs/csp_like.json"))),
        ("hostile", parse(include_str!("specs/hostile.json"))),
    ]
}

fn generate(name: &str, document: &Value) -> Vec<OutputFile> {
    let ir = spec::read(document).unwrap_or_else(|error| panic!("{name}: {error}"));
    let target = Rust { name: Some(name.to_owned()), client_path: Some(client_path()) };
    target.files(&ir).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn client_path() -> String {
    root().with_file_name("gateway-client").to_str().expect("a path of text").to_owned()
}

#[test]
fn the_code_is_as_expected() {
    for (name, document) in documents() {
        let files: Vec<OutputFile> = generate(name, &document)
            .into_iter()
            // The path in it is this machine's.
            .map(|file| OutputFile { text: file.text.replace(&client_path(), "PATH"), ..file })
            // Expected code should not look like a crate of this repository.
            .map(|file| OutputFile { path: file.path.replace("Cargo.toml", "Cargo.toml.expected"), ..file })
            .collect();
        let folder = root().join("tests/expected").join(name);
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            output::write(&folder, &files).unwrap();
        }
        output::check(&folder, &files).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_same_document_gives_the_same_files() {
    for (name, document) in documents() {
        assert_eq!(generate(name, &document), generate(name, &document));
    }
}

/// The workspace of the generated crates, with a program that uses one. It has the locked versions of
/// this repository, which are there already, so that it builds without a network.
fn workspace() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    let mut members = Vec::new();
    for (name, document) in documents() {
        output::write(&folder.join(name), &generate(name, &document)).expect("the crate is written");
        members.push(format!("\"{name}\""));
    }
    let file = |path: &str, text: String| OutputFile { path: path.to_owned(), text };
    let program = |name: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n\
             market = {{ path = \"../market\" }}\n"
        )
    };
    let wrong = "//! Calls what the gateway does not offer.\n\
                 fn main() {\n    let client = market::Client::new(\"http://127.0.0.1:1\").expect(\"an address\");\n    \
                 drop(client.bars().send(market::models::Bar::new(\"A\", 1.0)));\n}\n";
    let files = [
        file(
            "Cargo.toml",
            format!(
                "[workspace]\nresolver = \"3\"\nmembers = [{}, \"right\", \"wrong\"]\n\
                 [profile.dev]\ndebug = \"line-tables-only\"\n",
                members.join(", ")
            ),
        ),
        file("Cargo.lock", fs::read_to_string(root().with_file_name("Cargo.lock")).expect("the lock file")),
        file("right/Cargo.toml", program("right")),
        file("right/src/main.rs", include_str!("market/program.rs").to_owned()),
        file("wrong/Cargo.toml", program("wrong")),
        file("wrong/src/main.rs", wrong.to_owned()),
    ];
    output::write(&folder, &files).expect("the workspace is written");
    folder
}

fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    // `CARGO_TARGET_TMPDIR` is a folder of the target directory.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("generated-target");
    Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet", "--target-dir"])
        .arg(target)
        .current_dir(folder)
        .output()
        .expect("cargo runs")
}

/// Leaves out what is not the same: every generated item has some words, and `null` for what may be missing is
/// not said twice.
fn without_docs(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.retain(|name, value| {
                !(name.contains("description") || name == "default" && value.is_null())
            });
            members.values_mut().for_each(|value| *value = without_docs(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| *value = without_docs(value.take())),
        _ => {}
    }
    value
}

#[test]
fn the_crates_compile_without_a_warning_and_say_what_the_gateway_said() {
    let folder = workspace();
    let built = cargo(&folder, &["build", "--workspace", "--exclude", "wrong", "--message-format", "short"]);
    let messages = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{messages}");
    // Those of the crates below `gateway-client` have other paths, and are not the generator's.
    let of_generated = |line: &&str| {
        ["market/", "csp-like/", "hostile/", "right/"].iter().any(|start| line.starts_with(start))
    };
    let warnings: Vec<&str> = messages.lines().filter(of_generated).collect();
    assert!(warnings.is_empty(), "{warnings:#?}");

    // The generated structs describe themselves just as those of the gateway do.
    let run = cargo(&folder, &["run", "--package", "right"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let described: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let (described, wanted) = (without_docs(described), without_docs(market::inputs()));
    for (name, schema) in wanted.as_object().expect("schemas by name") {
        assert_eq!(described[name], *schema, "{name}");
    }

    let wrong = cargo(&folder, &["build", "--package", "wrong"]);
    let messages = String::from_utf8_lossy(&wrong.stderr);
    assert!(!wrong.status.success());
    assert!(messages.contains("the gateway does not offer `send` on channel `Bars`"), "{messages}");
}
