//! State tables in SQL: the columns, keys, rules and comments that DuckDB gets, from the schema alone.
//!
//! A state has a table of the latest record per key and, if it has a history, a second one, of the records as they
//! ticked, with the same columns. A table has `id` and `timestamp` first, then the basket's `key` if there is one,
//! then the struct's flattened columns. Rules that SQL would judge otherwise than this crate are left out of the `CHECK`s: what SQL holds is a
//! copy of records that were accepted, and a copy that refuses some of them is worth less.
//!
//! | field | column |
//! |---|---|
//! | enums | text or `BIGINT`, and a `CHECK` of the members' values |
//! | decimals | `DECIMAL(38, 9)`: every magnitude, and nine digits of fraction, further ones rounded |
//! | dates and times | to the microsecond; those with an offset are `TIMESTAMP WITH TIME ZONE` |
//! | durations | `INTERVAL`; `DOUBLE` seconds inside of lists and maps |
//! | lists and arrays, maps | `T[]`, `MAP(K, V)`; structs inside of them are `STRUCT`s |
//! | `rowid` | under another name, since that is DuckDB's for the number of a row |
//! | bytes | `BLOB`; their base64 text inside of lists and maps |

mod checks;

use std::fmt::Write as _;

use crate::filter::find_column;
use crate::schema::{ChannelSchema, ChannelsSchema, EnumValue, FieldType, HistorySchema, StateSchema};
use crate::tick::ColumnPath;

/// A state table in SQL, or the history of one.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name: the state's alias, with `_history` after it if it is the history.
    pub name: String,
    /// Which of the two it is.
    pub kind: Kind,
    /// The channel that feeds it.
    pub channel: &'static ChannelSchema,
    /// The state.
    pub state: &'static StateSchema,
    /// Its columns in order.
    pub columns: Vec<TableColumn>,
    /// The places of the columns that make up the key.
    pub key: Vec<usize>,
}

/// Which records of a state a [`Table`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The latest of each key.
    Latest,
    /// Each as it ticked, as far back as [`StateSchema::history`] says.
    History,
}

/// A column of a [`Table`].
#[derive(Debug, Clone)]
pub struct TableColumn {
    /// Its name, dotted if it is nested.
    pub name: String,
    /// Its type in SQL.
    pub sql: String,
    /// Where its values come from.
    pub source: Source,
    /// What its values are.
    pub ty: FieldType,
    /// Whether it may be null.
    pub nullable: bool,
    /// What is written about it.
    pub docs: String,
    checks: Vec<String>,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The basket's key.
    Key,
    /// A column of the record.
    Record(ColumnPath),
    /// All of the record, as JSON.
    Whole,
}

/// What no table is named, since whoever fills the tables has some of these names.
const RESERVED_TABLES: [&str; 5] =
    ["gateway_staging", "gateway_fresh", "gateway_old", "gateway_scratch", "gateway_unreadable"];

/// The tables of a set of channels, in the order of their declaration.
pub fn tables(channels: &'static ChannelsSchema) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for channel in channels.channels {
        let of = |state| [Some(Table::new(channel, state)), Table::history(channel, state)];
        for mut table in channel.states.iter().flat_map(of).flatten() {
            let names = tables.iter().map(|table| table.name.as_str()).chain(RESERVED_TABLES);
            table.name = unused(&table.name, &names.collect::<Vec<_>>());
            tables.push(table);
        }
    }
    tables
}

