use gateway_runtime::prelude::*;

type Shares = u32;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(length(min = 1))]
    pub quantity: Option<Shares>,
}

fn main() {}
