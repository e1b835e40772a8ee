use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(rename = "id")]
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    #[channel(send, lookup)]
    pub trades: Channel<Trade>,
    pub copies: Channel<Trade>,
}

#[derive(GatewayModule)]
#[module(channels = Market, reads(trades), writes(copies))]
pub struct Copy;

impl Connect for Copy {
    fn connect(&self, bus: CopyBus<'_>) -> Result {
        bus.copies.publish(&bus.trades.ticks())
    }
}

gateway! {
    pub fn market_gateway() -> Gateway<Market> {
        modules: [Copy, Rest::default()]
    }
}

fn main() {}
