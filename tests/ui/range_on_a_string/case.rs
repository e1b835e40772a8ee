use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(range(min = 1))]
    pub symbol: String,
}

fn main() {}
