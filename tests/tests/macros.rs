//! The macros across crates and modules: a set of channels from a library, modules in other places, compositions
//! with names and arguments, computed in simulated time.

use gateway_runtime::__private::{ChannelKind, Channels as _};
use gateway_runtime::prelude::*;
use gateway_runtime::testing::Harness;
use gateway_tests::market::{Large, Market, Side, Trade};

mod modules {
    use gateway_runtime::prelude::*;
    use gateway_tests::market::{Side, Trade};

    /// Reads by a path, writes a basket.
    #[derive(GatewayModule)]
    #[module(channels = gateway_tests::market::Market, reads(trades), writes(by_side), name = "sides")]
    pub(super) struct Sides;

    impl Connect for Sides {
        fn connect(&self, bus: SidesBus<'_>) -> Result {
            bus.by_side
                .publish(&bus.trades.ticks().map(|trade| vec![(trade.value.side, trade.value.clone())]))
        }
    }

    /// Reads what it writes, a cycle later.
    #[derive(GatewayModule)]
    #[module(channels = gateway_tests::market::Market, feedback(large), writes(large))]
    pub(super) struct Halves(u32);

    impl Halves {
        pub(super) fn down_to(shares: u32) -> Self {
            Halves(shares)
        }
    }

    impl Connect for Halves {
        fn connect(&self, bus: HalvesBus<'_>) -> Result {
            let least = self.0;
            let half = move |trade: &TickRef<Trade>| {
                let quantity = trade.value.quantity / 2;
                (quantity >= least).then(|| Trade { quantity, side: Side::Sell, ..trade.value.clone() })
            };
            assert_eq!(bus.name(), "halves");
            bus.large.publish(&bus.large.ticks().filter_map(half))
        }
    }
}

gateway! {
    /// Large trades and their halves.
    fn halving(from: u32) -> Gateway<Market> {
        modules: [
            halves = modules::Halves::down_to(25),
            modules::Sides,
            Large { from },
            Rest::default(),
        ]
    }
}

fn trade(quantity: u32, side: Side) -> Trade {
    Trade { symbol: "ACME".to_owned(), quantity, side }
}

#[test]
fn a_composition_of_modules_from_anywhere_computes() {
    let mut harness = Harness::new(halving(100)).expect("the modules fit together");
    harness.send(|market| &market.trades, trade(10, Side::Buy));
    harness.send(|market| &market.trades, trade(100, Side::Buy));
    let recording = harness.run().expect("it runs");
    let large: Vec<u32> =
        recording.values(|market| &market.large).iter().map(|trade| trade.quantity).collect();
    assert_eq!(large, [100, 50, 25]);
    let sides = recording.keyed_values(|market| &market.by_side);
    assert_eq!(sides, [(Side::Buy, trade(10, Side::Buy)), (Side::Buy, trade(100, Side::Buy))]);
}

#[test]
fn a_set_says_what_its_channels_are() {
    let schema = Market::SCHEMA;
    let names: Vec<&str> = schema.channels.iter().map(|channel| channel.name).collect();
    assert_eq!(names, ["trades", "by_side", "large"]);
    let [trades, by_side, large] = schema.channels else { panic!("three channels") };
    assert_eq!(
        (trades.docs, trades.kind, trades.payload.name),
        ("Every trade.", ChannelKind::Scalar, "Trade")
    );
    assert_eq!((trades.send, trades.stage, trades.lookup), (true, false, true));
    assert_eq!((large.send, large.stage, large.lookup), (false, true, false));
    assert_eq!((by_side.kind, by_side.key.map(|key| key.name)), (ChannelKind::Basket, Some("Side")));
    let states: Vec<_> = trades.states.iter().map(|state| (state.alias, state.key)).collect();
    assert_eq!(states, [("trades", &["symbol"][..]), ("sides", &["symbol", "side"][..])]);
    let fields: Vec<&str> = schema.fields.iter().map(|field| field.name).collect();
    assert_eq!(fields, ["venue", "fields"]);
}

#[test]
fn static_fields_have_their_values() {
    let recording = Harness::new(halving(1)).expect("the modules fit together").run().expect("it runs");
    let market = recording.channels();
    assert_eq!(market.field("venue"), Some("XNAS".into()));
    assert_eq!(market.field("fields"), Some(0.into()));
    assert_eq!(market.field("trades"), None);
}

/// Sets that nobody else sees, beside each other and alike.
mod private {
    use gateway_runtime::prelude::*;
    use gateway_runtime::testing::Harness;

    mod first {
        use super::*;

        #[gateway_channels]
        struct Prices {
            #[channel(send)]
            r#type: Channel<Price>,
        }

        #[derive(GatewayModule)]
        #[module(channels = Prices, reads(r#type))]
        struct Print;

        impl Connect for Print {
            fn connect(&self, bus: PrintBus<'_>) -> Result {
                bus.r#type.ticks().for_each(|_| {});
                Ok(())
            }
        }

        gateway! {
            fn printing() -> Gateway<Prices> {
                modules: [Print]
            }
        }

        #[test]
        fn a_private_set_of_channels_works() {
            assert_eq!(Prices::SCHEMA.channels[0].name, "type");
            assert!(Harness::new(printing()).is_ok());
        }
    }

    mod second {
        use super::*;

        #[gateway_channels]
        pub(super) struct Prices {
            r#type: Channel<Price>,
        }
    }

    #[derive(Clone, GatewayStruct)]
    struct Price {
        amount: f64,
    }

    #[test]
    fn sets_of_one_name_stay_apart() {
        let count = |schema: &'static gateway_runtime::__private::ChannelsSchema| schema.channels.len();
        assert_eq!(count(second::Prices::SCHEMA), 1);
    }
}
