//! How values are read from and written to JSON.
//!
//! [`WireType`] is what a field's type implements; [`GatewayStruct`] and [`GatewayEnum`] are derived.
//! Reading is lenient where csp-gateway's clients rely on it (`"7"` and `7.0` are integers, `5` is a
//! string) and collects every problem instead of stopping at the first.

mod containers;
mod json;
pub mod memory;
mod numbers;
mod reader;
mod temporal;
mod text;

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::cell::Cell;
use crate::constraint::Constraint;
use crate::problem::Problems;
use crate::schema::{EnumSchema, FieldSchema, FieldType, KeySchema, StructSchema};

pub use reader::ObjectReader;
pub(crate) use reader::{kind_of, serialised};

/// A type that a field of a gateway struct may have.
///
/// Implement it for a type of your own by way of one that has it already, and name that one's [`FieldType`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a gateway field",
    label = "not a gateway field type",
    note = "field types are bool, integers up to 64 bits, f32, f64, String, Bytes, chrono dates and times, TimeDelta and Duration, Uuid, Decimal, serde_json::Value, and Option, Vec, arrays, BTreeMap, HashMap, Box and Arc of them",
    note = "derive `GatewayStruct` on a struct or `GatewayEnum` on an enum to nest it, leave the field out with `#[gateway(skip)]`, or implement `WireType` for the type"
)]
pub trait WireType: Sized + 'static {
    /// What the type is in every contract.
    const TYPE: FieldType;
    /// Whether `null` is one of its values.
    const NULLABLE: bool = false;

    /// Writes the value.
    ///
    /// # Errors
    ///
    /// The serializer's.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads a value; what is wrong with it goes to `problems`, and then nothing is returned.
    fn read(input: &Value, problems: &mut Problems) -> Option<Self>;

    /// The value of a field that is not there, for types that have one.
    fn absent() -> Option<Self> {
        None
    }

    /// Whether the field is left out when it is written.
    fn is_absent(&self) -> bool {
        false
    }

    /// Checks a rule of the field. Rules that do not fit the type are refused when the struct is compiled.
    fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
        let _ = (constraint, input, problems);
    }

    /// Checks the rules inside a value made in Rust: those of a nested struct's fields. Values from outside
    /// were checked when they were read.
    fn validate_inside(&self, problems: &mut Problems) {
        let _ = problems;
    }

    /// The value as a cell.
    fn cell(&self) -> Cell<'_>;

    /// The cell of a column inside the value; `path` is empty for the value itself.
    fn cell_at(&self, path: &[usize]) -> Cell<'_> {
        if path.is_empty() { self.cell() } else { Cell::Null }
    }

    /// How many bytes of memory the value has outside of itself, with what allocating them costs: nothing for
    /// numbers, the room of a text for texts. What is shared counts wherever it is pointed to.
    ///
    /// Stores are bounded by it, so that it must not take long. Implement it for a type of your own that allocates.
    fn heap_bytes(&self) -> usize {
        0
    }

    // What derived code calls for each field. These are methods of this trait, not functions bounded by it, so
    // that a type without it is reported once and not once for each function.

    /// Writes the value as a member of an object, unless it is absent.
    #[doc(hidden)]
    fn write_member<M: SerializeMap>(&self, map: &mut M, name: &'static str) -> Result<(), M::Error> {
        if self.is_absent() { Ok(()) } else { map.serialize_entry(name, &AsWire(self)) }
    }

    /// Reads the value of the field at `index` of the reader's schema.
    #[doc(hidden)]
    fn read_member(
        reader: &mut ObjectReader<'_>,
        index: usize,
        default: Option<fn() -> Self>,
        custom: &[&CustomCheck<Self>],
    ) -> Option<Self> {
        reader.field(index, default, custom)
    }

    /// The JSON form of a field's default.
    #[doc(hidden)]
    fn into_default(self) -> Value {
        serialised(&self)
    }

    /// Checks the rules of a field, and those inside its value.
    #[doc(hidden)]
    fn validate_member(
        &self,
        problems: &mut Problems,
        field: &'static FieldSchema,
        custom: &[&CustomCheck<Self>],
    ) {
        problems.within(field.name, |problems| {
            reader::check_value(field, self, custom, &|| serialised(self), problems);
            self.validate_inside(problems);
        });
    }
}

/// A field's own validator, whatever its error is made into text.
pub type CustomCheck<T> = dyn Fn(&T) -> Result<(), String>;

/// A struct whose schema, wire form and validation are derived.
///
/// `#[derive(GatewayStruct)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a gateway struct",
    label = "does not implement `GatewayStruct`",
    note = "add `#[derive(GatewayStruct)]` to `{Self}`"
)]
pub trait GatewayStruct: WireType + Clone + Send + Sync {
    /// What the struct is.
    const SCHEMA: &'static StructSchema;

