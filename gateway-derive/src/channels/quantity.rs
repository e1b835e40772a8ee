//! Bounds as they are written: numbers of records, sizes, lengths of time.

use std::time::Duration;

use bytesize::ByteSize;
use syn::{Expr, ExprLit, Lit, Meta};

use crate::attribute::{self, as_text, name_of, written};
use crate::context::Context;

/// A number of records: `rows = 10_000`.
pub(super) fn rows(context: &Context, meta: &Meta) -> Option<usize> {
    let example = "rows = 10_000";
    let value = attribute::value(context, meta, example)?;
    match integer(value) {
        Some(0) => keeps_nothing(context, meta, value, example),
        None => refuse(context, meta, value, "a number of records", example),
        rows => rows,
    }
}

/// A size: `bytes = "64MB"`, `bytes = "1GiB"`, `bytes = 1024`.
pub(super) fn bytes(context: &Context, meta: &Meta) -> Option<usize> {
    let example = "bytes = \"64MB\"";
    let value = attribute::value(context, meta, example)?;
    let size = || usize::try_from(as_text(value)?.value().parse::<ByteSize>().ok()?.as_u64()).ok();
    match integer(value).or_else(size) {
        Some(0) => keeps_nothing(context, meta, value, example),
        None => refuse(context, meta, value, "a size", example),
        bytes => bytes,
    }
}

/// A length of time: `retention = "1h"`, `age = "500ms"`.
pub(super) fn duration(context: &Context, meta: &Meta) -> Option<Duration> {
    let example = format!("{} = \"1h\"", name_of(meta.path()));
    let value = attribute::value(context, meta, &example)?;
    match as_text(value).and_then(|text| humantime::parse_duration(&text.value()).ok()) {
        Some(Duration::ZERO) => keeps_nothing(context, meta, value, &example),
        None => refuse(context, meta, value, "a length of time with its unit", &example),
        duration => duration,
    }
}

fn integer(value: &Expr) -> Option<usize> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Group(group) => integer(&group.expr),
        _ => None,
    }
}

fn refuse<T>(context: &Context, meta: &Meta, value: &Expr, what: &str, example: &str) -> Option<T> {
    let name = name_of(meta.path());
    context.error(value, format!("`{name}` takes {what}, which `{}` is not: `{example}`", written(value)));
    None
}

fn keeps_nothing<T>(context: &Context, meta: &Meta, value: &Expr, example: &str) -> Option<T> {
    let name = name_of(meta.path());
    context.error(
        value,
        format!("a table with `{name} = {}` keeps no record: `{example}`, or leave it out", written(value)),
    );
    None
}
