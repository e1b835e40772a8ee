//! One record of a channel.

use std::ops::Deref;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::cell::Cell;
use crate::id::Id;
use crate::problem::{Problem, Problems};
use crate::timestamp::Timestamp;
use crate::wire::{GatewayStruct, ObjectReader};

/// The names of the envelope's members, which come first on the wire and among the columns.
pub const ENVELOPE: [&str; 2] = ["id", "timestamp"];

/// One record of a channel: a value with its id and the engine time at which it ticked.
///
/// On the wire it is one flat object: `id`, `timestamp`, then the value's fields in declaration order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick<T> {
    /// Unique across restarts and machines.
    pub id: Id,
    /// Engine time.
    pub timestamp: Timestamp,
    /// What ticked.
    pub value: T,
}

impl<T> Deref for Tick<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: GatewayStruct> Serialize for Tick<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("timestamp", &self.timestamp)?;
        self.value.write_fields(&mut map)?;
        map.end()
    }
}

/// A record as a sender gives it: id and timestamp may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft<T> {
    /// The sender's id, if it chose one.
    pub id: Option<Id>,
    /// The sender's timestamp, if it gave one.
    pub timestamp: Option<Timestamp>,
    /// The value.
    pub value: T,
}

impl<T> From<T> for Draft<T> {
    fn from(value: T) -> Self {
        Draft { id: None, timestamp: None, value }
    }
}

impl<T: GatewayStruct> Draft<T> {
    /// Reads a record and validates it; everything wrong with it goes to `problems`.
    pub fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let mut reader = ObjectReader::new(input, T::SCHEMA, &ENVELOPE, problems)?;
        let id = reader.envelope(
            "id",
            |text| Some(Id::from(text)),
            || Problem::new("string_type", "Input should be a valid string"),
        );
        let timestamp = reader.envelope(
            "timestamp",
            |text| text.parse().ok(),
            || Problem::new("datetime_from_date_parsing", "Input should be a valid datetime or date"),
        );
        let value = T::read_fields(&mut reader);
        Some(Draft { id: id?, timestamp: timestamp?, value: value? })
    }
}

impl<T: GatewayStruct> Tick<T> {
    /// Reads a record from the wire, where id and timestamp are present.
    ///
    /// # Errors
    ///
    /// Every problem of the record.
    pub fn from_json(input: &Value) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new("body");
        let draft = Draft::<T>::read(input, &mut problems);
        let draft = problems.into_result(draft)?;
        let missing = |name| vec![Problem::new("missing", "Field required").at(["body", name])];
        Ok(Tick {
            id: draft.id.ok_or_else(|| missing("id"))?,
            timestamp: draft.timestamp.ok_or_else(|| missing("timestamp"))?,
            value: draft.value,
        })
    }

    /// The cell of a column of the record; see [`ColumnPath`].
    pub fn cell(&self, path: &ColumnPath) -> Cell<'_> {
        match path {
            ColumnPath::Id => Cell::Text(self.id.to_string().into()),
            ColumnPath::Timestamp => Cell::DateTime(self.timestamp.as_nanos()),
            ColumnPath::Field(path) => self.value.cell_at(path),
        }
    }
}

/// Which column of a record is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnPath {
    /// The envelope's id.
    Id,
    /// The envelope's timestamp.
    Timestamp,
    /// The indexes of the fields that lead to it.
    Field(Vec<usize>),
}
