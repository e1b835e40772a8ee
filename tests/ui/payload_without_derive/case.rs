use gateway_runtime::prelude::*;

#[derive(Clone)]
pub struct Trade {
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    #[channel(send, state(key = "symbol"))]
    pub trades: Channel<Trade>,
}

fn main() {}
