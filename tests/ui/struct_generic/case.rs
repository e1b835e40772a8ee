use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade<T: Clone> {
    pub symbol: T,
}

fn main() {}
