//! Defaults, which must be values of their field's type.

use gateway_schema::{Problems, WireType};
use serde_json::Value;

use super::types::Models;
use crate::ir::Type;

/// The default as a target may rely on it: of the type, all the way down.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn conform(models: &Models<'_>, ty: &Type, value: &Value) -> Result<Value, String> {
    match ty {
        Type::Any => {}
        Type::Nullable(_) if value.is_null() => {}
        Type::Nullable(inner) => return conform(models, inner, value),
        Type::Bool => wire::<bool>(value)?,
        Type::Int(8) => wire::<i8>(value)?,
        Type::Int(16) => wire::<i16>(value)?,
        Type::Int(32) => wire::<i32>(value)?,
        Type::Int(_) => wire::<i64>(value)?,
        Type::UInt(8) => wire::<u8>(value)?,
        Type::UInt(16) => wire::<u16>(value)?,
        Type::UInt(32) => wire::<u32>(value)?,
        Type::UInt(_) => wire::<u64>(value)?,
        Type::Float(_) => wire::<f64>(value)?,
        Type::String => wire::<String>(value)?,
        Type::Bytes => wire::<gateway_client::Bytes>(value)?,
        Type::Date => wire::<chrono::NaiveDate>(value)?,
        Type::Time => wire::<chrono::NaiveTime>(value)?,
        Type::DateTime => wire::<chrono::DateTime<chrono::Utc>>(value)?,
        Type::NaiveDateTime => wire::<chrono::NaiveDateTime>(value)?,
        Type::Duration => wire::<chrono::TimeDelta>(value)?,
        Type::Uuid => wire::<uuid::Uuid>(value)?,
        Type::Decimal => wire::<rust_decimal::Decimal>(value)?,
        Type::Enum(id) => {
            let members = &models.enums[id.0];
            if !members.variants.iter().any(|variant| variant.value == *value) {
                return Err(format!("`{value}` is not a value of the enum `{}`", members.name));
            }
        }
        Type::Struct(id) => return structure(models, id.0, value),
        Type::List(item) => return list(models, item, None, value),
        Type::Array(item, length) => return list(models, item, Some(*length), value),
        Type::Map(key, item) => return map(models, key, item, value),
    }
    Ok(value.clone())
}

fn wire<T: WireType>(value: &Value) -> Result<(), String> {
    let mut problems = Problems::new("default");
    let read = T::read(value, &mut problems);
    problems.into_result(read).map(drop).map_err(|found| {
        let messages: Vec<String> = found.into_iter().map(|problem| problem.message).collect();
        format!("the default `{value}` is not a value of the field: {}", messages.join("; "))
    })
}

/// A struct's default with the defaults of its own fields filled in.
fn structure(models: &Models<'_>, index: usize, value: &Value) -> Result<Value, String> {
    let schema = &models.structs[index];
    let Value::Object(members) = value else {
        return Err(format!("the default of the struct `{}` should be an object", schema.name));
    };
    if let Some(unknown) = members.keys().find(|name| !schema.fields.iter().any(|field| field.name == **name))
    {
        return Err(format!("the struct `{}` has no field `{unknown}`", schema.name));
    }
    let mut filled = serde_json::Map::new();
    for field in &schema.fields {
        let value = match (members.get(&field.name), &field.default) {
            (Some(Value::Null), _) if field.nullable => Value::Null,
            (Some(value), _) => conform(models, &field.ty, value)?,
            (None, Some(default)) => default.clone(),
            (None, None) if field.nullable => Value::Null,
            (None, None) => {
                return Err(format!("the default of `{}` lacks the field `{}`", schema.name, field.name));
            }
        };
        filled.insert(field.name.clone(), value);
    }
    let filled = Value::from(filled);
    if count(&filled) > LONGEST {
        return Err(format!("the default of `{}` has more than {LONGEST} values", schema.name));
    }
    Ok(filled)
}

/// The most values that a struct's default may have. Each level of structs that are defaults of others can double
/// them, and a document of a few lines would be gigabytes of code.
const LONGEST: usize = 1_000;

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn list(models: &Models<'_>, item: &Type, length: Option<usize>, value: &Value) -> Result<Value, String> {
    let Value::Array(items) = value else {
        return Err(format!("the default `{value}` should be a list"));
    };
    if let Some(length) = length
        && items.len() != length
    {
        return Err(format!("the default has {} items and should have {length}", items.len()));
    }
    items.iter().map(|value| conform(models, item, value)).collect()
}

fn map(models: &Models<'_>, key: &Type, item: &Type, value: &Value) -> Result<Value, String> {
    let Value::Object(members) = value else {
        return Err(format!("the default `{value}` should be an object"));
    };
    let mut filled = serde_json::Map::new();
    for (name, value) in members {
        match key {
            Type::String => {}
            Type::Enum(id) => {
                let same = |value: &Value| super::enums::as_key(value) == *name;
                if !models.enums[id.0].variants.iter().any(|variant| same(&variant.value)) {
                    return Err(format!("`{name}` is not a value of the enum `{}`", models.enums[id.0].name));
                }
            }
            // Numbers, booleans and UUIDs are written as texts, and each is read from its text.
            Type::Bool if matches!(name.as_str(), "true" | "false") => {}
            Type::Bool => return Err(format!("the key `{name}` should be true or false")),
            key => drop(conform(models, key, &Value::from(name.as_str()))?),
        }
        filled.insert(name.clone(), conform(models, item, value)?);
    }
    Ok(filled.into())
}
