//! The key of a table: which columns, and how records are compared by them.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;
use gateway_schema::tick::ColumnPath;
use gateway_schema::{Cell, GatewayStruct, Tick};

/// The columns that make up a key.
pub(crate) struct Key {
    columns: Vec<ColumnPath>,
    hasher: RandomState,
}

impl Key {
    pub(crate) fn new(columns: Vec<ColumnPath>) -> Self {
        Key { columns, hasher: RandomState::default() }
    }

    /// The hash of a record's key; records with equal keys have equal hashes.
    pub(crate) fn hash<T: GatewayStruct>(&self, tick: &Tick<T>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        for column in &self.columns {
            hash_cell(&tick.cell(column), &mut hasher);
        }
        hasher.finish()
    }

    /// A number in the order of the keys, as far as it goes.
    pub(crate) fn prefix<T: GatewayStruct>(&self, tick: &Tick<T>) -> u128 {
        self.columns.first().map_or(0, |column| tick.cell(column).prefix())
    }

    /// Compares two records by their keys.
    pub(crate) fn compare<T: GatewayStruct>(&self, a: &Tick<T>, b: &Tick<T>) -> Ordering {
        let order = self.columns.iter().map(|column| a.cell(column).cmp(&b.cell(column)));
        order.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Whether two records have the same key.
    pub(crate) fn same<T: GatewayStruct>(&self, a: &Tick<T>, b: &Tick<T>) -> bool {
        self.columns.iter().all(|column| a.cell(column) == b.cell(column))
    }
}

/// Equal cells must have equal hashes, and integers of different kinds may be equal.
pub(crate) fn hash_cell(cell: &Cell<'_>, hasher: &mut impl Hasher) {
    match cell {
        Cell::Null => hasher.write_u8(0),
        Cell::Bool(value) => hasher.write_u8(1 + u8::from(*value)),
        Cell::Int(value) => hasher.write_u64(value.cast_unsigned()),
        Cell::UInt(value) => hasher.write_u64(*value),
        // Equal to integers now and then; no table is large enough by decimals to be worth more. Floats are
        // not keys.
        Cell::Decimal(value) => match i64::try_from(*value) {
            Ok(integer) if value.fract().is_zero() => hasher.write_u64(integer.cast_unsigned()),
            _ => value.hash(hasher),
        },
        Cell::Float(_) | Cell::Opaque => hasher.write_u8(3),
        Cell::Text(text) => {
            hasher.write(text.as_bytes());
            hasher.write_u8(0xff);
        }
        Cell::Bytes(bytes) => {
            hasher.write(bytes);
            hasher.write_usize(bytes.len());
        }
        Cell::Date(value) => hasher.write_i32(*value),
        Cell::Time(value) | Cell::DateTime(value) | Cell::Duration(value) => hasher.write_i64(*value),
        Cell::Uuid(value) => hasher.write_u128(value.as_u128()),
    }
}
