//! An enum as it was written, and as it is once everything about it has been checked.

use syn::{Generics, Ident, LitStr, Path};

use crate::attribute::Once;

/// An enum as written.
pub(super) struct RawEnum {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) docs: String,
    pub(super) krate: Once<Path>,
    /// None when it is not an enum.
    pub(super) variants: Option<Vec<RawVariant>>,
}

/// A member as written.
pub(super) struct RawVariant {
    pub(super) ident: Ident,
    pub(super) docs: String,
    pub(super) rename: Once<LitStr>,
    pub(super) value: Once<(Value, syn::Expr)>,
    /// What it holds, which it must not.
    pub(super) fields: syn::Fields,
}

/// The value of a member on the wire.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Value {
    Text(String),
    Int(i64),
}

/// An enum as it is emitted. A refused one is emitted without the members that are wrong.
pub(super) struct Enum {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) docs: String,
    pub(super) krate: Option<Path>,
    pub(super) variants: Vec<Variant>,
    /// Whether other members exist, which were refused.
    pub(super) partial: bool,
}

/// One member.
pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) docs: String,
    pub(super) name: String,
    pub(super) value: Value,
}
