//! Reading the members of an object.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{AsWire, CustomCheck, WireType};
use crate::problem::{Problem, Problems};
use crate::schema::{FieldSchema, StructSchema};

/// Reads a struct's fields from an object, collecting every problem.
pub struct ObjectReader<'a> {
    input: &'a Value,
    members: &'a Map<String, Value>,
    schema: &'static StructSchema,
    problems: &'a mut Problems,
}

impl<'a> ObjectReader<'a> {
    /// Starts to read. Members that are neither fields nor `allowed` are problems; an input that is not
    /// an object is one, and then there is no reader.
    pub fn new(
        input: &'a Value,
        schema: &'static StructSchema,
        allowed: &[&str],
        problems: &'a mut Problems,
    ) -> Option<Self> {
        let Value::Object(members) = input else {
            problems.add(
                Problem::new(
                    "model_attributes_type",
                    format!(
                        "Input should be a valid dictionary or object to extract fields of {} from",
                        schema.name
                    ),
                ),
                input,
            );
            return None;
        };
        for (name, value) in members {
            if schema.field(name).is_none() && !allowed.contains(&name.as_str()) {
                problems.within(name.clone(), |problems| {
                    problems.add(Problem::new("extra_forbidden", "Extra inputs are not permitted"), value);
                });
            }
        }
        Some(ObjectReader { input, members, schema, problems })
    }

    /// Reads a member of the envelope: nothing if it is missing or null, a problem if it is not a text that
    /// `parse` takes. Numbers are taken as text.
    pub fn envelope<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        problem: impl FnOnce() -> Problem,
    ) -> Option<Option<T>> {
        let input = match self.members.get(name) {
            None | Some(Value::Null) => return Some(None),
            Some(input) => input,
        };
        let text = match input {
            Value::String(text) => Some(Cow::Borrowed(text.as_str())),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        };
        let parsed = text.and_then(|text| parse(&text));
        if parsed.is_none() {
            self.problems.within(name, |problems| problems.add(problem(), input));
        }
        parsed.map(Some)
    }

    /// Reads the field at `index` of the schema and checks its constraints.
    ///
    /// A missing field gets `default`, else the type's own value for absence, else it is a problem.
    pub fn field<T: WireType>(
        &mut self,
        index: usize,
        default: Option<fn() -> T>,
        custom: &[&CustomCheck<T>],
    ) -> Option<T> {
        let field = &self.schema.fields[index];
        let Some(input) = self.members.get(field.name) else {
            let absent = default.map(|default| default()).or_else(T::absent);
            if absent.is_none() {
                let whole = self.input;
                self.problems.within(field.name, |problems| {
                    problems.add(Problem::new("missing", "Field required"), whole);
                });
            }
            return absent;
        };
        self.problems.within(field.name, |problems| {
            let value = T::read(input, problems)?;
            check_value(field, &value, custom, &|| input.clone(), problems);
            Some(value)
        })
    }
}

/// Checks all rules of one field.
pub(crate) fn check_value<T: WireType>(
    field: &'static FieldSchema,
    value: &T,
    custom: &[&CustomCheck<T>],
    input: &dyn Fn() -> Value,
    problems: &mut Problems,
) {
    for constraint in field.constraints {
        value.check(constraint, input, problems);
    }
    for check in custom {
        if let Err(message) = check(value) {
            let problem =
                Problem::new("value_error", format!("Value error, {message}")).with_context("error", message);
            problems.add(problem, &input());
        }
    }
}

/// A value's JSON form.
pub(crate) fn serialised<T: WireType>(value: &T) -> Value {
    // By way of text, where an `f32` has its own digits; `to_value` would widen it. Writing fails for map keys that
    // are not strings, and `MapKey` makes them strings.
    let text = serde_json::to_string(&AsWire(value)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// The word for what an input is, in messages.
pub(crate) fn kind_of(input: &Value) -> &'static str {
    match input {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
