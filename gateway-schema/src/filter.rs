//! The query language of `state`.
//!
//! ```json
//! {"filters": [{"attr": "venue.mic", "by": {"value": "XNAS", "where": "=="}},
//!              {"any": [{"attr": "price", "by": {"value": 5, "where": "<"}},
//!                       {"attr": "note", "by": {"where": "is null"}}]}],
//!  "sort": [{"attr": "price", "descending": true}],
//!  "limit": 10,
//!  "select": ["symbol", "price"]}
//! ```
//!
//! All filters must hold, of a group `any` at least one. A filter compares a column with a `value`, an instant
//! (`when`) or another column (`attr`); the first of these that is not null counts.

mod check;
mod columns;
mod cursor;
mod like;
mod page;
mod plan;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use columns::find_column;
pub use page::Page;
pub use plan::Plan;

/// What to find, as a client sends it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// Every one of them must hold.
    #[serde(default)]
    pub filters: Vec<Clause>,
    /// The order of the records; by key where these are equal, or when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sort: Vec<Sort>,
    /// The most records to answer with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Where the last answer ended, as the gateway told it. The records after it are found, whatever has
    /// come or gone since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The columns to answer with, dotted; all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<Vec<String>>,
}

/// One condition, or several of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Clause {
    /// A condition.
    Filter(Filter),
    /// At least one of these must hold.
    Any {
        /// The conditions.
        any: Vec<Clause>,
    },
    /// Every one of these must hold.
    All {
        /// The conditions.
        all: Vec<Clause>,
    },
}

impl From<Filter> for Clause {
    fn from(filter: Filter) -> Self {
        Clause::Filter(filter)
    }
}

/// A column to sort by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// The column, dotted.
    pub attr: String,
    /// Whether the largest come first. Records without a value are the smallest.
    #[serde(default)]
    pub descending: bool,
}

impl Sort {
    /// Reads `cpu` and `-cpu`, which is descending.
    ///
    /// ```
    /// use gateway_schema::filter::Sort;
    ///
    /// assert_eq!(Sort::parse("-cpu"), Sort { attr: "cpu".to_owned(), descending: true });
    /// ```
    pub fn parse(text: &str) -> Self {
        let descending = text.starts_with('-');
        Sort { attr: text.trim_start_matches(['-', '+']).to_owned(), descending }
    }
}

/// A condition on one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// The column, dotted.
    pub attr: String,
    /// What it is compared with, and how.
    pub by: Comparison,
}

/// What a column is compared with, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// A value of the column's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// An instant, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Another column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attr: Option<String>,
    /// How.
    #[serde(default, rename = "where")]
    pub operator: Operator,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// Equal.
    #[default]
    #[serde(rename = "==")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
    /// Less.
    #[serde(rename = "<")]
    Less,
    /// Less or equal.
    #[serde(rename = "<=")]
    LessOrEqual,
    /// Greater.
    #[serde(rename = ">")]
    Greater,
    /// Greater or equal.
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// One of a list of values.
    #[serde(rename = "in")]
    In,
    /// None of a list of values.
    #[serde(rename = "not in")]
    NotIn,
    /// Text of a pattern: `%` stands for any text, `_` for any one character, `\` takes the meaning of the
    /// next one.
    #[serde(rename = "like")]
    Like,
    /// No value.
    #[serde(rename = "is null")]
    IsNull,
    /// Any value.
    #[serde(rename = "is not null")]
    IsNotNull,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Operator; 11] = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::In,
        Operator::NotIn,
        Operator::Like,
        Operator::IsNull,
        Operator::IsNotNull,
    ];

    /// The operator in a query: `==`, `in`, `is null`…
    pub const fn name(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::In => "in",
            Operator::NotIn => "not in",
            Operator::Like => "like",
            Operator::IsNull => "is null",
            Operator::IsNotNull => "is not null",
        }
    }
}
