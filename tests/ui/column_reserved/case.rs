use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    pub timestamp: u64,
}

fn main() {}
