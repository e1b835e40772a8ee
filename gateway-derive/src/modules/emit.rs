//! The bus of a module, its wiring and its connection.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Path};

use super::model::{Module, RawModule, Read, Use};
use crate::context::Context;
use crate::private::private;

pub(super) fn emit(module: &Module) -> TokenStream {
    let private = private(module.krate.as_ref());
    let (ident, visibility, name) = (&module.ident, &module.visibility, &module.name);
    let bus = format_ident!("{}Bus", ident.unraw());
    let docs = format!("The channels that [`{}`] may touch.", ident.unraw());
    let (set, uses) = (&module.channels, &module.uses);
    let types: Vec<TokenStream> = uses.iter().map(|used| channel_type(set, used)).collect();
    let fields = uses.iter().zip(&types).map(|(used, ty)| {
        let (channel, kind) = (&used.channel, handle(used));
        let docs = format!("Channel `{}`.", channel.unraw());
        quote! {
            #[doc = #docs]
            pub #channel: <#ty as #private::ChannelType>::#kind<'a>,
        }
    });
    let opened = uses.iter().zip(&types).map(|(used, ty)| {
        let (channel, open) = (&used.channel, open(used, ty));
        quote!(#channel: __module.#open,)
    });
    // The wiring names the types of its channels too: one that the set does not have, which has been reported, then
    // keeps `gateway!` from using the wiring, and reporting it again.
    let reads = names(uses, |used| used.read == Some(Read::Now));
    let optional = names(uses, |used| used.read == Some(Read::Optional));
    let feedback = names(uses, |used| used.read == Some(Read::Feedback));
    let writes = names(uses, |used| used.write);
    quote! {
        #[doc = #docs]
        #visibility struct #bus<'a> {
            #(#fields)*
            __module: #private::ModuleContext<'a>,
        }

        const _: () = {
            use #private as __private;

            #[automatically_derived]
            impl<'a> ::core::ops::Deref for #bus<'a> {
                type Target = __private::ModuleContext<'a>;

                fn deref(&self) -> &__private::ModuleContext<'a> {
                    &self.__module
                }
            }

            #[automatically_derived]
            impl __private::Wired<#set> for #ident {
                const WIRING: __private::Wiring = {
                    #(let _: ::core::option::Option<#types> = ::core::option::Option::None;)*
                    __private::Wiring {
                        module: #name,
                        reads: &[#(#reads),*],
                        optional: &[#(#optional),*],
                        feedback: &[#(#feedback),*],
                        writes: &[#(#writes),*],
                    }
                };
            }

            #[automatically_derived]
            impl __private::GatewayModule for #ident {
                type Channels = #set;
                type Bus<'a> = #bus<'a>;
            }

            #[automatically_derived]
            impl __private::Module<#set> for #ident {
                fn wiring(&self) -> __private::Wiring {
                    <Self as __private::Wired<#set>>::WIRING
                }

                fn connect_to(&self, __module: __private::ModuleContext<'_>) -> __private::Result<()> {
                    let __bus = #bus { #(#opened)* __module };
                    <Self as __private::Connect>::connect(self, __bus)
                }
            }
        };
    }
}

/// What stands for a module that was refused: everything that other code names. The bus and the set of channels are
/// of a type that the compiler knows to have been reported, so it does not look for the bus's fields, nor whether the
/// module fits a composition.
pub(super) fn refused(raw: &RawModule) -> impl FnOnce(Context) -> TokenStream + use<> {
    let private = private(raw.krate.get());
    let (ident, visibility) = (&raw.ident, &raw.visibility);
    let (implementation, arguments, bounds) = raw.generics.split_for_impl();
    let mut bounds = bounds.cloned().unwrap_or_else(|| syn::parse_quote!(where));
    if !raw.generics.params.is_empty() {
        bounds
            .predicates
            .push(syn::parse_quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static));
    }
    let bus = format_ident!("{}Bus", ident.unraw());
    let reported = format_ident!("__{}Refused", ident.unraw());
    let output = quote! {
        #[doc(hidden)]
        #visibility struct #bus<'a> {
            __module: ::core::marker::PhantomData<&'a ()>,
        }

        const _: () = {
            use #private as __private;

            #[automatically_derived]
            impl<'a> ::core::ops::Deref for #bus<'a> {
                type Target = #reported;

                fn deref(&self) -> &#reported {
                    ::core::unreachable!()
                }
            }

            #[automatically_derived]
            impl #implementation __private::Wired<#reported> for #ident #arguments #bounds {
                const WIRING: __private::Wiring = __private::Wiring::NONE;
            }

            #[automatically_derived]
            impl #implementation __private::GatewayModule for #ident #arguments #bounds {
                type Channels = #reported;
                type Bus<'a> = #bus<'a>;
            }

            #[automatically_derived]
            impl #implementation __private::Module<#reported> for #ident #arguments #bounds {
                fn wiring(&self) -> __private::Wiring {
                    __private::Wiring::NONE
                }
            }
        };
    };
    move |context| {
        let errors = context.finish_as_type(&reported, &private);
        quote!(#errors #output)
    }
}

/// The channel's type, from the table of the set. The call is at the channel's name, so that a name which the
/// set does not have is reported there.
fn channel_type(set: &Path, used: &Use) -> TokenStream {
    let channel = &used.channel;
    let place = channel.span();
    let mut path = set.clone();
    for segment in &mut path.segments {
        segment.ident.set_span(segment.ident.span().located_at(place));
    }
    quote_spanned!(place=> #path!(#set, #channel))
}

/// Which handle the bus has for a channel.
fn handle(used: &Use) -> Ident {
    match (used.read, used.write) {
        (Some(_), true) => format_ident!("ReadWriter"),
        (None, true) => format_ident!("Writer"),
        _ => format_ident!("Reader"),
    }
}

/// How the module's context opens it.
fn open(used: &Use, ty: &TokenStream) -> TokenStream {
    let name = used.channel.unraw().to_string();
    let feedback = used.read == Some(Read::Feedback);
    match (used.read, used.write) {
        (Some(_), true) => quote!(reader_writer::<#ty>(#name, #feedback)),
        (None, true) => quote!(writer::<#ty>(#name)),
        _ if feedback => quote!(feedback::<#ty>(#name)),
        _ => quote!(reader::<#ty>(#name)),
    }
}

fn names(uses: &[Use], which: impl Fn(&Use) -> bool) -> Vec<String> {
    uses.iter().filter(|used| which(used)).map(|used| used.channel.unraw().to_string()).collect()
}
