//! A set of channels as it was written, and as it is once everything about it has been checked.

use std::time::Duration;

use proc_macro2::Span;
use syn::{Expr, Generics, Ident, LitStr, Path, Type, Visibility};

use crate::attribute::Once;

/// A set as written. Attributes that could not be read are left out of it, and reported.
pub(super) struct RawChannels {
    pub(super) ident: Ident,
    pub(super) visibility: Visibility,
    pub(super) generics: Generics,
    pub(super) docs: String,
    pub(super) krate: Once<Path>,
    /// None when the struct's fields have no names.
    pub(super) fields: Option<Vec<RawField>>,
}

/// A field as written.
pub(super) struct RawField {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) docs: String,
    /// The word `channel` of its `#[channel(…)]`.
    pub(super) channel: Option<Path>,
    /// Flags, each with the place of its word.
    pub(super) send: Once<Span>,
    pub(super) stage: Once<Span>,
    pub(super) lookup: Once<Span>,
    pub(super) states: Vec<RawState>,
    /// The word `field` of its `#[field(…)]`.
    pub(super) field: Option<Path>,
    pub(super) value: Once<Expr>,
    /// Its `#[cfg(…)]`.
    pub(super) condition: Option<syn::Attribute>,
}

/// `state(…)` as written.
pub(super) struct RawState {
    pub(super) place: Path,
    pub(super) key: Once<Vec<LitStr>>,
    pub(super) alias: Once<LitStr>,
    pub(super) rows: Once<usize>,
    pub(super) bytes: Once<usize>,
    pub(super) retention: Once<Duration>,
    pub(super) history: Once<RawHistory>,
}

/// `history(…)` as written.
pub(super) struct RawHistory {
    pub(super) rows: Once<usize>,
    pub(super) age: Once<Duration>,
}

/// A set that is as it must be.
pub(super) struct ChannelSet {
    pub(super) ident: Ident,
    pub(super) visibility: Visibility,
    pub(super) docs: String,
    pub(super) krate: Option<Path>,
    /// The fields in declaration order.
    pub(super) fields: Vec<Field>,
}

/// One field of the set.
pub(super) enum Field {
    Channel(Channel),
    Static(Static),
}

/// A channel.
pub(super) struct Channel {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) docs: String,
    pub(super) send: bool,
    /// The place of the word `stage`, if it is there.
    pub(super) stage: Option<Span>,
    pub(super) lookup: bool,
    pub(super) states: Vec<State>,
}

/// A state table of a channel.
pub(super) struct State {
    /// The word `state`.
    pub(super) place: Path,
    /// The alias as written, if one was.
    pub(super) given: Option<LitStr>,
    pub(super) alias: String,
    pub(super) key: Vec<LitStr>,
    pub(super) rows: Option<usize>,
    pub(super) bytes: Option<usize>,
    pub(super) retention: Option<Duration>,
    pub(super) history: Option<History>,
}

/// What a state's history keeps for each key: one bound at least.
pub(super) struct History {
    pub(super) rows: Option<usize>,
    pub(super) age: Option<Duration>,
}

/// A plain value.
pub(super) struct Static {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) docs: String,
    /// None for the type's default.
    pub(super) value: Option<Expr>,
}
