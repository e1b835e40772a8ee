//! Opening DuckDB's database.

use std::path::Path;

use duckdb::{Config, Connection};
use gateway_schema::ddl::literal;

/// The name of the database that is in a file, whatever the file's.
///
/// It is attached to one in memory: a database that is opened by itself cannot replay every statement of its log (as of
/// 1.5, a `CHECK` in it wants a default database, which there is none of yet), and its name is that of the file, which
/// may be the name of a table too.
const DATABASE: &str = "gateway_state";

/// Opens the database in a file, or one in memory; `memory` is in bytes, for the tables and what queries need.
///
/// From then on no connection reaches files other than this one, extensions or settings.
pub(super) fn open(file: Option<&Path>, memory: usize) -> Result<Connection, duckdb::Error> {
    let config = Config::default()
        .enable_autoload_extension(false)?
        .with("autoinstall_known_extensions", "false")?
        .with("allow_community_extensions", "false")?;
    let connection = Connection::open_in_memory_with_flags(config)?;
    if let Some(path) = file {
        let path = path.to_str().ok_or_else(|| duckdb::Error::InvalidPath(path.to_owned()))?;
        connection.execute_batch(&format!("ATTACH {} AS {DATABASE}; USE {DATABASE}", literal(path)))?;
    }
    // In this order: without access to files the folder for temporary ones cannot be changed, and without that
    // nothing but the tables is written to disk.
    connection.execute_batch(&format!(
        "SET GLOBAL TimeZone = 'UTC'; SET memory_limit = '{memory}B'; SET temp_directory = ''; \
         SET enable_external_access = false; SET lock_configuration = true;"
    ))?;
    Ok(connection)
}

/// Another connection to the database that `open` opened.
pub(super) fn another(connection: &Connection, in_file: bool) -> Result<Connection, duckdb::Error> {
    let another = connection.try_clone()?;
    if in_file {
        another.execute_batch(&format!("USE {DATABASE}"))?;
    }
    Ok(another)
}
