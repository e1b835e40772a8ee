use gateway_runtime::prelude::*;

#[gateway_channels]
pub struct Market {
    pub name: String,
}

fn main() {}
