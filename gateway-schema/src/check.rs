//! Checks of declarations that generated code runs while it is compiled.
//!
//! Each panics with the whole message. They track their caller, so that the compiler shows the attribute that
//! is wrong and nothing of this file.

use crate::constraint::Constraint;
use crate::report::{Report, same};
use crate::schema::{ChannelKind, FieldType, StructSchema};

/// Panics unless every constraint of a field fits the field's type.
///
/// `written` is the type as the user wrote it.
#[track_caller]
pub const fn constraint_fits(field: &str, written: &str, ty: &FieldType, constraint: &Constraint) {
    let (name, fits, wanted) = match constraint {
        Constraint::Range { .. } => (
            "range",
            matches!(ty, FieldType::Int(_) | FieldType::UInt(_) | FieldType::Float(_) | FieldType::Decimal),
            "numbers",
        ),
        Constraint::Length { .. } => (
            "length",
            matches!(ty, FieldType::String | FieldType::Bytes | FieldType::List(_) | FieldType::Map(..)),
            "strings, bytes, lists and maps",
        ),
        Constraint::Pattern { .. } => ("pattern", matches!(ty, FieldType::String), "strings"),
        Constraint::Custom { .. } => ("custom", true, "every type"),
    };
    if !fits {
        let mut report = Report::new();
        report.push_name(name);
        report.push(" does not fit field ");
        report.push_name(field);
        report.push(", which is ");
        report.push_name(written);
        report.push(" (");
        report.push(ty.describe());
        report.push("): it is for ");
        report.push(wanted);
        panic!("{}", report.as_str());
    }
}

/// Panics unless the struct can be the payload of a channel.
#[track_caller]
pub const fn payload(channel: &str, payload: &StructSchema) {
    if !payload.record {
        let mut report = Report::new();
        report.push("channel ");
        report.push_name(channel);
        report.push(": struct ");
        report.push_name(payload.name);
        report.push(" is marked `#[gateway(nested)]`, so it has no room for a record's `id` and `timestamp`; remove the mark, or nest it in a struct that is the payload");
        panic!("{}", report.as_str());
    }
}

/// Panics if records are staged for a basket: a staging area has no keys.
#[track_caller]
pub const fn stage(channel: &str, kind: ChannelKind) {
    if kind.is_basket() {
        let mut report = Report::new();
        report.push("channel ");
        report.push_name(channel);
        report.push(" is a basket, and staged records have no key: remove `stage`, or stage on a channel and let a module put its records into the basket");
        panic!("{}", report.as_str());
    }
}

/// Panics unless `path` names a column of the struct (or the envelope's `id` or `timestamp`) that can be a
/// key.
#[track_caller]
pub const fn state_key(channel: &str, payload: &'static StructSchema, path: &str) {
    // A struct without a name is one that its derive has refused, with a message of its own.
    if same(path, "id") || same(path, "timestamp") || payload.name.is_empty() {
        return;
    }
    let mut schema = payload;
    let mut rest = path;
    loop {
        let (head, tail) = split_at_dot(rest);
        let field = match find(schema, head) {
            Some(index) => &schema.fields[index],
            None => {
                let mut report = Report::new();
                report.push("channel ");
                report.push_name(channel);
                report.push(": state key ");
                report.push_name(path);
                report.push(" is not a column: struct ");
                report.push_name(schema.name);
                report.push(" has no field ");
                report.push_name(head);
                report.push("; its fields are ");
                push_fields(&mut report, schema);
                panic!("{}", report.as_str());
            }
        };
        match (field.ty, tail) {
            (FieldType::Struct(nested), Some(tail)) => {
                schema = nested;
                rest = tail;
            }
            (FieldType::Struct(nested), None) => {
                let mut report = Report::new();
                report.push("channel ");
                report.push_name(channel);
                report.push(": state key ");
                report.push_name(path);
                report.push(" is a struct and cannot be a key; use a field of it: ");
                push_fields(&mut report, nested);
                panic!("{}", report.as_str());
            }
            (ty, None) => {
                if !ty.is_key() {
                    let mut report = Report::new();
                    report.push("channel ");
                    report.push_name(channel);
                    report.push(": state key ");
                    report.push_name(path);
                    report.push(" is ");
                    report.push(ty.describe());
                    report.push(", which cannot be a key: it has no equality to find a record by");
                    panic!("{}", report.as_str());
                }
                return;
            }
            (ty, Some(_)) => {
                let mut report = Report::new();
                report.push("channel ");
                report.push_name(channel);
                report.push(": state key ");
                report.push_name(path);
                report.push(" goes into ");
                report.push_name(head);
                report.push(", which is ");
                report.push(ty.describe());
                report.push(" and has no fields");
                panic!("{}", report.as_str());
            }
        }
    }
}

/// Panics because a module in a `gateway!` does not tell the compiler which channels it touches.
#[track_caller]
pub const fn wiring_unknown(module: &str) {
    let mut report = Report::new();
    report.push("module ");
    report.push_name(module);
    report.push(" does not tell the compiler which channels it touches: implement `Wired` for it beside `Module`, or add it with `Gateway::module`, where the composition is checked when it starts");
    panic!("{}", report.as_str());
}

const fn find(schema: &StructSchema, name: &str) -> Option<usize> {
    let mut index = 0;
    while index < schema.fields.len() {
        if same(schema.fields[index].name, name) {
            return Some(index);
        }
        index += 1;
    }
    None
}

const fn push_fields(report: &mut Report, schema: &StructSchema) {
    let mut index = 0;
    while index < schema.fields.len() {
        if index > 0 {
            report.push(", ");
        }
        report.push_name(schema.fields[index].name);
        index += 1;
    }
}

const fn split_at_dot(path: &str) -> (&str, Option<&str>) {
    let bytes = path.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == b'.' {
            let (head, tail) = path.split_at(index);
            return (head, Some(tail.split_at(1).1));
        }
        index += 1;
    }
    (path, None)
}
