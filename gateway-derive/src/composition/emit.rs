//! The function that puts a composition together, and the check of it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::model::{Composition, Module};
use crate::private::private;

pub(super) fn emit(composition: &Composition) -> TokenStream {
    let private = private(composition.krate.as_ref());
    let Composition {
        attributes,
        visibility,
        ident,
        arguments,
        output,
        channels,
        modules,
        list,
        ..
    } = composition;
    let wirings: Vec<TokenStream> = modules
        .iter()
        .map(|module| wiring(&private, composition, module))
        .collect();
    let with = modules.iter().zip(&wirings).map(|(module, wiring)| {
        let (ty, value) = (&module.ty, &module.value);
        quote!(.with(#wiring, ::core::convert::identity::<#ty>(#value)))
    });
    // All of the call is at the list of modules, so that the report is shown there.
    let check = quote_spanned! {*list=>
        __private::wiring::check(<#channels as __private::Channels>::SCHEMA, &[#(#wirings),*])
    };
    quote! {
        const _: () = {
            use #private as __private;
            #check
        };

        #(#attributes)*
        #visibility fn #ident(#arguments) -> #output {
            <#output>::new() #(#with)*
        }
    }
}

fn wiring(private: &TokenStream, composition: &Composition, module: &Module) -> TokenStream {
    let (channels, ty) = (&composition.channels, &module.ty);
    let wiring = quote!(<#ty as #private::Wired<#channels>>::WIRING);
    match &module.name {
        Some(name) => {
            let name = name.unraw().to_string();
            quote!(#wiring.named(#name))
        }
        None => wiring,
    }
}
