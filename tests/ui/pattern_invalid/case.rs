use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(pattern = "^[A-Z+$")]
    pub symbol: String,
}

fn main() {}
