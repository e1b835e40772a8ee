use gateway_runtime::prelude::*;

#[derive(Clone, Debug, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    #[channel(send, stage)]
    pub trades: Basket<String, Trade>,
}

fn main() {}
