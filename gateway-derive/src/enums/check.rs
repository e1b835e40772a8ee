//! The rules that an enum must keep. Each function is one rule.

use std::collections::HashMap;

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Fields, Ident, LitStr};

use super::model::{Enum, RawEnum, RawVariant, Value, Variant};
use crate::attribute::Once;
use crate::context::Context;

/// The enum with the members that are as they must be.
pub(super) fn check(context: &Context, raw: RawEnum) -> Enum {
    check_generics(context, &raw);
    let variants = raw.variants.unwrap_or_default();
    let fieldless: Vec<&RawVariant> =
        variants.iter().filter(|variant| check_fields(context, variant)).collect();
    let numbers = variants.iter().any(|variant| matches!(variant.value.get(), Some((Value::Int(_), _))));
    let checked: Vec<Variant> = fieldless
        .iter()
        .map(|variant| {
            let name = name(context, &variant.rename).unwrap_or_else(|| variant.ident.unraw().to_string());
            let value =
                variant.value.get().map_or_else(|| Value::Text(name.clone()), |(value, _)| value.clone());
            Variant { ident: variant.ident.clone(), docs: variant.docs.clone(), name, value }
        })
        .collect();
    if numbers {
        check_kinds(context, &fieldless);
    }
    check_unique(context, &fieldless, &checked);
    Enum {
        partial: checked.len() < variants.len() || variants.is_empty(),
        ident: raw.ident,
        generics: raw.generics,
        docs: raw.docs,
        krate: raw.krate.into_inner(),
        variants: checked,
    }
}

/// An enum without fields has nothing to be generic over, and one without members has no values.
fn check_generics(context: &Context, raw: &RawEnum) {
    if !raw.generics.params.is_empty() {
        context.error(&raw.generics.params, format!("gateway enum `{}` cannot be generic", raw.ident));
    }
    if raw.variants.as_ref().is_some_and(Vec::is_empty) {
        context.error(
            &raw.ident,
            format!("gateway enum `{}` has no members, so nothing could be a value of it", raw.ident),
        );
    }
}

/// A member is one value on the wire, with no room for fields.
fn check_fields(context: &Context, variant: &RawVariant) -> bool {
    if matches!(variant.fields, Fields::Unit) {
        return true;
    }
    context.error(
        &variant.fields,
        format!(
            "member `{}` has fields, and a gateway enum's members have none; use a struct with an `Option` for each \
             alternative",
            variant.ident
        ),
    );
    false
}

fn name(context: &Context, rename: &Once<LitStr>) -> Option<String> {
    let literal = rename.get()?;
    let text = literal.value();
    if text.is_empty() || text.chars().any(|c| c.is_control() || c == '/') {
        context.error(literal, "a member's name is a basket's key in URLs: it cannot be empty nor have `/` or control characters");
        return None;
    }
    Some(text)
}

/// A column has one type, so the members' values are all texts or all integers.
fn check_kinds(context: &Context, variants: &[&RawVariant]) {
    for variant in variants {
        match variant.value.get() {
            Some((Value::Int(_), _)) => {}
            Some((Value::Text(_), written)) => {
                context.error(
                    written,
                    "this value is a string and another member's is an integer; they must be of one kind",
                );
            }
            None => context.error(
                &variant.ident,
                format!("member `{}` needs an integer `value` too: another member has one", variant.ident),
            ),
        }
    }
}

/// Names and values find their member, so no two may be alike.
fn check_unique(context: &Context, raw: &[&RawVariant], checked: &[Variant]) {
    let mut names: HashMap<&str, &Ident> = HashMap::new();
    let mut values: HashMap<&Value, &Ident> = HashMap::new();
    for (raw, variant) in raw.iter().zip(checked) {
        let same_name = names.insert(&variant.name, &variant.ident);
        let same_value = values.insert(&variant.value, &variant.ident);
        if let Some(first) = same_name {
            let place =
                raw.rename.get().map_or_else(|| raw.ident.to_token_stream(), ToTokens::to_token_stream);
            context.error(
                place,
                format!("members `{first}` and `{}` are both called `{}`", variant.ident, variant.name),
            );
        } else if let Some(first) = same_value {
            let place = raw
                .value
                .get()
                .map_or_else(|| raw.ident.to_token_stream(), |(_, written)| written.to_token_stream());
            let value = match &variant.value {
                Value::Text(text) => format!("\"{text}\""),
                Value::Int(number) => number.to_string(),
            };
            context.error(
                place,
                format!("members `{first}` and `{}` both have the value `{value}`", variant.ident),
            );
        }
    }
}
