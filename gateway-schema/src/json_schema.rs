//! JSON Schema (2020-12, as OpenAPI 3.1 uses it) of structs, from their [`StructSchema`].

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::constraint::{Bound, Constraint, Number};
use crate::schema::{EnumSchema, FieldSchema, FieldType, StructSchema};

/// Collects the schemas of structs and enums under the names they are referred to by.
#[derive(Debug, Default)]
pub struct Definitions {
    found: BTreeMap<String, Value>,
}

/// In which direction a record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the server: id, timestamp and defaults are always there.
    Out,
    /// To the server: id, timestamp and what has a default may be missing.
    In,
}

impl Definitions {
    /// Nothing yet.
    pub fn new() -> Self {
        Definitions::default()
    }

    /// The collected schemas by name, in order of the names.
    pub fn into_map(self) -> Map<String, Value> {
        self.found.into_iter().collect()
    }

    /// Adds a record's schema, envelope first, and gives the reference to it: `Trade` goes out, `TradeInput`
    /// comes in.
    pub fn record(&mut self, schema: &'static StructSchema, direction: Direction) -> Value {
        let name = match direction {
            Direction::Out => schema.name.to_owned(),
            Direction::In => format!("{}Input", schema.name),
        };
        self.object(&name, schema, direction, true)
    }

    /// Adds the schema of a nested struct, without an envelope, as `VenueValue` or, on the way in,
    /// `VenueValueInput`, and gives the reference to it.
    pub fn value(&mut self, schema: &'static StructSchema, direction: Direction) -> Value {
        let name = match direction {
            Direction::Out => format!("{}Value", schema.name),
            Direction::In => format!("{}ValueInput", schema.name),
        };
        self.object(&name, schema, direction, false)
    }

    /// Adds any other schema under a name and gives the reference to it.
    pub fn named(&mut self, name: &str, schema: Value) -> Value {
        self.found.insert(name.to_owned(), schema);
        reference(name)
    }

    fn object(
        &mut self,
        name: &str,
        schema: &'static StructSchema,
        direction: Direction,
        envelope: bool,
    ) -> Value {
        if !self.found.contains_key(name) {
            self.found.insert(name.to_owned(), Value::Null);
            let object = self.describe(schema, direction, envelope);
            self.found.insert(name.to_owned(), object);
        }
        reference(name)
    }

    fn describe(&mut self, schema: &'static StructSchema, direction: Direction, envelope: bool) -> Value {
        let mut properties = Map::new();
        let mut required: Vec<&str> = Vec::new();
        if envelope {
            properties.insert("id".to_owned(), json!({
                "type": "string", "title": "Id",
                "description": "Unique across restarts and machines; decimal digits when the gateway made it.",
            }));
            properties.insert(
                "timestamp".to_owned(),
                json!({
                    "type": "string", "format": "date-time", "title": "Timestamp",
                    "description": "Engine time, UTC without an offset.",
                }),
            );
            if direction == Direction::Out {
                required.extend(["id", "timestamp"]);
            }
        }
        for field in schema.fields {
            properties.insert(field.name.to_owned(), self.field(field, direction));
            if field.default.is_none() && !field.nullable
                || direction == Direction::Out && field.default.is_some()
            {
                required.push(field.name);
            }
        }
        let mut object = json!({ "type": "object", "title": schema.name });
        if !schema.docs.is_empty() {
            object["description"] = schema.docs.into();
        }
        object["properties"] = properties.into();
        if !required.is_empty() {
            object["required"] = required.into();
        }
        object["additionalProperties"] = false.into();
        object
    }

    fn field(&mut self, field: &'static FieldSchema, direction: Direction) -> Value {
        let mut schema = self.of_type(&field.ty, direction);
        for constraint in field.constraints {
            constrain(&mut schema, constraint, &field.ty);
        }
        // Beside a `$ref`, description and default are allowed since JSON Schema 2019-09; csp-gateway's client
        // drops them, and would not look into an `allOf`.
        if field.nullable {
            schema = json!({ "anyOf": [schema, { "type": "null" }] });
        }
        if !field.docs.is_empty() {
            schema["description"] = field.docs.into();
        }
        if let Some(default) = field.default {
            schema["default"] = default();
        }
        schema
    }

