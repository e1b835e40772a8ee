//! What a field's value must satisfy, beyond its type.

use std::cmp::Ordering;

use regex::Regex;

use crate::problem::Problem;

/// A rule on the values of one field.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Constraint {
    /// Numbers between two bounds.
    Range {
        /// The lower bound.
        min: Option<Bound>,
        /// The upper bound.
        max: Option<Bound>,
    },
    /// Strings of so many characters, bytes of so many bytes, lists and maps of so many items.
    Length {
        /// The fewest, inclusive.
        min: Option<usize>,
        /// The most, inclusive.
        max: Option<usize>,
    },
    /// Strings in which this expression is found (anchor it with `^` and `$`).
    Pattern {
        /// The expression, in the syntax of the `regex` crate.
        source: &'static str,
        /// The compiled expression.
        regex: fn() -> &'static Regex,
    },
    /// A function of the user's, with its path for documents. It is called by generated code.
    Custom {
        /// The function's path as written.
        name: &'static str,
    },
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// The bound itself.
    pub value: Number,
    /// Whether the bound itself is outside the range.
    pub exclusive: bool,
}

/// A number as written in an attribute, or the value it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i128),
    /// Any other number.
    Float(f64),
}

impl Number {
    /// Compares by value; nothing compares with NaN.
    pub fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Number::Int(a), Number::Float(b)) => compare_int_float(a, b),
            (Number::Float(a), Number::Int(b)) => compare_int_float(b, a).map(Ordering::reverse),
        }
    }

    /// Its JSON form.
    pub fn to_json(self) -> serde_json::Value {
        match self {
            Number::Int(value) => i64::try_from(value)
                .map(serde_json::Value::from)
                .or_else(|_| u64::try_from(value).map(serde_json::Value::from))
                .unwrap_or_else(|_| serde_json::Value::from(value as f64)),
            Number::Float(value) => serde_json::Value::from(value),
        }
    }
}

/// Exact comparison of an integer with a float: converting either way loses digits beyond 53 bits.
fn compare_int_float(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // 2^127: from here on a float is outside of i128, or is an infinity.
    const LIMIT: f64 = -(i128::MIN as f64);
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    Some(int.cmp(&(whole as i128)).then_with(|| 0.0_f64.total_cmp(&(float - whole))))
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Int(value) => value.fmt(f),
            Number::Float(value) => value.fmt(f),
        }
    }
}

/// The number's problem with a range, if there is one. NaN is outside of every range.
pub fn check_range(value: Number, min: Option<Bound>, max: Option<Bound>) -> Option<Problem> {
    check_bounds(|bound| value.compare(bound), min, max)
}

/// The problem of a value with a range, if there is one. `compare` puts the value beside a bound, and gives
/// nothing for what has no order, which is outside of every range.
pub(crate) fn check_bounds(
    compare: impl Fn(Number) -> Option<Ordering>,
    min: Option<Bound>,
    max: Option<Bound>,
) -> Option<Problem> {
    if let Some(bound) = min {
        let ok = match compare(bound.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => !bound.exclusive,
            _ => false,
        };
        if !ok {
            let (kind, words, key) = if bound.exclusive {
                ("greater_than", "greater than", "gt")
            } else {
                ("greater_than_equal", "greater than or equal to", "ge")
            };
            return Some(
                Problem::new(kind, format!("Input should be {words} {}", bound.value))
                    .with_context(key, bound.value.to_json()),
            );
        }
    }
    if let Some(bound) = max {
        let ok = match compare(bound.value) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => !bound.exclusive,
            _ => false,
        };
        if !ok {
            let (kind, words, key) = if bound.exclusive {
                ("less_than", "less than", "lt")
            } else {
                ("less_than_equal", "less than or equal to", "le")
            };
            return Some(
                Problem::new(kind, format!("Input should be {words} {}", bound.value))
                    .with_context(key, bound.value.to_json()),
            );
        }
    }
    None
}

/// What is counted by a `length` constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Characters of a string.
    Characters,
    /// Bytes.
    Bytes,
    /// Items of a list or a map.
    Items,
}

/// The length's problem with its bounds, if there is one.
pub fn check_length(
    length: usize,
    counted: Counted,
    min: Option<usize>,
    max: Option<usize>,
) -> Option<Problem> {
    let (subject, prefix, unit) = match counted {
        Counted::Characters => ("String", "string_", "character"),
        Counted::Bytes => ("Data", "bytes_", "byte"),
        Counted::Items => ("List", "", "item"),
    };
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    match (min, max) {
        (Some(min), _) if length < min => {
            let message = format!("{subject} should have at least {min} {unit}{}", plural(min));
            Some(Problem::new(format!("{prefix}too_short"), message).with_context("min_length", min))
        }
        (_, Some(max)) if length > max => {
            let message = format!("{subject} should have at most {max} {unit}{}", plural(max));
            Some(Problem::new(format!("{prefix}too_long"), message).with_context("max_length", max))
        }
        _ => None,
    }
}

/// The text's problem with a pattern, if there is one.
pub fn check_pattern(text: &str, source: &str, regex: &Regex) -> Option<Problem> {
    (!regex.is_match(text)).then(|| {
        Problem::new("string_pattern_mismatch", format!("String should match pattern '{source}'"))
            .with_context("pattern", source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_floats_compare_exactly() {
        let big = (1_i128 << 53) + 1;
        assert_eq!(Number::Int(big).compare(Number::Float((1_u64 << 53) as f64)), Some(Ordering::Greater));
        assert_eq!(Number::Int(2).compare(Number::Float(2.5)), Some(Ordering::Less));
        assert_eq!(Number::Int(-2).compare(Number::Float(-2.5)), Some(Ordering::Greater));
        assert_eq!(Number::Int(1).compare(Number::Float(f64::INFINITY)), Some(Ordering::Less));
        assert_eq!(Number::Float(3.0).compare(Number::Int(3)), Some(Ordering::Equal));
        assert_eq!(Number::Float(f64::NAN).compare(Number::Int(3)), None);
        assert_eq!(Number::Int(i128::MAX).compare(Number::Float(1.5e38)), Some(Ordering::Greater));
        assert_eq!(Number::Int(i128::MIN).compare(Number::Float(i128::MIN as f64)), Some(Ordering::Equal));
        assert_eq!(Number::Int(i128::MIN).compare(Number::Float(-1e39)), Some(Ordering::Greater));
    }

    #[test]
    fn nan_is_outside_of_every_range() {
        let bound = Some(Bound { value: Number::Int(0), exclusive: false });
        assert!(check_range(Number::Float(f64::NAN), bound, None).is_some());
        assert!(check_range(Number::Float(f64::NAN), None, bound).is_some());
    }

    #[test]
    fn a_bound_is_inside_unless_exclusive() {
        let at = |exclusive| Some(Bound { value: Number::Float(1.0), exclusive });
        assert!(check_range(Number::Int(1), at(false), None).is_none());
        let problem = check_range(Number::Int(1), at(true), None).expect("outside");
        assert_eq!(problem.message, "Input should be greater than 1");
    }

    #[test]
    fn lengths_name_what_they_count() {
        let problem = check_length(3, Counted::Characters, None, Some(1)).expect("too long");
        assert_eq!(
            (problem.kind.as_ref(), problem.message.as_str()),
            ("string_too_long", "String should have at most 1 character")
        );
        assert!(check_length(3, Counted::Items, Some(3), Some(3)).is_none());
    }
}
