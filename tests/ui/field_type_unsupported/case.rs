use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    pub sizes: std::ops::Range<u8>,
}

fn main() {}
