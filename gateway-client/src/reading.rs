//! Records from JSON and to it.

use gateway_schema::schema::{FieldType, StructSchema};
use gateway_schema::tick::{Draft, ENVELOPE};
use gateway_schema::{GatewayStruct, Problem, Tick};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Reads an answer that is a list of records.
pub(crate) fn ticks<T: GatewayStruct>(url: &str, answer: &Value) -> Result<Vec<Tick<T>>> {
    let Value::Array(items) = answer else {
        return Err(Error::decode(url, "it should be a list of records"));
    };
    let read =
        |(index, item)| tick(item).map_err(|reason| Error::decode(url, format!("record {index}: {reason}")));
    items.iter().enumerate().map(read).collect()
}

/// Reads one record. Members that the client does not know are passed over, so that a gateway can gain a
/// field without breaking clients that were made before. A null where a float must be is NaN: JSON has no other
/// way to write it, nor the infinities.
pub(crate) fn tick<T: GatewayStruct>(item: &Value) -> std::result::Result<Tick<T>, String> {
    Tick::from_json(item)
        .or_else(|problems| {
            let can_help =
                |kind: &str| matches!(kind, "extra_forbidden" | "float_type" | "too_many_problems");
            if !problems.iter().any(|problem| can_help(&problem.kind)) {
                return Err(problems);
            }
            let mut readable = item.clone();
            adapt_members(&mut readable, T::SCHEMA, &ENVELOPE);
            Tick::from_json(&readable)
        })
        .map_err(|problems| {
            format!(
                "not a {}: {}",
                T::SCHEMA.name,
                problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
            )
        })
}

/// Makes an object what the client's own schema says.
fn adapt_members(value: &mut Value, schema: &StructSchema, also: &[&str]) {
    if let Value::Object(members) = value {
        members.retain(|name, _| schema.field(name).is_some() || also.contains(&name.as_str()));
        for field in schema.fields {
            if let Some(member) =
                members.get_mut(field.name).filter(|member| !(field.nullable && member.is_null()))
            {
                adapt(member, &field.ty);
            }
        }
    }
}

fn adapt(value: &mut Value, ty: &FieldType) {
    match (ty, value) {
        (FieldType::Struct(nested), value) => adapt_members(value, nested, &[]),
        (FieldType::Float(_), value @ Value::Null) => *value = "NaN".into(),
        (FieldType::Nullable(_), Value::Null) => {}
        (FieldType::List(item) | FieldType::Array(item, _), Value::Array(items)) => {
            items.iter_mut().for_each(|value| adapt(value, item));
        }
        (FieldType::Map(_, item), Value::Object(members)) => {
            members.values_mut().for_each(|value| adapt(value, item));
        }
        (FieldType::Nullable(inner), value) => adapt(value, inner),
        _ => {}
    }
}

/// The JSON form of a record to send; id and timestamp only if the sender chose them.
pub(crate) fn draft<T: GatewayStruct>(draft: &Draft<T>) -> Value {
    let mut members = Map::new();
    if let Some(id) = &draft.id {
        members.insert("id".to_owned(), id.to_string().into());
    }
    if let Some(timestamp) = &draft.timestamp {
        members.insert("timestamp".to_owned(), timestamp.to_string().into());
    }
    if let Value::Object(fields) = draft.value.to_json() {
        members.extend(fields);
    }
    Value::Object(members)
}
