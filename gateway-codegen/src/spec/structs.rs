//! Structs, from the JSON Schemas of objects.

use serde_json::Value;

use super::cursor::Cursor;
use super::defaults;
use super::types::Models;
use crate::ir::{Field, Struct, StructId};

/// The members that every record has and no struct.
const ENVELOPE: [&str; 2] = ["id", "timestamp"];

/// Reads an object that a channel carries.
pub(super) fn record<'a>(models: &mut Models<'a>, schema: &Cursor<'a>, hint: &str) -> Option<StructId> {
    let properties = schema.member("properties")?;
    if let Some(missing) = ENVELOPE.into_iter().find(|name| properties.value.get(name).is_none()) {
        properties
            .fault(format!("`{missing}` is missing: a channel's records have an `id` and a `timestamp`"));
        return None;
    }
    read(models, schema, hint, true)
}

/// Reads an object inside another.
pub(super) fn nested<'a>(models: &mut Models<'a>, schema: &Cursor<'a>, hint: &str) -> Option<StructId> {
    read(models, schema, hint, false)
}

fn read<'a>(models: &mut Models<'a>, schema: &Cursor<'a>, hint: &str, record: bool) -> Option<StructId> {
    let name = match schema.text_or_empty("title") {
        title if title.is_empty() => hint.to_owned(),
        title => title,
    };
    let required = schema.items_of("required");
    let is_required = |name: &str| required.iter().any(|item| item.value == name);
    let properties = schema.member("properties")?;
    let mut fields = Vec::new();
    let mut complete = true;
    for (field_name, property) in properties.members() {
        if record && ENVELOPE.contains(&field_name) {
            continue;
        }
        match field(models, &name, field_name, &property, is_required(field_name)) {
            Some(field) => fields.push(field),
            // Go on: the others may have faults too.
            None => complete = false,
        }
    }
    if !complete {
        return None;
    }
    if fields.is_empty() {
        properties.fault("a record without fields says nothing");
        return None;
    }
    Some(keep(models, Struct { name, docs: schema.text_or_empty("description"), record, fields }))
}

fn field<'a>(
    models: &mut Models<'a>,
    owner: &str,
    name: &str,
    property: &Cursor<'a>,
    required: bool,
) -> Option<Field> {
    if name.is_empty() || name.contains('.') || name.chars().any(char::is_control) {
        property.fault(format!("{name:?} cannot be a field: names are not empty and have no dots, which separate the columns of nested structs, nor control characters"));
        return None;
    }
    let reading = models.read(property, &format!("{owner} {name}"))?;
    let mut nullable = reading.nullable;
    // A null here is a default too, so that `get`, which passes over nulls, would not do.
    let default = match property.value.get("default") {
        None => None,
        Some(Value::Null) => {
            nullable = true;
            None
        }
        Some(value) => Some(
            defaults::conform(models, &reading.ty, value)
                .map_err(|reason| {
                    if let Some(place) = property.get("default") {
                        place.fault(reason);
                    }
                })
                .ok()?,
        ),
    };
    if !required && default.is_none() {
        nullable = true;
    }
    Some(Field {
        name: name.to_owned(),
        docs: property.text_or_empty("description"),
        ty: reading.ty,
        nullable,
        default,
        constraints: reading.constraints,
    })
}

/// Keeps a struct; one that is there already is not kept twice, whether it was met as a record or nested.
fn keep(models: &mut Models<'_>, found: Struct) -> StructId {
    let same = |known: &Struct| known.name == found.name && known.fields == found.fields;
    if let Some(index) = models.structs.iter().position(same) {
        models.structs[index].record |= found.record;
        return StructId(index);
    }
    models.structs.push(found);
    StructId(models.structs.len() - 1)
}
