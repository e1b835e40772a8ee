use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(range(exclusive_min = -1, max = -1.0))]
    pub price: f64,
}

fn main() {}
