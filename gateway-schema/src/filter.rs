//! The query language of `state`.
//!
//! ```json
//! {"filters": [{"attr": "venue.mic", "by": {"value": "XNAS", "where": "=="}}]}
//! ```
//!
//! All filters must hold. A filter compares a column with a `value`, an instant (`when`) or another column
//! (`attr`); the first of these that is not null counts.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cell::Cell;
use crate::problem::{Problem, Problems};
use crate::schema::{EnumValue, FieldType, StructSchema};
use crate::tick::{ColumnPath, Tick};
use crate::timestamp::Timestamp;
use crate::wire::GatewayStruct;

/// What to find, as a client sends it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// Every one of them must hold.
    #[serde(default)]
    pub filters: Vec<Filter>,
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
}

impl Operator {
    /// Whether two values in this order satisfy it. What has no order (a null, a NaN) is only unequal.
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Operator::Equal => order == Some(Ordering::Equal),
            Operator::NotEqual => order != Some(Ordering::Equal),
            Operator::Less => order == Some(Ordering::Less),
            Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Operator::Greater => order == Some(Ordering::Greater),
            Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// A query checked against a struct, ready to run.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone)]
struct Condition {
    column: ColumnPath,
    operator: Operator,
    operand: Operand,
}

#[derive(Debug, Clone)]
enum Operand {
    Value(Cell<'static>),
    Column(ColumnPath),
}

impl Query {
    /// Checks the query against a struct.
    ///
    /// # Errors
    ///
    /// Every problem: unknown columns, columns that cannot be compared, values that are not of the
    /// column's type.
    pub fn plan(&self, schema: &'static StructSchema) -> Result<Plan, Vec<Problem>> {
        let mut problems = Problems::new("query");
        let mut conditions = Vec::with_capacity(self.filters.len());
        for (index, filter) in self.filters.iter().enumerate() {
            let condition = problems.within("filters", |p| p.within(index, |p| filter.plan(schema, p)));
            conditions.extend(condition);
        }
        problems.into_result(Some(Plan { conditions }))
    }
}

impl Filter {
    fn plan(&self, schema: &'static StructSchema, problems: &mut Problems) -> Option<Condition> {
        let (column, ty) = resolve(schema, &self.attr, "attr", problems)?;
        let operand = problems.within("by", |problems| self.by.operand(schema, &self.attr, &ty, problems))?;
        Some(Condition { column, operator: self.by.operator, operand })
    }
}

impl Comparison {
    fn operand(
        &self,
        schema: &'static StructSchema,
        attr: &str,
        ty: &FieldType,
        problems: &mut Problems,
    ) -> Option<Operand> {
        if let Some(value) = self.value.as_ref().filter(|value| !value.is_null()) {
            let cell = literal(value, ty);
            if cell.is_none() {
                let message = format!("`{value}` is not {}, which is what `{attr}` is", ty.describe());
                problems.within("value", |p| p.add(Problem::new("filter_value", message), value));
            }
            return cell.map(Operand::Value);
        }
        if let Some(when) = &self.when {
            let cell = literal(&Value::from(when.as_str()), ty)
                .filter(|cell| matches!(cell, Cell::DateTime(_) | Cell::Date(_) | Cell::Time(_)));
            if cell.is_none() {
                let message = match ty {
                    FieldType::Date | FieldType::Time | FieldType::DateTime | FieldType::NaiveDateTime => {
                        format!("`{when}` is not {}", ty.describe())
                    }
                    _ => format!("`{attr}` is {} and cannot be compared with an instant", ty.describe()),
                };
                problems.within("when", |p| {
                    p.add(Problem::new("filter_value", message), &Value::from(when.as_str()));
                });
            }
            return cell.map(Operand::Value);
        }
        if let Some(other) = self.attr.as_ref() {
            let (column, other_type) = resolve(schema, other, "attr", problems)?;
            if !comparable(ty, &other_type) {
                let message = format!(
                    "`{attr}` is {} and `{other}` is {}: they cannot be compared",
                    ty.describe(),
                    other_type.describe()
                );
                problems.within("attr", |p| {
                    p.add(Problem::new("filter_value", message), &Value::from(other.as_str()));
                });
                return None;
            }
            return Some(Operand::Column(column));
        }
        problems.add(
            Problem::new("missing", "A filter needs one of `value`, `when` and `attr`"),
            &serde_json::to_value(self).unwrap_or_default(),
        );
        None
    }
}

/// Finds a column of a record by its dotted name.
///
/// # Errors
///
/// The names that would have been right, when there is no such column.
pub fn find_column(schema: &'static StructSchema, name: &str) -> Result<(ColumnPath, FieldType), String> {
    match name {
        "id" => return Ok((ColumnPath::Id, FieldType::String)),
        "timestamp" => return Ok((ColumnPath::Timestamp, FieldType::DateTime)),
        _ => {}
    }
    let (mut at, mut path) = (schema, Vec::new());
    let mut steps = name.split('.').peekable();
    while let Some(step) = steps.next() {
        let Some((index, field)) = at.field(step) else {
            let mut names: Vec<&str> = at.fields.iter().map(|field| field.name).collect();
            if path.is_empty() {
                names.splice(0..0, crate::tick::ENVELOPE);
            }
            return Err(format!(
                "`{name}` is not a column: {} has no field `{step}`, it has {}",
                at.name,
                names.join(", ")
            ));
        };
        path.push(index);
        match (field.ty, steps.peek()) {
            (FieldType::Struct(nested), Some(_)) => at = nested,
            (_, None) => return Ok((ColumnPath::Field(path), field.ty)),
            (ty, Some(_)) => {
                return Err(format!(
                    "`{name}` is not a column: `{step}` is {} and has no fields",
                    ty.describe()
                ));
            }
        }
    }
    Err(format!("`{name}` is not a column"))
}

fn resolve(
    schema: &'static StructSchema,
    name: &str,
    place: &'static str,
    problems: &mut Problems,
) -> Option<(ColumnPath, FieldType)> {
    let found = find_column(schema, name).and_then(|(path, ty)| match ty {
        FieldType::List(_)
        | FieldType::Array(..)
        | FieldType::Map(..)
        | FieldType::Struct(_)
        | FieldType::Json => Err(format!("`{name}` is {} and cannot be compared", ty.describe())),
        ty => Ok((path, ty)),
    });
    found
        .map_err(|message| {
            problems.within(place, |p| p.add(Problem::new("filter_attribute", message), &Value::from(name)));
        })
        .ok()
}

fn class(ty: &FieldType) -> u8 {
    match ty {
        FieldType::Bool => 0,
        FieldType::Int(_) | FieldType::UInt(_) | FieldType::Float(_) | FieldType::Decimal => 1,
        FieldType::String => 2,
        FieldType::Enum(schema) => match schema.variants.first().map(|variant| variant.value) {
            Some(EnumValue::Int(_)) => 1,
            _ => 2,
        },
        FieldType::Bytes => 3,
        FieldType::Date => 4,
        FieldType::Time => 5,
        FieldType::DateTime | FieldType::NaiveDateTime => 6,
        FieldType::Duration => 7,
        FieldType::Uuid => 8,
        FieldType::Nullable(inner) => class(inner),
        FieldType::List(_)
        | FieldType::Array(..)
        | FieldType::Map(..)
        | FieldType::Struct(_)
        | FieldType::Json => 9,
    }
}

fn comparable(a: &FieldType, b: &FieldType) -> bool {
    class(a) == class(b)
}

/// A literal as a cell of the column's type. Numbers keep their value (`2.5` is not made an integer to be
/// compared with one).
fn literal(value: &Value, ty: &FieldType) -> Option<Cell<'static>> {
    use crate::wire::WireType;
    let mut scratch = Problems::new("query");
    fn read<T: WireType>(value: &Value, scratch: &mut Problems) -> Option<Cell<'static>> {
        T::read(value, scratch).map(|value| value.cell().into_owned())
    }
    match ty {
        FieldType::Bool => read::<bool>(value, &mut scratch),
        FieldType::Int(_) | FieldType::UInt(_) | FieldType::Float(_) => match value {
            Value::Bool(_) => None,
            // `0.1` means the nearest number that the column can hold, which is another one than that of an `f64`.
            _ if matches!(ty, FieldType::Float(32)) => {
                read::<f32>(value, &mut scratch).or_else(|| read::<f64>(value, &mut scratch))
            }
            _ => read::<i64>(value, &mut scratch)
                .or_else(|| read::<u64>(value, &mut scratch))
                .or_else(|| read::<f64>(value, &mut scratch)),
        },
        FieldType::Decimal => read::<rust_decimal::Decimal>(value, &mut scratch),
        FieldType::String => read::<String>(value, &mut scratch),
        FieldType::Bytes => read::<bytes::Bytes>(value, &mut scratch),
        FieldType::Date => read::<chrono::NaiveDate>(value, &mut scratch),
        FieldType::Time => read::<chrono::NaiveTime>(value, &mut scratch),
        FieldType::DateTime | FieldType::NaiveDateTime => {
            value.as_str()?.parse::<Timestamp>().ok().map(|time| Cell::DateTime(time.as_nanos()))
        }
        FieldType::Duration => read::<chrono::TimeDelta>(value, &mut scratch),
        FieldType::Uuid => read::<uuid::Uuid>(value, &mut scratch),
        FieldType::Enum(schema) => schema
            .variants
            .iter()
            .find(|variant| variant.value.to_json() == *value || value.as_str() == Some(variant.name))
            .map(|variant| match variant.value {
                EnumValue::Text(text) => Cell::Text(text.into()),
                EnumValue::Int(number) => Cell::Int(number),
            }),
        FieldType::Nullable(inner) => literal(value, inner),
        FieldType::List(_)
        | FieldType::Array(..)
        | FieldType::Map(..)
        | FieldType::Struct(_)
        | FieldType::Json => None,
    }
}

impl Plan {
    /// Whether a record satisfies the query.
    pub fn matches<T: GatewayStruct>(&self, tick: &Tick<T>) -> bool {
        self.conditions.iter().all(|condition| {
            let left = tick.cell(&condition.column);
            let order = match &condition.operand {
                Operand::Value(value) => left.compare(value),
                Operand::Column(column) => left.compare(&tick.cell(column)),
            };
            condition.operator.holds(order)
        })
    }

    /// Whether every record satisfies the query.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }
}
