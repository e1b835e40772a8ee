use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub enum Side {
    Buy,
}

fn main() {}
