//! What all our attributes have in common: how they are taken apart, and what is wrong with them.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path, Token};

use crate::context::Context;

/// The arguments of every attribute called `name`, in order. Other attributes are left alone.
pub(crate) fn arguments(context: &Context, attributes: &[Attribute], name: &str) -> Vec<Meta> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => found.extend(nested(context, &list.tokens).unwrap_or_default()),
            Meta::NameValue(pair) => {
                context.error(
                    &pair.path,
                    format!("`{name}` takes its arguments in parentheses: `#[{name}(…)]`"),
                );
            }
        }
    }
    found
}

/// The comma-separated arguments inside a pair of parentheses; none when they cannot be read.
pub(crate) fn nested(context: &Context, tokens: &TokenStream) -> Option<Vec<Meta>> {
    let parsed = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens.clone());
    context.ok(parsed).map(|metas| metas.into_iter().collect())
}

/// The name of an argument; `a::b` is none, and an error.
pub(crate) fn name_of(path: &Path) -> String {
    path.get_ident().map_or_else(|| path.to_token_stream().to_string().replace(' ', ""), ToString::to_string)
}

/// Says that an argument is not one of the legal ones.
pub(crate) fn unknown(context: &Context, path: &Path, place: &str, legal: &str) {
    context.error(path, format!("unknown attribute `{}`; {place} takes {legal}", name_of(path)));
}

/// An argument that may be given once.
#[derive(Debug)]
pub(crate) struct Once<T> {
    value: Option<(Path, T)>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Once { value: None }
    }
}

impl<T> Once<T> {
    /// Keeps the first value; another one is an error.
    pub(crate) fn set(&mut self, context: &Context, path: &Path, value: T) {
        if self.value.is_some() {
            context.error(path, format!("`{}` is given twice; keep one of them", name_of(path)));
        } else {
            self.value = Some((path.clone(), value));
        }
    }

    /// Where it was given.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.value.as_ref().map(|(path, _)| path)
    }

    /// What was given.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(_, value)| value)
    }

    /// What was given.
    pub(crate) fn into_inner(self) -> Option<T> {
        self.value.map(|(_, value)| value)
    }
}

/// An argument without a value.
pub(crate) fn flag(context: &Context, meta: &Meta) -> bool {
    let bare = matches!(meta, Meta::Path(_));
    if !bare {
        context.error(meta, format!("`{}` takes no value", name_of(meta.path())));
    }
    bare
}

/// The value of `name = value`.
pub(crate) fn value<'m>(context: &Context, meta: &'m Meta, example: &str) -> Option<&'m Expr> {
    if let Meta::NameValue(pair) = meta {
        return Some(&pair.value);
    }
    context.error(meta, format!("`{}` takes a value: `{example}`", name_of(meta.path())));
    None
}

/// The value of `name = "text"`.
pub(crate) fn text(context: &Context, meta: &Meta, example: &str) -> Option<LitStr> {
    let value = value(context, meta, example)?;
    let text = as_text(value);
    if text.is_none() {
        context.error(value, format!("`{}` takes a string: `{example}`", name_of(meta.path())));
    }
    text
}

/// The string that an expression is.
pub(crate) fn as_text(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        Expr::Group(group) => as_text(&group.expr),
        _ => None,
    }
}

/// The arguments of `name(…)`; none when they cannot be read.
pub(crate) fn list(context: &Context, meta: &Meta, example: &str) -> Option<Vec<Meta>> {
    if let Meta::List(list) = meta {
        return nested(context, &list.tokens);
    }
    context
        .error(meta, format!("`{}` takes its arguments in parentheses: `{example}`", name_of(meta.path())));
    None
}

/// The path in `crate = "path"`.
pub(crate) fn crate_path(context: &Context, meta: &Meta) -> Option<Path> {
    let text = text(context, meta, "crate = \"::gateway_client\"")?;
    let parsed = text.parse_with(Path::parse_mod_style);
    if parsed.is_err() {
        context.error(&text, format!("`{}` is not the path of a crate", text.value()));
    }
    parsed.ok()
}

/// Tokens as a person writes them: `Option<Vec<f64>>`.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    write_tokens(tokens.to_token_stream(), &mut text);
    text
}

fn write_tokens(tokens: TokenStream, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Brace => ("{ ", " }"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write_tokens(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => {
                text.push(punct.as_char());
                if matches!(punct.as_char(), ',' | ';') {
                    text.push(' ');
                }
            }
            word => {
                if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
}
