//! The transports as modules: they touch no channel inside of the graph, and mount routes.

use gateway_schema::Wiring;

use super::{ChannelsGraph, ControlsModule, Rest, Routes, WebSockets};
use crate::channel::Channels;
use crate::module::{Module, Wired};

macro_rules! transports {
    ($($module:ident $name:literal: $mount:expr;)*) => {$(
        impl<C: Channels> Wired<C> for $module {
            const WIRING: Wiring = Wiring::NONE.named($name);
        }

        impl<C: Channels> Module<C> for $module {
            fn wiring(&self) -> Wiring {
                <Self as Wired<C>>::WIRING
            }

            fn mount(&self, routes: &mut Routes) {
                let mount: fn(&Self, &mut Routes) = $mount;
                mount(self, routes);
            }
        }
    )*};
}

transports! {
    Rest "Rest": Rest::mount_on;
    WebSockets "WebSockets": |_, routes| WebSockets::mount_on(routes);
    ControlsModule "Controls": |_, routes| ControlsModule::mount_on(routes);
    ChannelsGraph "ChannelsGraph": |_, routes| ChannelsGraph::mount_on(routes);
}
