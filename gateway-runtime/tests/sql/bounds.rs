//! What a state declares about its own table.

use std::time::Duration;

use gateway_runtime::prelude::*;
use serde_json::{Value, json};

use crate::client::Client;

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub(crate) struct Level {
    pub(crate) tank: String,
    pub(crate) litres: u32,
}

/// Tables whose names differ in capitals only, with bounds of their own.
#[gateway_channels]
pub(crate) struct Plant {
    #[channel(
        send,
        state(key = "tank"),
        state(key = "tank", alias = "LEVELS", rows = 2, bytes = "10kB"),
        state(key = "tank", alias = "recent", retention = "200ms")
    )]
    pub(crate) levels: Channel<Level>,
}

async fn ask(running: &Running<Plant>, sql: &str) -> Value {
    let answer = Client::new(running.address()).post("/api/v1/sql", &json!({ "sql": sql }).to_string()).await;
    assert_eq!(answer.status, 200, "{sql}: {}", answer.body);
    answer.json()
}

async fn start() -> Running<Plant> {
    let mut settings = Settings::default();
    settings.port = 0;
    settings.state_rows = 3;
    let gateway = Gateway::<Plant>::new().module(Rest::default()).module(Sql);
    let running = gateway.start(settings).await.expect("the gateway starts");
    for (tank, litres) in [("A", 1), ("B", 2), ("C", 3), ("D", 4)] {
        running.channels().levels.send(Level { tank: tank.to_owned(), litres }).await.expect("is sent");
    }
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_differ_in_capitals_are_two_tables_each_with_its_own_rows() {
    let running = start().await;
    let few = json!([{"tank": "C"}, {"tank": "D"}]);
    assert_eq!(ask(&running, "SELECT tank FROM levels_2 ORDER BY 1").await, few);
    assert_eq!(ask(&running, "SELECT count(*) AS n FROM levels").await, json!([{"n": 3}]));
    let client = Client::new(running.address());
    let native = client.get("/api/v1/state/LEVELS?select=tank").await.json();
    assert_eq!(native.as_array().map(Vec::len), Some(2), "{native}");
    let tables = client.get("/api/v1/tables").await.json();
    let about = |name: &str| {
        let mut tables = tables.as_array().into_iter().flatten();
        let table = tables.find(|table| table["name"] == name).expect("the table is there");
        assert!(table["bytes"].as_u64().is_some_and(|bytes| (100..10_000).contains(&bytes)), "{table}");
        (table["rows"].clone(), table["dropped"].clone(), table["bounds"].clone())
    };
    // The table that declares its bytes leaves the others their shares of all that the settings have.
    let share = Settings::default().state_bytes / 2;
    assert_eq!(about("levels"), (json!(3), json!(1), json!({ "rows": 3, "bytes": share, "age": null })));
    assert_eq!(about("LEVELS_2"), (json!(2), json!(2), json!({ "rows": 2, "bytes": 10_000, "age": null })));
    running.stop().await.expect("the gateway stops cleanly");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_stay_for_as_long_as_the_table_retains_them() {
    let running = start().await;
    let state = |alias| running.hub().state(alias).expect("the state is there");
    // This does not look for records that are too old: they go by themselves.
    while state("recent").dropped() < 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((state("levels").rows(), state("recent").rows(), state("recent").bytes()), (3, 0, 0));
    running.stop().await.expect("the gateway stops cleanly");
}
