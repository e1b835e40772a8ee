//! Checking a query against a struct.

use serde_json::Value;

use super::columns::{comparable, find_column, find_comparable, is_text, literal};
use super::like::Pattern;
use super::plan::{Condition, Operand, Order, Plan, Test};
use super::{Clause, Comparison, Filter, Operator, Query, Sort, cursor};
use crate::cell::Cell;
use crate::problem::{Problem, Problems};
use crate::schema::{FieldType, StructSchema};
use crate::tick::ColumnPath;

impl Query {
    /// Checks the query against a struct.
    ///
    /// # Errors
    ///
    /// As [`Query::plan_for`].
    pub fn plan(&self, schema: &'static StructSchema) -> Result<Plan, Vec<Problem>> {
        self.plan_for(schema, &[])
    }

    /// Checks the query against the table of a struct whose rows are sorted by the columns `key`.
    ///
    /// # Errors
    ///
    /// Every problem: unknown columns, columns that cannot be compared, values that are not of the
    /// column's type, a cursor of another query.
    pub fn plan_for(
        &self,
        schema: &'static StructSchema,
        key: &'static [&'static str],
    ) -> Result<Plan, Vec<Problem>> {
        let mut problems = Problems::new("query");
        let tests = clauses(&self.filters, "filters", schema, &mut problems);
        let mut order = Vec::with_capacity(self.sort.len() + key.len());
        problems.within("sort", |problems| {
            for (index, sort) in self.sort.iter().enumerate() {
                order.extend(problems.within(index, |problems| sort.plan(schema, problems)));
            }
        });
        let sorted_by = order.len();
        // What the key is was checked when the channels were compiled.
        let columns = key.iter().filter_map(|name| Some((name, find_column(schema, name).ok()?.0)));
        order.extend(columns.map(|(name, column)| Order { name: (*name).into(), column, descending: false }));
        if self.limit == Some(0) {
            let problem = Problem::new("greater_than_equal", "Input should be greater than or equal to 1")
                .with_context("ge", 1);
            problems.within("limit", |problems| problems.add(problem, &Value::from(0)));
        }
        let after = self.cursor.as_ref().and_then(|token| {
            let after = cursor::read(token, &order);
            if after.is_none() {
                let message = "The cursor is not one that was given for this table and this `sort`";
                let problem = Problem::new("cursor", message);
                problems.within("cursor", |problems| problems.add(problem, &Value::from(token.as_str())));
            }
            after
        });
        let select = self.select.as_ref().map(|names| {
            problems.within("select", |problems| {
                for (index, name) in names.iter().enumerate() {
                    if let Err(message) = find_column(schema, name) {
                        let problem = Problem::new("select_attribute", message);
                        problems.within(index, |problems| problems.add(problem, &Value::from(name.as_str())));
                    }
                }
            });
            names.clone()
        });
        let plan = Plan { tests, order, sorted_by, limit: self.limit, after, select };
        problems.into_result(Some(plan))
    }
}

fn clauses(
    clauses: &[Clause],
    name: &'static str,
    schema: &'static StructSchema,
    problems: &mut Problems,
) -> Vec<Test> {
    problems.within(name, |problems| {
        let test = |(index, clause): (usize, &Clause)| {
            problems.within(index, |problems| match clause {
                Clause::Filter(filter) => filter.plan(schema, problems).map(Test::One),
                Clause::Any { any } => Some(Test::Any(self::clauses(any, "any", schema, problems))),
                Clause::All { all } => Some(Test::All(self::clauses(all, "all", schema, problems))),
            })
        };
        clauses.iter().enumerate().filter_map(test).collect()
    })
}

impl Sort {
    fn plan(&self, schema: &'static StructSchema, problems: &mut Problems) -> Option<Order> {
        let (column, _) = resolve(schema, &self.attr, problems)?;
        Some(Order { name: self.attr.as_str().into(), column, descending: self.descending })
    }
}

impl Filter {
    fn plan(&self, schema: &'static StructSchema, problems: &mut Problems) -> Option<Condition> {
        let nullness = matches!(self.by.operator, Operator::IsNull | Operator::IsNotNull);
        if nullness {
            // Lists, maps and structs may be null too.
            let (column, _) = known(find_column(schema, &self.attr), &self.attr, problems)?;
            return Some(Condition { column, operator: self.by.operator, operand: Operand::None });
        }
        let (column, ty) = resolve(schema, &self.attr, problems)?;
        let operand = problems.within("by", |problems| match self.by.operator {
            Operator::In | Operator::NotIn => self.by.list(&self.attr, &ty, problems),
            Operator::Like => self.by.pattern(&self.attr, &ty, problems),
            _ => self.by.operand(schema, &self.attr, &ty, problems),
        })?;
        Some(Condition { column, operator: self.by.operator, operand })
    }
}

impl Comparison {
    fn list(&self, attr: &str, ty: &FieldType, problems: &mut Problems) -> Option<Operand> {
        let operator = self.operator.name();
        let Some(Value::Array(items)) = &self.value else {
            let message = format!("`{operator}` needs a list of values to compare `{attr}` with");
            let given = self.value.clone().unwrap_or_default();
            problems.within("value", |p| p.add(Problem::new("list_type", message), &given));
            return None;
        };
        problems.within("value", |problems| {
            let mut cells = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let cell = literal(item, ty).filter(|cell| !cell.is_null());
                if cell.is_none() {
                    problems.within(index, |problems| problems.add(unlike(item, attr, ty), item));
                }
                cells.extend(cell);
            }
            cells.sort_unstable();
            Some(Operand::List(cells))
        })
    }

    fn pattern(&self, attr: &str, ty: &FieldType, problems: &mut Problems) -> Option<Operand> {
        let given = self.value.clone().unwrap_or_default();
        let message = match &given {
            _ if !is_text(ty) => format!("`{attr}` is {} and has no pattern", ty.describe()),
            Value::String(pattern) => return Some(Operand::Pattern(Pattern::new(pattern))),
            _ => format!("`like` needs a string to compare `{attr}` with"),
        };
        problems.within("value", |p| p.add(Problem::new("filter_value", message), &given));
        None
    }

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
                problems.within("value", |p| p.add(unlike(value, attr, ty), value));
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
            let (column, other_type) = resolve(schema, other, problems)?;
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

fn unlike(value: &Value, attr: &str, ty: &FieldType) -> Problem {
    let message = format!("`{value}` is not {}, which is what `{attr}` is", ty.describe());
    Problem::new("filter_value", message)
}

/// A column that can be compared; what is wrong with it goes to `problems`.
fn resolve(
    schema: &'static StructSchema,
    name: &str,
    problems: &mut Problems,
) -> Option<(ColumnPath, FieldType)> {
    known(find_comparable(schema, name), name, problems)
}

fn known<C>(found: Result<C, String>, name: &str, problems: &mut Problems) -> Option<C> {
    let refused = |message: String| {
        problems.within("attr", |p| p.add(Problem::new("filter_attribute", message), &Value::from(name)));
    };
    found.map_err(refused).ok()
}
