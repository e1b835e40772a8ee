//! Records that are too old leave state tables also when nobody reads or writes there.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::endpoint::StateView;
use crate::hub::Hub;

/// How often tables are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Looks at the tables that have an age until the gateway stops.
pub(crate) async fn retain(hub: Arc<Hub>) {
    let aging = hub.states.values().filter(|state| state.bounds().age.is_some());
    let aging: Arc<[Arc<dyn StateView>]> = aging.cloned().collect();
    if aging.is_empty() {
        return;
    }
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = hub.stopping() => return,
            _ = looks.tick() => {}
        }
        let tables = Arc::clone(&aging);
        // Freeing many records takes long.
        let look = tokio::task::spawn_blocking(move || tables.iter().for_each(|table| table.expire()));
        if look.await.is_err() {
            tracing::error!(
                "records that are too old leave state tables only when these are read or written"
            );
            return;
        }
    }
}
