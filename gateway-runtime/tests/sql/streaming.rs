//! Results that leave while their query runs.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::client::PATIENCE;
use crate::download;
use crate::gateway::TestGateway;

/// Many rows at once, and then none for ever.
const STALLED: &str = "SELECT range AS n FROM range(1000000) UNION ALL \
                       SELECT a.range FROM range(10000000000) a, range(1000) b WHERE a.range + b.range = -7";

/// Reads until something has come.
async fn begin(socket: &mut TcpStream) {
    let mut head = [0; 12];
    timeout(PATIENCE, socket.read_exact(&mut head)).await.expect("the rows begin to come").unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_fails_under_way_breaks_its_body_off() {
    let gateway = TestGateway::start().await;
    let sql =
        "SELECT CASE WHEN range < 500000 THEN range::VARCHAR ELSE error('late') END AS n FROM range(1000000)";
    for format in ["json", "ndjson", "csv", "arrow", "parquet"] {
        let answer = download::sql(gateway.running.address(), &format!("?format={format}"), sql).await;
        assert!(answer.head.starts_with("HTTP/1.1 200"), "{format}: {}", answer.head);
        assert!(!answer.whole && answer.body.len() > 100_000, "{format}: {} bytes", answer.body.len());
    }
    let early = gateway.refusal("SELECT error('early') FROM range(1000000)").await;
    assert!(early.contains("early"), "{early}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_reached_under_way_breaks_the_body_off() {
    let gateway = TestGateway::with(|settings| {
        settings.sql_rows = 100_000;
        settings.sql_bytes = 3_000_000;
    })
    .await;
    let address = gateway.running.address();
    let within = download::sql(address, "", "SELECT range AS n FROM range(100000)").await;
    assert!(within.whole && within.body.ends_with(b"{\"n\":99999}]"));
    for sql in
        ["SELECT range AS n FROM range(100001)", "SELECT range AS n, repeat('x', 40) AS x FROM range(60000)"]
    {
        let beyond = download::sql(address, "", sql).await;
        assert!(!beyond.whole && beyond.body.len() < 3_000_000, "{sql}: {} bytes", beyond.body.len());
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_under_way_gives_back_its_place() {
    let gateway = TestGateway::with(|settings| {
        settings.sql_queries = 1;
        settings.sql_time = Duration::from_secs(60);
    })
    .await;
    // One whose query waits for its client to read, and one whose client waits for the query.
    for sql in ["SELECT range AS n FROM range(10000000)", STALLED] {
        let mut client = download::open(gateway.running.address(), "", sql).await;
        begin(&mut client).await;
        let mut rest = vec![0; 1 << 20];
        while sql == STALLED && timeout(Duration::from_millis(500), client.read(&mut rest)).await.is_ok() {}
        let mut second = Box::pin(gateway.rows("SELECT 1 AS one"));
        assert!(timeout(Duration::from_millis(200), &mut second).await.is_err(), "{sql} has ended");
        drop(client);
        timeout(PATIENCE, second).await.expect("the place is free");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_has_no_more_time_than_any() {
    let gateway = TestGateway::with(|settings| {
        settings.sql_queries = 1;
        settings.sql_time = Duration::from_secs(1);
    })
    .await;
    for sql in ["SELECT range AS n FROM range(10000000)", STALLED] {
        let mut client = download::open(gateway.running.address(), "", sql).await;
        begin(&mut client).await;
        sleep(Duration::from_millis(1500)).await;
        // Its place is free, though it is still there.
        gateway.rows("SELECT 1 AS one").await;
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, client.read_to_end(&mut rest)).await.expect("the body ends");
        assert!(!rest.ends_with(b"0\r\n\r\n"), "{sql} came to its end");
    }
    gateway.stop().await;
}
