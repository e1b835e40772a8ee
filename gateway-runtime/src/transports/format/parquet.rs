//! Parquet: row groups of a bounded size, and what it has no types for.
//!
//! Intervals are seconds, of 30 days a month, as DuckDB's `epoch` has them; columns of one name are numbered.

use std::sync::Arc;

use duckdb::arrow::array::{ArrayRef, AsArray};
use duckdb::arrow::datatypes::{
    DataType, Field, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, Schema,
    SchemaRef,
};
use duckdb::arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::batches::{BatchError, names};

/// Rows in a group: as many as readers like, if they are narrow.
const GROUP_ROWS: usize = 128 * 1024;

/// Bytes of a group, which is in memory until it is whole.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// The schema of the file.
pub(super) fn schema(schema: &Schema) -> Result<SchemaRef, BatchError> {
    let mut fields: Vec<Field> = Vec::new();
    for (field, name) in schema.fields().iter().zip(names(schema)) {
        let ty = if *field.data_type() == INTERVAL { DataType::Float64 } else { field.data_type().clone() };
        if !fits(&ty) {
            return Err(BatchError::Type(format!("{ty} of `{name}`")));
        }
        fields.push(Field::new(name, ty, field.is_nullable()));
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// Whether there is a type for it: the writer panics at unions.
fn fits(ty: &DataType) -> bool {
    match ty {
        DataType::Union(..) | DataType::Interval(_) | DataType::RunEndEncoded(..) => false,
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => fits(field.data_type()),
        DataType::Struct(fields) => !fields.is_empty() && fields.iter().all(|field| fits(field.data_type())),
        _ => true,
    }
}

pub(super) fn writer(schema: &SchemaRef) -> Result<ArrowWriter<Vec<u8>>, BatchError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_max_row_group_bytes(Some(GROUP_BYTES))
        .build();
    Ok(ArrowWriter::try_new(Vec::new(), Arc::clone(schema), Some(properties))?)
}

pub(super) fn write(
    writer: &mut ArrowWriter<Vec<u8>>,
    schema: &SchemaRef,
    batch: &RecordBatch,
) -> Result<(), BatchError> {
    let columns = batch
        .columns()
        .iter()
        .map(|column| if *column.data_type() == INTERVAL { seconds(column) } else { Arc::clone(column) });
    writer.write(&RecordBatch::try_new(Arc::clone(schema), columns.collect())?)?;
    Ok(())
}

fn seconds(column: &ArrayRef) -> ArrayRef {
    let seconds = |interval: IntervalMonthDayNano| {
        let days = f64::from(interval.months) * 30.0 + f64::from(interval.days);
        days * 86_400.0 + interval.nanoseconds as f64 / 1e9
    };
    let intervals = column.as_primitive::<IntervalMonthDayNanoType>();
    Arc::new(intervals.unary::<_, Float64Type>(seconds))
}
