//! The implementations for a set of channels, and the table by which modules find a channel's type.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Path, Visibility};

use super::model::{Channel, ChannelSet, Field, State, Static};
use crate::private::private;

pub(super) fn emit(set: &ChannelSet, place: u64) -> TokenStream {
    let private = private(set.krate.as_ref());
    let channels: Vec<&Channel> = set.fields.iter().filter_map(channel_of).collect();
    let statics: Vec<&Static> = set.fields.iter().filter_map(static_of).collect();
    let ident = &set.ident;
    let name = ident.unraw().to_string();
    let docs = &set.docs;
    let schemas = channels
        .iter()
        .enumerate()
        .map(|(index, channel)| schema(ident, index, channel));
    let static_schemas = statics.iter().map(|field| {
        let (name, docs) = (field.ident.unraw().to_string(), &field.docs);
        quote!(__private::StaticFieldSchema { name: #name, docs: #docs })
    });
    let mut index = 0_usize;
    let declared = set.fields.iter().map(|field| match field {
        Field::Channel(channel) => {
            let own = &channel.ident;
            let declared = quote!(#own: __declare::<#ident, #index>(__declarations));
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
            impl __private::ChannelAt<#index> for #ident {
                type Channel = #ty;
            }
        }
    });
    let checks = channels
        .iter()
        .enumerate()
        .map(|(index, channel)| checks(ident, index, channel));
    let table = table(set, &private, &channels, place);
    // The two functions are generic over the set, so that what is wrong with a channel's type is reported at
    // the field and at no use of it.
    quote! {
        const _: () = {
            use #private as __private;

            #(#types)*

            #[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools, clippy::extra_unused_type_parameters)]
            const fn __schema<__C: __private::ChannelAt<INDEX>, const INDEX: usize>(
                name: &'static str,
                docs: &'static str,
                send: bool,
                stage: bool,
                lookup: bool,
                states: &'static [__private::StateSchema],
            ) -> __private::ChannelSchema {
                __private::ChannelSchema {
                    name,
                    docs,
                    kind: <__C::Channel as __private::ChannelType>::KIND,
                    payload: <<<__C::Channel as __private::ChannelType>::Payload as __private::Payload>::Struct
                        as __private::GatewayStruct>::SCHEMA,
                    key: <__C::Channel as __private::ChannelType>::KEY,
                    send,
                    stage,
                    lookup,
                    states,
                }
            }

            fn __declare<__C: __private::ChannelAt<INDEX>, const INDEX: usize>(
                declarations: &mut __private::Declarations,
            ) -> __C::Channel {
                declarations.channel::<__C::Channel>(INDEX)
            }

            #[automatically_derived]
            impl __private::Channels for #ident {
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
        };

        #table
    }
}

fn channel_of(field: &Field) -> Option<&Channel> {
    if let Field::Channel(channel) = field {
        Some(channel)
    } else {
        None
    }
}

fn static_of(field: &Field) -> Option<&Static> {
    if let Field::Static(field) = field {
        Some(field)
    } else {
        None
    }
}

fn schema(set: &Ident, index: usize, channel: &Channel) -> TokenStream {
    let Channel {
        docs,
        send,
        stage,
        lookup,
        ..
    } = channel;
    let name = channel.ident.unraw().to_string();
    let states = channel
        .states
        .iter()
        .map(|State { alias, key, .. }| quote!(__private::StateSchema { alias: #alias, key: &[#(#key),*] }));
    quote!(__schema::<#set, #index>(#name, #docs, #send, #stage, #lookup, &[#(#states),*]))
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
fn checks(set: &Ident, index: usize, channel: &Channel) -> TokenStream {
    let name = channel.ident.unraw().to_string();
    let index = Literal::usize_unsuffixed(index);
    let payload = quote!(<#set as __private::Channels>::SCHEMA.channels[#index].payload);
    let is_record = quote_spanned!(channel.ty.span()=> __private::check::payload(#name, #payload));
    let keys = channel.states.iter().flat_map(|state| &state.key).map(|column| {
        let check = quote_spanned!(column.span()=> __private::check::state_key(#name, #payload, #column));
        quote!(const _: () = #check;)
    });
    quote! {
        const _: () = #is_record;
        #(#keys)*
    }
}

/// A macro of the set's own name that turns a channel's name into its type. It shares the path of the set, so
/// that whoever imports the set has it.
fn table(set: &ChannelSet, private: &TokenStream, channels: &[&Channel], place: u64) -> TokenStream {
    let ident = &set.ident;
    let names: Vec<&Ident> = channels.iter().map(|channel| &channel.ident).collect();
    let indexes = (0..names.len()).map(Literal::usize_unsuffixed);
    let legal: Vec<String> = names.iter().map(|name| format!("`{}`", name.unraw())).collect();
    let before = format!("`{}` has no channel `", ident.unraw());
    let after = format!("`; its channels are {}", legal.join(", "));
    let mut hash = DefaultHasher::new();
    (
        ident.to_string(),
        names.iter().map(ToString::to_string).collect::<Vec<_>>(),
        place,
    )
        .hash(&mut hash);
    let unique = format_ident!("__gateway_channels_{}_{:016x}", ident.unraw(), hash.finish());
    let visibility = &set.visibility;
    let export = matches!(visibility, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    quote! {
        #[doc(hidden)]
        #export
        macro_rules! #unique {
            #(
                ($channels:ty, #names) => { <$channels as #private::ChannelAt<#indexes>>::Channel };
            )*
            ($channels:ty, $other:ident) => {
                ::core::compile_error!(::core::concat!(#before, ::core::stringify!($other), #after))
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports, non_local_definitions)]
        #visibility use #unique as #ident;
    }
}

/// An implementation for a set that was refused, so that its other uses are not errors as well. It is never
/// run: the refusal stops the compiler.
pub(crate) fn placeholder(krate: Option<&Path>, ident: &Ident) -> TokenStream {
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
