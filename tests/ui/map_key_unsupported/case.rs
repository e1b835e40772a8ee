use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub levels: std::collections::BTreeMap<Vec<u8>, f64>,
}

fn main() {}
