//! A struct as it was written, and as it is once everything about it has been checked.

use proc_macro2::TokenStream;
use syn::{Expr, Generics, Ident, LitStr, Path, Type};

use crate::attribute::Once;

/// A struct as written. Attributes that could not be read are left out of it, and reported.
pub(super) struct RawStruct {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) docs: String,
    pub(super) krate: Once<Path>,
    pub(super) python: Once<LitStr>,
    pub(super) nested: Once<()>,
    /// None when it is not a struct with named fields.
    pub(super) fields: Option<Vec<RawField>>,
}

/// A field as written.
pub(super) struct RawField {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) docs: String,
    pub(super) rename: Once<LitStr>,
    pub(super) skip: Once<()>,
    pub(super) default: Once<Option<Expr>>,
    pub(super) range: Once<RawRange>,
    pub(super) length: Once<RawLength>,
    pub(super) pattern: Once<LitStr>,
    pub(super) custom: Vec<(Path, Path)>,
    /// The rules in the order in which they were written.
    pub(super) order: Vec<RuleName>,
}

/// Which of a field's rules comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleName {
    Range,
    Length,
    Pattern,
    /// The entry of [`RawField::custom`].
    Custom(usize),
}

/// `range(…)` as written.
#[derive(Default)]
pub(super) struct RawRange {
    pub(super) min: Once<Number>,
    pub(super) exclusive_min: Once<Number>,
    pub(super) max: Once<Number>,
    pub(super) exclusive_max: Once<Number>,
    /// Whether a part of it could not be read.
    pub(super) broken: bool,
}

/// `length(…)` as written.
#[derive(Default)]
pub(super) struct RawLength {
    pub(super) min: Once<usize>,
    pub(super) max: Once<usize>,
    pub(super) equal: Once<usize>,
    /// Whether a part of it could not be read.
    pub(super) broken: bool,
}

/// A number in an attribute.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

/// A struct that is as it must be.
pub(super) struct Struct {
    pub(super) ident: Ident,
    pub(super) docs: String,
    pub(super) krate: Option<Path>,
    pub(super) python: Option<String>,
    pub(super) record: bool,
    pub(super) fields: Vec<Field>,
}

/// One of its fields.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) docs: String,
    /// The name on the wire; none for a skipped field.
    pub(super) wire: Option<String>,
    pub(super) default: Option<TokenStream>,
    pub(super) rules: Vec<Rule>,
}

/// One rule of a field, with the word that it was written with.
pub(super) struct Rule {
    pub(super) place: Path,
    pub(super) kind: RuleKind,
}

/// What a rule asks for.
pub(super) enum RuleKind {
    Range { min: Option<Bound>, max: Option<Bound> },
    Length { min: Option<usize>, max: Option<usize> },
    Pattern(LitStr),
    Custom(Path),
}

/// One end of a range.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) value: Number,
    pub(super) exclusive: bool,
}
