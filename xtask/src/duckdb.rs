//! DuckDB's shared library: fetched once, instead of compiled for twenty minutes in every profile.

use std::{
    env,
    ffi::OsString,
    fs,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{command, progress::announce, repository::Repository};

/// The release of DuckDB's own packages that has the library which the `duckdb` crate was made for.
const VERSION: &str = "1.5.6-r.1";

/// What is done where the library cannot be had.
const FALLBACK: &str = "DuckDB is compiled from its sources instead, as `--features bundled` of gateway-runtime does: that \
    takes a C++ compiler and, once for each profile, 20 minutes of a processor's time. `--no-default-features` of \
    gateway-runtime leaves SQL out.";

/// The package of one platform.
#[derive(Debug, PartialEq)]
struct Package {
    /// As Rust calls them.
    platform: (&'static str, &'static str),
    name: &'static str,
    library: &'static str,
    /// Of the library. A platform without one has not been tried.
    sha256: Option<&'static str>,
}

const PACKAGES: [Package; 5] = [
    Package {
        platform: ("linux", "x86_64"),
        name: "@duckdb/node-bindings-linux-x64",
        library: "libduckdb.so",
        sha256: Some("3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633"),
    },
    Package {
        platform: ("linux", "aarch64"),
        name: "@duckdb/node-bindings-linux-arm64",
        library: "libduckdb.so",
        sha256: None,
    },
    Package {
        platform: ("macos", "x86_64"),
        name: "@duckdb/node-bindings-darwin-x64",
        library: "libduckdb.dylib",
        sha256: None,
    },
    Package {
        platform: ("macos", "aarch64"),
        name: "@duckdb/node-bindings-darwin-arm64",
        library: "libduckdb.dylib",
        sha256: None,
    },
    Package {
        platform: ("windows", "x86_64"),
        name: "@duckdb/node-bindings-win32-x64",
        library: "duckdb.dll",
        sha256: None,
    },
];

/// DuckDB, as programs here are linked with it.
#[derive(Debug, PartialEq)]
pub(crate) enum DuckDb {
    /// The library that is there.
    Shared(PathBuf),
    /// None is there, because of this: it is compiled in.
    Bundled(String),
}

impl DuckDb {
    /// A command of cargo's for the workspace, or for packages that use gateway-runtime.
    pub(crate) fn cargo<S: Into<OsString>>(
        &self,
        root: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        if matches!(self, DuckDb::Bundled(_)) {
            let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
            arguments.splice(end..end, ["--features", "gateway-runtime/bundled"].map(OsString::from));
        }
        command::cargo(root, arguments)
    }
}

/// `cargo xtask setup`.
pub(crate) fn run() -> Result<ExitCode> {
    match find(&Repository::find()?)? {
        DuckDb::Shared(library) => {
            eprintln!(
                "setup: {} is there; `cargo run`, `cargo test` and `cargo build` work",
                library.display()
            );
            Ok(ExitCode::SUCCESS)
        }
        DuckDb::Bundled(reason) => {
            bail!("{reason}. The tasks `demo`, `test`, `bench` and `lint` go on without it: {FALLBACK}")
        }
    }
}

/// Makes sure that the library is where `.cargo/config.toml` says, or says that DuckDB is going to be compiled.
pub(crate) fn ensure(repository: &Repository) -> Result<DuckDb> {
    let found = find(repository)?;
    if let DuckDb::Bundled(reason) = &found {
        eprintln!("      {reason}. {FALLBACK}");
    }
    Ok(found)
}

/// Fetches the library if it is not there; nothing is fetched if it is.
fn find(repository: &Repository) -> Result<DuckDb> {
    let folder = repository.root().join("target/duckdb");
    let (os, arch) = (env::consts::OS, env::consts::ARCH);
    let Some(package) = package(os, arch) else {
        let reason = format!("DuckDB {VERSION} has no library for {os} on {arch} that this program knows of");
        return Ok(DuckDb::Bundled(reason));
    };
    let library = folder.join(package.library);
    let Some(sha256) = package.sha256 else {
        return Ok(unpinned(package, &folder));
    };
    if !(library.exists() && checksum(&library)? == sha256) {
        if let Err(error) = fetch(package, &folder) {
            return Ok(DuckDb::Bundled(format!(
                "DuckDB's library could not be fetched (is npm installed, and its registry reachable?): {error:#}"
            )));
        }
        let found = checksum(&library)?;
        if found != sha256 {
            fs::remove_file(&library).context("cannot remove a library with a wrong checksum")?;
            bail!(
                "{} of {} {VERSION} has the SHA-256 {found}, not {sha256}: it was removed",
                package.library,
                package.name
            );
        }
    }
    link(&folder, &repository.target().join("duckdb"))?;
    Ok(DuckDb::Shared(library))
}

fn package(os: &str, arch: &str) -> Option<&'static Package> {
    PACKAGES.iter().find(|package| package.platform == (os, arch))
}

