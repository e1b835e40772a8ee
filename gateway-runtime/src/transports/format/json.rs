//! JSON: a list of records, or of objects with some of their columns.

use bytes::Bytes;

use super::columns::{Columns, record};
use crate::endpoint::Records;

/// Records with these columns only.
pub(super) fn list(records: &dyn Records, columns: &Columns) -> Bytes {
    let mut out = vec![b'['];
    for index in 0..records.len() {
        if index > 0 {
            out.push(b',');
        }
        object(&records.json(index), columns, &mut out);
    }
    out.push(b']');
    Bytes::from(out)
}

/// A record with these columns only: `{"pid":1,"venue.mic":"XNAS"}`.
pub(super) fn object(json: &[u8], columns: &Columns, out: &mut Vec<u8>) {
    let record = record(json);
    out.push(b'{');
    for (index, (name, value)) in columns.of(&record).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        // Writing a value to memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, value);
    }
    out.push(b'}');
}
