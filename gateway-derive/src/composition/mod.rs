//! `gateway!`.

mod emit;
mod model;
mod parse;

use proc_macro2::TokenStream;

use crate::context::Context;

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let context = Context::new();
    let composition = context.ok(syn::parse2::<model::RawComposition>(input));
    let output = composition.and_then(|raw| parse::check(&context, raw)).map(|checked| emit::emit(&checked));
    let errors = context.finish();
    quote::quote!(#errors #output)
}
