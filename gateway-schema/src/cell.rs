//! One value of one column: what keys, filters and sorting look at.

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::constraint::Number;

/// A value of a column, borrowed from the record where it can be.
///
/// Cells are in a total order: nulls first, then by type, then by value; numbers of every kind compare by
/// value. Two NaNs are equal and come after every number.
#[derive(Debug, Clone)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating-point number.
    Float(f64),
    /// A decimal number.
    Decimal(Decimal),
    /// Text, and the values of enums.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// Days since 1970.
    Date(i32),
    /// Nanoseconds since midnight.
    Time(i64),
    /// Nanoseconds since 1970, UTC.
    DateTime(i64),
    /// Nanoseconds.
    Duration(i64),
    /// A UUID.
    Uuid(Uuid),
    /// A list, a map or a struct, which is not compared.
    Opaque,
}

impl Cell<'_> {
    /// The same cell, borrowing nothing.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Cell::Null => Cell::Null,
            Cell::Bool(v) => Cell::Bool(v),
            Cell::Int(v) => Cell::Int(v),
            Cell::UInt(v) => Cell::UInt(v),
            Cell::Float(v) => Cell::Float(v),
            Cell::Decimal(v) => Cell::Decimal(v),
            Cell::Text(v) => Cell::Text(Cow::Owned(v.into_owned())),
            Cell::Bytes(v) => Cell::Bytes(Cow::Owned(v.into_owned())),
            Cell::Date(v) => Cell::Date(v),
            Cell::Time(v) => Cell::Time(v),
            Cell::DateTime(v) => Cell::DateTime(v),
            Cell::Duration(v) => Cell::Duration(v),
            Cell::Uuid(v) => Cell::Uuid(v),
            Cell::Opaque => Cell::Opaque,
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Cell::Null)
    }

    fn number(&self) -> Option<Number> {
        match self {
            Cell::Int(v) => Some(Number::Int(i128::from(*v))),
            Cell::UInt(v) => Some(Number::Int(i128::from(*v))),
            Cell::Float(v) => Some(Number::Float(*v)),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Cell::Null => 0,
            Cell::Bool(_) => 1,
            Cell::Int(_) | Cell::UInt(_) | Cell::Float(_) | Cell::Decimal(_) => 2,
            Cell::Text(_) => 3,
            Cell::Bytes(_) => 4,
            Cell::Date(_) => 5,
            Cell::Time(_) => 6,
            Cell::DateTime(_) => 7,
            Cell::Duration(_) => 8,
            Cell::Uuid(_) => 9,
            Cell::Opaque => 10,
        }
    }

    /// A number that is in the order of the cells as far as it goes: of two cells the smaller never has the
    /// larger one. Sorting by it first saves most of the looks at the records.
    pub fn prefix(&self) -> u128 {
        /// Beyond every integer of 64 bits.
        const FAR: i128 = 1 << 65;
        let integer = |value: i128| (value.clamp(-FAR, FAR) + FAR).unsigned_abs();
        let first = |bytes: &[u8]| {
            let mut start = [0; 16];
            let length = bytes.len().min(15);
            start[1..=length].copy_from_slice(&bytes[..length]);
            u128::from_be_bytes(start)
        };
        let rest = match self {
            Cell::Null | Cell::Opaque => 0,
            Cell::Bool(value) => u128::from(*value),
            Cell::Int(value) | Cell::Time(value) | Cell::DateTime(value) | Cell::Duration(value) => {
                integer(i128::from(*value))
            }
            Cell::UInt(value) => integer(i128::from(*value)),
            Cell::Date(value) => integer(i128::from(*value)),
            Cell::Float(value) if value.is_nan() => integer(FAR),
            // The cast takes the nearest integer there is.
            Cell::Float(value) => integer(value.floor() as i128),
            Cell::Decimal(value) => integer(i128::try_from(value.floor()).unwrap_or(FAR)),
            Cell::Text(text) => first(text.as_bytes()),
            Cell::Bytes(bytes) => first(bytes),
            Cell::Uuid(value) => first(value.as_bytes()),
        };
        u128::from(self.rank()) << 120 | rest
    }

    /// Compares two values as a filter does: nothing compares with a null, a NaN or a value of another
    /// type.
    pub fn compare(&self, other: &Cell<'_>) -> Option<Ordering> {
        match (self, other) {
            // The common ones first: a query over a large table is mostly these.
            (Cell::Float(a), Cell::Float(b)) => a.partial_cmp(b),
            (Cell::Int(a), Cell::Int(b)) => Some(a.cmp(b)),
            (Cell::UInt(a), Cell::UInt(b)) => Some(a.cmp(b)),
            (Cell::Text(a), Cell::Text(b)) => Some(a.cmp(b)),
            (Cell::Null, _) | (_, Cell::Null) | (Cell::Opaque, _) | (_, Cell::Opaque) => None,
            (Cell::Decimal(a), Cell::Decimal(b)) => Some(a.cmp(b)),
            (Cell::Decimal(a), b) => compare_decimal(*a, b),
            (a, Cell::Decimal(b)) => compare_decimal(*b, a).map(Ordering::reverse),
            (a, b) if a.rank() != b.rank() => None,
            (a, b) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.compare(b),
                _ => Some(a.cmp(b)),
            },
        }
    }
}

