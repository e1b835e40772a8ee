//! Saying what is done, while it is done, and how long it took.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::command;

/// Numbered steps of a task, `[1/4] building …`.
#[derive(Debug)]
pub(crate) struct Progress {
    started: Instant,
    total: usize,
    begun: usize,
}

impl Progress {
    pub(crate) fn of(total: usize) -> Self {
        Self { started: Instant::now(), total, begun: 0 }
    }

    /// Announces the next step, does it, and says how it ended.
    pub(crate) fn step<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.begin(what);
        let started = Instant::now();
        let result = work();
        let ended = if result.is_ok() { "done" } else { "FAILED" };
        eprintln!("[{}/{}] {ended} in {}", self.begun, self.total, elapsed(started.elapsed()));
        result
    }

    /// Announces the next step only, for one that does not return.
    pub(crate) fn begin(&mut self, what: &str) {
        self.begun += 1;
        eprintln!("[{}/{}] {what}", self.begun, self.total);
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Says which command runs, so that it can be repeated by hand.
pub(crate) fn announce(command: &Command) {
    eprintln!("      $ {}", command::show(command));
}

/// A duration for people: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        assert_eq!(elapsed(Duration::from_millis(420)), "0.4 s");
        assert_eq!(elapsed(Duration::from_millis(12_900)), "12 s");
        assert_eq!(elapsed(Duration::from_secs(185)), "3 min 05 s");
        assert_eq!(elapsed(Duration::from_secs(7200)), "120 min 00 s");
    }
}
