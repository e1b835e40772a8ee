//! Formats of records and rows: which one is asked for, and writing it.
//!
//! | format | `?format=` | `Accept` | written |
//! |---|---|---|---|
//! | JSON, unless another is asked for | `json` | `application/json` | records at once: they are serialised already |
//! | NDJSON, an object a line | `ndjson` | `application/x-ndjson` | as it is read |
//! | CSV, the flattened columns | `csv` | `text/csv` | as it is read |
//! | Arrow stream, the same columns | `arrow` | `application/vnd.apache.arrow.stream` | as it is read |
//! | Parquet, the same columns | `parquet` | `application/vnd.apache.parquet` | as it is read |
//!
//! The last two need Arrow, which comes with DuckDB: they are there with the feature `duckdb`.

mod accept;
#[cfg(feature = "duckdb")]
pub(crate) mod batches;
mod columns;
pub(crate) mod csv;
mod json;
mod ndjson;
#[cfg(feature = "duckdb")]
mod parquet;
mod pieces;

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use gateway_schema::ChannelSchema;

use super::answer::{Refusal, json_bytes};
use crate::endpoint::Records;
use columns::Columns;
use pieces::{body, texts};

/// Where the cursor to the next records is.
pub(crate) const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-gateway-next-cursor");

/// The name of the parameter.
pub(crate) const PARAMETER: &str = "format";

/// A format of records and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Ndjson,
    Csv,
    #[cfg(feature = "duckdb")]
    Arrow,
    #[cfg(feature = "duckdb")]
    Parquet,
}

impl Format {
    /// Every format; the first is that of clients that take any.
    pub(crate) const ALL: &[Format] = &[
        Format::Json,
        Format::Ndjson,
        Format::Csv,
        #[cfg(feature = "duckdb")]
        Format::Arrow,
        #[cfg(feature = "duckdb")]
        Format::Parquet,
    ];

    /// The value of `?format=`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
            #[cfg(feature = "duckdb")]
            Format::Arrow => "arrow",
            #[cfg(feature = "duckdb")]
            Format::Parquet => "parquet",
        }
    }

    /// The media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Ndjson => "application/x-ndjson",
            Format::Csv => "text/csv",
            #[cfg(feature = "duckdb")]
            Format::Arrow => "application/vnd.apache.arrow.stream",
            #[cfg(feature = "duckdb")]
            Format::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Whether it is no text.
    pub(crate) const fn is_binary(self) -> bool {
        !matches!(self, Format::Json | Format::Ndjson | Format::Csv)
    }

    /// The format that a client asks for, by the parameter if there is one, or else by `Accept`.
    pub(crate) fn asked(headers: &HeaderMap, parameters: &[(String, String)]) -> Result<Format, Refusal> {
        let found = match parameters.iter().find(|(name, _)| name == PARAMETER) {
            Some((_, given)) => Format::ALL.iter().copied().find(|format| format.name() == given),
            None => accept::best(headers),
        };
        found.ok_or_else(|| {
            let name =
                |format: &Format| format!("{} (`?{PARAMETER}={}`)", format.media_type(), format.name());
            let names: Vec<String> = Format::ALL.iter().map(name).collect();
            Refusal::NotAcceptable(format!("The answer can be had as {}", names.join(", ")))
        })
    }
}

/// What is answered with.
pub(crate) struct Answer {
    pub(crate) channel: &'static ChannelSchema,
    pub(crate) records: Box<dyn Records>,
    /// The columns, unless it is all of them.
    pub(crate) select: Option<Vec<String>>,
    pub(crate) next: Option<String>,
}

impl Answer {
    /// The response. This may take milliseconds for JSON: call it off the asynchronous threads.
    pub(crate) fn into_response(self, format: Format) -> Result<Response, Refusal> {
        let Answer { channel, records, select, next } = self;
        let mut response = match (format, select) {
            (Format::Json, None) => json_bytes(records.json_list()),
            (Format::Json, Some(select)) => json_bytes(json::list(&*records, &Columns::selected(select))),
            (Format::Ndjson, select) => {
                let columns = select.map(Columns::selected);
                let write = move |record: &[u8], out: &mut Vec<u8>| {
                    ndjson::write(record, columns.as_ref(), out);
                };
                body(format, texts(records, Vec::new(), write))
            }
            (Format::Csv, select) => {
                let columns = Columns::flattened(channel.payload, select.as_deref());
                let header = csv::header(&columns);
                body(format, texts(records, header, move |record, out| csv::write(record, &columns, out)))
            }
            #[cfg(feature = "duckdb")]
            (Format::Arrow | Format::Parquet, select) => {
                let columns = columns::of_table(channel, select.as_deref());
                let pieces = pieces::batches(format, records, columns).map_err(|error| {
                    tracing::error!(%error, channel = channel.name, "records cannot be written");
                    Refusal::Failed
                })?;
                body(format, pieces)
            }
        };
        if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
            response.headers_mut().insert(NEXT_CURSOR, next);
        }
        Ok(response)
    }
}

/// The ranges of so many records each; one of none if there are none.
fn ranges(records: usize, each: usize) -> impl Iterator<Item = Range<usize>> {
    (0..records.max(1)).step_by(each).map(move |start| start..records.min(start + each))
}
