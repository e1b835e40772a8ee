//! Reads a composition, and finds out of what type its modules are.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, GenericArgument, Ident, PatType, Path, PathArguments, Token, Type, braced, bracketed,
    parenthesized,
};

use super::model::{Composition, Module, RawComposition};
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
        let body;
        braced!(body in input);
        let key: Ident = body.parse()?;
        if key != "modules" {
            return Err(syn::Error::new(
                key.span(),
                format!("unknown part `{key}`; a composition has `modules: […]`"),
            ));
        }
        body.parse::<Token![:]>()?;
        let list;
        let brackets = bracketed!(list in body);
        let modules = Punctuated::<Expr, Token![,]>::parse_terminated(&list)?;
        body.parse::<Option<Token![,]>>()?;
        if !body.is_empty() {
            return Err(body.error("a composition has nothing beside `modules: […]`"));
        }
        Ok(RawComposition {
            attributes,
            visibility,
            ident,
            arguments,
            output,
            modules,
            list: brackets.span.join(),
        })
    }
}

/// The composition, if the set of channels is known. Modules that are wrong are reported and left out.
pub(super) fn check(context: &Context, raw: RawComposition) -> Option<Composition> {
    let mut krate = attribute::Once::default();
    for meta in attribute::arguments(context, &raw.attributes, "gateway") {
        match attribute::name_of(meta.path()).as_str() {
            "crate" => {
                if let Some(path) = attribute::crate_path(context, &meta) {
                    krate.set(context, meta.path(), path);
                }
            }
            _ => attribute::unknown(context, meta.path(), "a composition", "`crate = \"…\"`"),
        }
    }
    let channels = channels(context, &raw.output)?;
    let modules = raw.modules.into_iter().filter_map(|entry| module(context, entry)).collect();
    Some(Composition {
        attributes: raw
            .attributes
            .into_iter()
            .filter(|attribute| !attribute.path().is_ident("gateway"))
            .collect(),
        krate: krate.into_inner(),
        visibility: raw.visibility,
        ident: raw.ident,
        arguments: raw.arguments,
        output: raw.output,
        channels,
        modules,
        list: raw.list,
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
        Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        Expr::Struct(literal) if literal.qself.is_none() => Some(literal.path.clone()),
        Expr::MethodCall(call) => type_of(&call.receiver),
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) if function.qself.is_none() => Some(owner(&function.path)),
            _ => None,
        },
        Expr::Group(group) => type_of(&group.expr),
        Expr::Paren(paren) => type_of(&paren.expr),
        _ => None,
    }
}

/// The type in `Type::function`; the path itself for a tuple struct, which is written like a type.
fn owner(function: &Path) -> Path {
    let is_type = function
        .segments
        .last()
        .is_some_and(|last| last.ident.to_string().starts_with(|first: char| first.is_uppercase()));
    let mut path = function.clone();
    if !is_type && path.segments.len() > 1 {
        path.segments.pop();
        path.segments.pop_punct();
    }
    path
}
