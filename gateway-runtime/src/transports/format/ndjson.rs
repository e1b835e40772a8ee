//! NDJSON: a record a line.

use super::columns::Columns;
use super::json;

/// A record, or the columns of it, and the end of the line.
pub(super) fn write(record: &[u8], columns: Option<&Columns>, out: &mut Vec<u8>) {
    match columns {
        // A JSON text has no line breaks but those that its writer puts between its parts, and ours does not.
        None => out.extend_from_slice(record),
        Some(columns) => json::object(record, columns, out),
    }
    out.push(b'\n');
}
