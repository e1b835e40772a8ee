//! Where the rows of a result are written, in the format that was asked for.

use duckdb::arrow::datatypes::Schema;
use duckdb::arrow::record_batch::RecordBatch;
use serde_json::Value;

use super::json;
use crate::transports::format::batches::{BatchError, BatchWriter, names};
use crate::transports::format::{Format, csv};

/// Rows written; what there is can be taken at any time.
pub(super) enum Sink {
    Text(Text),
    Batches(BatchWriter),
}

/// Rows as text: one begins, or follows another, and the list of them ends.
pub(super) struct Text {
    out: Vec<u8>,
    names: Vec<String>,
    form: Form,
    begun: bool,
}

#[derive(Clone, Copy)]
enum Form {
    List,
    Lines,
    Csv,
}

impl Sink {
    pub(super) fn new(format: Format, schema: &Schema) -> Result<Self, BatchError> {
        let form = match format {
            Format::Arrow | Format::Parquet => return Ok(Sink::Batches(BatchWriter::new(format, schema)?)),
            Format::Json => Form::List,
            Format::Ndjson => Form::Lines,
            Format::Csv => Form::Csv,
        };
        let (mut out, names) = (Vec::new(), names(schema));
        match form {
            Form::List => out.push(b'['),
            Form::Lines => {}
            Form::Csv => csv::line(names.iter().map(|name| name.as_str().into()), &mut out),
        }
        Ok(Sink::Text(Text { out, names, form, begun: false }))
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), BatchError> {
        match self {
            Sink::Text(text) => (0..batch.num_rows()).for_each(|row| text.write(batch, row)),
            Sink::Batches(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    /// How many bytes there are to take.
    pub(super) fn len(&mut self) -> usize {
        match self {
            Sink::Text(text) => text.out.len(),
            Sink::Batches(writer) => writer.len(),
        }
    }

    /// What has been written since this was last called.
    pub(super) fn take(&mut self) -> Vec<u8> {
        match self {
            Sink::Text(text) => std::mem::take(&mut text.out),
            Sink::Batches(writer) => writer.take(),
        }
    }

    /// The rest.
    pub(super) fn finish(self) -> Result<Vec<u8>, BatchError> {
        match self {
            Sink::Text(Text { mut out, form, .. }) => {
                if matches!(form, Form::List) {
                    out.push(b']');
                }
                Ok(out)
            }
            Sink::Batches(writer) => writer.finish(),
        }
    }
}

impl Text {
    fn write(&mut self, batch: &RecordBatch, row: usize) {
        let Text { out, names, form, begun } = self;
        match form {
            Form::List => {
                if std::mem::replace(begun, true) {
                    out.push(b',');
                }
                json::write_row(out, names, batch, row);
            }
            Form::Lines => {
                json::write_row(out, names, batch, row);
                out.push(b'\n');
            }
            Form::Csv => {
                let values: Vec<Value> =
                    batch.columns().iter().map(|column| json::value(column, row)).collect();
                csv::line(values.iter().map(csv::text), out);
            }
        }
    }
}
