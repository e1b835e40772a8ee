//! Structs and enums.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::{Number, Value};

use super::defaults;
use super::docs::outer;
use super::names::Naming;
use crate::ir::{Bound, Constraints, Enum, Field, Ir, Type};

pub(super) fn emit(ir: &Ir, naming: &Naming) -> TokenStream {
    let enums = (0..ir.enums.len()).map(|index| enumeration(&ir.enums[index], index, naming));
    let structs = (0..ir.structs.len()).map(|index| structure(ir, index, naming));
    quote! {
        //! What the channels carry.

        #(#structs)*
        #(#enums)*
    }
}

fn enumeration(item: &Enum, index: usize, naming: &Naming) -> TokenStream {
    let ident = &naming.enums[index];
    let docs = outer(&item.docs, &format!("The gateway's `{ident}`."));
    let variants = item.variants.iter().zip(&naming.variants[index]).map(|(variant, ident)| {
        let docs = outer(&variant.docs, &format!("`{}`.", variant.name));
        let name = &variant.name;
        let value = match &variant.value {
            Value::Number(number) => integer(number),
            value => {
                let text = value.as_str().unwrap_or_default();
                quote!(#text)
            }
        };
        quote! {
            #docs
            #[gateway(rename = #name, value = #value)]
            #ident,
        }
    });
    quote! {
        #docs
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, gateway_client::GatewayEnum)]
        #[gateway(crate = "::gateway_client")]
        pub enum #ident { #(#variants)* }
    }
}

