use gateway_runtime::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Buy,
    Sell,
}

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    pub by_side: Basket<Side, Trade>,
}

fn main() {}
