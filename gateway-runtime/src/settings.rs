//! What can be chosen when a gateway is started.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
#[cfg(feature = "duckdb")]
use std::path::PathBuf;
use std::time::Duration;

const MB: usize = 1024 * 1024;

/// What can be chosen when a gateway is started: as arguments of the command line, from the environment, or
/// in code.
///
/// Every store and queue is bounded; the bounds are here, with their defaults. Bounds in bytes are for a whole gateway,
/// however many channels it has: together with those of SQL they keep a process with default settings under 500 MB.
/// What a record takes is counted where it is kept, so one that is kept in two places counts twice; texts of JSON that
/// records keep for the next reader are counted on their own (`--json-bytes`).
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(next_help_heading = "Gateway")]
#[non_exhaustive]
pub struct Settings {
    /// Name shown in documents; that of the set of channels unless another is given.
    #[arg(long, env = "GATEWAY_TITLE")]
    pub title: Option<String>,

    /// Address to listen on. Other machines can reach the gateway only if this is not a loopback address.
    #[arg(long, env = "GATEWAY_BIND", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,

    /// Port to listen on; 0 takes a free one.
    #[arg(long, env = "GATEWAY_PORT", default_value_t = 8000)]
    pub port: u16,

    /// Records kept for lookup by id, of each struct; the oldest make room.
    #[arg(long, default_value_t = 100_000)]
    pub lookup_records: usize,

    /// Bytes of memory for records kept for lookup by id. Each struct has the same share of it; the oldest make room.
    #[arg(long, default_value_t = 32 * MB)]
    pub lookup_bytes: usize,

    /// Records kept in each state table; the longest unchanged make room.
    #[arg(long, default_value_t = 100_000)]
    pub state_rows: usize,

    /// Bytes of memory for the records of all state tables. Each has the same share of it, unless it declares its own;
    /// the longest unchanged make room.
    #[arg(long, default_value_t = 64 * MB)]
    pub state_bytes: usize,

    /// Seconds that a record stays in a state table without a change; for ever unless given.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub state_age: Option<Duration>,

    /// File that keeps the state tables, made if it is not there; a restart has what it holds. In memory unless given.
    #[cfg(feature = "duckdb")]
    #[arg(long, env = "GATEWAY_STATE_FILE", value_name = "PATH")]
    pub state_file: Option<PathBuf>,

    /// Rows that the history of a state may have, of all keys together; the oldest make room.
    #[cfg(feature = "duckdb")]
    #[arg(long, default_value_t = 1_000_000)]
    pub history_rows: usize,

    /// Bytes that the histories of all states may take together, shared evenly; the oldest records make room.
    #[cfg(feature = "duckdb")]
    #[arg(long, default_value_t = 48 * MB)]
    pub history_bytes: usize,

    /// Answer each send only when its records are in the state file, as `?durable=true` asks for one.
    #[cfg(feature = "duckdb")]
    #[arg(long, env = "GATEWAY_DURABLE", requires = "state_file")]
    pub durable: bool,

    /// Keys that a basket keyed by strings may have; ticks of further keys are dropped and counted.
    #[arg(long, default_value_t = 10_000)]
    pub basket_keys: usize,

    /// Bytes of memory for the latest records of all baskets. Each has the same share of it; the keys that have not
    /// ticked for longest make room.
    #[arg(long, default_value_t = 16 * MB)]
    pub basket_bytes: usize,

    /// Ticks of a channel that a subscriber may fall behind before it loses the oldest ones; at most 1048576.
    #[arg(long, default_value_t = 4096)]
    pub fanout_ticks: usize,

    /// Bytes of memory for ticks that subscribers have not taken yet, of all channels; beyond that they lose the oldest
    /// ones.
    #[arg(long, default_value_t = 24 * MB)]
    pub fanout_bytes: usize,

    /// Bytes of memory for texts of JSON that records keep once they are written; further ones are written anew
    /// whenever they are asked for.
    #[arg(long, default_value_t = 32 * MB)]
    pub json_bytes: usize,

