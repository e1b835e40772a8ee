//! The graph's thread.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gateway_schema::Timestamp;
use wingfoil::fluent::GraphBuilder;
use wingfoil::{RunFor, RunMode};

use super::graph::Graph;
use super::ingress::{Ingress, mark_graph_thread};
use super::script::Script;
use super::stream::panic_message;
use super::time::nano_time;
use crate::channel::core::OpenCore;
use crate::error::Error;
use crate::module::bus::{ModuleThread, Stop};

/// What a graph is made from; the same for history and for real time.
pub(crate) struct GraphSource {
    pub(crate) cores: Vec<Arc<dyn OpenCore>>,
    pub(crate) ingress: Ingress,
    /// Connects every module.
    pub(crate) connect: Box<Connect>,
}

type Connect = dyn Fn(&Graph) -> Result<(), Error> + Send + Sync;

impl GraphSource {
    /// Wires a graph around a way in.
    fn wire(&self, arrivals: impl FnOnce(&GraphBuilder) -> super::Stream<()>) -> Result<Graph, Error> {
        let builder = GraphBuilder::new();
        let arrivals = arrivals(&builder);
        let graph = Graph::open(builder, &self.cores, &arrivals);
        (self.connect)(&graph)?;
        graph.close();
        Ok(graph)
    }

    /// Computes history: everything that a script brings, and what the modules make of it, until `end`.
    pub(crate) fn replay(&self, script: Script, from: Timestamp, end: Timestamp) -> Result<(), Error> {
        let finished = Rc::new(Cell::new(false));
        let graph = self.wire(|builder| script.wire(builder, end, Rc::clone(&finished)))?;
        let outcome = graph.builder.build().run(RunMode::HistoricalFrom(nano_time(from)), RunFor::Forever);
        for core in &self.cores {
            core.abandon();
        }
        if finished.get() {
            return Ok(());
        }
        outcome.map_err(|error| Error::Graph(format!("{error:#}")))
    }

    /// Runs in real time until the ingress is closed or something fails. `ready` gets the modules' threads
    /// once the graph is wired.
    fn run(&self, ready: impl FnOnce(Result<Vec<ModuleThread>, Error>)) -> Result<(), Error> {
        let graph = match self.wire(|builder| self.ingress.wire(builder)) {
            Ok(graph) => graph,
            Err(error) => {
                ready(Err(error));
                return Ok(());
            }
        };
        ready(Ok(graph.threads.take()));
        let outcome = graph.builder.build().run(RunMode::RealTime, RunFor::Forever);
        outcome.map_err(|error| Error::Graph(format!("{error:#}")))
    }
}

/// A graph that runs in real time on a thread of its own, and its modules' threads.
pub(crate) struct Engine {
    ingress: Ingress,
    stop: Stop,
    graph: Option<JoinHandle<()>>,
    threads: Vec<(&'static str, JoinHandle<()>)>,
    failure: Arc<Mutex<Option<Error>>>,
}

impl Engine {
    /// Starts the graph. `failed` is called, on the thread that failed, when it ends because of an error.
    ///
    /// # Errors
    ///
    /// When a module cannot be connected, or the operating system refuses a thread.
    pub(crate) fn start(
        source: GraphSource,
        failed: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let failure: Arc<Mutex<Option<Error>>> = Arc::default();
        let failed: Arc<dyn Fn() + Send + Sync> = Arc::new(failed);
        let (ready, wired) = channel();
        let (ingress, stop) = (source.ingress.clone(), Stop::new());
        let (report, stopped) = (fail_with(&failure, &failed), stop.clone());
        let run = move || {
            mark_graph_thread();
            let outcome = catch_unwind(AssertUnwindSafe(|| source.run(|outcome| drop(ready.send(outcome)))));
            // The modules' threads end with the graph, and what they say then is not why it ended.
            stopped.request();
            match outcome {
                Ok(Ok(())) => {}
                Ok(Err(error)) => report(error),
                Err(_) => report(Error::Graph("the graph's thread panicked".to_owned())),
            }
            source.ingress.close();
            for core in &source.cores {
                core.abandon();
            }
        };
        let graph = spawn("gateway-graph", run)?;
        let mut engine = Engine { ingress, stop, graph: Some(graph), threads: Vec::new(), failure };
        let threads = wired.recv().unwrap_or_else(|_| {
            let error = engine.take_failure();
            Err(error
                .unwrap_or_else(|| Error::Graph("the graph's thread ended before it was wired".to_owned())))
        })?;
        for thread in threads {
            engine.start_thread(thread, &failed)?;
        }
        Ok(engine)
    }

    fn start_thread(
        &mut self,
        thread: ModuleThread,
        failed: &Arc<dyn Fn() + Send + Sync>,
    ) -> Result<(), Error> {
        let (module, stop) = (thread.module, self.stop.clone());
        let report = fail_with(&self.failure, failed);
        let run = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| (thread.run)(&stop)));
            match outcome {
                Ok(Ok(())) => {}
                // A thread that sends while the gateway stops learns it from an error.
                Ok(Err(error)) if stop.is_requested() => {
                    tracing::debug!(module, %error, "a thread ends with the gateway");
                }
                Ok(Err(error)) => report(Error::Graph(format!("module `{module}`: {error}"))),
                Err(panic) => {
                    let said = panic_message(&*panic);
                    report(Error::Graph(format!("module `{module}`, on its thread: {said}")));
                }
            }
        };
        self.threads.push((module, spawn(module, run)?));
        Ok(())
    }

    /// Why the graph ended, if it did because of an error.
    pub(crate) fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Ends the modules' threads and the graph. Waits for them at most so long; a thread that does not end
    /// is named in the log and left behind.
    pub(crate) fn stop(&mut self, patience: Duration) {
        self.stop.request();
        self.ingress.close();
        let deadline = Instant::now() + patience;
        let threads = std::mem::take(&mut self.threads);
        for (name, handle) in
            threads.into_iter().chain(self.graph.take().map(|graph| ("gateway-graph", graph)))
        {
            if !join_until(handle, deadline) {
                tracing::warn!(thread = name, "did not end within {patience:?} and is left behind");
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.request();
        self.ingress.close();
    }
}

/// Keeps the first error and lets it be known.
fn fail_with(
    failure: &Arc<Mutex<Option<Error>>>,
    failed: &Arc<dyn Fn() + Send + Sync>,
) -> impl FnOnce(Error) + use<> {
    let (failure, failed) = (Arc::clone(failure), Arc::clone(failed));
    move |error| {
        tracing::error!(%error, "the gateway fails");
        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        failed();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(run).map_err(|source| Error::System { what: "cannot start a thread", source })
}

/// Joins a thread if it ends before the deadline.
fn join_until(handle: JoinHandle<()>, deadline: Instant) -> bool {
    let (done, wait) = channel();
    let joiner = std::thread::spawn(move || {
        let outcome = handle.join();
        // Nobody waits any more once the deadline has passed.
        let _ = done.send(outcome.is_ok());
    });
    match wait.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(_) | Err(RecvTimeoutError::Disconnected) => joiner.join().is_ok(),
        Err(RecvTimeoutError::Timeout) => false,
    }
}
