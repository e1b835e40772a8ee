//! A gateway: modules put together, then started.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

#[cfg(feature = "duckdb")]
use gateway_schema::ddl::Kind;
use gateway_schema::wiring::{Order, order};
use gateway_schema::{ChannelsSchema, IdSource, Timestamp, Wiring};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::channel::core::OpenCore;
use crate::channel::{Channels, Declarations};
use crate::engine::{Engine, Graph, GraphSource, Ingress, Script, panic_message};
use crate::error::Error;
use crate::hub::{GraphPicture, Hub, ModulePicture};
use crate::module::Module;
use crate::module::bus::ModuleContext;
use crate::retention::retain;
use crate::settings::Settings;
#[cfg(feature = "duckdb")]
use crate::sql::mirror::Mirror;
use crate::transports::{Routes, serve};

/// Modules put together for the channels `C`, not started yet.
///
/// `gateway!` makes one and checks, while it is compiled, that the modules fit together. One that is put
/// together by [`Gateway::with`] gets the same check when it starts.
pub struct Gateway<C: Channels> {
    modules: Vec<(Wiring, Box<dyn Module<C>>)>,
    configure: Vec<Box<Configure<C>>>,
}

type Configure<C> = dyn FnOnce(&mut C) + Send;

impl<C: Channels> Default for Gateway<C> {
    fn default() -> Self {
        Gateway { modules: Vec::new(), configure: Vec::new() }
    }
}

impl<C: Channels> Gateway<C> {
    /// No modules yet.
    pub fn new() -> Self {
        Gateway::default()
    }

    /// Adds a module under the name in its wiring.
    #[must_use]
    pub fn with(mut self, wiring: Wiring, module: impl Module<C>) -> Self {
        self.modules.push((wiring, Box::new(module)));
        self
    }

    /// Adds a module under its own name.
    #[must_use]
    pub fn module(self, module: impl Module<C>) -> Self {
        let wiring = module.wiring();
        self.with(wiring, module)
    }

    /// Changes the set of channels before it is used: the way to set static fields.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut C) + Send + 'static) -> Self {
        self.configure.push(Box::new(change));
        self
    }

    /// Serves until Ctrl-C or SIGTERM, or until the gateway is stopped from outside or fails.
    ///
    /// This is the `main` of a gateway: it starts an asynchronous runtime, logs to standard error (`RUST_LOG`
    /// chooses what) and says where it listens.
    ///
    /// # Errors
    ///
    /// Why it could not start, or what made it fail.
    pub fn run(self, settings: Settings) -> Result<(), Error> {
        log_to_stderr();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime
            .map_err(|source| Error::System { what: "cannot start the asynchronous runtime", source })?;
        let outcome = runtime.block_on(async {
            let running = self.start(settings).await?;
            running.announce();
            running.until_stopped().await
        });
        // Work that blocks (a state query) is not waited for.
        runtime.shutdown_background();
        outcome
    }

    /// Starts the graph and the server. When this returns, both work.
    ///
    /// # Errors
    ///
    /// When the modules do not fit together, one of them cannot be connected, or the address cannot be
    /// listened on.
    pub async fn start(self, settings: Settings) -> Result<Running<C>, Error> {
        self.build(settings, IdSource::new())?.start().await
    }

    /// Declares the channels and orders the modules.
    pub(crate) fn build(self, settings: Settings, ids: IdSource) -> Result<Built<C>, Error> {
        let wirings: Vec<Wiring> = self.modules.iter().map(|(wiring, _)| *wiring).collect();
        let order = order(C::SCHEMA, &wirings).map_err(|report| Error::Wiring(report.as_str().to_owned()))?;
        let settings = Arc::new(settings);
        let ingress = Ingress::new(settings.ingress_messages, settings.ingress_bytes);
        let mut declarations =
            Declarations::new(C::SCHEMA, Arc::clone(&settings), Arc::new(ids), ingress.clone());
        let mut channels = C::declare(&mut declarations);
        for change in self.configure {
            change(&mut channels);
        }
        let cores = declarations.cores;
        for (schema, core) in C::SCHEMA.channels.iter().zip(&cores) {
            if wirings.iter().any(|wiring| wiring.writes.contains(&schema.name)) {
                core.set_provided();
            }
        }
        let hub = Arc::new(hub(C::SCHEMA, &channels, &cores, settings));
        for (_, module) in &self.modules {
            module.prepare(&hub);
        }
        let modules = Arc::new(Modules { modules: self.modules, order });
        Ok(Built { channels: Arc::new(channels), cores, ingress, hub, modules })
    }
}

