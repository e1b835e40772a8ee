//! `#[gateway_channels]`.

mod check;
mod emit;
mod model;
mod parse;
mod quantity;

use proc_macro2::TokenStream;
use syn::ItemStruct;

use crate::context::Context;

pub(crate) use emit::unknown;

/// `place` tells apart two sets of one crate that are alike in every other part.
pub(crate) fn expand(arguments: &TokenStream, mut item: ItemStruct, place: u64) -> TokenStream {
    let context = Context::new();
    let raw = parse::parse(&context, arguments, &mut item);
    let krate = raw.krate.get().cloned();
    let output = match check::check(&context, raw) {
        Some(checked) => emit::emit(&checked, place),
        None if item.generics.params.is_empty() => emit::placeholder(krate.as_ref(), &item.ident),
        None => TokenStream::new(),
    };
    let errors = context.finish();
    // Modules find channels by name, and in a program nothing else may use a field of the set.
    quote::quote! {
        #errors
        #[allow(dead_code)]
        #item
        #output
    }
}
