//! Answering a send only when its records are in the state file.

use gateway_schema::ChannelSchema;

use super::answer::Refusal;
use super::body::bad_parameter;
use super::parameters::{Parameters, pairs};
use crate::hub::Hub;

/// The name of the parameter.
pub(crate) const PARAMETER: &str = "durable";

/// Whether sends to a channel that do not say so are durable: by the setting, if the channel has a state.
pub(crate) fn is_default(hub: &Hub, channel: &ChannelSchema) -> bool {
    hub.is_durable_unasked() && !channel.states.is_empty()
}

/// Whether a send is durable, by the parameter or else by default.
pub(crate) fn is_asked(hub: &Hub, channel: &ChannelSchema, parameters: Parameters) -> Result<bool, Refusal> {
    let pairs = pairs(parameters, PARAMETER)?;
    let asked = match pairs.iter().find(|(name, _)| name == PARAMETER).map(|(_, value)| value.as_str()) {
        None => return Ok(is_default(hub, channel)),
        Some("true" | "1") => true,
        Some("false" | "0") => false,
        Some(other) => {
            let message = "Input should be `true` or `false`".to_owned();
            return Err(bad_parameter("query", PARAMETER, "bool_parsing", message, other));
        }
    };
    if asked && channel.states.is_empty() {
        let name = channel.name;
        let text =
            format!("The channel {name} has no state table, and nothing else is kept in the state file");
        return Err(Refusal::BadRequest(text));
    }
    if asked && !hub.has_state_file() {
        let text = "The gateway has no state file: start it with `--state-file PATH`".to_owned();
        return Err(Refusal::BadRequest(text));
    }
    Ok(asked)
}

/// Waits until everything that has ticked is in the state file.
pub(crate) async fn wait(hub: &Hub) -> Result<(), Refusal> {
    hub.durable().await.map_err(|error| {
        let text = format!("The records have ticked, but they are not in the state file: {error}");
        Refusal::Unavailable(text, false)
    })
}