fn hub<C: Channels>(
    schema: &'static ChannelsSchema,
    channels: &C,
    cores: &[Arc<dyn OpenCore>],
    settings: Arc<Settings>,
) -> Hub {
    let names = schema.channels.iter().map(|channel| channel.name);
    let states = cores.iter().flat_map(|core| core.states());
    #[cfg(feature = "duckdb")]
    let tables = tables(schema, cores, &settings);
    Hub {
        schema,
        settings,
        channels: names.zip(cores.iter().map(|core| Arc::clone(core).endpoint())).collect(),
        states: states.map(|state| (state.schema().alias, state)).collect(),
        fields: schema
            .fields
            .iter()
            .filter_map(|field| Some((field.name, channels.field(field.name)?)))
            .collect::<BTreeMap<_, _>>(),
        #[cfg(feature = "duckdb")]
        tables,
        graph: OnceLock::new(),
        since: Instant::now(),
        stop: watch::Sender::new(false),
    }
}

/// The states as tables, which in a file hold their records whole.
#[cfg(feature = "duckdb")]
fn tables(schema: &'static ChannelsSchema, cores: &[Arc<dyn OpenCore>], settings: &Settings) -> Arc<Mirror> {
    let in_file = settings.state_file.is_some();
    let mut tables = gateway_schema::ddl::tables(schema).into_iter().peekable();
    // The history of a state follows it.
    let mut pairs = std::iter::from_fn(|| {
        let latest = tables.next()?;
        let history = tables.next_if(|table| table.kind == Kind::History);
        Some((if in_file { latest.with_record() } else { latest }, history))
    });
    Mirror::new(cores.iter().flat_map(|core| core.tables(&mut pairs)).collect(), settings)
}

/// The modules of a gateway and the order in which they are connected.
struct Modules<C> {
    modules: Vec<(Wiring, Box<dyn Module<C>>)>,
    order: Order,
}

impl<C: Channels> Modules<C> {
    /// Connects every module, each after the channels that it reads are complete.
    fn connect(&self, graph: &Graph) -> Result<(), Error> {
        for &place in self.order.as_slice() {
            let (wiring, module) = &self.modules[place];
            for name in wiring.reads.iter().chain(wiring.optional) {
                if let Some(index) = C::SCHEMA.channels.iter().position(|channel| channel.name == *name) {
                    graph.close_channel(index);
                }
            }
            let context = ModuleContext::new(graph, C::SCHEMA, wiring.module, place);
            let outcome = catch_unwind(AssertUnwindSafe(|| module.connect_to(context)));
            let outcome = outcome.unwrap_or_else(|panic| Err(panic_message(&*panic).into()));
            outcome.map_err(|source| Error::Connect { module: wiring.module, source })?;
        }
        Ok(())
    }

    fn picture(&self) -> GraphPicture {
        let module = |(wiring, _): &(Wiring, _)| ModulePicture {
            name: wiring.module,
            reads: [wiring.reads, wiring.optional, wiring.feedback].concat(),
            writes: wiring.writes.to_vec(),
        };
        GraphPicture { modules: self.modules.iter().map(module).collect() }
    }
}

/// A gateway whose channels exist, and whose graph does not.
pub(crate) struct Built<C: Channels> {
    pub(crate) channels: Arc<C>,
    cores: Vec<Arc<dyn OpenCore>>,
    ingress: Ingress,
    hub: Arc<Hub>,
    modules: Arc<Modules<C>>,
}

impl<C: Channels> Built<C> {
    fn source(&self) -> GraphSource {
        let modules = Arc::clone(&self.modules);
        GraphSource {
            cores: self.cores.clone(),
            ingress: self.ingress.clone(),
            connect: Box::new(move |graph| modules.connect(graph)),
        }
    }

    /// Keeps every tick, to be looked at after a replay.
    pub(crate) fn record(&self) {
        for core in &self.cores {
            core.record();
        }
    }

    /// Computes history on a thread of its own.
    pub(crate) fn replay(&self, script: Script, from: Timestamp, end: Timestamp) -> Result<(), Error> {
        let source = self.source();
        let thread = std::thread::Builder::new().name("gateway-replay".to_owned());
        let thread = thread.spawn(move || source.replay(script, from, end));
        let thread = thread.map_err(|source| Error::System { what: "cannot start a thread", source })?;
        thread.join().unwrap_or_else(|_| Err(Error::Graph("the replay's thread panicked".to_owned())))
    }

