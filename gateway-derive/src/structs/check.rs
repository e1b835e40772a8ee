//! The rules that a struct must keep. Each function is one rule or one family of them.
//!
//! An attribute that breaks a rule is reported and left out, so that the rest of the struct still works and
//! nothing else complains about it.

use std::cmp::Ordering;
use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Type};

use super::model::{
    Bound, Field, Number, RawField, RawLength, RawRange, RawStruct, Rule, RuleKind, RuleName, Struct,
};
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
    let RawField {
        ident,
        ty,
        docs,
        range,
        length,
        pattern,
        custom,
        order,
        ..
    } = field;
    let (range, length, pattern) = (placed(range), placed(length), placed(pattern));
    let mut rules = Vec::new();
    if wire.is_some() {
        for rule in order {
            let checked = match rule {
                RuleName::Range => range.as_ref().and_then(|(place, range)| {
                    Some(Rule {
                        place: place.clone(),
                        kind: check_range(context, place, range)?,
                    })
                }),
                RuleName::Length => length.as_ref().and_then(|(place, length)| {
                    Some(Rule {
                        place: place.clone(),
                        kind: check_length(context, place, length)?,
                    })
                }),
                RuleName::Pattern => pattern.as_ref().and_then(|(place, pattern)| {
                    Some(Rule {
                        place: place.clone(),
                        kind: check_pattern(context, pattern)?,
                    })
                }),
                RuleName::Custom(index) => {
                    let (place, function) = &custom[index];
                    Some(Rule {
                        place: place.clone(),
                        kind: RuleKind::Custom(function.clone()),
                    })
                }
            };
            rules.extend(checked);
        }
    }
    Field {
        ident,
        ty,
        docs,
        wire,
        default,
        rules,
    }
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

fn check_range(context: &Context, place: &Path, range: &RawRange) -> Option<RuleKind> {
    let bounds = [&range.min, &range.exclusive_min, &range.max, &range.exclusive_max];
    if range.broken {
        return None;
    }
    if bounds.iter().all(|bound| bound.get().is_none()) {
        context.error(place, "`range` without a bound says nothing; it takes `min`, `max`, `exclusive_min` and `exclusive_max`");
        return None;
    }
    let end = |inclusive: &crate::attribute::Once<Number>, exclusive: &crate::attribute::Once<Number>| {
        if let (Some(_), Some(second)) = (inclusive.get(), exclusive.path()) {
            let name = crate::attribute::name_of(second);
            context.error(
                second,
                format!(
                    "`{name}` and `{}` are two bounds of the same end; keep one",
                    &name["exclusive_".len()..]
                ),
            );
        }
        let inclusive = inclusive.get().map(|value| Bound {
            value: *value,
            exclusive: false,
        });
        inclusive.or_else(|| {
            exclusive.get().map(|value| Bound {
                value: *value,
                exclusive: true,
            })
        })
    };
    let min = end(&range.min, &range.exclusive_min);
    let max = end(&range.max, &range.exclusive_max);
    if let (Some(low), Some(high)) = (min, max) {
        match compare(low.value, high.value) {
            Ordering::Less => {}
            Ordering::Equal if !low.exclusive && !high.exclusive => {}
            Ordering::Equal => {
                context.error(
                    place,
                    format!(
                        "no number is in this range: it begins and ends at {} and leaves that out",
                        low.value
                    ),
                );
                return None;
            }
            Ordering::Greater => {
                context.error(
                    place,
                    format!("the minimum {} is above the maximum {}", low.value, high.value),
                );
                return None;
            }
        }
    }
    Some(RuleKind::Range { min, max })
}

/// By value; the bounds are finite. Integers beyond 53 bits are compared with each other exactly.
fn compare(a: Number, b: Number) -> Ordering {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => a.cmp(&b),
        (a, b) => a.as_float().total_cmp(&b.as_float()),
    }
}

impl Number {
    fn as_float(self) -> f64 {
        match self {
            Number::Int(value) => value as f64,
            // Zero has two signs and one value.
            Number::Float(value) => value + 0.0,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Int(value) => value.fmt(f),
            Number::Float(value) => write!(f, "{value:?}"),
        }
    }
}

fn check_length(context: &Context, place: &Path, length: &RawLength) -> Option<RuleKind> {
    if length.broken {
        return None;
    }
    let (min, max) = match (length.min.get(), length.max.get(), length.equal.get()) {
        (None, None, None) => {
            context.error(
                place,
                "`length` without a bound says nothing; it takes `min`, `max` and `equal`",
            );
            return None;
        }
        (None, None, Some(equal)) => (Some(*equal), Some(*equal)),
        (min, max, None) => (min.copied(), max.copied()),
        (_, _, Some(_)) => {
            let other = length.min.path().or(length.max.path());
            context.error(
                other,
                "`equal` says both ends of the length; leave `min` and `max` out",
            );
            return None;
        }
    };
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        context.error(place, format!("the minimum {min} is above the maximum {max}"));
        return None;
    }
    Some(RuleKind::Length { min, max })
}

/// The expression must be one that the server's own engine takes.
fn check_pattern(context: &Context, pattern: &LitStr) -> Option<RuleKind> {
    match regex::Regex::new(&pattern.value()) {
        Ok(_) => Some(RuleKind::Pattern(pattern.clone())),
        Err(error) => {
            context.error(
                pattern,
                format!("the pattern is not a regular expression: {error}"),
            );
            None
        }
    }
}

/// Whether a type is written as an `Option`.
pub(super) fn option_item(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident == "Option")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(syn::GenericArgument::Type(item)) if arguments.args.len() == 1 => Some(item),
        _ => None,
    }
}
