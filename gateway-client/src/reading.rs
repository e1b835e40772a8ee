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
/// field without breaking clients that were made before.
pub(crate) fn tick<T: GatewayStruct>(item: &Value) -> std::result::Result<Tick<T>, String> {
    Tick::from_json(item)
        .or_else(|problems| {
            if !problems.iter().any(|problem| problem.kind == "extra_forbidden") {
                return Err(problems);
            }
            let mut known = item.clone();
            forget_unknown(&mut known, T::SCHEMA, &ENVELOPE);
            Tick::from_json(&known)
        })
        .map_err(|problems| {
            format!(
                "not a {}: {}",
                T::SCHEMA.name,
                problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
            )
        })
}

fn forget_unknown(value: &mut Value, schema: &StructSchema, also: &[&str]) {
    if let Value::Object(members) = value {
        members.retain(|name, _| schema.field(name).is_some() || also.contains(&name.as_str()));
        for field in schema.fields {
            if let Some(member) = members.get_mut(field.name) {
                forget_inside(member, &field.ty);
            }
        }
    }
}

fn forget_inside(value: &mut Value, ty: &FieldType) {
    match (ty, value) {
        (FieldType::Struct(nested), value) => forget_unknown(value, nested, &[]),
        (FieldType::List(item) | FieldType::Array(item, _), Value::Array(items)) => {
            items.iter_mut().for_each(|value| forget_inside(value, item));
        }
        (FieldType::Map(_, item), Value::Object(members)) => {
            members.values_mut().for_each(|value| forget_inside(value, item));
        }
        (FieldType::Nullable(inner), value) => forget_inside(value, inner),
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
