//! Records as Arrow batches, in the types in which they are handed to DuckDB.

use std::fmt::Write as _;
use std::sync::Arc;

use duckdb::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, StringArray, StringBuilder,
    Time64MicrosecondArray, TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use duckdb::arrow::datatypes::{Field, IntervalMonthDayNano, Schema};
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use gateway_schema::ddl::{Source, Table, TableColumn};
use gateway_schema::tick::ColumnPath;
use gateway_schema::{Cell, EnumValue, FieldType, GatewayStruct, Id, StructSchema};
use serde_json::Value;

use super::changes::{Change, StoredKey};
use crate::event::TickRef;

/// The digits of fraction that decimals have in SQL.
const SCALE: u32 = 9;

/// The digits of most ids.
const DIGITS: usize = 25;

/// The value as a table stores it: times to the microsecond, decimals to nine digits of fraction.
pub(super) fn stored(cell: Cell<'_>) -> Cell<'_> {
    match cell {
        Cell::Time(nanos) => Cell::Time(micros(nanos)),
        Cell::DateTime(nanos) => Cell::DateTime(micros(nanos)),
        Cell::Duration(nanos) => Cell::Duration(nanos / 1000),
        Cell::Decimal(decimal) => Cell::Decimal(decimal.round_dp(SCALE)),
        other => other,
    }
}

fn micros(nanos: i64) -> i64 {
    nanos.div_euclid(1000)
}

/// The records in the columns of a table; what is nested as JSON text, UUIDs as text.
pub(super) fn batch<T: GatewayStruct>(table: &Table, rows: &[Change<T>]) -> Result<RecordBatch, ArrowError> {
    columns_of(&table.columns, &rows.iter().map(|row| (&row.tick, row.key.as_deref())))
}

/// Keys as a table of them has them.
pub(super) fn keys(table: &Table, keys: &[StoredKey]) -> Result<RecordBatch, ArrowError> {
    let cells = |place: usize| keys.iter().map(move |key| key.get(place).cloned().unwrap_or(Cell::Null));
    let columns = table.columns.iter().enumerate();
    let arrays: Vec<ArrayRef> = columns.map(|(place, column)| array(&column.ty, cells(place))).collect();
    batch_of(&table.columns, arrays, keys.len())
}

/// The same of records that have no key besides them.
pub(crate) fn records<'a, T: GatewayStruct>(
    columns: &[TableColumn],
    ticks: &(impl ExactSizeIterator<Item = &'a TickRef<T>> + Clone),
) -> Result<RecordBatch, ArrowError> {
    columns_of(columns, &ticks.clone().map(|tick| (tick, None)))
}

fn columns_of<'a, T: GatewayStruct>(
    columns: &[TableColumn],
    rows: &(impl ExactSizeIterator<Item = (&'a TickRef<T>, Option<&'a str>)> + Clone),
) -> Result<RecordBatch, ArrowError> {
    let mut nested = nested(columns, rows.clone().map(|(tick, _)| tick)).into_iter();
    let arrays: Vec<ArrayRef> = columns
        .iter()
        .map(|column| match &column.source {
            _ if column.is_nested() => nested.next().unwrap_or_else(|| texts(std::iter::empty())),
            Source::Record(ColumnPath::Id) => ids(rows.clone().map(|(tick, _)| &tick.id)),
            Source::Record(path) => array(&column.ty, rows.clone().map(|(tick, _)| stored(tick.cell(path)))),
            Source::Key => texts(rows.clone().map(|(_, key)| key.map(str::to_owned))),
            Source::Whole => texts(rows.clone().map(|(tick, _)| tick.text())),
        })
        .collect();
    batch_of(columns, arrays, rows.len())
}

/// The nested columns in their order, as JSON text.
fn nested<'a, T: GatewayStruct>(
    columns: &[TableColumn],
    ticks: impl Iterator<Item = &'a TickRef<T>>,
) -> Vec<ArrayRef> {
    let nested = columns.iter().filter(|column| column.is_nested());
    let mut nested: Vec<_> =
        nested.map(|column| (column, names(T::SCHEMA, &column.source), StringBuilder::new())).collect();
    if nested.is_empty() {
        return Vec::new();
    }
    // A record's JSON takes many times the memory of the record: one at a time is there, for all its columns.
    for tick in ticks {
        // What a user's `WireType` refuses to write is null.
        let value = serde_json::to_value(&**tick).unwrap_or(Value::Null);
        for (column, names, texts) in &mut nested {
            texts.append_option(nested_text(&value, names, column));
        }
    }
    nested.into_iter().map(|(_, _, mut texts)| Arc::new(texts.finish()) as ArrayRef).collect()
}

fn batch_of(columns: &[TableColumn], arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, ArrowError> {
    let field = |(column, array): (&TableColumn, &ArrayRef)| {
        Field::new(&column.name, array.data_type().clone(), true)
    };
    let fields: Vec<Field> = columns.iter().zip(&arrays).map(field).collect();
    let count = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &count)
}

