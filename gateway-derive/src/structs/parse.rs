//! Reads a struct and its attributes.

use syn::{Data, DeriveInput, Expr, ExprLit, ExprUnary, Fields, Lit, Meta, UnOp};

use super::model::{Number, RawField, RawLength, RawRange, RawStruct, RuleName};
use crate::attribute::{self, Once, name_of};
use crate::context::Context;
use crate::docs::docs;

const STRUCT: &str = "`python = \"…\"`, `nested` and `crate = \"…\"`";
const FIELD: &str = "`range(…)`, `length(…)`, `pattern = \"…\"`, `custom = function`, `rename = \"…\"`, \
                     `default`, `default = value` and `skip`";
const RANGE: &str = "`min`, `max`, `exclusive_min` and `exclusive_max`";
const LENGTH: &str = "`min`, `max` and `equal`";
const RANGE_EXAMPLE: &str = "range(min = 0, max = 1)";
const LENGTH_EXAMPLE: &str = "length(min = 1, max = 12)";

pub(super) fn parse(context: &Context, input: DeriveInput) -> RawStruct {
    let mut raw = RawStruct {
        docs: docs(&input.attrs),
        krate: Once::default(),
        python: Once::default(),
        nested: Once::default(),
        fields: None,
        ident: input.ident,
        generics: input.generics,
    };
    for meta in attribute::arguments(context, &input.attrs, "gateway") {
        let path = meta.path();
        match name_of(path).as_str() {
            "python" => {
                if let Some(class) = attribute::text(context, &meta, "python = \"package.Class\"") {
                    raw.python.set(context, path, class);
                }
            }
            "crate" => {
                if let Some(krate) = attribute::crate_path(context, &meta) {
                    raw.krate.set(context, path, krate);
                }
            }
            "nested" => {
                if attribute::flag(context, &meta) {
                    raw.nested.set(context, path, ());
                }
            }
            _ => attribute::unknown(context, path, "a gateway struct", STRUCT),
        }
    }
    raw.fields = fields(context, &raw.ident, input.data);
    raw
}

fn fields(context: &Context, ident: &syn::Ident, data: Data) -> Option<Vec<RawField>> {
    let found = match data {
        Data::Struct(data) => match data.fields {
            Fields::Named(fields) => {
                return Some(
                    fields.named.into_iter().filter_map(|field| self::field(context, field)).collect(),
                );
            }
            Fields::Unnamed(_) => "a struct whose fields have no names, and columns need names",
            Fields::Unit => "a struct without fields, and a record without columns says nothing",
        },
        Data::Enum(_) => "an enum; derive `GatewayEnum` for it instead",
        Data::Union(_) => "a union, which has no safe way to be read",
    };
    context.error(ident, format!("`GatewayStruct` is for structs with named fields: `{ident}` is {found}"));
    None
}

fn field(context: &Context, field: syn::Field) -> Option<RawField> {
    let mut raw = RawField {
        docs: docs(&field.attrs),
        // Fields of a struct with named fields have one.
        ident: field.ident?,
        ty: field.ty,
        rename: Once::default(),
        skip: Once::default(),
        default: Once::default(),
        range: Once::default(),
        length: Once::default(),
        pattern: Once::default(),
        custom: Vec::new(),
        order: Vec::new(),
    };
    for meta in attribute::arguments(context, &field.attrs, "gateway") {
        read_field_attribute(context, &mut raw, &meta);
    }
    Some(raw)
}

