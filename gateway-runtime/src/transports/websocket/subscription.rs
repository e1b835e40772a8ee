//! One channel's way to one client.
//!
//! Each subscription is a task that moves frames from the channel's ring, where it has its own place, into the
//! connection's bounded queue. When the client does not read, the queue fills, the task waits, and the ring
//! runs past it: the oldest ticks are lost to this client and to no other.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use gateway_schema::message::{HEARTBEAT, PING};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::queue::Queue;
use super::reply;
use crate::endpoint::Ticks;

/// Which keys of a basket are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keys {
    /// All but these.
    AllBut(BTreeSet<String>),
    /// These.
    Only(BTreeSet<String>),
}

impl Keys {
    /// What a first subscription wants: one key, or all.
    pub(super) fn first(key: Option<&str>) -> Self {
        match key {
            Some(key) => Keys::Only(BTreeSet::from([key.to_owned()])),
            None => Keys::AllBut(BTreeSet::new()),
        }
    }

    fn has(&self, key: &str) -> bool {
        match self {
            Keys::AllBut(keys) => !keys.contains(key),
            Keys::Only(keys) => keys.contains(key),
        }
    }

    fn add(&mut self, key: Option<&str>) {
        match (&mut *self, key) {
            (Keys::AllBut(keys), Some(key)) => {
                keys.remove(key);
            }
            (Keys::Only(keys), Some(key)) => {
                keys.insert(key.to_owned());
            }
            (_, None) => *self = Keys::first(None),
        }
    }

    fn remove(&mut self, key: &str) {
        match self {
            Keys::AllBut(keys) => {
                keys.insert(key.to_owned());
            }
            Keys::Only(keys) => {
                keys.remove(key);
            }
        }
    }

    fn count(&self) -> usize {
        match self {
            Keys::AllBut(keys) | Keys::Only(keys) => keys.len(),
        }
    }

    fn is_none(&self) -> bool {
        matches!(self, Keys::Only(keys) if keys.is_empty())
    }
}

/// A subscription of a connection. Dropping it ends it.
pub(super) struct Subscription {
    keys: watch::Sender<Keys>,
    /// Whether the client wants to know of ticks that it missed.
    told: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Subscription {
    /// Forwards the ticks of a channel to a queue.
    pub(super) fn start(channel: &'static str, ticks: Ticks, keys: Keys, told: bool, queue: Queue) -> Self {
        let (keys, wanted) = watch::channel(keys);
        let (told, tell) = watch::channel(told);
        Subscription { keys, told, task: tokio::spawn(forward(channel, ticks, wanted, tell, queue)) }
    }

    /// Forwards a heartbeat every second to a queue.
    pub(super) fn heartbeat(queue: Queue) -> Self {
        let (keys, _) = watch::channel(Keys::first(None));
        let (told, _) = watch::channel(false);
        Subscription { keys, told, task: tokio::spawn(beat(queue)) }
    }

    /// Wants more keys. False when these are more than `limit`.
    pub(super) fn add(&self, key: Option<&str>, told: bool, limit: usize) -> bool {
        self.told.send_if_modified(|tell| std::mem::replace(tell, *tell || told) != *tell);
        self.change(limit, |keys| keys.add(key))
    }

    /// Wants one key less. False when the keys that are left out are more than `limit`.
    pub(super) fn remove(&self, key: &str, limit: usize) -> bool {
        self.change(limit, |keys| keys.remove(key))
    }

    fn change(&self, limit: usize, change: impl FnOnce(&mut Keys)) -> bool {
        let mut changed = self.keys.borrow().clone();
        change(&mut changed);
        let fits = changed.count() <= limit.max(1);
        if fits {
            self.keys.send_replace(changed);
        }
        fits
    }

    /// Whether no key is wanted any more.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.borrow().is_none()
    }

    /// Ends it; when this returns nothing more gets into the queue.
    pub(super) async fn end(mut self) {
        self.task.abort();
        // An error says that it was aborted, which is what was wanted.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(
    channel: &'static str,
    mut ticks: Ticks,
    wanted: watch::Receiver<Keys>,
    tell: watch::Receiver<bool>,
    queue: Queue,
) {
    loop {
        match ticks.recv().await {
            Ok(tick) => {
                for part in 0..tick.parts() {
                    if tick.key(part).is_some_and(|key| !wanted.borrow().has(key)) {
                        continue;
                    }
                    let Ok(frame) = Utf8Bytes::try_from(tick.frame(part)) else {
                        tracing::error!(channel, "a frame is not UTF-8 and is not sent");
                        continue;
                    };
                    if queue.send(frame).await.is_err() {
                        return;
                    }
                }
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(channel, missed, "a stream is too slow and missed ticks");
                let told = *tell.borrow();
                if told && queue.send(reply::missed(channel, missed)).await.is_err() {
                    return;
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn beat(queue: Queue) {
    // As csp-gateway writes it, with spaces.
    let frame = Utf8Bytes::from(format!(r#"{{"channel": "{HEARTBEAT}", "data": "{PING}"}}"#));
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    seconds.tick().await;
    loop {
        seconds.tick().await;
        if queue.send(frame.clone()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_added_and_removed_one_by_one_or_all_at_once() {
        let mut keys = Keys::first(Some("A"));
        assert!(keys.has("A") && !keys.has("B"));
        keys.add(None);
        assert!(keys.has("B"));
        keys.remove("B");
        assert!(keys.has("A") && !keys.has("B"));
        keys.add(Some("B"));
        assert!(keys.has("B"));
        let mut keys = Keys::first(Some("A"));
        keys.remove("A");
        assert!(keys.is_none());
    }
}
