#[allow(dead_code)]
/// A market.
pub struct Market {
    /// Every trade.
    pub trades: Channel<Trade>,
    pub by_side: Basket<Side, Vec<Trade>>,
    pub venue_name: String,
}
const _: () = {
    use ::gateway_runtime::__private as __private;
    #[automatically_derived]
    impl __private::derive::ChannelTypeAt<0usize> for Market {
        type Channel = Channel<Trade>;
    }
    #[automatically_derived]
    impl __private::derive::ChannelTypeAt<1usize> for Market {
        type Channel = Basket<Side, Vec<Trade>>;
    }
    struct __Probe<__C>(::core::marker::PhantomData<__C>);
    impl<__C: __private::ChannelType> __Probe<__C> {
        const IS_CHANNEL: bool = true;
        const KIND: __private::ChannelKind = __C::KIND;
        const KEY: ::core::option::Option<__private::KeySchema> = __C::KEY;
        const PAYLOAD: &'static __private::StructSchema = <<__C::Payload as __private::Payload>::Struct as __private::GatewayStruct>::SCHEMA;
        fn declare(__declarations: &mut __private::Declarations, __index: usize) -> __C {
            __declarations.channel::<__C>(__index)
        }
    }
    #[allow(dead_code)]
    trait __Refused {
        type Channel;
        const IS_CHANNEL: bool = false;
        const KIND: __private::ChannelKind = __private::ChannelKind::Scalar;
        const KEY: ::core::option::Option<__private::KeySchema> = ::core::option::Option::None;
        const PAYLOAD: &'static __private::StructSchema = &__private::StructSchema {
            name: "",
            docs: "",
            python: ::core::option::Option::None,
            record: true,
            fields: &[],
        };
        fn declare(_: &mut __private::Declarations, _: usize) -> Self::Channel {
            ::core::unreachable!()
        }
    }
    impl<__C> __Refused for __Probe<__C> {
        type Channel = __C;
    }
    #[automatically_derived]
    impl __private::Channels for Market
    where
        for<'__a> Market: ::core::marker::Send + ::core::marker::Sync,
    {
        const SCHEMA: &'static __private::ChannelsSchema = &__private::ChannelsSchema {
            name: "Market",
            docs: "A market.",
            channels: &[
                __private::ChannelSchema {
                    name: "trades",
                    docs: "Every trade.",
                    kind: <__Probe<Channel<Trade>>>::KIND,
                    payload: <__Probe<Channel<Trade>>>::PAYLOAD,
                    key: <__Probe<Channel<Trade>>>::KEY,
                    send: true,
                    stage: false,
                    lookup: true,
                    states: &[
                        __private::StateSchema {
                            alias: "trades",
                            key: &["symbol"],
                            rows: ::core::option::Option::None,
                            bytes: ::core::option::Option::None,
                            retention: ::core::option::Option::None,
                            history: ::core::option::Option::None,
                        },
                        __private::StateSchema {
                            alias: "by_venue",
                            key: &["symbol", "venue.mic"],
                            rows: ::core::option::Option::Some(10000usize),
                            bytes: ::core::option::Option::Some(64000000usize),
                            retention: ::core::option::Option::Some(
                                ::core::time::Duration::new(90u64, 0u32),
                            ),
                            history: ::core::option::Option::Some(__private::HistorySchema {
                                rows: ::core::option::Option::Some(100usize),
                                age: ::core::option::Option::Some(
                                    ::core::time::Duration::new(3600u64, 0u32),
                                ),
                            }),
                        },
                    ],
                },
                __private::ChannelSchema {
                    name: "by_side",
                    docs: "",
                    kind: <__Probe<Basket<Side, Vec<Trade>>>>::KIND,
                    payload: <__Probe<Basket<Side, Vec<Trade>>>>::PAYLOAD,
                    key: <__Probe<Basket<Side, Vec<Trade>>>>::KEY,
                    send: false,
                    stage: false,
                    lookup: false,
                    states: &[],
                },
            ],
            fields: &[
                __private::StaticFieldSchema {
                    name: "venue_name",
                    docs: "",
                },
            ],
        };
        fn declare(__declarations: &mut __private::Declarations) -> Self {
            Self {
                trades: <__Probe<Channel<Trade>>>::declare(__declarations, 0usize),
                by_side: <__Probe<
                    Basket<Side, Vec<Trade>>,
                >>::declare(__declarations, 1usize),
                venue_name: String::from("XNAS"),
            }
        }
        fn field(
            &self,
            __name: &str,
        ) -> ::core::option::Option<__private::serde_json::Value> {
            match __name {
                "venue_name" => __private::serde_json::to_value(&self.venue_name).ok(),
                _ => ::core::option::Option::None,
            }
        }
    }
    const _: () = {
        const __IS_CHANNEL: bool = <__Probe<Channel<Trade>>>::IS_CHANNEL;
        const __PAYLOAD: &__private::StructSchema = <__Probe<Channel<Trade>>>::PAYLOAD;
        const _: () = __private::check::payload("trades", __PAYLOAD);
        const _: () = if __IS_CHANNEL {
            __private::check::state_key("trades", __PAYLOAD, "symbol")
        };
        const _: () = if __IS_CHANNEL {
            __private::check::state_key("trades", __PAYLOAD, "symbol")
        };
        const _: () = if __IS_CHANNEL {
            __private::check::state_key("trades", __PAYLOAD, "venue.mic")
        };
        const _: fn() = {
            fn __is_channel<__C: __private::ChannelType>() {}
            __is_channel::<Channel<Trade>>
        };
    };
    const _: () = {
        const __IS_CHANNEL: bool = <__Probe<Basket<Side, Vec<Trade>>>>::IS_CHANNEL;
        const __PAYLOAD: &__private::StructSchema = <__Probe<
            Basket<Side, Vec<Trade>>,
        >>::PAYLOAD;
        const _: () = __private::check::payload("by_side", __PAYLOAD);
        const _: fn() = {
            fn __is_channel<__C: __private::ChannelType>() {}
            __is_channel::<Basket<Side, Vec<Trade>>>
        };
    };
    const _: fn() = {
        fn __is_shared<__T: ::core::marker::Send + ::core::marker::Sync + 'static>() {}
        __is_shared::<String>
    };
};
#[doc(hidden)]
#[macro_export]
macro_rules! __gateway_channels_Market_2f6b542a09e70063 {
    ($channels:ty, trades) => {
        < $channels as ::gateway_runtime::__private::derive::ChannelTypeAt < 0 >>
        ::Channel
    };
    ($channels:ty, by_side) => {
        < $channels as ::gateway_runtime::__private::derive::ChannelTypeAt < 1 >>
        ::Channel
    };
    ($channels:ty, $other:ident) => {
        < $channels as ::gateway_runtime::__private::derive::ChannelTypeAt < {
        ::gateway_runtime::__private::unknown_channel!($other, "Market",
        "`trades`, `by_side`") } >> ::Channel
    };
}
#[doc(hidden)]
#[allow(unused_imports, non_local_definitions)]
pub use __gateway_channels_Market_2f6b542a09e70063 as Market;
