//! What modules can rely on, in simulated time.

#![allow(missing_docs, reason = "the structs of a test are not an interface")]

use std::time::Duration;

use gateway_runtime::prelude::*;
use gateway_runtime::testing::Harness;

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Number {
    /// A number.
    pub n: i64,
}

fn number(n: i64) -> Number {
    Number { n }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
pub enum Side {
    Buy,
    Sell,
}

#[gateway_channels]
pub struct Numbers {
    #[channel(send, state(key = "n"), lookup)]
    pub input: Channel<Number>,
    pub doubled: Channel<Number>,
    pub tripled: Channel<Number>,
    /// Pairs of what ticked together.
    pub pairs: Channel<Vec<Number>>,
    pub absent: Channel<Number>,
    pub ticks: Channel<Number>,
    #[channel(send)]
    pub sides: Basket<Side, Number>,
    pub buys: Channel<Number>,
}

#[derive(GatewayModule)]
#[module(channels = Numbers, reads(input), writes(doubled, tripled))]
struct Multiply;

impl Connect for Multiply {
    fn connect(&self, bus: MultiplyBus<'_>) -> Result {
        bus.doubled.publish(&bus.input.ticks().map(|tick| number(tick.n * 2)))?;
        bus.tripled.publish(&bus.input.ticks().map(|tick| number(tick.n * 3)))
    }
}

/// Pairs every double with the triple of the same cycle.
#[derive(GatewayModule)]
#[module(channels = Numbers, reads(doubled, tripled), writes(pairs))]
struct Pair;

impl Connect for Pair {
    fn connect(&self, bus: PairBus<'_>) -> Result {
        let pairs = bus.doubled.ticks().with_latest(&bus.tripled.ticks());
        bus.pairs.publish(&pairs.map(|(double, triple)| {
            let triple = triple.as_ref().map(|tick| tick.value.clone());
            [Some(double.value.clone()), triple].into_iter().flatten().collect::<Vec<_>>()
        }))
    }
}

#[test]
fn channels_written_in_one_cycle_tick_together() {
    let mut harness = Harness::new(Gateway::new().module(Pair).module(Multiply)).expect("fits");
    harness.send(|c| &c.input, number(1)).advance(Duration::from_secs(1)).send(|c| &c.input, number(2));
    let run = harness.run().expect("runs");
    assert_eq!(run.values(|c| &c.pairs), [number(2), number(3), number(4), number(6)]);
    let at =
        |ticks: Vec<(Duration, _)>| ticks.into_iter().map(|(at, _): (Duration, _)| at).collect::<Vec<_>>();
    assert_eq!(at(run.ticks(|c| &c.pairs)), at(run.ticks(|c| &c.input)), "no cycle is added");
}

/// Pairs the input with a channel that nothing has ticked.
#[derive(GatewayModule)]
#[module(channels = Numbers, reads(input), optional(absent), writes(pairs))]
struct PairWithAbsent;

impl Connect for PairWithAbsent {
    fn connect(&self, bus: PairWithAbsentBus<'_>) -> Result {
        let pairs = bus.input.ticks().with_latest(&bus.absent.ticks());
        bus.pairs.publish(&pairs.map(|(tick, absent)| {
            assert!(absent.is_none(), "it never ticked");
            vec![tick.value.clone()]
        }))
    }
}

#[test]
fn a_channel_that_never_ticked_is_absent_and_not_a_default() {
    let mut harness = Harness::new(Gateway::new().module(PairWithAbsent)).expect("fits");
    harness.send(|c| &c.input, number(1));
    assert_eq!(harness.run().expect("runs").values(|c| &c.pairs), [number(1)]);
}

#[derive(GatewayModule)]
#[module(channels = Numbers, writes(ticks))]
struct Timer {
    every: Duration,
}

impl Connect for Timer {
    fn connect(&self, bus: TimerBus<'_>) -> Result {
        let count = bus.at_start().merge(&bus.every(self.every)).count();
        bus.ticks.publish(&count.map(|n| number(*n as i64)))
    }
}

#[test]
fn timers_tick_at_their_exact_times() {
    let every = Duration::from_millis(250);
    let mut harness = Harness::new(Gateway::new().module(Timer { every })).expect("fits");
    harness.advance(Duration::from_secs(1));
    let times: Vec<_> =
        harness.run().expect("runs").ticks(|c| &c.ticks).into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [0, 250, 500, 750, 1000].map(Duration::from_millis));
}

/// Counts down to nought on its own channel.
#[derive(GatewayModule)]
#[module(channels = Numbers, feedback(input), writes(input))]
struct CountDown;

impl Connect for CountDown {
    fn connect(&self, bus: CountDownBus<'_>) -> Result {
        bus.input.publish(&bus.input.ticks().filter(|tick| tick.n > 0).map(|tick| number(tick.n - 1)))
    }
}

#[test]
fn feedback_arrives_a_nanosecond_later() {
    let mut harness = Harness::new(Gateway::new().module(CountDown)).expect("fits");
    harness.send(|c| &c.input, number(3));
    let ticks = harness.run().expect("runs").ticks(|c| &c.input);
    let seen: Vec<_> = ticks.iter().map(|(at, ticks)| (at.as_nanos(), ticks[0].n)).collect();
    assert_eq!(seen, [(0, 3), (1, 2), (2, 1), (3, 0)]);
}

