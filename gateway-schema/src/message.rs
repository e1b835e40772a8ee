//! The messages of the WebSocket protocol, `/api/v1/stream`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What to do.
    pub action: Action,
    /// The channel's name, or `heartbeat`.
    pub channel: String,
    /// The key of a basket. To subscribe without one means all keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A record or a list of records, to send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Whether the client wants to be told what became of the request. csp-gateway's clients expect
    /// silence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ack: bool,
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Receive the channel's ticks from now on.
    Subscribe,
    /// Receive them no more.
    Unsubscribe,
    /// Send records to the channel.
    Send,
}

/// The name of the pseudo-channel that ticks every second.
pub const HEARTBEAT: &str = "heartbeat";

/// What a heartbeat carries.
pub const PING: &str = "PING";
