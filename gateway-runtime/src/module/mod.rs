//! Modules: what computes, and what serves.

pub mod bus;

use gateway_schema::Wiring;

use crate::channel::Channels;
use crate::error::Result;
use crate::hub::Hub;
use crate::transports::Routes;
use bus::ModuleContext;

/// A part of a gateway, for channels `C`.
///
/// Modules that compute derive it with `#[derive(GatewayModule)]` and implement [`Connect`]. Modules that
/// serve implement it, to add routes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a module of a gateway with channels `{C}`",
    label = "does not implement `Module<{C}>`",
    note = "add `#[derive(GatewayModule)]` and `#[module(channels = {C}, reads(…), writes(…))]` to `{Self}`, and implement `Connect` for it"
)]
pub trait Module<C: Channels>: Send + Sync + 'static {
    /// The channels it touches.
    fn wiring(&self) -> Wiring;

    /// Wires it into the graph.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from working; the gateway then does not start and says which module it was.
    fn connect_to(&self, module: ModuleContext<'_>) -> Result {
        let _ = module;
        Ok(())
    }

    /// Asks for what it needs of the channels and states, before anything ticks.
    fn prepare(&self, hub: &Hub) {
        let _ = hub;
    }

    /// Adds its routes to the server.
    fn mount(&self, routes: &mut Routes) {
        let _ = routes;
    }
}

/// What a module touches, known to the compiler: `gateway!` checks compositions by it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a module of a gateway with channels `{C}`",
    label = "does not implement `Wired<{C}>`",
    note = "add `#[derive(GatewayModule)]` and `#[module(channels = {C}, reads(…), writes(…))]` to `{Self}`"
)]
pub trait Wired<C: Channels> {
    /// The channels it touches.
    const WIRING: Wiring;
}

/// What `#[derive(GatewayModule)]` knows of a module.
pub trait GatewayModule {
    /// The set of channels it is for.
    type Channels: Channels;
    /// The channels it may touch, one field each.
    type Bus<'a>;
}

/// Wires a module's streams.
#[diagnostic::on_unimplemented(
    message = "module `{Self}` does not say what it does",
    label = "does not implement `Connect`",
    note = "implement it: `impl Connect for {Self} {{ fn connect(&self, bus: {Self}Bus<'_>) -> Result {{ … }} }}`"
)]
pub trait Connect: GatewayModule {
    /// Wires the module: reads its channels from the bus, computes, publishes on its channels.
    ///
    /// It is called once for each graph: one for history, if there is one, and one for real time. The module
    /// itself is shared by both.
    ///
    /// # Errors
    ///
    /// Whatever keeps the module from working; the gateway then does not start and says which module it was.
    fn connect(&self, bus: Self::Bus<'_>) -> Result;
}
