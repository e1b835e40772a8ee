//! What the tests that cross a crate boundary share: an example gateway as a real process.
//!
//! ```no_run
//! let server = gateway_tests::Server::start("omnibus");
//! assert_eq!(server.get("/api/v1/last/").0, 200);
//! ```

mod binary;
pub mod market;
mod server;

pub use binary::{example_binary, repository_root};
pub use server::Server;
