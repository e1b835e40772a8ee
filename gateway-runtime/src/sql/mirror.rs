//! The tables in DuckDB, and how they keep up with the states.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::{Duration, Instant};

use duckdb::Connection;
use tokio::sync::oneshot;
use tracing::field::display;

use super::database::{another, open};
use super::file::{self, Recovered, StateFileError};
use super::history::{self, MostPast};
use super::source::Watched;
use super::tidy::{shrink, tidy};
use super::writer::{Follower, Manner, Stats, catch_up, retain};
use crate::settings::Settings;

/// Why the tables are not there or not up to date.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MirrorError {
    #[error("{0}")]
    DuckDb(#[from] duckdb::Error),
    #[error("{0}")]
    Arrow(#[from] duckdb::arrow::error::ArrowError),
    #[error("the state file has failed, and queries that still run keep it from being opened again")]
    InUse,
    #[error("the gateway is stopping")]
    Closed,
    #[error("the gateway is stopping, or what writes its state file has failed")]
    Unattended,
}

/// How often it is looked whether there is something to do.
const LOOK: Duration = Duration::from_millis(25);

/// How long changes wait at most to be in the file.
const FILE_LAG: Duration = Duration::from_secs(1);

/// How long a failure is not tried again unless somebody asks.
const RECOVER: Duration = Duration::from_secs(1);

/// How often at most a failure is logged.
const COMPLAIN: Duration = Duration::from_secs(60);

/// The tables of DuckDB's, in memory or in a file. A database in memory is made when it is first needed.
pub(crate) struct Mirror {
    tables: Vec<Arc<dyn Watched>>,
    stats: Vec<Arc<Stats>>,
    file: Option<PathBuf>,
    memory: usize,
    database: Mutex<Database>,
    /// Cloned by each connection that queries have.
    readers: Arc<()>,
    waiters: Mutex<Vec<Waiter>>,
    bell: Condvar,
    started: Once,
    /// Whether there is a thread that waits for changes, and for those who wait for them to be written.
    keeps_up: AtomicBool,
    closed: AtomicBool,
}

/// When the log last heard that something is wrong, as long as it is.
type Complaint = Option<Instant>;

/// Someone who waits until what they know of is in the file.
type Waiter = oneshot::Sender<Result<(), Arc<str>>>;

struct Database {
    connection: Option<Connection>,
    followers: Vec<Follower>,
    written: Instant,
    failed: Option<Instant>,
}

/// A connection for queries.
pub(crate) struct Reader {
    connection: Connection,
    _open: Arc<()>,
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mirror {
    pub(crate) fn new(tables: Vec<Arc<dyn Watched>>, settings: &Settings) -> Arc<Self> {
        let histories = tables.iter().filter(|table| table.history().is_some()).count();
        let most = MostPast { rows: settings.history_rows, bytes: settings.history_bytes / histories.max(1) };
        let follower = |source: &Arc<dyn Watched>| Follower::new(Arc::clone(source), most);
        let followers: Vec<Follower> = tables.iter().map(follower).collect();
        Arc::new(Mirror {
            stats: followers.iter().map(|follower| Arc::clone(&follower.stats)).collect(),
            file: settings.state_file.clone(),
            memory: settings.sql_memory,
            database: Mutex::new(Database {
                connection: None,
                followers,
                written: Instant::now(),
                failed: None,
            }),
            readers: Arc::default(),
            waiters: Mutex::default(),
            bell: Condvar::new(),
            started: Once::new(),
            keeps_up: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            tables,
        })
    }

    /// The states with what is known of their tables, in the order of their declaration.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&dyn Watched, &Stats)> {
        self.tables.iter().map(|table| &**table).zip(self.stats.iter().map(|stats| &**stats))
    }

    /// Whether the tables are in a file.
    pub(crate) fn is_durable(&self) -> bool {
        self.file.is_some()
    }

    /// Keeps up with the states from now on.
    pub(crate) fn start(self: &Arc<Self>) {
        self.started.call_once(|| {
            for table in &self.tables {
                table.watch();
            }
            let weak = Arc::downgrade(self);
            let thread = std::thread::Builder::new().name("gateway-sql".to_owned());
            match thread.spawn(move || keep_up(&weak)) {
                Ok(_) => self.keeps_up.store(true, Ordering::Release),
                Err(error) => tracing::warn!(%error, "state tables are brought up to date by queries only"),
            }
        });
    }

    /// Opens the file, if there is to be one, and puts what it holds into the states.
    pub(crate) fn recover(self: &Arc<Self>) -> Result<Option<Recovered>, StateFileError> {
        let Some(path) = &self.file else { return Ok(None) };
        let mut database = locked(&self.database);
        let (connection, recovered) = file::recover(path, self.memory, &self.tables)?;
        for (table, stats) in self.tables() {
            if let Some(history) = table.history() {
                let counted = history::count(&connection, history, &stats.history);
                counted.map_err(|source| StateFileError::Failed { path: path.clone(), source })?;
            }
        }
        database.connection = Some(connection);
        drop(database);
        self.start();
        Ok(Some(recovered))
    }

    /// A connection that sees every change until now. It takes as long as the changes take to be written.
    pub(crate) fn reader(&self) -> Result<Reader, MirrorError> {
        let mut database = locked(&self.database);
        let connection = another(self.catch_up(&mut database)?, self.is_durable())?;
        Ok(Reader { connection, _open: Arc::clone(&self.readers) })
    }

    /// Waits until every change until now is in the file, whatever happens to the process then.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub(crate) async fn durable(&self) -> Result<(), Arc<str>> {
        let (waiter, written) = oneshot::channel();
        {
            let mut waiters = locked(&self.waiters);
            // Nobody looks at them without a thread, or once it is closed.
            if self.keeps_up.load(Ordering::Acquire) && !self.is_closed() {
                waiters.push(waiter);
            }
        }
        self.bell.notify_all();
        written.await.unwrap_or_else(|_| Err(MirrorError::Unattended.to_string().into()))
    }

    /// Writes what has changed to the file, and closes it.
    pub(crate) fn close(&self) {
        let mut database = locked(&self.database);
        if let Some(path) = self.file.as_deref().filter(|_| !self.is_closed()) {
            let outcome = self
                .catch_up(&mut database)
                .and_then(|connection| Ok(connection.execute_batch("CHECKPOINT")?));
            if let Err(error) = outcome {
                tracing::error!(%error, file = %path.display(), "the last changes could not be written to the state file");
            }
        }
        database.connection = None;
        let mut waiters = locked(&self.waiters);
        self.closed.store(true, Ordering::Release);
        waiters.clear();
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn catch_up<'d>(&self, database: &'d mut Database) -> Result<&'d Connection, MirrorError> {
        let outcome = self.try_catch_up(database);
        self.note(database, outcome)?;
        database.written = Instant::now();
        database.connection.as_ref().ok_or(MirrorError::Closed)
    }

    fn try_catch_up(&self, database: &mut Database) -> Result<(), MirrorError> {
        if self.is_closed() {
            return Err(MirrorError::Closed);
        }
        let connection = match &mut database.connection {
            Some(connection) => connection,
            none => none.insert(self.open()?),
        };
        let (manner, alone) = (self.manner(), self.is_alone());
        let outcome = catch_up(connection, &mut database.followers, manner, alone);
        if outcome.is_err() && !self.is_durable() {
            // What there may be too little of is memory.
            shrink(connection, &mut database.followers)?;
            return catch_up(connection, &mut database.followers, manner, alone);
        }
        outcome
    }

    fn manner(&self) -> Manner {
        Manner { together: self.is_durable(), memory: self.memory }
    }

    /// Whether no query runs. None begins as long as the database is locked.
    fn is_alone(&self) -> bool {
        Arc::strong_count(&self.readers) == 1
    }

    fn open(&self) -> Result<Connection, MirrorError> {
        if self.is_durable() && !self.is_alone() {
            return Err(MirrorError::InUse);
        }
        let connection = open(self.file.as_deref(), self.memory)?;
        if !self.is_durable() {
            for table in &self.tables {
                connection.execute_batch(&table.table().create())?;
                if let Some(history) = table.history() {
                    connection.execute_batch(&history.create())?;
                }
            }
        }
        Ok(connection)
    }

    /// Waits until there is something to do, or for a while, and does it.
    fn keep_up_once(&self, complaint: &mut Complaint) {
        let waiters = {
            let waiters = locked(&self.waiters);
            let woken = self.bell.wait_timeout_while(waiters, LOOK, |waiters| waiters.is_empty());
            let (mut waiters, _) = woken.unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiters)
        };
        let mut database = locked(&self.database);
        if !waiters.is_empty() || self.is_due(&database) {
            let outcome = self.catch_up(&mut database).map(|_| ());
            let told = outcome.as_ref().copied().map_err(|error| Arc::from(error.to_string()));
            for waiter in waiters {
                // It fails only if its client has gone.
                let _ = waiter.send(told.clone());
            }
            self.report(&database, outcome, complaint);
        }
        if database.failed.is_none()
            && let Err(error) = self.retain(&mut database)
        {
            self.report(&database, Err(error), complaint);
        }
    }

    /// Deletes what histories keep no longer.
    fn retain(&self, database: &mut Database) -> Result<(), MirrorError> {
        let Some(connection) = &database.connection else { return Ok(()) };
        let followers = &mut database.followers;
        let outcome = retain(connection, followers)
            .and_then(|()| tidy(connection, followers, self.manner(), self.is_alone()));
        self.note(database, outcome)
    }

    /// Remembers whether something failed.
    fn note(&self, database: &mut Database, outcome: Result<(), MirrorError>) -> Result<(), MirrorError> {
        database.failed = outcome.is_err().then(Instant::now);
        if outcome.is_err() && self.is_durable() {
            // After a failure of its file DuckDB takes nothing more until it is opened again.
            database.connection = None;
        }
        outcome
    }

    /// Tells the log when things go wrong, now and then while they do, and when they are right again.
    fn report(&self, database: &Database, outcome: Result<(), MirrorError>, complaint: &mut Complaint) {
        match outcome {
            Ok(()) if complaint.take().is_some() => tracing::info!("the state tables are up to date again"),
            Err(error) if complaint.is_none_or(|at| at.elapsed() > COMPLAIN) => {
                let file = self.file.as_ref().map(|path| display(path.display()));
                let waiting = database.followers.iter().map(Follower::waiting).sum::<usize>();
                tracing::error!(%error, file, waiting, "the state tables cannot be written, and are tried again every second");
                *complaint = Some(Instant::now());
            }
            Ok(()) | Err(_) => {}
        }
    }

    fn is_due(&self, database: &Database) -> bool {
        if self.is_closed() || database.failed.is_some_and(|at| at.elapsed() < RECOVER) {
            return false;
        }
        let late = self.is_durable() && database.written.elapsed() >= FILE_LAG;
        let is_due = |table: &Arc<dyn Watched>| table.is_behind() || (late && table.pending() > 0);
        database.failed.is_some() || self.tables.iter().any(is_due)
    }
}

fn keep_up(mirror: &Weak<Mirror>) {
    let mut complaint = None;
    while let Some(mirror) = mirror.upgrade() {
        if mirror.is_closed() {
            return;
        }
        // Those who waited for what panicked learn it from the end of their channel.
        if catch_unwind(AssertUnwindSafe(|| mirror.keep_up_once(&mut complaint))).is_err() {
            tracing::error!("a panic kept the state tables from being brought up to date; it is tried again");
            std::thread::sleep(RECOVER);
        }
    }
}
