//! A graph that is sent more than it can take.

#![allow(missing_docs, reason = "the structs of a test are not an interface")]

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use gateway_runtime::endpoint::SendError;
use gateway_runtime::prelude::*;
use gateway_runtime::replay::Replay;
use gateway_schema::{Cell, FieldType, Problems, WireType};

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Number {
    pub n: i64,
}

#[gateway_channels]
pub struct Numbers {
    #[channel(send)]
    pub input: Channel<Number>,
    pub produced: Channel<Number>,
}

fn settings(ingress_messages: usize) -> Settings {
    let mut settings = Settings::default();
    settings.port = 0;
    settings.ingress_messages = ingress_messages;
    settings
}

/// Sends as quickly as it can, from several threads.
#[derive(GatewayModule)]
#[module(channels = Numbers, writes(produced))]
struct Flood;

impl Connect for Flood {
    fn connect(&self, bus: FloodBus<'_>) -> Result {
        for _ in 0..4 {
            let sender = bus.produced.sender();
            bus.spawn(move |stop| {
                while !stop.is_requested() {
                    sender.send(Number { n: 1 })?;
                }
                Ok(())
            });
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_does_not_keep_others_from_being_served() {
    let limit = 1000;
    let running = Gateway::new().module(Flood).start(settings(limit)).await.expect("starts");
    let mut produced = running.channels().produced.subscribe();
    for n in 0..20 {
        running.channels().input.send(Number { n }).await.expect("is sent");
    }
    // One cycle takes no more than may wait, however quick the senders are.
    let (mut instant, mut ticks) = (Timestamp::from_nanos(0), 0);
    let end = Instant::now() + Duration::from_secs(1);
    while Instant::now() < end {
        match produced.recv().await {
            Ok(event) => {
                let record: serde_json::Value = serde_json::from_slice(&event.json(0)).expect("is JSON");
                let at = record[0]["timestamp"].as_str().and_then(|at| at.parse().ok()).expect("is a time");
                (instant, ticks) = if at == instant { (at, ticks + 1) } else { (at, 1) };
                assert!(ticks <= limit, "{ticks} ticks of one instant");
            }
            Err(_) => ticks = 0,
        }
    }
    running.stop().await.expect("stops");
}

/// Sends from a stream's function, which runs on the graph's thread.
#[derive(GatewayModule)]
#[module(channels = Numbers, reads(input), writes(produced))]
struct Inward {
    outcomes: Sender<std::result::Result<(), SendError>>,
}

impl Connect for Inward {
    fn connect(&self, bus: InwardBus<'_>) -> Result {
        let (sender, outcomes) = (bus.produced.sender(), self.outcomes.clone());
        bus.input
            .ticks()
            .try_for_each(move |_| (0..3).try_for_each(|n| outcomes.send(sender.send(Number { n }))));
        Ok(())
    }
}

#[tokio::test]
async fn the_graphs_own_thread_does_not_wait_for_itself() {
    let (outcomes, seen) = channel();
    let running = Gateway::new().module(Inward { outcomes }).start(settings(2)).await.expect("starts");
    running.channels().input.send(Number { n: 0 }).await.expect("is sent");
    let outcomes: Vec<_> =
        (0..3).map(|_| seen.recv_timeout(Duration::from_secs(5)).expect("the graph does not wait")).collect();
    assert!(matches!(outcomes[..], [Ok(()), Ok(()), Err(SendError::Overloaded(2))]), "{outcomes:?}");
    running.stop().await.expect("stops");
}

#[tokio::test]
async fn what_waits_for_the_graph_is_bounded_in_bytes_and_one_message_always_fits() {
    let (outcomes, seen) = channel();
    let mut settings = settings(1000);
    settings.ingress_bytes = 1;
    let running = Gateway::new().module(Inward { outcomes }).start(settings).await.expect("starts");
    for n in 0..2 {
        running.channels().input.send(Number { n }).await.expect("is sent");
        let outcomes: Vec<_> =
            (0..3).map(|_| seen.recv_timeout(Duration::from_secs(5)).expect("is refused")).collect();
        let refused = |outcome: &std::result::Result<_, _>| matches!(outcome, Err(SendError::Overloaded(_)));
        assert!(outcomes[0].is_ok() && outcomes[1..].iter().all(refused), "{outcomes:?}");
    }
    running.stop().await.expect("stops");
}

/// Waits for the stop and for nothing else.
#[derive(GatewayModule)]
#[module(channels = Numbers, writes(produced))]
struct Patient {
    stopped: Arc<Mutex<Option<bool>>>,
}

impl Connect for Patient {
    fn connect(&self, bus: PatientBus<'_>) -> Result {
        let stopped = Arc::clone(&self.stopped);
        bus.spawn(move |stop| {
            *stopped.lock().expect("is not poisoned") = Some(!stop.wait(Duration::MAX));
            Ok(())
        });
        Ok(())
    }
}

#[tokio::test]
async fn a_thread_may_wait_for_the_stop_alone() {
    let stopped = Arc::new(Mutex::new(None));
    let patient = Patient { stopped: Arc::clone(&stopped) };
    let running = Gateway::new().module(patient).start(settings(10)).await.expect("starts");
    running.stop().await.expect("stops");
    assert_eq!(*stopped.lock().expect("is not poisoned"), Some(true));
}

#[test]
fn what_is_older_than_the_clock_is_not_lost() {
    let mut replay = Replay::new(Gateway::<Numbers>::new(), settings(10)).expect("fits");
    replay.record(Timestamp::from_nanos(-5), |c| &c.input, Number { n: 1 });
    let channels = replay.run().expect("runs");
    assert_eq!(channels.input.last()[0].n, 1);
}

#[tokio::test]
async fn bounds_out_of_all_proportion_are_no_reason_to_fail() {
    let mut settings = settings(usize::MAX);
    settings.fanout_ticks = usize::MAX;
    settings.lookup_records = usize::MAX;
    settings.state_rows = usize::MAX;
    settings.basket_keys = usize::MAX;
    settings.max_body_bytes = usize::MAX;
    settings.max_connections = usize::MAX;
    settings.shutdown_grace = Duration::MAX;
    let running = Gateway::<Numbers>::new().start(settings).await.expect("starts");
    running.channels().input.send(Number { n: 1 }).await.expect("is sent");
    running.stop().await.expect("stops");
}

/// The threads on which a [`Watched`] was read and written.
static THREADS: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());

/// A number that notes where it is read and written.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched(i64);

fn note() {
    THREADS.lock().expect("is not poisoned").push(std::thread::current().id());
}

impl WireType for Watched {
    const TYPE: FieldType = FieldType::Int(64);

    fn write<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        note();
        serializer.serialize_i64(self.0)
    }

    fn read(input: &serde_json::Value, problems: &mut Problems) -> Option<Self> {
        note();
        i64::read(input, problems).map(Watched)
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Int(self.0)
    }
}

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Record {
    pub n: Watched,
}

#[gateway_channels]
pub struct Records {
    #[channel(send)]
    pub records: Channel<Record>,
}

#[tokio::test]
async fn a_large_send_is_read_and_answered_off_the_asynchronous_thread() {
    let running = Gateway::<Records>::new().start(settings(10)).await.expect("starts");
    let endpoint = Arc::clone(running.hub().channel("records").expect("is a channel"));
    let here = std::thread::current().id();
    for (records, aside) in [(1, false), (10_000, true)] {
        THREADS.lock().expect("is not poisoned").clear();
        let body = vec![serde_json::json!({"n": 1}); records];
        endpoint.send(None, body.into()).await.expect("is sent");
        let threads = THREADS.lock().expect("is not poisoned");
        assert_eq!(threads.len(), 2 * records, "each is read and written once");
        assert!(threads.iter().all(|thread| (*thread != here) == aside));
    }
    running.stop().await.expect("stops");
}
