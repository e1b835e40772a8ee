//! A query that runs, and its result on the way to the client.
//!
//! The thread of the query hands over pieces of the result, and waits when the client has not taken the last ones.
//! So a result of any size takes the memory of a few pieces, and the query and its permit last until the client has
//! read it, has gone, or the time is over.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use duckdb::InterruptHandle;
use futures::{StreamExt, stream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::mirror::Mirror;
use super::query::{Query, QueryError};
use crate::error::BoxError;
use crate::transports::Refusal;

/// Pieces that wait for the client.
const WAITING: usize = 2;

/// How often a query that should stop is told so: it does not hear it before it has begun.
const NUDGE: Duration = Duration::from_millis(20);

/// Longer than anyone waits, and no more than instants can hold.
const LONG: Duration = Duration::from_secs(366 * 86_400);

/// A part of a result.
enum Piece {
    More(Bytes),
    Last(Bytes),
    Failed(QueryError),
}

/// Dropped when what it stands for is over.
type Alive = oneshot::Sender<Infallible>;
type Over = oneshot::Receiver<Infallible>;

/// Runs a query off the asynchronous threads. What fails before the first piece is refused; what fails later ends the
/// body early.
pub(super) async fn run(
    mirror: Arc<Mirror>,
    query: Query,
    permit: OwnedSemaphorePermit,
    time: Duration,
) -> Result<Body, Refusal> {
    // The permit goes along: whoever has gone while they waited still has a thread that waits.
    let reader = tokio::task::spawn_blocking(move || (mirror.reader(), permit));
    let (connection, permit) = reader.await.map_err(|_| Refusal::Failed)?;
    let connection = connection.map_err(|error| {
        tracing::error!(%error, "state tables cannot be brought up to date");
        Refusal::Unavailable(format!("The state tables cannot be brought up to date: {error}"), true)
    })?;
    let deadline = Instant::now() + time.min(LONG);
    let (client, gone) = oneshot::channel();
    let (running, ended) = oneshot::channel();
    tokio::spawn(stop(connection.interrupt_handle(), deadline, gone, ended));
    let (sender, mut pieces) = mpsc::channel(WAITING);
    let out = Out { runtime: Handle::current(), sender, deadline, time };
    tokio::task::spawn_blocking(move || {
        let mut begun = false;
        let outcome = query.run(&connection, |piece| {
            begun = true;
            out.hand_over(Piece::More(piece.into()))
        });
        drop((connection, running));
        let last = match outcome {
            Ok(last) => Piece::Last(last.into()),
            Err(error) => Piece::Failed(out.reason(error, begun)),
        };
        // There may be nobody any more to take it.
        let _ = out.hand_over(last);
        drop(permit);
    });
    let first = timeout_at(deadline, pieces.recv()).await;
    let first = first.unwrap_or(Some(Piece::Failed(QueryError::TooLong(time))));
    match first.ok_or(Refusal::Failed)? {
        Piece::Failed(error) => Err(Refusal::BadRequest(error.to_string())),
        Piece::Last(whole) => Ok(whole.into()),
        Piece::More(first) => Ok(body(first, pieces, client)),
    }
}

/// Stops a query when its time is over or its client has gone, unless it ends before.
async fn stop(interrupt: Arc<InterruptHandle>, deadline: Instant, gone: Over, mut ended: Over) {
    let until = timeout_at(deadline, gone);
    tokio::select! {
        _ = &mut ended => return,
        _ = until => {}
    }
    loop {
        interrupt.interrupt();
        if timeout(NUDGE, &mut ended).await.is_ok() {
            return;
        }
    }
}

/// Where the thread of a query hands over pieces.
struct Out {
    runtime: Handle,
    sender: mpsc::Sender<Piece>,
    deadline: Instant,
    time: Duration,
}

impl Out {
    /// Waits until there is room for a piece.
    fn hand_over(&self, piece: Piece) -> Result<(), QueryError> {
        match self.runtime.block_on(timeout_at(self.deadline, self.sender.send(piece))) {
            Ok(sent) => sent.map_err(|_| QueryError::Gone),
            Err(_) => Err(QueryError::TooLong(self.time)),
        }
    }

    /// Why the query has ended: DuckDB says no more than that it was interrupted. It is logged if the client will
    /// not be told.
    fn reason(&self, error: QueryError, begun: bool) -> QueryError {
        let error = match error {
            _ if self.sender.is_closed() => QueryError::Gone,
            _ if Instant::now() >= self.deadline => QueryError::TooLong(self.time),
            other => other,
        };
        match error {
            QueryError::Gone => tracing::debug!("a query was stopped: its client has gone"),
            _ if begun => tracing::warn!(%error, "the result of a query ended early"),
            _ => {}
        }
        error
    }
}

/// The pieces as they come. An error, or an end without a last piece, breaks the body off, and the client sees that
/// it is not whole.
fn body(first: Bytes, pieces: mpsc::Receiver<Piece>, client: Alive) -> Body {
    let rest = stream::try_unfold(Some((pieces, client)), |open| async move {
        let Some((mut pieces, client)) = open else { return Ok(None) };
        match pieces.recv().await {
            Some(Piece::More(piece)) => Ok(Some((piece, Some((pieces, client))))),
            Some(Piece::Last(piece)) => Ok(Some((piece, None))),
            Some(Piece::Failed(error)) => Err(BoxError::from(error)),
            None => Err(BoxError::from("the query was stopped")),
        }
    });
    Body::from_stream(stream::once(ready(Ok(first))).chain(rest))
}