    /// Messages from outside that may wait for the graph before senders are told to come back later.
    #[arg(long, default_value_t = 65_536)]
    pub ingress_messages: usize,

    /// Bytes of memory that the records of these messages may take.
    #[arg(long, default_value_t = 16 * MB)]
    pub ingress_bytes: usize,

    /// Largest request body and WebSocket message, in bytes.
    #[arg(long, default_value_t = 4 * MB)]
    pub max_body_bytes: usize,

    /// Staging areas that a channel may have.
    #[arg(long, default_value_t = 1000)]
    pub stage_areas: usize,

    /// Records that the staging areas of a channel may hold together.
    #[arg(long, default_value_t = 100_000)]
    pub stage_records: usize,

    /// Bytes of memory for the records in all staging areas. Each channel has the same share of it.
    #[arg(long, default_value_t = 16 * MB)]
    pub stage_bytes: usize,

    /// WebSocket connections that may be open at once.
    #[arg(long, default_value_t = 10_000)]
    pub max_connections: usize,

    /// Web pages that may open streams and send besides those of the gateway's own address,
    /// `https://example.com` say; `*` for all. May be given several times.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<String>,

    /// Seconds that a query in SQL may take.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub sql_time: Duration,

    /// Bytes of memory for SQL: the tables and what queries need.
    #[arg(long, default_value_t = 128 * MB)]
    pub sql_memory: usize,

    /// Rows that the result of a query in SQL may have; they are sent as they come.
    #[arg(long, default_value_t = 10_000_000)]
    pub sql_rows: usize,

    /// Bytes that the result of a query in SQL may have.
    #[arg(long, default_value_t = 1024 * MB)]
    pub sql_bytes: usize,

    /// Queries in SQL that may run at once; more wait for as long as one may take.
    #[arg(long, default_value_t = 4)]
    pub sql_queries: usize,

    /// Seconds that requests and streams get to finish when the gateway stops.
    #[arg(long, default_value = "5", value_parser = seconds)]
    pub shutdown_grace: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

impl Settings {
    /// The address to listen on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }

    /// The settings named in the arguments and the environment of this process; `--help` lists them.
    ///
    /// Ends the process with a message when an argument is wrong, as command-line programs do.
    pub fn from_args() -> Self {
        #[derive(clap::Parser)]
        struct Arguments {
            #[command(flatten)]
            settings: Settings,
        }
        <Arguments as clap::Parser>::parse().settings
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            title: None,
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8000,
            lookup_records: 100_000,
            lookup_bytes: 32 * MB,
            state_rows: 100_000,
            state_bytes: 64 * MB,
            state_age: None,
            #[cfg(feature = "duckdb")]
            state_file: None,
            #[cfg(feature = "duckdb")]
            history_rows: 1_000_000,
            #[cfg(feature = "duckdb")]
            history_bytes: 48 * MB,
            #[cfg(feature = "duckdb")]
            durable: false,
            basket_keys: 10_000,
            basket_bytes: 16 * MB,
            fanout_ticks: 4096,
            fanout_bytes: 24 * MB,
            json_bytes: 32 * MB,
            ingress_messages: 65_536,
            ingress_bytes: 16 * MB,
            max_body_bytes: 4 * MB,
            stage_areas: 1000,
            stage_records: 100_000,
            stage_bytes: 16 * MB,
            max_connections: 10_000,
            allow_origin: Vec::new(),
            sql_time: Duration::from_secs(10),
            sql_memory: 128 * MB,
            sql_rows: 10_000_000,
            sql_bytes: 1024 * MB,
            sql_queries: 4,
            shutdown_grace: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn no_argument_means_the_defaults() {
        let parsed = <Arguments as clap::Parser>::try_parse_from(["gateway"]).expect("parses");
        assert_eq!(parsed.settings, Settings::default());
    }
}
