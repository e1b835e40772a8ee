use gateway_runtime::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
pub enum Side {
    Buy,
    Sell(u8),
}

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub side: Side,
}

fn main() {}
