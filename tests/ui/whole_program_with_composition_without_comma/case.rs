use gateway_runtime::prelude::*;

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    pub symbol: String,
}

#[gateway_channels]
pub struct Market {
    #[channel(send, state(key = "symbol"))]
    pub trades: Channel<Trade>,
    pub copies: Channel<Trade>,
}

#[derive(GatewayModule)]
#[module(channels = Market, reads(trades), writes(copies))]
pub struct Mirror;

impl Connect for Mirror {
    fn connect(&self, bus: MirrorBus<'_>) -> Result {
        let trades = bus.trades.ticks();
        bus.copies.publish(&trades)
    }
}

#[derive(GatewayModule)]
#[module(channels = Market, reads(copies))]
pub struct Printer;

impl Connect for Printer {
    fn connect(&self, bus: PrinterBus<'_>) -> Result {
        let _ = bus.copies.ticks();
        Ok(())
    }
}

pub fn mirror() -> Mirror {
    Mirror
}

gateway! {
    pub fn market_gateway() -> Gateway<Market> {
        modules: [Mirror Printer, Rest::default()]
    }
}

fn main() {
    let gateway = market_gateway().configure(|_| {});
    drop((gateway, mirror()));
}
