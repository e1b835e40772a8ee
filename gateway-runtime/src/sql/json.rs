//! Rows of a result as JSON, in the forms that the wire has for each type. Columns of any JSON
//! are text, as DuckDB has them.

use duckdb::arrow::array::{Array, ArrayRef, AsArray};
use duckdb::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::arrow::util::display::array_value_to_string;
use gateway_schema::wire::AsWire;
use serde_json::{Map, Value};

/// Writes one row as an object.
pub(super) fn write_row(out: &mut Vec<u8>, names: &[String], batch: &RecordBatch, row: usize) {
    out.push(b'{');
    for (index, (name, column)) in names.iter().zip(batch.columns()).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, name);
        out.push(b':');
        let _ = serde_json::to_writer(&mut *out, &value(column, row));
    }
    out.push(b'}');
}

/// A value in the form that the wire has for it.
pub(super) fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    macro_rules! primitive {
        ($ty:ty) => {
            array.as_primitive::<$ty>().value(row)
        };
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int8 => primitive!(Int8Type).into(),
        DataType::Int16 => primitive!(Int16Type).into(),
        DataType::Int32 => primitive!(Int32Type).into(),
        DataType::Int64 => primitive!(Int64Type).into(),
        DataType::UInt8 => primitive!(UInt8Type).into(),
        DataType::UInt16 => primitive!(UInt16Type).into(),
        DataType::UInt32 => primitive!(UInt32Type).into(),
        DataType::UInt64 => primitive!(UInt64Type).into(),
        DataType::Float32 => float(primitive!(Float32Type)),
        DataType::Float64 => wire(&primitive!(Float64Type)),
        DataType::Decimal128(_, 0) => whole(primitive!(Decimal128Type)),
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::Binary => wire(&bytes::Bytes::copy_from_slice(array.as_binary::<i32>().value(row))),
        DataType::Date32 => text(array.as_primitive::<Date32Type>().value_as_date(row)),
        DataType::Time64(TimeUnit::Microsecond) => {
            text(array.as_primitive::<Time64MicrosecondType>().value_as_time(row))
        }
        DataType::Timestamp(unit, zone) => {
            let time = match unit {
                TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value_as_datetime(row),
                TimeUnit::Millisecond => {
                    array.as_primitive::<TimestampMillisecondType>().value_as_datetime(row)
                }
                TimeUnit::Microsecond => {
                    array.as_primitive::<TimestampMicrosecondType>().value_as_datetime(row)
                }
                TimeUnit::Nanosecond => {
                    array.as_primitive::<TimestampNanosecondType>().value_as_datetime(row)
                }
            };
            match (time, zone) {
                (Some(time), Some(_)) => wire(&time.and_utc()),
                (Some(time), None) => wire(&time),
                // An infinity.
                (None, _) => Value::Null,
            }
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let interval = primitive!(IntervalMonthDayNanoType);
            let seconds = f64::from(interval.days) * 86_400.0 + interval.nanoseconds as f64 / 1e9;
            // A month has no length in seconds.
            if interval.months == 0 { seconds.into() } else { displayed(array, row) }
        }
        DataType::List(_) => list(&array.as_list::<i32>().value(row)),
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row)),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            fields
                .iter()
                .zip(columns)
                .map(|(field, inner)| (field.name().clone(), value(inner, row)))
                .collect()
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let name = |index| match value(keys, index) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            Value::Object(
                (0..entries.len()).map(|index| (name(index), value(values, index))).collect::<Map<_, _>>(),
            )
        }
        // Decimals with a fraction are strings, as on the wire; enums and whatever else there is as DuckDB has them.
        _ => displayed(array, row),
    }
}

/// As the wire writes a value of this type.
fn wire<T: gateway_schema::WireType>(value: &T) -> Value {
    serde_json::to_value(AsWire(value)).unwrap_or(Value::Null)
}

fn text(value: Option<impl std::fmt::Display>) -> Value {
    value.map_or(Value::Null, |value| value.to_string().into())
}

/// The digits that tell a `FLOAT` from others, as records have them on the wire: 0.1, not 0.10000000149011612.
fn float(value: f32) -> Value {
    value.to_string().parse::<f64>().ok().map_or(Value::Null, Value::from)
}

/// A sum of integers is wider than 64 bits in DuckDB, and seldom as large.
fn whole(value: i128) -> Value {
    let number = i64::try_from(value).map(Value::from).or_else(|_| u64::try_from(value).map(Value::from));
    number.unwrap_or_else(|_| value.to_string().into())
}

fn list(items: &ArrayRef) -> Value {
    (0..items.len()).map(|index| value(items, index)).collect()
}

fn displayed(array: &ArrayRef, row: usize) -> Value {
    array_value_to_string(array, row).map_or(Value::Null, Value::from)
}
