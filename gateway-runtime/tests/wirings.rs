//! Random compositions: nothing is lost, nothing is reordered, and the same history gives the same ticks.

#![allow(missing_docs, reason = "the structs of a test are not an interface")]

use std::time::Duration;

use gateway_runtime::module::bus::ModuleContext;
use gateway_runtime::prelude::*;
use gateway_runtime::testing::{Harness, Recording};
use gateway_schema::Wiring;
use gateway_schema::wiring::order;
use proptest::prelude::*;

/// A number with the way it came: which module forwarded it, from which channel.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Item {
    /// The number that was sent.
    pub number: u32,
    /// How many modules forwarded it.
    pub hops: u32,
    /// The module that forwarded it last, and the channel it read it from; none for what was sent.
    pub by: Option<u32>,
    /// The channel.
    pub from: Option<u32>,
}

#[gateway_channels]
pub struct Lines {
    #[channel(send)]
    pub a: Channel<Item>,
    #[channel(send)]
    pub b: Channel<Item>,
    #[channel(send)]
    pub c: Channel<Item>,
    #[channel(send)]
    pub d: Channel<Item>,
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
/// Items are not forwarded further than this, so that cycles by feedback end.
const MAX_HOPS: u32 = 4;

/// Forwards everything from some channels to others.
#[derive(Clone, Debug)]
struct Forward {
    number: u32,
    reads: Vec<usize>,
    feedback: Vec<usize>,
    writes: Vec<usize>,
}

fn names(channels: &[usize]) -> &'static [&'static str] {
    // A wiring is constant data in real programs; the few that a test makes may stay for its life.
    Vec::leak(channels.iter().map(|channel| NAMES[*channel]).collect())
}

impl Forward {
    fn wiring_of(&self) -> Wiring {
        Wiring {
            module: format!("forward{}", self.number).leak(),
            reads: names(&self.reads),
            optional: &[],
            feedback: names(&self.feedback),
            writes: names(&self.writes),
        }
    }

    fn sources(&self) -> impl Iterator<Item = usize> + '_ {
        self.reads.iter().chain(&self.feedback).copied()
    }
}

impl Module<Lines> for Forward {
    fn wiring(&self) -> Wiring {
        self.wiring_of()
    }

    fn connect_to(&self, module: ModuleContext<'_>) -> Result {
        for from in self.sources() {
            let input = if self.feedback.contains(&from) {
                module.feedback::<Channel<Item>>(NAMES[from])
            } else {
                module.reader::<Channel<Item>>(NAMES[from])
            };
            let by = self.number;
            let items = input.ticks().filter(|item| item.hops < MAX_HOPS).map(move |item| Item {
                hops: item.hops + 1,
                by: Some(by),
                from: Some(from as u32),
                ..item.value.clone()
            });
            for to in &self.writes {
                module.writer::<Channel<Item>>(NAMES[*to]).publish(&items)?;
            }
        }
        Ok(())
    }
}

fn channels() -> impl Strategy<Value = Vec<usize>> {
    proptest::sample::subsequence(vec![0, 1, 2, 3], 0..=2)
}

/// Modules that fit together: channels that a module would wait for in a circle are read by feedback.
fn compositions() -> impl Strategy<Value = Vec<Forward>> {
    proptest::collection::vec((channels(), channels()), 1..5).prop_map(|parts| {
        let mut modules: Vec<Forward> = Vec::new();
        for (number, (reads, writes)) in parts.into_iter().enumerate() {
            let mut module = Forward { number: number as u32, reads, feedback: Vec::new(), writes };
            let wirings =
                |module: &Forward| modules.iter().chain([module]).map(Forward::wiring_of).collect::<Vec<_>>();
            if order(Lines::SCHEMA, &wirings(&module)).is_err() {
                module.feedback = std::mem::take(&mut module.reads);
            }
            assert!(order(Lines::SCHEMA, &wirings(&module)).is_ok(), "feedback breaks every cycle");
            modules.push(module);
        }
        modules
    })
}

/// What is sent: a channel and the microseconds since what was sent before.
fn sends() -> impl Strategy<Value = Vec<(usize, u64)>> {
    proptest::collection::vec((0..4_usize, prop_oneof![Just(0), 1..50_u64]), 1..20)
}

fn line(lines: &Lines, channel: usize) -> &Channel<Item> {
    [&lines.a, &lines.b, &lines.c, &lines.d][channel]
}

fn run(modules: &[Forward], sends: &[(usize, u64)]) -> Recording<Lines> {
    let gateway = modules.iter().cloned().fold(Gateway::new(), Gateway::module);
    let mut harness = Harness::new(gateway).expect("fits together");
    for (number, (channel, pause)) in sends.iter().enumerate() {
        let item = Item { number: number as u32, hops: 0, by: None, from: None };
        harness.advance(Duration::from_micros(*pause)).send(|lines| line(lines, *channel), item);
    }
    harness.advance(Duration::from_millis(1));
    harness.run().expect("runs")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_lost_and_nothing_reordered(modules in compositions(), sends in sends()) {
        let recording = run(&modules, &sends);
        let ticked = |channel: usize| recording.values(|lines| line(lines, channel));

        // What was sent is there, in order.
        for channel in 0..4 {
            let sent = sends.iter().enumerate().filter(|(_, (to, _))| *to == channel).map(|(number, _)| number as u32);
            let arrived = ticked(channel).into_iter().filter(|item| item.by.is_none()).map(|item| item.number);
            prop_assert_eq!(arrived.collect::<Vec<_>>(), sent.collect::<Vec<_>>());
        }
        // What each module read, it has forwarded, in order, to each of its channels.
        for module in &modules {
            for from in module.sources() {
                let read: Vec<_> = ticked(from).into_iter().filter(|item| item.hops < MAX_HOPS).map(|item| (item.number, item.hops + 1)).collect();
                for to in &module.writes {
                    let written: Vec<_> = ticked(*to)
                        .into_iter()
                        .filter(|item| item.by == Some(module.number) && item.from == Some(from as u32))
                        .map(|item| (item.number, item.hops))
                        .collect();
                    prop_assert_eq!(&written, &read, "module {} from {} to {}", module.number, from, to);
                }
            }
        }
    }

    #[test]
    fn ticks_of_one_instant_are_in_the_order_of_the_composition(modules in compositions(), sends in sends()) {
        let recording = run(&modules, &sends);
        for channel in 0..4 {
            let ticks = recording.ticks(|lines| line(lines, channel));
            for pair in ticks.windows(2) {
                let ((t1, a), (t2, b)) = (&pair[0], &pair[1]);
                prop_assert!(t1 <= t2);
                if t1 == t2 {
                    prop_assert!(a[0].by <= b[0].by, "{:?} then {:?}", a, b);
                }
                prop_assert!(a[0].id < b[0].id || t1 == t2);
            }
        }
    }

    #[test]
    fn the_same_history_gives_the_same_ticks(modules in compositions(), sends in sends()) {
        let (first, second) = (run(&modules, &sends), run(&modules, &sends));
        for channel in 0..4 {
            prop_assert_eq!(first.ticks(|lines| line(lines, channel)), second.ticks(|lines| line(lines, channel)));
        }
    }
}
