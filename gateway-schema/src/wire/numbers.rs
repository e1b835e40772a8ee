//! Truth values and numbers.

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde::ser::Serializer;
use serde_json::Value;

use super::{MapKey, WireType};
use crate::cell::Cell;
use crate::constraint::{Constraint, Number, check_bounds, check_range};
use crate::problem::{Problem, Problems};
use crate::schema::FieldType;

impl WireType for bool {
    const TYPE: FieldType = FieldType::Bool;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let value = match input {
            Value::Bool(value) => Some(*value),
            Value::Number(number) => match number.as_f64() {
                Some(0.0) => Some(false),
                Some(1.0) => Some(true),
                _ => None,
            },
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
                "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if value.is_none() {
            let problem = match input {
                Value::Number(_) | Value::String(_) => {
                    Problem::new("bool_parsing", "Input should be a valid boolean, unable to interpret input")
                }
                _ => Problem::new("bool_type", "Input should be a valid boolean"),
            };
            problems.add(problem, input);
        }
        value
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Bool(*self)
    }
}

impl MapKey for bool {
    fn to_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "true" } else { "false" })
    }

    fn from_key(key: &str) -> Option<Self> {
        key.parse().ok()
    }
}

fn check_number(value: Number, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
    if let Constraint::Range { min, max } = constraint
        && let Some(problem) = check_range(value, *min, *max)
    {
        problems.add(problem, &input());
    }
}

/// Reads an integer: a number without a fraction, or a text of one.
fn read_integer(input: &Value, problems: &mut Problems) -> Option<i128> {
    let whole = |value: f64| {
        if !value.is_finite() {
            Err(("finite_number", "Input should be a finite number"))
        } else if value.fract() != 0.0 {
            Err(("int_from_float", "Input should be a valid integer, got a number with a fractional part"))
        } else {
            Ok(value as i128)
        }
    };
    let not_an_integer = ("int_type", "Input should be a valid integer");
    let value = match input {
        Value::Bool(value) => Ok(i128::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), ..) => Ok(i128::from(value)),
            (_, Some(value), _) => Ok(i128::from(value)),
            (.., Some(value)) => whole(value),
            _ => Err(not_an_integer),
        },
        Value::String(text) => text.trim().parse().or_else(|_| {
            text.trim().parse().ok().and_then(|value| whole(value).ok()).ok_or((
                "int_parsing",
                "Input should be a valid integer, unable to parse string as an integer",
            ))
        }),
        _ => Err(not_an_integer),
    };
    value.map_err(|(kind, message)| problems.add(Problem::new(kind, message), input)).ok()
}

macro_rules! integers {
    ($($type:ty, $field:ident, $bits:literal, $write:ident, $cell:ident as $wide:ty;)*) => {$(
        impl WireType for $type {
            const TYPE: FieldType = FieldType::$field($bits);

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.$write(*self)
            }

            fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
                let value = read_integer(input, problems)?;
                <$type>::try_from(value)
                    .map_err(|_| {
                        let (kind, key, words, bound) = if value < 0 {
                            let bound = Number::Int(<$type>::MIN as i128);
                            ("greater_than_equal", "ge", "greater than or equal to", bound)
                        } else {
                            let bound = Number::Int(<$type>::MAX as i128);
                            ("less_than_equal", "le", "less than or equal to", bound)
                        };
                        let problem = Problem::new(kind, format!("Input should be {words} {bound}"));
                        problems.add(problem.with_context(key, bound.to_json()), input);
                    })
                    .ok()
            }

            fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
                check_number(Number::Int(i128::from(*self)), constraint, input, problems);
            }

            fn cell(&self) -> Cell<'_> {
                Cell::$cell(<$wide>::from(*self))
            }
        }

        impl MapKey for $type {
            fn to_key(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }

            fn from_key(key: &str) -> Option<Self> {
                key.parse().ok()
            }
        }
    )*};
}

