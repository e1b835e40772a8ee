//! Computing history: the same modules over recorded ticks, on the history's clock.

use std::sync::Arc;

use gateway_schema::{BasketKey, IdSource, Payload, Timestamp};

use crate::channel::core::Group;
use crate::channel::{Basket, Channel, Channels};
use crate::engine::Script;
use crate::error::Error;
use crate::gateway::{Built, Gateway, Running};
use crate::settings::Settings;

/// A gateway over history, and then live if it is wanted.
///
/// What reached the channels from outside is recorded with [`Replay::record`]; the modules compute the rest
/// as they would have live, with timers at their exact times. The stores (last, state, lookup) carry over to
/// the live gateway; what a module keeps in its streams does not, since its streams are made anew.
///
/// ```no_run
/// use gateway_runtime::prelude::*;
/// use gateway_runtime::replay::Replay;
///
/// #[derive(Clone, GatewayStruct)]
/// pub struct Trade {
///     pub price: f64,
/// }
///
/// #[gateway_channels]
/// pub struct Market {
///     #[channel(send)]
///     pub trades: Channel<Trade>,
/// }
///
/// async fn yesterday_then_live(recorded: Vec<(Timestamp, Trade)>) -> std::result::Result<(), Error> {
///     let mut replay = Replay::new(Gateway::<Market>::new(), Settings::default())?;
///     for (time, trade) in recorded {
///         replay.record(time, |market| &market.trades, trade);
///     }
///     replay.then_live().await?.until_stopped().await
/// }
/// ```
pub struct Replay<C: Channels> {
    built: Built<C>,
    script: Script,
    span: Option<(Timestamp, Timestamp)>,
}

impl<C: Channels> Replay<C> {
    /// Takes a gateway.
    ///
    /// # Errors
    ///
    /// When the modules do not fit together.
    pub fn new(gateway: Gateway<C>, settings: Settings) -> Result<Self, Error> {
        Replay::with_ids(gateway, settings, IdSource::new())
    }

    pub(crate) fn with_ids(gateway: Gateway<C>, settings: Settings, ids: IdSource) -> Result<Self, Error> {
        Ok(Replay { built: gateway.build(settings, ids)?, script: Script::new(), span: None })
    }

    /// The clock covers this instant, even if nothing happens then: timers tick until the last one covered.
    pub fn cover(&mut self, at: Timestamp) -> &mut Self {
        let (from, end) = self.span.unwrap_or((at, at));
        self.span = Some((from.min(at), end.max(at)));
        self
    }

    /// Ticks a channel at an instant. What is recorded for one instant ticks together, in the order in which
    /// it was recorded.
    pub fn record<P: Payload>(
        &mut self,
        at: Timestamp,
        channel: impl FnOnce(&C) -> &Channel<P>,
        value: P,
    ) -> &mut Self {
        let core = Arc::clone(channel(&self.built.channels).core());
        self.script.deliver(at, core.message(vec![Group::plain(value)], None));
        self.cover(at)
    }

    /// Ticks a key of a basket at an instant.
    pub fn record_key<K: BasketKey, P: Payload>(
        &mut self,
        at: Timestamp,
        basket: impl FnOnce(&C) -> &Basket<K, P>,
        key: &K,
        value: P,
    ) -> &mut Self {
        let core = Arc::clone(basket(&self.built.channels).core());
        self.script.deliver(at, core.message(vec![Group::keyed(&key.to_wire(), value)], None));
        self.cover(at)
    }

    /// Looks at the channels at an instant, before anything else is computed for it.
    pub(crate) fn observe(&mut self, at: Timestamp, look: impl FnOnce(&C) + Send + 'static) {
        let channels = Arc::clone(&self.built.channels);
        self.script.observe(at, Box::new(move || look(&channels)));
        self.cover(at);
    }

    /// Keeps every tick, to be looked at afterwards.
    pub(crate) fn keep_ticks(&self) {
        self.built.record();
    }

    /// Computes the history, and gives back the channels as it left them.
    ///
    /// # Errors
    ///
    /// When a module cannot be connected, or fails.
    pub fn run(mut self) -> Result<Arc<C>, Error> {
        self.compute()?;
        Ok(self.built.channels)
    }

    /// Computes the history, then starts the graph in real time and the server.
    ///
    /// # Errors
    ///
    /// As [`Replay::run`] and [`Gateway::start`].
    pub async fn then_live(mut self) -> Result<Running<C>, Error> {
        let this = tokio::task::spawn_blocking(move || self.compute().map(|()| self)).await;
        let this = this.unwrap_or_else(|_| Err(Error::Graph("the replay panicked".to_owned())))?;
        this.built.start().await
    }

    fn compute(&mut self) -> Result<(), Error> {
        let Some((from, end)) = self.span.take() else {
            return Ok(());
        };
        self.built.replay(std::mem::take(&mut self.script), from, end)
    }
}
