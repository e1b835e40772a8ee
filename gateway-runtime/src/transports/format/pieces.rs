//! Bodies that are made piece by piece, as the client takes them.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use tokio::task::JoinHandle;

use super::{Format, ranges};
use crate::endpoint::Records;
use crate::error::BoxError;

/// Records in one piece of text.
const LINES: usize = 1024;

/// A body of pieces that are made off the asynchronous threads, each while the client takes the one before. After an
/// error it ends early, and the client sees that it is not whole.
pub(super) fn body<P>(format: Format, pieces: P) -> Response
where
    P: Iterator<Item = Result<Bytes, BoxError>> + Send + 'static,
{
    let pieces = stream::try_unfold(make(pieces), move |next| async move {
        let (piece, pieces) = next.await?;
        let piece = piece.transpose().inspect_err(|error| {
            tracing::error!(%error, format = format.name(), "an answer ended early");
        })?;
        Ok::<_, BoxError>(piece.map(|piece| (piece, make(pieces))))
    });
    ([(header::CONTENT_TYPE, format.media_type())], Body::from_stream(pieces)).into_response()
}

/// Begins to make a piece, if there is another.
fn make<P: Iterator + Send + 'static>(mut pieces: P) -> JoinHandle<(Option<P::Item>, P)>
where
    P::Item: Send,
{
    tokio::task::spawn_blocking(move || (pieces.next(), pieces))
}

/// A header, and what is written of each record's JSON text.
pub(super) fn texts(
    records: Box<dyn Records>,
    header: Vec<u8>,
    write: impl Fn(&[u8], &mut Vec<u8>) + Send + 'static,
) -> impl Iterator<Item = Result<Bytes, BoxError>> + Send + 'static {
    let mut header = Some(header);
    ranges(records.len(), LINES).map(move |range| {
        let mut out = header.take().unwrap_or_default();
        for index in range {
            write(&records.json(index), &mut out);
        }
        Ok(Bytes::from(out))
    })
}

#[cfg(feature = "duckdb")]
pub(super) use arrow::batches;

#[cfg(feature = "duckdb")]
mod arrow {
    use std::ops::Range;
    use std::panic::resume_unwind;
    use std::thread;

    use duckdb::arrow::{error::ArrowError, record_batch::RecordBatch};
    use gateway_schema::ddl::TableColumn;

    use super::*;
    use crate::transports::format::batches::BatchWriter;

    /// Records in one batch: enough for its head not to count, and few enough to stay in the processor's cache while
    /// column after column is made of them.
    const ROWS: usize = 4096;

    /// The batches of a range or two, made at the same time: most of that is waiting for memory.
    fn pair(
        records: &dyn Records,
        columns: &[TableColumn],
        first: Range<usize>,
        second: Option<Range<usize>>,
    ) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        let make = |range| records.batch(columns, range);
        let (first, second) = thread::scope(|scope| {
            let other =
                second.clone().map(|range| thread::Builder::new().spawn_scoped(scope, move || make(range)));
            let first = make(first);
            let second = match other {
                Some(Ok(other)) => Some(other.join().unwrap_or_else(|panic| resume_unwind(panic))),
                // There are no more threads to be had.
                Some(Err(_)) => second.map(make),
                None => None,
            };
            (first, second)
        });
        std::iter::once(first).chain(second)
    }

    /// The records in these columns.
    pub(in super::super) fn batches(
        format: Format,
        records: Box<dyn Records>,
        columns: Vec<TableColumn>,
    ) -> Result<impl Iterator<Item = Result<Bytes, BoxError>> + Send + 'static, BoxError> {
        let schema = records.batch(&columns, 0..0)?.schema();
        let mut writer = Some(BatchWriter::new(format, &schema)?);
        let mut ranges = ranges(records.len(), ROWS);
        let mut piece = move || -> Result<Option<Bytes>, BoxError> {
            while let Some(open) = &mut writer {
                let Some(range) = ranges.next() else {
                    return Ok(writer.take().map(BatchWriter::finish).transpose()?.map(Bytes::from));
                };
                for batch in pair(&*records, &columns, range, ranges.next()) {
                    let batch = batch?;
                    if batch.num_rows() > 0 {
                        open.write(&batch)?;
                    }
                }
                let written = open.take();
                if !written.is_empty() {
                    return Ok(Some(Bytes::from(written)));
                }
            }
            Ok(None)
        };
        Ok(std::iter::from_fn(move || piece().transpose()))
    }
}
