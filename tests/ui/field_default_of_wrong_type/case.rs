use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(default = 1.5)]
    pub quantity: u32,
}

fn main() {}
