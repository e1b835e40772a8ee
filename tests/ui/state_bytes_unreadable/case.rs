use gateway_runtime::prelude::*;

#[derive(Clone, Debug, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    pub price: f64,
}

#[gateway_channels]
pub struct Market {
    #[channel(state(key = "symbol", bytes = "64 megs"))]
    pub trades: Channel<Trade>,
}

fn main() {}
