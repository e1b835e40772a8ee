use gateway_runtime::prelude::*;

#[derive(Clone, Debug, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
}

#[derive(Clone, Debug, GatewayStruct)]
pub struct Bar {
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    #[channel(send)]
    pub trades: Channel<Trade>,
    pub bars: Channel<Bar>,
    pub signals: Channel<Bar>,
}

#[derive(GatewayModule)]
#[module(channels = Market, reads(trades), writes(bars))]
pub struct Bars;

impl Connect for Bars {
    fn connect(&self, bus: BarsBus<'_>) -> Result {
        bus.bars.publish(&bus.trades.ticks().map(|trade| Trade { symbol: trade.symbol.clone() }))
    }
}

fn main() {}
