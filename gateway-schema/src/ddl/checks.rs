//! Constraints as conditions of SQL, where SQL judges as this crate does or is more lenient.

use super::{identifier, literal};
use crate::constraint::{Bound, Constraint, Number};
use crate::schema::{Column, EnumValue, FieldType};

/// The conditions of a column.
pub(super) fn of(name: &str, column: &Column) -> Vec<String> {
    let name = identifier(name);
    let mut checks: Vec<String> = match column.ty {
        FieldType::Enum(schema) => {
            let value = |value: EnumValue| match value {
                EnumValue::Text(text) => literal(text),
                EnumValue::Int(number) => number.to_string(),
            };
            let values: Vec<String> = schema.variants.iter().map(|variant| value(variant.value)).collect();
            vec![format!("{name} IN ({})", values.join(", "))]
        }
        FieldType::Array(_, length) => vec![format!("len({name}) = {length}")],
        _ => Vec::new(),
    };
    for constraint in column.constraints {
        match constraint {
            Constraint::Range { min, max } => {
                checks.extend(min.and_then(|bound| range(&name, &column.ty, ">", bound)));
                checks.extend(max.and_then(|bound| range(&name, &column.ty, "<", bound)));
            }
            Constraint::Length { min, max } => {
                let length = match column.ty {
                    FieldType::String => format!("length({name})"),
                    FieldType::Bytes => format!("octet_length({name})"),
                    FieldType::Map(..) => format!("cardinality({name})"),
                    _ => format!("len({name})"),
                };
                checks.extend(min.map(|min| format!("{length} >= {min}")));
                checks.extend(max.map(|max| format!("{length} <= {max}")));
            }
            Constraint::Pattern { source, .. } if means_the_same(source) => {
                checks.push(format!("regexp_matches({name}, {})", literal(source)));
            }
            Constraint::Pattern { .. } | Constraint::Custom { .. } => {}
        }
    }
    checks
}

/// A bound as a condition. Decimals are rounded in SQL, on to an exclusive bound perhaps but never past it.
fn range(name: &str, ty: &FieldType, side: &str, bound: Bound) -> Option<String> {
    let exclusive = match ty {
        FieldType::Int(_) | FieldType::UInt(_) | FieldType::Float(_) => bound.exclusive,
        FieldType::Decimal => false,
        _ => return None,
    };
    let number = match bound.value {
        Number::Int(value) => value.to_string(),
        // With an exponent it is a `DOUBLE` in SQL, else a decimal.
        Number::Float(value) => format!("{value:e}"),
    };
    // Compared as a `DOUBLE`, a `FLOAT` of 0.1 is more than 0.1.
    let number = if matches!(ty, FieldType::Float(32)) { format!("CAST({number} AS FLOAT)") } else { number };
    Some(format!("{name} {side}{} {number}", if exclusive { "" } else { "=" }))
}

/// Whether an expression finds the same in DuckDB's engine, RE2. That has ASCII's digits and letters where
/// `regex` has those of Unicode, and neither its flags nor its operations on sets.
fn means_the_same(source: &str) -> bool {
    let mut characters = source.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let differs = match character {
            '\\' => next.is_none_or(|next| next.is_ascii_alphanumeric() || matches!(next, '<' | '>')),
            '(' => next == Some('?'),
            '[' => next == Some('['),
            '&' | '~' => next == Some(character),
            '-' => next == Some('-'),
            '{' => false,
            _ => !character.is_ascii() || character.is_ascii_control(),
        };
        if differs {
            return false;
        }
        if character == '\\' {
            characters.next();
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_patterns_that_mean_the_same_become_checks() {
        for source in ["^[A-Z.]+$", r"^\.a{1,3}(b|c)*$", "", "a.b"] {
            assert!(means_the_same(source), "{source}");
        }
        for source in [r"^\d+$", r"\bx", "(?i)x", "[[:alpha:]]", "[a-z&&[^b]]", r"\p{L}", "é", "\\", "[a--b]"]
        {
            assert!(!means_the_same(source), "{source}");
        }
    }
}
