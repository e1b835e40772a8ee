use gateway_runtime::prelude::*;

#[derive(Clone, Debug, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    pub price: f64,
}

#[gateway_channels]
pub struct Market {
    #[channel(state(key = "symbol", history(rows = 100)))]
    pub trades: Channel<Trade>,
    #[channel(state(key = "symbol"))]
    pub trades_history: Channel<Trade>,
}

fn main() {}
