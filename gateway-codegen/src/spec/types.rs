//! Types of fields, from their JSON Schemas.

use std::collections::HashMap;

use serde_json::Value;

use super::cursor::Cursor;
use super::{constraints, structs};
use crate::ir::{Constraints, Enum, Struct, StructId, Type};

/// The structs and enums found so far.
pub(super) struct Models<'a> {
    pub(super) root: Cursor<'a>,
    pub(super) structs: Vec<Struct>,
    pub(super) enums: Vec<Enum>,
    /// What a reference has been read as.
    read: HashMap<String, Option<Reading>>,
    /// The references being followed.
    following: Vec<String>,
    /// How many schemas are being read, each inside the one before.
    depth: usize,
}

/// How deep schemas may be inside each other: they are read by functions that call themselves.
const DEEPEST: usize = 200;

/// What a schema says of a value.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) ty: Type,
    pub(super) nullable: bool,
    pub(super) constraints: Constraints,
}

impl Reading {
    fn plain(ty: Type) -> Self {
        Reading { ty, nullable: false, constraints: Constraints::default() }
    }

    /// The type of an item of a list or a map, where nullability is part of the type.
    fn into_item(self) -> Type {
        if self.nullable && self.ty != Type::Any { Type::Nullable(Box::new(self.ty)) } else { self.ty }
    }
}

/// Longer fixed lists are lists with a length.
const LONGEST_ARRAY: u64 = 32;

impl<'a> Models<'a> {
    pub(super) fn new(root: Cursor<'a>) -> Self {
        Models {
            root,
            structs: Vec::new(),
            enums: Vec::new(),
            read: HashMap::new(),
            following: Vec::new(),
            depth: 0,
        }
    }

    pub(super) fn into_parts(self) -> (Vec<Struct>, Vec<Enum>) {
        (self.structs, self.enums)
    }

    /// Reads the schema of a channel's record, and keeps it as one.
    pub(super) fn record(&mut self, schema: &Cursor<'a>, hint: &str) -> Option<StructId> {
        let mut at = schema.clone();
        let mut hint = hint.to_owned();
        let mut seen = Vec::new();
        while let Some(target) = at.reference() {
            let target = target?;
            if seen.contains(&target.pointer) {
                schema.fault("this reference leads to itself");
                return None;
            }
            hint = last_step(&target.pointer);
            seen.push(target.pointer.clone());
            at = target;
        }
        self.followed(&at.pointer.clone(), schema, |models| structs::record(models, &at, &hint))?
    }

