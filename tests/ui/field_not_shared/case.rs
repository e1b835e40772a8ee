use gateway_runtime::prelude::*;

#[derive(Clone, Debug, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    pub price: f64,
    pub venue: Venue,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, GatewayStruct)]
pub struct Venue {
    pub mic: String,
    pub fee: f64,
}

#[gateway_channels]
pub struct Market {
    pub trades: Channel<Trade>,
    pub names: std::cell::RefCell<String>,
}

fn main() {}
