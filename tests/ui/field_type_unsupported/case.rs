use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    #[gateway(default)]
    pub thread: std::ops::Range<u8>,
}

fn main() {}
