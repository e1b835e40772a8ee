//! What is where in the repository.

use std::{
    env,
    fs::{self, DirEntry},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// The folder of the tests that cross a crate boundary.
const TESTS: &str = "tests";

/// The checkout that this program was built from.
#[derive(Debug)]
pub(crate) struct Repository {
    root: PathBuf,
    target: PathBuf,
}

impl Repository {
    /// # Errors
    /// When this program does not run from the target directory of a checkout.
    pub(crate) fn find() -> Result<Self> {
        // As Cargo says at run time: two checkouts with one target directory share what is compiled.
        let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let Some(root) = Path::new(&xtask).parent() else { bail!("xtask is in no repository") };
        // `TARGET/PROFILE/xtask`, whichever way the target directory was chosen.
        let executable = env::current_exe().context("cannot tell where xtask runs from")?;
        let Some(target) = executable.ancestors().nth(2) else {
            bail!("{} is not in a target directory", executable.display());
        };
        Ok(Self { root: root.to_owned(), target: target.to_owned() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// The names of the example binaries, sorted.
    pub(crate) fn examples(&self) -> Result<Vec<String>> {
        targets(&self.root.join("examples/src/bin"))
    }

    /// The names of the integration tests of the `tests` crate, sorted.
    pub(crate) fn crossing_tests(&self) -> Result<Vec<String>> {
        targets(&self.root.join(TESTS).join("tests"))
    }

    /// The names of the integration tests of every other crate, sorted.
    pub(crate) fn library_tests(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in entries(&self.root)? {
            let folder = entry.path();
            if folder.join("Cargo.toml").is_file() && entry.file_name() != TESTS {
                names.extend(targets(&folder.join("tests"))?);
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// The targets that Cargo finds in a folder: `NAME.rs` and `NAME/main.rs`. A folder that is not there has none.
fn targets(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in entries(folder)? {
        let path = entry.path();
        let is_target =
            path.join("main.rs").is_file() || path.extension().is_some_and(|extension| extension == "rs");
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| is_target) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>> {
    fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .with_context(|| format!("cannot list {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_as_cargo_finds_them() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "tests/tests/ui.rs",
            "tests/tests/faults/main.rs",
            "tests/tests/data/trade.json",
            "one/tests/b.rs",
            "one/Cargo.toml",
            "two/tests/ignored.rs",
            "tests/Cargo.toml",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let repository = Repository { root: root.path().to_owned(), target: PathBuf::new() };
        assert_eq!(repository.crossing_tests().unwrap(), ["faults", "ui"]);
        assert_eq!(repository.library_tests().unwrap(), ["b"]);
        assert_eq!(repository.examples().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn this_checkout_is_found() {
        assert!(Repository::find().unwrap().root().join("xtask/src/main.rs").is_file());
    }
}
