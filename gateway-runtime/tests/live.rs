//! A graph in real time, without a server.

#![allow(missing_docs, reason = "the structs of a test are not an interface")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use gateway_runtime::endpoint::SendError;
use gateway_runtime::prelude::*;
use gateway_runtime::replay::Replay;
use gateway_schema::filter::Plan;
use gateway_schema::{Cell, FieldType, Problems, WireType};

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Number {
    pub n: i64,
}

#[gateway_channels]
pub struct Numbers {
    #[channel(send, state(key = "n"), lookup)]
    pub input: Channel<Number>,
    pub doubled: Channel<Number>,
    pub produced: Channel<Number>,
}

#[derive(GatewayModule)]
#[module(channels = Numbers, reads(input), writes(doubled))]
struct Double;

impl Connect for Double {
    fn connect(&self, bus: DoubleBus<'_>) -> Result {
        bus.doubled.publish(&bus.input.ticks().try_map(|tick| {
            tick.n.checked_mul(2).map(|n| Number { n }).ok_or_else(|| format!("{} cannot be doubled", tick.n))
        }))
    }
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.port = 0;
    settings
}

#[tokio::test]
async fn what_was_sent_is_visible_when_send_returns() {
    let running = Gateway::new().module(Double).start(settings()).await.expect("starts");
    for n in 0..100 {
        let sent = running.channels().input.send(Number { n }).await.expect("is sent");
        assert_eq!(running.channels().input.last(), sent);
        assert_eq!(running.channels().input.lookup(&sent[0].id).as_ref(), Some(&sent[0]));
    }
    running.stop().await.expect("stops");
}

#[tokio::test]
async fn sends_after_the_end_are_refused_and_say_so() {
    let running = Gateway::new().module(Double).start(settings()).await.expect("starts");
    let input = running.channels().input.clone();
    running.stop().await.expect("stops");
    assert!(matches!(input.send(Number { n: 1 }).await, Err(SendError::Stopped)));
}

