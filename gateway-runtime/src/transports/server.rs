//! The server: connections, from the first byte to a stop that is bounded in time.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::hub::Hub;

/// How long a client may take to send the head of a request, and how long a connection may be idle before it.
const HEAD: Duration = Duration::from_secs(30);

/// How long to wait when no connection can be accepted, for lack of file descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Held by a stream that outlives its request, a WebSocket; [`serve`] waits for all of them.
#[derive(Clone)]
pub(crate) struct Stream {
    _open: mpsc::Sender<()>,
}

/// Serves a router until the gateway stops.
///
/// Then no connection is accepted any more, idle ones are closed, requests in flight finish, `next` answers
/// 503 and WebSockets are closed with 1001. What is left after `Settings::shutdown_grace` is cut off.
pub async fn serve(listener: TcpListener, router: Router, hub: Arc<Hub>) {
    let (open, mut closed) = mpsc::channel::<()>(1);
    let router = router.layer(Extension(Stream { _open: open }));
    let mut connections = JoinSet::new();
    {
        let stopping = hub.stopping();
        tokio::pin!(stopping);
        loop {
            tokio::select! {
                () = &mut stopping => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(connection(stream, router.clone(), Arc::clone(&hub)));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
    drop((listener, router));
    let rest = async {
        while connections.join_next().await.is_some() {}
        // No stream sends anything: this ends when the last one is gone.
        closed.recv().await;
    };
    if timeout(hub.settings.shutdown_grace, rest).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections did not end in time and are cut off");
        connections.shutdown().await;
    }
}

async fn connection(stream: TcpStream, router: Router, hub: Arc<Hub>) {
    // Ticks are small and each should go out at once.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = hub.stopping() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // The client went away, or sent what is not HTTP.
        tracing::debug!(%error, "a connection ended");
    }
}
