//! Cursors: where an answer ended, as an opaque text.
//!
//! It has the values of the columns that records are sorted by, the key last. So the next records are found
//! whether or not the one that it was made of is still there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::plan::Order;
use crate::cell::Cell;

/// Longer ones were not made here.
const MAX_LENGTH: usize = 64 * 1024;

/// The cursor after a record that has these values.
pub(super) fn write<'c>(order: &[Order], cells: impl Iterator<Item = Cell<'c>>) -> String {
    let cells: Vec<Value> = cells.map(|cell| value(&cell)).collect();
    URL_SAFE_NO_PAD.encode(json!([names(order), cells]).to_string())
}

/// The values that a cursor has, if it was made for this order.
pub(super) fn read(token: &str, order: &[Order]) -> Option<Vec<Cell<'static>>> {
    if token.len() > MAX_LENGTH || order.is_empty() {
        return None;
    }
    let text = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (found, cells): (Vec<String>, Vec<Value>) = serde_json::from_slice(&text).ok()?;
    if found != names(order) || cells.len() != order.len() {
        return None;
    }
    cells.iter().map(cell).collect()
}

fn names(order: &[Order]) -> Vec<String> {
    let name = |order: &Order| format!("{}{}", if order.descending { "-" } else { "" }, order.name);
    order.iter().map(name).collect()
}

fn value(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Null | Cell::Opaque => Value::Null,
        Cell::Bool(value) => json!(value),
        Cell::Text(text) => json!(text),
        Cell::Int(value) => json!(["int", value]),
        Cell::UInt(value) => json!(["uint", value]),
        // A NaN has no JSON.
        Cell::Float(value) => json!(["float", value.to_bits()]),
        Cell::Decimal(value) => json!(["decimal", value.to_string()]),
        Cell::Bytes(bytes) => json!(["bytes", URL_SAFE_NO_PAD.encode(bytes)]),
        Cell::Date(value) => json!(["date", value]),
        Cell::Time(value) => json!(["time", value]),
        Cell::DateTime(value) => json!(["datetime", value]),
        Cell::Duration(value) => json!(["duration", value]),
        Cell::Uuid(value) => json!(["uuid", value.to_string()]),
    }
}

fn cell(value: &Value) -> Option<Cell<'static>> {
    let (kind, value) = match value {
        Value::Null => return Some(Cell::Null),
        Value::Bool(value) => return Some(Cell::Bool(*value)),
        Value::String(text) => return Some(Cell::Text(text.clone().into())),
        Value::Array(pair) => match pair.as_slice() {
            [Value::String(kind), value] => (kind.as_str(), value),
            _ => return None,
        },
        _ => return None,
    };
    Some(match kind {
        "int" => Cell::Int(value.as_i64()?),
        "uint" => Cell::UInt(value.as_u64()?),
        "float" => Cell::Float(f64::from_bits(value.as_u64()?)),
        "decimal" => Cell::Decimal(value.as_str()?.parse::<Decimal>().ok()?),
        "bytes" => Cell::Bytes(URL_SAFE_NO_PAD.decode(value.as_str()?).ok()?.into()),
        "date" => Cell::Date(i32::try_from(value.as_i64()?).ok()?),
        "time" => Cell::Time(value.as_i64()?),
        "datetime" => Cell::DateTime(value.as_i64()?),
        "duration" => Cell::Duration(value.as_i64()?),
        "uuid" => Cell::Uuid(value.as_str()?.parse::<Uuid>().ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick::ColumnPath;
    use proptest::prelude::*;

    fn order(names: &[&str]) -> Vec<Order> {
        let order = |name: &&str| Order { name: (*name).into(), column: ColumnPath::Id, descending: false };
        names.iter().map(order).collect()
    }

    #[test]
    fn every_kind_of_value_survives() {
        for cell in [
            Cell::Null,
            Cell::Bool(true),
            Cell::Int(-1),
            Cell::UInt(u64::MAX),
            Cell::Float(f64::NAN),
            Cell::Float(-0.1),
            Cell::Decimal(Decimal::new(15, 1)),
            Cell::Text("é".into()),
            Cell::Bytes(vec![0, 255].into()),
            Cell::Date(-1),
            Cell::Time(1),
            Cell::DateTime(i64::MIN),
            Cell::Duration(2),
            Cell::Uuid(Uuid::from_u128(7)),
        ] {
            let token = write(&order(&["a"]), std::iter::once(cell.clone()));
            assert_eq!(read(&token, &order(&["a"])), Some(vec![cell]));
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_not_read() {
        let token = write(&order(&["a"]), std::iter::once(Cell::Int(1)));
        assert_eq!(read(&token, &order(&["b"])), None);
        assert_eq!(read(&token, &order(&["a", "b"])), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = read(&text, &order(&["a"]));
            let _ = read(&URL_SAFE_NO_PAD.encode(text), &order(&["a"]));
        }
    }
}
