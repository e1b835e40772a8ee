//! Where generated code finds what it names.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

/// The path of the private module of the crate that the generated code is for.
pub(crate) fn private(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(krate) => quote!(#krate::__private),
        None => quote!(::gateway_runtime::__private),
    }
}
