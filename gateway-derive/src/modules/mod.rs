//! `#[derive(GatewayModule)]`.

mod check;
mod emit;
mod model;
mod parse;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::context::Context;

pub(crate) fn derive(input: DeriveInput) -> TokenStream {
    let context = Context::new();
    let raw = parse::parse(&context, input);
    let output = check::check(&context, raw).map(|checked| emit::emit(&checked)).unwrap_or_default();
    let errors = context.finish();
    quote::quote!(#errors #output)
}
