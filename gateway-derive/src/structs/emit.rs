//! The implementations for a struct.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::check::option_item;
use super::model::{Bound, Field, Number, RawStruct, Rule, RuleKind, Struct};
use crate::attribute::written;
use crate::private::private;

/// A field that is on the wire, with its place in the schema.
struct Member<'a> {
    index: usize,
    name: &'a str,
    field: &'a Field,
}

pub(super) fn emit(input: &Struct) -> TokenStream {
    let private = private(input.krate.as_ref());
    let members: Vec<Member<'_>> = input
        .fields
        .iter()
        .filter_map(|field| Some((field, field.wire.as_deref()?)))
        .enumerate()
        .map(|(index, (field, name))| Member { index, name, field })
        .collect();
    let ident = &input.ident;
    // At the name, so that what the struct lacks is reported there and once.
    let bound = quote_spanned! {ident.span()=>
    where Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync
    };
    let schema = schema(input, &members);
    let functions: TokenStream = members.iter().map(functions).collect();
    let fits: TokenStream = members.iter().map(fits).collect();
    let write = members.iter().map(|Member { name, field, .. }| {
        let (wire, own) = (wire_type(field), &field.ident);
        quote!(#wire::write_member(&self.#own, __map, #name)?;)
    });
    let read = read(input, &members);
    let validate = members.iter().map(|member| {
        let (wire, own, index) = (wire_type(member.field), &member.field.ident, member.index);
        let custom = custom(member);
        quote!(#wire::validate_member(&self.#own, __problems, &__SCHEMA.fields[#index], #custom);)
    });
    let cells = members.iter().map(|Member { index, field, .. }| {
        let (wire, own) = (wire_type(field), &field.ident);
        quote!([#index, __rest @ ..] => #wire::cell_at(&self.#own, __rest),)
    });
    let heap = members.iter().map(|Member { field, .. }| {
        let (wire, own) = (wire_type(field), &field.ident);
        quote!(#wire::heap_bytes(&self.#own))
    });
    quote! {
        const _: () = {
            use #private as __private;

            #functions

            const __SCHEMA: &__private::StructSchema = &#schema;

            #[automatically_derived]
            impl __private::WireType for #ident #bound {
                const TYPE: __private::FieldType = __private::FieldType::Struct(__SCHEMA);

                fn write<__S: __private::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    __private::derive::write_struct(self, __serializer)
                }

                fn read(
                    __input: &__private::serde_json::Value,
                    __problems: &mut __private::Problems,
                ) -> ::core::option::Option<Self> {
                    __private::derive::read_struct(__input, __problems)
                }

                fn validate_inside(&self, __problems: &mut __private::Problems) {
                    <Self as __private::GatewayStruct>::validate_into(self, __problems);
                }

                fn cell(&self) -> __private::Cell<'_> {
                    __private::Cell::Opaque
                }

                fn cell_at(&self, __path: &[usize]) -> __private::Cell<'_> {
                    match __path {
                        #(#cells)*
                        _ => __private::Cell::Opaque,
                    }
                }

                fn heap_bytes(&self) -> usize {
                    0 #(+ #heap)*
                }
            }

            #[automatically_derived]
            impl __private::GatewayStruct for #ident #bound {
                const SCHEMA: &'static __private::StructSchema = __SCHEMA;

                fn write_fields<__M: __private::serde::ser::SerializeMap>(
                    &self,
                    __map: &mut __M,
                ) -> ::core::result::Result<(), __M::Error> {
                    #(#write)*
                    ::core::result::Result::Ok(())
                }

                fn read_fields(__reader: &mut __private::ObjectReader<'_>) -> ::core::option::Option<Self> {
                    #read
                }

                fn validate_into(&self, __problems: &mut __private::Problems) {
                    #(#validate)*
                }
            }

            #fits
        };
    }
}

/// `<T as WireType>`, all of it at the type as the user wrote it, so that the compiler reports a type without
/// the trait there, and once: reports that are alike in every part are merged.
fn wire_type(field: &Field) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(ty.span()=> <#ty as __private::WireType>)
}

