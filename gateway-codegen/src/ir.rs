//! What a gateway's document says, in no language's terms: what [targets](crate::Target) read.
//!
//! Names are those of the document, unchecked: a target makes them fit its language.

use serde_json::{Number, Value};

/// A gateway as its document describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ir {
    /// The document's title.
    pub title: String,
    /// The document's version.
    pub version: String,
    /// The document's description.
    pub docs: String,
    /// The path that all routes are under, `/api/v1`.
    pub prefix: String,
    /// The structs, each after those that it contains.
    pub structs: Vec<Struct>,
    /// The enums.
    pub enums: Vec<Enum>,
    /// The channels.
    pub channels: Vec<Channel>,
    /// The state tables.
    pub states: Vec<State>,
    /// The static fields.
    pub fields: Vec<StaticField>,
}

/// A struct's place in [`Ir::structs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StructId(pub usize);

/// An enum's place in [`Ir::enums`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnumId(pub usize);

/// A struct, without a record's id and timestamp.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// Its title. Two structs may have one.
    pub name: String,
    /// Its description.
    pub docs: String,
    /// Whether it is what a channel carries. Else it is only ever nested.
    pub record: bool,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name on the wire.
    pub name: String,
    /// Its description.
    pub docs: String,
    /// Its type, without its nullability.
    pub ty: Type,
    /// Whether it may be null, or missing without a default.
    pub nullable: bool,
    /// What it is when it is missing, conforming to the type.
    pub default: Option<Value>,
    /// What its values must satisfy.
    pub constraints: Constraints,
}

impl Field {
    /// Whether a sender must give it.
    pub fn required(&self) -> bool {
        self.default.is_none() && !self.nullable
    }
}

/// A type of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A signed integer of so many bits.
    Int(u8),
    /// An unsigned integer of so many bits.
    UInt(u8),
    /// A floating-point number of so many bits.
    Float(u8),
    /// Text.
    String,
    /// Bytes, base64 on the wire.
    Bytes,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A date and time with an offset.
    DateTime,
    /// A date and time without an offset.
    NaiveDateTime,
    /// A length of time, seconds on the wire.
    Duration,
    /// A UUID.
    Uuid,
    /// A decimal number, a string on the wire.
    Decimal,
    /// One of fixed values.
    Enum(EnumId),
    /// A nested struct.
    Struct(StructId),
    /// A list.
    List(Box<Type>),
    /// A list of a fixed length.
    Array(Box<Type>, usize),
    /// A map, by its keys' and values' types.
    Map(Box<Type>, Box<Type>),
    /// An item of a list or a map that may be null.
    Nullable(Box<Type>),
    /// Any JSON: the document does not say, or says what no field type is.
    Any,
}

/// What a field's values must satisfy.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Constraints {
    /// The least.
    pub min: Option<Bound>,
    /// The greatest.
    pub max: Option<Bound>,
    /// The fewest characters, bytes or items.
    pub min_length: Option<u64>,
    /// The most characters, bytes or items.
    pub max_length: Option<u64>,
    /// A regular expression, in whatever dialect the document's author had in mind.
    pub pattern: Option<String>,
    /// Names of further checks that only the gateway can do.
    pub custom: Vec<String>,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The bound itself.
    pub value: Number,
    /// Whether the bound itself is outside.
    pub exclusive: bool,
}

/// An enum.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// Its title.
    pub name: String,
    /// Its description.
    pub docs: String,
    /// Its members in order.
    pub variants: Vec<Variant>,
}

/// A member of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its name: what a basket's key is on the wire.
    pub name: String,
    /// Its value: what a field is on the wire; a string or an integer, the same for all of an enum.
    pub value: Value,
    /// Its description.
    pub docs: String,
}

/// A channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// The name on the wire.
    pub name: String,
    /// Its description.
    pub docs: String,
    /// What its records are.
    pub record: StructId,
    /// Whether a tick is a list of records.
    pub list: bool,
    /// The key, if it is a basket.
    pub key: Option<Key>,
    /// What the gateway offers on it.
    pub offers: Offers,
}

/// The key of a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Any text.
    String,
    /// The name of an enum's member.
    Enum(EnumId),
}

/// What the gateway offers on a channel, besides streaming it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offers {
    /// The latest tick.
    pub last: bool,
    /// Waiting for the next tick.
    pub next: bool,
    /// Sending to it.
    pub send: bool,
    /// Finding a record by its id.
    pub lookup: bool,
}

/// A state table.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The name it is asked for by.
    pub alias: String,
    /// Its description.
    pub docs: String,
    /// What its records are.
    pub record: StructId,
    /// The columns of its key, if the document names them.
    pub key: Vec<String>,
}

/// A static field of the gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct StaticField {
    /// The name on the wire.
    pub name: String,
    /// Its description.
    pub docs: String,
}