integers! {
    i8, Int, 8, serialize_i8, Int as i64;
    i16, Int, 16, serialize_i16, Int as i64;
    i32, Int, 32, serialize_i32, Int as i64;
    i64, Int, 64, serialize_i64, Int as i64;
    u8, UInt, 8, serialize_u8, UInt as u64;
    u16, UInt, 16, serialize_u16, UInt as u64;
    u32, UInt, 32, serialize_u32, UInt as u64;
    u64, UInt, 64, serialize_u64, UInt as u64;
}

fn read_float(input: &Value, problems: &mut Problems) -> Option<f64> {
    let value = match input {
        Value::Bool(value) => Ok(f64::from(u8::from(*value))),
        Value::Number(number) => number.as_f64().ok_or(("float_type", "Input should be a valid number")),
        Value::String(text) => text.trim().parse().map_err(|_| {
            ("float_parsing", "Input should be a valid number, unable to parse string as a number")
        }),
        _ => Err(("float_type", "Input should be a valid number")),
    };
    value.map_err(|(kind, message)| problems.add(Problem::new(kind, message), input)).ok()
}

macro_rules! floats {
    ($($type:ty, $bits:literal, $write:ident, $number:expr;)*) => {$(
        impl WireType for $type {
            const TYPE: FieldType = FieldType::Float($bits);

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if self.is_finite() { serializer.$write(*self) } else { serializer.serialize_none() }
            }

            fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
                let value = read_float(input, problems)?;
                let narrow = value as $type;
                if value.is_finite() && narrow.is_infinite() {
                    let (kind, key, words, bound) = if value < 0.0 {
                        ("greater_than_equal", "ge", "greater than or equal to", <$type>::MIN)
                    } else {
                        ("less_than_equal", "le", "less than or equal to", <$type>::MAX)
                    };
                    let problem = Problem::new(kind, format!("Input should be {words} {bound:e}"));
                    problems.add(problem.with_context(key, f64::from(bound)), input);
                    return None;
                }
                Some(narrow)
            }

            fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
                let number: fn($type) -> f64 = $number;
                check_number(Number::Float(number(*self)), constraint, input, problems);
            }

            fn cell(&self) -> Cell<'_> {
                Cell::Float(f64::from(*self))
            }
        }
    )*};
}

floats! {
    f32, 32, serialize_f32, as_written;
    f64, 64, serialize_f64, std::convert::identity;
}

/// The number that an `f32` is on the wire, with the fewest digits that tell it from its neighbours: `0.1` is
/// within a maximum of 0.1, while its widened form 0.10000000149 is not.
fn as_written(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

/// A decimal with all of its digits; one with more of them than fit is refused rather than rounded.
fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// Compares with a bound as it was written: 0.1 is one tenth here, not the double nearest to it.
fn compare_decimal(value: Decimal, bound: Number) -> Option<Ordering> {
    if let Some(bound) = decimal(&bound.to_string()) {
        return Some(value.cmp(&bound));
    }
    // A bound that no decimal can be: beyond all of them, or with more digits than they have.
    Number::Float(f64::try_from(value).ok()?).compare(bound)
}

impl WireType for Decimal {
    const TYPE: FieldType = FieldType::Decimal;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let value = match input {
            Value::String(text) => decimal(text.trim()),
            // The number's own digits, not those of the nearest float.
            Value::Number(number) => decimal(&number.to_string()),
            _ => None,
        };
        if value.is_none() {
            let problem = match input {
                Value::String(_) | Value::Number(_) => {
                    Problem::new("decimal_parsing", "Input should be a valid decimal")
                }
                _ => Problem::new("decimal_type", "Decimal input should be an integer, float or string"),
            };
            problems.add(problem, input);
        }
        value
    }

    fn check(&self, constraint: &Constraint, input: &dyn Fn() -> Value, problems: &mut Problems) {
        if let Constraint::Range { min, max } = constraint
            && let Some(problem) = check_bounds(|bound| compare_decimal(*self, bound), *min, *max)
        {
            problems.add(problem, &input());
        }
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Decimal(*self)
    }
}
