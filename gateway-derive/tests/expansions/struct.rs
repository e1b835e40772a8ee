const _: () = {
    use ::gateway_runtime::__private as __private;
    fn __default_price() -> Option<f64> {
        1.0
    }
    #[allow(clippy::ptr_arg, clippy::ref_option)]
    fn __custom_0_price(
        __value: &Option<f64>,
    ) -> ::core::result::Result<(), ::std::string::String> {
        match __value {
            ::core::option::Option::Some(__value) => {
                __private::derive::custom_result(check::price(__value))
            }
            ::core::option::Option::None => ::core::result::Result::Ok(()),
        }
    }
    fn __default_kind() -> String {
        ::core::convert::Into::into("limit")
    }
    const __SCHEMA: &__private::StructSchema = &__private::StructSchema {
        name: "Trade",
        docs: "One execution report.",
        python: ::core::option::Option::Some("market.Trade"),
        record: true,
        fields: &[
            __private::FieldSchema {
                name: "symbol",
                docs: "Ticker symbol.",
                ty: <String as __private::WireType>::TYPE,
                nullable: <String as __private::WireType>::NULLABLE,
                default: ::core::option::Option::None,
                constraints: &[
                    __private::Constraint::Length {
                        min: ::core::option::Option::Some(1usize),
                        max: ::core::option::Option::Some(12usize),
                    },
                    __private::Constraint::Pattern {
                        source: "^[A-Z.]+$",
                        regex: || {
                            static __REGEX: ::std::sync::LazyLock<__private::Regex> = ::std::sync::LazyLock::new(||
                            __private::derive::pattern("^[A-Z.]+$"));
                            &__REGEX
                        },
                    },
                ],
            },
            __private::FieldSchema {
                name: "price",
                docs: "",
                ty: <Option<f64> as __private::WireType>::TYPE,
                nullable: <Option<f64> as __private::WireType>::NULLABLE,
                default: ::core::option::Option::Some(|| <Option<
                    f64,
                > as __private::WireType>::into_default(__default_price())),
                constraints: &[
                    __private::Constraint::Range {
                        min: ::core::option::Option::Some(__private::constraint::Bound {
                            value: __private::Number::Int(0i128),
                            exclusive: true,
                        }),
                        max: ::core::option::Option::Some(__private::constraint::Bound {
                            value: __private::Number::Float(1.5f64),
                            exclusive: false,
                        }),
                    },
                    __private::Constraint::Custom {
                        name: "check::price",
                    },
                ],
            },
            __private::FieldSchema {
                name: "type",
                docs: "",
                ty: <String as __private::WireType>::TYPE,
                nullable: <String as __private::WireType>::NULLABLE,
                default: ::core::option::Option::Some(|| <String as __private::WireType>::into_default(
                    __default_kind(),
                )),
                constraints: &[],
            },
        ],
    };
    #[automatically_derived]
    impl __private::WireType for Trade
    where
        Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync,
    {
        const TYPE: __private::FieldType = __private::FieldType::Struct(__SCHEMA);
        fn write<__S: __private::serde::Serializer>(
            &self,
            __serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __private::derive::write_struct(self, __serializer)
        }
        fn read(
            __input: &__private::serde_json::Value,
            __problems: &mut __private::Problems,
        ) -> ::core::option::Option<Self> {
            __private::derive::read_struct(__input, __problems)
        }
        fn validate_inside(&self, __problems: &mut __private::Problems) {
            <Self as __private::GatewayStruct>::validate_into(self, __problems);
        }
        fn cell(&self) -> __private::Cell<'_> {
            __private::Cell::Opaque
        }
        fn cell_at(&self, __path: &[usize]) -> __private::Cell<'_> {
            match __path {
                [0usize, __rest @ ..] => {
                    <String as __private::WireType>::cell_at(&self.symbol, __rest)
                }
                [1usize, __rest @ ..] => {
                    <Option<f64> as __private::WireType>::cell_at(&self.price, __rest)
                }
                [2usize, __rest @ ..] => {
                    <String as __private::WireType>::cell_at(&self.kind, __rest)
                }
                _ => __private::Cell::Opaque,
            }
        }
        fn heap_bytes(&self) -> usize {
            0 + <String as __private::WireType>::heap_bytes(&self.symbol)
                + <Option<f64> as __private::WireType>::heap_bytes(&self.price)
                + <String as __private::WireType>::heap_bytes(&self.kind)
        }
    }
    #[automatically_derived]
    impl __private::GatewayStruct for Trade
    where
        Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync,
    {
        const SCHEMA: &'static __private::StructSchema = __SCHEMA;
        fn write_fields<__M: __private::serde::ser::SerializeMap>(
            &self,
            __map: &mut __M,
        ) -> ::core::result::Result<(), __M::Error> {
            <String as __private::WireType>::write_member(
                &self.symbol,
                __map,
                "symbol",
            )?;
            <Option<
                f64,
            > as __private::WireType>::write_member(&self.price, __map, "price")?;
            <String as __private::WireType>::write_member(&self.kind, __map, "type")?;
            ::core::result::Result::Ok(())
        }
        fn read_fields(
            __reader: &mut __private::ObjectReader<'_>,
        ) -> ::core::option::Option<Self> {
            let __field_0 = <String as __private::WireType>::read_member(
                __reader,
                0usize,
                ::core::option::Option::None,
                &[],
            );
            let __field_1 = <Option<
                f64,
            > as __private::WireType>::read_member(
                __reader,
                1usize,
                ::core::option::Option::Some(__default_price),
                &[&__custom_0_price],
            );
            let __field_2 = <String as __private::WireType>::read_member(
                __reader,
                2usize,
                ::core::option::Option::Some(__default_kind),
                &[],
            );
            ::core::option::Option::Some(Self {
                symbol: __field_0?,
                price: __field_1?,
                kind: __field_2?,
                cache: <Vec<u8> as ::core::default::Default>::default(),
            })
        }
        fn validate_into(&self, __problems: &mut __private::Problems) {
            <String as __private::WireType>::validate_member(
                &self.symbol,
                __problems,
                &__SCHEMA.fields[0usize],
                &[],
            );
            <Option<
                f64,
            > as __private::WireType>::validate_member(
                &self.price,
                __problems,
                &__SCHEMA.fields[1usize],
                &[&__custom_0_price],
            );
            <String as __private::WireType>::validate_member(
                &self.kind,
                __problems,
                &__SCHEMA.fields[2usize],
                &[],
            );
        }
    }
    const _: () = __private::check::constraint_fits(
        "symbol",
        "String",
        &__SCHEMA.fields[0].ty,
        &__SCHEMA.fields[0].constraints[0],
    );
    const _: () = __private::check::constraint_fits(
        "symbol",
        "String",
        &__SCHEMA.fields[0].ty,
        &__SCHEMA.fields[0].constraints[1],
    );
    const _: () = __private::check::constraint_fits(
        "price",
        "Option<f64>",
        &__SCHEMA.fields[1].ty,
        &__SCHEMA.fields[1].constraints[0],
    );
};
