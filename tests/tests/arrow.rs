//! SQL and states of a running gateway, as its Rust client gets them in Arrow.

use std::time::Duration;

use futures::TryStreamExt;
use gateway_client::arrow_array::cast::AsArray;
use gateway_client::arrow_array::types::Int64Type;
use gateway_client::{Client, Error, GatewayStruct, Query};
use gateway_tests::Server;
use serde_json::json;

/// What the states of `omnibus` are asked for here.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_client")]
struct Example {
    x: i64,
}

fn client(server: &Server) -> Client {
    Client::builder(server.url()).timeout(Duration::from_secs(30)).build().expect("an address")
}

#[tokio::test]
async fn rows_of_sql_are_arrow_batches_in_the_client() {
    let server = Server::start("omnibus");
    let client = client(&server);
    let sql = "SELECT range AS n, 'row ' || range AS text FROM range(?)";
    let mut batches = client.sql_arrow(sql, &[200_000.into()]).await.expect("rows");
    let names: Vec<&String> = batches.schema().fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["n", "text"]);
    let (mut rows, mut count) = (0, 0);
    while let Some(batch) = batches.try_next().await.expect("a batch") {
        let numbers = batch.column(0).as_primitive::<Int64Type>().values();
        assert!(numbers.iter().zip(rows..).all(|(number, row)| *number == row));
        assert_eq!(batch.column(1).as_string::<i32>().value(0), format!("row {rows}"));
        (rows, count) = (rows + numbers.len() as i64, count + 1);
    }
    assert_eq!(rows, 200_000);
    assert!(count > 10, "{count} batches");

    let none = client.sql_arrow("SELECT 1 AS n WHERE false", &[]).await.expect("no rows");
    assert_eq!(none.schema().field(0).name(), "n");
    assert_eq!(none.read_all().await.expect("the end"), []);
}

#[tokio::test]
async fn a_query_that_fails_says_so_before_its_rows_or_under_way() {
    let server = Server::start("omnibus");
    let client = client(&server);
    let refused = client.sql_arrow("selec", &[]).await.expect_err("is no query");
    assert!(
        matches!(&refused, Error::Status { status: 400, detail, .. } if detail.contains("SELECT")),
        "{refused}"
    );
    let sql = "SELECT CASE WHEN range < 500000 THEN 'x' ELSE error('late') END FROM range(1000000)";
    let batches = client.sql_arrow(sql, &[]).await.expect("rows begin to come");
    let broken = batches.read_all().await.expect_err("fails under way");
    assert!(matches!(broken, Error::Transport { .. }), "{broken:?}");
}

#[tokio::test]
async fn states_are_arrow_batches_in_the_client() {
    let server = Server::start("omnibus");
    let client = client(&server);
    let state = client.state::<Example>("example_with_state");
    let query: Query = serde_json::from_value(json!({ "select": ["x", "internal_csp_struct"], "limit": 2 }))
        .expect("is a query");
    let page = loop {
        let page = state.arrow(&query).await.expect("records");
        // It ticks every second.
        if page.next_cursor().is_some() {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let names: Vec<&String> = page.schema().fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["x", "internal_csp_struct.z"]);
    let batches = page.read_all().await.expect("the records");
    assert_eq!(batches[0].column(1).as_primitive::<Int64Type>().values(), &[12, 12]);
    let records = state.select().limit(2).fetch().await.expect("records");
    let whole =
        state.select().limit(2).arrow().await.expect("records").read_all().await.expect("the records");
    let xs = whole[0].column_by_name("x").expect("a column").as_primitive::<Int64Type>();
    assert_eq!(xs.values(), &[records[0].x, records[1].x]);
    assert_eq!(whole[0].column(0).as_string::<i32>().value(0), records[0].id.to_string());
}
