//! Reads a set of channels and its attributes, and takes our attributes off it.

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Expr, Fields, ItemStruct, LitStr, Meta};

use super::model::{RawChannels, RawField, RawHistory, RawState};
use super::quantity;
use crate::attribute::{self, Once, name_of};
use crate::context::Context;
use crate::docs::docs;

const CHANNEL: &str = "`send`, `stage`, `lookup` and `state(key = \"…\", …)`";
const STATE: &str = "state(key = \"symbol\")";
const HISTORY: &str = "history(rows = 100, age = \"1h\")";

pub(super) fn parse(context: &Context, arguments: &TokenStream, item: &mut ItemStruct) -> RawChannels {
    let mut raw = RawChannels {
        ident: item.ident.clone(),
        visibility: item.vis.clone(),
        generics: item.generics.clone(),
        docs: docs(&item.attrs),
        krate: Once::default(),
        fields: None,
    };
    for meta in attribute::nested(context, arguments).unwrap_or_default() {
        match name_of(meta.path()).as_str() {
            "crate" => {
                if let Some(krate) = attribute::crate_path(context, &meta) {
                    raw.krate.set(context, meta.path(), krate);
                }
            }
            _ => attribute::unknown(context, meta.path(), "`gateway_channels`", "`crate = \"…\"`"),
        }
    }
    let ident = &item.ident;
    match &mut item.fields {
        Fields::Named(fields) => {
            raw.fields =
                Some(fields.named.iter_mut().filter_map(|field| self::field(context, field)).collect());
        }
        Fields::Unnamed(_) | Fields::Unit => {
            context.error(
                ident,
                format!(
                    "`gateway_channels` is for structs with named fields: a channel of `{ident}` needs a name"
                ),
            );
        }
    }
    raw
}

fn field(context: &Context, field: &mut syn::Field) -> Option<RawField> {
    let mut raw = RawField {
        ident: field.ident.clone()?,
        ty: field.ty.clone(),
        docs: docs(&field.attrs),
        channel: None,
        send: Once::default(),
        stage: Once::default(),
        lookup: Once::default(),
        states: Vec::new(),
        field: None,
        value: Once::default(),
        condition: field.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")).cloned(),
    };
    for attribute in &field.attrs {
        if attribute.path().is_ident("channel") {
            raw.channel = Some(attribute.path().clone());
        } else if attribute.path().is_ident("field") {
            raw.field = Some(attribute.path().clone());
        }
    }
    for meta in attribute::arguments(context, &field.attrs, "channel") {
        read_channel_attribute(context, &mut raw, &meta);
    }
    for meta in attribute::arguments(context, &field.attrs, "field") {
        match name_of(meta.path()).as_str() {
            "value" => {
                if let Some(value) = attribute::value(context, &meta, "value = String::from(\"XNAS\")") {
                    raw.value.set(context, meta.path(), value.clone());
                }
            }
            _ => attribute::unknown(context, meta.path(), "a static field", "`value = …`"),
        }
    }
    field
        .attrs
        .retain(|attribute| !attribute.path().is_ident("channel") && !attribute.path().is_ident("field"));
    Some(raw)
}

fn read_channel_attribute(context: &Context, raw: &mut RawField, meta: &Meta) {
    let path = meta.path();
    let name = name_of(path);
    let flag = match name.as_str() {
        "send" => &mut raw.send,
        "stage" => &mut raw.stage,
        "lookup" => &mut raw.lookup,
        "state" => {
            raw.states.extend(state(context, meta));
            return;
        }
        _ => return attribute::unknown(context, path, "a channel", CHANNEL),
    };
    if attribute::flag(context, meta) {
        flag.set(context, path, path.span());
    }
}

fn state(context: &Context, meta: &Meta) -> Option<RawState> {
    let mut state = RawState {
        place: meta.path().clone(),
        key: Once::default(),
        alias: Once::default(),
        rows: Once::default(),
        bytes: Once::default(),
        retention: Once::default(),
        history: Once::default(),
    };
    let mut broken = false;
    for part in attribute::list(context, meta, STATE)? {
        let path = part.path();
        match name_of(path).as_str() {
            "key" => {
                match attribute::value(context, &part, "key = \"symbol\"").map(|value| (value, key(value))) {
                    Some((_, Some(columns))) => state.key.set(context, path, columns),
                    Some((value, None)) => {
                        context.error(value, "`key` takes the name of a column or a list of them: `key = [\"symbol\", \"venue.mic\"]`");
                        broken = true;
                    }
                    None => broken = true,
                }
            }
            "alias" => match attribute::text(context, &part, "alias = \"by_venue\"") {
                Some(alias) => state.alias.set(context, path, alias),
                None => broken = true,
            },
            "rows" => match quantity::rows(context, &part) {
                Some(rows) => state.rows.set(context, path, rows),
                None => broken = true,
            },
            "bytes" => match quantity::bytes(context, &part) {
                Some(bytes) => state.bytes.set(context, path, bytes),
                None => broken = true,
            },
            "retention" => match quantity::duration(context, &part) {
                Some(retention) => state.retention.set(context, path, retention),
                None => broken = true,
            },
            "history" => match history(context, &part) {
                Some(history) => state.history.set(context, path, history),
                None => broken = true,
            },
            _ => {
                let legal = "`key`, `alias`, `rows`, `bytes`, `retention` and `history(…)`";
                attribute::unknown(context, path, "`state`", legal);
                broken = true;
            }
        }
    }
    (!broken).then_some(state)
}

fn history(context: &Context, meta: &Meta) -> Option<RawHistory> {
    let mut history = RawHistory { rows: Once::default(), age: Once::default() };
    let mut broken = false;
    for part in attribute::list(context, meta, HISTORY)? {
        let path = part.path();
        match name_of(path).as_str() {
            "rows" => match quantity::rows(context, &part) {
                Some(rows) => history.rows.set(context, path, rows),
                None => broken = true,
            },
            "age" => match quantity::duration(context, &part) {
                Some(age) => history.age.set(context, path, age),
                None => broken = true,
            },
            _ => {
                attribute::unknown(context, path, "`history`", "`rows` and `age`");
                broken = true;
            }
        }
    }
    (!broken).then_some(history)
}

fn key(value: &Expr) -> Option<Vec<LitStr>> {
    match value {
        Expr::Array(array) => array.elems.iter().map(attribute::as_text).collect(),
        value => Some(vec![attribute::as_text(value)?]),
    }
}
