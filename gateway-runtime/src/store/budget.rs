//! Bytes that many may take together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So many bytes, and how many of them are taken.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    taken: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Self {
        Budget { limit, taken: AtomicUsize::new(0) }
    }

    /// Takes bytes if they are there to take.
    pub(crate) fn try_take(&self, bytes: usize) -> bool {
        let more = |taken: usize| taken.checked_add(bytes).filter(|&taken| taken <= self.limit);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Takes bytes whether or not they are there: whoever does so sees to it that others are given back.
    pub(crate) fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Whether more is taken than there is.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.taken.load(Ordering::Relaxed) > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_bounded_and_comes_back() {
        let budget = Budget::new(10);
        assert!(budget.try_take(6) && !budget.try_take(5) && budget.try_take(4));
        assert!(!budget.try_take(usize::MAX) && !budget.is_exceeded());
        budget.take(1);
        assert!(budget.is_exceeded());
        budget.give_back(11);
        assert!(!budget.is_exceeded() && budget.try_take(10));
    }
}
