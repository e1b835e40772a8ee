//! What a struct, a field, an enum and a channel are: constant data that everything generated reads.

use std::time::Duration;

use serde_json::Value;

use crate::constraint::Constraint;

/// The type of a field, without its nullability (see [`FieldSchema::nullable`]).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum FieldType {
    /// `bool`
    Bool,
    /// A signed integer of this many bits: 8, 16, 32 or 64.
    Int(u8),
    /// An unsigned integer of this many bits: 8, 16, 32 or 64.
    UInt(u8),
    /// A floating-point number of 32 or 64 bits. NaN and infinities are `null` on the wire.
    Float(u8),
    /// UTF-8 text.
    String,
    /// Bytes; base64 on the wire.
    Bytes,
    /// A calendar date, `2026-11-20`.
    Date,
    /// A time of day, `09:30:00`.
    Time,
    /// A date and time with an offset from UTC, `2026-11-20T09:30:00Z`.
    DateTime,
    /// A date and time without an offset, `2026-11-20T09:30:00`.
    NaiveDateTime,
    /// A length of time; seconds as a number on the wire.
    Duration,
    /// A UUID, hyphenated on the wire.
    Uuid,
    /// A decimal number; a string on the wire, so that no digit is lost.
    Decimal,
    /// One of a fixed set of values.
    Enum(&'static EnumSchema),
    /// A nested struct: its fields become dotted columns.
    Struct(&'static StructSchema),
    /// A list of any length.
    List(&'static FieldType),
    /// A list of exactly this length.
    Array(&'static FieldType, usize),
    /// A map from keys that are strings on the wire.
    Map(&'static FieldType, &'static FieldType),
    /// An optional value inside a list or a map; a field's own optionality is [`FieldSchema::nullable`].
    Nullable(&'static FieldType),
    /// Any JSON value, for what has no schema. It cannot be a key, nor be filtered by.
    Json,
}

/// What a [`GatewayStruct`](crate::GatewayStruct) is.
#[derive(Debug)]
pub struct StructSchema {
    /// The struct's name, as in Rust.
    pub name: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// The dotted Python class that csp-gateway's client may turn records into, if one is named.
    pub python: Option<&'static str>,
    /// Whether it can be the payload of a channel. A struct that is only ever nested may have fields called
    /// `id` and `timestamp`; a record may not, its envelope has them.
    pub record: bool,
    /// Its fields in declaration order, without skipped ones.
    pub fields: &'static [FieldSchema],
}

/// One field of a [`StructSchema`].
#[derive(Debug)]
pub struct FieldSchema {
    /// The name on the wire.
    pub name: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// Its type.
    pub ty: FieldType,
    /// Whether `null` is a value of it.
    pub nullable: bool,
    /// The default's JSON form; none when the field has no default.
    pub default: Option<fn() -> Value>,
    /// What its values must satisfy.
    pub constraints: &'static [Constraint],
}

/// What a [`GatewayEnum`](crate::GatewayEnum) is.
#[derive(Debug)]
pub struct EnumSchema {
    /// The enum's name, as in Rust.
    pub name: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// Its members in declaration order.
    pub variants: &'static [VariantSchema],
}

/// One member of an [`EnumSchema`].
#[derive(Debug)]
pub struct VariantSchema {
    /// The member's name: what a basket key is on the wire.
    pub name: &'static str,
    /// The member's value: what a field is on the wire.
    pub value: EnumValue,
    /// Its doc comment.
    pub docs: &'static str,
}

/// The value of an enum's member on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnumValue {
    /// A string.
    Text(&'static str),
    /// An integer.
    Int(i64),
}

impl EnumValue {
    /// Its JSON form.
    pub fn to_json(self) -> Value {
        match self {
            EnumValue::Text(text) => Value::from(text),
            EnumValue::Int(number) => Value::from(number),
        }
    }
}

/// A set of channels: what `#[gateway_channels]` was put on.
#[derive(Debug)]
pub struct ChannelsSchema {
    /// The struct's name, as in Rust.
    pub name: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// The channels in declaration order.
    pub channels: &'static [ChannelSchema],
    /// The static fields in declaration order.
    pub fields: &'static [StaticFieldSchema],
}

/// A field of the channel set that is a plain value, served at `field/{name}`.
#[derive(Debug)]
pub struct StaticFieldSchema {
    /// Its name.
    pub name: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
}

/// One channel.
#[derive(Debug)]
pub struct ChannelSchema {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// What one tick of it is.
    pub kind: ChannelKind,
    /// The struct its records are.
    pub payload: &'static StructSchema,
    /// The key, if it is a basket.
    pub key: Option<KeySchema>,
    /// Whether ticks may be sent to it from outside.
    pub send: bool,
    /// Whether records may be staged for it.
    pub stage: bool,
    /// Whether its records can be looked up by id.
    pub lookup: bool,
    /// The state tables it feeds.
    pub states: &'static [StateSchema],
}

/// What one tick of a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// `Channel<T>`: one record.
    Scalar,
    /// `Channel<Vec<T>>`: any number of records.
    List,
    /// `Basket<K, T>`: one record for each key that ticks.
    Basket,
    /// `Basket<K, Vec<T>>`: any number of records for each key that ticks.
    ListBasket,
}

impl ChannelKind {
    /// The name used in documents: `scalar`, `list`, `basket` or `list_basket`.
    pub const fn name(self) -> &'static str {
        match self {
            ChannelKind::Scalar => "scalar",
            ChannelKind::List => "list",
            ChannelKind::Basket => "basket",
            ChannelKind::ListBasket => "list_basket",
        }
    }

    /// Whether its ticks carry a key.
    pub const fn is_basket(self) -> bool {
        matches!(self, ChannelKind::Basket | ChannelKind::ListBasket)
    }
}

/// The key of a basket.
#[derive(Debug, Clone, Copy)]
pub struct KeySchema {
    /// The key type's name, as in Rust.
    pub name: &'static str,
    /// The legal keys, in order, if the set is fixed.
    pub names: Option<&'static [&'static str]>,
}

/// A table of the latest record per key, fed by a channel.
#[derive(Debug)]
pub struct StateSchema {
    /// The name it is asked for by; the channel's own unless another was given.
    pub alias: &'static str,
    /// Dotted paths of the columns that make up the key.
    pub key: &'static [&'static str],
    /// Records it keeps, the longest unchanged make room; as the gateway's settings say if none.
    pub rows: Option<usize>,
    /// Bytes of memory that its records may take; as the gateway's settings say if none.
    pub bytes: Option<usize>,
    /// How long a record stays without a change; as the gateway's settings say if none.
    pub retention: Option<Duration>,
    /// What the table of its history keeps, if it has one.
    pub history: Option<HistorySchema>,
}

