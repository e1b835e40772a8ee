//! A gateway at work: how fast ticks go through its graph, and out to subscribers.

use std::sync::OnceLock;
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use gateway_runtime::prelude::*;
use tokio::runtime::Runtime;

/// The last quote of a symbol.
#[derive(Clone, Debug, GatewayStruct)]
pub struct Quote {
    /// The key.
    symbol: String,
    bid: f64,
    ask: f64,
    size: u32,
}

/// What is quoted.
#[gateway_channels]
pub struct Market {
    /// Every quote, kept by symbol and by id.
    #[channel(send, state(key = "symbol"), lookup)]
    pub quotes: Channel<Vec<Quote>>,
    /// Every quote, kept by symbol.
    #[channel(send, state(key = "symbol"))]
    pub singles: Channel<Quote>,
}

/// Records that are sent at once, as ticks of one record each or as one tick of many.
const BATCH: usize = 10_000;

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime can be made"))
}

fn start() -> Running<Market> {
    let mut settings = Settings::default();
    settings.port = 0;
    settings.fanout_ticks = 2 * BATCH;
    settings.shutdown_grace = Duration::from_secs(1);
    runtime().block_on(Gateway::<Market>::new().start(settings)).expect("the gateway starts")
}

fn quote(n: usize) -> Quote {
    Quote { symbol: format!("SYM{:07}", n % 1_000), bid: n as f64, ask: n as f64 + 0.5, size: 100 }
}

/// Sends ticks of one record each and waits until the last one is published.
async fn send_singles(market: &Market, quotes: Vec<Quote>) {
    let sends = quotes.into_iter().map(|quote| market.singles.send(quote));
    for sent in futures::future::join_all(sends).await {
        sent.expect("is sent");
    }
}

/// From the ingress to last, state and subscribers: one record a tick, each sent on its own.
#[divan::bench(max_time = 5)]
fn ticks_one_by_one(bencher: Bencher) {
    let running = start();
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| (0..BATCH).map(quote).collect())
        .bench_local_values(|quotes| runtime().block_on(send_singles(running.channels(), quotes)));
    runtime().block_on(running.stop()).expect("the gateway stops");
}

/// From the ingress to last, state, lookup and subscribers: many records in a tick.
#[divan::bench(max_time = 5)]
fn records_in_one_tick(bencher: Bencher) {
    let running = start();
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| (0..BATCH).map(quote).collect::<Vec<_>>())
        .bench_local_values(|quotes| {
            runtime().block_on(running.channels().quotes.send(quotes)).expect("is sent")
        });
    runtime().block_on(running.stop()).expect("the gateway stops");
}

/// Ticks to subscribers in the same process, each of whom reads every tick's frame. Counts what arrives.
#[divan::bench(args = [1, 10, 100], max_time = 5)]
fn fan_out(bencher: Bencher, subscribers: usize) {
    const TICKS: usize = 1_000;
    let running = start();
    bencher
        .counter(ItemsCount::new(TICKS * subscribers))
        .with_inputs(|| (0..TICKS).map(quote).collect())
        .bench_local_values(|quotes| {
            runtime().block_on(async {
                let read = |_| {
                    let mut ticks = running.channels().singles.subscribe();
                    tokio::spawn(async move {
                        for _ in 0..TICKS {
                            let tick = ticks.recv().await.expect("falls not behind");
                            assert!(!tick.frame(0).is_empty());
                        }
                    })
                };
                let readers: Vec<_> = (0..subscribers).map(read).collect();
                send_singles(running.channels(), quotes).await;
                for reader in readers {
                    reader.await.expect("reads every tick");
                }
            });
        });
    runtime().block_on(running.stop()).expect("the gateway stops");
}

fn main() {
    divan::main();
}
