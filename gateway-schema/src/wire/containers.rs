//! Options, lists, arrays, maps and shared values.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};

use super::memory::{allocated, list, table, tree};
use super::{AsWire, MapKey, WireType, kind_of};
use crate::cell::Cell;
use crate::constraint::{Constraint, Counted, check_length};
use crate::problem::{Problem, Problems};
use crate::schema::FieldType;

/// The type of an item of a list or a map, where nullability is part of the type.
const fn item_type<T: WireType>() -> FieldType {
    if T::NULLABLE { FieldType::Nullable(&T::TYPE) } else { T::TYPE }
}

/// `None` is `null`. In an `Option<Option<T>>` the outer `None` is a field that is not there, and
/// `Some(None)` is `null`.
impl<T: WireType> WireType for Option<T> {
    const TYPE: FieldType = T::TYPE;
    const NULLABLE: bool = true;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(serializer),
            None => serializer.serialize_none(),
        }
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        if input.is_null() && !T::NULLABLE { Some(None) } else { T::read(input, problems).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn is_absent(&self) -> bool {
        T::NULLABLE && self.is_none()
    }

    fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
        if let Some(value) = self {
            value.check(constraint, input, problems);
        }
    }

    fn validate_inside(&self, problems: &mut Problems) {
        if let Some(value) = self {
            value.validate_inside(problems);
        }
    }

    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, WireType::cell)
    }

    fn cell_at(&self, path: &[usize]) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, |value| value.cell_at(path))
    }

    fn heap_bytes(&self) -> usize {
        self.as_ref().map_or(0, WireType::heap_bytes)
    }
}

fn list_of<'v>(input: &'v Value, problems: &mut Problems) -> Option<&'v Vec<Value>> {
    let Value::Array(items) = input else {
        let message = format!("Input should be a valid list, not {}", kind_of(input));
        problems.add(Problem::new("list_type", message), input);
        return None;
    };
    Some(items)
}

fn object_of<'v>(input: &'v Value, problems: &mut Problems) -> Option<&'v Map<String, Value>> {
    let Value::Object(members) = input else {
        let message = format!("Input should be a valid dictionary, not {}", kind_of(input));
        problems.add(Problem::new("dict_type", message), input);
        return None;
    };
    Some(members)
}

/// Reads every item, also after one that is wrong, so that all problems are found.
fn read_items<T: WireType>(items: &[Value], problems: &mut Problems) -> Option<Vec<T>> {
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        values.extend(problems.within(index, |problems| T::read(item, problems)));
    }
    (values.len() == items.len()).then_some(values)
}

fn write_items<T: WireType, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(items.len()))?;
    for item in items {
        sequence.serialize_element(&AsWire(item))?;
    }
    sequence.end()
}

fn validate_items<T: WireType>(items: &[T], problems: &mut Problems) {
    for (index, item) in items.iter().enumerate() {
        problems.within(index, |problems| item.validate_inside(problems));
    }
}

fn check_items(length: usize, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
    if let Constraint::Length { min, max } = constraint
        && let Some(problem) = check_length(length, Counted::Items, *min, *max)
    {
        problems.add(problem, &input());
    }
}

fn heap_of<T: WireType>(items: &[T]) -> usize {
    items.iter().map(WireType::heap_bytes).sum()
}

impl<T: WireType> WireType for Vec<T> {
    const TYPE: FieldType = FieldType::List(&const { item_type::<T>() });

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_items(self, serializer)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        read_items(list_of(input, problems)?, problems)
    }

    fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
        check_items(self.len(), constraint, input, problems);
    }

    fn validate_inside(&self, problems: &mut Problems) {
        validate_items(self, problems);
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Opaque
    }

    fn heap_bytes(&self) -> usize {
        list::<T>(self.capacity()) + heap_of(self)
    }
}