impl StateSchema {
    /// A table without bounds of its own and without a history.
    pub const fn new(alias: &'static str, key: &'static [&'static str]) -> Self {
        StateSchema { alias, key, rows: None, bytes: None, retention: None, history: None }
    }
}

/// What the history of a state keeps: records that satisfy every bound that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistorySchema {
    /// The latest records of each key, so many.
    pub rows: Option<usize>,
    /// Records of the recent past.
    pub age: Option<Duration>,
}

impl StructSchema {
    /// The field with this name on the wire.
    pub fn field(&self, name: &str) -> Option<(usize, &'static FieldSchema)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }

    /// The flattened columns, nested structs as dotted names, in declaration order.
    ///
    /// The envelope's `id` and `timestamp` are not among them.
    pub fn columns(&'static self) -> Vec<Column> {
        let mut columns = Vec::new();
        self.add_columns("", &[], false, &mut columns);
        columns
    }

    fn add_columns(&'static self, prefix: &str, path: &[usize], nullable: bool, out: &mut Vec<Column>) {
        for (index, field) in self.fields.iter().enumerate() {
            let name = format!("{prefix}{}", field.name);
            let path: Vec<usize> = path.iter().copied().chain([index]).collect();
            let nullable = nullable || field.nullable;
            if let FieldType::Struct(nested) = field.ty {
                nested.add_columns(&format!("{name}."), &path, nullable, out);
            } else {
                out.push(Column {
                    name,
                    path,
                    ty: field.ty,
                    nullable,
                    docs: field.docs,
                    constraints: field.constraints,
                });
            }
        }
    }
}

impl ChannelsSchema {
    /// The channel with this name.
    pub fn channel(&self, name: &str) -> Option<&'static ChannelSchema> {
        self.channels.iter().find(|channel| channel.name == name)
    }
}

impl FieldType {
    /// Whether values of this type can be a key: compared for equality and put in order.
    pub const fn is_key(&self) -> bool {
        match self {
            FieldType::Float(_)
            | FieldType::List(_)
            | FieldType::Array(..)
            | FieldType::Map(..)
            | FieldType::Struct(_)
            | FieldType::Json => false,
            FieldType::Nullable(inner) => inner.is_key(),
            _ => true,
        }
    }

    /// The type in messages: `a string`, `an unsigned integer`…
    pub const fn describe(&self) -> &'static str {
        match self {
            FieldType::Bool => "a bool",
            FieldType::Int(_) => "an integer",
            FieldType::UInt(_) => "an unsigned integer",
            FieldType::Float(_) => "a float",
            FieldType::String => "a string",
            FieldType::Bytes => "bytes",
            FieldType::Date => "a date",
            FieldType::Time => "a time",
            FieldType::DateTime => "a date-time",
            FieldType::NaiveDateTime => "a local date-time",
            FieldType::Duration => "a duration",
            FieldType::Uuid => "a UUID",
            FieldType::Decimal => "a decimal",
            FieldType::Enum(_) => "an enum",
            FieldType::Struct(_) => "a struct",
            FieldType::List(_) => "a list",
            FieldType::Array(..) => "an array",
            FieldType::Map(..) => "a map",
            FieldType::Nullable(inner) => inner.describe(),
            FieldType::Json => "any JSON",
        }
    }
}

/// One flattened column of a struct.
#[derive(Debug, Clone)]
pub struct Column {
    /// The dotted name.
    pub name: String,
    /// The indexes of the fields that lead to it.
    pub path: Vec<usize>,
    /// Its type.
    pub ty: FieldType,
    /// Whether it, or a struct around it, may be null.
    pub nullable: bool,
    /// The field's doc comment.
    pub docs: &'static str,
    /// What its values must satisfy.
    pub constraints: &'static [Constraint],
}