    /// Writes the fields into an object that is already open.
    ///
    /// # Errors
    ///
    /// The serializer's.
    fn write_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;

    /// Reads and checks the fields of an object.
    fn read_fields(reader: &mut ObjectReader<'_>) -> Option<Self>;

    /// Checks the constraints of a value made in Rust. Values from outside were checked when they were read.
    fn validate_into(&self, problems: &mut Problems);

    /// Checks the constraints of a value made in Rust.
    ///
    /// # Errors
    ///
    /// Every problem, each with the path of its field.
    fn validate(&self) -> Result<(), Vec<crate::Problem>> {
        let mut problems = Problems::new("body");
        self.validate_into(&mut problems);
        problems.into_result(Some(()))
    }

    /// Reads a value from its JSON form.
    ///
    /// # Errors
    ///
    /// Every problem of the value.
    fn from_json(input: &Value) -> Result<Self, Vec<crate::Problem>> {
        let mut problems = Problems::new("body");
        let value = Self::read(input, &mut problems);
        problems.into_result(value)
    }

    /// The value's JSON form.
    fn to_json(&self) -> Value {
        serialised(self)
    }
}

/// What one tick of a channel carries: one struct, or a list of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a channel carries",
    label = "neither a gateway struct nor a `Vec` of them",
    note = "a channel carries a struct with `#[derive(GatewayStruct)]`, or a `Vec` of one"
)]
pub trait Payload: Clone + Send + Sync + 'static {
    /// The struct.
    type Struct: GatewayStruct;
    /// Whether it is a list.
    const LIST: bool;
    /// `R` for one struct, `Vec<R>` for a list: what a tick is, when each struct in it is an `R`.
    type Shape<R: Clone + 'static>: Clone + 'static;

    /// The structs, in order.
    fn into_structs(self) -> smallvec::SmallVec<[Self::Struct; 1]>;

    /// What a tick of these is; nothing if one is needed and there is none.
    fn shape<R: Clone + 'static>(items: impl Iterator<Item = R>) -> Option<Self::Shape<R>>;
}

impl<T: GatewayStruct> Payload for T {
    type Struct = T;
    const LIST: bool = false;
    type Shape<R: Clone + 'static> = R;

    fn into_structs(self) -> smallvec::SmallVec<[T; 1]> {
        smallvec::smallvec![self]
    }

    fn shape<R: Clone + 'static>(mut items: impl Iterator<Item = R>) -> Option<R> {
        items.next()
    }
}

impl<T: GatewayStruct> Payload for Vec<T> {
    type Struct = T;
    const LIST: bool = true;
    type Shape<R: Clone + 'static> = Vec<R>;

    fn into_structs(self) -> smallvec::SmallVec<[T; 1]> {
        self.into()
    }

    fn shape<R: Clone + 'static>(items: impl Iterator<Item = R>) -> Option<Vec<R>> {
        Some(items.collect())
    }
}

/// A type whose values are the keys of a basket.
///
/// Implemented for `String` and, by `#[derive(GatewayEnum)]`, for enums.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a basket",
    label = "not a basket key",
    note = "a basket is keyed by `String` or by an enum with `#[derive(GatewayEnum)]`"
)]
pub trait BasketKey: Clone + Ord + std::hash::Hash + Send + Sync + 'static {
    /// What the key is in documents.
    const KEY: KeySchema;

    /// The key on the wire: an enum member's name.
    fn to_wire(&self) -> Cow<'static, str>;

    /// The key from the wire.
    fn from_wire(text: &str) -> Option<Self>;
}

impl BasketKey for String {
    const KEY: KeySchema = KeySchema { name: "String", names: None };

    fn to_wire(&self) -> Cow<'static, str> {
        Cow::Owned(self.clone())
    }

    fn from_wire(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// An enum whose members have a name and a value each.
///
/// `#[derive(GatewayEnum)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a gateway enum",
    label = "does not implement `GatewayEnum`",
    note = "add `#[derive(GatewayEnum)]` to `{Self}`"
)]
pub trait GatewayEnum: WireType + Copy + Eq + Ord + std::hash::Hash + Send + Sync {
    /// What the enum is.
    const SCHEMA: &'static EnumSchema;
    /// Every member, in declaration order.
    const ALL: &'static [Self];

    /// The place of this member in [`EnumSchema::variants`] and [`GatewayEnum::ALL`].
    fn index(self) -> usize;

    /// The member's name: what a basket key is on the wire.
    fn name(self) -> &'static str {
        Self::SCHEMA.variants[self.index()].name
    }
}

