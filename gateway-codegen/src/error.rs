//! What can go wrong between a document and the files.

use std::path::PathBuf;

use crate::output::Drift;

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The document could not be fetched.
    #[error("cannot fetch the document: {0}")]
    Fetch(#[from] gateway_client::Error),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The document is not JSON.
    #[error("{from} is not JSON: {source}")]
    NotJson {
        /// Where the document came from.
        from: String,
        /// Where it stops being JSON.
        source: serde_json::Error,
    },
    /// The document is not one that a client can be made from.
    #[error("the document cannot be used:\n{}", lines(.0))]
    Document(Vec<Fault>),
    /// The crate cannot have this name.
    #[error("`{name}` cannot be the name of the crate: {reason}")]
    CrateName {
        /// The name.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// The generated code is not code: a fault of the generator's.
    #[error("the generated `{path}` is not Rust ({reason}); please report it with the document")]
    NotRust {
        /// The file.
        path: String,
        /// What the parser says.
        reason: String,
    },
    /// The files on disk are not those that would be written.
    #[error("not up to date:\n{}\nrun the same command without `--check` to write them", lines(.0))]
    Drift(Vec<Drift>),
}

fn lines<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(|item| format!("  {item}")).collect::<Vec<_>>().join("\n")
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct Fault {
    /// Where: a JSON pointer as a URL fragment, `#/paths`.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}
