//! A small set of channels and a module of it, for tests that use both from another crate.

use gateway_runtime::prelude::*;

/// One execution report.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Trade {
    /// Ticker symbol.
    #[gateway(length(min = 1))]
    pub symbol: String,
    /// Shares.
    pub quantity: u32,
    /// Who was the aggressor.
    pub side: Side,
}

/// Who was the aggressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
pub enum Side {
    /// The buyer.
    Buy,
    /// The seller.
    #[gateway(value = "S")]
    Sell,
}

/// A market.
#[gateway_channels]
pub struct Market {
    /// Every trade.
    #[channel(send, lookup, state(key = "symbol"), state(key = ["symbol", "side"], alias = "sides"))]
    pub trades: Channel<Trade>,
    /// Where the trades are from.
    #[field(value = String::from("XNAS"))]
    pub venue: String,
    /// The trades of each side.
    pub by_side: Basket<Side, Trade>,
    /// How many fields a trade has.
    pub fields: u64,
    /// Large trades, some of them made up.
    #[channel(stage)]
    pub large: Channel<Trade>,
}

/// Puts trades that are large on a channel of their own.
#[derive(GatewayModule)]
#[module(channels = Market, reads(trades), writes(large))]
pub struct Large {
    /// How many shares are many.
    pub from: u32,
}

impl Connect for Large {
    fn connect(&self, bus: LargeBus<'_>) -> Result {
        let from = self.from;
        bus.large.publish(&bus.trades.ticks().filter(move |trade| trade.value.quantity >= from))
    }
}
