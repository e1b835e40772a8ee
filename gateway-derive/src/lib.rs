//! The macros of a gateway.
//!
//! `gateway_runtime::prelude` exports them; a user depends on that crate, not on this one.
//!
//! | macro | it goes on | it gives |
//! |---|---|---|
//! | [`GatewayStruct`](derive@GatewayStruct) | a struct | its schema, wire form and validation |
//! | [`GatewayEnum`](derive@GatewayEnum) | an enum | its members' names and values; a key of baskets and maps |
//! | [`macro@gateway_channels`] | a struct of channels | the channels, their state tables, their types by name |
//! | [`GatewayModule`](derive@GatewayModule) | a struct | its bus, with a field for each channel it may touch |
//! | [`gateway!`](macro@gateway) | modules | a function that puts them together, checked by the compiler |
//!
//! Each macro reads what was written (`parse`) into a raw model, checks that (`check`) into a model in which
//! nothing can be wrong, and turns it into code (`emit`). All errors of a call are reported at once, and what
//! can still be emitted is, so that one mistake gives one message.

mod attribute;
mod channels;
mod composition;
mod context;
mod docs;
mod enums;
mod modules;
mod private;
mod structs;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemStruct, parse_macro_input};

/// Makes a struct a gateway struct: what channels carry and what nests in it.
///
/// The struct has named fields, derives `Clone`, and is not generic. The type of a field is `bool`, an integer
/// up to 64 bits, `f32`, `f64`, `String`, `Bytes`, a date or time of chrono, `TimeDelta`, `std::time::Duration`,
/// `Uuid`, `Decimal`, `serde_json::Value` (any JSON), a gateway enum or struct, or an `Option`, `Vec`, array,
/// `BTreeMap`, `HashMap`, `Box` or `Arc` of those. The keys of a map are `String`, integers, `bool`, `Uuid` or gateway
/// enums.
///
/// ```
/// use gateway_runtime::prelude::*;
///
/// /// One execution report from the exchange.
/// #[derive(Clone, Debug, GatewayStruct)]
/// pub struct Trade {
///     /// Ticker symbol, as the exchange spells it.
///     #[gateway(length(min = 1, max = 12), pattern = "^[A-Z.]+$")]
///     pub symbol: String,
///     /// Price in quote currency.
///     #[gateway(range(exclusive_min = 0))]
///     pub price: f64,
///     /// Shares.
///     #[gateway(range(min = 1), default = 1)]
///     pub quantity: u32,
///     pub note: Option<String>,
/// }
/// ```
///
/// Doc comments become descriptions in every document and client.
///
/// # Attributes of the struct
///
/// | `#[gateway(…)]` | meaning |
/// |---|---|
/// | `python = "package.Class"` | the class that csp-gateway's Python client turns records into |
/// | `nested` | it is only nested in other structs, so its fields may be called `id` and `timestamp` |
/// | `crate = "::path"` | the crate that generated code names, in place of `::gateway_runtime` |
///
/// # Attributes of a field
///
/// | `#[gateway(…)]` | meaning |
/// |---|---|
/// | `range(min = …, max = …)` | bounds of a number; `exclusive_min` and `exclusive_max` leave the bound itself out |
/// | `length(min = …, max = …)`, `length(equal = …)` | characters of a string, bytes, items of a list or a map |
/// | `pattern = "…"` | an expression of the `regex` crate that a string must contain; anchor it with `^` and `$` |
/// | `custom = function` | a function of yours, `fn(&T) -> Result<(), E>` where `E: Display`; may be repeated |
/// | `default`, `default = value` | the value when the field is missing: the type's own default, or this one |
/// | `rename = "name"` | the name on the wire and of the column |
/// | `skip` | not in the schema nor on the wire; filled by `default`, or by the type's own default |
///
/// Rules on an `Option<T>` are rules on the value that is there. An `Option` needs no default. Rules are for what comes
/// from outside: neither a default nor a value that a module publishes is held to them (`GatewayStruct::validate` holds
/// one to them).
#[proc_macro_derive(GatewayStruct, attributes(gateway))]
pub fn derive_gateway_struct(input: TokenStream) -> TokenStream {
    structs::derive(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes an enum a gateway enum: the type of a field, and the key of a basket or a map.
///
/// Its members have no fields. It must also derive `Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash`.
///
/// ```
/// use gateway_runtime::prelude::*;
///
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
/// pub enum Side {
///     /// The buyer was the aggressor.
///     #[gateway(rename = "BUY", value = "B")]
///     Buy,
///     #[gateway(rename = "SELL", value = "S")]
///     Sell,
/// }
/// ```
///
/// A member has a name, which is a basket's key on the wire, and a value, which a field holds. The name is that
/// in Rust and the value is the name, unless an attribute says otherwise:
///
/// | `#[gateway(…)]` on a member | meaning |
/// |---|---|
/// | `rename = "NAME"` | the name |
/// | `value = "B"`, `value = 1` | the value; all of an enum's are strings, or all are integers |
///
/// | `#[gateway(…)]` on the enum | meaning |
/// |---|---|
/// | `crate = "::path"` | the crate that generated code names, in place of `::gateway_runtime` |
#[proc_macro_derive(GatewayEnum, attributes(gateway))]
pub fn derive_gateway_enum(input: TokenStream) -> TokenStream {
    enums::derive(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a set of channels: what the modules of a gateway write and read.
///
/// A field of type `Channel<T>` or `Channel<Vec<T>>` is a channel of one record or of any number of records a
/// tick; `Basket<K, T>` and `Basket<K, Vec<T>>` are one such channel for each key, which is an enum or a
/// `String`. `T` derives [`GatewayStruct`](derive@GatewayStruct). Any other field is a static value, which is
/// served as it is.
///
/// ```
/// use gateway_runtime::prelude::*;
/// # #[derive(Clone, GatewayStruct)]
/// # pub struct Venue { pub mic: String }
/// # #[derive(Clone, GatewayStruct)]
/// # pub struct Trade { pub symbol: String, pub venue: Venue }
/// # #[derive(Clone, GatewayStruct)]
/// # pub struct Bar { pub symbol: String }
/// # #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
/// # pub enum Side { Buy, Sell }
///
/// #[gateway_channels]
/// pub struct Market {
///     /// Every trade, as it happens.
///     #[channel(send, state(key = "symbol"), state(key = ["symbol", "venue.mic"], alias = "by_venue"))]
///     pub trades: Channel<Trade>,
///     pub bars: Channel<Vec<Bar>>,
///     pub by_side: Basket<Side, Trade>,
///     /// Served at `field/venue_name`.
///     #[field(value = String::from("XNAS"))]
///     pub venue_name: String,
/// }
/// ```
///
/// | `#[channel(…)]` | meaning |
/// |---|---|
/// | `send` | ticks may be sent to it from outside |
/// | `stage` | records may be staged for it |
/// | `lookup` | its records can be looked up by id |
/// | `state(key = "column")`, `state(key = ["a", "b.c"])` | a table of the latest record for each value of the key; nested columns are dotted, and `id` and `timestamp` are columns too; may be repeated |
/// | `state(…, alias = "name")` | the table's name, in place of the channel's |
/// | `state(…, rows = 10_000)` | records that the table keeps; the longest unchanged make room |
/// | `state(…, bytes = "64MB")` | memory that its records may take, `1GiB` say or a number of bytes; the longest unchanged make room |
/// | `state(…, retention = "1h")` | how long a record stays that does not change: a number with its unit, `500ms`, `90s`, `15m`, `7d` |
/// | `state(…, history(rows = 100, age = "1h"))` | a second table, called after the first with `_history` after it: the last records of each key, those of the recent past, or with both what is within both |
///
/// Bounds that a table does not declare are those of the gateway's settings.
///
/// | `#[field(…)]` | meaning |
/// |---|---|
/// | `value = …` | the value, in place of the type's default |
///
/// | `#[gateway_channels(…)]` | meaning |
/// |---|---|
/// | `crate = "::path"` | the crate that generated code names, in place of `::gateway_runtime` |
///
/// Beside the struct the macro makes a hidden `macro_rules!` of the same name, by which
/// [`GatewayModule`](derive@GatewayModule) finds the type of a channel. `use path::Market` imports both.
#[proc_macro_attribute]
pub fn gateway_channels(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let here = proc_macro::Span::call_site().start();
    let place = (here.line() as u64) << 32 | here.column() as u64;
    channels::expand(&arguments.into(), parse_macro_input!(item as ItemStruct), place).into()
}

/// What the hidden macro of a set answers to a name that is none of its channels.
#[doc(hidden)]
#[proc_macro]
pub fn unknown_channel(input: TokenStream) -> TokenStream {
    channels::unknown(input.into()).into()
}

/// Makes a struct a module: it may touch the channels it names here, and no others.
///
/// ```
/// use std::time::Duration;
///
/// use gateway_runtime::prelude::*;
/// # #[derive(Clone, GatewayStruct)]
/// # pub struct Trade { pub symbol: String }
/// # #[derive(Clone, GatewayStruct)]
/// # pub struct Bar { pub symbol: String }
/// # #[gateway_channels]
/// # pub struct Market {
/// #     #[channel(send)]
/// #     pub trades: Channel<Trade>,
/// #     pub bars: Channel<Vec<Bar>>,
/// # }
/// # fn fold_bars(trades: &[TickRef<Trade>]) -> Vec<Bar> {
/// #     trades.iter().map(|trade| Bar { symbol: trade.value.symbol.clone() }).collect()
/// # }
///
/// /// Folds trades into bars.
/// #[derive(GatewayModule)]
/// #[module(channels = Market, reads(trades), writes(bars))]
/// pub struct Bars {
///     pub every: Duration,
/// }
///
/// impl Connect for Bars {
///     fn connect(&self, bus: BarsBus<'_>) -> Result {
///         let bars = bus.trades.ticks().window(self.every).map(|trades| fold_bars(trades));
///         bus.bars.publish(&bars)
///     }
/// }
/// ```
///
/// The derive makes the struct `BarsBus`, which has a reader or a writer of each channel under its name, and
/// dereferences to what every module may use: timers, threads and its own name.
///
/// | `#[module(…)]` | meaning |
/// |---|---|
/// | `channels = Market` | the set of channels that it is for |
/// | `reads(a, b)` | channels it reads in the cycle in which they tick; something must write them |
/// | `optional(c)` | channels it reads if anything writes them |
/// | `feedback(d)` | channels it reads one cycle later, so that it may be upstream of them |
/// | `writes(e)` | channels it writes; one that it also reads has both sides in one field |
/// | `name = "bars"` | its name in a composition, in place of the struct's |
/// | `crate = "::path"` | the crate that generated code names, in place of `::gateway_runtime` |
#[proc_macro_derive(GatewayModule, attributes(module))]
pub fn derive_gateway_module(input: TokenStream) -> TokenStream {
    modules::derive(parse_macro_input!(input as DeriveInput)).into()
}

/// Puts modules together and has the compiler check that they fit.
///
/// ```
/// use std::time::Duration;
///
/// use gateway_runtime::prelude::*;
/// # #[derive(Clone, GatewayStruct)]
/// # pub struct Trade { pub symbol: String }
/// # #[derive(Clone, GatewayStruct)]
/// # pub struct Bar { pub symbol: String }
/// # #[gateway_channels]
/// # pub struct Market {
/// #     #[channel(send)]
/// #     pub trades: Channel<Trade>,
/// #     pub bars: Channel<Vec<Bar>>,
/// # }
/// # #[derive(GatewayModule)]
/// # #[module(channels = Market, writes(trades))]
/// # pub struct Feed;
/// # impl Connect for Feed {
/// #     fn connect(&self, _: FeedBus<'_>) -> Result { Ok(()) }
/// # }
/// # #[derive(GatewayModule)]
/// # #[module(channels = Market, reads(trades), writes(bars))]
/// # pub struct Bars { pub every: Duration }
/// # impl Connect for Bars {
/// #     fn connect(&self, _: BarsBus<'_>) -> Result { Ok(()) }
/// # }
///
/// gateway! {
///     /// The market, with bars of a second and of a minute.
///     pub fn market_gateway(seconds: u64) -> Gateway<Market> {
///         modules: [
///             Feed,
///             Bars { every: Duration::from_secs(seconds) },
///             minutes = Bars { every: Duration::from_secs(60) },
///             Rest::default(),
///             WebSockets::default(),
///         ]
///     }
/// }
/// ```
///
/// This is a function that returns the gateway, with the modules in place of a body. Each is an expression
/// that tells its type: `Module`, `Module { … }`, `Module(…)`, or `Module::function(…)`, also with methods after
/// it that return the module; the type's name begins with a capital letter. `name = …` gives it a name in place of its own, which is needed when two modules
/// are of one type.
///
/// It does not compile if two modules have one name, if a channel is read that nothing writes and nobody may
/// send, or if modules wait for each other in a circle. The message names the channel, the modules and what can
/// be done.
///
/// `#[gateway(crate = "::path")]` before the function names the crate for generated code, in place of
/// `::gateway_runtime`.
#[proc_macro]
pub fn gateway(input: TokenStream) -> TokenStream {
    composition::expand(input.into()).into()
}