#[tokio::test]
async fn many_senders_lose_nothing_and_keep_their_order() {
    let running = Gateway::new().module(Double).start(settings()).await.expect("starts");
    let mut ticks = running.channels().doubled.subscribe();
    let senders = (0..8_i64).map(|sender| {
        let input = running.channels().input.clone();
        tokio::spawn(async move {
            for n in 0..100 {
                input.send(Number { n: sender * 1000 + n }).await.expect("is sent");
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.expect("sends");
    }
    let mut next = [0_i64; 8];
    for _ in 0..800 {
        let event = ticks.recv().await.expect("ticks");
        let record: serde_json::Value = serde_json::from_slice(&event.json(0)).expect("is JSON");
        let n = record[0]["n"].as_i64().expect("is a number") / 2;
        let (sender, n) = (usize::try_from(n / 1000).expect("is small"), n % 1000);
        assert_eq!(n, next[sender]);
        next[sender] += 1;
    }
    running.stop().await.expect("stops");
}

#[tokio::test]
async fn a_failing_module_stops_the_gateway_and_is_named() {
    let running = Gateway::new().module(Double).start(settings()).await.expect("starts");
    let input = running.channels().input.clone();
    input.send(Number { n: i64::MAX }).await.expect("it is published before it is computed with");
    let error = running.until_stopped().await.expect_err("fails").to_string();
    assert!(error.contains("module `Double`: 9223372036854775807 cannot be doubled"), "{error}");
    assert!(matches!(input.send(Number { n: 1 }).await, Err(SendError::Stopped)));
}

/// Produces from a thread until it is stopped, or fails.
#[derive(GatewayModule)]
#[module(channels = Numbers, writes(produced))]
struct Produce {
    fails: bool,
    ended: Arc<AtomicBool>,
    started: Arc<Barrier>,
}

impl Connect for Produce {
    fn connect(&self, bus: ProduceBus<'_>) -> Result {
        let (sender, fails) = (bus.produced.sender(), self.fails);
        let (ended, started) = (Arc::clone(&self.ended), Arc::clone(&self.started));
        bus.spawn(move |stop| {
            let mut n = 0;
            sender.send(Number { n })?;
            started.wait();
            while stop.wait(Duration::from_micros(10)) {
                n += 1;
                match sender.send(Number { n }) {
                    // Between the wait and the send the gateway may have stopped.
                    Err(SendError::Stopped) if stop.is_requested() => break,
                    sent => sent?,
                }
                if fails {
                    return Err("the source is gone".into());
                }
            }
            ended.store(true, Ordering::SeqCst);
            Ok(())
        });
        Ok(())
    }
}

#[tokio::test]
async fn a_modules_thread_runs_until_the_gateway_stops() {
    let (ended, started) = (Arc::new(AtomicBool::new(false)), Arc::new(Barrier::new(2)));
    let produce = Produce { fails: false, ended: Arc::clone(&ended), started: Arc::clone(&started) };
    let running = Gateway::new().module(produce).start(settings()).await.expect("starts");
    tokio::task::spawn_blocking(move || started.wait()).await.expect("waits");
    let produced = running.channels().produced.clone();
    running.stop().await.expect("stops without an error");
    assert!(!produced.last().is_empty());
    assert!(ended.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_modules_thread_that_fails_stops_the_gateway_and_is_named() {
    let (ended, started) = (Arc::new(AtomicBool::new(false)), Arc::new(Barrier::new(2)));
    let produce = Produce { fails: true, ended, started: Arc::clone(&started) };
    let running = Gateway::new().module(produce).start(settings()).await.expect("starts");
    tokio::task::spawn_blocking(move || started.wait()).await.expect("waits");
    let error = running.until_stopped().await.expect_err("fails").to_string();
    assert!(error.contains("module `Produce`: the source is gone"), "{error}");
}

/// Cannot be connected.
#[derive(GatewayModule)]
#[module(channels = Numbers, writes(produced))]
struct Broken {
    panics: bool,
}

impl Connect for Broken {
    fn connect(&self, _bus: BrokenBus<'_>) -> Result {
        assert!(!self.panics, "on purpose");
        Err("no such file".into())
    }
}

#[tokio::test]
async fn a_module_that_cannot_connect_keeps_the_gateway_from_starting() {
    for (panics, message) in [(false, "no such file"), (true, "it panicked: on purpose")] {
        let error = Gateway::new().module(Broken { panics }).start(settings()).await.err().expect("fails");
        assert_eq!(error.to_string(), format!("module `Broken` could not be connected: {message}"));
    }
}

#[tokio::test]
async fn modules_that_do_not_fit_together_are_all_named() {
    #[derive(GatewayModule)]
    #[module(channels = Numbers, reads(doubled))]
    struct Lonely;

    impl Connect for Lonely {
        fn connect(&self, _bus: LonelyBus<'_>) -> Result {
            Ok(())
        }
    }

    let error = Gateway::new()
        .module(Lonely)
        .module(Lonely)
        .start(settings())
        .await
        .err()
        .expect("fails")
        .to_string();
    assert!(error.contains("two modules are called `Lonely`"), "{error}");
    assert!(error.contains("`Lonely` reads channel `doubled`, which nothing writes"), "{error}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let first = Gateway::new().module(Double).start(settings()).await.expect("starts");
    let mut taken = settings();
    taken.port = first.address().port();
    let error = Gateway::new().module(Double).start(taken).await.err().expect("fails").to_string();
    assert!(error.contains("choose another port with `--port`"), "{error}");
    first.stop().await.expect("stops");
}

#[tokio::test]
async fn history_carries_over_to_the_live_gateway() {
    let mut replay = Replay::new(Gateway::new().module(Double), settings()).expect("fits");
    for n in 1..=3 {
        replay.record(Timestamp::from_nanos(n * 1_000), |c| &c.input, Number { n });
    }
    let running = replay.then_live().await.expect("goes live");
    assert_eq!(running.channels().doubled.last()[0].n, 6);
    assert_eq!(running.channels().doubled.last()[0].timestamp, Timestamp::from_nanos(3_000));
    running.channels().input.send(Number { n: 4 }).await.expect("is sent");
    let rows = running.hub().state("input").expect("has a table").rows();
    assert_eq!(rows, 4, "three of history and one live");
    running.stop().await.expect("stops");
}

/// How often a [`Counted`] was written.
static WRITTEN: AtomicUsize = AtomicUsize::new(0);

/// A number that counts how often it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted(i64);

impl WireType for Counted {
    const TYPE: FieldType = FieldType::Int(64);

    fn write<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        WRITTEN.fetch_add(1, Ordering::SeqCst);
        serializer.serialize_i64(self.0)
    }

    fn read(input: &serde_json::Value, problems: &mut Problems) -> Option<Self> {
        i64::read(input, problems).map(Counted)
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Int(self.0)
    }
}

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Once {
    pub n: Counted,
}

#[gateway_channels]
pub struct Shared {
    #[channel(send, state(key = "n"), lookup)]
    pub once: Channel<Once>,
}

#[tokio::test]
async fn a_tick_is_serialised_once_whoever_asks() {
    let running = Gateway::<Shared>::new().start(settings()).await.expect("starts");
    let mut subscribers: Vec<_> = (0..10).map(|_| running.channels().once.subscribe()).collect();
    let endpoint = Arc::clone(running.hub().channel("once").expect("is a channel"));
    let sent = endpoint.send(None, serde_json::json!({"n": 1})).await.expect("is sent");
    for subscriber in &mut subscribers {
        let event = subscriber.recv().await.expect("ticks");
        assert_eq!(event.json(0), sent);
        assert!(event.frame(0).ends_with(b"]}"));
    }
    assert_eq!(endpoint.last(None), sent);
    assert_eq!(running.hub().state("once").expect("has a table").query(&Plan::default()), sent);
    let id = running.channels().once.last()[0].id.clone();
    assert_eq!(
        format!("[{}]", String::from_utf8_lossy(&endpoint.lookup(&id).expect("is kept"))).as_bytes(),
        &*sent
    );
    assert_eq!(WRITTEN.load(Ordering::SeqCst), 1);
    running.stop().await.expect("stops");
}