/// A type that the keys of a map may have: a string on the wire.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map",
    label = "not a map key",
    note = "keys are String, integers, bool, Uuid and gateway enums"
)]
pub trait MapKey: WireType + Ord + Eq + std::hash::Hash {
    /// The key on the wire.
    fn to_key(&self) -> Cow<'_, str>;
    /// The key from the wire.
    fn from_key(key: &str) -> Option<Self>;
}

/// Lets serde write a [`WireType`].
pub struct AsWire<'a, T>(pub &'a T);

impl<T: WireType> Serialize for AsWire<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// What the derives' implementations share.
#[doc(hidden)]
pub mod derive {
    use super::*;
    use crate::problem::Problem;

    /// `WireType::write` of a struct.
    pub fn write_struct<T: GatewayStruct, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        value.write_fields(&mut map)?;
        map.end()
    }

    /// `WireType::read` of a struct.
    pub fn read_struct<T: GatewayStruct>(input: &Value, problems: &mut Problems) -> Option<T> {
        let mut reader = ObjectReader::new(input, T::SCHEMA, &[], problems)?;
        T::read_fields(&mut reader)
    }

    /// The type of the channel at a place in a set. It asks nothing of that type: what is wrong with it is
    /// reported where it is written, and not here once more.
    pub trait ChannelTypeAt<const INDEX: usize> {
        /// `Channel<…>` or `Basket<…>`.
        type Channel;
    }

    /// Compiles a pattern that the derive has checked.
    ///
    /// # Panics
    ///
    /// If the derive and this crate were built with different versions of `regex`, and they disagree.
    pub fn pattern(source: &'static str) -> regex::Regex {
        match regex::Regex::new(source) {
            Ok(regex) => regex,
            Err(error) => panic!("the pattern was valid when the struct was compiled: {error}"),
        }
    }

    /// Turns a custom validator's error into text.
    pub fn custom_result<E: std::fmt::Display>(result: Result<(), E>) -> Result<(), String> {
        result.map_err(|error| error.to_string())
    }

    /// `WireType::write` of an enum.
    pub fn write_enum<T: GatewayEnum, S: Serializer>(value: T, serializer: S) -> Result<S::Ok, S::Error> {
        match T::SCHEMA.variants[value.index()].value {
            crate::EnumValue::Text(text) => serializer.serialize_str(text),
            crate::EnumValue::Int(number) => serializer.serialize_i64(number),
        }
    }

    /// `WireType::read` of an enum: by its value, which for an integer may be a text of it.
    pub fn read_enum<T: GatewayEnum>(input: &Value, problems: &mut Problems) -> Option<T> {
        let variants = T::SCHEMA.variants;
        let found = variants.iter().position(|variant| match (variant.value, input) {
            (crate::EnumValue::Text(text), Value::String(given)) => text == given,
            (crate::EnumValue::Int(number), Value::Number(given)) => given.as_i64() == Some(number),
            (crate::EnumValue::Int(number), Value::String(given)) => given.parse() == Ok(number),
            _ => false,
        });
        let Some(index) = found else {
            let legal: Vec<String> = variants
                .iter()
                .map(|variant| variant.value.to_json().to_string().replace('"', "'"))
                .collect();
            let expected = match legal.split_last() {
                Some((last, [])) => last.clone(),
                Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
                None => String::new(),
            };
            problems.add(
                Problem::new("enum", format!("Input should be {expected}"))
                    .with_context("expected", expected),
                input,
            );
            return None;
        };
        T::ALL.get(index).copied()
    }

    /// `WireType::cell` of an enum.
    pub fn enum_cell<T: GatewayEnum>(value: T) -> Cell<'static> {
        match T::SCHEMA.variants[value.index()].value {
            crate::EnumValue::Text(text) => Cell::Text(Cow::Borrowed(text)),
            crate::EnumValue::Int(number) => Cell::Int(number),
        }
    }

    /// `MapKey::from_key` of an enum: by value first, as fields are, then by name.
    pub fn enum_from_key<T: GatewayEnum>(key: &str) -> Option<T> {
        let variants = T::SCHEMA.variants;
        let by_value = variants.iter().position(|variant| match variant.value {
            crate::EnumValue::Text(text) => text == key,
            crate::EnumValue::Int(number) => key.parse() == Ok(number),
        });
        let index = by_value.or_else(|| variants.iter().position(|variant| variant.name == key))?;
        T::ALL.get(index).copied()
    }

    /// `MapKey::to_key` of an enum.
    pub fn enum_to_key<T: GatewayEnum>(value: T) -> Cow<'static, str> {
        match T::SCHEMA.variants[value.index()].value {
            crate::EnumValue::Text(text) => Cow::Borrowed(text),
            crate::EnumValue::Int(number) => Cow::Owned(number.to_string()),
        }
    }
}
