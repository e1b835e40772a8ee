//! The layers of the tests, and the command that runs each.

use std::fmt;

use anyhow::{Result, bail};

use crate::repository::Repository;

/// The layer that needs the Python environment.
const COMPAT: &str = "compat";

/// The test crate whose integration tests are a layer each.
const TESTS_PACKAGE: &str = "gateway-tests";

/// What is run, and reported, as one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Layer {
    /// Unit and integration tests inside each crate.
    Libraries {
        /// The integration tests among them.
        integration: Vec<String>,
    },
    /// The examples in doc comments.
    Docs,
    /// One integration test of the `tests` crate.
    Crossing(String),
}

impl Layer {
    /// Every layer of the repository, the quickest to fail first and the peers' clients last.
    pub(crate) fn all(repository: &Repository) -> Result<Vec<Self>> {
        Ok(Self::arrange(repository.library_tests()?, repository.crossing_tests()?))
    }

    fn arrange(integration: Vec<String>, mut crossing: Vec<String>) -> Vec<Self> {
        crossing.sort_by_key(|name| (name == COMPAT, name.clone()));
        let mut layers = vec![Self::Libraries { integration }, Self::Docs];
        layers.extend(crossing.into_iter().map(Self::Crossing));
        layers
    }

    /// The layers named in `only`, in their usual order; all of them if it is empty.
    pub(crate) fn choose(all: Vec<Self>, only: &[String]) -> Result<Vec<Self>> {
        if let Some(unknown) = only.iter().find(|name| all.iter().all(|layer| layer.name() != name.as_str()))
        {
            let names: Vec<_> = all.iter().map(Self::name).collect();
            bail!("there is no layer `{unknown}`; there are: {}", names.join(", "));
        }
        let wanted = |layer: &Self| only.is_empty() || only.iter().any(|name| name == layer.name());
        Ok(all.into_iter().filter(wanted).collect())
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Libraries { .. } => "libraries",
            Self::Docs => "docs",
            Self::Crossing(name) => name,
        }
    }

    pub(crate) fn needs_python(&self) -> bool {
        self.name() == COMPAT
    }

    /// What runs this layer where `installed` is there to run tests: nextest cannot run doc comments.
    pub(crate) fn runner(&self, installed: Runner) -> Runner {
        if *self == Self::Docs { Runner::Libtest } else { installed }
    }

    /// The arguments of cargo.
    ///
    /// Always `--workspace`, even for one test: Cargo chooses the features of a dependency by the packages it
    /// is asked for, so naming fewer of them would compile the dependencies a second time.
    pub(crate) fn arguments(&self, runner: Runner) -> Vec<String> {
        let mut arguments: Vec<String> = match runner {
            Runner::Libtest => vec!["test".into()],
            Runner::Nextest => vec!["nextest".into(), "run".into(), "--cargo-quiet".into()],
        };
        arguments.extend(["--workspace".into(), "--no-fail-fast".into()]);
        match self {
            Self::Docs => arguments.push("--doc".into()),
            Self::Libraries { integration } => {
                arguments.extend(["--lib".into(), "--bins".into()]);
                for name in integration {
                    arguments.extend(["--test".into(), name.clone()]);
                }
                if runner == Runner::Nextest {
                    arguments.extend(["-E".into(), format!("not package({TESTS_PACKAGE})")]);
                }
            }
            Self::Crossing(name) => {
                arguments.extend(["--test".into(), name.clone()]);
                if runner == Runner::Nextest {
                    arguments.extend(["-E".into(), format!("package({TESTS_PACKAGE})")]);
                }
            }
        }
        arguments
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Libraries { .. } => write!(f, "libraries: the tests inside each crate"),
            Self::Docs => write!(f, "docs: the examples in doc comments"),
            Self::Crossing(name) => write!(f, "{name}: tests/tests/{name}"),
        }
    }
}

/// What runs the tests once they are built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Runner {
    /// `cargo nextest`: every test in a process of its own.
    Nextest,
    /// `cargo test`.
    Libtest,
}

