//! Running a gateway's graph in simulated time.
//!
//! A [`Harness`] takes a gateway as it would be started, sends to its channels at chosen instants, looks at
//! them in between, and gives back every tick. Nothing sleeps and nothing is random: the same script gives
//! the same ticks, ids and times included.

use std::sync::Arc;
use std::time::Duration;

use gateway_schema::{BasketKey, IdSource, Payload, Timestamp};
use smallvec::SmallVec;

use crate::channel::core::Group;
use crate::channel::{Basket, Channel, Channels};
use crate::engine::Script;
use crate::error::Error;
use crate::event::TickRef;
use crate::gateway::{Built, Gateway};
use crate::settings::Settings;

/// A gateway in simulated time: a script of sends, pauses and checks, then a run.
pub struct Harness<C: Channels> {
    built: Built<C>,
    script: Script,
    from: Timestamp,
    now: Timestamp,
}

/// Between a step and the check after it, so that the feedback that the step caused is computed too.
const SETTLE: Duration = Duration::from_micros(1);

impl<C: Channels> Harness<C> {
    /// Takes a gateway. Simulated time starts at midnight of 2000-01-01, UTC.
    ///
    /// # Errors
    ///
    /// When the modules do not fit together.
    pub fn new(gateway: Gateway<C>) -> Result<Self, Error> {
        let from = Timestamp::from_nanos(946_684_800_000_000_000);
        let built = gateway.build(Settings::default(), IdSource::starting_at(1, 0))?;
        built.record();
        Ok(Harness { built, script: Script::new(), from, now: from })
    }

    /// Ticks a channel from outside, now.
    pub fn send<P: Payload>(&mut self, channel: impl FnOnce(&C) -> &Channel<P>, value: P) -> &mut Self {
        let core = Arc::clone(channel(&self.built.channels).core());
        self.script.deliver(self.now, core.message(vec![Group::plain(value)], None));
        self
    }

    /// Ticks a key of a basket from outside, now.
    pub fn send_key<K: BasketKey, P: Payload>(
        &mut self,
        basket: impl FnOnce(&C) -> &Basket<K, P>,
        key: &K,
        value: P,
    ) -> &mut Self {
        let core = Arc::clone(basket(&self.built.channels).core());
        self.script.deliver(self.now, core.message(vec![Group::keyed(&key.to_wire(), value)], None));
        self
    }

    /// Lets time pass.
    pub fn advance(&mut self, duration: Duration) -> &mut Self {
        self.now = self.now.plus(duration);
        self
    }

    /// Looks at the channels when everything so far has been computed. A panic in `look` (a failed assertion)
    /// is the run's error.
    pub fn check(&mut self, look: impl FnOnce(&C) + Send + 'static) -> &mut Self {
        self.now = self.now.plus(SETTLE);
        let channels = Arc::clone(&self.built.channels);
        self.script.observe(self.now, Box::new(move || look(&channels)));
        self
    }

    /// Runs the script, to its end and no further.
    ///
    /// # Errors
    ///
    /// When a module cannot be connected or fails, or a check does.
    pub fn run(self) -> Result<Recording<C>, Error> {
        let end = self.now.plus(SETTLE);
        self.built.replay(self.script, self.from, end)?;
        Ok(Recording { channels: self.built.channels, from: self.from })
    }
}

/// Every tick of a run.
pub struct Recording<C> {
    channels: Arc<C>,
    from: Timestamp,
}

impl<C: Channels> Recording<C> {
    /// The channels, as the run left them.
    pub fn channels(&self) -> &C {
        &self.channels
    }

    /// A channel's ticks in order: when after the start, and what.
    pub fn ticks<P: Payload>(
        &self,
        channel: impl FnOnce(&C) -> &Channel<P>,
    ) -> Vec<(Duration, SmallVec<[TickRef<P::Struct>; 1]>)> {
        let events = channel(&self.channels).core().recorded();
        let tick = |event: &Arc<crate::event::Event<P::Struct>>| {
            let ticks: SmallVec<_> = event.ticks().cloned().collect();
            (self.since_start(ticks.first().map(|tick: &TickRef<_>| tick.timestamp)), ticks)
        };
        events.iter().map(tick).collect()
    }

    /// A channel's values in order, without ids and times.
    pub fn values<P: Payload>(&self, channel: impl FnOnce(&C) -> &Channel<P>) -> Vec<P::Struct> {
        let events = channel(&self.channels).core().recorded();
        events.iter().flat_map(|event| event.ticks().map(|tick| tick.value.clone()).collect::<Vec<_>>()).collect()
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

    fn since_start(&self, time: Option<Timestamp>) -> Duration {
        let nanos = time.map_or(0, |time| time.as_nanos().saturating_sub(self.from.as_nanos()));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
    }
}
