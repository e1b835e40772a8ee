//! Running a gateway's graph in simulated time.
//!
//! A [`Harness`] takes a gateway as it would be started, sends to its channels at chosen instants, looks at
//! them in between, and gives back every tick. Nothing sleeps and nothing is random: the same script gives
//! the same ticks, ids and times included.

use std::sync::Arc;
use std::time::Duration;

use gateway_schema::{BasketKey, IdSource, Payload, Timestamp};
use smallvec::SmallVec;

use crate::channel::{Basket, Channel, Channels};
use crate::error::Error;
use crate::event::{Event, TickRef};
use crate::gateway::Gateway;
use crate::replay::Replay;
use crate::settings::Settings;

/// A gateway in simulated time: a script of sends, pauses and checks, then a run.
pub struct Harness<C: Channels> {
    replay: Replay<C>,
    now: Timestamp,
}

/// Simulated time starts at midnight of 2000-01-01, UTC.
const START: Timestamp = Timestamp::from_nanos(946_684_800_000_000_000);

/// Between a step and the check after it, so that the feedback that the step caused is computed too.
const SETTLE: Duration = Duration::from_micros(1);

impl<C: Channels> Harness<C> {
    /// Takes a gateway.
    ///
    /// # Errors
    ///
    /// When the modules do not fit together.
    pub fn new(gateway: Gateway<C>) -> Result<Self, Error> {
        let mut replay = Replay::with_ids(gateway, Settings::default(), IdSource::starting_at(1, 0))?;
        replay.keep_ticks();
        replay.cover(START);
        Ok(Harness { replay, now: START })
    }

    /// Ticks a channel from outside, now.
    pub fn send<P: Payload>(&mut self, channel: impl FnOnce(&C) -> &Channel<P>, value: P) -> &mut Self {
        self.replay.record(self.now, channel, value);
        self
    }

    /// Ticks a key of a basket from outside, now.
    pub fn send_key<K: BasketKey, P: Payload>(
        &mut self,
        basket: impl FnOnce(&C) -> &Basket<K, P>,
        key: &K,
        value: P,
    ) -> &mut Self {
        self.replay.record_key(self.now, basket, key, value);
        self
    }

    /// Lets time pass.
    pub fn advance(&mut self, duration: Duration) -> &mut Self {
        self.now = self.now.plus(duration);
        self
    }

    /// Looks at the channels when everything so far has been computed, a microsecond from now. A panic in
    /// `look` (a failed assertion) is the run's error.
    pub fn check(&mut self, look: impl FnOnce(&C) + Send + 'static) -> &mut Self {
        self.now = self.now.plus(SETTLE);
        self.replay.observe(self.now, look);
        self
    }

    /// Runs the script, to its end and no further.
    ///
    /// # Errors
    ///
    /// When a module cannot be connected or fails, or a check does.
    pub fn run(mut self) -> Result<Recording<C>, Error> {
        self.replay.cover(self.now.plus(SETTLE));
        Ok(Recording { channels: self.replay.run()? })
    }
}

/// Every tick of a run.
pub struct Recording<C> {
    channels: Arc<C>,
}

/// When a channel ticked, after the start, and the records that ticked.
pub type TimedTicks<P> = (Duration, SmallVec<[TickRef<<P as Payload>::Struct>; 1]>);

impl<C: Channels> Recording<C> {
    /// The channels, as the run left them.
    pub fn channels(&self) -> &C {
        &self.channels
    }

    /// A channel's ticks in order: when after the start, and what.
    pub fn ticks<P: Payload>(&self, channel: impl FnOnce(&C) -> &Channel<P>) -> Vec<TimedTicks<P>> {
        let events = channel(&self.channels).core().recorded();
        let tick = |event: &Arc<Event<P::Struct>>| {
            let ticks: SmallVec<_> = event.ticks().cloned().collect();
            (since_start(ticks.first().map(|tick: &TickRef<_>| tick.timestamp)), ticks)
        };
        events.iter().map(tick).collect()
    }

    /// A channel's values in order, without ids and times.
    pub fn values<P: Payload>(&self, channel: impl FnOnce(&C) -> &Channel<P>) -> Vec<P::Struct> {
        let events = channel(&self.channels).core().recorded();
        events
            .iter()
            .flat_map(|event| event.ticks().map(|tick| tick.value.clone()).collect::<Vec<_>>())
            .collect()
    }

    /// A basket's values in order, with their keys.
    pub fn keyed_values<K: BasketKey, P: Payload>(
        &self,
        basket: impl FnOnce(&C) -> &Basket<K, P>,
    ) -> Vec<(K, P::Struct)> {
        let mut values = Vec::new();
        for event in basket(&self.channels).core().recorded() {
            for part in event.parts() {
                let key = part.key.as_deref().and_then(K::from_wire);
                values.extend(key.into_iter().flat_map(|key| {
                    part.ticks.iter().map(move |tick| (key.clone(), tick.value.clone())).collect::<Vec<_>>()
                }));
            }
        }
        values
    }
}

fn since_start(time: Option<Timestamp>) -> Duration {
    let nanos = time.map_or(0, |time| time.as_nanos().saturating_sub(START.as_nanos()));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}
