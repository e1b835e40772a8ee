//! The channels, data and modules of csp-gateway's omnibus demo: every kind of channel, state and staging.
//!
//! csp-gateway's own Python client can use it unchanged.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use gateway_runtime::prelude::*;

/// When the program started.
static STARTED: LazyLock<DateTime<Utc>> = LazyLock::new(Utc::now);

/// A struct inside of another.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(nested)]
pub struct ExampleCspStruct {
    /// A number.
    #[gateway(default = 12)]
    pub z: i64,
}

/// A record with a field of every kind.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(python = "csp_gateway.server.demo.omnibus.ExampleData")]
pub struct ExampleData {
    /// A number that counts up.
    #[gateway(custom = non_negative)]
    pub x: i64,
    /// The number as text, repeated.
    #[gateway(default)]
    pub y: String,
    /// A letter.
    #[gateway(default)]
    pub z: String,
    /// A struct inside.
    #[gateway(default = ExampleCspStruct { z: 12 })]
    pub internal_csp_struct: ExampleCspStruct,
    /// Some numbers.
    #[gateway(default)]
    pub data: Vec<f64>,
    /// The number by its text.
    #[gateway(default)]
    pub mapping: BTreeMap<String, i64>,
    /// When the program started.
    #[gateway(default = DateTime::UNIX_EPOCH)]
    pub dt: DateTime<Utc>,
    /// The day on which the program started.
    #[gateway(default = NaiveDate::default())]
    pub d: NaiveDate,
}

fn non_negative(x: &i64) -> Result<(), &'static str> {
    if *x < 0 { Err("value must be non-negative.") } else { Ok(()) }
}

/// The keys of a basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
pub enum ExampleEnum {
    /// The first.
    #[gateway(value = 1)]
    A,
    /// The second.
    #[gateway(value = 2)]
    B,
    /// The third.
    #[gateway(value = 3)]
    C,
}

/// Channels of every kind.
#[gateway_channels]
pub struct Omnibus {
    /// One record a second, and what is sent to it.
    #[channel(send, state(key = "id"), stage, lookup)]
    pub example: Channel<ExampleData>,
    /// The same records, each in a list.
    #[channel(lookup)]
    pub example_list: Channel<Vec<ExampleData>>,
    /// Nothing writes this one.
    #[channel(lookup)]
    pub never_ticks: Channel<ExampleData>,
    /// Records kept by id and number.
    #[channel(state(key = ["id", "x"]), lookup)]
    pub example_with_state: Channel<ExampleData>,
    /// Records kept in two tables.
    #[channel(
        state(key = ["id", "x"]),
        state(key = ["id", "y"], alias = "example_with_state_alternative"),
        lookup
    )]
    pub example_with_state_multiple: Channel<ExampleData>,
    /// A record for each member of an enum.
    #[channel(send, lookup)]
    pub basket: Basket<ExampleEnum, ExampleData>,
    /// A record for each of three texts.
    #[channel(lookup)]
    pub str_basket: Basket<String, ExampleData>,
    /// Records may be staged for this one.
    #[channel(stage, lookup)]
    pub example_with_stage: Channel<ExampleData>,
    /// Answers of the controls.
    #[channel(send, lookup)]
    pub controls: Channel<Controls>,
    /// What this is.
    #[field(value = BTreeMap::from([("name".to_owned(), "Demo".to_owned())]))]
    pub metadata: BTreeMap<String, String>,
}

/// Ticks every channel but one.
#[derive(GatewayModule)]
#[module(
    channels = Omnibus,
    writes(example, example_list, example_with_state, example_with_state_multiple, example_with_stage, basket, str_basket)
)]
pub struct Ticker {
    /// Time between two ticks.
    pub interval: Duration,
}

impl Connect for Ticker {
    fn connect(&self, bus: TickerBus<'_>) -> Result {
        let count = bus.every(self.interval).count();
        let data = count.map(|x| example(*x, 3));
        bus.example.publish(&data)?;
        bus.example_list.publish(&data.map(|data| vec![data.clone()]))?;
        bus.example_with_state.publish(&data)?;
        bus.example_with_state_multiple.publish(&data)?;
        bus.example_with_stage.publish(&data)?;

        let by_enum = [(ExampleEnum::A, 1), (ExampleEnum::B, 2), (ExampleEnum::C, 3)];
        bus.basket
            .publish(&count.map(move |x| by_enum.map(|(key, repeat)| (key, example(*x, repeat))).to_vec()))?;
        let by_text = [("a", 1), ("b", 2), ("c", 3)];
        bus.str_basket.publish(
            &count.map(move |x| by_text.map(|(key, repeat)| (key.to_owned(), example(*x, repeat))).to_vec()),
        )
    }
}

/// The record of a number. Letters and numbers look random and are the same in every replay.
fn example(x: u64, repeat: usize) -> ExampleData {
    let mix = |n: u64| (x * 31 + n).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11;
    let letter = char::from(b'a' + (mix(0) % 26) as u8);
    ExampleData {
        x: x as i64,
        y: x.to_string().repeat(repeat),
        z: letter.to_string(),
        internal_csp_struct: ExampleCspStruct { z: 12 },
        data: (1..=10).map(|n| mix(n) as f64 / (1_u64 << 53) as f64).collect(),
        mapping: BTreeMap::from([(x.to_string(), x as i64)]),
        dt: *STARTED,
        d: STARTED.date_naive(),
    }
}

/// Answers an even number with the next one, on the same channel.
#[derive(GatewayModule)]
#[module(channels = Omnibus, feedback(example), writes(example, basket))]
pub struct Feedback;

impl Connect for Feedback {
    fn connect(&self, bus: FeedbackBus<'_>) -> Result {
        let answers = bus.example.ticks().filter(|data| data.x % 2 == 0).map(|data| ExampleData {
            x: data.x + 1,
            y: data.y.clone(),
            ..example(0, 0)
        });
        bus.example.publish(&answers)?;
        bus.basket.publish_key(&ExampleEnum::A, &answers)
    }
}

gateway! {
    /// A gateway with every kind of channel.
    pub fn omnibus(interval: Duration) -> Gateway<Omnibus> {
        modules: [
            Ticker { interval },
            Feedback,
            Rest { mount_all: true },
            WebSockets,
            Sql,
            ControlsModule,
            ChannelsGraph,
        ]
    }
}

fn main() -> std::result::Result<(), Error> {
    omnibus(Duration::from_secs(1)).run(Settings::from_args())
}
