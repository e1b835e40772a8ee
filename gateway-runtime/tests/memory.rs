//! A busy gateway with default settings stays under 500 MB, however much it is sent.
//!
//! Alone in its file: what it measures is the memory of the whole process.

#![cfg(all(feature = "duckdb", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]
#![allow(missing_docs, reason = "the structs of a test are not an interface")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_runtime::endpoint::SendError;
use gateway_runtime::prelude::*;
use gateway_schema::GatewayStruct as _;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

#[path = "wire/client.rs"]
#[expect(dead_code, reason = "not all of it is needed here")]
mod client;

use client::Client;

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Document {
    pub name: String,
    pub kind: String,
    pub text: String,
    pub numbers: Vec<f64>,
    pub tags: BTreeMap<String, String>,
    pub any: Value,
}

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Reading {
    pub sensor: String,
    pub value: f64,
}

#[gateway_channels]
pub struct Busy {
    #[channel(lookup, state(key = "name"), state(key = ["kind", "name"], alias = "by_kind"))]
    pub documents: Channel<Document>,
    #[channel(send, stage, state(key = "name"))]
    pub drafts: Channel<Document>,
    #[channel(lookup, state(key = "sensor"))]
    pub readings: Channel<Vec<Reading>>,
    pub by_name: Basket<String, Document>,
    #[channel(lookup)]
    pub lists: Basket<String, Vec<Reading>>,
}

const CHANNELS: [&str; 5] = ["documents", "drafts", "readings", "by_name", "lists"];

/// Documents of about 20 kB on each of three channels: ten times what there is room for.
const DOCUMENTS: usize = 8000;

/// Lists of 1000 readings on each of two channels: likewise.
const LISTS: usize = 600;

/// Fewer than there is room for by number.
const KEYS: usize = 5000;

fn document(n: usize) -> Document {
    Document {
        name: format!("document {n}"),
        kind: format!("kind {}", n % 7),
        text: format!("{n:08}").repeat(1000),
        numbers: (0..500).map(|at| (n * at) as f64 / 7.0).collect(),
        tags: (0..20).map(|tag| (format!("tag {tag}"), format!("{n:040}"))).collect(),
        any: json!({ "list": vec![n; 50], "text": format!("{n:0100}") }),
    }
}

fn readings(n: usize) -> Vec<Reading> {
    (0..1000).map(|at| Reading { sensor: format!("sensor {}", n * 1000 + at), value: at as f64 }).collect()
}

/// Sends as quickly as it can, from a thread for each channel.
#[derive(GatewayModule)]
#[module(channels = Busy, writes(documents, drafts, readings, by_name, lists))]
struct Flood {
    /// How many of the threads have sent everything.
    done: Arc<AtomicUsize>,
}

impl Connect for Flood {
    fn connect(&self, bus: FloodBus<'_>) -> Result {
        type Send = Box<dyn FnMut(usize) -> std::result::Result<(), SendError> + std::marker::Send>;
        let (documents, drafts) = (bus.documents.sender(), bus.drafts.sender());
        let (by_name, read, lists) = (bus.by_name.sender(), bus.readings.sender(), bus.lists.sender());
        let floods: [(usize, Send); CHANNELS.len()] = [
            (DOCUMENTS, Box::new(move |n| documents.send(document(n)))),
            (DOCUMENTS, Box::new(move |n| drafts.send(document(n)))),
            (DOCUMENTS, Box::new(move |n| by_name.send(&format!("key {}", n % KEYS), document(n)))),
            (LISTS, Box::new(move |n| read.send(readings(n)))),
            (LISTS, Box::new(move |n| lists.send(&format!("key {n}"), readings(n)))),
        ];
        for (count, send) in floods {
            let done = Arc::clone(&self.done);
            bus.spawn(move |_| {
                (0..count).try_for_each(send)?;
                done.fetch_add(1, Ordering::Release);
                Ok(())
            });
        }
        Ok(())
    }
}

/// The most memory that the process has had so far, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_gateway_with_default_settings_stays_under_500_mb() {
    let done = Arc::new(AtomicUsize::new(0));
    let mut settings = Settings::default();
    settings.port = 0;
    let gateway = Gateway::<Busy>::new().module(Rest::default()).module(WebSockets).module(Sql);
    let running = gateway.module(Flood { done: Arc::clone(&done) }).start(settings).await.unwrap();
    let hub = running.hub();

    // Subscribers that never read: in the process, and over the network.
    let mut unread: Vec<_> = CHANNELS.iter().map(|name| hub.channels[name].subscribe()).collect();
    let client = Client::new(running.address());
    let mut streams = Vec::new();
    for channel in CHANNELS {
        let mut stream = client.stream().await;
        stream.send(&json!({ "action": "subscribe", "channel": channel }).to_string()).await;
        streams.push(stream);
    }

    // Meanwhile records are staged until there is no more room, and some of those that are there are read, so that
    // their JSON is kept.
    let (mut staged, mut full) = (0, false);
    while done.load(Ordering::Acquire) < CHANNELS.len() || !full {
        for _ in 0..50 {
            if full {
                break;
            }
            // An area for each record: the answer has all that is in its area.
            let area = client.post("/api/v1/stage/drafts", "").await.status;
            let record = document(staged).to_json().to_string();
            let added = client.post("/api/v1/stage/drafts", &record).await.status;
            full = (area, added) == (200, 409);
            staged += usize::from(!full);
        }
        for alias in hub.states.keys() {
            let answer = client.get(&format!("/api/v1/state/{alias}?limit=200&sort=-id")).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let sql = json!({ "sql": format!("SELECT count(*), max(id) FROM {alias}") }).to_string();
            let answer = client.post("/api/v1/sql", &sql).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
    }

    // Every bound was reached.
    for (alias, state) in &hub.states {
        assert!(state.dropped() > 0 && state.bytes() <= state.bounds().bytes, "{alias}");
    }
    assert!((100..1000).contains(&staged), "{staged} were staged");
    assert!((1..KEYS).contains(&hub.channels["by_name"].keys().len()));
    for (name, ticks) in CHANNELS.iter().zip(&mut unread) {
        let missed = ticks.recv().await;
        assert!(matches!(missed, Err(RecvError::Lagged(_))), "{name}: no tick was missed");
    }

    let peak = peak();
    println!("peak {} MB", peak / 1_000_000);
    assert!(peak < 500_000_000, "{} MB", peak / 1_000_000);
    drop(streams);
    running.stop().await.unwrap();
}
