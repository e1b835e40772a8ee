//! The way of ticks to subscribers: a ring for each channel, and bounds on what all of them hold together.
//!
//! A ring is bounded in ticks, and what waits in all rings in bytes. When it is too much, the oldest ticks of whichever
//! channel are taken out of their slots, and who comes to such a slot has missed the tick.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use gateway_schema::GatewayStruct;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::endpoint::Published;
use crate::event::{Charge, Event};
use crate::store::budget::Budget;
use crate::store::drops::Drops;

/// The longest ring of a channel. Rings are allocated at the start, so that a number that is out of all proportion
/// would end the process there.
const LARGEST_RING: usize = 1 << 20;

/// So many slots are not looked through for those that everybody has read.
const FEW: usize = 1024;

/// What the rings of a gateway have in common.
pub(crate) struct Fanout {
    /// For ticks and their frames, from when they are sent until everybody has read them or they made room.
    budget: Arc<Budget>,
    waiting: Mutex<Waiting>,
}

/// The slots that somebody has not read yet, oldest first, and some that everybody has.
struct Waiting {
    slots: VecDeque<Weak<Slot>>,
    /// How many slots there may be before the read ones are removed.
    many: usize,
    drops: Drops,
}

/// A tick's place in a ring; empty when it had to make room.
struct Slot {
    tick: RwLock<Option<Arc<dyn Published>>>,
    charge: Arc<Charge>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.charge.end();
    }
}

impl Slot {
    fn read(&self) -> Option<Arc<dyn Published>> {
        self.tick.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self) -> Option<Arc<dyn Published>> {
        self.charge.end();
        self.tick.write().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Fanout {
    /// No ticks yet, and room for so many bytes of them.
    pub(crate) fn new(bytes: usize) -> Self {
        let waiting = Waiting { slots: VecDeque::new(), many: FEW, drops: Drops::default() };
        Fanout { budget: Arc::new(Budget::new(bytes)), waiting: Mutex::new(waiting) }
    }

    fn keep(&self, slot: &Arc<Slot>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.slots.push_back(Arc::downgrade(slot));
        if waiting.slots.len() > waiting.many {
            waiting.slots.retain(|slot| slot.strong_count() > 0);
            waiting.many = 2 * waiting.slots.len() + FEW;
        }
        let mut missed = 0;
        // The newest stays, whatever it takes.
        while self.budget.is_exceeded() && waiting.slots.len() > 1 {
            let oldest = waiting.slots.pop_front().and_then(|slot| slot.upgrade());
            missed += u64::from(oldest.is_some_and(|slot| slot.take().is_some()));
        }
        let report = waiting.drops.add(missed);
        drop(waiting);
        say(report);
    }

    /// Counts ticks that a subscriber did not take before their ring came round.
    fn overrun(&self, ticks: u64) {
        let report = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).drops.add(ticks);
        say(report);
    }
}

fn say(missed: Option<u64>) {
    if let Some(ticks) = missed {
        tracing::warn!(ticks, "slow subscribers missed ticks (`--fanout-ticks`, `--fanout-bytes`)");
    }
}

/// The ring of a channel.
pub(crate) struct Ring {
    slots: broadcast::Sender<Arc<Slot>>,
    fanout: Arc<Fanout>,
}

impl Ring {
    /// Room for so many ticks.
    pub(crate) fn new(ticks: usize, fanout: &Arc<Fanout>) -> Self {
        Ring { slots: broadcast::Sender::new(ticks.clamp(1, LARGEST_RING)), fanout: Arc::clone(fanout) }
    }

    /// Sends a tick to whoever subscribes now.
    pub(crate) fn send<T: GatewayStruct>(&self, event: &Arc<Event<T>>) {
        if self.slots.receiver_count() == 0 {
            return;
        }
        let tick = RwLock::new(Some(Arc::clone(event) as Arc<dyn Published>));
        let slot = Arc::new(Slot { tick, charge: event.charge(&self.fanout.budget) });
        // It fails only if the last receiver has just gone.
        if self.slots.send(Arc::clone(&slot)).is_ok() {
            self.fanout.keep(&slot);
        }
    }

