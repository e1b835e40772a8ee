//! The function that puts a composition together, and the check of it.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Path;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::model::{Composition, Module, RawComposition};
use crate::attribute::written;
use crate::context::Context;
use crate::private::private;

pub(super) fn emit(composition: &Composition) -> TokenStream {
    let private = private(composition.krate.as_ref());
    let Composition { attributes, visibility, ident, arguments, output, channels, modules, list, .. } =
        composition;
    let wirings = modules.iter().map(wiring);
    let with = modules.iter().enumerate().map(|(index, module)| {
        let value = typed(module);
        quote!(.with(__WIRINGS[#index], #value))
    });
    // All of the call is at the list of modules, so that the report is shown there.
    let check = quote_spanned!(*list=> __check(&[#(#wirings),*]));
    let count = modules.len();
    // What is no module is reported where it is added to the gateway. So that it is reported once, its wiring is
    // looked at without demanding that there is one: an inherent item whose bounds do not hold gives way to the
    // trait's. `(None, false)` is what has been reported already.
    quote! {
        #(#attributes)*
        #visibility fn #ident(#arguments) -> #output {
            use #private as __private;

            struct __Probe<__M>(::core::marker::PhantomData<__M>);

            impl<__M: __private::Wired<#channels>> __Probe<__M> {
                const WIRING: ::core::option::Option<__private::Wiring> =
                    ::core::option::Option::Some(<__M as __private::Wired<#channels>>::WIRING);
            }

            impl<__M: __private::Module<#channels>> __Probe<__M> {
                const IS_MODULE: bool = true;
            }

            #[allow(dead_code)]
            trait __Refused {
                const WIRING: ::core::option::Option<__private::Wiring> = ::core::option::Option::None;
                const IS_MODULE: bool = false;
            }

            impl<__M> __Refused for __Probe<__M> {}

            #[track_caller]
            const fn __check(
                found: &[(::core::option::Option<__private::Wiring>, bool, &str); #count],
            ) -> [__private::Wiring; #count] {
                let mut wirings = [__private::Wiring::NONE; #count];
                let mut complete = true;
                let mut index = 0;
                while index < #count {
                    match found[index] {
                        (::core::option::Option::Some(wiring), ..) => wirings[index] = wiring,
                        (::core::option::Option::None, is_module, name) => {
                            complete = false;
                            if is_module {
                                __private::check::wiring_unknown(name);
                            }
                        }
                    }
                    index += 1;
                }
                if complete {
                    __private::wiring::check(<#channels as __private::Channels>::SCHEMA, &wirings);
                }
                wirings
            }

            const __WIRINGS: [__private::Wiring; #count] = #check;

            <#output>::new() #(#with)*
        }
    }
}

/// The function of a composition that was refused, for those who call it. It returns a type that the compiler knows
/// to have been reported.
pub(super) fn refused(
    raw: &RawComposition,
    krate: Option<&Path>,
) -> impl FnOnce(Context) -> TokenStream + use<> {
    let RawComposition { visibility, ident, arguments, .. } = raw;
    let private = private(krate);
    let reported = format_ident!("__{}_refused", ident.unraw());
    let function = quote! {
        #[allow(unused_variables)]
        #visibility fn #ident(#arguments) -> #reported {
            ::core::unreachable!()
        }
    };
    move |context| {
        let errors = context.finish_as_type(&reported, &private);
        quote! {
            #[allow(non_camel_case_types)]
            #errors
            #function
        }
    }
}

/// A module's value, held to the type that its wiring is of. It begins and ends where the value does, so that
/// what is wrong with it is shown there.
fn typed(module: &Module) -> TokenStream {
    let (ty, value) = (&module.ty, &module.value);
    let first = value.span();
    let last = value.to_token_stream().into_iter().last().map_or(first, |token| token.span());
    let identity = quote_spanned!(first=> ::core::convert::identity::<#ty>);
    let value = quote_spanned!(last=> (#value));
    quote!(#identity #value)
}

/// What is known of a module: its wiring, whether it is a module, its type's name.
fn wiring(module: &Module) -> TokenStream {
    let ty = &module.ty;
    let written = written(ty);
    let wiring = match &module.name {
        Some(name) => {
            let name = name.unraw().to_string();
            quote! {
                match <__Probe<#ty>>::WIRING {
                    ::core::option::Option::Some(wiring) => ::core::option::Option::Some(wiring.named(#name)),
                    none => none,
                }
            }
        }
        None => quote!(<__Probe<#ty>>::WIRING),
    };
    quote!((#wiring, <__Probe<#ty>>::IS_MODULE, #written))
}
