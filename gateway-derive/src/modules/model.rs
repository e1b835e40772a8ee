//! A module as it was written, and as it is once everything about it has been checked.

use syn::{Generics, Ident, LitStr, Path, Visibility};

use crate::attribute::Once;

/// A module as written. Attributes that could not be read are left out of it, and reported.
pub(super) struct RawModule {
    pub(super) ident: Ident,
    pub(super) visibility: Visibility,
    pub(super) generics: Generics,
    pub(super) krate: Once<Path>,
    pub(super) channels: Once<Path>,
    /// Whether a part of the attribute could not be read, so that a channel may be missing.
    pub(super) broken: bool,
    pub(super) name: Once<LitStr>,
    pub(super) reads: Once<Vec<Ident>>,
    pub(super) optional: Once<Vec<Ident>>,
    pub(super) feedback: Once<Vec<Ident>>,
    pub(super) writes: Once<Vec<Ident>>,
}

/// A module that is as it must be.
pub(super) struct Module {
    pub(super) ident: Ident,
    pub(super) visibility: Visibility,
    pub(super) krate: Option<Path>,
    /// The set of channels.
    pub(super) channels: Path,
    pub(super) name: String,
    pub(super) uses: Vec<Use>,
}

/// A channel that the module touches.
pub(super) struct Use {
    pub(super) channel: Ident,
    pub(super) read: Option<Read>,
    pub(super) write: bool,
}

/// How a channel is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// In the cycle in which it ticks.
    Now,
    /// So too, if anything writes it.
    Optional,
    /// One cycle later.
    Feedback,
}