    /// Runs `f` while `pointer` counts as being followed; a fault when it already is.
    fn followed<R>(&mut self, pointer: &str, from: &Cursor<'a>, f: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.following.iter().any(|open| open == pointer) {
            from.fault(format!(
                "`{pointer}` contains itself, and a recursive struct has no finite set of columns"
            ));
            return None;
        }
        self.following.push(pointer.to_owned());
        let result = f(self);
        self.following.pop();
        Some(result)
    }

    /// Reads a schema. `hint` is a name for a struct or an enum without a title.
    pub(super) fn read(&mut self, schema: &Cursor<'a>, hint: &str) -> Option<Reading> {
        if self.depth == DEEPEST {
            schema.fault(format!("this is inside of more than {DEEPEST} other schemas"));
            return None;
        }
        self.depth += 1;
        let reading = self.read_schema(schema, hint);
        self.depth -= 1;
        reading
    }

    fn read_schema(&mut self, schema: &Cursor<'a>, hint: &str) -> Option<Reading> {
        if let Some(target) = schema.reference() {
            let target = target?;
            if let Some(known) = self.read.get(&target.pointer) {
                return known.clone();
            }
            let hint = last_step(&target.pointer);
            let reading =
                self.followed(&target.pointer.clone(), schema, |models| models.read(&target, &hint))?;
            self.read.insert(target.pointer, reading.clone());
            return reading;
        }
        match schema.value {
            Value::Object(_) => {}
            Value::Bool(true) => return Some(Reading::plain(Type::Any)),
            _ => {
                schema.fault("this should be a schema, which is an object");
                return None;
            }
        }
        for alternatives in ["anyOf", "oneOf", "allOf"] {
            if let Some(list) = schema.get(alternatives) {
                return self.alternatives(&list, alternatives, hint);
            }
        }
        if schema.get("enum").is_some() {
            return self.enumeration(schema, hint);
        }
        let (kind, nullable) = match schema.value.get("type") {
            Some(Value::String(kind)) => (kind.as_str(), false),
            Some(Value::Array(kinds)) => {
                let mut named = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
                let nullable = kinds.iter().any(|kind| kind == "null");
                match (named.next(), named.next()) {
                    (Some(kind), None) => (kind, nullable),
                    _ => ("", nullable),
                }
            }
            _ if schema.get("properties").is_some() => ("object", false),
            _ => ("", false),
        };
        let ty = self.of_kind(kind, schema, hint)?;
        // OpenAPI 3.0 says it in its own way.
        let nullable = nullable || schema.flag("nullable");
        let constraints = constraints::read(schema, &ty);
        Some(Reading { ty, nullable, constraints })
    }

    /// One alternative besides null is that type, nullable; several are no type that a field can have.
    fn alternatives(&mut self, list: &Cursor<'a>, word: &str, hint: &str) -> Option<Reading> {
        let items = list.items();
        let (nulls, others): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| item.value.get("type").is_some_and(|kind| kind == "null"));
        match others.as_slice() {
            [only] => {
                let mut reading = self.read(only, hint)?;
                reading.nullable |= !nulls.is_empty() && word != "allOf";
                Some(reading)
            }
            _ => Some(Reading { nullable: !nulls.is_empty(), ..Reading::plain(Type::Any) }),
        }
    }

    fn enumeration(&mut self, schema: &Cursor<'a>, hint: &str) -> Option<Reading> {
        super::enums::read(self, schema, hint)
            .map(|(ty, nullable)| Reading { nullable, ..Reading::plain(ty) })
    }

    fn of_kind(&mut self, kind: &str, schema: &Cursor<'a>, hint: &str) -> Option<Type> {
        let format = schema.value.get("format").and_then(Value::as_str).unwrap_or_default();
        Some(match (kind, format) {
            ("boolean", _) => Type::Bool,
            ("integer", "int8") => Type::Int(8),
            ("integer", "int16") => Type::Int(16),
            ("integer", "int32") => Type::Int(32),
            ("integer", "uint8") => Type::UInt(8),
            ("integer", "uint16") => Type::UInt(16),
            ("integer", "uint32") => Type::UInt(32),
            ("integer", "uint64") => Type::UInt(64),
            ("integer", _) => Type::Int(64),
            ("number", "float") => Type::Float(32),
            ("number", "duration-seconds" | "time-delta") | ("string", "duration") => Type::Duration,
            ("number", _) => Type::Float(64),
            ("string", "date") => Type::Date,
            ("string", "time") => Type::Time,
            ("string", "date-time") => Type::DateTime,
            ("string", "local-date-time") => Type::NaiveDateTime,
            ("string", "uuid") => Type::Uuid,
            ("string", "decimal") => Type::Decimal,
            ("string", _) if schema.value.get("contentEncoding").is_some_and(|name| name == "base64") => {
                Type::Bytes
            }
            ("string", _) => Type::String,
            ("array", _) => self.list(schema, hint)?,
            ("object", _) => self.object(schema, hint)?,
            ("", _) => Type::Any,
            (other, _) => {
                schema.fault(format!(
                    "`{other}` is not a type; the types are boolean, integer, number, string, array, object and null"
                ));
                return None;
            }
        })
    }

    fn list(&mut self, schema: &Cursor<'a>, hint: &str) -> Option<Type> {
        let item = match schema.get("items") {
            Some(items) => self.read(&items, &format!("{hint} item"))?.into_item(),
            None => Type::Any,
        };
        let bound = |name| schema.value.get(name).and_then(Value::as_u64);
        Some(match (bound("minItems"), bound("maxItems")) {
            (Some(min), Some(max)) if min == max && max <= LONGEST_ARRAY => {
                Type::Array(Box::new(item), usize::try_from(max).unwrap_or_default())
            }
            _ => Type::List(Box::new(item)),
        })
    }

    fn object(&mut self, schema: &Cursor<'a>, hint: &str) -> Option<Type> {
        if schema
            .get("properties")
            .is_some_and(|members| members.value.as_object().is_some_and(|m| !m.is_empty()))
        {
            return structs::nested(self, schema, hint).map(Type::Struct);
        }
        let value = match schema.get("additionalProperties") {
            Some(values) if values.value.is_object() => {
                self.read(&values, &format!("{hint} value"))?.into_item()
            }
            _ => Type::Any,
        };
        let key = match schema.get("x-gateway-key") {
            Some(key) => self.read(&key, hint)?.ty,
            None => match schema.descend(&["propertyNames", "enum"]) {
                Some(values) => super::enums::of_keys(self, &values).map_or(Type::String, Type::Enum),
                None => Type::String,
            },
        };
        if !matches!(
            key,
            Type::String | Type::Bool | Type::Int(_) | Type::UInt(_) | Type::Uuid | Type::Enum(_)
        ) {
            schema.fault("the keys of a map are strings, integers, booleans, UUIDs or an enum's values");
            return None;
        }
        Some(Type::Map(Box::new(key), Box::new(value)))
    }
}

/// The last step of a pointer, as a name.
fn last_step(pointer: &str) -> String {
    pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
}
