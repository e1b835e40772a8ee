//! Reads a module and its attribute.

use syn::{DeriveInput, Expr, Ident, Meta};

use super::model::RawModule;
use crate::attribute::{self, Once, name_of};
use crate::context::Context;

const MODULE: &str = "`channels = Set`, `reads(…)`, `optional(…)`, `feedback(…)`, `writes(…)`, `name = \"…\"` and `crate = \"…\"`";

pub(super) fn parse(context: &Context, input: DeriveInput) -> RawModule {
    let mut raw = RawModule {
        krate: Once::default(),
        channels: Once::default(),
        broken: false,
        name: Once::default(),
        reads: Once::default(),
        optional: Once::default(),
        feedback: Once::default(),
        writes: Once::default(),
        ident: input.ident,
        visibility: input.vis,
        generics: input.generics,
    };
    let errors = context.count();
    let arguments = attribute::arguments(context, &input.attrs, "module");
    raw.broken = context.count() > errors;
    for meta in arguments {
        let path = meta.path();
        let list = match name_of(path).as_str() {
            "reads" => &mut raw.reads,
            "optional" => &mut raw.optional,
            "feedback" => &mut raw.feedback,
            "writes" => &mut raw.writes,
            "channels" => {
                match attribute::value(context, &meta, "channels = Market") {
                    Some(Expr::Path(set)) if set.qself.is_none() => {
                        raw.channels.set(context, path, set.path.clone());
                    }
                    Some(other) => {
                        context.error(
                            other,
                            "`channels` takes the path of a set of channels: `channels = Market`",
                        );
                        raw.broken = true;
                    }
                    None => raw.broken = true,
                }
                continue;
            }
            "name" => {
                if let Some(name) = attribute::text(context, &meta, "name = \"bars\"") {
                    raw.name.set(context, path, name);
                }
                continue;
            }
            "crate" => {
                if let Some(krate) = attribute::crate_path(context, &meta) {
                    raw.krate.set(context, path, krate);
                }
                continue;
            }
            _ => {
                attribute::unknown(context, path, "`module`", MODULE);
                continue;
            }
        };
        let example = format!("{}(trades, bars)", name_of(path));
        let channels = attribute::list(context, &meta, &example);
        let names: Option<Vec<Ident>> =
            channels.and_then(|channels| channels.iter().map(|name| channel(context, name)).collect());
        match names {
            Some(names) => list.set(context, path, names),
            None => raw.broken = true,
        }
    }
    raw
}

fn channel(context: &Context, meta: &Meta) -> Option<Ident> {
    let name = if let Meta::Path(path) = meta { path.get_ident().cloned() } else { None };
    if name.is_none() {
        context.error(
            meta,
            "this is not the name of a channel: it is a field of the set, as in `reads(trades, bars)`",
        );
    }
    name
}
