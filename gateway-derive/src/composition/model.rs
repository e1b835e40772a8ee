//! A composition as it was written, and as it is once everything about it has been checked.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, PatType, Path, Token, Type, Visibility};

/// A composition as written.
pub(super) struct RawComposition {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    pub(super) arguments: Punctuated<PatType, Token![,]>,
    pub(super) output: Type,
    /// What is between the braces, if it could be read.
    pub(super) body: syn::Result<RawBody>,
}

/// `modules: […]` as written.
pub(super) struct RawBody {
    pub(super) modules: Punctuated<Expr, Token![,]>,
    /// The brackets around the modules.
    pub(super) list: Span,
}

/// A composition that is as it must be.
pub(super) struct Composition {
    pub(super) attributes: Vec<Attribute>,
    pub(super) krate: Option<Path>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    pub(super) arguments: Punctuated<PatType, Token![,]>,
    pub(super) output: Type,
    /// The `Market` of `Gateway<Market>`.
    pub(super) channels: Type,
    pub(super) modules: Vec<Module>,
    pub(super) list: Span,
}

/// One module of a composition.
pub(super) struct Module {
    /// The name it was given in place of its own.
    pub(super) name: Option<Ident>,
    pub(super) ty: Path,
    pub(super) value: Expr,
}
