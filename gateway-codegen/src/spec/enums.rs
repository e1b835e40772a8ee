//! Enums, from JSON Schemas with a set of values.

use std::collections::HashSet;

use serde_json::Value;

use super::cursor::Cursor;
use super::types::Models;
use crate::ir::{Enum, EnumId, Type, Variant};

/// Reads an enum, and whether null is one of its values. Values that are neither all strings nor all
/// integers are no enum that a field can have, so they are any JSON.
pub(super) fn read<'a>(models: &mut Models<'a>, schema: &Cursor<'a>, hint: &str) -> Option<(Type, bool)> {
    let list = schema.get("enum")?;
    let items = list.items();
    let nullable = items.iter().any(|item| item.value.is_null());
    let values: Vec<&Value> = items.iter().map(|item| item.value).filter(|value| !value.is_null()).collect();
    if values.is_empty() {
        list.fault("an enum without values can have none");
        return None;
    }
    if !values.iter().all(|value| value.is_string()) && !values.iter().all(|value| value.is_i64()) {
        return Some((Type::Any, nullable));
    }
    let names = match schema.get("x-gateway-names") {
        Some(names) => given_names(&names, values.len())?,
        None => values.iter().map(|value| name_of(value)).collect(),
    };
    let docs = schema.items_of("x-gateway-descriptions");
    let variants: Vec<Variant> = names
        .into_iter()
        .zip(&values)
        .enumerate()
        .map(|(index, (name, value))| Variant {
            name,
            value: (*value).clone(),
            docs: docs.get(index).and_then(|text| text.value.as_str()).unwrap_or_default().to_owned(),
        })
        .collect();
    let distinct: HashSet<String> = variants.iter().map(|variant| variant.value.to_string()).collect();
    if distinct.len() < variants.len() {
        list.fault("two values are the same");
        return None;
    }
    let name = match schema.text_or_empty("title") {
        title if title.is_empty() => hint.to_owned(),
        title => title,
    };
    let found = Enum { name, docs: schema.text_or_empty("description"), variants };
    Some((Type::Enum(keep(models, found)), nullable))
}

/// The enum whose values are a map's keys. A document names the keys and not the enum.
pub(super) fn of_keys<'a>(models: &mut Models<'a>, keys: &Cursor<'a>) -> Option<EnumId> {
    let keys: Vec<&str> = keys.items().iter().filter_map(|key| key.value.as_str()).collect();
    let schemas = models.root.descend(&["components", "schemas"])?;
    for (name, schema) in schemas.members() {
        let Some(Value::Array(values)) = schema.value.get("enum") else {
            continue;
        };
        let same =
            values.len() == keys.len() && values.iter().zip(&keys).all(|(value, key)| as_key(value) == *key);
        if same && let Some((Type::Enum(id), false)) = read(models, &schema, name) {
            return Some(id);
        }
    }
    None
}

/// Keeps the enum of a basket's key that only its names are known of.
pub(super) fn of_names(models: &mut Models<'_>, name: &str, names: &[String]) -> EnumId {
    let variant =
        |name: &String| Variant { name: name.clone(), value: name.as_str().into(), docs: String::new() };
    keep(
        models,
        Enum { name: name.to_owned(), docs: String::new(), variants: names.iter().map(variant).collect() },
    )
}

/// Names are keys of baskets, which are steps of paths.
pub(super) fn given_names(names: &Cursor<'_>, count: usize) -> Option<Vec<String>> {
    let items = names.items();
    let legal = |name: &str| !name.is_empty() && !name.contains('/') && !name.chars().any(char::is_control);
    let mut found = Vec::with_capacity(items.len());
    for item in &items {
        match item.value.as_str() {
            Some(name) if legal(name) && !found.iter().any(|other| other == name) => {
                found.push(name.to_owned());
            }
            _ => item.fault(
                "a member's name is a string, of its own, not empty and without `/` and control characters",
            ),
        }
    }
    if found.len() < items.len() {
        return None;
    }
    if found.len() != count {
        names.fault(format!("there are {} names and {count} values", found.len()));
        return None;
    }
    Some(found)
}

/// A name for a value whose name the document does not give.
fn name_of(value: &Value) -> String {
    let Value::String(text) = value else {
        return as_key(value);
    };
    let name: String = text.chars().map(|c| if c == '/' || c.is_control() { '_' } else { c }).collect();
    if name.is_empty() { "EMPTY".to_owned() } else { name }
}

pub(super) fn as_key(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn keep(models: &mut Models<'_>, found: Enum) -> EnumId {
    let index = models.enums.iter().position(|known| *known == found).unwrap_or_else(|| {
        models.enums.push(found);
        models.enums.len() - 1
    });
    EnumId(index)
}
