//! Names that DuckDB or the runtime has for something else, and numbers that are not what they seem.

use std::time::{Duration, Instant};

use gateway_runtime::prelude::*;
use serde_json::{Value, json};

use crate::client::Client;

/// A reading.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub(crate) struct Reading {
    pub(crate) row: String,
    /// DuckDB has the number of each row under this name.
    pub(crate) rowid: u32,
    /// As a double, the `f32` of 0.1 is more than 0.1.
    #[gateway(range(min = -0.1, max = 0.1))]
    pub(crate) level: f32,
}

/// Readings.
#[gateway_channels]
pub(crate) struct Traps {
    #[channel(
        send,
        state(key = "row", alias = "readings", history(rows = 2)),
        state(key = "row", alias = "gateway_staging"),
        state(key = "row", alias = "gateway_fresh")
    )]
    pub(crate) readings: Channel<Reading>,
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_others_and_numbers_on_a_bound_are_in_the_tables() {
    let mut settings = Settings::default();
    settings.port = 0;
    let gateway = Gateway::<Traps>::new().module(Rest::default()).module(Sql);
    let running = gateway.start(settings).await.expect("the gateway starts");
    let client = Client::new(running.address());
    let ask = async |sql: &str| -> Value {
        let answer = client.post("/api/v1/sql", &json!({ "sql": sql }).to_string()).await;
        assert_eq!(answer.status, 200, "{sql}: {}", answer.body);
        answer.json()
    };
    for level in [0.1, -0.1, 0.05, 0.0, 0.1] {
        let body = json!([
            {"row": "A", "rowid": 7, "level": level}, {"row": "B", "rowid": 7, "level": level},
        ]);
        assert_eq!(client.post("/api/v1/send/readings", &body.to_string()).await.status, 200);
    }
    for table in ["readings", "gateway_staging_2", "gateway_fresh_2"] {
        let rows = ask(&format!("SELECT row, rowid_2, level FROM {table} ORDER BY row")).await;
        let expected = json!([
            {"row": "A", "rowid_2": 7, "level": 0.1}, {"row": "B", "rowid_2": 7, "level": 0.1},
        ]);
        assert_eq!(rows, expected, "{table}");
    }
    let tables = client.get("/api/v1/tables").await.json();
    assert_eq!(tables[0]["refused"], 0, "{tables}");
    // The last two of each key, whatever the column of that name says.
    let counts = "SELECT row, count(*) AS n FROM readings_history GROUP BY row ORDER BY row";
    let deadline = Instant::now() + Duration::from_secs(20);
    while ask(counts).await != json!([{"row": "A", "n": 2}, {"row": "B", "n": 2}]) {
        assert!(Instant::now() < deadline, "{}", ask(counts).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.stop().await.expect("the gateway stops cleanly");
}
