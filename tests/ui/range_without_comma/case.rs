use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(range(min = 1 max = 100))]
    pub size: u32,
}

fn main() {}
