//! Formats of records: which one is asked for, and writing it.
//!
//! | format | `?format=` | `Accept` | written |
//! |---|---|---|---|
//! | JSON, unless another is asked for | `json` | `application/json` | at once: its records are serialised already |
//! | NDJSON, a record a line | `ndjson` | `application/x-ndjson` | as it is read |
//! | CSV, the flattened columns | `csv` | `text/csv` | as it is read |

mod accept;
mod columns;
mod csv;
mod json;
mod ndjson;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use gateway_schema::StructSchema;

use super::answer::{Refusal, json_bytes};
use crate::endpoint::Records;
use columns::Columns;

/// Where the cursor to the next records is.
pub(crate) const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-gateway-next-cursor");

/// The name of the parameter.
pub(crate) const PARAMETER: &str = "format";

/// Records in one piece of a body that is written as it is read.
const PIECE: usize = 1024;

/// A format of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Ndjson,
    Csv,
}

impl Format {
    /// Every format; the first is that of clients that take any.
    pub(crate) const ALL: [Format; 3] = [Format::Json, Format::Ndjson, Format::Csv];

    /// The value of `?format=`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
        }
    }

    /// The media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Ndjson => "application/x-ndjson",
            Format::Csv => "text/csv",
        }
    }

    /// The format that a client asks for, by the parameter if there is one, or else by `Accept`.
    pub(crate) fn asked(headers: &HeaderMap, parameter: Option<&str>) -> Result<Format, Refusal> {
        let found = match parameter {
            Some(name) => Format::ALL.into_iter().find(|format| format.name() == name),
            None => accept::best(headers),
        };
        found.ok_or_else(|| {
            let names =
                Format::ALL.map(|format| format!("{} (`?format={}`)", format.media_type(), format.name()));
            Refusal::NotAcceptable(format!("The records can be had as {}", names.join(", ")))
        })
    }
}

/// What is answered with.
pub(crate) struct Answer {
    pub(crate) schema: &'static StructSchema,
    pub(crate) records: Box<dyn Records>,
    /// The columns, unless it is all of them.
    pub(crate) select: Option<Vec<String>>,
    pub(crate) next: Option<String>,
}

impl Answer {
    /// The response. This may take milliseconds for JSON: call it off the asynchronous threads.
    pub(crate) fn into_response(self, format: Format) -> Response {
        let Answer { schema, records, select, next } = self;
        let mut response = match (format, select) {
            (Format::Json, None) => json_bytes(records.json_list()),
            (Format::Json, Some(select)) => json_bytes(json::list(&*records, &Columns::selected(select))),
            (Format::Ndjson, select) => {
                let columns = select.map(Columns::selected);
                stream(format, records, Bytes::new(), move |records, index, out| {
                    ndjson::write(&records.json(index), columns.as_ref(), out);
                })
            }
            (Format::Csv, select) => {
                let columns = Columns::flattened(schema, select.as_deref());
                let header = csv::header(&columns);
                stream(format, records, header, move |records, index, out| {
                    csv::write(&records.json(index), &columns, out);
                })
            }
        };
        if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
            response.headers_mut().insert(NEXT_CURSOR, next);
        }
        response
    }
}

/// A body that is written piece by piece, when the client has taken the last one, off the asynchronous threads.
fn stream(
    format: Format,
    records: Box<dyn Records>,
    header: Bytes,
    write: impl Fn(&dyn Records, usize, &mut Vec<u8>) + Send + 'static,
) -> Response {
    let pieces =
        stream::try_unfold((records, write, 0, header), |(records, write, start, header)| async move {
            if start >= records.len() && header.is_empty() {
                return Ok(None);
            }
            let piece = tokio::task::spawn_blocking(move || {
                let (mut out, end) = (Vec::from(header), records.len().min(start + PIECE));
                for index in start..end {
                    write(&*records, index, &mut out);
                }
                (Bytes::from(out), (records, write, end, Bytes::new()))
            });
            // It fails only when a record could not be written; then the body ends early, and the client sees that.
            piece.await.map(Some)
        });
    ([(header::CONTENT_TYPE, format.media_type())], Body::from_stream(pieces)).into_response()
}