    fn of_type(&mut self, ty: &FieldType, direction: Direction) -> Value {
        match ty {
            FieldType::Bool => json!({ "type": "boolean" }),
            FieldType::Int(64) => json!({ "type": "integer", "format": "int64" }),
            FieldType::Int(bits) => {
                let max = (1_i64 << (bits - 1)) - 1;
                json!({ "type": "integer", "format": format!("int{bits}"), "minimum": -max - 1, "maximum": max })
            }
            FieldType::UInt(64) => json!({ "type": "integer", "format": "uint64", "minimum": 0 }),
            FieldType::UInt(bits) => {
                json!({ "type": "integer", "format": format!("uint{bits}"), "minimum": 0, "maximum": (1_u64 << bits) - 1 })
            }
            FieldType::Float(32) => json!({ "type": "number", "format": "float" }),
            FieldType::Float(_) => json!({ "type": "number", "format": "double" }),
            FieldType::String => json!({ "type": "string" }),
            FieldType::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            FieldType::Date => json!({ "type": "string", "format": "date" }),
            FieldType::Time => json!({ "type": "string", "format": "time" }),
            FieldType::DateTime => json!({ "type": "string", "format": "date-time" }),
            FieldType::NaiveDateTime => json!({ "type": "string", "format": "local-date-time" }),
            FieldType::Duration => json!({ "type": "number", "format": "duration-seconds" }),
            FieldType::Uuid => json!({ "type": "string", "format": "uuid" }),
            FieldType::Decimal => json!({ "type": "string", "format": "decimal" }),
            FieldType::Enum(schema) => self.enumeration(schema),
            FieldType::Struct(schema) => self.value(schema, direction),
            FieldType::List(item) => json!({ "type": "array", "items": self.of_type(item, direction) }),
            FieldType::Array(item, length) => json!({
                "type": "array", "items": self.of_type(item, direction), "minItems": length, "maxItems": length,
            }),
            FieldType::Map(key, value) => {
                let mut schema =
                    json!({ "type": "object", "additionalProperties": self.of_type(value, direction) });
                match key {
                    FieldType::Enum(members) => {
                        let names: Vec<Value> = members
                            .variants
                            .iter()
                            .map(|member| match member.value.to_json() {
                                Value::String(text) => text.into(),
                                number => number.to_string().into(),
                            })
                            .collect();
                        schema["propertyNames"] = json!({ "enum": names });
                    }
                    FieldType::String => {}
                    key => schema["x-gateway-key"] = self.of_type(key, direction),
                }
                schema
            }
            FieldType::Nullable(inner) => {
                json!({ "anyOf": [self.of_type(inner, direction), { "type": "null" }] })
            }
            FieldType::Json => json!({}),
        }
    }

    fn enumeration(&mut self, schema: &'static EnumSchema) -> Value {
        let values: Vec<Value> = schema.variants.iter().map(|variant| variant.value.to_json()).collect();
        let names: Vec<&str> = schema.variants.iter().map(|variant| variant.name).collect();
        let docs: Vec<&str> = schema.variants.iter().map(|variant| variant.docs).collect();
        let kind = if values.iter().all(Value::is_i64) { "integer" } else { "string" };
        let mut object = json!({ "type": kind, "title": schema.name, "enum": values });
        if !schema.docs.is_empty() {
            object["description"] = schema.docs.into();
        }
        object["x-gateway-names"] = names.into();
        if docs.iter().any(|text| !text.is_empty()) {
            object["x-gateway-descriptions"] = docs.into();
        }
        self.named(schema.name, object)
    }
}

/// A reference to a schema of the document's components.
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn number_of(value: &Value) -> Option<Number> {
    let whole = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    whole.map(Number::Int).or_else(|| value.as_f64().map(Number::Float))
}

fn constrain(schema: &mut Value, constraint: &Constraint, ty: &FieldType) {
    match constraint {
        Constraint::Range { min, max } => {
            // A decimal is a string on the wire, where `minimum` would mean nothing.
            let (min_key, max_key) = match ty {
                FieldType::Decimal => (
                    ["x-gateway-minimum", "x-gateway-exclusiveMinimum"],
                    ["x-gateway-maximum", "x-gateway-exclusiveMaximum"],
                ),
                _ => (["minimum", "exclusiveMinimum"], ["maximum", "exclusiveMaximum"]),
            };
            // An integer type has bounds of its own, which a wider one of the field does not move.
            let mut set = |keys: [&str; 2], bound: &Option<Bound>, wider: Ordering| {
                let Some(bound) = bound else { return };
                let own = schema.get(keys[0]).and_then(number_of);
                if own.is_none_or(|own| bound.value.compare(own) != Some(wider)) {
                    schema[keys[usize::from(bound.exclusive)]] = bound.value.to_json();
                }
            };
            set(min_key, min, Ordering::Less);
            set(max_key, max, Ordering::Greater);
        }
        Constraint::Length { min, max } => {
            let (min_key, max_key) = match ty {
                FieldType::List(_) => ("minItems", "maxItems"),
                FieldType::Map(..) => ("minProperties", "maxProperties"),
                // Counted in bytes, while `minLength` would count the characters of the base64 text.
                FieldType::Bytes => ("x-gateway-minBytes", "x-gateway-maxBytes"),
                _ => ("minLength", "maxLength"),
            };
            if let Some(min) = min {
                schema[min_key] = (*min).into();
            }
            if let Some(max) = max {
                schema[max_key] = (*max).into();
            }
        }
        Constraint::Pattern { source, .. } => schema["pattern"] = (*source).into(),
        Constraint::Custom { name } => {
            let names = schema["x-gateway-custom"].take();
            let mut names = if let Value::Array(names) = names { names } else { Vec::new() };
            names.push((*name).into());
            schema["x-gateway-custom"] = names.into();
        }
    }
}
