use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(range(min = "1"))]
    pub price: f64,
}

fn main() {}
