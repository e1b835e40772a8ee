//! The rules that a struct must keep. Each function is one rule or one family of them.
//!
//! An attribute that breaks a rule is reported and left out, so that the rest of the struct still works and
//! nothing else complains about it.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Type};

use super::model::{Field, RawField, RawStruct, Rule, RuleKind, RuleName, Struct};
use super::rules::{check_length, check_pattern, check_range};
use crate::context::Context;

/// The struct, unless its shape is wrong.
pub(super) fn check(context: &Context, raw: RawStruct) -> Option<Struct> {
    let generics_ok = check_generics(context, &raw);
    let python = raw.python.get().and_then(|class| check_python(context, class));
    let record = raw.nested.get().is_none();
    let raw_fields = raw.fields?;
    let finite = check_recursion(context, &raw.ident, &raw_fields);
    let wire_names = check_names(context, record, &raw_fields);
    let fields: Vec<Field> = raw_fields
        .into_iter()
        .zip(wire_names)
        .map(|(field, wire)| check_field(context, field, wire))
        .collect();
    (generics_ok && finite).then(|| Struct {
        ident: raw.ident,
        docs: raw.docs,
        krate: raw.krate.into_inner(),
        python,
        record,
        fields,
    })
}

/// Schemas are constants, and a generic struct would have one for each use of it, all under one name.
fn check_generics(context: &Context, raw: &RawStruct) -> bool {
    if raw.generics.params.is_empty() {
        return true;
    }
    context.error(
        &raw.generics.params,
        format!(
            "gateway struct `{}` cannot be generic: its schema has one name and one set of columns; write a struct \
             for each use of it",
            raw.ident
        ),
    );
    false
}

/// `python` names a class in a module.
fn check_python(context: &Context, class: &LitStr) -> Option<String> {
    let text = class.value();
    let is_identifier = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if text.contains('.') && text.split('.').all(is_identifier) {
        return Some(text);
    }
    context.error(
        class,
        format!("`{text}` is not a Python class with its module: `python = \"package.module.Class\"`"),
    );
    None
}

/// A struct that contains itself has no finite set of columns.
fn check_recursion(context: &Context, ident: &Ident, fields: &[RawField]) -> bool {
    let mut finite = true;
    for field in fields.iter().filter(|field| field.skip.get().is_none()) {
        if let Some(name) = mention(field.ty.to_token_stream(), ident) {
            finite = false;
            context.error(
                name,
                format!(
                    "field `{}` makes `{ident}` contain itself: a recursive struct has no finite set of columns; \
                     refer to the other record by its id, or leave the field out with `#[gateway(skip)]`",
                    field.ident
                ),
            );
        }
    }
    finite
}

/// Where a type names the struct by itself, not as a part of a path to something else.
fn mention(ty: TokenStream, ident: &Ident) -> Option<Ident> {
    let mut after_path_separator = false;
    for token in ty {
        match token {
            TokenTree::Ident(name) => {
                if !after_path_separator && (name == *ident || name == "Self") {
                    return Some(name);
                }
                after_path_separator = false;
            }
            TokenTree::Punct(punct) => after_path_separator = punct.as_char() == ':',
            TokenTree::Group(group) => {
                if let Some(name) = mention(group.stream(), ident) {
                    return Some(name);
                }
            }
            TokenTree::Literal(_) => {}
        }
    }
    None
}

