//! A state file whose structs have changed since it was written.

use std::path::Path;

use gateway_runtime::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;

/// A set of channels with one channel, `orders`, of a struct that each test has its own of.
macro_rules! version {
    ($name:ident, key = $key:literal, { $($(#[$attribute:meta])* $field:ident: $ty:ty),* $(,)? }) => {
        mod $name {
            use gateway_runtime::prelude::*;

            /// An order.
            #[derive(Clone, Debug, PartialEq, GatewayStruct)]
            pub(super) struct Order {
                $(
                    /// A field.
                    $(#[$attribute])*
                    pub(super) $field: $ty,
                )*
            }

            /// A version of the channels.
            #[gateway_channels]
            pub(super) struct Shop {
                /// Orders.
                #[channel(send, state(key = $key, history(rows = 100)))]
                pub(super) orders: Channel<Order>,
            }
        }
    };
}

version!(first, key = "number", { number: u32, price: f32, note: Option<String> });
version!(added, key = "number", { number: u32, price: f32, note: Option<String>, buyer: Option<String>, #[gateway(default = 1)] count: u8 });
version!(wider, key = "number", { number: i64, price: f64, note: Option<String> });
version!(narrower, key = "number", { number: u16, price: f32, note: Option<String> });
version!(without, key = "number", { number: u32, price: f32 });
version!(required, key = "number", { number: u32, price: f32, note: String, buyer: String });
version!(rekeyed, key = "note", { number: u32, price: f32, note: Option<String> });
version!(stricter, key = "number", { number: u32, #[gateway(range(min = 2.0))] price: f32, note: Option<String> });

fn settings(path: &Path) -> Settings {
    let mut settings = Settings::default();
    settings.port = 0;
    settings.state_file = Some(path.to_owned());
    settings
}

/// Starts a gateway of these channels, and runs `work` with a client of it.
async fn with<C: Channels, R>(path: &Path, work: impl AsyncFnOnce(Client) -> R) -> Result<R, String> {
    let gateway = Gateway::<C>::new().module(Rest::default()).module(Sql);
    let running = gateway.start(settings(path)).await.map_err(|error| error.to_string())?;
    let outcome = work(Client::new(running.address())).await;
    running.stop().await.unwrap();
    Ok(outcome)
}

/// A file that the first version wrote.
async fn written() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    let orders = r#"[{"number": 1, "price": 1.5, "note": "x"}, {"number": 70000, "price": 2.5}]"#;
    with::<first::Shop, _>(&path, async |client| {
        assert_eq!(client.post("/api/v1/send/orders", orders).await.status, 200);
    })
    .await
    .unwrap();
    (folder, path)
}

async fn orders(client: &Client) -> Vec<Value> {
    let select = "number,price,note";
    let rows = client.get(&format!("/api/v1/state/orders?select={select}")).await.json();
    rows.as_array().unwrap().clone()
}

async fn sql(client: &Client, sql: &str) -> Value {
    let answer = client.post("/api/v1/sql", &json!({ "sql": sql }).to_string()).await;
    assert_eq!(answer.status, 200, "{sql}: {}", answer.body);
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_columns_that_may_lack_a_value_are_added() {
    let (_folder, path) = written().await;
    for _ in 0..2 {
        with::<added::Shop, _>(&path, async |client| {
            let expected = [
                json!({"number": 1, "price": 1.5, "note": "x"}),
                json!({"number": 70000, "price": 2.5, "note": null}),
            ];
            assert_eq!(orders(&client).await, expected);
            let rows = sql(&client, "SELECT number, buyer, count FROM orders ORDER BY number").await;
            let row = |number| json!({"number": number, "buyer": null, "count": 1});
            assert_eq!(rows, json!([row(1), row(70000)]));
            let past = sql(&client, "SELECT number, buyer, count FROM orders_history ORDER BY number").await;
            assert_eq!(past, rows);
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn types_are_widened() {
    let (_folder, path) = written().await;
    with::<wider::Shop, _>(&path, async |client| {
        assert_eq!(orders(&client).await[1], json!({"number": 70000, "price": 2.5, "note": null}));
        let types = sql(&client, "SELECT typeof(number) AS n, typeof(price) AS p FROM orders LIMIT 1").await;
        assert_eq!(types, json!([{"n": "BIGINT", "p": "DOUBLE"}]));
        let order = r#"{"number": 5000000000, "price": 1e300}"#;
        assert_eq!(client.post("/api/v1/send/orders", order).await.status, 200);
        for table in ["orders", "orders_history"] {
            let sum = sql(&client, &format!("SELECT count(*) AS n, max(number) AS last FROM {table}")).await;
            assert_eq!(sum, json!([{"n": 3, "last": 5_000_000_000_i64}]), "{table}");
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_lose_data_is_refused_with_the_plan_and_changes_nothing() {
    let (_folder, path) = written().await;
    let narrower = with::<narrower::Shop, _>(&path, async |_| ()).await.unwrap_err();
    assert!(narrower.contains("column `number` was UINTEGER, and is USMALLINT"), "{narrower}");
    assert!(narrower.contains("state.duckdb") && narrower.contains("--state-file"), "{narrower}");
    let without = with::<without::Shop, _>(&path, async |_| ()).await.unwrap_err();
    assert!(without.contains("column `note` VARCHAR is gone: its values would be lost"), "{without}");
    let required = with::<required::Shop, _>(&path, async |_| ()).await.unwrap_err();
    assert!(required.contains("column `note` could be null, and has to have a value now"), "{required}");
    assert!(required.contains("column `buyer` VARCHAR is new, and has to have a value"), "{required}");
    let rekeyed = with::<rekeyed::Shop, _>(&path, async |_| ()).await.unwrap_err();
    assert!(rekeyed.contains("its key was `number`, and is `note`"), "{rekeyed}");
    with::<first::Shop, _>(&path, async |client| assert_eq!(orders(&client).await.len(), 2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_rows_has_nothing_to_lose() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.duckdb");
    with::<first::Shop, _>(&path, async |_| ()).await.unwrap();
    with::<rekeyed::Shop, _>(&path, async |_| ()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_a_new_rule_refuses_are_set_aside_and_not_lost() {
    let (_folder, path) = written().await;
    with::<stricter::Shop, _>(&path, async |client| {
        assert_eq!(orders(&client).await, [json!({"number": 70000, "price": 2.5, "note": null})]);
        assert_eq!(sql(&client, "SELECT number FROM orders").await, json!([{"number": 70000}]));
        let aside =
            sql(&client, "SELECT name, record ->> '$.note' AS note, reason FROM gateway_meta.unreadable")
                .await;
        assert_eq!((&aside[0]["name"], &aside[0]["note"]), (&json!("orders"), &json!("x")), "{aside}");
        assert!(aside[0]["reason"].as_str().unwrap().contains("greater than or equal to 2"), "{aside}");
    })
    .await
    .unwrap();
}
