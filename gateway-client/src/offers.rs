//! What a gateway offers on a channel, as traits of the channel's [`ChannelSpec`].
//!
//! A handle has a method only if its channel's specification has the trait, so that a call which the gateway
//! would answer with 404 does not compile.

use crate::channel::ChannelSpec;

/// The channel's latest records can be asked for.
#[diagnostic::on_unimplemented(
    message = "the gateway does not offer `last` on channel `{Self}`",
    label = "no `last` for this channel",
    note = "if the gateway has changed since the client was generated, generate it again"
)]
pub trait CanLast: ChannelSpec {}

/// The channel's next records can be waited for.
#[diagnostic::on_unimplemented(
    message = "the gateway does not offer `next` on channel `{Self}`",
    label = "no `next` for this channel",
    note = "if the gateway has changed since the client was generated, generate it again"
)]
pub trait CanNext: ChannelSpec {}

/// Records can be sent to the channel.
#[diagnostic::on_unimplemented(
    message = "the gateway does not offer `send` on channel `{Self}`",
    label = "nothing can be sent to this channel",
    note = "on the server, `#[channel(send)]` opens a channel to senders; then generate the client again"
)]
pub trait CanSend: ChannelSpec {}

/// The channel's records can be looked up by id.
#[diagnostic::on_unimplemented(
    message = "the gateway does not offer `lookup` on channel `{Self}`",
    label = "no `lookup` for this channel",
    note = "on the server, `#[channel(lookup)]` keeps records to be looked up; then generate the client again"
)]
pub trait CanLookup: ChannelSpec {}
