//! Tests of the macros as functions from tokens to tokens. What the compiler makes of their output is tested in
//! the workspace's `tests/ui`.

mod expansions;
mod messages;

use proc_macro2::{TokenStream, TokenTree};

/// The tokens of a piece of code.
fn tokens(code: &str) -> TokenStream {
    code.parse().unwrap()
}

fn derive_struct(code: &str) -> TokenStream {
    crate::structs::derive(syn::parse_str(code).unwrap())
}

fn derive_enum(code: &str) -> TokenStream {
    crate::enums::derive(syn::parse_str(code).unwrap())
}

fn derive_module(code: &str) -> TokenStream {
    crate::modules::derive(syn::parse_str(code).unwrap())
}

fn channels(arguments: &str, code: &str) -> TokenStream {
    crate::channels::expand(&tokens(arguments), syn::parse_str(code).unwrap(), 0)
}

fn composition(code: &str) -> TokenStream {
    crate::composition::expand(tokens(code))
}

/// The messages of the `compile_error!` calls that an output starts with.
fn messages(output: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(output).unwrap();
    let of_item = |item: &syn::Item| match item {
        syn::Item::Macro(call) if call.mac.path.segments.last()?.ident == "compile_error" => {
            let literal =
                call.mac.tokens.clone().into_iter().find(|token| matches!(token, TokenTree::Literal(_)))?;
            Some(syn::parse2::<syn::LitStr>(literal.into()).unwrap().value())
        }
        _ => None,
    };
    file.items.iter().filter_map(of_item).collect()
}
