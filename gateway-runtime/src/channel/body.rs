//! Reading the body of a send, and writing its answer.

use std::panic::resume_unwind;
use std::sync::Arc;

use bytes::Bytes;
use gateway_schema::tick::Draft;
use gateway_schema::{ChannelKind, GatewayStruct, Problem, Problems};
use serde_json::Value;
use smallvec::SmallVec;

use super::core::{ChannelCore, Group};
use crate::endpoint::SendError;
use crate::event::{Event, TickRef, json_list};

/// Bodies of about this many bytes on are read off the asynchronous threads, where they would hold up whoever
/// else is served there: it takes a millisecond or more.
const LARGE: usize = 64 * 1024;

/// Likewise answers of this many ticks on.
const MANY: usize = 256;

/// What a body ticks, as [`groups`] has it.
pub(super) async fn read<T: GatewayStruct>(
    core: &Arc<ChannelCore<T>>,
    key: Option<&str>,
    body: Value,
) -> Result<Vec<Group<T>>, SendError> {
    if rest_of(LARGE, &body).is_some() {
        return groups(core, key, &body);
    }
    let (core, key) = (Arc::clone(core), key.map(str::to_owned));
    aside(move || groups(&core, key.as_deref(), &body)).await?
}

/// The records of events as a JSON list.
pub(super) async fn write<T: GatewayStruct>(events: Vec<Arc<Event<T>>>) -> Result<Bytes, SendError> {
    let many = events.iter().map(|event| event.ticks().count()).sum::<usize>() >= MANY;
    let write = move || {
        let ticks: Vec<&TickRef<T>> = events.iter().flat_map(|event| event.ticks()).collect();
        json_list(ticks.into_iter())
    };
    if many { aside(write).await } else { Ok(write()) }
}

/// Runs `work` off the asynchronous threads.
async fn aside<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, SendError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        // The process is ending.
        Err(_) => SendError::Stopped,
    })
}

/// What is left of a number of bytes after those that a value takes as JSON, more or less; nothing if it takes
/// more.
fn rest_of(bytes: usize, value: &Value) -> Option<usize> {
    let left = bytes.checked_sub(8)?;
    match value {
        Value::String(text) => left.checked_sub(text.len()),
        Value::Array(items) => items.iter().try_fold(left, rest_of),
        Value::Object(members) => {
            members.iter().try_fold(left, |left, (name, value)| rest_of(left.checked_sub(name.len())?, value))
        }
        _ => Some(left),
    }
}

/// What a body ticks: one group for each tick.
///
/// A scalar channel takes a record or a list of them, one tick each. A list channel takes either as one
/// tick. A basket takes an object by key as one tick or, for a given key, what a channel takes.
fn groups<T: GatewayStruct>(
    core: &Arc<ChannelCore<T>>,
    key: Option<&str>,
    body: &Value,
) -> Result<Vec<Group<T>>, SendError> {
    let schema = core.schema();
    let mut problems = Problems::new("body");
    let groups = match (schema.kind, key) {
        (ChannelKind::Scalar | ChannelKind::Basket, key) if key.is_some() || !schema.kind.is_basket() => {
            let key = key.map(|key| admitted(core, key)).transpose()?;
            let one = |draft| Group { parts: vec![(key.clone(), smallvec::smallvec![draft])] };
            read_records(body, &mut problems).map(|drafts| drafts.into_iter().map(one).collect())
        }
        (ChannelKind::List | ChannelKind::ListBasket, key) if key.is_some() || !schema.kind.is_basket() => {
            let key = key.map(|key| admitted(core, key)).transpose()?;
            let all = |drafts: SmallVec<[Draft<T>; 1]>| {
                if drafts.is_empty() { Vec::new() } else { vec![Group { parts: vec![(key, drafts)] }] }
            };
            read_records(body, &mut problems).map(all)
        }
        (kind, _) => read_basket(core, kind, body, &mut problems),
    };
    let mut groups = problems.into_result(groups).map_err(SendError::Invalid)?;
    for taken in groups.iter_mut().flat_map(|group| &mut group.parts).filter_map(|(key, _)| key.as_mut()) {
        *taken = match core.keys.take(taken) {
            Some(taken) => taken,
            // There was room for each of these keys, but not for all, or another send was quicker.
            None if key.is_some() => return Err(no_key(core, taken)),
            None => {
                let name = taken.to_string();
                let place = ["body".to_owned(), name.clone(), "[key]".to_owned()];
                let problem = unknown_key(core, taken).at(place).with_input(name.into());
                return Err(SendError::Invalid(vec![problem]));
            }
        };
    }
    Ok(groups)
}

fn admitted<T: GatewayStruct>(core: &ChannelCore<T>, key: &str) -> Result<Arc<str>, SendError> {
    if core.keys.have_room_for(key) { Ok(key.into()) } else { Err(no_key(core, key)) }
}

fn no_key<T: GatewayStruct>(core: &ChannelCore<T>, key: &str) -> SendError {
    SendError::UnknownKey { channel: core.schema().name, key: key.to_owned() }
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
            if !core.keys.have_room_for(name) {
                problems.within("[key]", |problems| {
                    problems.add(unknown_key(core, name), &Value::from(name.as_str()));
                });
                return;
            }
            let drafts = match kind {
                ChannelKind::ListBasket => read_records(item, problems),
                _ => Draft::read(item, problems).map(|draft| smallvec::smallvec![draft]),
            };
            parts.extend(drafts.map(|drafts| (Some(name.as_str().into()), drafts)));
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
