use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(range())]
    pub price: f64,
}

fn main() {}
