const _: () = {
    use ::gateway_client::__private as __private;
    #[automatically_derived]
    impl __private::WireType for Side
    where
        Self: ::core::marker::Copy + ::core::cmp::Ord + ::core::hash::Hash,
    {
        const TYPE: __private::FieldType = __private::FieldType::Enum(
            <Self as __private::GatewayEnum>::SCHEMA,
        );
        fn write<__S: __private::serde::Serializer>(
            &self,
            __serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __private::derive::write_enum(*self, __serializer)
        }
        fn read(
            __input: &__private::serde_json::Value,
            __problems: &mut __private::Problems,
        ) -> ::core::option::Option<Self> {
            __private::derive::read_enum(__input, __problems)
        }
        fn cell(&self) -> __private::Cell<'_> {
            __private::derive::enum_cell(*self)
        }
    }
    #[automatically_derived]
    impl __private::GatewayEnum for Side
    where
        Self: ::core::marker::Copy + ::core::cmp::Ord + ::core::hash::Hash,
    {
        const SCHEMA: &'static __private::EnumSchema = &__private::EnumSchema {
            name: "Side",
            docs: "Who was the aggressor.",
            variants: &[
                __private::VariantSchema {
                    name: "BUY",
                    value: __private::EnumValue::Text("B"),
                    docs: "The buyer.",
                },
                __private::VariantSchema {
                    name: "Sell",
                    value: __private::EnumValue::Text("Sell"),
                    docs: "",
                },
            ],
        };
        const ALL: &'static [Self] = &[Self::Buy, Self::Sell];
        fn index(self) -> usize {
            match self {
                Self::Buy => 0usize,
                Self::Sell => 1usize,
            }
        }
    }
    #[automatically_derived]
    impl __private::MapKey for Side
    where
        Self: ::core::marker::Copy + ::core::cmp::Ord + ::core::hash::Hash,
    {
        fn to_key(&self) -> ::std::borrow::Cow<'_, str> {
            __private::derive::enum_to_key(*self)
        }
        fn from_key(__key: &str) -> ::core::option::Option<Self> {
            __private::derive::enum_from_key(__key)
        }
    }
    #[automatically_derived]
    impl __private::BasketKey for Side
    where
        Self: ::core::marker::Copy + ::core::cmp::Ord + ::core::hash::Hash,
    {
        const KEY: __private::KeySchema = __private::KeySchema {
            name: "Side",
            names: ::core::option::Option::Some(&["BUY", "Sell"]),
        };
        fn to_wire(&self) -> ::std::borrow::Cow<'static, str> {
            ::std::borrow::Cow::Borrowed(<Self as __private::GatewayEnum>::name(*self))
        }
        fn from_wire(__text: &str) -> ::core::option::Option<Self> {
            match __text {
                "BUY" => ::core::option::Option::Some(Self::Buy),
                "Sell" => ::core::option::Option::Some(Self::Sell),
                _ => ::core::option::Option::None,
            }
        }
    }
};
