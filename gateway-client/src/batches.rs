//! Answers as Arrow batches.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::SchemaRef;
use futures::stream::{BoxStream, try_unfold};
use futures::{Stream, StreamExt, TryStreamExt};
use reqwest::{Method, Response, Url};
use serde_json::Value;

use crate::client::{Client, next_cursor, shown};
use crate::error::{Error, Result};

const ARROW: &str = "application/vnd.apache.arrow.stream";

/// Rows as Arrow batches, in the order in which they come.
///
/// A batch is read when it is asked for: a result of any size takes the memory of a few. The client's timeout is for
/// each part of it. Dropping it ends the query.
#[must_use = "batches are read when they are asked for"]
pub struct Batches {
    schema: SchemaRef,
    next: Option<String>,
    batches: BoxStream<'static, Result<RecordBatch>>,
}

impl Batches {
    /// Asks, and waits for the columns.
    pub(crate) async fn open(
        client: &Client,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Result<Self> {
        let (shown, after) = (shown(&url), client.timeout());
        let response = client.send(method, url, body, Some(ARROW), None);
        let response = tokio::time::timeout(after, response).await;
        let response = response.map_err(|_| Error::Timeout { url: shown.clone(), after })??;
        let next = next_cursor(response.headers());
        let decoder = StreamDecoder::new();
        let mut reader = Reader { url: shown, after, response, decoder, rest: Buffer::default() };
        let first = reader.read().await?;
        let Some(schema) = reader.decoder.schema() else {
            return Err(Error::decode(&reader.url, "it should be an Arrow stream, and it is empty"));
        };
        let first = futures::stream::iter(first.map(Ok));
        let rest =
            try_unfold(
                reader,
                |mut reader| async move { Ok(reader.read().await?.map(|batch| (batch, reader))) },
            );
        Ok(Batches { schema, next, batches: first.chain(rest).boxed() })
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The cursor to the next records of a state, for [`Query::cursor`](crate::Query::cursor), if its limit left some
    /// out.
    pub fn next_cursor(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// All of them.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] when the gateway broke the answer off, because the query failed under way or exceeded a
    /// limit; and those of any exchange.
    pub async fn read_all(self) -> Result<Vec<RecordBatch>> {
        self.batches.try_collect().await
    }
}

impl Stream for Batches {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_next_unpin(context)
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// An answer on its way.
struct Reader {
    url: String,
    after: Duration,
    response: Response,
    decoder: StreamDecoder,
    /// What has come and is not decoded yet.
    rest: Buffer,
}

impl Reader {
    async fn read(&mut self) -> Result<Option<RecordBatch>> {
        let broken = |error: arrow_schema::ArrowError| Error::decode(&self.url, error.to_string());
        loop {
            if let Some(batch) = self.decoder.decode(&mut self.rest).map_err(broken)? {
                return Ok(Some(batch));
            }
            let part = tokio::time::timeout(self.after, self.response.chunk()).await;
            let part = part.map_err(|_| Error::Timeout { url: self.url.clone(), after: self.after })?;
            match part.map_err(|error| Error::transport(&self.url, Some(self.after), error))? {
                Some(bytes) => self.rest = Buffer::from(bytes),
                None => {
                    self.decoder.finish().map_err(broken)?;
                    return Ok(None);
                }
            }
        }
    }
}