fn compare_decimal(decimal: Decimal, other: &Cell<'_>) -> Option<Ordering> {
    let other = match other {
        Cell::Int(v) => Decimal::from(*v),
        Cell::UInt(v) => Decimal::from(*v),
        // A float that a decimal cannot hold is beyond its range on the float's own side.
        Cell::Float(v) => match Decimal::try_from(*v) {
            Ok(value) => value,
            Err(_) if v.is_nan() => return None,
            Err(_) => {
                return Some(if *v > 0.0 { Ordering::Less } else { Ordering::Greater });
            }
        },
        _ => return None,
    };
    Some(decimal.cmp(&other))
}

impl Ord for Cell<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
            (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
            (Cell::UInt(a), Cell::UInt(b)) => a.cmp(b),
            (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
            (Cell::Bytes(a), Cell::Bytes(b)) => a.cmp(b),
            (Cell::Date(a), Cell::Date(b)) => a.cmp(b),
            (Cell::Time(a), Cell::Time(b))
            | (Cell::DateTime(a), Cell::DateTime(b))
            | (Cell::Duration(a), Cell::Duration(b)) => a.cmp(b),
            (Cell::Uuid(a), Cell::Uuid(b)) => a.cmp(b),
            (Cell::Decimal(a), Cell::Decimal(b)) => a.cmp(b),
            (Cell::Decimal(a), b) if b.rank() == 2 => compare_decimal(*a, b).unwrap_or(Ordering::Less),
            (a, Cell::Decimal(b)) if a.rank() == 2 => {
                compare_decimal(*b, a).map_or(Ordering::Greater, Ordering::reverse)
            }
            (a, b) => match (a.number(), b.number()) {
                (Some(x), Some(y)) => x.compare(y).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
                _ => a.rank().cmp(&b.rank()),
            },
        }
    }
}

impl Cell<'_> {
    fn is_nan(&self) -> bool {
        matches!(self, Cell::Float(v) if v.is_nan())
    }
}

impl PartialOrd for Cell<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Cell<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Cell<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells() -> impl Strategy<Value = Cell<'static>> {
        prop_oneof![
            Just(Cell::Null),
            any::<bool>().prop_map(Cell::Bool),
            any::<i64>().prop_map(Cell::Int),
            (-3_i64..3).prop_map(Cell::Int),
            any::<u64>().prop_map(Cell::UInt),
            (0_u64..3).prop_map(Cell::UInt),
            any::<f64>().prop_map(Cell::Float),
            (-3_i32..3).prop_map(|v| Cell::Float(f64::from(v) / 2.0)),
            (-5_i64..5).prop_map(|v| Cell::Decimal(Decimal::new(v, 1))),
            (-5_i64..5).prop_map(|v| Cell::Decimal(Decimal::from(v))),
            "[a-c]{0,2}".prop_map(|v| Cell::Text(v.into())),
            any::<i32>().prop_map(Cell::Date),
        ]
    }

    proptest! {
        #[test]
        fn the_order_is_antisymmetric(a in cells(), b in cells()) {
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        }

        #[test]
        fn the_prefix_is_in_the_order_of_the_cells(a in cells(), b in cells()) {
            if a < b { prop_assert!(a.prefix() <= b.prefix()); }
        }

        #[test]
        fn a_filter_agrees_with_the_order(a in cells(), b in cells()) {
            if let Some(order) = a.compare(&b) { prop_assert_eq!(order, a.cmp(&b)); }
        }
    }
}
