//! Staging areas: records that wait, in groups, to be released into their channel.
//!
//! A channel marked `stage` has any number of areas. Each has an id and holds records that are validated and
//! complete (id, timestamp and defaults filled in) but have not ticked. To release an area is to tick its
//! records, one by one and in order, and to drop it.
//!
//! Which areas are meant is told by ids; that there are none and that the list of them is empty are different
//! things, as they are for csp-gateway's clients:
//!
//! | | no ids | an empty list | ids |
//! |---|---|---|---|
//! | [`add`](Staging::add) a record | the newest area, or a new one | every area | these areas |
//! | [`add`](Staging::add) nothing | a new area | a new area | refused |
//! | [`remove`](Staging::remove) a record | the newest area that has it | every area | these areas |
//! | [`remove`](Staging::remove) nothing | drops the newest area | drops every area | empties these areas |
//! | [`release`](Staging::release) | every area | no area | these areas |
//! | [`list`](Staging::list), [`lookup`](Staging::lookup) | every area | no area | these areas |

mod areas;
mod leaving;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use gateway_schema::problem::{Problem, Problems};
use gateway_schema::tick::Draft;
use gateway_schema::{ChannelSchema, GatewayStruct, Id, IdSource, Tick, Timestamp};
use serde_json::Value;

use crate::endpoint::SendError;
use crate::settings::Settings;
use areas::{Areas, cost, distinct, json, to_bytes};
use leaving::Leaving;

/// The staging areas of a channel, without the channel's type. The module's documentation has the table of
/// what `areas` means.
pub trait Staging: Send + Sync {
    /// Adds a record to areas, or makes an empty area when there is no record. Answers with the areas that
    /// changed and all that they hold, `{id: [records]}`.
    ///
    /// # Errors
    ///
    /// When the record is wrong, an area is not there, areas are named without a record, or there is no room.
    fn add(&self, areas: Option<&[Id]>, record: Option<&Value>) -> Result<Bytes, StageError>;

    /// Removes the record with the id of `record` from areas, or all records, or the areas themselves.
    /// Answers with the areas that changed and what they hold now, `{id: [records]}`.
    ///
    /// # Errors
    ///
    /// When `record` is not an object with an `id`.
    fn remove(&self, areas: Option<&[Id]>, record: Option<&Value>) -> Result<Bytes, StageError>;

    /// The ids of the areas, oldest first, as a JSON list. Ids that are not there are left out.
    fn list(&self, areas: Option<&[Id]>) -> Bytes;

    /// What areas hold, `{id: [records]}`. Ids that are not there are left out.
    fn lookup(&self, areas: Option<&[Id]>) -> Bytes;

    /// Ticks the channel with the records of areas and drops the areas. Answers with what was released,
    /// `{id: [records]}`.
    ///
    /// It happens to all of them or to none: an area goes to one caller only, and comes back when its records
    /// could not be sent. A caller that stops waiting does not stop it.
    fn release<'a>(&'a self, areas: Option<&'a [Id]>) -> BoxFuture<'a, Result<Bytes, StageError>>;
}

/// Why records were not staged, removed or released.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// There is no area with this id.
    #[error("Staging ID not found: {0}")]
    UnknownArea(Id),
    /// Areas were named, but no record to add to them.
    #[error("Cannot specify staging_ids without a struct to add")]
    NothingToAdd,
    /// The record is wrong.
    #[error("the record has {} problems", .0.len())]
    Invalid(Vec<Problem>),
    /// The channel may have no more areas.
    #[error(
        "channel `{channel}` has {limit} staging areas, which is as many as it may have; release or remove some"
    )]
    TooManyAreas {
        /// The channel.
        channel: &'static str,
        /// `Settings::stage_areas`.
        limit: usize,
    },
    /// The areas of the channel may hold no more records.
    #[error(
        "the staging areas of channel `{channel}` may hold {limit} records together; release or remove some"
    )]
    TooManyRecords {
        /// The channel.
        channel: &'static str,
        /// `Settings::stage_records`.
        limit: usize,
    },
    /// The areas of the channel may take no more memory.
    #[error(
        "the staging areas of channel `{channel}` may take {limit} bytes together; release or remove some records"
    )]
    TooManyBytes {
        /// The channel.
        channel: &'static str,
        /// Its share of `Settings::stage_bytes`.
        limit: usize,
    },
    /// The records could not be sent; they are staged as before.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Ticks a channel with records one by one, in order: with all of them or, when it fails, with none.
pub type Release<T> = Box<dyn Fn(Vec<Tick<T>>) -> BoxFuture<'static, Result<(), SendError>> + Send + Sync>;

/// The staging areas of one channel.
pub struct StageStore<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    channel: &'static str,
    ids: Arc<IdSource>,
    max_areas: usize,
    max_records: usize,
    max_bytes: usize,
    release: Release<T>,
    areas: Mutex<Areas<T>>,
}

impl<T: GatewayStruct> StageStore<T> {
    /// No areas yet, and room for so many bytes of records.
    pub fn new(
        channel: &'static ChannelSchema,
        ids: Arc<IdSource>,
        settings: &Settings,
        bytes: usize,
        release: Release<T>,
    ) -> Self {
        let shared = Shared {
            channel: channel.name,
            ids,
            max_areas: settings.stage_areas,
            max_records: settings.stage_records,
            max_bytes: bytes,
            release,
            areas: Mutex::new(Areas::new()),
        };
        StageStore { shared: Arc::new(shared) }
    }
}

