use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(length(max = 3), pattern = "^[a-z]+$")]
    pub tags: Vec<String>,
}

fn main() {}
