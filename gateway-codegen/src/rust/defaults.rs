//! Defaults as expressions.
//!
//! The [`Ir`] promises that a default is a value of its type, all the way down; what cannot be then is written
//! as the type's own default.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};
use gateway_client::{Bytes, Decimal, Uuid};
use gateway_schema::{Problems, WireType};
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use super::models::{integer, signed};
use super::names::Naming;
use crate::ir::{Field, Ir, Type};

/// Whether a default is too long to be written into an attribute.
pub(super) fn is_long(field: &Field) -> bool {
    let short = matches!(
        field.ty,
        Type::Bool | Type::Int(_) | Type::UInt(_) | Type::Float(_) | Type::String | Type::Enum(_)
    );
    field.default.as_ref().is_some_and(|default| !short && !is_own(field, default))
}

/// Whether a default is that of the type: an empty text, list or map.
fn is_own(field: &Field, default: &Value) -> bool {
    !field.nullable
        && match (&field.ty, default) {
            (Type::String, Value::String(text)) => text.is_empty(),
            (Type::List(_), Value::Array(items)) => items.is_empty(),
            (Type::Map(..), Value::Object(members)) => members.is_empty(),
            _ => false,
        }
}

/// What a field's attribute says of its default; `long` is the call of a function that makes a long one.
pub(super) fn attribute(ir: &Ir, field: &Field, long: &TokenStream, naming: &Naming) -> Option<TokenStream> {
    let default = field.default.as_ref()?;
    Some(match (&field.ty, default) {
        _ if is_own(field, default) => quote!(default),
        _ if is_long(field) => quote!(default = #long),
        (Type::String, Value::String(text)) if !field.nullable => quote!(default = #text),
        _ => {
            let value = self::field(ir, field, default, naming);
            quote!(default = #value)
        }
    })
}

/// A field's default as an expression of its type.
pub(super) fn field(ir: &Ir, field: &Field, default: &Value, naming: &Naming) -> TokenStream {
    let value = value(ir, &field.ty, default, naming);
    if field.nullable { quote!(Some(#value)) } else { value }
}

fn value(ir: &Ir, ty: &Type, default: &Value, naming: &Naming) -> TokenStream {
    let written = match ty {
        Type::Bool => read::<bool>(default).map(|value| quote!(#value)),
        Type::Int(_) | Type::UInt(_) => whole(default),
        Type::Float(_) => read::<f64>(default).map(float),
        Type::String => read::<String>(default).map(|text| match text.as_str() {
            "" => quote!(String::new()),
            text => quote!(String::from(#text)),
        }),
        Type::Bytes => read::<Bytes>(default).map(|bytes| {
            let literal = Literal::byte_string(&bytes);
            quote!(gateway_client::Bytes::from_static(#literal))
        }),
        Type::Date => read::<NaiveDate>(default).map(date),
        Type::Time => read::<NaiveTime>(default).map(time),
        Type::DateTime => read::<DateTime<Utc>>(default).map(|instant| {
            let naive = naive(instant.naive_utc());
            quote!(#naive.and_utc())
        }),
        Type::NaiveDateTime => read::<NaiveDateTime>(default).map(naive),
        Type::Duration => read::<TimeDelta>(default).and_then(|delta| delta.num_nanoseconds()).map(|nanos| {
            let nanos = signed(nanos < 0, Literal::u64_unsuffixed(nanos.unsigned_abs()));
            quote!(gateway_client::chrono::TimeDelta::nanoseconds(#nanos))
        }),
        Type::Uuid => read::<Uuid>(default).map(|uuid| {
            let number = Literal::u128_unsuffixed(uuid.as_u128());
            quote!(gateway_client::Uuid::from_u128(#number))
        }),
        Type::Decimal => read::<Decimal>(default).map(decimal),
        Type::Enum(id) => {
            let found = ir.enums[id.0].variants.iter().position(|variant| variant.value == *default);
            found.map(|variant| {
                let (ident, variant) = (&naming.enums[id.0], &naming.variants[id.0][variant]);
                quote!(#ident::#variant)
            })
        }
        Type::Struct(id) => {
            let ident = &naming.structs[id.0];
            let members =
                ir.structs[id.0].fields.iter().zip(&naming.members[id.0]).map(|(member, name)| match default
                    .get(&member.name)
                {
                    Some(Value::Null) | None if member.nullable => quote!(#name: None),
                    given => {
                        let value = field(ir, member, given.unwrap_or(&Value::Null), naming);
                        quote!(#name: #value)
                    }
                });
            Some(quote!(#ident { #(#members),* }))
        }
        Type::List(item) => default.as_array().map(|items| {
            let items = items.iter().map(|default| value(ir, item, default, naming));
            quote!(vec![#(#items),*])
        }),
        Type::Array(item, _) => default.as_array().map(|items| {
            let items = items.iter().map(|default| value(ir, item, default, naming));
            quote!([#(#items),*])
        }),
        Type::Map(..) if default.as_object().is_some_and(serde_json::Map::is_empty) => {
            Some(quote!(std::collections::BTreeMap::new()))
        }
        Type::Map(key, item) => default.as_object().map(|members| {
            let entries = members.iter().map(|(name, default)| {
                let (name, value) = (map_key(ir, key, name, naming), value(ir, item, default, naming));
                quote!((#name, #value))
            });
            quote!(std::collections::BTreeMap::from([#(#entries),*]))
        }),
        Type::Nullable(_) if default.is_null() => Some(quote!(None)),
        Type::Nullable(inner) => {
            let inner = value(ir, inner, default, naming);
            Some(quote!(Some(#inner)))
        }
        Type::Any => Some(json(default)),
    };
    written.unwrap_or_else(|| quote!(Default::default()))
}

fn read<T: WireType>(default: &Value) -> Option<T> {
    T::read(default, &mut Problems::new("default"))
}

/// An integer, of which `"7"` and `7.0` are spellings too.
fn whole(default: &Value) -> Option<TokenStream> {
    read::<i64>(default)
        .map(serde_json::Number::from)
        .or_else(|| read::<u64>(default).map(serde_json::Number::from))
        .map(|number| integer(&number))
}

fn float(value: f64) -> TokenStream {
    signed(value.is_sign_negative(), Literal::f64_unsuffixed(value.abs()))
}

fn date(date: NaiveDate) -> TokenStream {
    let year = signed(date.year() < 0, Literal::u32_unsuffixed(date.year().unsigned_abs()));
    let (month, day) = (Literal::u32_unsuffixed(date.month()), Literal::u32_unsuffixed(date.day()));
    // A date of the document is one, so the other default is never taken; it spares a panic.
    quote!(gateway_client::chrono::NaiveDate::from_ymd_opt(#year, #month, #day).unwrap_or_default())
}

fn time(time: NaiveTime) -> TokenStream {
    let part = Literal::u32_unsuffixed;
    let (hour, minute, second, nano) =
        (part(time.hour()), part(time.minute()), part(time.second()), part(time.nanosecond()));
    quote!(gateway_client::chrono::NaiveTime::from_hms_nano_opt(#hour, #minute, #second, #nano).unwrap_or_default())
}

fn naive(moment: NaiveDateTime) -> TokenStream {
    let (date, time) = (date(moment.date()), time(moment.time()));
    quote!(#date.and_time(#time))
}

fn decimal(decimal: Decimal) -> TokenStream {
    let parts = decimal.unpack();
    let literal = Literal::u32_unsuffixed;
    let (lo, mid, hi, scale) =
        (literal(parts.lo), literal(parts.mid), literal(parts.hi), literal(parts.scale));
    let negative = parts.negative;
    quote!(gateway_client::Decimal::from_parts(#lo, #mid, #hi, #negative, #scale))
}

fn map_key(ir: &Ir, ty: &Type, name: &str, naming: &Naming) -> TokenStream {
    match ty {
        Type::Bool => {
            let value = name == "true";
            quote!(#value)
        }
        Type::Enum(id) => {
            let members = &ir.enums[id.0].variants;
            let same =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned) == name;
            let value = members
                .iter()
                .find(|variant| same(&variant.value))
                .map_or(Value::Null, |variant| variant.value.clone());
            self::value(ir, ty, &value, naming)
        }
        _ => value(ir, ty, &Value::from(name), naming),
    }
}

/// Any JSON, by its constructors.
fn json(value: &Value) -> TokenStream {
    match value {
        Value::Null => quote!(gateway_client::serde_json::Value::Null),
        Value::Bool(value) => quote!(gateway_client::serde_json::Value::Bool(#value)),
        Value::Number(number) => {
            let number = match number.as_f64() {
                Some(value) if number.is_f64() => {
                    let value = float(value);
                    quote!(#value)
                }
                _ if number.is_i64() => {
                    let value = integer(number);
                    quote!(#value as i64)
                }
                _ => {
                    let value = integer(number);
                    quote!(#value as u64)
                }
            };
            quote!(gateway_client::serde_json::Value::from(#number))
        }
        Value::String(text) => quote!(gateway_client::serde_json::Value::from(#text)),
        Value::Array(items) => {
            let items = items.iter().map(json);
            quote!(gateway_client::serde_json::Value::Array(vec![#(#items),*]))
        }
        Value::Object(members) => {
            let entries = members.iter().map(|(name, value)| {
                let value = json(value);
                quote!((String::from(#name), #value))
            });
            quote!(gateway_client::serde_json::Value::Object(gateway_client::serde_json::Map::from_iter([#(#entries),*])))
        }
    }
}
