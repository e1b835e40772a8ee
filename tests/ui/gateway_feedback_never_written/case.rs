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
#[module(channels = Market, feedback(bars))]
pub struct Strategy;

impl Connect for Strategy {
    fn connect(&self, _bus: StrategyBus<'_>) -> Result {
        Ok(())
    }
}

gateway! {
    pub fn market_gateway() -> Gateway<Market> {
        modules: [Strategy]
    }
}

fn main() {}