impl Table {
    /// The table of a state.
    pub fn new(channel: &'static ChannelSchema, state: &'static StateSchema) -> Self {
        let envelope = |name: &str, ty, source, docs: &str| TableColumn {
            name: name.to_owned(),
            sql: sql_type(&ty, true),
            source,
            ty,
            nullable: false,
            docs: docs.to_owned(),
            checks: Vec::new(),
        };
        let id = Source::Record(ColumnPath::Id);
        let timestamp = Source::Record(ColumnPath::Timestamp);
        let mut columns = vec![
            envelope("id", FieldType::String, id, "The record's id"),
            envelope("timestamp", FieldType::NaiveDateTime, timestamp, "When it ticked, engine time in UTC"),
        ];
        if channel.key.is_some() {
            columns.push(envelope("key", FieldType::String, Source::Key, "The key of the basket"));
        }
        for column in channel.payload.columns() {
            let name = unused(
                &column.name,
                &columns.iter().map(|column| column.name.as_str()).chain(["rowid"]).collect::<Vec<_>>(),
            );
            columns.push(TableColumn {
                checks: checks::of(&name, &column),
                sql: sql_type(&column.ty, true),
                source: Source::Record(ColumnPath::Field(column.path)),
                ty: column.ty,
                nullable: column.nullable,
                docs: column.docs.to_owned(),
                name,
            });
        }
        let place = |name: &&str| {
            let source = Source::Record(find_column(channel.payload, name).ok()?.0);
            columns.iter().position(|column| column.source == source)
        };
        let key = state.key.iter().filter_map(place).collect();
        Table { name: state.alias.to_owned(), kind: Kind::Latest, channel, state, columns, key }
    }

    /// The same table with a last column `_record` that holds each record whole, as JSON: from that it can be had back
    /// exactly, which the other columns do not allow (decimals of many digits, times finer than a microsecond, fields
    /// that are not set).
    #[must_use]
    pub fn with_record(mut self) -> Self {
        let name =
            unused("_record", &self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
        self.columns.push(TableColumn {
            name,
            sql: "VARCHAR".to_owned(),
            source: Source::Whole,
            ty: FieldType::String,
            nullable: false,
            docs: "The record whole, as JSON: what a restart reads".to_owned(),
            checks: Vec::new(),
        });
        self
    }

    /// The table of a state's history, if it has one.
    pub fn history(channel: &'static ChannelSchema, state: &'static StateSchema) -> Option<Self> {
        state.history?;
        let name = format!("{}_history", state.alias);
        Some(Table { name, kind: Kind::History, ..Table::new(channel, state) })
    }

    /// Whether the key is a primary key: that of a history repeats, and SQL has none with nulls in it.
    pub fn has_primary_key(&self) -> bool {
        self.kind == Kind::Latest
            && !self.key.is_empty()
            && !self.key.iter().any(|&place| self.columns[place].nullable)
    }

    /// The condition that a row must satisfy for the table to take it: everything that [`Table::create`] asks of one
    /// row.
    pub fn condition(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for column in &self.columns {
            if !column.nullable {
                parts.push(format!("{} IS NOT NULL", identifier(&column.name)));
            }
            // A rule of which it is not known whether it holds, since something is null, holds for a `CHECK`.
            parts.extend(column.checks.iter().map(|check| format!("coalesce({check}, true)")));
        }
        parts.join(" AND ")
    }

    /// The statement that makes the table, without its comments, ended by `;`.
    pub fn definition(&self) -> String {
        let table = identifier(&self.name);
        let mut lines: Vec<String> = self.columns.iter().map(TableColumn::define).collect();
        if self.has_primary_key() {
            // To take a row out of the index its key is read back, one row at a time, for which a compressed column is
            // a hundred times as slow (DuckDB 1.5).
            self.key.iter().for_each(|&place| lines[place].push_str(" USING COMPRESSION uncompressed"));
        }
        let key: Vec<String> = self.key.iter().map(|&place| identifier(&self.columns[place].name)).collect();
        if self.has_primary_key() {
            lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
        }
        format!("CREATE TABLE {table} (\n    {}\n);\n", lines.join(",\n    "))
    }

    /// The statements that make the table and its comments, each ended by `;`.
    pub fn create(&self) -> String {
        let table = identifier(&self.name);
        let mut out = self.definition();
        let mut about = self.about();
        if !self.channel.docs.is_empty() {
            about = format!("{}\n\n{about}", self.channel.docs);
        }
        let _ = writeln!(out, "COMMENT ON TABLE {table} IS {};", literal(&about));
        for column in self.columns.iter().filter(|column| !column.docs.is_empty()) {
            let name = identifier(&column.name);
            let _ = writeln!(out, "COMMENT ON COLUMN {table}.{name} IS {};", literal(&column.docs));
        }
        out
    }

    /// Which records it has, in words.
    fn about(&self) -> String {
        let (channel, key) = (self.channel.name, self.state.key.join(", "));
        match (self.kind, self.state.history) {
            (Kind::History, Some(HistorySchema { rows, age })) => {
                let rows = rows.map_or("records".to_owned(), |rows| format!("last {rows} records"));
                let age = age.map(|age| format!(", no older than {age:?}")).unwrap_or_default();
                format!("The {rows} of {channel} for each {key}{age}")
            }
            _ if self.has_primary_key() => format!("The latest record of {channel} for each {key}"),
            _ => format!(
                "The latest record of {channel} for each {key} (no primary key, since parts of it may be null)"
            ),
        }
    }
}

impl TableColumn {
    fn define(&self) -> String {
        let mut out = format!("{} {}", identifier(&self.name), self.sql);
        if !self.nullable {
            out.push_str(" NOT NULL");
        }
        for check in &self.checks {
            let _ = write!(out, " CHECK ({check})");
        }
        out
    }

