//! Reads a composition, and finds out of what type its modules are.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, GenericArgument, Ident, PatType, Path, PathArguments, Token, Type, braced, bracketed,
    parenthesized,
};

use super::model::{Composition, Module, RawBody, RawComposition};
use crate::attribute;
use crate::context::Context;

impl Parse for RawComposition {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![fn]>()?;
        let ident = input.parse()?;
        let parenthesised;
        parenthesized!(parenthesised in input);
        let arguments = Punctuated::<PatType, Token![,]>::parse_terminated(&parenthesised)?;
        input.parse::<Token![->]>()?;
        let output = input.parse()?;
        let braced;
        braced!(braced in input);
        // From a copy, so that a mistake inside leaves the function's signature.
        let body = body(&braced.fork());
        braced.parse::<TokenStream>()?;
        Ok(RawComposition { attributes, visibility, ident, arguments, output, body })
    }
}

fn body(input: ParseStream<'_>) -> syn::Result<RawBody> {
    let key: Ident = input.parse()?;
    if key != "modules" {
        return Err(syn::Error::new(
            key.span(),
            format!("unknown part `{key}`; a composition has `modules: […]`"),
        ));
    }
    input.parse::<Token![:]>()?;
    let list;
    let brackets = bracketed!(list in input);
    let modules = Punctuated::<Expr, Token![,]>::parse_terminated(&list)?;
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        return Err(input.error("a composition has nothing beside `modules: […]`"));
    }
    Ok(RawBody { modules, list: brackets.span.join() })
}

/// The crate that generated code names, if it is another one.
pub(super) fn krate(context: &Context, attributes: &[Attribute]) -> Option<Path> {
    let mut krate = attribute::Once::default();
    for meta in attribute::arguments(context, attributes, "gateway") {
        match attribute::name_of(meta.path()).as_str() {
            "crate" => {
                if let Some(path) = attribute::crate_path(context, &meta) {
                    krate.set(context, meta.path(), path);
                }
            }
            _ => attribute::unknown(context, meta.path(), "a composition", "`crate = \"…\"`"),
        }
    }
    krate.into_inner()
}

/// The composition, if its set of channels and all of its modules are known: without one of them, what is said of
/// the others would not be true.
pub(super) fn check(context: &Context, raw: RawComposition, krate: Option<Path>) -> Option<Composition> {
    let channels = channels(context, &raw.output);
    let body = context.ok(raw.body)?;
    // All of them are looked at before the first that is wrong ends it.
    let modules: Vec<_> = body.modules.into_iter().map(|entry| module(context, entry)).collect();
    let (channels, modules) = (channels?, modules.into_iter().collect::<Option<_>>()?);
    Some(Composition {
        attributes: raw
            .attributes
            .into_iter()
            .filter(|attribute| !attribute.path().is_ident("gateway"))
            .collect(),
        krate,
        visibility: raw.visibility,
        ident: raw.ident,
        arguments: raw.arguments,
        output: raw.output,
        channels,
        modules,
        list: body.list,
    })
}

/// The set of channels is the argument of the type that is returned.
fn channels(context: &Context, output: &Type) -> Option<Type> {
    let argument = if let Type::Path(path) = output
        && let Some(last) = path.path.segments.last()
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let [GenericArgument::Type(set)] = Vec::from_iter(&arguments.args)[..]
    {
        Some(set.clone())
    } else {
        None
    };
    if argument.is_none() {
        context.error(
            output,
            "a composition returns `Gateway<Market>`, with the set of channels that it is for",
        );
    }
    argument
}

fn module(context: &Context, entry: Expr) -> Option<Module> {
    let (name, value) = match entry {
        Expr::Assign(assign) => {
            let name =
                if let Expr::Path(path) = &*assign.left { path.path.get_ident().cloned() } else { None };
            if name.is_none() {
                context.error(
                    &assign.left,
                    "the name that a module is given is a single word: `fast = Bars { … }`",
                );
            }
            (Some(name?), *assign.right)
        }
        value => (None, value),
    };
    let ty = type_of(&value);
    if ty.is_none() {
        context.error(
            &value,
            "what type of module this is cannot be seen here: write `Module`, `Module { … }`, `Module(…)` or \
             `Module::function(…)`, the latter with methods that return the module",
        );
    }
    Some(Module { name, ty: ty?, value })
}

/// The type of what an expression makes, as far as its spelling tells.
fn type_of(value: &Expr) -> Option<Path> {
    match value {
        Expr::Path(path) if path.qself.is_none() => named_like_a_type(&path.path),
        Expr::Struct(literal) if literal.qself.is_none() => Some(literal.path.clone()),
        Expr::MethodCall(call) => type_of(&call.receiver),
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) if function.qself.is_none() => owner(&function.path),
            _ => None,
        },
        Expr::Group(group) => type_of(&group.expr),
        Expr::Paren(paren) => type_of(&paren.expr),
        _ => None,
    }
}

/// The type in `Type::function`; the path itself for a tuple struct, which is written like a type. Of what a free
/// function returns nothing is known.
fn owner(function: &Path) -> Option<Path> {
    named_like_a_type(function).or_else(|| {
        let mut path = function.clone();
        path.segments.pop();
        path.segments.pop_punct();
        named_like_a_type(&path)
    })
}

/// The path, unless its last name is that of a function, a variable or a module.
fn named_like_a_type(path: &Path) -> Option<Path> {
    let last = path.segments.last()?.ident.unraw().to_string();
    (!last.starts_with(char::is_lowercase)).then(|| path.clone())
}
