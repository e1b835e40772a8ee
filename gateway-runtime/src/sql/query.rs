//! One query: checked, run within its limits, its rows handed over as they come.

use std::time::Duration;

use duckdb::arrow::record_batch::RecordBatch;
use duckdb::types::Value as SqlValue;
use duckdb::{Connection, params_from_iter};

use super::sink::Sink;
use crate::transports::format::Format;
use crate::transports::format::batches::BatchError;

/// What is asked.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) params: Vec<SqlValue>,
    pub(super) format: Format,
    pub(super) limits: Limits,
}

/// How large the result may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

/// The bytes from which on what is written is handed over. An error before that is the answer.
const PIECE: usize = 64 * 1024;

/// What a `FROM` may call. Everything else either needs what there is none of here, files for one, or does something.
const TABLE_FUNCTIONS: [&str; 14] = [
    "range",
    "generate_series",
    "unnest",
    "repeat",
    "repeat_row",
    "json_each",
    "json_tree",
    "duckdb_columns",
    "duckdb_constraints",
    "duckdb_functions",
    "duckdb_settings",
    "duckdb_tables",
    "duckdb_types",
    "pragma_table_info",
];

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum QueryError {
    #[error("{0}")]
    DuckDb(#[from] duckdb::Error),
    #[error("{0}")]
    Batch(#[from] BatchError),
    #[error("Only a query can be run: one SELECT (or WITH, FROM, VALUES, DESCRIBE, SUMMARIZE); {0}")]
    NotAQuery(String),
    #[error("FROM cannot call `{0}` here; it can call {list}", list = TABLE_FUNCTIONS.join(", "))]
    Function(String),
    #[error("The result has more than {0} rows (`--sql-rows`): add a LIMIT, or ask for an aggregate")]
    TooManyRows(usize),
    #[error("The result is larger than {0} bytes (`--sql-bytes`): add a LIMIT, or select fewer columns")]
    TooLarge(usize),
    #[error("The query took longer than {} s and was stopped (`--sql-time`)", .0.as_secs_f64())]
    TooLong(Duration),
    #[error("The client has gone")]
    Gone,
}

impl Query {
    /// Runs the query; the connection is its own. The result is handed over in pieces while the query runs, and
    /// the rest is returned.
    pub(super) fn run(
        &self,
        connection: &Connection,
        mut hand_over: impl FnMut(Vec<u8>) -> Result<(), QueryError>,
    ) -> Result<Vec<u8>, QueryError> {
        self.check(connection)?;
        connection.execute_batch("BEGIN TRANSACTION READ ONLY")?;
        let mut statement = connection.prepare(&self.sql)?;
        // Its iterator panics when the query fails under way; the statement's own `step` does not.
        drop(statement.stream_arrow(params_from_iter(self.params.iter()))?);
        let mut sink = Sink::new(self.format, &statement.schema())?;
        let (mut rows, mut bytes) = (0, 0);
        while let Some(batch) = statement.step()? {
            let batch = RecordBatch::from(&batch);
            rows += batch.num_rows();
            if rows > self.limits.rows {
                return Err(QueryError::TooManyRows(self.limits.rows));
            }
            sink.write(&batch)?;
            self.check_bytes(bytes + sink.len())?;
            if sink.len() >= PIECE {
                let piece = sink.take();
                bytes += piece.len();
                hand_over(piece)?;
            }
        }
        let last = sink.finish()?;
        self.check_bytes(bytes + last.len())?;
        Ok(last)
    }

    fn check_bytes(&self, bytes: usize) -> Result<(), QueryError> {
        if bytes > self.limits.bytes { Err(QueryError::TooLarge(self.limits.bytes)) } else { Ok(()) }
    }

    /// DuckDB's own parser says whether it is one query, and what it calls: preparing several statements would run
    /// all but the last, and there are functions that a `FROM` takes and that change settings.
    fn check(&self, connection: &Connection) -> Result<(), QueryError> {
        let (message, statements, functions): (Option<String>, Option<i64>, Option<String>) = connection
            .query_row(
                "SELECT parsed ->> '$.error_message', json_array_length(parsed, '$.statements'), \
                 array_to_string(json_extract_string(parsed, '$..function.function_name'), ',') \
                 FROM (SELECT json_serialize_sql(?::VARCHAR) AS parsed)",
                [&self.sql],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
        match message {
            None => {}
            // How the serializer says that it is something else.
            Some(message) if message.starts_with("Only SELECT") => {
                return Err(QueryError::NotAQuery("this is another statement".to_owned()));
            }
            Some(message) => return Err(QueryError::NotAQuery(message)),
        }
        if statements != Some(1) {
            return Err(QueryError::NotAQuery(format!("these are {} statements", statements.unwrap_or(0))));
        }
        let functions = functions.unwrap_or_default().to_lowercase();
        let mut names = functions.split(',').filter(|name| !name.is_empty());
        match names.find(|name| !TABLE_FUNCTIONS.contains(name)) {
            Some(name) => Err(QueryError::Function(name.to_owned())),
            None => Ok(()),
        }
    }
}
