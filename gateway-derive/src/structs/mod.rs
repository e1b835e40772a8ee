//! `#[derive(GatewayStruct)]`.

mod check;
mod emit;
mod model;
mod parse;
mod rules;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::context::Context;

pub(crate) fn derive(input: DeriveInput) -> TokenStream {
    let context = Context::new();
    let raw = parse::parse(&context, input);
    let placeholder = emit::placeholder(&raw);
    let output = check::check(&context, raw).map_or(placeholder, |checked| emit::emit(&checked));
    let errors = context.finish();
    quote::quote!(#errors #output)
}
