//! The list that `GET /api/v1/stream` gives to who asks for no WebSocket.

use gateway_schema::message::HEARTBEAT;

use crate::hub::Hub;

/// The channels in the order of their declaration, baskets by key, and the heartbeat.
pub(super) fn all(hub: &Hub) -> Vec<String> {
    let mut names = Vec::new();
    for channel in hub.schema.channels {
        let keys = hub.channels.get(channel.name).map(|endpoint| endpoint.keys()).unwrap_or_default();
        if channel.kind.is_basket() && !keys.is_empty() {
            names.extend(keys.iter().map(|key| format!("{}/{key}", channel.name)));
        } else {
            names.push(channel.name.to_owned());
        }
    }
    names.push(HEARTBEAT.to_owned());
    names
}
