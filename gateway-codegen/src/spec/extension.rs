//! Channels from the extension `x-gateway`, in which a gateway describes itself.

use super::Described;
use super::cursor::Cursor;
use super::enums;
use super::types::Models;
use crate::ir::{Channel, Key, Offers, State, StaticField, StructId, Type};

pub(super) fn read<'a>(extension: &Cursor<'a>, models: &mut Models<'a>) -> Described {
    let mut described = Described::default();
    let Some(list) = extension.member("channels") else {
        return described;
    };
    let entries = list.items();
    if entries.is_empty() {
        list.fault("there is no channel in it");
        return described;
    }
    // Also of those that cannot be read, whose states need no fault of their own.
    let names: Vec<String> = entries.iter().map(|entry| entry.text_or_empty("name")).collect();
    for entry in entries {
        if let Some(channel) = channel(&entry, models) {
            if described.channels.iter().any(|other| other.name == channel.name) {
                entry.fault(format!("there are two channels called `{}`", channel.name));
            }
            described.channels.push(channel);
        }
    }
    for entry in extension.items_of("states") {
        if let Some(state) = state(&entry, &described.channels, &names) {
            if described.states.iter().any(|other| other.alias == state.alias) {
                entry.fault(format!("there are two states called `{}`", state.alias));
            }
            described.states.push(state);
        }
    }
    for entry in extension.items_of("fields") {
        if let Some(name) = entry.text("name") {
            let docs = entry.text_or_empty("description");
            described.fields.push(StaticField { name: name.to_owned(), docs });
        }
    }
    described
}

fn channel<'a>(entry: &Cursor<'a>, models: &mut Models<'a>) -> Option<Channel> {
    let name = entry.text("name")?;
    let kind = entry.text("kind")?;
    let (list, basket) = match kind {
        "scalar" => (false, false),
        "list" => (true, false),
        "basket" => (false, true),
        "list_basket" => (true, true),
        other => {
            if let Some(kind) = entry.get("kind") {
                kind.fault(format!(
                    "`{other}` is not a kind; the kinds are scalar, list, basket and list_basket"
                ));
            }
            return None;
        }
    };
    let record = record(entry, models)?;
    let key = if basket { Some(key(&entry.member("key")?, models)?) } else { None };
    let offers = Offers {
        last: entry.flag("last"),
        next: entry.flag("next"),
        send: entry.flag("send"),
        lookup: entry.flag("lookup"),
    };
    Some(Channel {
        name: name.to_owned(),
        docs: entry.text_or_empty("description"),
        record,
        list,
        key,
        offers,
    })
}

/// The schema on the way in says which fields a sender may leave out; not every struct has one.
fn record<'a>(entry: &Cursor<'a>, models: &mut Models<'a>) -> Option<StructId> {
    let name = entry.text("struct")?;
    let schemas = models.root.descend(&["components", "schemas"]);
    let schema = |name: &str| schemas.as_ref()?.get(name);
    let Some(found) = schema(&format!("{name}Input")).or_else(|| schema(name)) else {
        if let Some(place) = entry.get("struct") {
            place.fault(format!("there is no schema `{name}` in #/components/schemas"));
        }
        return None;
    };
    models.record(&found, name)
}

fn key<'a>(entry: &Cursor<'a>, models: &mut Models<'a>) -> Option<Key> {
    let name = entry.text("name")?;
    let Some(list) = entry.get("names") else {
        return Some(Key::String);
    };
    let names = enums::given_names(&list, list.items().len())?;
    if names.is_empty() {
        list.fault("a basket whose key has no members can have no ticks");
        return None;
    }
    let schema = models.root.descend(&["components", "schemas", name]);
    if let Some(schema) = schema.filter(|schema| schema.get("enum").is_some())
        && let Type::Enum(id) = models.read(&schema, name)?.ty
        && models.enums[id.0].variants.iter().map(|variant| &variant.name).eq(&names)
    {
        return Some(Key::Enum(id));
    }
    Some(Key::Enum(enums::of_names(models, name, &names)))
}

fn state(entry: &Cursor<'_>, channels: &[Channel], names: &[String]) -> Option<State> {
    let alias = entry.text("alias")?;
    let name = entry.text("channel")?;
    let Some(channel) = channels.iter().find(|channel| channel.name == name) else {
        if let Some(place) = entry.get("channel")
            && !names.iter().any(|known| known == name)
        {
            place.fault(format!("there is no channel `{name}`"));
        }
        return None;
    };
    let docs = match entry.text_or_empty("description") {
        docs if docs.is_empty() => channel.docs.clone(),
        docs => docs,
    };
    let key =
        entry.items_of("key").iter().filter_map(|column| column.value.as_str().map(str::to_owned)).collect();
    Some(State { alias: alias.to_owned(), docs, record: channel.record, key })
}
