use gateway_runtime::prelude::*;

#[derive(Clone, Debug, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    pub price: f64,
}

#[gateway_channels]
pub struct Market {
    #[channel(state(key = "symbol", history()))]
    pub trades: Channel<Trade>,
}

fn main() {}
