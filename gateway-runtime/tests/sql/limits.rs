//! What queries may not do, and where they end.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};

use crate::client::PATIENCE;
use crate::gateway::TestGateway;

/// A query that takes for ever.
const ENDLESS: &str = "SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE a.range + b.range = 7";

#[tokio::test(flavor = "multi_thread")]
async fn read_only_attempts_are_refused() {
    let gateway = TestGateway::start().await;
    gateway.trade("A", 1.0, None).await;
    for sql in [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT content FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "COPY trades TO '/tmp/stolen.csv'",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "EXPORT DATABASE '/tmp/stolen'",
        "ATTACH '/tmp/stolen.db'",
        "PRAGMA database_list",
        "PRAGMA enable_profiling",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 1",
        "RESET memory_limit",
        "DROP TABLE trades",
        "DELETE FROM trades",
        "UPDATE trades SET price = 2",
        "INSERT INTO trades SELECT * FROM trades",
        "CREATE TABLE t (a INT)",
        "CREATE TEMP TABLE t (a INT)",
        "CREATE MACRO m() AS 1",
        "CALL enable_logging()",
        "FROM enable_logging()",
        "SELECT * FROM range(3), system.main.\"ENABLE_LOGGING\"()",
        "SELECT (SELECT count(*) FROM checkpoint())",
        "WITH a AS (FROM force_checkpoint()) SELECT * FROM trades WHERE EXISTS (FROM a)",
        "SELECT 1 UNION ALL SELECT 2 FROM query('FROM enable_logging()')",
        "SELECT * FROM trades ORDER BY (SELECT count(*) FROM truncate_duckdb_logs())",
        "FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_logging()'))",
        "WITH gone AS (DELETE FROM trades RETURNING *) SELECT * FROM gone",
        "DROP TABLE trades; SELECT 1",
        "SELECT 1; DROP TABLE trades",
        "SELECT 1; SELECT 2",
        "COMMIT; DROP TABLE trades; SELECT 1",
        "BEGIN",
        "EXPLAIN ANALYZE DELETE FROM trades",
        "",
        "-- nothing",
        "selec 1",
        "SELECT nothing FROM trades",
        "SELECT error('as asked')",
    ] {
        let reason = gateway.refusal(sql).await;
        assert!(!reason.is_empty(), "{sql}");
    }
    let left = gateway.rows("SELECT symbol, price FROM trades").await;
    assert_eq!(left, json!([{"symbol": "A", "price": 1.0}]));
    for sql in
        ["FROM trades", "DESCRIBE trades", "SUMMARIZE trades", "VALUES (1)", "WITH t AS (SELECT 1) FROM t;"]
    {
        gateway.rows(sql).await;
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_is_refused_and_not_fatal() {
    let gateway = TestGateway::start().await;
    for sql in [
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT {}1", "1+".repeat(100_000)),
        format!("SELECT {}1", "NOT ".repeat(50_000)),
    ] {
        assert_eq!(gateway.ask(&sql).await.status, 400);
    }
    gateway.rows("SELECT 1").await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_ends_when_its_time_is_over() {
    let gateway = TestGateway::with(|settings| settings.sql_time = Duration::from_millis(300)).await;
    let started = Instant::now();
    let reason = gateway.refusal(ENDLESS).await;
    assert!(reason.contains("longer than 0.3 s"), "{reason}");
    assert!(started.elapsed() < Duration::from_secs(5));
    gateway.rows("SELECT 1").await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_has_no_more_rows_and_bytes_than_it_may() {
    let gateway = TestGateway::with(|settings| {
        settings.sql_rows = 5000;
        settings.sql_bytes = 100_000;
    })
    .await;
    let rows = gateway.rows("SELECT range AS n FROM range(5000)").await;
    assert_eq!(rows.as_array().unwrap().len(), 5000);
    let reason = gateway.refusal("SELECT range AS n FROM range(5001)").await;
    assert!(reason.contains("5000 rows"), "{reason}");
    let reason = gateway.refusal("SELECT repeat('x', 1000) FROM range(1000)").await;
    assert!(reason.contains("100000 bytes"), "{reason}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_has_no_more_memory_than_it_may() {
    let gateway = TestGateway::with(|settings| settings.sql_memory = 50 * 1024 * 1024).await;
    let reason = gateway.refusal("SELECT list(range) FROM range(100000000)").await;
    assert!(reason.contains("Out of Memory"), "{reason}");
    gateway.trade("A", 1.0, None).await;
    assert_eq!(gateway.rows("SELECT count(*) AS n FROM trades").await, json!([{"n": 1}]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_cancelled_when_its_client_goes_away_and_no_more_than_n_run_at_once() {
    let gateway = TestGateway::with(|settings| {
        settings.sql_queries = 1;
        settings.sql_time = Duration::from_secs(60);
    })
    .await;
    let body = json!({ "sql": ENDLESS }).to_string();
    let mut client = tokio::net::TcpStream::connect(gateway.running.address()).await.unwrap();
    let head = "POST /api/v1/sql HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\n";
    client.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    // The only place is taken, so another query waits; it gets its turn when the client of the first is gone.
    let mut second = Box::pin(gateway.rows("SELECT 1 AS one"));
    assert!(timeout(Duration::from_millis(300), &mut second).await.is_err(), "the first query does not run");
    drop(client);
    assert_eq!(timeout(PATIENCE, second).await.unwrap(), json!([{"one": 1}]));
    gateway.stop().await;
}
