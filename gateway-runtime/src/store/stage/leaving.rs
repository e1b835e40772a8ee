//! Areas on their way out.

use std::sync::Arc;

use gateway_schema::{GatewayStruct, Id};

use super::areas::{Area, Contents, Records};
use super::{Shared, StageError};
use crate::endpoint::SendError;

/// Areas taken out for release. They go back when it is dropped, unless they were released.
pub(super) struct Leaving<T: GatewayStruct> {
    shared: Arc<Shared<T>>,
    areas: Vec<(Id, Area<T>)>,
    released: bool,
}

impl<T: GatewayStruct> Leaving<T> {
    pub(super) fn take(shared: &Arc<Shared<T>>, ids: Option<&[Id]>) -> Result<Self, StageError> {
        let mut areas = shared.areas();
        let unknown = ids.unwrap_or_default().iter().find(|id| !areas.open.contains_key(*id));
        if let Some(unknown) = unknown {
            return Err(StageError::UnknownArea(unknown.clone()));
        }
        let taken: Vec<_> =
            areas.select(ids).into_iter().filter_map(|id| areas.open.shift_remove_entry(&id)).collect();
        areas.leaving += taken.len();
        drop(areas);
        Ok(Leaving { shared: Arc::clone(shared), areas: taken, released: false })
    }

    pub(super) fn contents(&self) -> Contents<T> {
        self.areas.iter().map(|(id, area)| (id.clone(), area.records.values().cloned().collect())).collect()
    }

    pub(super) async fn release(mut self) -> Result<(), SendError> {
        // A record may be in several areas; it ticks once.
        let records: Records<T> = self
            .areas
            .iter()
            .flat_map(|(_, area)| &area.records)
            .map(|(id, tick)| (id.clone(), Arc::clone(tick)))
            .collect();
        if !records.is_empty() {
            (self.shared.release)(records.into_values().map(Arc::unwrap_or_clone).collect()).await?;
        }
        self.released = true;
        Ok(())
    }
}

impl<T: GatewayStruct> Drop for Leaving<T> {
    fn drop(&mut self) {
        let mut areas = self.shared.areas();
        areas.leaving -= self.areas.len();
        for (id, area) in self.areas.drain(..) {
            if self.released {
                areas.gone(area.records.values());
            } else {
                areas.open.insert(id, area);
            }
        }
        if !self.released {
            areas.open.sort_by(|_, a, _, b| a.created.cmp(&b.created));
        }
    }
}
