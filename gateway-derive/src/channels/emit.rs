//! The implementations for a set of channels, and the table by which modules find a channel's type.

use std::time::Duration;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Path, Token, Type, Visibility};

use super::model::{Channel, ChannelSet, Field, History, State, Static};
use crate::private::private;

pub(super) fn emit(set: &ChannelSet, place: u64) -> TokenStream {
    let private = private(set.krate.as_ref());
    let channels: Vec<&Channel> = set.fields.iter().filter_map(channel_of).collect();
    let statics: Vec<&Static> = set.fields.iter().filter_map(static_of).collect();
    let ident = &set.ident;
    let name = ident.unraw().to_string();
    let docs = &set.docs;
    let schemas = channels.iter().map(|channel| schema(channel));
    let static_schemas = statics.iter().map(|field| {
        let (name, docs) = (field.ident.unraw().to_string(), &field.docs);
        quote!(__private::StaticFieldSchema { name: #name, docs: #docs })
    });
    let mut index = 0_usize;
    let declared = set.fields.iter().map(|field| match field {
        Field::Channel(channel) => {
            let own = &channel.ident;
            let declared = {
                let ty = &channel.ty;
                let declare = probed(ty, "declare", Some(quote!(__declarations, #index)));
                quote!(#own: #declare)
            };
            index += 1;
            declared
        }
        Field::Static(field) => declare_static(field),
    });
    let values = statics.iter().map(|field| {
        let (own, name) = (&field.ident, field.ident.unraw().to_string());
        quote!(#name => __private::serde_json::to_value(&self.#own).ok(),)
    });
    let types = channels.iter().enumerate().map(|(index, channel)| {
        let ty = &channel.ty;
        quote! {
            #[automatically_derived]
            impl __private::derive::ChannelTypeAt<#index> for #ident {
                type Channel = #ty;
            }
        }
    });
    let checks = channels.iter().map(|channel| checks(channel));
    let table = table(set, &private, &channels, place);
    // Channels are shared between threads as they are. The bound of the whole set is behind a `for`, which puts off
    // looking at it: a channel of the wrong type would be reported as not shared as well.
    let shared = statics.iter().map(|field| {
        let ty = &field.ty;
        let is_shared = quote_spanned!(ty.span()=> __is_shared::<#ty>);
        quote! {
            const _: fn() = {
                fn __is_shared<__T: ::core::marker::Send + ::core::marker::Sync + 'static>() {}
                #is_shared
            };
        }
    });
    let probe = probe();
    quote! {
        const _: () = {
            use #private as __private;

            #(#types)*

            #probe

            #[automatically_derived]
            impl __private::Channels for #ident
            where
                for<'__a> #ident: ::core::marker::Send + ::core::marker::Sync,
            {
                const SCHEMA: &'static __private::ChannelsSchema = &__private::ChannelsSchema {
                    name: #name,
                    docs: #docs,
                    channels: &[#(#schemas),*],
                    fields: &[#(#static_schemas),*],
                };

                fn declare(__declarations: &mut __private::Declarations) -> Self {
                    Self { #(#declared),* }
                }

                fn field(&self, __name: &str) -> ::core::option::Option<__private::serde_json::Value> {
                    match __name {
                        #(#values)*
                        _ => ::core::option::Option::None,
                    }
                }
            }

            #(#checks)*
            #(#shared)*
        };

        #table
    }
}

fn channel_of(field: &Field) -> Option<&Channel> {
    if let Field::Channel(channel) = field { Some(channel) } else { None }
}

fn static_of(field: &Field) -> Option<&Static> {
    if let Field::Static(field) = field { Some(field) } else { None }
}

/// Looks at a channel's type without demanding that it is one. With a type that is not, the struct's own field is
/// an error already; an inherent item whose bounds do not hold gives way to the trait's, and nothing else is
/// reported.
fn probe() -> TokenStream {
    quote! {
        struct __Probe<__C>(::core::marker::PhantomData<__C>);

        impl<__C: __private::ChannelType> __Probe<__C> {
            const IS_CHANNEL: bool = true;
            const KIND: __private::ChannelKind = __C::KIND;
            const KEY: ::core::option::Option<__private::KeySchema> = __C::KEY;
            const PAYLOAD: &'static __private::StructSchema =
                <<__C::Payload as __private::Payload>::Struct as __private::GatewayStruct>::SCHEMA;

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
    }
}

/// An item of the probe, or a call of it. It begins and ends where the type does, so that the compiler's
/// complaint about the type is the same one, and not shown again.
fn probed(ty: &Type, item: &str, arguments: Option<TokenStream>) -> TokenStream {
    let first = ty.span();
    let last = ty.to_token_stream().into_iter().last().map_or(first, |token| token.span());
    let probe = quote_spanned!(first=> <__Probe<);
    let end = quote_spanned!(last=> >>::);
    let item = Ident::new(item, last);
    let call = arguments.map(|arguments| quote_spanned!(last=> (#arguments)));
    quote!(#probe #ty #end #item #call)
}

fn schema(channel: &Channel) -> TokenStream {
    let Channel { ty, docs, send, lookup, .. } = channel;
    let stage = channel.stage.is_some();
    let name = channel.ident.unraw().to_string();
    let states = channel.states.iter().map(state);
    let (kind, payload, key) =
        (probed(ty, "KIND", None), probed(ty, "PAYLOAD", None), probed(ty, "KEY", None));
    quote! {
        __private::ChannelSchema {
            name: #name,
            docs: #docs,
            kind: #kind,
            payload: #payload,
            key: #key,
            send: #send,
            stage: #stage,
            lookup: #lookup,
            states: &[#(#states),*],
        }
    }
}

fn state(state: &State) -> TokenStream {
    let State { alias, key, .. } = state;
    let (rows, bytes) = (optional(state.rows), optional(state.bytes));
    let retention = optional(state.retention.map(duration));
    let history = optional(state.history.as_ref().map(|History { rows, age }| {
        let (rows, age) = (optional(*rows), optional(age.map(duration)));
        quote!(__private::HistorySchema { rows: #rows, age: #age })
    }));
    quote! {
        __private::StateSchema {
            alias: #alias,
            key: &[#(#key),*],
            rows: #rows,
            bytes: #bytes,
            retention: #retention,
            history: #history,
        }
    }
}

fn optional(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}

fn declare_static(field: &Static) -> TokenStream {
    let (own, ty) = (&field.ident, &field.ty);
    let value = match &field.value {
        Some(value) => value.to_token_stream(),
        None => quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default()),
    };
    quote!(#own: #value)
}

/// What can be checked only when the types are known.
fn checks(channel: &Channel) -> TokenStream {
    let ty = &channel.ty;
    let name = channel.ident.unraw().to_string();
    let (is_channel, payload) = (probed(ty, "IS_CHANNEL", None), probed(ty, "PAYLOAD", None));
    let is_record = quote_spanned!(ty.span()=> __private::check::payload(#name, __PAYLOAD));
    let keys = channel.states.iter().flat_map(|state| &state.key).map(|column| {
        let check = quote_spanned!(column.span()=> __private::check::state_key(#name, __PAYLOAD, #column));
        quote! {
            const _: () = if __IS_CHANNEL {
                #check
            };
        }
    });
    let stage = channel.stage.map(|place| {
        let kind = probed(ty, "KIND", None);
        let check = quote_spanned!(place=> __private::check::stage(#name, __KIND));
        quote! {
            const __KIND: __private::ChannelKind = #kind;
            const _: () = #check;
        }
    });
    let is_channel_type = quote_spanned!(ty.span()=> __is_channel::<#ty>);
    quote! {
        const _: () = {
            const __IS_CHANNEL: bool = #is_channel;
            const __PAYLOAD: &__private::StructSchema = #payload;
            const _: () = #is_record;
            #(#keys)*
            #stage
            const _: fn() = {
                fn __is_channel<__C: __private::ChannelType>() {}
                #is_channel_type
            };
        };
    }
}

/// A macro of the set's own name that turns a channel's name into its type. It shares the path of the set, so
/// that whoever imports the set has it.
fn table(set: &ChannelSet, private: &TokenStream, channels: &[&Channel], place: u64) -> TokenStream {
    let ident = &set.ident;
    let names: Vec<&Ident> = channels.iter().map(|channel| &channel.ident).collect();
    let indexes = (0..names.len()).map(Literal::usize_unsuffixed);
    let legal: Vec<String> = names.iter().map(|name| format!("`{}`", name.unraw())).collect();
    let (name, legal) = (ident.unraw().to_string(), legal.join(", "));
    let parts = names.iter().map(ToString::to_string).chain([ident.to_string(), place.to_string()]);
    let unique = format_ident!("__gateway_channels_{}_{:016x}", ident.unraw(), hash(parts));
    let visibility = &set.visibility;
    let export = matches!(visibility, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    // The error is inside the type, whose place nothing then looks at. It is a macro's of ours, which can show it at
    // the word that the user wrote; a `compile_error!` here would be shown at the set.
    quote! {
        #[doc(hidden)]
        #export
        macro_rules! #unique {
            #(
                ($channels:ty, #names) => {
                    <$channels as #private::derive::ChannelTypeAt<#indexes>>::Channel
                };
            )*
            ($channels:ty, $other:ident) => {
                <$channels as #private::derive::ChannelTypeAt<{
                    #private::unknown_channel!($other, #name, #legal)
                }>>::Channel
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports, non_local_definitions)]
        #visibility use #unique as #ident;
    }
}

/// The error for a channel that a set does not have: its name, the set's, and the channels that there are.
pub(crate) fn unknown(input: TokenStream) -> TokenStream {
    let read = |input: ParseStream<'_>| {
        let channel = input.call(Ident::parse_any)?;
        input.parse::<Token![,]>()?;
        let set: LitStr = input.parse()?;
        input.parse::<Token![,]>()?;
        let legal: LitStr = input.parse()?;
        let (set, legal) = (set.value(), legal.value());
        let message = format!("`{set}` has no channel `{}`; its channels are {legal}", channel.unraw());
        Ok(syn::Error::new(channel.span(), message))
    };
    Parser::parse2(read, input).unwrap_or_else(|error| error).to_compile_error()
}

/// FNV-1a: the same in every build and with every compiler, which the standard library does not promise of its
/// own.
fn hash(parts: impl Iterator<Item = String>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// An implementation for a set that was refused, so that its other uses are not errors as well. It is never
/// run: the refusal stops the compiler.
pub(super) fn placeholder(krate: Option<&Path>, ident: &Ident) -> TokenStream {
    let private = private(krate);
    let name = ident.unraw().to_string();
    quote! {
        const _: () = {
            use #private as __private;

            #[automatically_derived]
            impl __private::Channels for #ident {
                const SCHEMA: &'static __private::ChannelsSchema =
                    &__private::ChannelsSchema { name: #name, docs: "", channels: &[], fields: &[] };

                fn declare(_: &mut __private::Declarations) -> Self {
                    ::core::unreachable!()
                }

                fn field(&self, _: &str) -> ::core::option::Option<__private::serde_json::Value> {
                    ::core::option::Option::None
                }
            }
        };
    }
}
