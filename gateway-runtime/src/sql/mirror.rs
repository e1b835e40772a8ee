//! The tables in DuckDB, and how they keep up with the states.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use duckdb::arrow::record_batch::RecordBatch;
use duckdb::{Config, Connection};
use gateway_schema::FieldType;
use gateway_schema::ddl::{Table, TableColumn, identifier, literal};

use super::changes::Watched;

/// Why the tables are not there or not up to date.
#[derive(Debug, thiserror::Error)]
pub(super) enum MirrorError {
    #[error("{0}")]
    DuckDb(#[from] duckdb::Error),
    #[error("{0}")]
    Arrow(#[from] duckdb::arrow::error::ArrowError),
}

/// So many changes of a table are not left waiting for a query.
const MANY: usize = 16_384;

/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How often at most a failure is logged.
const COMPLAIN: Duration = Duration::from_secs(60);

/// Where rows are put before they are in their table.
const STAGING: &str = "staging";

/// The tables of DuckDB's. The database is made when it is first needed.
pub(super) struct Mirror {
    tables: Vec<Arc<dyn Watched>>,
    refused: Vec<AtomicU64>,
    memory: usize,
    writer: Mutex<Option<Writer>>,
}

struct Writer {
    connection: Connection,
    progress: Vec<Progress>,
}

/// How far a table is.
#[derive(Default)]
struct Progress {
    /// Taken from the state, and not in the table yet because that failed.
    waiting: Option<RecordBatch>,
    /// Rows written since the table was made.
    written: usize,
}

impl Mirror {
    /// Starts to keep up with states; `memory` is in bytes, for the tables and what queries need.
    pub(super) fn new(tables: Vec<Arc<dyn Watched>>, memory: usize) -> Arc<Self> {
        let refused = tables.iter().map(|_| AtomicU64::new(0)).collect();
        let mirror = Arc::new(Mirror { tables, refused, memory, writer: Mutex::new(None) });
        let weak = Arc::downgrade(&mirror);
        let thread = std::thread::Builder::new().name("gateway-sql".to_owned());
        if let Err(error) = thread.spawn(move || keep_up(&weak)) {
            tracing::warn!(%error, "state tables are brought up to date by queries only");
        }
        mirror
    }

    /// How many rows of a table DuckDB has refused: values made in Rust that break the rules of their struct.
    pub(super) fn refused(&self, alias: &str) -> u64 {
        let place = self.tables.iter().position(|table| table.table().state.alias == alias);
        place.map_or(0, |place| self.refused[place].load(Ordering::Relaxed))
    }

    /// A connection that sees every change until now. It takes as long as the changes take to be written.
    pub(super) fn reader(&self) -> Result<Connection, MirrorError> {
        self.with_writer(|writer| Ok(writer.connection.try_clone()?))
    }

    fn with_writer<R>(
        &self,
        then: impl FnOnce(&mut Writer) -> Result<R, MirrorError>,
    ) -> Result<R, MirrorError> {
        let mut guard = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = match &mut *guard {
            Some(writer) => writer,
            none => none.insert(self.open()?),
        };
        for ((table, progress), refused) in self.tables.iter().zip(&mut writer.progress).zip(&self.refused) {
            catch_up(&writer.connection, &**table, progress, refused)?;
        }
        then(writer)
    }

    fn open(&self) -> Result<Writer, MirrorError> {
        let config = Config::default()
            .enable_autoload_extension(false)?
            .with("autoinstall_known_extensions", "false")?
            .with("allow_community_extensions", "false")?;
        let connection = Connection::open_in_memory_with_flags(config)?;
        // In this order: without access to files the folder for temporary ones cannot be changed, and without
        // that nothing is written to disk.
        connection.execute_batch(&format!(
            "SET GLOBAL TimeZone = 'UTC'; SET memory_limit = '{}B'; SET temp_directory = ''; \
             SET enable_external_access = false; SET lock_configuration = true;",
            self.memory
        ))?;
        for table in &self.tables {
            connection.execute_batch(&table.table().create())?;
        }
        let progress = self.tables.iter().map(|_| Progress::default()).collect();
        Ok(Writer { connection, progress })
    }
}

fn keep_up(mirror: &Weak<Mirror>) {
    let mut complained: Option<Instant> = None;
    loop {
        std::thread::sleep(LOOK);
        let Some(mirror) = mirror.upgrade() else {
            return;
        };
        if !mirror.tables.iter().any(|table| table.pending() >= MANY) {
            continue;
        }
        if let Err(error) = mirror.with_writer(|_| Ok(()))
            && complained.is_none_or(|at| at.elapsed() > COMPLAIN)
        {
            tracing::error!(%error, "state tables cannot be brought up to date");
            complained = Some(Instant::now());
        }
    }
}

/// Writes what has changed. What fails is kept, and written the next time.
fn catch_up(
    connection: &Connection,
    source: &dyn Watched,
    progress: &mut Progress,
    refused: &AtomicU64,
) -> Result<(), MirrorError> {
    let table = source.table();
    if let Some(batch) = progress.waiting.take() {
        write(connection, source, progress, refused, batch)?;
    }
    if let Some(batch) = source.take()? {
        write(connection, source, progress, refused, batch)?;
    }
    // What is replaced is not freed by DuckDB, neither in the table nor in its index: now and then both are made anew.
    if progress.written > 4 * MANY {
        let count = format!("SELECT count(*) FROM {}", identifier(&table.name));
        let rows: usize = connection.query_row(&count, [], |row| row.get(0))?;
        if progress.written > 4 * (rows + MANY) {
            renew(connection, table)?;
            progress.written = 0;
        }
    }
    Ok(())
}

fn write(
    connection: &Connection,
    source: &dyn Watched,
    progress: &mut Progress,
    refused: &AtomicU64,
    batch: RecordBatch,
) -> Result<(), MirrorError> {
    let rows = batch.num_rows();
    match replace(connection, source, batch.clone()) {
        Ok(unfit) => {
            refused.fetch_add(unfit as u64, Ordering::Relaxed);
            progress.written += rows;
            Ok(())
        }
        Err(error) => {
            progress.waiting = Some(batch);
            Err(error)
        }
    }
}

/// Puts rows in the place of those with their keys, and answers how many the table does not take.
fn replace(connection: &Connection, source: &dyn Watched, batch: RecordBatch) -> Result<usize, MirrorError> {
    let table = source.table();
    let columns: Vec<String> = table.columns.iter().map(staged).collect();
    connection.execute_batch(&format!("CREATE OR REPLACE TEMP TABLE {STAGING} ({})", columns.join(", ")))?;
    let rows = batch.num_rows();
    let mut appender = connection.appender_to_catalog_and_db(STAGING, "temp", "main")?;
    appender.append_record_batch(batch)?;
    appender.flush()?;
    drop(appender);
    let name = identifier(&table.name);
    let same: Vec<String> = table
        .key
        .iter()
        .map(|&place| identifier(&table.columns[place].name))
        .map(|column| format!("{name}.{column} IS NOT DISTINCT FROM {STAGING}.{column}"))
        .collect();
    let fresh: Vec<String> = table.columns.iter().map(unstaged).collect();
    // Queries that run meanwhile see all of it or nothing.
    let taken = transaction(connection, || {
        connection
            .execute_batch(&format!("DELETE FROM {name} USING {STAGING} WHERE {}", same.join(" AND ")))?;
        let taken = connection.execute(
            &format!(
                "INSERT INTO {name} SELECT * FROM (SELECT {} FROM {STAGING} ORDER BY rowid) WHERE {}",
                fresh.join(", "),
                table.condition()
            ),
            [],
        )?;
        // Row numbers grow with every row that is written: the smallest are the longest unchanged.
        connection.execute_batch(&format!(
            "DELETE FROM {name} WHERE rowid IN (SELECT rowid FROM {name} ORDER BY rowid LIMIT \
             greatest(0, (SELECT count(*) FROM {name}) - {}))",
            source.limit()
        ))?;
        Ok(taken)
    })?;
    connection.execute_batch(&format!("DROP TABLE temp.{STAGING}"))?;
    Ok(rows - taken.min(rows))
}

fn transaction<R>(
    connection: &Connection,
    work: impl FnOnce() -> Result<R, MirrorError>,
) -> Result<R, MirrorError> {
    connection.execute_batch("BEGIN")?;
    let outcome = work();
    // Of two failures the first is the one to know.
    let ended = connection.execute_batch(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" });
    let outcome = outcome?;
    ended?;
    Ok(outcome)
}

/// Makes a table anew with the rows it has.
fn renew(connection: &Connection, table: &Table) -> Result<(), MirrorError> {
    let name = identifier(&table.name);
    transaction(connection, || {
        connection.execute_batch(&format!(
            "CREATE TEMP TABLE {STAGING} AS SELECT * FROM {name} ORDER BY rowid; DROP TABLE {name}; {} \
             INSERT INTO {name} SELECT * FROM {STAGING} ORDER BY rowid; DROP TABLE temp.{STAGING};",
            table.create()
        ))?;
        Ok(())
    })
}

/// A column as it is staged: what Arrow arrays here do not have is text.
fn staged(column: &TableColumn) -> String {
    let is_text = column.is_nested() || matches!(column.ty, FieldType::Uuid);
    format!("{} {}", identifier(&column.name), if is_text { "VARCHAR" } else { &column.sql })
}

/// What a staged column becomes.
fn unstaged(column: &TableColumn) -> String {
    let name = identifier(&column.name);
    match column.ty {
        FieldType::Json => format!("CAST({name} AS JSON) AS {name}"),
        FieldType::Uuid => format!("CAST({name} AS UUID) AS {name}"),
        _ if column.is_nested() => {
            // The type is a string of JSON that is a string of SQL.
            let ty = serde_json::Value::from(column.sql.as_str()).to_string();
            format!("json_transform({name}, {}) AS {name}", literal(&ty))
        }
        _ => name,
    }
}
