//! The collector of a macro's errors.

use std::cell::RefCell;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

/// Collects every error of one macro call.
///
/// It must be turned into output by [`Context::finish`]: dropping it unchecked is a bug of this crate, and
/// panics.
#[derive(Debug)]
pub(crate) struct Context {
    /// Taken by `finish`.
    errors: RefCell<Option<Vec<syn::Error>>>,
}

impl Context {
    pub(crate) fn new() -> Self {
        Context { errors: RefCell::new(Some(Vec::new())) }
    }

    /// Records an error at `place`.
    pub(crate) fn error(&self, place: impl ToTokens, message: impl std::fmt::Display) {
        self.syn_error(syn::Error::new_spanned(place, message));
    }

    /// Records an error that syn found.
    pub(crate) fn syn_error(&self, error: syn::Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// How many errors there are so far.
    pub(crate) fn count(&self) -> usize {
        self.errors.borrow().as_ref().map_or(0, Vec::len)
    }

    /// The value, or nothing when syn found an error instead.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.syn_error(error)).ok()
    }

    /// All errors, the first of them inside a type that `name` is an alias of. The compiler then knows that whatever
    /// has this type has been reported, and says nothing more of it. (An error that is the whole of a type would not
    /// do: the compiler goes on with `()`.)
    pub(crate) fn finish_as_type(self, name: &Ident, private: &TokenStream) -> TokenStream {
        let errors = self.errors.borrow_mut().take().unwrap_or_default();
        let mut errors = errors.into_iter().flatten().map(|error| error.to_compile_error());
        let first = errors.next();
        quote! {
            #[doc(hidden)]
            type #name = <() as #private::derive::ChannelTypeAt<{ #first }>>::Channel;
            #(#errors)*
        }
    }

    /// All errors as `compile_error!` calls; empty when there are none.
    pub(crate) fn finish(self) -> TokenStream {
        let errors = self.errors.borrow_mut().take().unwrap_or_default();
        errors.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.errors.borrow().is_some() {
            panic!("the errors of a macro call were not looked at");
        }
    }
}
