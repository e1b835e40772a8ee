use gateway_runtime::prelude::*;

#[derive(Clone, Debug, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
}

#[derive(Clone, Debug, GatewayStruct)]
pub struct Bar {
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    #[channel(send)]
    pub trades: Channel<Trade>,
    pub bars: Channel<Bar>,
    pub signals: Channel<Bar>,
}

#[derive(GatewayModule)]
#[module(channels = Market, reads(bars), feedback(bars))]
pub struct Bars;

impl Connect for Bars {
    fn connect(&self, _bus: BarsBus<'_>) -> Result {
        Ok(())
    }
}

fn main() {}
