//! The gateway under test: a channel of every kind, all fed from outside.

use std::time::Duration;

use gateway_runtime::prelude::*;

/// What is traded where.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(nested)]
pub(crate) struct Venue {
    /// Market identifier code.
    pub(crate) mic: String,
}

/// One execution.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(python = "desk.Trade")]
pub(crate) struct Trade {
    /// Ticker symbol.
    #[gateway(length(min = 1))]
    pub(crate) symbol: String,
    /// Price.
    #[gateway(range(exclusive_min = 0.0))]
    pub(crate) price: f64,
    /// Shares.
    #[gateway(default = 1)]
    pub(crate) quantity: u32,
    /// Where, if it is known.
    pub(crate) venue: Option<Venue>,
}

/// Which side was the aggressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
pub(crate) enum Side {
    /// The buyer.
    #[gateway(value = 1)]
    Buy,
    /// The seller.
    #[gateway(value = 2)]
    Sell,
}

/// A desk.
#[gateway_channels]
pub(crate) struct Desk {
    /// Every trade.
    #[channel(send, state(key = "symbol"), stage, lookup)]
    pub(crate) trades: Channel<Trade>,
    /// Trades in lists.
    #[channel(send)]
    pub(crate) block_trades: Channel<Vec<Trade>>,
    /// Trades by side.
    #[channel(send)]
    pub(crate) by_side: Basket<Side, Trade>,
    /// Trades by any name.
    #[channel(send)]
    pub(crate) by_name: Basket<String, Trade>,
    /// Nothing ticks this one.
    pub(crate) silent: Channel<Trade>,
    /// What the controls answer.
    #[channel(send, lookup)]
    pub(crate) controls: Channel<Controls>,
    /// The desk's city.
    #[field(value = "Zürich".to_owned())]
    pub(crate) city: String,
}

/// A running desk.
pub(crate) struct TestGateway {
    running: Running<Desk>,
}

impl TestGateway {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        settings.port = 0;
        settings.shutdown_grace = Duration::from_secs(2);
        change(&mut settings);
        let gateway = Gateway::<Desk>::new()
            .module(Rest::default())
            .module(WebSockets)
            .module(ControlsModule)
            .module(ChannelsGraph);
        let running = gateway.start(settings).await.expect("the gateway starts");
        TestGateway { running }
    }

    pub(crate) fn client(&self) -> crate::client::Client {
        crate::client::Client::new(self.running.address())
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await.expect("the gateway stops cleanly");
    }
}