impl<T: WireType, const N: usize> WireType for [T; N] {
    const TYPE: FieldType = FieldType::Array(&const { item_type::<T>() }, N);

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_items(self, serializer)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let items = read_items(list_of(input, problems)?, problems)?;
        let length = items.len();
        let array = items.try_into().ok();
        if array.is_none() {
            let problem = if length < N {
                Problem::new("too_short", format!("List should have at least {N} items, not {length}"))
            } else {
                Problem::new("too_long", format!("List should have at most {N} items, not {length}"))
            };
            problems.add(problem, input);
        }
        array
    }

    fn validate_inside(&self, problems: &mut Problems) {
        validate_items(self, problems);
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Opaque
    }

    fn heap_bytes(&self) -> usize {
        heap_of(self)
    }
}

/// Reads every entry, also after one that is wrong. The problem of a key is at the key.
fn read_entries<K: MapKey, V: WireType>(
    members: &Map<String, Value>,
    problems: &mut Problems,
) -> Option<Vec<(K, V)>> {
    let mut entries = Vec::with_capacity(members.len());
    for (name, item) in members {
        let entry = problems.within(name.clone(), |problems| {
            let key = K::from_key(name);
            if key.is_none() {
                let message = format!("The key should be {}", K::TYPE.describe());
                problems.add(Problem::new("key_parsing", message), &Value::from(name.as_str()));
            }
            let value = V::read(item, problems);
            Some((key?, value?))
        });
        entries.extend(entry);
    }
    (entries.len() == members.len()).then_some(entries)
}

macro_rules! maps {
    ($($map:ident, $room:ident, $entries:path;)*) => {$(
        impl<K: MapKey, V: WireType> WireType for $map<K, V> {
            const TYPE: FieldType = FieldType::Map(&K::TYPE, &const { item_type::<V>() });

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.len()))?;
                for (key, value) in self {
                    map.serialize_entry(&key.to_key(), &AsWire(value))?;
                }
                map.end()
            }

            fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
                let entries = read_entries(object_of(input, problems)?, problems)?;
                let length = entries.len();
                let map = entries.into_iter().collect::<Self>();
                if map.len() < length {
                    // `1` and `01` are one key of numbers; to keep either would lose the other.
                    let message = "Two keys of the dictionary have the same value";
                    problems.add(Problem::new("duplicate_key", message), input);
                    return None;
                }
                Some(map)
            }

            fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
                check_items(self.len(), constraint, input, problems);
            }

            fn validate_inside(&self, problems: &mut Problems) {
                for (key, value) in self {
                    problems.within(key.to_key().into_owned(), |problems| value.validate_inside(problems));
                }
            }

            fn cell(&self) -> Cell<'_> {
                Cell::Opaque
            }

            fn heap_bytes(&self) -> usize {
                let inside = self.iter().map(|(key, value)| key.heap_bytes() + value.heap_bytes()).sum::<usize>();
                $room::<K, V>($entries(self)) + inside
            }
        }
    )*};
}

maps! {
    BTreeMap, tree, BTreeMap::len;
    HashMap, table, HashMap::capacity;
}

macro_rules! shared {
    ($($pointer:ident, $counts:expr;)*) => {$(
        impl<T: WireType> WireType for $pointer<T> {
            const TYPE: FieldType = T::TYPE;
            const NULLABLE: bool = T::NULLABLE;

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                T::write(self, serializer)
            }

            fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
                T::read(input, problems).map($pointer::new)
            }

            fn absent() -> Option<Self> {
                T::absent().map($pointer::new)
            }

            fn is_absent(&self) -> bool {
                T::is_absent(self)
            }

            fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
                T::check(self, constraint, input, problems);
            }

            fn validate_inside(&self, problems: &mut Problems) {
                T::validate_inside(self, problems);
            }

            fn cell(&self) -> Cell<'_> {
                T::cell(self)
            }

            fn cell_at(&self, path: &[usize]) -> Cell<'_> {
                T::cell_at(self, path)
            }

            fn heap_bytes(&self) -> usize {
                allocated(size_of::<T>() + $counts) + T::heap_bytes(self)
            }
        }
    )*};
}

shared! {
    Arc, 2 * size_of::<usize>();
    Box, 0;
}