    pub(crate) async fn start(self) -> Result<Running<C>, Error> {
        // A second start-up of the same hub does not happen: it is made with the gateway.
        let _ = self.hub.graph.set(self.modules.picture());
        let mut routes = Routes::new(Arc::clone(&self.hub));
        for (_, module) in &self.modules.modules {
            module.mount(&mut routes);
        }
        let router = routes.finish().map_err(|error| Error::Routes(error.to_string()))?;
        let address = self.hub.settings.address();
        let listen = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;

        #[cfg(feature = "duckdb")]
        recover(&self.hub).await?;
        let (source, hub) = (self.source(), Arc::clone(&self.hub));
        let start = tokio::task::spawn_blocking(move || Engine::start(source, move || hub.request_stop()));
        let engine = start
            .await
            .unwrap_or_else(|_| Err(Error::Graph("the start of the graph panicked".to_owned())))?;
        tokio::spawn(retain(Arc::clone(&self.hub)));
        let server = tokio::spawn(serve(listener, router, Arc::clone(&self.hub)));
        Ok(Running { channels: self.channels, hub: self.hub, address, engine, server })
    }
}

/// Puts what the state file holds into the states, before anything ticks.
#[cfg(feature = "duckdb")]
async fn recover(hub: &Arc<Hub>) -> Result<(), Error> {
    let Some(path) = hub.settings.state_file.clone() else { return Ok(()) };
    let tables = Arc::clone(&hub.tables);
    let recovered = tokio::task::spawn_blocking(move || tables.recover()).await;
    let recovered = recovered.map_err(|_| Error::StateFile("the recovery panicked".to_owned()))?;
    if let Some(recovered) = recovered.map_err(|error| Error::StateFile(error.to_string()))? {
        recovered.report(&path);
    }
    Ok(())
}

/// A gateway that runs. Dropping it stops the graph at once; [`Running::stop`] stops it in order.
pub struct Running<C> {
    channels: Arc<C>,
    hub: Arc<Hub>,
    address: SocketAddr,
    engine: Engine,
    server: JoinHandle<()>,
}

/// How long signals after the first one mean nothing: `timeout`, and supervisors like it, signal a program and at
/// once its group, which it is in.
const ECHO: Duration = Duration::from_millis(500);

/// How long the graph and the modules' threads get to end, after the server has.
const ENGINE_PATIENCE: Duration = Duration::from_secs(10);

impl<C: Channels> Running<C> {
    /// The channels, to read and to send to.
    pub fn channels(&self) -> &C {
        &self.channels
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every channel, state table and field by name.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Says on standard output where the gateway is.
    pub fn announce(&self) {
        let (title, url) = (self.hub.title(), format!("http://{}", self.address));
        println!("{title} is running, Ctrl-C stops it");
        println!("  documentation  {url}/docs");
        println!("  OpenAPI        {url}/openapi.json");
        if let Some(channel) = C::SCHEMA.channels.first() {
            println!("  try            curl {url}/api/v1/last/{}", channel.name);
        }
    }

    /// Waits until a signal, a request or a failure stops the gateway, and stops it in order. A second signal
    /// cuts that short.
    ///
    /// # Errors
    ///
    /// What made it fail, if something did.
    pub async fn until_stopped(self) -> Result<(), Error> {
        tokio::select! {
            () = self.hub.stopping() => {}
            () = interrupted() => tracing::info!("a signal stops the gateway"),
        }
        tokio::select! {
            outcome = self.stop() => outcome,
            () = async { sleep(ECHO).await; interrupted().await } => {
                tracing::warn!("a second signal stops the gateway at once");
                Ok(())
            }
        }
    }

    /// Stops in order: requests and streams first, then modules' threads and the graph. Bounded by
    /// [`Settings::shutdown_grace`] and ten seconds for the graph.
    ///
    /// # Errors
    ///
    /// What had made the gateway fail, if something had.
    pub async fn stop(self) -> Result<(), Error> {
        self.hub.request_stop();
        if self.server.await.is_err() {
            tracing::error!("the server panicked");
        }
        let mut engine = self.engine;
        #[cfg(feature = "duckdb")]
        let tables = Arc::clone(&self.hub.tables);
        let stop = tokio::task::spawn_blocking(move || {
            engine.stop(ENGINE_PATIENCE);
            #[cfg(feature = "duckdb")]
            tables.close();
            engine.take_failure()
        });
        match stop.await {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(error),
            Err(_) => Err(Error::Graph("the end of the graph panicked".to_owned())),
        }
    }
}

/// Logs what `RUST_LOG` chooses, else from `info` on; a part of it that is wrong is named and left out.
fn log_to_stderr() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for terminals; in a file they are in the way.
    let log = if std::io::stderr().is_terminal() { log } else { log.with_ansi(false) };
    // It fails if the program has set up its own log, which is then the one to use.
    let _ = log.try_init();
}

/// Ctrl-C or SIGTERM.
async fn interrupted() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
                return;
            }
            Err(error) => tracing::warn!(%error, "SIGTERM will not stop the gateway in order"),
        }
    }
    if let Err(error) = interrupt.await {
        tracing::warn!(%error, "Ctrl-C will not stop the gateway in order");
        std::future::pending::<()>().await;
    }
}
