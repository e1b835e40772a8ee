//! `gateway!`.

mod emit;
mod model;
mod parse;

use proc_macro2::TokenStream;

use crate::context::Context;

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let context = Context::new();
    let Some(raw) = context.ok(syn::parse2::<model::RawComposition>(input)) else {
        return context.finish();
    };
    let krate = parse::krate(&context, &raw.attributes);
    let refused = emit::refused(&raw, krate.as_ref());
    match parse::check(&context, raw, krate) {
        Some(checked) => {
            let (output, errors) = (emit::emit(&checked), context.finish());
            quote::quote!(#errors #output)
        }
        None => refused(context),
    }
}
