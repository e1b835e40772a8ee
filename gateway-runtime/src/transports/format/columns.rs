//! Columns of records that are JSON already.

use gateway_schema::StructSchema;
#[cfg(feature = "duckdb")]
use gateway_schema::ddl::{Source, Table, TableColumn};
use gateway_schema::tick::ENVELOPE;
#[cfg(feature = "duckdb")]
use gateway_schema::{ChannelSchema, StateSchema};
use serde_json::Value;

/// Columns by their dotted names, in order.
pub(super) struct Columns(Vec<Column>);

struct Column {
    name: String,
    /// As JSON text, with its quotes.
    json: String,
}

impl Columns {
    /// These columns.
    pub(super) fn selected(names: Vec<String>) -> Self {
        let column = |name: String| Column { json: Value::from(name.as_str()).to_string(), name };
        Columns(names.into_iter().map(column).collect())
    }

    /// The flattened columns of a record, or those of them that are meant: of a nested struct all.
    pub(super) fn flattened(schema: &'static StructSchema, select: Option<&[String]>) -> Self {
        let fields = schema.columns().into_iter().map(|column| column.name);
        let all: Vec<String> = ENVELOPE.iter().map(|name| (*name).to_owned()).chain(fields).collect();
        let Some(select) = select else { return Columns::selected(all) };
        let is_of = |column: &str, name: &str| {
            column.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let meant = select.iter().flat_map(|name| all.iter().filter(|column| is_of(column, name)));
        Columns::selected(meant.cloned().collect())
    }

    /// The names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|column| column.name.as_str())
    }

    /// The names as JSON texts, with the values that a record has; `null` where it has none.
    pub(super) fn of<'r>(&self, record: &'r Value) -> impl Iterator<Item = (&str, &'r Value)> {
        self.0.iter().map(move |column| {
            let value = column.name.split('.').try_fold(record, |value, step| value.get(step));
            (column.json.as_str(), value.unwrap_or(&Value::Null))
        })
    }
}

/// The columns of the records in a table of SQL's, or those of them that are meant. A basket's key, which the table has
/// too, is not in the records.
#[cfg(feature = "duckdb")]
pub(super) fn of_table(channel: &'static ChannelSchema, select: Option<&[String]>) -> Vec<TableColumn> {
    static RECORDS: StateSchema = StateSchema::new("", &[]);
    let columns = Table::new(channel, &RECORDS).columns;
    let of_records: Vec<TableColumn> =
        columns.into_iter().filter(|column| column.source != Source::Key).collect();
    // In the same order; a table's names may have a number, for it knows no capitals.
    let all = Columns::flattened(channel.payload, None);
    let place = |name: &str| all.names().position(|other| other == name);
    let meant = Columns::flattened(channel.payload, select);
    meant.names().filter_map(|name| of_records.get(place(name)?).cloned()).collect()
}

/// A record from its JSON text, which was written here.
pub(super) fn record(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap_or_default()
}
