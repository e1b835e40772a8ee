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

pub struct Bars;

gateway! {
    pub fn market_gateway() -> Gateway<Market> {
        modules: [Bars]
    }
}

fn main() {}
