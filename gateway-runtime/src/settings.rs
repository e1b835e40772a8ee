//! What can be chosen when a gateway is started.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What can be chosen when a gateway is started: as arguments of the command line, from the environment, or
/// in code.
///
/// Every store and queue is bounded; the bounds are here, with their defaults.
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

    /// Records kept in each state table; the longest unchanged make room.
    #[arg(long, default_value_t = 100_000)]
    pub state_rows: usize,

    /// Seconds that a record stays in a state table without a change; for ever unless given.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub state_age: Option<Duration>,

    /// Keys that a basket keyed by strings may have; ticks of further keys are dropped and counted.
    #[arg(long, default_value_t = 10_000)]
    pub basket_keys: usize,

    /// Ticks of a channel that a subscriber may fall behind before it loses the oldest ones; at most 1048576.
    #[arg(long, default_value_t = 4096)]
    pub fanout_ticks: usize,

    /// Messages from outside that may wait for the graph before senders are told to come back later.
    #[arg(long, default_value_t = 65_536)]
    pub ingress_messages: usize,

    /// Largest request body and WebSocket message, in bytes.
    #[arg(long, default_value_t = 4 * 1024 * 1024)]
    pub max_body_bytes: usize,

    /// Staging areas that a channel may have.
    #[arg(long, default_value_t = 1000)]
    pub stage_areas: usize,

    /// Records that the staging areas of a channel may hold together.
    #[arg(long, default_value_t = 100_000)]
    pub stage_records: usize,

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
    #[arg(long, default_value_t = 512 * 1024 * 1024)]
    pub sql_memory: usize,

    /// Rows that the result of a query in SQL may have; they are sent as they come.
    #[arg(long, default_value_t = 10_000_000)]
    pub sql_rows: usize,

    /// Bytes that the result of a query in SQL may have.
    #[arg(long, default_value_t = 1024 * 1024 * 1024)]
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
            state_rows: 100_000,
            state_age: None,
            basket_keys: 10_000,
            fanout_ticks: 4096,
            ingress_messages: 65_536,
            max_body_bytes: 4 * 1024 * 1024,
            stage_areas: 1000,
            stage_records: 100_000,
            max_connections: 10_000,
            allow_origin: Vec::new(),
            sql_time: Duration::from_secs(10),
            sql_memory: 512 * 1024 * 1024,
            sql_rows: 10_000_000,
            sql_bytes: 1024 * 1024 * 1024,
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
