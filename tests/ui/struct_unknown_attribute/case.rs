use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
#[gateway(python_class = "market.Trade")]
pub struct Trade {
    pub symbol: String,
}

fn main() {}
