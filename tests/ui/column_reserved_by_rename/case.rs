use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(rename = "id")]
    pub number: u64,
}

fn main() {}
