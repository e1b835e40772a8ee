//! Arrow batches as an Arrow stream or as Parquet.

use ::parquet::arrow::ArrowWriter;
use arrow::ipc::writer::StreamWriter;
use duckdb::arrow::datatypes::{Schema, SchemaRef};
use duckdb::arrow::record_batch::RecordBatch;

use super::{Format, parquet};

/// Why batches are not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    #[error("{0}")]
    Arrow(#[from] duckdb::arrow::error::ArrowError),
    #[error("{0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    #[error("Parquet cannot hold the type {0}")]
    Type(String),
}

/// Writes batches; what is written can be taken at any time.
pub(crate) enum BatchWriter {
    Arrow(Box<StreamWriter<Vec<u8>>>),
    Parquet { writer: Box<ArrowWriter<Vec<u8>>>, schema: SchemaRef },
}

impl BatchWriter {
    /// A writer of batches with this schema: of Parquet, or else an Arrow stream.
    pub(crate) fn new(format: Format, schema: &Schema) -> Result<Self, BatchError> {
        if format == Format::Parquet {
            let schema = parquet::schema(schema)?;
            let writer = Box::new(parquet::writer(&schema)?);
            return Ok(BatchWriter::Parquet { writer, schema });
        }
        Ok(BatchWriter::Arrow(Box::new(StreamWriter::try_new(Vec::new(), schema)?)))
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), BatchError> {
        match self {
            BatchWriter::Arrow(writer) => writer.write(batch)?,
            BatchWriter::Parquet { writer, schema } => parquet::write(writer, schema, batch)?,
        }
        Ok(())
    }

    fn written(&mut self) -> &mut Vec<u8> {
        match self {
            BatchWriter::Arrow(writer) => writer.get_mut(),
            // It counts by itself what it has written, so that this may be taken away.
            BatchWriter::Parquet { writer, .. } => writer.inner_mut(),
        }
    }

    /// How many bytes there are to take.
    pub(crate) fn len(&mut self) -> usize {
        self.written().len()
    }

    /// What has been written since this was last called.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.written())
    }

    /// The rest.
    pub(crate) fn finish(self) -> Result<Vec<u8>, BatchError> {
        Ok(match self {
            BatchWriter::Arrow(writer) => writer.into_inner()?,
            BatchWriter::Parquet { writer, .. } => writer.into_inner()?,
        })
    }
}

/// The columns' names, numbered where they are the same.
pub(crate) fn names(schema: &Schema) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in schema.fields() {
        let plain = field.name();
        let candidates = (1_usize..).map(|n| if n == 1 { plain.clone() } else { format!("{plain}_{n}") });
        names.extend(candidates.take(names.len() + 1).find(|name| !names.contains(name)));
    }
    names
}
