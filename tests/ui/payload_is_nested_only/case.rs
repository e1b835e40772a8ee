use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
#[gateway(nested)]
pub struct Venue {
    pub id: u64,
}

#[gateway_channels]
pub struct Market {
    pub venues: Channel<Venue>,
}

fn main() {}
