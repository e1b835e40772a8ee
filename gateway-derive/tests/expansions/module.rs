///The channels that [`Bars`] may touch.
pub struct BarsBus<'a> {
    ///Channel `trades`.
    pub trades: <market::Market!(
        market::Market, trades
    ) as ::gateway_runtime::__private::ChannelType>::Reader<'a>,
    ///Channel `news`.
    pub news: <market::Market!(
        market::Market, news
    ) as ::gateway_runtime::__private::ChannelType>::Reader<'a>,
    ///Channel `orders`.
    pub orders: <market::Market!(
        market::Market, orders
    ) as ::gateway_runtime::__private::ChannelType>::ReadWriter<'a>,
    ///Channel `bars`.
    pub bars: <market::Market!(
        market::Market, bars
    ) as ::gateway_runtime::__private::ChannelType>::Writer<'a>,
    __module: ::gateway_runtime::__private::ModuleContext<'a>,
}
const _: () = {
    use ::gateway_runtime::__private as __private;
    #[automatically_derived]
    impl<'a> ::core::ops::Deref for BarsBus<'a> {
        type Target = __private::ModuleContext<'a>;
        fn deref(&self) -> &__private::ModuleContext<'a> {
            &self.__module
        }
    }
    #[automatically_derived]
    impl __private::Wired<market::Market> for Bars {
        const WIRING: __private::Wiring = {
            let _: ::core::option::Option<market::Market!(market::Market, trades)> = ::core::option::Option::None;
            let _: ::core::option::Option<market::Market!(market::Market, news)> = ::core::option::Option::None;
            let _: ::core::option::Option<market::Market!(market::Market, orders)> = ::core::option::Option::None;
            let _: ::core::option::Option<market::Market!(market::Market, bars)> = ::core::option::Option::None;
            __private::Wiring {
                module: "Bars",
                reads: &["trades"],
                optional: &["news"],
                feedback: &["orders"],
                writes: &["orders", "bars"],
            }
        };
    }
    #[automatically_derived]
    impl __private::GatewayModule for Bars {
        type Channels = market::Market;
        type Bus<'a> = BarsBus<'a>;
    }
    #[automatically_derived]
    impl __private::Module<market::Market> for Bars {
        fn wiring(&self) -> __private::Wiring {
            <Self as __private::Wired<market::Market>>::WIRING
        }
        fn connect_to(
            &self,
            __module: __private::ModuleContext<'_>,
        ) -> __private::Result<()> {
            let __bus = BarsBus {
                trades: __module
                    .reader::<market::Market!(market::Market, trades)>("trades"),
                news: __module.reader::<market::Market!(market::Market, news)>("news"),
                orders: __module
                    .reader_writer::<
                        market::Market!(market::Market, orders),
                    >("orders", true),
                bars: __module.writer::<market::Market!(market::Market, bars)>("bars"),
                __module,
            };
            <Self as __private::Connect>::connect(self, __bus)
        }
    }
};
