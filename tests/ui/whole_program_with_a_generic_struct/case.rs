use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade<T: Clone + Send + Sync + 'static> {
    pub symbol: T,
}

#[gateway_channels]
pub struct Market {
    #[channel(send, state(key = "symbol"))]
    pub trades: Channel<Trade<String>>,
    pub copies: Channel<Trade<String>>,
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
