//! The rules that a field's own rules must keep: bounds that leave something inside, patterns that compile.

use std::cmp::Ordering;

use syn::{LitStr, Path};

use super::model::{Bound, Number, RawLength, RawRange, RuleKind};
use crate::attribute::{Once, name_of};
use crate::context::Context;

pub(super) fn check_range(context: &Context, place: &Path, range: &RawRange) -> Option<RuleKind> {
    let bounds = [&range.min, &range.exclusive_min, &range.max, &range.exclusive_max];
    if range.broken {
        return None;
    }
    if bounds.iter().all(|bound| bound.get().is_none()) {
        context.error(place, "`range` without a bound says nothing; it takes `min`, `max`, `exclusive_min` and `exclusive_max`");
        return None;
    }
    let end = |inclusive: &Once<Number>, exclusive: &Once<Number>| {
        if let (Some(_), Some(second)) = (inclusive.get(), exclusive.path()) {
            let name = name_of(second);
            context.error(
                second,
                format!(
                    "`{name}` and `{}` are two bounds of the same end; keep one",
                    &name["exclusive_".len()..]
                ),
            );
        }
        let inclusive = inclusive.get().map(|value| Bound { value: *value, exclusive: false });
        inclusive.or_else(|| exclusive.get().map(|value| Bound { value: *value, exclusive: true }))
    };
    let min = end(&range.min, &range.exclusive_min);
    let max = end(&range.max, &range.exclusive_max);
    if let (Some(low), Some(high)) = (min, max) {
        match compare(low.value, high.value) {
            Ordering::Less => {}
            Ordering::Equal if !low.exclusive && !high.exclusive => {}
            Ordering::Equal => {
                context.error(
                    place,
                    format!(
                        "no number is in this range: it begins and ends at {} and leaves that out",
                        low.value
                    ),
                );
                return None;
            }
            Ordering::Greater => {
                context
                    .error(place, format!("the minimum {} is above the maximum {}", low.value, high.value));
                return None;
            }
        }
    }
    Some(RuleKind::Range { min, max })
}

/// By value; the bounds are finite. Integers beyond 53 bits are compared with each other exactly.
fn compare(a: Number, b: Number) -> Ordering {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => a.cmp(&b),
        (a, b) => a.as_float().total_cmp(&b.as_float()),
    }
}

impl Number {
    fn as_float(self) -> f64 {
        match self {
            Number::Int(value) => value as f64,
            // Zero has two signs and one value.
            Number::Float(value) => value + 0.0,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Int(value) => value.fmt(f),
            Number::Float(value) => write!(f, "{value:?}"),
        }
    }
}

pub(super) fn check_length(context: &Context, place: &Path, length: &RawLength) -> Option<RuleKind> {
    if length.broken {
        return None;
    }
    let (min, max) = match (length.min.get(), length.max.get(), length.equal.get()) {
        (None, None, None) => {
            context.error(place, "`length` without a bound says nothing; it takes `min`, `max` and `equal`");
            return None;
        }
        (None, None, Some(equal)) => (Some(*equal), Some(*equal)),
        (min, max, None) => (min.copied(), max.copied()),
        (_, _, Some(_)) => {
            let other = length.min.path().or(length.max.path());
            context.error(other, "`equal` says both ends of the length; leave `min` and `max` out");
            return None;
        }
    };
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        context.error(place, format!("the minimum {min} is above the maximum {max}"));
        return None;
    }
    Some(RuleKind::Length { min, max })
}

/// The expression must be one that the server's own engine takes.
pub(super) fn check_pattern(context: &Context, pattern: &LitStr) -> Option<RuleKind> {
    match regex::Regex::new(&pattern.value()) {
        Ok(_) => Some(RuleKind::Pattern(pattern.clone())),
        Err(error) => {
            context.error(pattern, format!("the pattern is not a regular expression: {error}"));
            None
        }
    }
}
