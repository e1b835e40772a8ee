//! What remembers ticks: the latest, those of a key, those with an id, and those that wait to be released.
//! Each is bounded.

pub(crate) mod budget;
pub(crate) mod drops;
pub(crate) mod latest;
pub(crate) mod lookup;
pub mod stage;
pub(crate) mod state;