fn schema(input: &Struct, members: &[Member<'_>]) -> TokenStream {
    let Struct { docs, record, .. } = input;
    let name = input.ident.unraw().to_string();
    let python = optional(input.python.as_ref());
    let fields = members.iter().map(|member| {
        let Member { name, field, .. } = member;
        let docs = &field.docs;
        let wire = wire_type(field);
        let default = match field.default {
            Some(_) => {
                let function = default_function(field);
                quote!(::core::option::Option::Some(|| #wire::into_default(#function())))
            }
            None => quote!(::core::option::Option::None),
        };
        let constraints = field.rules.iter().map(constraint);
        quote! {
            __private::FieldSchema {
                name: #name,
                docs: #docs,
                ty: #wire::TYPE,
                nullable: #wire::NULLABLE,
                default: #default,
                constraints: &[#(#constraints),*],
            }
        }
    });
    quote! {
        __private::StructSchema {
            name: #name,
            docs: #docs,
            python: #python,
            record: #record,
            fields: &[#(#fields),*],
        }
    }
}

fn constraint(rule: &Rule) -> TokenStream {
    match &rule.kind {
        RuleKind::Range { min, max } => {
            let (min, max) = (optional(min.as_ref()), optional(max.as_ref()));
            quote!(__private::Constraint::Range { min: #min, max: #max })
        }
        RuleKind::Length { min, max } => {
            let (min, max) = (optional(min.as_ref()), optional(max.as_ref()));
            quote!(__private::Constraint::Length { min: #min, max: #max })
        }
        RuleKind::Pattern(pattern) => quote! {
            __private::Constraint::Pattern {
                source: #pattern,
                regex: || {
                    static __REGEX: ::std::sync::LazyLock<__private::Regex> =
                        ::std::sync::LazyLock::new(|| __private::derive::pattern(#pattern));
                    &__REGEX
                },
            }
        },
        RuleKind::Custom(function) => {
            let name = written(function);
            quote!(__private::Constraint::Custom { name: #name })
        }
    }
}

impl ToTokens for Bound {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let exclusive = self.exclusive;
        let value = match self.value {
            Number::Int(value) => quote!(Int(#value)),
            Number::Float(value) => quote!(Float(#value)),
        };
        tokens.extend(quote! {
            __private::constraint::Bound { value: __private::Number::#value, exclusive: #exclusive }
        });
    }
}

fn optional<T: ToTokens>(value: Option<&T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn default_function(field: &Field) -> Ident {
    format_ident!("__default_{}", field.ident.unraw())
}

fn custom_function(field: &Field, index: usize) -> Ident {
    format_ident!("__custom_{index}_{}", field.ident.unraw())
}

fn custom_rules(field: &Field) -> impl Iterator<Item = &syn::Path> {
    field.rules.iter().filter_map(|rule| match &rule.kind {
        RuleKind::Custom(function) => Some(function),
        _ => None,
    })
}

/// The list of a field's own validators.
fn custom(member: &Member<'_>) -> TokenStream {
    let functions = (0..custom_rules(member.field).count()).map(|index| custom_function(member.field, index));
    quote!(&[#(&#functions),*])
}

/// The functions that a field's default and its own validators become.
fn functions(member: &Member<'_>) -> TokenStream {
    let field = member.field;
    let ty = &field.ty;
    let mut functions = TokenStream::new();
    if let Some(default) = &field.default {
        let name = default_function(field);
        functions.extend(quote! {
            fn #name() -> #ty {
                #default
            }
        });
    }
    for (index, path) in custom_rules(field).enumerate() {
        let name = custom_function(field, index);
        let call = quote_spanned!(path.span()=> __private::derive::custom_result(#path(__value)));
        // A rule of an optional field is about the value that is there.
        let body = match option_item(ty) {
            Some(_) => quote! {
                match __value {
                    ::core::option::Option::Some(__value) => #call,
                    ::core::option::Option::None => ::core::result::Result::Ok(()),
                }
            },
            None => call,
        };
        functions.extend(quote! {
            #[allow(clippy::ptr_arg, clippy::ref_option)]
            fn #name(__value: &#ty) -> ::core::result::Result<(), ::std::string::String> {
                #body
            }
        });
    }
    functions
}

/// Reads every field before it looks whether one failed, so that all problems are found.
fn read(input: &Struct, members: &[Member<'_>]) -> TokenStream {
    let locals: Vec<Ident> = members.iter().map(|member| format_ident!("__field_{}", member.index)).collect();
    let reads = members.iter().zip(&locals).map(|(member, local)| {
        let (index, wire) = (member.index, wire_type(member.field));
        let default = match member.field.default {
            Some(_) => {
                let function = default_function(member.field);
                quote!(::core::option::Option::Some(#function))
            }
            None => quote!(::core::option::Option::None),
        };
        let custom = custom(member);
        quote!(let #local = #wire::read_member(__reader, #index, #default, #custom);)
    });
    let own = members.iter().map(|member| &member.field.ident);
    let skipped = input.fields.iter().filter(|field| field.wire.is_none()).map(|field| {
        let own = &field.ident;
        let ty = &field.ty;
        let value = match &field.default {
            Some(default) => default.clone(),
            None => quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default()),
        };
        quote!(#own: #value)
    });
    quote! {
        #(#reads)*
        ::core::option::Option::Some(Self {
            #(#own: #locals?,)*
            #(#skipped,)*
        })
    }
}

/// Checks, while the struct is compiled, that each rule fits its field's type. Macros cannot see through type
/// aliases, the type system can.
fn fits(member: &Member<'_>) -> TokenStream {
    let Member { index, name, field } = member;
    let ty = written(&field.ty);
    let checks = field.rules.iter().enumerate().filter_map(|(at, rule)| {
        if let RuleKind::Custom(_) = rule.kind {
            return None;
        }
        let (index, at) = (Literal::usize_unsuffixed(*index), Literal::usize_unsuffixed(at));
        let field = quote!(__SCHEMA.fields[#index]);
        let call = quote_spanned! {rule.place.span()=>
            __private::check::constraint_fits(#name, #ty, &#field.ty, &#field.constraints[#at])
        };
        Some(quote!(const _: () = #call;))
    });
    checks.collect()
}

/// Implementations for a struct that was refused, so that its other uses are not errors as well. They are
/// never run: the refusal stops the compiler. A schema without a name keeps keys of state tables from being looked
/// for in it.
pub(super) fn placeholder(raw: &RawStruct) -> TokenStream {
    let private = private(raw.krate.get());
    let ident = &raw.ident;
    let (implementation, arguments, bounds) = raw.generics.split_for_impl();
    let mut bounds = bounds.cloned().unwrap_or_else(|| syn::parse_quote!(where));
    if !raw.generics.params.is_empty() {
        let clone = syn::parse_quote!(Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static);
        bounds.predicates.push(clone);
    }
    quote! {
        const _: () = {
            use #private as __private;

            #[automatically_derived]
            impl #implementation __private::WireType for #ident #arguments #bounds {
                const TYPE: __private::FieldType =
                    __private::FieldType::Struct(<Self as __private::GatewayStruct>::SCHEMA);

                fn write<__S: __private::serde::Serializer>(
                    &self,
                    _: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    ::core::unreachable!()
                }

                fn read(
                    _: &__private::serde_json::Value,
                    _: &mut __private::Problems,
                ) -> ::core::option::Option<Self> {
                    ::core::unreachable!()
                }

                fn cell(&self) -> __private::Cell<'_> {
                    ::core::unreachable!()
                }
            }

            #[automatically_derived]
            impl #implementation __private::GatewayStruct for #ident #arguments #bounds {
                const SCHEMA: &'static __private::StructSchema = &__private::StructSchema {
                    name: "",
                    docs: "",
                    python: ::core::option::Option::None,
                    record: true,
                    fields: &[],
                };

                fn write_fields<__M: __private::serde::ser::SerializeMap>(
                    &self,
                    _: &mut __M,
                ) -> ::core::result::Result<(), __M::Error> {
                    ::core::unreachable!()
                }

                fn read_fields(_: &mut __private::ObjectReader<'_>) -> ::core::option::Option<Self> {
                    ::core::unreachable!()
                }

                fn validate_into(&self, _: &mut __private::Problems) {}
            }
        };
    }
}
