use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(length(min = 3, max = 2))]
    pub symbol: String,
}

fn main() {}
