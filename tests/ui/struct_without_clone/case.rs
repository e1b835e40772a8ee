use gateway_runtime::prelude::*;

#[derive(GatewayStruct)]
pub struct Trade {
    pub symbol: String,
}

fn main() {}