fn structure(ir: &Ir, index: usize, naming: &Naming) -> TokenStream {
    let item = &ir.structs[index];
    let ident = &naming.structs[index];
    let docs = outer(&item.docs, &format!("The gateway's `{ident}`."));
    let nested = (!item.record).then(|| quote!(, nested));
    let members: Vec<_> = item.fields.iter().zip(&naming.members[index]).collect();
    let fields = members.iter().map(|(field, ident)| {
        let docs = field_docs(field);
        let ty = field_type(field, naming);
        let long = long_default(&naming.structs[index], ident);
        let attributes = attributes(ir, field, &ident.to_string(), &long, naming);
        let attribute = (!attributes.is_empty()).then(|| quote!(#[gateway(#(#attributes),*)]));
        quote! { #docs #attribute pub #ident: #ty, }
    });
    let constructor = constructor(ir, index, naming);
    let long_defaults = long_defaults(ir, index, naming);
    quote! {
        #docs
        #[derive(Clone, Debug, PartialEq, gateway_client::GatewayStruct)]
        #[gateway(crate = "::gateway_client" #nested)]
        pub struct #ident { #(#fields)* }
        #constructor
        #long_defaults
    }
}

/// The call of the function that makes a field's default, where it is long.
fn long_default(owner: &Ident, member: &Ident) -> TokenStream {
    let function = format_ident!("default_{member}");
    quote!(#owner::#function())
}

/// The functions that make long defaults.
fn long_defaults(ir: &Ir, index: usize, naming: &Naming) -> Option<TokenStream> {
    let owner = &naming.structs[index];
    let members = ir.structs[index].fields.iter().zip(&naming.members[index]);
    let functions: Vec<_> = members
        .filter(|(field, _)| defaults::is_long(field))
        .filter_map(|(field, ident)| {
            let value = defaults::field(ir, field, field.default.as_ref()?, naming);
            let (function, ty) = (format_ident!("default_{ident}"), field_type(field, naming));
            Some(quote!(fn #function() -> #ty { #value }))
        })
        .collect();
    (!functions.is_empty()).then(|| quote!(impl #owner { #(#functions)* }))
}

/// With more parameters than this, a call does not tell what is what.
const MOST_PARAMETERS: usize = 6;

/// A constructor from the required fields, or `Default` if there are none. A struct whose fields are all
/// required is as short to write by itself.
fn constructor(ir: &Ir, index: usize, naming: &Naming) -> Option<TokenStream> {
    let ident = &naming.structs[index];
    let members: Vec<_> = ir.structs[index].fields.iter().zip(&naming.members[index]).collect();
    let required: Vec<_> = members.iter().filter(|(field, _)| field.required()).collect();
    if required.len() == members.len() || required.len() > MOST_PARAMETERS {
        return None;
    }
    let values = members.iter().map(|(field, member)| match &field.default {
        Some(_) if defaults::is_long(field) => {
            let value = long_default(ident, member);
            quote!(#member: #value)
        }
        Some(default) => {
            let value = defaults::field(ir, field, default, naming);
            quote!(#member: #value)
        }
        None if field.nullable => quote!(#member: None),
        None if field.ty == Type::String => quote!(#member: #member.into()),
        None => quote!(#member),
    });
    if required.is_empty() {
        return Some(quote! {
            impl Default for #ident {
                fn default() -> Self { #ident { #(#values),* } }
            }
        });
    }
    let parameters = required.iter().map(|(field, ident)| {
        let ty = field_type(field, naming);
        if field.ty == Type::String { quote!(#ident: impl Into<String>) } else { quote!(#ident: #ty) }
    });
    Some(quote! {
        impl #ident {
            /// A value of the fields that are required; the others get what they have when they are left out.
            pub fn new(#(#parameters),*) -> Self {
                #ident { #(#values),* }
            }
        }
    })
}

fn field_docs(field: &Field) -> TokenStream {
    let mut text = match field.docs.trim() {
        "" => format!("The field `{}`.", field.name),
        docs => docs.to_owned(),
    };
    let mut note = |words: String| text.push_str(&format!("\n\n{words}"));
    if let Some(pattern) =
        field.constraints.pattern.as_ref().filter(|pattern| regex::Regex::new(pattern).is_err())
    {
        note(format!("The gateway checks a pattern that cannot be checked here: `{pattern}`."));
    }
    if !field.constraints.custom.is_empty() {
        note(format!("Checked further by the gateway: `{}`.", field.constraints.custom.join("`, `")));
    }
    outer(&text, "")
}

fn field_type(field: &Field, naming: &Naming) -> TokenStream {
    let ty = type_of(&field.ty, naming);
    if field.nullable { quote!(Option<#ty>) } else { ty }
}

pub(super) fn type_of(ty: &Type, naming: &Naming) -> TokenStream {
    match ty {
        Type::Bool => quote!(bool),
        Type::Int(bits) => {
            let ident = format_ident!("i{bits}");
            quote!(#ident)
        }
        Type::UInt(bits) => {
            let ident = format_ident!("u{bits}");
            quote!(#ident)
        }
        Type::Float(bits) => {
            let ident = format_ident!("f{bits}");
            quote!(#ident)
        }
        Type::String => quote!(String),
        Type::Bytes => quote!(gateway_client::Bytes),
        Type::Date => quote!(gateway_client::chrono::NaiveDate),
        Type::Time => quote!(gateway_client::chrono::NaiveTime),
        Type::DateTime => quote!(gateway_client::chrono::DateTime<gateway_client::chrono::Utc>),
        Type::NaiveDateTime => quote!(gateway_client::chrono::NaiveDateTime),
        Type::Duration => quote!(gateway_client::chrono::TimeDelta),
        Type::Uuid => quote!(gateway_client::Uuid),
        Type::Decimal => quote!(gateway_client::Decimal),
        Type::Enum(id) => {
            let ident = &naming.enums[id.0];
            quote!(#ident)
        }
        Type::Struct(id) => {
            let ident = &naming.structs[id.0];
            quote!(#ident)
        }
        Type::List(item) => {
            let item = type_of(item, naming);
            quote!(Vec<#item>)
        }
        Type::Array(item, length) => {
            let item = type_of(item, naming);
            let length = Literal::usize_unsuffixed(*length);
            quote!([#item; #length])
        }
        Type::Map(key, value) => {
            let (key, value) = (type_of(key, naming), type_of(value, naming));
            quote!(std::collections::BTreeMap<#key, #value>)
        }
        Type::Nullable(inner) => {
            let inner = type_of(inner, naming);
            quote!(Option<#inner>)
        }
        Type::Any => quote!(gateway_client::serde_json::Value),
    }
}

/// What is in the field's `#[gateway(…)]`.
fn attributes(ir: &Ir, field: &Field, ident: &str, long: &TokenStream, naming: &Naming) -> Vec<TokenStream> {
    let mut found = Vec::new();
    if field.name != ident {
        let name = &field.name;
        found.push(quote!(rename = #name));
    }
    rules(&field.constraints, &mut found);
    found.extend(defaults::attribute(ir, field, long, naming));
    found
}

fn rules(constraints: &Constraints, found: &mut Vec<TokenStream>) {
    let bound = |bound: &Option<Bound>, inclusive: &str, exclusive: &str| {
        bound.as_ref().map(|bound| {
            let name = format_ident!("{}", if bound.exclusive { exclusive } else { inclusive });
            let value = number(&bound.value);
            quote!(#name = #value)
        })
    };
    let range: Vec<_> = bound(&constraints.min, "min", "exclusive_min")
        .into_iter()
        .chain(bound(&constraints.max, "max", "exclusive_max"))
        .collect();
    if !range.is_empty() {
        found.push(quote!(range(#(#range),*)));
    }
    let length = |length: Option<u64>, name: &str| {
        length.map(|length| {
            let (name, length) = (format_ident!("{name}"), Literal::u64_unsuffixed(length));
            quote!(#name = #length)
        })
    };
    let lengths: Vec<_> = length(constraints.min_length, "min")
        .into_iter()
        .chain(length(constraints.max_length, "max"))
        .collect();
    if !lengths.is_empty() {
        found.push(quote!(length(#(#lengths),*)));
    }
    if let Some(pattern) = &constraints.pattern
        && regex::Regex::new(pattern).is_ok()
    {
        found.push(quote!(pattern = #pattern));
    }
}

fn number(number: &Number) -> TokenStream {
    match number.as_f64() {
        Some(float) if number.is_f64() => signed(float < 0.0, Literal::f64_unsuffixed(float.abs())),
        _ => integer(number),
    }
}

pub(super) fn integer(number: &Number) -> TokenStream {
    // Integers of a document fit: they are of 64 bits, signed or not.
    let value = number.as_i128().unwrap_or_default();
    signed(value < 0, Literal::u128_unsuffixed(value.unsigned_abs()))
}

/// A literal has no sign of its own.
pub(super) fn signed(negative: bool, literal: impl quote::ToTokens) -> TokenStream {
    if negative { quote!(-#literal) } else { quote!(#literal) }
}
