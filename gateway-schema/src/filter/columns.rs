//! Columns by name, and what values can be compared with them.

use serde_json::Value;

use crate::cell::Cell;
use crate::problem::Problems;
use crate::schema::{EnumValue, FieldType, StructSchema};
use crate::tick::ColumnPath;
use crate::timestamp::Timestamp;

/// Finds a column of a record by its dotted name.
///
/// # Errors
///
/// The names that would have been right, when there is no such column.
pub fn find_column(schema: &'static StructSchema, name: &str) -> Result<(ColumnPath, FieldType), String> {
    match name {
        "id" => return Ok((ColumnPath::Id, FieldType::String)),
        "timestamp" => return Ok((ColumnPath::Timestamp, FieldType::DateTime)),
        _ => {}
    }
    let (mut at, mut path) = (schema, Vec::new());
    let mut steps = name.split('.').peekable();
    while let Some(step) = steps.next() {
        let Some((index, field)) = at.field(step) else {
            let mut names: Vec<&str> = at.fields.iter().map(|field| field.name).collect();
            if path.is_empty() {
                names.splice(0..0, crate::tick::ENVELOPE);
            }
            return Err(format!(
                "`{name}` is not a column: {} has no field `{step}`, it has {}",
                at.name,
                names.join(", ")
            ));
        };
        path.push(index);
        match (field.ty, steps.peek()) {
            (FieldType::Struct(nested), Some(_)) => at = nested,
            (_, None) => return Ok((ColumnPath::Field(path), field.ty)),
            (ty, Some(_)) => {
                return Err(format!(
                    "`{name}` is not a column: `{step}` is {} and has no fields",
                    ty.describe()
                ));
            }
        }
    }
    Err(format!("`{name}` is not a column"))
}

/// Finds a column whose values can be compared.
pub(super) fn find_comparable(
    schema: &'static StructSchema,
    name: &str,
) -> Result<(ColumnPath, FieldType), String> {
    find_column(schema, name).and_then(|(path, ty)| match class(&ty) {
        OPAQUE => Err(format!("`{name}` is {} and cannot be compared", ty.describe())),
        _ => Ok((path, ty)),
    })
}

/// The class of the types that are not compared.
const OPAQUE: u8 = 9;

fn class(ty: &FieldType) -> u8 {
    match ty {
        FieldType::Bool => 0,
        FieldType::Int(_) | FieldType::UInt(_) | FieldType::Float(_) | FieldType::Decimal => 1,
        FieldType::String => 2,
        FieldType::Enum(schema) => match schema.variants.first().map(|variant| variant.value) {
            Some(EnumValue::Int(_)) => 1,
            _ => 2,
        },
        FieldType::Bytes => 3,
        FieldType::Date => 4,
        FieldType::Time => 5,
        FieldType::DateTime | FieldType::NaiveDateTime => 6,
        FieldType::Duration => 7,
        FieldType::Uuid => 8,
        FieldType::Nullable(inner) => class(inner),
        FieldType::List(_)
        | FieldType::Array(..)
        | FieldType::Map(..)
        | FieldType::Struct(_)
        | FieldType::Json => OPAQUE,
    }
}

/// Whether values of two types can be compared.
pub(super) fn comparable(a: &FieldType, b: &FieldType) -> bool {
    class(a) == class(b)
}

/// A literal as a cell of the column's type. Numbers keep their value (`2.5` is not made an integer to be
/// compared with one).
pub(super) fn literal(value: &Value, ty: &FieldType) -> Option<Cell<'static>> {
    use crate::wire::WireType;
    let mut scratch = Problems::new("query");
    fn read<T: WireType>(value: &Value, scratch: &mut Problems) -> Option<Cell<'static>> {
        T::read(value, scratch).map(|value| value.cell().into_owned())
    }
    match ty {
        FieldType::Bool => read::<bool>(value, &mut scratch),
        FieldType::Int(_) | FieldType::UInt(_) | FieldType::Float(_) => match value {
            Value::Bool(_) => None,
            // `0.1` means the nearest number that the column can hold, which is another one than that of an `f64`.
            _ if matches!(ty, FieldType::Float(32)) => {
                read::<f32>(value, &mut scratch).or_else(|| read::<f64>(value, &mut scratch))
            }
            _ => read::<i64>(value, &mut scratch)
                .or_else(|| read::<u64>(value, &mut scratch))
                .or_else(|| read::<f64>(value, &mut scratch))
                .map(|cell| as_kind(cell, ty)),
        },
        FieldType::Decimal => read::<rust_decimal::Decimal>(value, &mut scratch),
        FieldType::String => read::<String>(value, &mut scratch),
        FieldType::Bytes => read::<bytes::Bytes>(value, &mut scratch),
        FieldType::Date => read::<chrono::NaiveDate>(value, &mut scratch),
        FieldType::Time => read::<chrono::NaiveTime>(value, &mut scratch),
        FieldType::DateTime | FieldType::NaiveDateTime => {
            value.as_str()?.parse::<Timestamp>().ok().map(|time| Cell::DateTime(time.as_nanos()))
        }
        FieldType::Duration => read::<chrono::TimeDelta>(value, &mut scratch),
        FieldType::Uuid => read::<uuid::Uuid>(value, &mut scratch),
        FieldType::Enum(schema) => schema
            .variants
            .iter()
            .find(|variant| variant.value.to_json() == *value || value.as_str() == Some(variant.name))
            .map(|variant| match variant.value {
                EnumValue::Text(text) => Cell::Text(text.into()),
                EnumValue::Int(number) => Cell::Int(number),
            }),
        FieldType::Nullable(inner) => literal(value, inner),
        FieldType::List(_)
        | FieldType::Array(..)
        | FieldType::Map(..)
        | FieldType::Struct(_)
        | FieldType::Json => None,
    }
}

/// The same number as the kind that the column has, if there is one: those compare fastest.
fn as_kind(cell: Cell<'static>, ty: &FieldType) -> Cell<'static> {
    /// From here on not every integer is a float.
    const EXACT: u64 = 1 << 53;
    match (ty, cell) {
        (FieldType::Float(_), Cell::Int(value)) if value.unsigned_abs() <= EXACT => Cell::Float(value as f64),
        (FieldType::UInt(_), Cell::Int(value)) => u64::try_from(value).map_or(Cell::Int(value), Cell::UInt),
        (_, cell) => cell,
    }
}

/// Whether values of the type are text, which has patterns.
pub(super) fn is_text(ty: &FieldType) -> bool {
    match ty {
        FieldType::String => true,
        FieldType::Enum(schema) => {
            schema.variants.iter().all(|variant| matches!(variant.value, EnumValue::Text(_)))
        }
        FieldType::Nullable(inner) => is_text(inner),
        _ => false,
    }
}
