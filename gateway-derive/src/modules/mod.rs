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
    let refused = emit::refused(&raw);
    match check::check(&context, raw) {
        Some(checked) => {
            let (output, errors) = (emit::emit(&checked), context.finish());
            quote::quote!(#errors #output)
        }
        None => refused(context),
    }
}
