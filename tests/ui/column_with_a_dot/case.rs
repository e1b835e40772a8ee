use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(rename = "venue.mic")]
    pub mic: String,
}

fn main() {}
