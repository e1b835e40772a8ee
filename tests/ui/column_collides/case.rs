use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
    #[gateway(rename = "symbol")]
    pub ticker: String,
}

fn main() {}
