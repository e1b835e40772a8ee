//! How the bytes that stores may take together are divided.

use gateway_schema::{ChannelSchema, ChannelsSchema};

use crate::settings::Settings;

/// What one store of each sort may take, in bytes: the same for each that does not declare its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shares {
    pub(crate) state: usize,
    pub(crate) lookup: usize,
    pub(crate) latest: usize,
    pub(crate) stage: usize,
}

impl Shares {
    pub(crate) fn new(schema: &ChannelsSchema, settings: &Settings) -> Self {
        let channels = |of: fn(&&ChannelSchema) -> bool| schema.channels.iter().filter(of);
        let states = channels(|_| true).flat_map(|channel| channel.states);
        let mut looked_up: Vec<_> =
            channels(|channel| channel.lookup).map(|channel| std::ptr::from_ref(channel.payload)).collect();
        looked_up.sort_unstable();
        looked_up.dedup();
        let share = |bytes: usize, stores: usize| bytes / stores.max(1);
        Shares {
            state: share(settings.state_bytes, states.filter(|state| state.bytes.is_none()).count()),
            lookup: share(settings.lookup_bytes, looked_up.len()),
            latest: share(settings.basket_bytes, channels(|channel| channel.kind.is_basket()).count()),
            stage: share(settings.stage_bytes, channels(|channel| channel.stage).count()),
        }
    }
}
