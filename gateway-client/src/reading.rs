//! Records from JSON and to it.

use gateway_schema::schema::{FieldType, StructSchema};
use gateway_schema::tick::Draft;
use gateway_schema::{GatewayStruct, Problem, Problems, Tick};
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

/// Reads one record. Members that the client does not know are passed over, so that a gateway can gain a field
/// without breaking clients that were made before, and so are broken constraints: they are for what is sent, and a
/// module's own records are not held to them. A null where a float must be is NaN: JSON has no other way to write
/// it, nor the infinities.
pub(crate) fn tick<T: GatewayStruct>(item: &Value) -> std::result::Result<Tick<T>, String> {
    let mut problems = Problems::new("body");
    let draft = Draft::read(item, &mut problems).or_else(|| {
        let mut readable = item.clone();
        adapt_members(&mut readable, T::SCHEMA);
        problems = Problems::new("body");
        Draft::read(&readable, &mut problems)
    });
    let reason = match draft {
        Some(Draft { id: Some(id), timestamp: Some(timestamp), value }) => {
            return Ok(Tick { id, timestamp, value });
        }
        Some(Draft { id, .. }) => {
            let missing = if id.is_none() { "id" } else { "timestamp" };
            format!("body.{missing}: Field required")
        }
        None => {
            let problems = problems.into_vec();
            let found = problems.iter().filter(|problem| problem.kind != "extra_forbidden");
            found.map(Problem::to_string).collect::<Vec<_>>().join("; ")
        }
    };
    Err(format!("not a {}: {reason}", T::SCHEMA.name))
}

/// Writes the values that JSON cannot hold in the way that they can be read.
fn adapt_members(value: &mut Value, schema: &StructSchema) {
    let Value::Object(members) = value else { return };
    for field in schema.fields {
        let member = members.get_mut(field.name).filter(|member| !(field.nullable && member.is_null()));
        if let Some(member) = member {
            adapt(member, &field.ty);
        }
    }
}

fn adapt(value: &mut Value, ty: &FieldType) {
    match (ty, value) {
        (FieldType::Struct(nested), value) => adapt_members(value, nested),
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
