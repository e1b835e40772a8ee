//! Reads an enum and its attributes.

use syn::{Data, DeriveInput, Expr, ExprLit, ExprUnary, Lit, Meta, UnOp};

use super::model::{RawEnum, RawVariant, Value};
use crate::attribute::{self, Once, name_of};
use crate::context::Context;
use crate::docs::docs;

pub(super) fn parse(context: &Context, input: DeriveInput) -> RawEnum {
    let mut krate = Once::default();
    for meta in attribute::arguments(context, &input.attrs, "gateway") {
        match name_of(meta.path()).as_str() {
            "crate" => {
                if let Some(path) = attribute::crate_path(context, &meta) {
                    krate.set(context, meta.path(), path);
                }
            }
            _ => attribute::unknown(context, meta.path(), "a gateway enum", "`crate = \"…\"`"),
        }
    }
    let variants = match input.data {
        Data::Enum(data) => {
            Some(data.variants.into_iter().map(|variant| self::variant(context, variant)).collect())
        }
        Data::Struct(_) | Data::Union(_) => {
            let ident = &input.ident;
            context.error(
                ident,
                format!("`GatewayEnum` is for enums; derive `GatewayStruct` for struct `{ident}`"),
            );
            None
        }
    };
    RawEnum { docs: docs(&input.attrs), ident: input.ident, generics: input.generics, krate, variants }
}

fn variant(context: &Context, variant: syn::Variant) -> RawVariant {
    let mut raw = RawVariant {
        docs: docs(&variant.attrs),
        ident: variant.ident,
        rename: Once::default(),
        value: Once::default(),
        fields: variant.fields,
    };
    for meta in attribute::arguments(context, &variant.attrs, "gateway") {
        match name_of(meta.path()).as_str() {
            "rename" => {
                if let Some(name) = attribute::text(context, &meta, "rename = \"NAME\"") {
                    raw.rename.set(context, meta.path(), name);
                }
            }
            "value" => {
                if let Some(value) = value(context, &meta) {
                    raw.value.set(context, meta.path(), value);
                }
            }
            _ => {
                attribute::unknown(
                    context,
                    meta.path(),
                    "an enum's member",
                    "`value = …` and `rename = \"…\"`",
                );
            }
        }
    }
    raw
}

fn value(context: &Context, meta: &Meta) -> Option<(Value, Expr)> {
    let written = attribute::value(context, meta, "value = \"B\"")?;
    let value = attribute::as_text(written)
        .map(|text| Value::Text(text.value()))
        .or_else(|| int(written).map(Value::Int));
    if value.is_none() {
        context.error(written, "`value` takes a string or a 64-bit integer: `value = \"B\"` or `value = 1`");
    }
    value.map(|value| (value, written.clone()))
}

fn int(value: &Expr) -> Option<i64> {
    let (literal, sign) = match value {
        Expr::Lit(ExprLit { lit: Lit::Int(literal), .. }) => (literal, 1),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match &**expr {
            Expr::Lit(ExprLit { lit: Lit::Int(literal), .. }) => (literal, -1),
            _ => return None,
        },
        Expr::Group(group) => return int(&group.expr),
        _ => return None,
    };
    i64::try_from(literal.base10_parse::<i128>().ok()?.checked_mul(sign)?).ok()
}
