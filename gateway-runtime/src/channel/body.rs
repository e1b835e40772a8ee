//! Reading the body of a send.

use std::sync::Arc;

use gateway_schema::tick::Draft;
use gateway_schema::{ChannelKind, GatewayStruct, Problem, Problems};
use serde_json::Value;
use smallvec::SmallVec;

use super::core::{ChannelCore, Group};
use crate::endpoint::SendError;

/// What a body ticks: one group for each tick.
///
/// A scalar channel takes a record or a list of them, one tick each. A list channel takes either as one
/// tick. A basket takes an object by key as one tick or, for a given key, what a channel takes.
pub(super) fn groups<T: GatewayStruct>(
    core: &Arc<ChannelCore<T>>,
    key: Option<&str>,
    body: &Value,
) -> Result<Vec<Group<T>>, SendError> {
    let schema = core.schema();
    let mut problems = Problems::new("body");
    let groups = match (schema.kind, key) {
        (ChannelKind::Scalar | ChannelKind::Basket, key) if key.is_some() || !schema.kind.is_basket() => {
            let key = key.map(|key| known_key(core, key)).transpose()?;
            let one = |draft| Group { parts: vec![(key.clone(), smallvec::smallvec![draft])] };
            read_records(body, &mut problems).map(|drafts| drafts.into_iter().map(one).collect())
        }
        (ChannelKind::List | ChannelKind::ListBasket, key) if key.is_some() || !schema.kind.is_basket() => {
            let key = key.map(|key| known_key(core, key)).transpose()?;
            let all = |drafts: SmallVec<[Draft<T>; 1]>| {
                if drafts.is_empty() { Vec::new() } else { vec![Group { parts: vec![(key, drafts)] }] }
            };
            read_records(body, &mut problems).map(all)
        }
        (kind, _) => read_basket(core, kind, body, &mut problems),
    };
    problems.into_result(groups).map_err(SendError::Invalid)
}

fn known_key<T: GatewayStruct>(core: &ChannelCore<T>, key: &str) -> Result<Arc<str>, SendError> {
    core.intern(key).ok_or_else(|| SendError::UnknownKey { channel: core.schema().name, key: key.to_owned() })
}

/// A record, or a list of records.
fn read_records<T: GatewayStruct>(body: &Value, problems: &mut Problems) -> Option<SmallVec<[Draft<T>; 1]>> {
    let Value::Array(items) = body else {
        return Draft::read(body, problems).map(|draft| smallvec::smallvec![draft]);
    };
    let mut drafts = SmallVec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        drafts.extend(problems.within(index, |problems| Draft::read(item, problems)));
    }
    Some(drafts)
}

/// `{key: record}`, for list baskets also `{key: [record, …]}`: everything ticks together.
fn read_basket<T: GatewayStruct>(
    core: &ChannelCore<T>,
    kind: ChannelKind,
    body: &Value,
    problems: &mut Problems,
) -> Option<Vec<Group<T>>> {
    let Value::Object(members) = body else {
        problems.add(Problem::new("dict_type", "Input should be a valid dictionary"), body);
        return None;
    };
    let mut parts = Vec::with_capacity(members.len());
    for (name, item) in members {
        problems.within(name.clone(), |problems| {
            let Some(key) = core.intern(name) else {
                problems.within("[key]", |problems| {
                    problems.add(unknown_key(core, name), &Value::from(name.as_str()));
                });
                return;
            };
            let drafts = match kind {
                ChannelKind::ListBasket => read_records(item, problems),
                _ => Draft::read(item, problems).map(|draft| smallvec::smallvec![draft]),
            };
            parts.extend(drafts.map(|drafts| (Some(key), drafts)));
        });
    }
    Some(if parts.is_empty() { Vec::new() } else { vec![Group { parts }] })
}

fn unknown_key<T: GatewayStruct>(core: &ChannelCore<T>, key: &str) -> Problem {
    match core.schema().key.and_then(|key| key.names) {
        Some(names) => {
            let expected = names.join(", ");
            Problem::new("enum", format!("Input should be one of the keys {expected}"))
                .with_context("expected", expected)
        }
        None => Problem::new("key", format!("The basket has no room for the key `{key}`")),
    }
}