impl Runner {
    /// The name of the failed test, if a line of the output reports one.
    ///
    /// The output of nextest contains that of a failed test, which has lines of libtest: those are not counted again.
    pub(crate) fn failed_test(self, line: &str) -> Option<String> {
        let line = without_colours(line);
        match self {
            // `test tick::tests::order ... FAILED`
            Self::Libtest => Some(line.trim().strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned()),
            // `FAIL [   0.004s] ( 3/10) gateway-schema tick::tests::order`
            Self::Nextest => {
                let (status, rest) = line.trim().split_once(" [")?;
                let failed =
                    ["FAIL", "TIMEOUT", "ABORT", "LEAK-FAIL"].contains(&status) || status.starts_with("SIG");
                let (_, name) = rest.split_once(']').filter(|_| failed)?;
                let counted = name.trim().strip_prefix('(').and_then(|counted| counted.split_once(')'));
                Some(counted.map_or(name, |(_, name)| name).trim().to_owned())
            }
        }
    }
}

fn without_colours(line: &str) -> String {
    let mut pieces = line.split('\u{1b}');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(piece.split_once('m').map_or(piece, |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn layers() -> Vec<Layer> {
        Layer::arrange(names(&["derive"]), names(&["clients", "compat", "ui"]))
    }

    #[test]
    fn the_peers_clients_come_last() {
        let order: Vec<_> = layers().iter().map(|layer| layer.name().to_owned()).collect();
        assert_eq!(order, ["libraries", "docs", "clients", "ui", "compat"]);
        assert_eq!(layers().iter().filter(|layer| layer.needs_python()).count(), 1);
    }

    #[test]
    fn layers_are_chosen_by_name() {
        let chosen = Layer::choose(layers(), &names(&["ui", "docs"])).unwrap();
        assert_eq!(chosen, [Layer::Docs, Layer::Crossing("ui".into())]);
        assert_eq!(Layer::choose(layers(), &[]).unwrap(), layers());
        let error = Layer::choose(layers(), &names(&["iu"])).unwrap_err().to_string();
        assert_eq!(error, "there is no layer `iu`; there are: libraries, docs, clients, ui, compat");
    }

    #[test]
    fn every_command_asks_for_the_whole_workspace() {
        for layer in layers() {
            for runner in [Runner::Nextest, Runner::Libtest] {
                assert!(layer.arguments(runner).contains(&"--workspace".to_owned()), "{layer} {runner:?}");
            }
        }
    }

    #[test]
    fn the_commands() {
        let layers = layers();
        let (libraries, docs, clients) = (&layers[0], &layers[1], &layers[2]);
        let line = |layer: &Layer, runner| layer.arguments(layer.runner(runner)).join(" ");
        assert_eq!(
            line(libraries, Runner::Libtest),
            "test --workspace --no-fail-fast --lib --bins --test derive"
        );
        assert_eq!(
            line(libraries, Runner::Nextest),
            "nextest run --cargo-quiet --workspace --no-fail-fast --lib --bins --test derive -E not package(gateway-tests)"
        );
        assert_eq!(line(docs, Runner::Nextest), "test --workspace --no-fail-fast --doc");
        assert_eq!(line(clients, Runner::Libtest), "test --workspace --no-fail-fast --test clients");
    }

    #[test]
    fn failed_tests_are_named() {
        for (runner, line, name) in [
            (Runner::Libtest, "test tick::tests::order ... FAILED\n", "tick::tests::order"),
            (Runner::Libtest, "test src/lib.rs - Tick (line 3) ... FAILED", "src/lib.rs - Tick (line 3)"),
            (
                Runner::Nextest,
                "        FAIL [   0.004s] ( 3/10) gateway-schema order",
                "gateway-schema order",
            ),
            (Runner::Nextest, "     SIGABRT [   0.004s] gateway-tests::ui all", "gateway-tests::ui all"),
            (Runner::Nextest, "\u{1b}[31;1m    FAIL\u{1b}[0m [   1.0s] \u{1b}[35;1ma\u{1b}[0m b", "a b"),
        ] {
            assert_eq!(runner.failed_test(line).as_deref(), Some(name), "{line}");
        }
        for line in
            ["test a ... ok", "        PASS [   0.004s] a b", "FAILED", "test result: FAILED. 1 passed", ""]
        {
            assert_eq!(Runner::Libtest.failed_test(line), None, "{line}");
            assert_eq!(Runner::Nextest.failed_test(line), None, "{line}");
        }
        assert_eq!(Runner::Nextest.failed_test("    test order ... FAILED"), None, "shown by nextest");
    }
}
