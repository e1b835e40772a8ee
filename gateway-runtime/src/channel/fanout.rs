//! The way of ticks to subscribers: a ring for each channel, and bounds on what all of them hold together.
//!
//! A ring is bounded in ticks, and what waits in all rings in bytes. When it is too much, the oldest ticks of whichever
//! channel are taken out of their slots, and who comes to such a slot has missed the tick.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use gateway_schema::GatewayStruct;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::endpoint::Published;
use crate::event::Event;
use crate::store::budget::Budget;
use crate::store::drops::Drops;

/// The longest ring of a channel. Rings are allocated at the start, so that a number that is out of all proportion
/// would end the process there.
const LARGEST_RING: usize = 1 << 20;

/// So many slots are not looked through for those that everybody has read.
const FEW: usize = 1024;

/// What the rings of a gateway have in common.
pub(crate) struct Fanout {
    /// For ticks from when they are sent until nobody holds them any more, and for their frames.
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
struct Slot(Mutex<Option<Arc<dyn Published>>>);

impl Slot {
    fn locked(&self) -> MutexGuard<'_, Option<Arc<dyn Published>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
            missed += u64::from(oldest.is_some_and(|slot| slot.locked().take().is_some()));
        }
        let report = waiting.drops.add(missed);
        drop(waiting);
        if let Some(ticks) = report {
            tracing::warn!(
                ticks,
                "ticks were dropped that slow subscribers had not taken (`--fanout-bytes`)"
            );
        }
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
        event.charge(&self.fanout.budget);
        let slot = Arc::new(Slot(Mutex::new(Some(Arc::clone(event) as Arc<dyn Published>))));
        // It fails only if the last receiver has just gone.
        if self.slots.send(Arc::clone(&slot)).is_ok() {
            self.fanout.keep(&slot);
        }
    }

    pub(crate) fn subscribe(&self) -> Ticks {
        Ticks { slots: self.slots.subscribe(), found: None }
    }
}

/// The ticks of a channel from when it was subscribed to. A receiver that does not keep up loses the oldest ones and is
/// told how many.
pub struct Ticks {
    slots: broadcast::Receiver<Arc<Slot>>,
    /// What was found while missed ticks were counted.
    found: Option<Arc<dyn Published>>,
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
        let slot = self.slots.recv().await?;
        if let Some(tick) = tick(&slot) {
            return Ok(tick);
        }
        let mut missed = 1;
        loop {
            match self.slots.try_recv() {
                Ok(slot) => match tick(&slot) {
                    Some(tick) => self.found = Some(tick),
                    None => {
                        missed += 1;
                        continue;
                    }
                },
                Err(TryRecvError::Lagged(more)) => {
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

fn tick(slot: &Slot) -> Option<Arc<dyn Published>> {
    slot.locked().clone()
}