/// The names that lead to a column in the record's JSON form.
fn names(schema: &'static StructSchema, source: &Source) -> Vec<&'static str> {
    let Source::Record(ColumnPath::Field(path)) = source else {
        return Vec::new();
    };
    let (mut at, mut names) = (Some(schema), Vec::new());
    for &index in path {
        if let Some(field) = at.and_then(|schema| schema.fields.get(index)) {
            names.push(field.name);
            at = if let FieldType::Struct(inner) = field.ty { Some(inner) } else { None };
        }
    }
    names
}

fn nested_text(value: &Value, names: &[&str], column: &TableColumn) -> Option<String> {
    let value = names.iter().try_fold(value, |value, name| value.get(name));
    match value {
        None | Some(Value::Null) if matches!(column.ty, FieldType::Json) && !column.nullable => {
            Some("null".to_owned())
        }
        None | Some(Value::Null) => None,
        Some(value) => Some(value.to_string()),
    }
}

fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// Ids as text, without a copy of each.
fn ids<'a>(ids: impl ExactSizeIterator<Item = &'a Id>) -> ArrayRef {
    let mut texts = StringBuilder::with_capacity(ids.len(), ids.len() * DIGITS);
    for id in ids {
        // Writing to memory cannot fail.
        let _ = write!(texts, "{id}");
        texts.append_value("");
    }
    Arc::new(texts.finish())
}

fn integer(cell: &Cell<'_>) -> Option<i128> {
    match cell {
        Cell::Int(value) => Some(i128::from(*value)),
        Cell::UInt(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// The cells as an array of the type's own; what is of another type is null.
fn array<'a>(ty: &FieldType, cells: impl Iterator<Item = Cell<'a>>) -> ArrayRef {
    macro_rules! integers {
        ($array:ty) => {
            Arc::new(cells.map(|cell| integer(&cell)?.try_into().ok()).collect::<$array>())
        };
    }
    macro_rules! collect {
        ($array:ty, $variant:ident($value:ident) => $into:expr) => {
            cells
                .map(|cell| if let Cell::$variant($value) = cell { Some($into) } else { None })
                .collect::<$array>()
        };
    }
    match ty {
        FieldType::Bool => Arc::new(collect!(BooleanArray, Bool(value) => value)),
        FieldType::Int(8) => integers!(Int8Array),
        FieldType::Int(16) => integers!(Int16Array),
        FieldType::Int(32) => integers!(Int32Array),
        FieldType::Int(_) => integers!(Int64Array),
        FieldType::UInt(8) => integers!(UInt8Array),
        FieldType::UInt(16) => integers!(UInt16Array),
        FieldType::UInt(32) => integers!(UInt32Array),
        FieldType::UInt(_) => integers!(UInt64Array),
        FieldType::Float(32) => Arc::new(collect!(Float32Array, Float(value) => value as f32)),
        FieldType::Float(_) => Arc::new(collect!(Float64Array, Float(value) => value)),
        FieldType::Bytes => Arc::new(collect!(BinaryArray, Bytes(value) => value)),
        FieldType::Date => Arc::new(collect!(Date32Array, Date(days) => days)),
        FieldType::Time => Arc::new(collect!(Time64MicrosecondArray, Time(micros) => micros)),
        FieldType::DateTime => {
            let instants = collect!(TimestampMicrosecondArray, DateTime(micros) => micros);
            Arc::new(instants.with_timezone("UTC"))
        }
        FieldType::NaiveDateTime => Arc::new(collect!(TimestampMicrosecondArray, DateTime(micros) => micros)),
        FieldType::Duration => Arc::new(collect!(
            IntervalMonthDayNanoArray,
            Duration(micros) => IntervalMonthDayNano::new(0, 0, micros.saturating_mul(1000))
        )),
        FieldType::Decimal => Arc::new(
            collect!(Decimal128Array, Decimal(value) => value.mantissa() * 10_i128.pow(SCALE.saturating_sub(value.scale())))
                .with_data_type(duckdb::arrow::datatypes::DataType::Decimal128(38, SCALE as i8)),
        ),
        FieldType::Enum(schema) if matches!(schema.variants.first().map(|v| v.value), Some(EnumValue::Int(_))) => {
            integers!(Int64Array)
        }
        FieldType::Uuid => Arc::new(collect!(StringArray, Uuid(value) => value.to_string())),
        FieldType::Nullable(inner) => array(inner, cells.collect::<Vec<_>>().into_iter()),
        FieldType::String
        | FieldType::Enum(_)
        | FieldType::Json
        | FieldType::Struct(_)
        | FieldType::List(_)
        | FieldType::Array(..)
        | FieldType::Map(..) => Arc::new(collect!(StringArray, Text(value) => value)),
        // A type that this version of the schema does not have.
        _ => Arc::new(cells.map(|_| None::<&str>).collect::<StringArray>()),
    }
}
