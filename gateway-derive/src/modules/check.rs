//! The rules that a module must keep. Each function is one rule.
//!
//! Whether the channels exist, and have a writer, is not known here: the set's own table and `gateway!` see
//! to that.

use quote::ToTokens;
use syn::Ident;
use syn::ext::IdentExt;

use super::model::{Module, RawModule, Read, Use};
use crate::attribute::Once;
use crate::context::Context;

/// The module, unless its shape is wrong or its channels are not known.
pub(super) fn check(context: &Context, raw: RawModule) -> Option<Module> {
    let generics_ok = check_generics(context, &raw);
    check_channels(context, &raw);
    let mut uses: Vec<Use> = Vec::new();
    let lists = [(&raw.reads, Read::Now), (&raw.optional, Read::Optional), (&raw.feedback, Read::Feedback)];
    for (list, read) in lists {
        for channel in distinct(context, list) {
            add_read(context, &mut uses, channel, read);
        }
    }
    for channel in distinct(context, &raw.writes) {
        match uses.iter_mut().find(|known| known.channel == *channel) {
            Some(known) => known.write = true,
            None => uses.push(Use { channel: channel.clone(), read: None, write: true }),
        }
    }
    let name = name(context, &raw);
    let channels = raw.channels.into_inner()?;
    (generics_ok && !raw.broken).then(|| Module {
        name: name.unwrap_or_else(|| raw.ident.unraw().to_string()),
        ident: raw.ident,
        visibility: raw.visibility,
        krate: raw.krate.into_inner(),
        channels,
        uses,
    })
}

/// A module is put into compositions by its type.
fn check_generics(context: &Context, raw: &RawModule) -> bool {
    if raw.generics.params.is_empty() {
        return true;
    }
    let message = format!(
        "module `{}` cannot be generic: its bus has the types of one set of channels; write a module for each use of it",
        raw.ident
    );
    context.error(&raw.generics.params, message);
    false
}

/// The channels' types are those of a set.
fn check_channels(context: &Context, raw: &RawModule) {
    if raw.channels.get().is_none() && !raw.broken {
        context.error(
            &raw.ident,
            format!(
                "module `{}` does not say which channels it is for: add `#[module(channels = Market, reads(…), writes(…))]`",
                raw.ident
            ),
        );
    }
}

/// A list's channels, without those that it names again.
fn distinct<'r>(context: &Context, list: &'r Once<Vec<Ident>>) -> Vec<&'r Ident> {
    let mut known: Vec<&Ident> = Vec::new();
    let name = list.path().map(crate::attribute::name_of).unwrap_or_default();
    for channel in list.get().into_iter().flatten() {
        if known.contains(&channel) {
            context.error(channel, format!("channel `{channel}` is in `{name}(…)` twice; keep one"));
        } else {
            known.push(channel);
        }
    }
    known
}

/// A module reads a channel in one way.
fn add_read(context: &Context, uses: &mut Vec<Use>, channel: &Ident, read: Read) {
    let Some(known) = uses.iter().find(|known| known.channel == *channel) else {
        uses.push(Use { channel: channel.clone(), read: Some(read), write: false });
        return;
    };
    let name = |read| match read {
        Read::Now => "reads",
        Read::Optional => "optional",
        Read::Feedback => "feedback",
    };
    let first = known.read.map(name).unwrap_or_default();
    let when = match read {
        Read::Feedback => {
            format!("`{first}` sees it in the cycle in which it ticks and `feedback` one cycle later")
        }
        _ => format!("`{first}` wants a writer of it and `optional` does without"),
    };
    context.error(
        channel,
        format!("channel `{channel}` is in both `{first}(…)` and `{}(…)`; keep one: {when}", name(read)),
    );
}

/// The name is shown in reports and the graph's picture.
fn name(context: &Context, raw: &RawModule) -> Option<String> {
    let literal = raw.name.get()?;
    let name = literal.value();
    if name.trim().is_empty() {
        context.error(literal.to_token_stream(), "a module's name cannot be empty");
        return None;
    }
    Some(name)
}