    pub(crate) fn subscribe(&self) -> Ticks {
        Ticks { slots: self.slots.subscribe(), found: None, fanout: Arc::clone(&self.fanout) }
    }
}

/// The ticks of a channel from when it was subscribed to. A receiver that does not keep up loses the oldest ones and is
/// told how many.
pub struct Ticks {
    slots: broadcast::Receiver<Arc<Slot>>,
    /// What was found while missed ticks were counted.
    found: Option<Arc<dyn Published>>,
    fanout: Arc<Fanout>,
}

impl Ticks {
    /// Waits for the next tick. A call that is given up loses none.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] once when ticks were missed, with their number; [`RecvError::Closed`] when the channel is
    /// gone.
    pub async fn recv(&mut self) -> Result<Arc<dyn Published>, RecvError> {
        if let Some(tick) = self.found.take() {
            return Ok(tick);
        }
        let slot = self.slots.recv().await.inspect_err(|error| {
            if let RecvError::Lagged(ticks) = error {
                self.fanout.overrun(*ticks);
            }
        })?;
        if let Some(tick) = slot.read() {
            return Ok(tick);
        }
        let mut missed = 1;
        loop {
            match self.slots.try_recv() {
                Ok(slot) => match slot.read() {
                    Some(tick) => self.found = Some(tick),
                    None => {
                        missed += 1;
                        continue;
                    }
                },
                Err(TryRecvError::Lagged(more)) => {
                    self.fanout.overrun(more);
                    missed += more;
                    continue;
                }
                // Told by the next call.
                Err(TryRecvError::Empty | TryRecvError::Closed) => {}
            }
            return Err(RecvError::Lagged(missed));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use gateway_derive::GatewayStruct;
    use gateway_schema::{ChannelKind, ChannelSchema, Tick, Timestamp};

    use tokio::task::unconstrained;

    use super::*;
    use crate::event::{Part, TickRef};

    #[derive(Clone, Debug, GatewayStruct)]
    #[gateway(crate = "::gateway_schema")]
    struct Note {
        n: u64,
        text: String,
    }

    static CHANNEL: ChannelSchema = ChannelSchema {
        name: "notes",
        docs: "",
        kind: ChannelKind::Scalar,
        payload: Note::SCHEMA,
        key: None,
        send: false,
        stage: false,
        lookup: false,
        states: &[],
    };

    fn note(n: u64, size: usize) -> Arc<Event<Note>> {
        let value = Note { n, text: "x".repeat(size) };
        let tick = TickRef::new(Tick { id: "1".into(), timestamp: Timestamp::from_nanos(0), value });
        Event::new(&CHANNEL, smallvec::smallvec![Part { key: None, ticks: smallvec::smallvec![tick] }])
    }

    fn number(tick: &dyn Published) -> u64 {
        let records: serde_json::Value = serde_json::from_slice(&tick.json(0)).expect("is JSON");
        records[0]["n"].as_u64().expect("is a number")
    }

    /// What is waiting: ticks by number, and how many were missed before them.
    async fn rest(ticks: &mut Ticks) -> (u64, Vec<u64>) {
        let (mut missed, mut found) = (0, Vec::new());
        while let Some(next) = unconstrained(ticks.recv()).now_or_never() {
            match next {
                Ok(tick) => found.push(number(&*tick)),
                Err(RecvError::Lagged(more)) => missed += more,
                Err(RecvError::Closed) => break,
            }
        }
        (missed, found)
    }

    #[tokio::test]
    async fn a_slow_subscriber_loses_the_oldest_ticks_alone_and_is_told_how_many() {
        let fanout = Arc::new(Fanout::new(100_000));
        let ring = Ring::new(4096, &fanout);
        let (mut slow, mut quick) = (ring.subscribe(), ring.subscribe());
        for n in 0..100 {
            ring.send(&note(n, 10_000));
            assert_eq!(rest(&mut quick).await, (0, vec![n]));
            assert!(!fanout.budget.is_exceeded());
        }
        let (missed, found) = rest(&mut slow).await;
        assert!((5..10).contains(&found.len()), "{found:?}");
        assert_eq!(found, (missed..100).collect::<Vec<_>>());
        assert!(fanout.budget.try_take(100_000), "what everybody has read takes nothing");
    }

    #[tokio::test]
    async fn the_oldest_ticks_of_whichever_channel_make_room() {
        let fanout = Arc::new(Fanout::new(50_000));
        let (first, second) = (Ring::new(4096, &fanout), Ring::new(4096, &fanout));
        let (mut of_first, mut of_second) = (first.subscribe(), second.subscribe());
        (0..4).for_each(|n| first.send(&note(n, 10_000)));
        (0..3).for_each(|n| second.send(&note(n, 10_000)));
        assert_eq!(rest(&mut of_first).await, (3, vec![3]));
        assert_eq!(rest(&mut of_second).await, (0, vec![0, 1, 2]));
    }

    #[tokio::test]
    async fn frames_count_and_a_tick_that_is_larger_than_all_comes_alone() {
        let fanout = Arc::new(Fanout::new(50_000));
        let ring = Ring::new(4096, &fanout);
        let (mut slow, mut quick) = (ring.subscribe(), ring.subscribe());
        for n in 0..4 {
            ring.send(&note(n, 10_000));
            quick.recv().await.expect("ticks").frame(0);
        }
        assert_eq!(rest(&mut slow).await, (2, vec![2, 3]));
        ring.send(&note(4, 10));
        ring.send(&note(5, 100_000));
        assert_eq!(rest(&mut slow).await, (1, vec![5]));
    }

    #[tokio::test]
    async fn a_large_tick_that_somebody_keeps_takes_no_room_once_it_is_read() {
        let fanout = Arc::new(Fanout::new(50_000));
        let (first, second) = (Ring::new(4096, &fanout), Ring::new(4096, &fanout));
        let (mut of_first, mut of_second) = (first.subscribe(), second.subscribe());
        // As the latest of its channel is kept.
        let kept = note(0, 100_000);
        first.send(&kept);
        of_first.recv().await.expect("ticks").frame(0);
        (0..4).for_each(|n| second.send(&note(n, 10_000)));
        assert_eq!(rest(&mut of_second).await, (0, vec![0, 1, 2, 3]));
        drop(kept);
        assert!(fanout.budget.try_take(50_000), "and gives back no more than it took");
        assert!(!fanout.budget.try_take(1));
    }

    #[tokio::test]
    async fn slots_that_everybody_has_read_are_not_kept() {
        let fanout = Arc::new(Fanout::new(1_000_000));
        let (idle, busy) = (Ring::new(4096, &fanout), Ring::new(4096, &fanout));
        let (_unread, mut ticks) = (idle.subscribe(), busy.subscribe());
        idle.send(&note(0, 10));
        for n in 0..10_000 {
            busy.send(&note(n, 10));
            rest(&mut ticks).await;
        }
        let waiting = fanout.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(waiting.slots.len() < FEW + 10, "{}", waiting.slots.len());
    }
}