/// A library whose checksum is not known is not fetched; one that somebody has put there is used.
fn unpinned(package: &Package, folder: &Path) -> DuckDb {
    let library = folder.join(package.library);
    if library.exists() {
        return DuckDb::Shared(library);
    }
    let (os, arch) = package.platform;
    DuckDb::Bundled(format!(
        "No checksum is pinned for {os} on {arch}, so DuckDB's library is not fetched. It is `{}` in the npm package \
         {}@{VERSION}: unpack it into {} yourself if you trust it",
        package.library,
        package.name,
        folder.display()
    ))
}

fn fetch(package: &Package, folder: &Path) -> Result<()> {
    eprintln!("      fetching DuckDB {VERSION} into {} (70 MB, once)", folder.display());
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent"]).arg(format!("{}@{VERSION}", package.name)).current_dir(scratch.path());
    announce(&pack);
    command::run(&mut pack)?;
    let archive = archive(scratch.path())?;
    let mut unpack = Command::new("tar");
    let member = format!("package/{}", package.library);
    unpack.arg("-xzf").arg(&archive).arg("-C").arg(scratch.path()).arg(&member);
    announce(&unpack);
    command::run(&mut unpack).context("the package of DuckDB could not be unpacked")?;
    // Next to its place first: a program that starts meanwhile finds all of it or nothing.
    let (partial, library) = (folder.join("partial"), folder.join(package.library));
    fs::copy(scratch.path().join(member), &partial)
        .and_then(|_| fs::rename(&partial, &library))
        .with_context(|| format!("cannot write {}", library.display()))
}

fn archive(folder: &Path) -> Result<PathBuf> {
    let mut entries = fs::read_dir(folder).context("cannot list the temporary folder")?.flatten();
    let archive = entries.find(|entry| entry.path().extension().is_some_and(|extension| extension == "tgz"));
    Ok(archive.context("npm has left no package behind")?.path())
}

fn checksum(file: &Path) -> Result<String> {
    let mut source = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let count = source.read(&mut buffer).with_context(|| format!("cannot read {}", file.display()))?;
        if count == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(&buffer[..count]);
    }
}

/// Programs look for the library next to the folder of their profile, also in a target directory elsewhere.
fn link(folder: &Path, place: &Path) -> Result<()> {
    if place.exists() {
        return Ok(());
    }
    #[cfg(unix)]
    {
        // One that leads nowhere is left of a checkout that has gone.
        let _ = fs::remove_file(place);
        std::os::unix::fs::symlink(folder, place)
            .with_context(|| format!("cannot make {}", place.display()))?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_its_package() {
        assert_eq!(package("linux", "x86_64").unwrap().library, "libduckdb.so");
        assert_eq!(package("macos", "aarch64").unwrap().name, "@duckdb/node-bindings-darwin-arm64");
        assert!(package("plan9", "mips").is_none());
    }

    #[test]
    fn a_library_without_a_checksum_is_used_but_not_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let package = package("linux", "aarch64").unwrap();
        let DuckDb::Bundled(reason) = unpinned(package, folder.path()) else { panic!("there is no library") };
        assert!(reason.contains(package.name) && reason.contains("not fetched"), "{reason}");
        fs::write(folder.path().join(package.library), "").unwrap();
        assert_eq!(unpinned(package, folder.path()), DuckDb::Shared(folder.path().join(package.library)));
    }

    #[test]
    fn without_a_library_cargo_is_told_to_compile_it() {
        let arguments = |duckdb: &DuckDb| {
            let command = duckdb.cargo(Path::new("."), ["clippy", "--workspace", "--", "-D", "warnings"]);
            command
                .get_args()
                .map(|argument| argument.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let bundled = arguments(&DuckDb::Bundled(String::new()));
        assert_eq!(bundled, "clippy --workspace --features gateway-runtime/bundled -- -D warnings");
        assert_eq!(arguments(&DuckDb::Shared(PathBuf::new())), "clippy --workspace -- -D warnings");
    }

    #[test]
    fn a_file_has_the_checksum_that_sha256sum_gives_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(checksum(file.path()).unwrap(), expected);
    }

    #[test]
    fn a_target_directory_elsewhere_gets_a_link_and_an_old_one_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        let (library, place) = (root.path().join("library"), root.path().join("place"));
        std::os::unix::fs::symlink(root.path().join("gone"), &place).unwrap();
        fs::create_dir(&library).unwrap();
        link(&library, &place).unwrap();
        link(&library, &place).unwrap();
        assert_eq!(fs::read_link(&place).unwrap(), library);
    }
}
