use gateway_runtime::prelude::*;

mod other {
    pub struct Channel<T>(pub T);
}

#[gateway_channels]
pub struct Market {
    pub trades: other::Channel<u8>,
}

fn main() {}
