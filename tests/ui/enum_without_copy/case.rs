use gateway_runtime::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
pub enum Side {
    Buy,
    Sell,
}

fn main() {}
