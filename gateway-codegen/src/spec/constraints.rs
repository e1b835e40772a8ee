//! Constraints, from the keywords of a JSON Schema.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::cursor::Cursor;
use crate::ir::{Bound, Constraints, Type};

/// Reads what the values of a schema must satisfy, beyond being of its type.
pub(super) fn read(schema: &Cursor<'_>, ty: &Type) -> Constraints {
    let number = |name: &str| schema.value.get(name).and_then(Value::as_number).cloned();
    let length = |name: &str| schema.value.get(name).and_then(Value::as_u64);
    let mut found = Constraints::default();
    let prefix = if *ty == Type::Decimal { "x-gateway-" } else { "" };
    match ty {
        Type::Int(_) | Type::UInt(_) | Type::Float(_) | Type::Decimal => {
            let bound = |inclusive: &str, exclusive: &str, natural: Option<Number>| {
                let at = |name: &str| number(&format!("{prefix}{name}"));
                let exclusive = at(exclusive).map(|value| Bound { value, exclusive: true });
                // The type's own bounds say nothing more.
                let inclusive = at(inclusive).filter(|value| Some(value) != natural.as_ref());
                exclusive.or_else(|| inclusive.map(|value| Bound { value, exclusive: false }))
            };
            let (least, greatest) = natural(ty);
            found.min = bound("minimum", "exclusiveMinimum", least);
            found.max = bound("maximum", "exclusiveMaximum", greatest);
            check_order(schema, &found);
        }
        Type::String => {
            (found.min_length, found.max_length) = (length("minLength"), length("maxLength"));
            found.pattern = schema.value.get("pattern").and_then(Value::as_str).map(str::to_owned);
        }
        Type::Bytes => {
            (found.min_length, found.max_length) =
                (length("x-gateway-minBytes"), length("x-gateway-maxBytes"));
        }
        Type::List(_) => (found.min_length, found.max_length) = (length("minItems"), length("maxItems")),
        Type::Map(..) => {
            (found.min_length, found.max_length) = (length("minProperties"), length("maxProperties"));
        }
        _ => {}
    }
    if let (Some(min), Some(max)) = (found.min_length, found.max_length)
        && min > max
    {
        schema.fault(format!("the minimum length {min} is above the maximum length {max}"));
    }
    found.custom = schema
        .items_of("x-gateway-custom")
        .iter()
        .filter_map(|name| name.value.as_str().map(str::to_owned))
        .collect();
    found
}

/// The least and the greatest value of a type, as documents write them.
fn natural(ty: &Type) -> (Option<Number>, Option<Number>) {
    match *ty {
        Type::Int(bits) if bits < 64 => {
            let max = (1_i64 << (bits - 1)) - 1;
            (Some((-max - 1).into()), Some(max.into()))
        }
        Type::Int(_) => (Some(i64::MIN.into()), Some(i64::MAX.into())),
        Type::UInt(bits) if bits < 64 => (Some(0.into()), Some(((1_u64 << bits) - 1).into())),
        Type::UInt(_) => (Some(0.into()), Some(u64::MAX.into())),
        _ => (None, None),
    }
}

fn check_order(schema: &Cursor<'_>, found: &Constraints) {
    if let (Some(min), Some(max)) = (&found.min, &found.max) {
        let open = min.exclusive || max.exclusive;
        let empty = match compare(&min.value, &max.value) {
            Ordering::Greater => true,
            Ordering::Equal => open,
            Ordering::Less => false,
        };
        if empty {
            schema.fault(format!(
                "no number is between the minimum {} and the maximum {}",
                min.value, max.value
            ));
        }
    }
}

fn compare(a: &Number, b: &Number) -> Ordering {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a.cmp(&b),
        // A number of a document is one of the two, and never NaN.
        _ => a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default()),
    }
}
