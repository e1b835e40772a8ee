//! A query that was checked: which records satisfy it, and in what order.

use std::cmp::Ordering;

use super::like::Pattern;
use super::{Operator, cursor};
use crate::cell::Cell;
use crate::tick::{ColumnPath, Tick};
use crate::wire::GatewayStruct;

/// A query checked against a struct, ready to run.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub(super) tests: Vec<Test>,
    /// What the query sorts by, then the table's key.
    pub(super) order: Vec<Order>,
    /// How much of `order` is the query's.
    pub(super) sorted_by: usize,
    pub(super) limit: Option<usize>,
    /// The values of `order` after which to begin.
    pub(super) after: Option<Vec<Cell<'static>>>,
    pub(super) select: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    One(Condition),
    Any(Vec<Test>),
    All(Vec<Test>),
}

#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) column: ColumnPath,
    pub(super) operator: Operator,
    pub(super) operand: Operand,
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    None,
    Value(Cell<'static>),
    /// Sorted.
    List(Vec<Cell<'static>>),
    Column(ColumnPath),
    Pattern(Pattern),
}

/// A column that records are sorted by.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) name: Box<str>,
    pub(super) column: ColumnPath,
    pub(super) descending: bool,
}

impl Order {
    fn directed(&self, order: Ordering) -> Ordering {
        if self.descending { order.reverse() } else { order }
    }
}

impl Plan {
    /// Whether a record satisfies the query's filters.
    pub fn matches<T: GatewayStruct>(&self, tick: &Tick<T>) -> bool {
        self.tests.iter().all(|test| test.holds(tick))
    }

    /// Whether every record is answered with, whole and in the order of the keys.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
            && self.sorted_by == 0
            && self.limit.is_none()
            && self.after.is_none()
            && self.select.is_none()
    }

    /// Whether some records may not be answered with for what they are.
    pub fn filters(&self) -> bool {
        !self.tests.is_empty()
    }

    /// Whether it finds every record, in the order of the keys.
    pub fn is_everything(&self) -> bool {
        !self.filters() && !self.sorts() && self.limit.is_none() && self.after.is_none()
    }

    /// The columns to answer with, unless it is all of them.
    pub fn selected(&self) -> Option<&[String]> {
        self.select.as_deref()
    }

    /// Whether the order is another than that of the keys.
    pub(super) fn sorts(&self) -> bool {
        self.sorted_by > 0
    }

    /// Compares two records by what the query sorts by.
    pub(super) fn compare<T: GatewayStruct>(&self, a: &Tick<T>, b: &Tick<T>) -> Ordering {
        let compare = |order: &Order| order.directed(a.cell(&order.column).cmp(&b.cell(&order.column)));
        first_difference(self.order[..self.sorted_by].iter().map(compare))
    }

    /// Whether a record comes after the cursor.
    pub(super) fn is_after<T: GatewayStruct>(&self, tick: &Tick<T>) -> bool {
        let Some(after) = &self.after else { return true };
        let compare = |(order, cell): (&Order, &Cell<'_>)| order.directed(tick.cell(&order.column).cmp(cell));
        first_difference(self.order.iter().zip(after).map(compare)).is_gt()
    }

    /// The cursor after a record.
    pub(super) fn cursor<T: GatewayStruct>(&self, tick: &Tick<T>) -> String {
        cursor::write(&self.order, self.order.iter().map(|order| tick.cell(&order.column)))
    }
}

fn first_difference(orders: impl IntoIterator<Item = Ordering>) -> Ordering {
    orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

impl Test {
    fn holds<T: GatewayStruct>(&self, tick: &Tick<T>) -> bool {
        match self {
            Test::One(condition) => condition.holds(tick),
            Test::Any(tests) => tests.iter().any(|test| test.holds(tick)),
            Test::All(tests) => tests.iter().all(|test| test.holds(tick)),
        }
    }
}

impl Condition {
    /// What has no order (a null, a NaN) is only unequal.
    fn holds<T: GatewayStruct>(&self, tick: &Tick<T>) -> bool {
        let left = tick.cell(&self.column);
        let order = match &self.operand {
            Operand::Value(value) => left.compare(value),
            Operand::Column(column) => left.compare(&tick.cell(column)),
            Operand::List(values) => values.binary_search(&left).ok().map(|_| Ordering::Equal),
            Operand::Pattern(pattern) => match &left {
                Cell::Text(text) if pattern.matches(text) => Some(Ordering::Equal),
                _ => None,
            },
            Operand::None if left.is_null() => None,
            Operand::None => Some(Ordering::Equal),
        };
        match self.operator {
            Operator::Equal | Operator::In | Operator::Like | Operator::IsNotNull => {
                order == Some(Ordering::Equal)
            }
            Operator::NotEqual | Operator::NotIn | Operator::IsNull => order != Some(Ordering::Equal),
            Operator::Less => order == Some(Ordering::Less),
            Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Operator::Greater => order == Some(Ordering::Greater),
            Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}
