//! Makes sure of DuckDB's library before anything is linked with it, so that who has not fetched it is told
//! how to, instead of `cannot find -lduckdb` after minutes of compiling.

use std::env;
use std::path::{Path, PathBuf};

/// The names of the shared library, by platform.
const NAMES: [&str; 3] = ["libduckdb.so", "libduckdb.dylib", "duckdb.dll"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    let wanted = env::var_os("CARGO_FEATURE_DUCKDB").is_some();
    let compiled_in = env::var_os("CARGO_FEATURE_BUNDLED").is_some();
    // Without the variable, the `duckdb` crate looks where the system keeps its libraries.
    let Some(folder) = env::var_os("DUCKDB_LIB_DIR").filter(|_| wanted && !compiled_in) else {
        return;
    };
    let folder = PathBuf::from(folder);
    match NAMES.iter().map(|name| folder.join(name)).find(|file| file.exists()) {
        Some(library) => {
            println!("cargo::rerun-if-changed={}", library.display());
            link(&library);
        }
        None => {
            println!("cargo::rerun-if-changed={}", folder.display());
            println!(
                "cargo::error=DuckDB's library is not in {}: run `cargo xtask setup` once, which fetches it; or build \
                 with `--features bundled`, which compiles DuckDB (twenty minutes of a processor); or without SQL, \
                 with `--no-default-features`",
                folder.display()
            );
        }
    }
}

/// What `cargo run` and `cargo test` start finds libraries in the folders of build scripts: doc tests, and
/// everything in a target directory elsewhere, have no other way to find it.
fn link(library: &Path) {
    #[cfg(unix)]
    if let (Some(out), Some(name)) = (env::var_os("OUT_DIR"), library.file_name()) {
        let link = Path::new(&out).join(name);
        let _ = std::fs::remove_file(&link);
        if std::os::unix::fs::symlink(library, &link).is_ok() {
            println!("cargo::rustc-link-search=native={}", link.with_file_name("").display());
        }
    }
    #[cfg(not(unix))]
    let _ = library;
}