    /// Whether its values are lists, maps or any JSON, which cells do not hold.
    pub fn is_nested(&self) -> bool {
        matches!(
            self.ty,
            FieldType::List(_)
                | FieldType::Array(..)
                | FieldType::Map(..)
                | FieldType::Struct(_)
                | FieldType::Json
        )
    }
}

/// The type of a column, or of what is inside of one.
fn sql_type(ty: &FieldType, outside: bool) -> String {
    let name = match ty {
        FieldType::Bool => "BOOLEAN",
        FieldType::Int(8) => "TINYINT",
        FieldType::Int(16) => "SMALLINT",
        FieldType::Int(32) => "INTEGER",
        FieldType::Int(_) => "BIGINT",
        FieldType::UInt(8) => "UTINYINT",
        FieldType::UInt(16) => "USMALLINT",
        FieldType::UInt(32) => "UINTEGER",
        FieldType::UInt(_) => "UBIGINT",
        FieldType::Float(32) => "FLOAT",
        FieldType::Float(_) => "DOUBLE",
        FieldType::String => "VARCHAR",
        FieldType::Bytes if outside => "BLOB",
        FieldType::Bytes => "VARCHAR",
        FieldType::Date => "DATE",
        FieldType::Time => "TIME",
        FieldType::DateTime => "TIMESTAMP WITH TIME ZONE",
        FieldType::NaiveDateTime => "TIMESTAMP",
        FieldType::Duration if outside => "INTERVAL",
        FieldType::Duration => "DOUBLE",
        FieldType::Uuid => "UUID",
        FieldType::Decimal => "DECIMAL(38, 9)",
        FieldType::Enum(schema) => match schema.variants.first().map(|variant| variant.value) {
            Some(EnumValue::Int(_)) => "BIGINT",
            _ => "VARCHAR",
        },
        FieldType::Json => "JSON",
        FieldType::Nullable(inner) => return sql_type(inner, outside),
        FieldType::List(inner) | FieldType::Array(inner, _) => {
            return format!("{}[]", sql_type(inner, false));
        }
        FieldType::Map(key, value) => {
            return format!("MAP({}, {})", sql_type(key, false), sql_type(value, false));
        }
        FieldType::Struct(schema) => {
            let field = |field: &crate::schema::FieldSchema| {
                format!("{} {}", identifier(field.name), sql_type(&field.ty, false))
            };
            return format!("STRUCT({})", schema.fields.iter().map(field).collect::<Vec<_>>().join(", "));
        }
    };
    name.to_owned()
}

/// A name in SQL, quoted whatever it is.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in SQL.
pub fn literal(text: &str) -> String {
    // A text ends at a zero byte where statements are C strings.
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}

/// The name, or the next one like it that is free: names in SQL are the same in capitals and in small letters.
fn unused(name: &str, used: &[&str]) -> String {
    let is_free = |name: &String| used.iter().all(|used| used.to_lowercase() != name.to_lowercase());
    let mut candidates =
        (1..).map(|number| if number == 1 { name.to_owned() } else { format!("{name}_{number}") });
    candidates.find(is_free).unwrap_or_else(|| name.to_owned())
}
