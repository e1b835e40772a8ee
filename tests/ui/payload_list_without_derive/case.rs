use gateway_runtime::prelude::*;

#[derive(Clone)]
pub struct Trade {
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    pub trades: Channel<Vec<Trade>>,
}

fn main() {}
