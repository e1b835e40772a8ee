//! The JSON of a record: written when somebody asks, and kept for the next one while there is room.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use gateway_schema::wire::memory::allocated;
use gateway_schema::{GatewayStruct, Tick};

use crate::store::budget::Budget;

/// What `Bytes` has besides a text that is shared.
const COUNTS: usize = 32;

/// The text of one record, if it is kept.
pub(super) struct Text {
    kept: OnceLock<Bytes>,
    /// What kept texts may take; without it each is kept.
    budget: Option<Arc<Budget>>,
}

impl Text {
    pub(super) fn new(budget: Option<Arc<Budget>>) -> Self {
        Text { kept: OnceLock::new(), budget }
    }

    pub(super) fn get(&self) -> Option<&Bytes> {
        self.kept.get()
    }

    /// Adds the text of a record to `out`.
    pub(super) fn write<T: GatewayStruct>(&self, tick: &Tick<T>, out: &mut Vec<u8>) {
        if let Some(text) = self.kept.get() {
            return out.extend_from_slice(text);
        }
        let start = out.len();
        if serde_json::to_writer(&mut *out, tick).is_err() {
            // A user's `WireType` refused its own value.
            out.truncate(start);
            out.extend_from_slice(b"null");
        }
        let cost = cost(out.len() - start);
        if self.budget.as_ref().is_none_or(|budget| budget.try_take(cost)) {
            let kept = self.kept.set(Bytes::copy_from_slice(&out[start..]));
            if let (Err(_), Some(budget)) = (kept, &self.budget) {
                // Another reader was quicker.
                budget.give_back(cost);
            }
        }
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        if let (Some(text), Some(budget)) = (self.kept.get(), &self.budget) {
            budget.give_back(cost(text.len()));
        }
    }
}

fn cost(length: usize) -> usize {
    allocated(length) + COUNTS
}

#[cfg(test)]
mod tests {
    use gateway_derive::GatewayStruct;
    use gateway_schema::Timestamp;

    use super::*;
    use crate::event::TickRef;

    #[derive(Clone, GatewayStruct)]
    #[gateway(crate = "::gateway_schema")]
    struct Note {
        text: String,
    }

    #[test]
    fn texts_are_kept_while_there_is_room_and_are_the_same_when_they_are_not() {
        let budget = Arc::new(Budget::new(1000));
        let notes: Vec<TickRef<Note>> = (0..10)
            .map(|n: usize| {
                let value = Note { text: n.to_string().repeat(100) };
                let tick = Tick { id: "1".into(), timestamp: Timestamp::from_nanos(0), value };
                TickRef::within(tick, &budget)
            })
            .collect();
        let texts = || notes.iter().map(TickRef::json).collect::<Vec<_>>();
        let (first, again) = (texts(), texts());
        assert_eq!(first, again);
        assert!(first[9].ends_with(format!(r#""text":"{}"}}"#, "9".repeat(100)).as_bytes()));
        let kept = first.iter().zip(&again).filter(|(a, b)| a.as_ptr() == b.as_ptr()).count();
        assert!((3..6).contains(&kept), "{kept}");
        assert!(!budget.is_exceeded());
        drop(notes);
        assert!(budget.try_take(1000), "texts give back their room with their records");
    }
}
