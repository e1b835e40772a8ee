use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    pub by_size: Basket<u64, Trade>,
}

fn main() {}
