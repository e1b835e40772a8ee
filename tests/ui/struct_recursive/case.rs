use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Order {
    pub symbol: String,
    pub parent: Option<Box<Order>>,
}

#[gateway_channels]
pub struct Market {
    #[channel(send)]
    pub orders: Channel<Order>,
}

fn main() {}
