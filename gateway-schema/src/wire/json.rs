//! Values without a schema.

use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::memory::allocated;
use super::{WireType, kind_of};
use crate::cell::Cell;
use crate::problem::{Problem, Problems};
use crate::schema::FieldType;

/// Any JSON value, `null` included.
impl WireType for Value {
    const TYPE: FieldType = FieldType::Json;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn read(input: &Value, _: &mut Problems) -> Option<Self> {
        Some(input.clone())
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Opaque
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.heap_bytes(),
            Value::Array(items) => items.heap_bytes(),
            Value::Object(members) => members.heap_bytes(),
        }
    }
}

/// Any JSON object, its members in the order in which they came.
impl WireType for Map<String, Value> {
    const TYPE: FieldType = FieldType::Map(&FieldType::String, &FieldType::Json);

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let Value::Object(members) = input else {
            let message = format!("Input should be a valid dictionary, not {}", kind_of(input));
            problems.add(Problem::new("dict_type", message), input);
            return None;
        };
        Some(members.clone())
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Opaque
    }

    fn heap_bytes(&self) -> usize {
        // An entry has its key, its value and its hash, and a place in a table of numbers; there is room for more.
        const ENTRY: usize = size_of::<(String, Value, u64)>() + 2 * size_of::<usize>();
        let inside = self.iter().map(|(name, value)| name.heap_bytes() + value.heap_bytes()).sum::<usize>();
        allocated(self.len().next_power_of_two() * ENTRY * usize::from(!self.is_empty())) + inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_keeps_its_order() {
        let mut problems = Problems::new("body");
        let input = json!({ "z": 1, "a": [null, { "b": true }] });
        let read = Map::read(&input, &mut problems).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"z":1,"a":[null,{"b":true}]}"#);
    }

    #[test]
    fn what_is_not_an_object_is_no_map() {
        let mut problems = Problems::new("body");
        assert_eq!(Map::read(&json!([1]), &mut problems), None);
        assert_eq!(problems.into_vec()[0].kind, "dict_type");
    }
}
