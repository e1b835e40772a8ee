//! Counting what was dropped to keep within a bound, and saying so now and then.

use std::time::{Duration, Instant};

/// A busy table may drop millions of records a second: the log hears of it this often.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// How much was dropped, and whether it is time to say so.
#[derive(Debug, Default)]
pub(crate) struct Drops {
    total: u64,
    logged: u64,
    logged_at: Option<Instant>,
}

impl Drops {
    /// How much was dropped so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Counts. Gives how much was dropped since the log last heard of it, when it should hear again: at the
    /// first drop, and then at most once a minute.
    pub(crate) fn add(&mut self, count: u64) -> Option<u64> {
        self.add_at(count, Instant::now)
    }

    fn add_at(&mut self, count: u64, now: impl FnOnce() -> Instant) -> Option<u64> {
        if count == 0 {
            return None;
        }
        self.total += count;
        let now = now();
        if self.logged_at.is_some_and(|at| now.duration_since(at) < LOG_EVERY) {
            return None;
        }
        self.logged_at = Some(now);
        Some(self.total - std::mem::replace(&mut self.logged, self.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_hears_of_drops_once_a_minute() {
        let (mut drops, start) = (Drops::default(), Instant::now());
        let mut add = |seconds| drops.add_at(1, || start + Duration::from_secs(seconds));
        assert_eq!(add(0), Some(1));
        assert_eq!((add(1), add(59)), (None, None));
        assert_eq!(add(60), Some(3));
        assert_eq!(drops.total(), 4);
    }
}
