//! The implementations for an enum.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::model::{Enum, Value, Variant};
use crate::private::private;

pub(super) fn emit(input: &Enum) -> TokenStream {
    let private = private(input.krate.as_ref());
    let Enum { ident, docs, .. } = input;
    let (implementation, arguments, _) = input.generics.split_for_impl();
    // At the name, so that what the enum lacks is reported there and once.
    let bound = quote_spanned! {ident.span()=>
    where Self: ::core::marker::Copy + ::core::cmp::Ord + ::core::hash::Hash
    };
    let name = ident.unraw().to_string();
    let members: Vec<&Ident> = input.variants.iter().map(|variant| &variant.ident).collect();
    let names: Vec<&str> = input.variants.iter().map(|variant| variant.name.as_str()).collect();
    let indexes = 0..members.len();
    let variants = input.variants.iter().map(variant);
    // Members that were refused are not listed; what they would do is never run.
    let rest = input.partial.then(|| quote!(_ => ::core::unreachable!(),));
    quote! {
        const _: () = {
            use #private as __private;

            #[automatically_derived]
            impl #implementation __private::WireType for #ident #arguments #bound {
                const TYPE: __private::FieldType =
                    __private::FieldType::Enum(<Self as __private::GatewayEnum>::SCHEMA);

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
            impl #implementation __private::GatewayEnum for #ident #arguments #bound {
                const SCHEMA: &'static __private::EnumSchema = &__private::EnumSchema {
                    name: #name,
                    docs: #docs,
                    variants: &[#(#variants),*],
                };
                const ALL: &'static [Self] = &[#(Self::#members),*];

                fn index(self) -> usize {
                    match self {
                        #(Self::#members => #indexes,)*
                        #rest
                    }
                }
            }

            #[automatically_derived]
            impl #implementation __private::MapKey for #ident #arguments #bound {
                fn to_key(&self) -> ::std::borrow::Cow<'_, str> {
                    __private::derive::enum_to_key(*self)
                }

                fn from_key(__key: &str) -> ::core::option::Option<Self> {
                    __private::derive::enum_from_key(__key)
                }
            }

            #[automatically_derived]
            impl #implementation __private::BasketKey for #ident #arguments #bound {
                const KEY: __private::KeySchema = __private::KeySchema {
                    name: #name,
                    names: ::core::option::Option::Some(&[#(#names),*]),
                };

                fn to_wire(&self) -> ::std::borrow::Cow<'static, str> {
                    ::std::borrow::Cow::Borrowed(<Self as __private::GatewayEnum>::name(*self))
                }

                fn from_wire(__text: &str) -> ::core::option::Option<Self> {
                    match __text {
                        #(#names => ::core::option::Option::Some(Self::#members),)*
                        _ => ::core::option::Option::None,
                    }
                }
            }
        };
    }
}

fn variant(variant: &Variant) -> TokenStream {
    let Variant { docs, name, .. } = variant;
    let value = match &variant.value {
        Value::Text(text) => quote!(Text(#text)),
        Value::Int(number) => quote!(Int(#number)),
    };
    quote! {
        __private::VariantSchema { name: #name, value: __private::EnumValue::#value, docs: #docs }
    }
}
