//! The rules that a set of channels must keep. Each function is one rule or one family of them.

use std::collections::{HashMap, HashSet};

use syn::ext::IdentExt;
use syn::{Ident, LitStr, Type};

use super::model::{
    Channel, ChannelSet, Field, History, RawChannels, RawField, RawHistory, RawState, State, Static,
};
use crate::attribute::{Once, written};
use crate::context::Context;

/// The set, unless its shape is wrong.
pub(super) fn check(context: &Context, raw: RawChannels) -> Option<ChannelSet> {
    let generics_ok = check_generics(context, &raw);
    let fields: Vec<Field> = raw.fields?.into_iter().map(|field| check_field(context, field)).collect();
    check_any(context, &raw.ident, &fields);
    check_aliases(context, &raw.ident, &fields);
    check_histories(context, &raw.ident, &fields);
    generics_ok.then(|| ChannelSet {
        ident: raw.ident,
        visibility: raw.visibility,
        docs: raw.docs,
        krate: raw.krate.into_inner(),
        fields,
    })
}

/// A set's channels are constants.
fn check_generics(context: &Context, raw: &RawChannels) -> bool {
    if raw.generics.params.is_empty() {
        return true;
    }
    context.error(
        &raw.generics.params,
        format!("channel set `{}` cannot be generic: its channels are constants", raw.ident),
    );
    false
}

/// Something must tick.
fn check_any(context: &Context, ident: &Ident, fields: &[Field]) {
    if !fields.iter().any(|field| matches!(field, Field::Channel(_))) {
        context.error(
            ident,
            format!("`{ident}` has no channels: give it a field of type `Channel<…>` or `Basket<…, …>`"),
        );
    }
}

fn check_field(context: &Context, raw: RawField) -> Field {
    check_condition(context, &raw);
    if is_channel(&raw.ty) {
        return Field::Channel(check_channel(context, raw));
    }
    if let Some(place) = &raw.channel {
        context.error(
            place,
            format!(
                "`{}` is a `{}`, not a channel; channels are of type `Channel<…>` or `Basket<…, …>`, and any other \
                 field takes `#[field(value = …)]`",
                raw.ident,
                written(&raw.ty)
            ),
        );
    }
    Field::Static(Static { ident: raw.ident, ty: raw.ty, docs: raw.docs, value: raw.value.into_inner() })
}

/// Channels are known by their place in the set.
fn check_condition(context: &Context, raw: &RawField) {
    if let Some(condition) = &raw.condition {
        context.error(
            condition,
            format!("`{}` cannot be conditional: put the `cfg` on two whole sets of channels", raw.ident),
        );
    }
}

fn is_channel(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Channel" || last.ident == "Basket")
}

fn check_channel(context: &Context, raw: RawField) -> Channel {
    let name = raw.ident.unraw().to_string();
    if name == "heartbeat" {
        context.error(
            &raw.ident,
            "`heartbeat` is reserved: the stream protocol has a heartbeat of its own; give the channel another name",
        );
    }
    if let Some(place) = &raw.field {
        context.error(
            place,
            format!("`{name}` is a channel, which takes `#[channel(…)]`; `#[field(…)]` is for static fields"),
        );
    }
    let states = raw.states.into_iter().filter_map(|state| check_state(context, &name, state)).collect();
    Channel {
        send: raw.send.get().is_some(),
        stage: raw.stage.into_inner(),
        lookup: raw.lookup.get().is_some(),
        ident: raw.ident,
        ty: raw.ty,
        docs: raw.docs,
        states,
    }
}

/// A state table has a key, without empty or repeated columns. Whether the columns exist is checked when the
/// types are known.
fn check_state(context: &Context, channel: &str, raw: RawState) -> Option<State> {
    let alias = raw.alias.get().map(LitStr::value);
    if alias.as_ref().is_some_and(|alias| alias.is_empty() || alias.contains('/')) {
        context.error(raw.alias.get(), "an alias is a part of URLs: it cannot be empty nor have a `/`");
        return None;
    }
    let key = raw.key.into_inner().unwrap_or_default();
    if key.is_empty() {
        context.error(
            &raw.place,
            "a state table needs a key, the column or columns whose values tell its records apart: `state(key = \"symbol\")`",
        );
        return None;
    }
    let mut seen = HashSet::new();
    for column in &key {
        let problem = if column.value().is_empty() {
            Some("the name of a column cannot be empty".to_owned())
        } else if !seen.insert(column.value()) {
            Some(format!("column `{}` is in the key twice; keep one", column.value()))
        } else {
            None
        };
        if let Some(problem) = problem {
            context.error(column, problem);
            return None;
        }
    }
    let history = check_history(context, raw.history)?;
    Some(State {
        place: raw.place,
        given: raw.alias.into_inner(),
        alias: alias.unwrap_or_else(|| channel.to_owned()),
        key,
        rows: raw.rows.into_inner(),
        bytes: raw.bytes.into_inner(),
        retention: raw.retention.into_inner(),
        history,
    })
}

/// A history has an end: a number of records, an age, or both.
fn check_history(context: &Context, raw: Once<RawHistory>) -> Option<Option<History>> {
    let place = raw.path().cloned();
    let Some(RawHistory { rows, age }) = raw.into_inner() else { return Some(None) };
    let history = History { rows: rows.into_inner(), age: age.into_inner() };
    if history.rows.is_none() && history.age.is_none() {
        context.error(
            place,
            "`history` without a bound would keep every record; it takes `rows`, `age` or both: `history(rows = 100, age = \"1h\")`",
        );
        return None;
    }
    Some(Some(history))
}

/// State tables are asked for by their alias, so no two of a set may share one.
fn check_aliases(context: &Context, set: &Ident, fields: &[Field]) {
    let mut seen: HashMap<&str, &Ident> = HashMap::new();
    for field in fields {
        let Field::Channel(channel) = field else { continue };
        for state in &channel.states {
            let Some(first) = seen.insert(&state.alias, &channel.ident) else {
                continue;
            };
            let tables = if *first == channel.ident {
                format!("both of channel `{first}`")
            } else {
                format!("of channels `{first}` and `{}`", channel.ident)
            };
            let message = format!(
                "two state tables of `{set}` are called `{}`, {tables}: give one of them another name with `alias = \"…\"`",
                state.alias
            );
            match &state.given {
                Some(given) => context.error(given, message),
                None => context.error(&state.place, message),
            }
        }
    }
}

/// The history of a state is a table called `{alias}_history`, which no state may be called; SQL takes names in
/// capitals and in small letters for the same.
fn check_histories(context: &Context, set: &Ident, fields: &[Field]) {
    let states = || {
        let channels = fields.iter().filter_map(|field| match field {
            Field::Channel(channel) => Some(channel),
            Field::Static(_) => None,
        });
        channels.flat_map(|channel| channel.states.iter().map(move |state| (channel, state)))
    };
    let histories: HashMap<String, &str> = states()
        .filter(|(_, state)| state.history.is_some())
        .map(|(_, state)| (format!("{}_history", state.alias.to_lowercase()), state.alias.as_str()))
        .collect();
    for (channel, state) in states() {
        let Some(of) = histories.get(&state.alias.to_lowercase()) else { continue };
        let message = format!(
            "a state table of channel `{}` is called `{}`, as is the history of state table `{of}` of `{set}`: give one of the \
             states another name with `alias = \"…\"`",
            channel.ident, state.alias
        );
        match &state.given {
            Some(given) => context.error(given, message),
            None => context.error(&state.place, message),
        }
    }
}
