use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(range(min = 1))]
    #[gateway(range(max = 9))]
    pub quantity: u32,
}

fn main() {}
