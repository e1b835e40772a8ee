//! Trades in, one-second bars out.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_runtime::prelude::*;

/// One execution report from the exchange.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Trade {
    /// Ticker symbol, as the exchange spells it.
    #[gateway(length(min = 1, max = 12), pattern = "^[A-Z.]+$")]
    pub symbol: String,
    /// Price in quote currency.
    #[gateway(range(exclusive_min = 0.0))]
    pub price: f64,
    /// Shares.
    #[gateway(range(min = 1), default = 1)]
    pub quantity: u32,
}

/// What a symbol did in one second.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Bar {
    /// Ticker symbol.
    pub symbol: String,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Shares in all.
    pub volume: u64,
}

/// A small market.
#[gateway_channels]
pub struct Market {
    /// Every trade, as it happens.
    #[channel(send, state(key = "symbol"), lookup)]
    pub trades: Channel<Trade>,
    /// One-second bars of the symbols that traded.
    #[channel(state(key = "symbol"))]
    pub bars: Channel<Vec<Bar>>,
}

/// Folds trades into bars.
#[derive(GatewayModule)]
#[module(channels = Market, reads(trades), writes(bars))]
pub struct Bars {
    /// How long a bar is.
    pub every: Duration,
}

impl Connect for Bars {
    fn connect(&self, bus: BarsBus<'_>) -> Result {
        let bars = bus.trades.ticks().window(self.every).map(|trades| fold(trades));
        bus.bars.publish(&bars)
    }
}

fn fold(trades: &[TickRef<Trade>]) -> Vec<Bar> {
    let mut bars = BTreeMap::new();
    for Trade { symbol, price, quantity } in trades.iter().map(|tick| &tick.value) {
        let first =
            Bar { symbol: symbol.clone(), open: *price, high: *price, low: *price, close: *price, volume: 0 };
        let bar: &mut Bar = bars.entry(symbol).or_insert(first);
        bar.high = bar.high.max(*price);
        bar.low = bar.low.min(*price);
        bar.close = *price;
        bar.volume += u64::from(*quantity);
    }
    bars.into_values().collect()
}

gateway! {
    /// A gateway that makes bars of trades.
    pub fn market() -> Gateway<Market> {
        modules: [
            Bars { every: Duration::from_secs(1) },
            Rest::default(),
            WebSockets,
        ]
    }
}

fn main() -> std::result::Result<(), Error> {
    market().run(Settings::from_args())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_runtime::testing::Harness;

    #[test]
    fn trades_of_a_second_become_one_bar() {
        let trade = |price, quantity| Trade { symbol: "ACME".into(), price, quantity };
        let mut harness = Harness::new(market()).expect("the modules fit together");
        harness.send(|market| &market.trades, trade(10.0, 5));
        harness.advance(Duration::from_millis(300)).send(|market| &market.trades, trade(12.0, 1));
        harness.advance(Duration::from_secs(1)).check(|market| assert_eq!(market.bars.last()[0].volume, 6));
        let run = harness.run().expect("no module fails");
        let bar = Bar { symbol: "ACME".into(), open: 10.0, high: 12.0, low: 10.0, close: 12.0, volume: 6 };
        assert_eq!(run.values(|market| &market.bars), [bar]);
    }
}
