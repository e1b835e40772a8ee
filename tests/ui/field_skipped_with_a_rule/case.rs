use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    #[gateway(skip, range(min = 1))]
    pub quantity: u32,
}

fn main() {}
