//! Whether every name in the document means one thing.
//!
//! Components are named after structs and enums, and two of them in different modules of a program may have
//! the same name: one would silently take the place of the other.

use std::collections::HashMap;

use gateway_schema::{ChannelsSchema, Constraint, EnumSchema, FieldSchema, FieldType, StructSchema};

use super::operation::{Operation, Shape};

/// The component for `{"detail": "…"}`.
pub(super) const ERROR: &str = "GatewayError";

/// The component for `{"detail": [problems]}`.
pub(super) const PROBLEMS: &str = "GatewayProblems";

/// Two different things would have one name in the document.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "two things would be called `{name}` in the API's document, {first} and {second}: rename one of them"
)]
pub struct NameConflict {
    /// The name.
    pub name: String,
    /// What has it.
    pub first: String,
    /// What would have it too.
    pub second: String,
}

#[derive(Clone, Copy)]
enum Owner {
    Struct(&'static StructSchema),
    Enum(&'static EnumSchema),
    Key(&'static str, &'static [&'static str]),
    Gateway,
}

impl Owner {
    fn describe(self) -> String {
        match self {
            Owner::Struct(schema) => format!("struct `{}`", schema.name),
            Owner::Enum(schema) => format!("enum `{}`", schema.name),
            Owner::Key(name, _) => format!("the basket key `{name}`"),
            Owner::Gateway => "a part of every document".to_owned(),
        }
    }

    fn is(self, other: Owner) -> bool {
        match (self, other) {
            (Owner::Struct(a), Owner::Struct(b)) => same_struct(a, b),
            (Owner::Enum(a), Owner::Enum(b)) => same_enum(a, b),
            (Owner::Key(a, x), Owner::Key(b, y)) => a == b && x == y,
            (Owner::Key(name, names), Owner::Enum(schema))
            | (Owner::Enum(schema), Owner::Key(name, names)) => {
                name == schema.name
                    && names.iter().copied().eq(schema.variants.iter().map(|variant| variant.name))
            }
            (Owner::Gateway, Owner::Gateway) => true,
            _ => false,
        }
    }
}

/// Checks the structs, enums and keys of all channels and operations.
pub(super) fn check<'a>(
    channels: &'static ChannelsSchema,
    operations: impl Iterator<Item = &'a Operation>,
) -> Result<(), NameConflict> {
    let mut names = Names::default();
    names.claim(ERROR.to_owned(), Owner::Gateway)?;
    names.claim(PROBLEMS.to_owned(), Owner::Gateway)?;
    for channel in channels.channels {
        if let Some((name, keys)) = channel.key.and_then(|key| Some((key.name, key.names?))) {
            names.claim(name.to_owned(), Owner::Key(name, keys))?;
        }
        names.record(channel.payload)?;
    }
    for operation in operations {
        let body = operation.body.as_ref().map(|(body, _)| body);
        for schema in body.into_iter().chain([&operation.reply]).filter_map(Shape::payload) {
            names.record(schema)?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Names {
    owners: HashMap<String, Owner>,
}

impl Names {
    fn claim(&mut self, name: String, owner: Owner) -> Result<(), NameConflict> {
        let first = *self.owners.entry(name.clone()).or_insert(owner);
        if first.is(owner) {
            return Ok(());
        }
        Err(NameConflict { name, first: first.describe(), second: owner.describe() })
    }

    fn record(&mut self, schema: &'static StructSchema) -> Result<(), NameConflict> {
        self.claim(schema.name.to_owned(), Owner::Struct(schema))?;
        self.claim(format!("{}Input", schema.name), Owner::Struct(schema))?;
        self.fields(schema)
    }

    fn fields(&mut self, schema: &'static StructSchema) -> Result<(), NameConflict> {
        schema.fields.iter().try_for_each(|field| self.of_type(&field.ty))
    }

    fn of_type(&mut self, ty: &FieldType) -> Result<(), NameConflict> {
        match ty {
            FieldType::Struct(nested) => {
                self.claim(format!("{}Value", nested.name), Owner::Struct(nested))?;
                self.claim(format!("{}ValueInput", nested.name), Owner::Struct(nested))?;
                self.fields(nested)
            }
            FieldType::Enum(schema) => self.claim(schema.name.to_owned(), Owner::Enum(schema)),
            FieldType::List(item) | FieldType::Array(item, _) | FieldType::Nullable(item) => {
                self.of_type(item)
            }
            FieldType::Map(key, value) => {
                self.of_type(key)?;
                self.of_type(value)
            }
            _ => Ok(()),
        }
    }
}

/// Whether two schemas are of one struct. One constant may have several addresses, so the addresses being
/// different says nothing.
fn same_struct(a: &'static StructSchema, b: &'static StructSchema) -> bool {
    std::ptr::eq(a, b)
        || a.name == b.name
            && a.docs == b.docs
            && a.python == b.python
            && a.fields.len() == b.fields.len()
            && a.fields.iter().zip(b.fields).all(|(a, b)| same_field(a, b))
}

fn same_field(a: &'static FieldSchema, b: &'static FieldSchema) -> bool {
    a.name == b.name
        && a.docs == b.docs
        && a.nullable == b.nullable
        && a.default.is_some() == b.default.is_some()
        && a.constraints.len() == b.constraints.len()
        && a.constraints.iter().zip(b.constraints).all(|(a, b)| same_constraint(a, b))
        && same_type(&a.ty, &b.ty)
}

fn same_constraint(a: &Constraint, b: &Constraint) -> bool {
    match (a, b) {
        (Constraint::Pattern { source: a, .. }, Constraint::Pattern { source: b, .. }) => a == b,
        // The others have no addresses in them.
        (a, b) => format!("{a:?}") == format!("{b:?}"),
    }
}

fn same_enum(a: &EnumSchema, b: &EnumSchema) -> bool {
    let same = |(a, b): (&gateway_schema::VariantSchema, &gateway_schema::VariantSchema)| {
        a.name == b.name && a.value == b.value && a.docs == b.docs
    };
    a.name == b.name
        && a.docs == b.docs
        && a.variants.len() == b.variants.len()
        && a.variants.iter().zip(b.variants).all(same)
}

fn same_type(a: &FieldType, b: &FieldType) -> bool {
    match (a, b) {
        (FieldType::Struct(a), FieldType::Struct(b)) => same_struct(a, b),
        (FieldType::Enum(a), FieldType::Enum(b)) => same_enum(a, b),
        (FieldType::List(a), FieldType::List(b)) | (FieldType::Nullable(a), FieldType::Nullable(b)) => {
            same_type(a, b)
        }
        (FieldType::Array(a, m), FieldType::Array(b, n)) => m == n && same_type(a, b),
        (FieldType::Map(a, x), FieldType::Map(b, y)) => same_type(a, b) && same_type(x, y),
        (
            FieldType::Struct(_)
            | FieldType::Enum(_)
            | FieldType::List(_)
            | FieldType::Array(..)
            | FieldType::Map(..)
            | FieldType::Nullable(_),
            _,
        ) => false,
        (a, b) => format!("{a:?}") == format!("{b:?}"),
    }
}

#[cfg(test)]
mod tests;
