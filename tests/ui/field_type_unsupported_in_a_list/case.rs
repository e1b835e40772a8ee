use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub flags: Vec<Option<char>>,
}

fn main() {}
