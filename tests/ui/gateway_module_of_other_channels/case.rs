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

#[gateway_channels]
pub struct Weather {
    #[channel(send)]
    pub stations: Channel<Bar>,
}

#[derive(GatewayModule)]
#[module(channels = Weather, reads(stations))]
pub struct Forecast;

impl Connect for Forecast {
    fn connect(&self, _bus: ForecastBus<'_>) -> Result {
        Ok(())
    }
}

gateway! {
    pub fn market_gateway() -> Gateway<Market> {
        modules: [Forecast]
    }
}

fn main() {}
