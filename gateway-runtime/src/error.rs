//! What can go wrong with a gateway.

use std::fmt;
use std::net::SocketAddr;

/// Any error of a module's: `?` turns every error into it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What modules return.
pub type Result<T = (), E = BoxError> = std::result::Result<T, E>;

/// Why a gateway could not start, or stopped.
///
/// `{:?}` shows the message, as `{}` does: it is what a `main` that returns the error prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The modules do not fit together; every problem is named.
    #[error("the modules do not fit together:\n{0}")]
    Wiring(String),
    /// A module could not connect itself to its channels.
    #[error("module `{module}` could not be connected: {source}")]
    Connect {
        /// The module's name in the composition.
        module: &'static str,
        /// What it said.
        source: BoxError,
    },
    /// A module failed while the gateway ran.
    #[error("the gateway stopped because of an error: {0}")]
    Graph(String),
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}{hint}", hint = hint(.source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The state file cannot be used, or holds what the structs are not.
    #[error("{0}")]
    StateFile(String),
    /// Two routes, structs or names of the served interface collide.
    #[error("the routes cannot be served: {0}")]
    Routes(String),
    /// The operating system refused a thread, a runtime or a signal handler.
    #[error("{what}: {source}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "; another program listens there, choose another port with `--port`",
        std::io::ErrorKind::PermissionDenied => "; choose a port above 1023 with `--port`",
        std::io::ErrorKind::AddrNotAvailable => "; `--bind` takes an address of this machine",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_main_prints_says_what_to_do() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8000));
        let error = Error::Listen { address, source: std::io::ErrorKind::AddrInUse.into() };
        assert_eq!(
            format!("{error:?}"),
            "cannot listen on 127.0.0.1:8000: address in use; another program listens there, choose another port \
             with `--port`"
        );
    }
}