#[derive(GatewayModule)]
#[module(channels = Numbers, reads(sides), writes(buys, ticks))]
struct Sides;

impl Connect for Sides {
    fn connect(&self, bus: SidesBus<'_>) -> Result {
        bus.buys.publish(&bus.sides.key(&Side::Buy))?;
        bus.ticks.publish(&bus.sides.ticks().map(|keys| number(keys.len() as i64)))
    }
}

#[test]
fn a_basket_is_read_whole_or_by_key_and_ticks_keep_their_ids() {
    let mut harness = Harness::new(Gateway::new().module(Sides)).expect("fits");
    harness.send_key(|c| &c.sides, &Side::Sell, number(1)).send_key(|c| &c.sides, &Side::Buy, number(2));
    harness.check(|c| {
        assert_eq!(c.sides.last(&Side::Buy)[0].n, 2);
        assert_eq!(c.buys.last()[0].id, c.sides.last(&Side::Buy)[0].id);
    });
    let run = harness.run().expect("runs");
    assert_eq!(run.keyed_values(|c| &c.sides), [(Side::Sell, number(1)), (Side::Buy, number(2))]);
    assert_eq!(run.values(|c| &c.buys), [number(2)]);
    assert_eq!(run.values(|c| &c.ticks), [number(1), number(1)]);
}

#[test]
fn lookup_finds_what_ticked() {
    let mut harness = Harness::new(Gateway::<Numbers>::new()).expect("fits");
    harness.send(|c| &c.input, number(7)).check(|c| {
        let tick = &c.input.last()[0];
        assert_eq!(c.input.lookup(&tick.id).as_ref(), Some(tick));
        assert!(c.input.lookup(&"unknown".into()).is_none());
    });
    harness.run().expect("runs");
}

#[derive(GatewayModule)]
#[module(channels = Numbers, reads(input), writes(doubled))]
struct Fails {
    panics: bool,
}

impl Connect for Fails {
    fn connect(&self, bus: FailsBus<'_>) -> Result {
        let panics = self.panics;
        bus.doubled.publish(&bus.input.ticks().try_map(move |tick| {
            assert!(!panics, "it is {}", tick.n);
            if tick.n > 1 { Err(format!("{} is too much", tick.n)) } else { Ok(tick.value.clone()) }
        }))
    }
}

#[test]
fn a_modules_error_stops_the_gateway_with_its_name() {
    for (panics, message) in
        [(false, "module `Fails`: 2 is too much"), (true, "module `Fails`: it panicked: it is 2")]
    {
        let mut harness = Harness::new(Gateway::new().module(Fails { panics })).expect("fits");
        harness.send(|c| &c.input, number(2));
        let error = harness.run().err().expect("fails").to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_failed_check_fails_the_run() {
    let mut harness = Harness::new(Gateway::new().module(Multiply)).expect("fits");
    harness.check(|c| assert!(!c.input.last().is_empty(), "nothing has ticked"));
    let error = harness.run().err().expect("fails").to_string();
    assert!(error.contains("nothing has ticked"), "{error}");
}

#[derive(GatewayModule)]
#[module(channels = Numbers, reads(input), writes(ticks, pairs))]
struct Windows;

impl Connect for Windows {
    fn connect(&self, bus: WindowsBus<'_>) -> Result {
        let second = Duration::from_secs(1);
        bus.pairs.publish(
            &bus.input
                .ticks()
                .window(second)
                .map(|window| window.iter().map(|tick| tick.value.clone()).collect::<Vec<_>>()),
        )?;
        let late = bus.input.ticks().delay(Duration::from_millis(300));
        let calm = bus.input.ticks().throttle(second).map(|tick| number(100 + tick.n));
        bus.ticks.publish(&late.map(|tick| tick.value.clone()).merge(&calm))
    }
}

#[test]
fn windows_delays_and_throttles_follow_the_engines_clock() {
    let mut harness = Harness::new(Gateway::new().module(Windows)).expect("fits");
    let step = Duration::from_millis(400);
    for n in 1..=4 {
        harness.send(|c| &c.input, number(n)).advance(step);
    }
    harness.advance(Duration::from_secs(2));
    let run = harness.run().expect("runs");
    let windows: Vec<_> =
        run.ticks(|c| &c.pairs).iter().map(|(at, ticks)| (at.as_millis(), ticks.len())).collect();
    // Sent at 0, 400, 800 and 1200 ms. A window has no tick of its own: its records are ticked at its end.
    assert_eq!(windows, [(1000, 3), (2000, 1)]);
    let ticks: Vec<_> =
        run.ticks(|c| &c.ticks).iter().map(|(at, ticks)| (at.as_millis(), ticks[0].n)).collect();
    assert_eq!(ticks, [(0, 101), (300, 1), (700, 2), (1000, 103), (1100, 3), (1500, 4), (2000, 104)]);
}
