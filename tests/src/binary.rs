//! Where the example binaries are.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Set by `cargo xtask test`, which builds the examples once, with the features of the whole workspace.
const BUILT_EXAMPLES: &str = "GATEWAY_BUILT_EXAMPLES";

/// The root of the repository.
pub fn repository_root() -> PathBuf {
    // As Cargo says at run time: two checkouts with one target directory share what is compiled.
    let tests = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let tests = Path::new(&tests);
    tests.parent().unwrap_or(tests).to_owned()
}

/// The path of the example binary `name`, built first if need be.
///
/// Cargo builds the binaries of a package for the tests of that package only, so plain `cargo test` has to ask
/// for these. They go where the running test came from: same target directory, same profile.
///
/// # Panics
/// When the examples do not build, or have no such binary.
pub fn example_binary(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| match env::var_os(BUILT_EXAMPLES) {
        Some(built) => PathBuf::from(built),
        None => build_examples(),
    });
    let path = directory.join(name).with_extension(env::consts::EXE_EXTENSION);
    assert!(path.is_file(), "there is no example `{name}`: {} does not exist", path.display());
    path
}

fn build_examples() -> PathBuf {
    let executable = env::current_exe().unwrap_or_else(|error| panic!("which test is this? {error}"));
    // Unit and integration tests run from `TARGET/PROFILE/deps/NAME-HASH`.
    let (Some(profile_directory), Some(target)) =
        (executable.ancestors().nth(2), executable.ancestors().nth(3))
    else {
        panic!("{} is not in a target directory", executable.display());
    };
    let profile = match profile_directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", "gateway-examples", "--bins", "--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .current_dir(repository_root())
        .output()
        .unwrap_or_else(|error| panic!("cannot run cargo to build the examples: {error}"));
    assert!(
        output.status.success(),
        "the examples do not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    profile_directory.to_owned()
}
