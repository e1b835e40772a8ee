//! Text, bytes and UUIDs.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::ser::Serializer;
use serde_json::Value;
use uuid::Uuid;

use super::memory::allocated;
use super::{MapKey, WireType};
use crate::cell::Cell;
use crate::constraint::{Constraint, Counted, check_length, check_pattern};
use crate::problem::{Problem, Problems};
use crate::schema::FieldType;

impl WireType for String {
    const TYPE: FieldType = FieldType::String;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        match input {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                problems.add(Problem::new("string_type", "Input should be a valid string"), input);
                None
            }
        }
    }

    fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
        let problem = match constraint {
            Constraint::Length { min, max } => {
                check_length(self.chars().count(), Counted::Characters, *min, *max)
            }
            Constraint::Pattern { source, regex } => check_pattern(self, source, regex()),
            _ => None,
        };
        if let Some(problem) = problem {
            problems.add(problem, &input());
        }
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Cow::Borrowed(self))
    }

    fn heap_bytes(&self) -> usize {
        allocated(self.capacity())
    }
}

impl MapKey for String {
    fn to_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn from_key(key: &str) -> Option<Self> {
        Some(key.to_owned())
    }
}

impl WireType for Bytes {
    const TYPE: FieldType = FieldType::Bytes;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self))
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let value = input.as_str().and_then(|text| STANDARD.decode(text).ok());
        if value.is_none() {
            problems.add(Problem::new("bytes_type", "Input should be a base64 string"), input);
        }
        value.map(Bytes::from)
    }

    fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
        if let Constraint::Length { min, max } = constraint
            && let Some(problem) = check_length(self.len(), Counted::Bytes, *min, *max)
        {
            problems.add(problem, &input());
        }
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Bytes(Cow::Borrowed(self))
    }

    fn heap_bytes(&self) -> usize {
        allocated(self.len())
    }
}

impl WireType for Uuid {
    const TYPE: FieldType = FieldType::Uuid;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let value = input.as_str().and_then(|text| text.parse().ok());
        if value.is_none() {
            problems.add(Problem::new("uuid_parsing", "Input should be a valid UUID"), input);
        }
        value
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Uuid(*self)
    }
}

impl MapKey for Uuid {
    fn to_key(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn from_key(key: &str) -> Option<Self> {
        key.parse().ok()
    }
}
