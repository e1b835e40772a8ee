use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(range(min = 10, max = 2.5))]
    pub price: f64,
}

fn main() {}
