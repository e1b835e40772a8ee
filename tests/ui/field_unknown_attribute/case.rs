use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(min = 1)]
    pub quantity: u32,
}

fn main() {}
