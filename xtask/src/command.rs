//! Other programs: shown before they run, their exit code kept when they fail.

use std::{
    env,
    ffi::OsStr,
    fmt,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, ExitCode, ExitStatus, Stdio},
    thread,
};

use anyhow::{Context, Result};

/// A program ran and did not succeed.
#[derive(Debug)]
pub(crate) struct Failed {
    command: String,
    status: ExitStatus,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed ({}): {}", self.status, self.command)
    }
}

impl std::error::Error for Failed {}

/// The exit code to end with: that of the failed program, if one was the reason.
pub(crate) fn exit_code_of(error: &anyhow::Error) -> ExitCode {
    error
        .downcast_ref::<Failed>()
        .and_then(|failed| failed.status.code())
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The cargo that started this program, in the root of the repository.
pub(crate) fn cargo<S: AsRef<OsStr>>(root: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    // `cargo run` describes the xtask package to this process. Passed on, that makes build scripts which
    // watch these variables run again, and everything after them compile again.
    for (name, _) in env::vars_os() {
        let described = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
        if name.to_str().is_some_and(|name| described.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `command` with its output going straight to ours.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("cannot run {shown}"))?;
    if status.success() { Ok(()) } else { Err(Failed { command: shown, status }.into()) }
}

/// Runs `command`, passing its output on line by line and handing each line to `read` as well.
pub(crate) fn run_reading(command: &mut Command, read: impl Fn(&str) + Send + Sync) -> Result<()> {
    let shown = show(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {shown}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let read = &read;
        if let Some(source) = stderr {
            scope.spawn(move || pass_on(source, std::io::stderr(), read));
        }
        if let Some(source) = stdout {
            pass_on(source, std::io::stdout(), read);
        }
    });
    let status = child.wait().with_context(|| format!("cannot wait for {shown}"))?;
    if status.success() { Ok(()) } else { Err(Failed { command: shown, status }.into()) }
}

fn pass_on(source: impl Read, mut to: impl Write, read: &impl Fn(&str)) {
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    while source.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        // A reader that went away is no reason to stop the tests.
        let _ = to.write_all(&line);
        read(&String::from_utf8_lossy(&line));
        line.clear();
    }
}

/// Whether `command` can be run and succeeds; its output is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// The command as one would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| quote(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["nextest", "run", "-E", "package(a) & test(it's)", ""]);
        assert_eq!(show(&command), r"cargo nextest run -E 'package(a) & test(it'\''s)' ''");
    }

    #[test]
    fn the_exit_code_of_a_failed_program_is_ours() {
        let error = run(Command::new("sh").args(["-c", "exit 7"])).unwrap_err();
        assert_eq!(exit_code_of(&error), ExitCode::from(7));
        assert!(error.to_string().contains("sh -c 'exit 7'"), "{error}");
        assert_eq!(exit_code_of(&anyhow::anyhow!("something else")), ExitCode::FAILURE);
        let nested = error.context("while testing");
        assert_eq!(exit_code_of(&nested), ExitCode::from(7));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-program-anywhere"), "{error:#}");
    }

    #[test]
    fn every_line_of_both_outputs_is_read() {
        let lines = Mutex::new(Vec::new());
        run_reading(Command::new("sh").args(["-c", "echo out; echo err >&2; printf end"]), |line| {
            lines.lock().unwrap().push(line.trim_end().to_owned());
        })
        .unwrap();
        let mut lines = lines.into_inner().unwrap();
        lines.sort();
        assert_eq!(lines, ["end", "err", "out"]);
    }
}
