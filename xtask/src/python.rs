//! The Python environment in which the peers' real clients run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, bail};

use crate::{
    command,
    progress::{announce, elapsed},
    repository::Repository,
};

const REQUIREMENTS: &str = "tests/compat/requirements.txt";
/// A copy of the requirements that are installed, written last: without it the environment is not complete.
const STAMP: &str = "installed-requirements.txt";

/// Makes `TARGET/venv` with everything in `tests/compat/requirements.txt`, unless it is there already.
pub(crate) fn environment(repository: &Repository) -> Result<()> {
    let environment = Environment::of(repository)?;
    if environment.is_current() {
        eprintln!("      {} is up to date", environment.folder.display());
        return Ok(());
    }
    eprintln!("      making {} (about 1 GB of packages, once)", environment.folder.display());
    let started = Instant::now();
    check_python()?;
    environment.make(&repository.root().join(REQUIREMENTS))?;
    eprintln!("      made in {}", elapsed(started.elapsed()));
    Ok(())
}

#[derive(Debug)]
struct Environment {
    folder: PathBuf,
    requirements: String,
}

impl Environment {
    fn of(repository: &Repository) -> Result<Self> {
        let path = repository.root().join(REQUIREMENTS);
        let requirements =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { folder: repository.target().join("venv"), requirements })
    }

    fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// Whether these very requirements are installed, and the Python that runs still finds its packages: after an
    /// upgrade of Debian it is another Python, which looks for them elsewhere.
    fn is_current(&self) -> bool {
        let installed = fs::read_to_string(self.folder.join(STAMP));
        installed.is_ok_and(|installed| installed == self.requirements)
            && command::succeeds(Command::new(self.python()).args(["-m", "pip", "--version"]))
    }

    fn make(&self, requirements: &Path) -> Result<()> {
        if self.folder.exists() {
            let folder = self.folder.display();
            fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove the old {folder}"))?;
        }
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(&self.folder);
        announce(&make);
        command::run(&mut make)?;

        let mut install = Command::new(self.python());
        install
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
                "--requirement",
            ])
            .arg(requirements);
        announce(&install);
        command::run(&mut install)
            .context("the Python packages could not be installed (is the package index reachable?)")?;

        let stamp = self.folder.join(STAMP);
        fs::write(&stamp, &self.requirements).with_context(|| format!("cannot write {}", stamp.display()))
    }
}

/// Says what to install when `python3` cannot make an environment: Debian splits it over several packages.
fn check_python() -> Result<()> {
    let python = |code: &str| command::succeeds(Command::new("python3").args(["-c", code]));
    if !python("") {
        bail!("`python3` is missing. On Debian: apt-get install python3 python3-venv");
    }
    if !python("import sys; sys.exit(sys.version_info < (3, 11))") {
        bail!("`python3` is older than 3.11, which csp-gateway needs");
    }
    if !python("import venv, ensurepip") {
        bail!(
            "`python3` has no `venv` or `ensurepip`, so it cannot make an environment. On Debian: apt-get install python3-venv"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_without_these_requirements_is_not_current() {
        let folder = tempfile::tempdir().unwrap();
        let environment =
            Environment { folder: folder.path().to_owned(), requirements: "polars==2.1.0\n".to_owned() };
        assert!(!environment.is_current(), "nothing is there");

        fs::create_dir(folder.path().join("bin")).unwrap();
        std::os::unix::fs::symlink("/bin/true", environment.python()).unwrap();
        assert!(!environment.is_current(), "the installation did not finish");
        fs::write(folder.path().join(STAMP), "polars==2.0.0\n").unwrap();
        assert!(!environment.is_current(), "other versions are installed");
        fs::write(folder.path().join(STAMP), "polars==2.1.0\n").unwrap();
        assert!(environment.is_current());

        fs::remove_file(environment.python()).unwrap();
        assert!(!environment.is_current(), "its Python is gone");
    }
}