/// The names on the wire, none for skipped fields: not empty, without a dot, not reserved, no two alike.
fn check_names(context: &Context, record: bool, fields: &[RawField]) -> Vec<Option<String>> {
    let mut seen: HashMap<String, &Ident> = HashMap::new();
    let mut names = Vec::new();
    for field in fields {
        if field.skip.get().is_some() {
            names.push(None);
            continue;
        }
        let own = field.ident.unraw().to_string();
        let given = field.rename.get().and_then(|name| check_rename(context, name));
        let place = match field.rename.get() {
            Some(rename) => rename.to_token_stream(),
            None => field.ident.to_token_stream(),
        };
        let name = given.unwrap_or(own);
        if record && matches!(name.as_str(), "id" | "timestamp") {
            context.error(
                place,
                format!(
                    "`{name}` is reserved: every record has an `id` and a `timestamp` already; give the field another \
                     name, or mark a struct that is only nested in others with `#[gateway(nested)]`"
                ),
            );
        } else if let Some(first) = seen.get(&name) {
            context.error(
                place,
                format!(
                    "fields `{first}` and `{}` are both called `{name}` on the wire; give one of them another name \
                     with `rename = \"…\"`",
                    field.ident
                ),
            );
        }
        seen.entry(name.clone()).or_insert(&field.ident);
        names.push(Some(name));
    }
    names
}

fn check_rename(context: &Context, name: &LitStr) -> Option<String> {
    let text = name.value();
    if text.is_empty() {
        context.error(name, "a field's name cannot be empty");
    } else if text.contains('.') {
        context.error(
            name,
            format!("`{text}` has a dot, which separates the names of nested columns; use another character"),
        );
    } else if text.chars().any(char::is_control) {
        context.error(name, "a field's name cannot have control characters");
    } else {
        return Some(text);
    }
    None
}

fn check_field(context: &Context, field: RawField, wire: Option<String>) -> Field {
    check_skip(context, &field);
    let default = field.default.get().map(default_value);
    let RawField { ident, ty, docs, range, length, pattern, custom, order, .. } = field;
    let (range, length, pattern) = (placed(range), placed(length), placed(pattern));
    let mut rules = Vec::new();
    if wire.is_some() {
        for rule in order {
            let checked = match rule {
                RuleName::Range => range.as_ref().and_then(|(place, range)| {
                    Some(Rule { place: place.clone(), kind: check_range(context, place, range)? })
                }),
                RuleName::Length => length.as_ref().and_then(|(place, length)| {
                    Some(Rule { place: place.clone(), kind: check_length(context, place, length)? })
                }),
                RuleName::Pattern => pattern.as_ref().and_then(|(place, pattern)| {
                    Some(Rule { place: place.clone(), kind: check_pattern(context, pattern)? })
                }),
                RuleName::Custom(index) => {
                    let (place, function) = &custom[index];
                    Some(Rule { place: place.clone(), kind: RuleKind::Custom(function.clone()) })
                }
            };
            rules.extend(checked);
        }
    }
    Field { ident, ty, docs, wire, default, rules }
}

fn placed<T>(given: crate::attribute::Once<T>) -> Option<(Path, T)> {
    let path = given.path()?.clone();
    Some((path, given.into_inner()?))
}

/// A skipped field is on no wire, so nothing that concerns the wire can be said of it.
fn check_skip(context: &Context, field: &RawField) {
    if field.skip.get().is_none() {
        return;
    }
    let others = [
        field.rename.path(),
        field.range.path(),
        field.length.path(),
        field.pattern.path(),
        field.custom.first().map(|(place, _)| place),
    ];
    for place in others.into_iter().flatten() {
        context.error(
            place,
            format!(
                "`skip` leaves field `{}` out of the schema, so `{}` has no effect; remove one of them",
                field.ident,
                crate::attribute::name_of(place)
            ),
        );
    }
}

/// A text is turned into what the field holds, so that `default = "XNAS"` works for a `String`.
fn default_value(value: &Option<Expr>) -> TokenStream {
    match value {
        None => quote!(::core::default::Default::default()),
        Some(text @ Expr::Lit(ExprLit { lit: Lit::Str(_), .. })) => {
            quote!(::core::convert::Into::into(#text))
        }
        Some(value) => value.to_token_stream(),
    }
}

/// Whether a type is written as an `Option`.
pub(super) fn option_item(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Option")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(syn::GenericArgument::Type(item)) if arguments.args.len() == 1 => Some(item),
        _ => None,
    }
}