impl<T> Shared<T> {
    fn areas(&self) -> MutexGuard<'_, Areas<T>> {
        // Nothing panics while it changes the areas, so a poisoned lock guards areas that are whole.
        self.areas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: GatewayStruct> Shared<T> {
    fn tick(&self, record: &Value) -> Result<Arc<Tick<T>>, StageError> {
        let mut problems = Problems::new("body");
        let draft = Draft::<T>::read(record, &mut problems);
        let draft = problems.into_result(draft).map_err(StageError::Invalid)?;
        Ok(Arc::new(Tick {
            id: draft.id.unwrap_or_else(|| self.ids.next()),
            timestamp: draft.timestamp.unwrap_or_else(Timestamp::now),
            value: draft.value,
        }))
    }

    fn open_area(&self, areas: &mut Areas<T>) -> Result<Id, StageError> {
        if areas.open.len() + areas.leaving >= self.max_areas {
            return Err(StageError::TooManyAreas { channel: self.channel, limit: self.max_areas });
        }
        let id = self.ids.next();
        areas.open(id.clone());
        Ok(id)
    }

    fn add_record(&self, ids: Option<&[Id]>, tick: &Arc<Tick<T>>) -> Result<Bytes, StageError> {
        let mut areas = self.areas();
        let targets = match ids {
            None => areas.open.last().map(|(id, _)| vec![id.clone()]),
            Some([]) => Some(areas.open.keys().cloned().collect()),
            Some(ids) => {
                if let Some(unknown) = ids.iter().find(|id| !areas.open.contains_key(*id)) {
                    return Err(StageError::UnknownArea(unknown.clone()));
                }
                Some(distinct(ids))
            }
        };
        // Where it already is, it is not added again.
        let targets = targets.map(|mut targets: Vec<Id>| {
            targets.retain(|id| !areas.open[id].records.contains_key(&tick.id));
            targets
        });
        let added = targets.as_ref().map_or(1, Vec::len);
        if areas.records + added > self.max_records {
            return Err(StageError::TooManyRecords { channel: self.channel, limit: self.max_records });
        }
        let cost = added * cost(tick);
        if areas.bytes + cost > self.max_bytes {
            return Err(StageError::TooManyBytes { channel: self.channel, limit: self.max_bytes });
        }
        let targets = match targets {
            Some(targets) => targets,
            None => vec![self.open_area(&mut areas)?],
        };
        for id in &targets {
            areas.open[id].records.insert(tick.id.clone(), Arc::clone(tick));
        }
        areas.records += added;
        areas.bytes += cost;
        let contents = areas.contents(&targets);
        drop(areas);
        Ok(json(&contents))
    }
}

impl<T: GatewayStruct> Staging for StageStore<T> {
    fn add(&self, areas: Option<&[Id]>, record: Option<&Value>) -> Result<Bytes, StageError> {
        match record {
            Some(record) => self.shared.add_record(areas, &self.shared.tick(record)?),
            None if areas.is_some_and(|ids| !ids.is_empty()) => Err(StageError::NothingToAdd),
            None => {
                let id = self.shared.open_area(&mut self.shared.areas())?;
                Ok(json::<T>(&[(id, Vec::new())]))
            }
        }
    }

    fn remove(&self, areas: Option<&[Id]>, record: Option<&Value>) -> Result<Bytes, StageError> {
        let contents = match record {
            Some(record) => {
                let id = record_id(record)?;
                self.shared.areas().remove_record(areas, &id)
            }
            None => self.shared.areas().clear(areas),
        };
        Ok(json(&contents))
    }

    fn list(&self, areas: Option<&[Id]>) -> Bytes {
        let ids = self.shared.areas().select(areas);
        to_bytes(&ids)
    }

    fn lookup(&self, areas: Option<&[Id]>) -> Bytes {
        let contents = {
            let open = self.shared.areas();
            open.contents(&open.select(areas))
        };
        json(&contents)
    }

    fn release<'a>(&'a self, areas: Option<&'a [Id]>) -> BoxFuture<'a, Result<Bytes, StageError>> {
        Box::pin(async move {
            let leaving = Leaving::take(&self.shared, areas)?;
            let contents = leaving.contents();
            // A task of its own: a client that goes away in the middle must not leave it half done.
            let released = tokio::spawn(leaving.release()).await;
            // The task only ends without a result when the process is ending.
            released.unwrap_or(Err(SendError::Stopped))?;
            Ok(json(&contents))
        })
    }
}

/// The id of a record that is to be removed; nothing else of it matters.
fn record_id(record: &Value) -> Result<Id, StageError> {
    let mut problems = Problems::new("body");
    let id = match record {
        Value::Object(members) => match members.get("id") {
            Some(Value::String(id)) => Some(Id::from(id.as_str())),
            Some(Value::Number(id)) => Some(Id::from(id.to_string().as_str())),
            None | Some(Value::Null) => {
                problems.within("id", |problems| {
                    problems.add(Problem::new("missing", "Field required"), record);
                });
                None
            }
            Some(other) => {
                let problem = Problem::new("string_type", "Input should be a valid string");
                problems.within("id", |problems| problems.add(problem, other));
                None
            }
        },
        other => {
            let message = "Input should be a valid dictionary or object with the `id` of a record";
            problems.add(Problem::new("model_attributes_type", message), other);
            None
        }
    };
    problems.into_result(id).map_err(StageError::Invalid)
}

#[cfg(test)]
mod tests;
