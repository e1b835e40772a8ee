/// The market.
pub fn market_gateway(every: Duration) -> Gateway<Market> {
    use ::gateway_runtime::__private as __private;
    struct __Probe<__M>(::core::marker::PhantomData<__M>);
    impl<__M: __private::Wired<Market>> __Probe<__M> {
        const WIRING: ::core::option::Option<__private::Wiring> = ::core::option::Option::Some(
            <__M as __private::Wired<Market>>::WIRING,
        );
    }
    impl<__M: __private::Module<Market>> __Probe<__M> {
        const IS_MODULE: bool = true;
    }
    #[allow(dead_code)]
    trait __Refused {
        const WIRING: ::core::option::Option<__private::Wiring> = ::core::option::Option::None;
        const IS_MODULE: bool = false;
    }
    impl<__M> __Refused for __Probe<__M> {}
    #[track_caller]
    const fn __check(
        found: &[(::core::option::Option<__private::Wiring>, bool, &str); 4usize],
    ) -> [__private::Wiring; 4usize] {
        let mut wirings = [__private::Wiring::NONE; 4usize];
        let mut complete = true;
        let mut index = 0;
        while index < 4usize {
            match found[index] {
                (::core::option::Option::Some(wiring), ..) => wirings[index] = wiring,
                (::core::option::Option::None, is_module, name) => {
                    complete = false;
                    if is_module {
                        __private::check::wiring_unknown(name);
                    }
                }
            }
            index += 1;
        }
        if complete {
            __private::wiring::check(<Market as __private::Channels>::SCHEMA, &wirings);
        }
        wirings
    }
    const __WIRINGS: [__private::Wiring; 4usize] = __check(
        &[
            (<__Probe<Feed>>::WIRING, <__Probe<Feed>>::IS_MODULE, "Feed"),
            (<__Probe<Bars>>::WIRING, <__Probe<Bars>>::IS_MODULE, "Bars"),
            (
                match <__Probe<Bars>>::WIRING {
                    ::core::option::Option::Some(wiring) => {
                        ::core::option::Option::Some(wiring.named("fast"))
                    }
                    none => none,
                },
                <__Probe<Bars>>::IS_MODULE,
                "Bars",
            ),
            (<__Probe<Rest>>::WIRING, <__Probe<Rest>>::IS_MODULE, "Rest"),
        ],
    );
    <Gateway<Market>>::new()
        .with(__WIRINGS[0usize], ::core::convert::identity::<Feed>(Feed))
        .with(__WIRINGS[1usize], ::core::convert::identity::<Bars>(Bars { every }))
        .with(
            __WIRINGS[2usize],
            ::core::convert::identity::<Bars>(Bars { every: Duration::ZERO }),
        )
        .with(__WIRINGS[3usize], ::core::convert::identity::<Rest>(Rest::default()))
}