fn read_field_attribute(context: &Context, raw: &mut RawField, meta: &Meta) {
    let path = meta.path();
    match name_of(path).as_str() {
        "range" => {
            if let Some(range) = range(context, meta) {
                raw.range.set(context, path, range);
                raw.add(RuleName::Range);
            }
        }
        "length" => {
            if let Some(length) = length(context, meta) {
                raw.length.set(context, path, length);
                raw.add(RuleName::Length);
            }
        }
        "pattern" => {
            if let Some(pattern) = attribute::text(context, meta, "pattern = \"^[A-Z]+$\"") {
                raw.pattern.set(context, path, pattern);
                raw.add(RuleName::Pattern);
            }
        }
        "custom" => match attribute::value(context, meta, "custom = function") {
            Some(Expr::Path(function)) if function.attrs.is_empty() && function.qself.is_none() => {
                raw.custom.push((path.clone(), function.path.clone()));
                raw.add(RuleName::Custom(raw.custom.len() - 1));
            }
            Some(other) => {
                context.error(other, "`custom` takes the path of a function: `custom = check_symbol`")
            }
            None => {}
        },
        "rename" => {
            if let Some(name) = attribute::text(context, meta, "rename = \"name\"") {
                raw.rename.set(context, path, name);
            }
        }
        "skip" => {
            if attribute::flag(context, meta) {
                raw.skip.set(context, path, ());
            }
        }
        "default" => match meta {
            Meta::Path(_) => raw.default.set(context, path, None),
            Meta::NameValue(pair) => raw.default.set(context, path, Some(pair.value.clone())),
            Meta::List(_) => {
                context.error(meta, "`default` takes a value: `default = 1`, or none: `default`");
            }
        },
        _ => attribute::unknown(context, path, "a gateway field", FIELD),
    }
}

impl RawField {
    fn add(&mut self, rule: RuleName) {
        if !self.order.contains(&rule) {
            self.order.push(rule);
        }
    }
}

fn range(context: &Context, meta: &Meta) -> Option<RawRange> {
    let mut range = RawRange::default();
    for bound in attribute::list(context, meta, RANGE_EXAMPLE)? {
        let path = bound.path();
        let slot = match name_of(path).as_str() {
            "min" => &mut range.min,
            "max" => &mut range.max,
            "exclusive_min" => &mut range.exclusive_min,
            "exclusive_max" => &mut range.exclusive_max,
            _ => {
                attribute::unknown(context, path, "`range`", RANGE);
                range.broken = true;
                continue;
            }
        };
        let number = attribute::value(context, &bound, RANGE_EXAMPLE).map(|value| (value, number(value)));
        match number {
            Some((_, Some(number))) => slot.set(context, path, number),
            Some((value, None)) => {
                context.error(value, format!("`{}` takes a number: `{RANGE_EXAMPLE}`", name_of(path)));
                range.broken = true;
            }
            None => range.broken = true,
        }
    }
    Some(range)
}

fn length(context: &Context, meta: &Meta) -> Option<RawLength> {
    let mut length = RawLength::default();
    for bound in attribute::list(context, meta, LENGTH_EXAMPLE)? {
        let path = bound.path();
        let slot = match name_of(path).as_str() {
            "min" => &mut length.min,
            "max" => &mut length.max,
            "equal" => &mut length.equal,
            _ => {
                attribute::unknown(context, path, "`length`", LENGTH);
                length.broken = true;
                continue;
            }
        };
        let count = attribute::value(context, &bound, LENGTH_EXAMPLE).map(|value| (value, count(value)));
        match count {
            Some((_, Some(count))) => slot.set(context, path, count),
            Some((value, None)) => {
                let text =
                    format!("`{}` takes a number that is not negative: `{LENGTH_EXAMPLE}`", name_of(path));
                context.error(value, text);
                length.broken = true;
            }
            None => length.broken = true,
        }
    }
    Some(length)
}

fn count(value: &Expr) -> Option<usize> {
    match number(value)? {
        Number::Int(count) => usize::try_from(count).ok(),
        Number::Float(_) => None,
    }
}

/// The number that an expression is: a literal, perhaps with a minus.
fn number(value: &Expr) -> Option<Number> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(literal), .. }) => literal.base10_parse().ok().map(Number::Int),
        Expr::Lit(ExprLit { lit: Lit::Float(literal), .. }) => {
            literal.base10_parse().ok().filter(|value: &f64| value.is_finite()).map(Number::Float)
        }
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match number(expr)? {
            Number::Int(value) => value.checked_neg().map(Number::Int),
            Number::Float(value) => Some(Number::Float(-value)),
        },
        Expr::Group(group) => number(&group.expr),
        _ => None,
    }
}
