//! Tables whose rows are replaced again and again.

use std::ops::Deref;

use duckdb::Connection;
use gateway_runtime::__private::connection;
use gateway_runtime::prelude::*;

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub(crate) struct Level {
    pub(crate) tank: String,
    pub(crate) litres: u32,
}

#[gateway_channels]
pub(crate) struct Plant {
    #[channel(send, state(key = "tank"))]
    pub(crate) levels: Channel<Vec<Level>>,
}

const TANKS: u32 = 20_000;

async fn start() -> Running<Plant> {
    let mut settings = Settings::default();
    settings.port = 0;
    // What a query under way still sees is kept for it.
    settings.sql_memory = 1 << 30;
    Gateway::<Plant>::new().module(Sql).start(settings).await.expect("the gateway starts")
}

fn tables(running: &Running<Plant>) -> impl Deref<Target = Connection> {
    connection(running.hub()).expect("the tables are up to date")
}

/// Replaces every row so many times, each of which reaches the table.
async fn replace(running: &Running<Plant>, rounds: u32) {
    for round in 1..=rounds {
        let level = |tank| Level { tank: format!("T{tank}"), litres: round };
        running.channels().levels.send((0..TANKS).map(level).collect()).await.expect("is sent");
        drop(tables(running));
    }
}

fn rows(connection: &Connection) -> (u32, u32) {
    let sql = "SELECT count(*), sum(litres) FROM levels";
    connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("there are rows")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_been_replaced_is_compressed_but_for_the_key() {
    let running = start().await;
    replace(&running, 9).await;
    let tables = tables(&running);
    let compression = |column: &str| -> String {
        let sql = "SELECT string_agg(DISTINCT compression) FROM pragma_storage_info('levels') \
                   WHERE column_name = ? AND segment_type <> 'VALIDITY'";
        tables.query_row(sql, [column], |row| row.get(0)).expect("there is such a column")
    };
    // Keys that are compressed make deletes slower by orders of magnitude.
    assert_eq!(compression("tank"), "Uncompressed");
    for column in ["id", "timestamp", "litres"] {
        assert!(!compression(column).contains("Uncompressed"), "{column}: {}", compression(column));
    }
    assert_eq!(rows(&tables), (TANKS, 9 * TANKS));
    drop(tables);
    running.stop().await.expect("the gateway stops cleanly");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_under_way_sees_what_it_saw_while_its_table_is_made_anew() {
    let running = start().await;
    replace(&running, 1).await;
    let under_way = tables(&running);
    under_way.execute_batch("BEGIN TRANSACTION READ ONLY").expect("begins");
    assert_eq!(rows(&under_way), (TANKS, TANKS));
    let oid = |connection: &Connection| -> i64 {
        let sql = "SELECT table_oid FROM duckdb_tables() WHERE table_name = 'levels'";
        connection.query_row(sql, [], |row| row.get(0)).expect("there is the table")
    };
    let before = oid(&under_way);
    replace(&running, 60).await;
    assert_ne!(oid(&tables(&running)), before);
    assert_eq!(rows(&under_way), (TANKS, TANKS));
    assert_eq!(rows(&tables(&running)), (TANKS, 60 * TANKS));
    drop(under_way);
    running.stop().await.expect("the gateway stops cleanly");
}
