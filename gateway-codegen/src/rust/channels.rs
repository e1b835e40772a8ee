//! One type for each channel, which says what the gateway offers on it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::docs::outer;
use super::names::Naming;
use crate::ir::{Channel, Ir, Key};

pub(super) fn emit(ir: &Ir, naming: &Naming) -> TokenStream {
    let specs = ir.channels.iter().zip(&naming.specs).map(|(channel, ident)| spec(channel, ident, naming));
    quote! {
        //! What the gateway offers on each channel, for the types of the handles.

        #(#specs)*
    }
}

fn spec(channel: &Channel, ident: &proc_macro2::Ident, naming: &Naming) -> TokenStream {
    let docs = outer(&format!("The channel `{}`.", channel.name), "");
    let record = &naming.structs[channel.record.0];
    let shape = format_ident!("{}", if channel.list { "List" } else { "Scalar" });
    let offers = [
        (channel.offers.last, "CanLast"),
        (channel.offers.next, "CanNext"),
        (channel.offers.send, "CanSend"),
        (channel.offers.lookup, "CanLookup"),
    ];
    let offers = offers.into_iter().filter(|(offered, _)| *offered).map(|(_, name)| {
        let name = format_ident!("{name}");
        quote!(impl gateway_client::#name for #ident {})
    });
    let basket = channel.key.map(|key| {
        let key = key_type(key, naming);
        quote! {
            impl gateway_client::BasketSpec for #ident {
                type Key = #key;
            }
        }
    });
    quote! {
        #docs
        #[derive(Clone, Copy, Debug)]
        pub enum #ident {}
        impl gateway_client::ChannelSpec for #ident {
            type Record = crate::models::#record;
            type Shape = gateway_client::#shape;
        }
        #basket
        #(#offers)*
    }
}

fn key_type(key: Key, naming: &Naming) -> TokenStream {
    match key {
        Key::String => quote!(String),
        Key::Enum(id) => {
            let ident = &naming.enums[id.0];
            quote!(crate::models::#ident)
        }
    }
}
