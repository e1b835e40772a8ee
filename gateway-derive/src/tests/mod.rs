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

/// The messages of the `compile_error!` calls in an output, which is one that the compiler can read.
fn messages(output: TokenStream) -> Vec<String> {
    syn::parse2::<syn::File>(output.clone()).unwrap();
    let (mut found, mut is_call) = (Vec::new(), false);
    collect(output, &mut is_call, &mut found);
    found
}

fn collect(output: TokenStream, is_call: &mut bool, found: &mut Vec<String>) {
    for token in output {
        match token {
            TokenTree::Ident(name) => *is_call = name == "compile_error",
            TokenTree::Literal(text) if *is_call => {
                found.push(syn::parse2::<syn::LitStr>(TokenTree::from(text).into()).unwrap().value());
            }
            TokenTree::Group(group) => collect(group.stream(), is_call, found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
