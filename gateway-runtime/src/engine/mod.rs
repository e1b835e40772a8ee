//! The graph: one thread on which every module's streams run, on `wingfoil`.
//!
//! | file | what it holds |
//! |---|---|
//! | `stream` | [`Stream`]: the values that modules compute with |
//! | `time` | streams that follow the engine's clock: timers, windows, delays |
//! | `ingress` | the way into the graph from other threads, bounded |
//! | `script` | the way into the graph from recorded or written history |
//! | `graph` | one graph: channels opened, modules connected, channels closed |
//! | `runner` | the graph's thread: history first, then real time |

mod graph;
mod ingress;
mod runner;
mod script;
mod stream;
mod time;

pub(crate) use graph::{ChannelGraph, Graph, Opened, events_of};
pub(crate) use ingress::{Ingress, Message, PostError};
pub(crate) use runner::{Engine, GraphSource};
pub use script::Script;
pub(crate) use stream::panic_message;
pub use stream::{Events, Stream};
pub(crate) use time::{every, start};
