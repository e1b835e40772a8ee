use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade(pub String, pub f64);

fn main() {}
