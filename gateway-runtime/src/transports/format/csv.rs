//! CSV as of RFC 4180: a line with the names of the columns, then a record a line. Lists and maps are JSON text;
//! what has no value is empty.

use std::borrow::Cow;

use serde_json::Value;

use super::columns::{Columns, record};

const END: &[u8] = b"\r\n";

/// The line with the names.
pub(super) fn header(columns: &Columns) -> Vec<u8> {
    let mut out = Vec::new();
    line(columns.names().map(Cow::Borrowed), &mut out);
    out
}

/// The line of a record.
pub(super) fn write(json: &[u8], columns: &Columns, out: &mut Vec<u8>) {
    let record = record(json);
    line(columns.of(&record).map(|(_, value)| text(value)), out);
}

/// A value as a field.
pub(crate) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// Writes one line.
pub(crate) fn line<'c>(fields: impl Iterator<Item = Cow<'c, str>>, out: &mut Vec<u8>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if !field.contains([',', '"', '\r', '\n']) {
            out.extend_from_slice(field.as_bytes());
            continue;
        }
        out.push(b'"');
        out.extend_from_slice(field.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(END);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_field_is_quoted() {
        let columns = ["a", "b.c", "d", "e", "f,g"].map(str::to_owned).to_vec();
        let columns = Columns::selected(columns);
        assert_eq!(header(&columns), b"a,b.c,d,e,\"f,g\"\r\n");
        let mut out = Vec::new();
        write(br#"{"a":"x,\"y\"\n","b":{"c":1.50},"d":[1,"z"],"e":null}"#, &columns, &mut out);
        assert_eq!(out, b"\"x,\"\"y\"\"\n\",1.5,\"[1,\"\"z\"\"]\",,\r\n");
    }
}
