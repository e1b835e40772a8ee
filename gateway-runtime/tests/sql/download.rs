//! Answers that are not text, and those that end early.

use std::net::SocketAddr;

use duckdb::arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::PATIENCE;

/// What came back.
pub(crate) struct Download {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its end.
    pub(crate) whole: bool,
}

impl Download {
    /// The body as an Arrow stream.
    pub(crate) fn arrow(&self) -> Vec<RecordBatch> {
        assert!(self.head.contains("application/vnd.apache.arrow.stream"), "{}", self.head);
        let reader = arrow::ipc::reader::StreamReader::try_new(self.body.as_slice(), None).unwrap();
        reader.map(Result::unwrap).collect()
    }

    /// The body as Parquet.
    pub(crate) fn parquet(&self) -> Vec<RecordBatch> {
        assert!(self.head.contains("application/vnd.apache.parquet"), "{}", self.head);
        let file = bytes::Bytes::from(self.body.clone());
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        reader.map(Result::unwrap).collect()
    }
}

/// Opens a connection and sends a query in SQL.
pub(crate) async fn open(address: SocketAddr, parameters: &str, sql: &str) -> TcpStream {
    let body = json!({ "sql": sql }).to_string();
    let head = format!(
        "POST /api/v1/sql{parameters} HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    send(address, &head).await
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// What a query in SQL is answered with.
pub(crate) async fn sql(address: SocketAddr, parameters: &str, sql: &str) -> Download {
    read(open(address, parameters, sql).await).await
}

/// What a GET is answered with.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Download {
    let request = format!("GET /api/v1/{path} HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n");
    read(send(address, &request).await).await
}

async fn read(mut socket: TcpStream) -> Download {
    let mut answer = Vec::new();
    // A connection that is broken off may be reset.
    let _ = timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("an end");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let (body, whole) = match head.contains("transfer-encoding: chunked") {
        true => unchunked(&answer[end..]),
        false => (answer[end..].to_vec(), true),
    };
    Download { head, body, whole }
}

/// What is in chunks, and whether the last one, which is empty, is there.
fn unchunked(mut chunks: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = chunks.windows(2).position(|bytes| bytes == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = chunks.get(line + 2..line + 2 + size) else { break };
        body.extend_from_slice(chunk);
        chunks = chunks.get(line + size + 4..).unwrap_or_default();
    }
    (body, false)
}
