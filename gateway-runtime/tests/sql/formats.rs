//! Results and records in every format.

use std::collections::BTreeMap;

use bytes::Bytes;
use duckdb::arrow::array::AsArray;
use duckdb::arrow::compute::cast;
use duckdb::arrow::datatypes::{DataType, Float64Type};
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::arrow::util::display::array_value_to_string;
use serde_json::{Value, json};

use crate::download;
use crate::gateway::{Side, TestGateway, Trade};
use crate::types::everything;

/// What is in the batches, by the columns' names.
fn texts(batches: &[RecordBatch]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for batch in batches {
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            // Arrow cannot show a zone that has a name.
            let column = match field.data_type() {
                DataType::Timestamp(_, Some(_)) => &cast(column, &DataType::Int64).unwrap(),
                _ => column,
            };
            let texts = (0..batch.num_rows()).map(|row| array_value_to_string(column, row).unwrap());
            found.entry(field.name().clone()).or_default().extend(texts);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_comes_in_every_format() {
    let gateway = TestGateway::start().await;
    let address = gateway.running.address();
    let sql = "SELECT range AS n, 'a,' || range AS t, INTERVAL 90 MINUTES AS i, NULL::INT AS n FROM range(2)";
    let text = async |format: &str| {
        let answer = download::sql(address, format, sql).await;
        String::from_utf8(answer.body).unwrap()
    };
    let json = r#"[{"n":0,"t":"a,0","i":5400.0,"n_2":null},{"n":1,"t":"a,1","i":5400.0,"n_2":null}]"#;
    assert_eq!(text("").await, json);
    assert_eq!(text("?format=json").await, json);
    let lines = json.trim_matches(['[', ']']).replace("},{", "}\n{") + "\n";
    assert_eq!(text("?format=ndjson").await, lines);
    assert_eq!(text("?format=csv").await, "n,t,i,n_2\r\n0,\"a,0\",5400.0,\r\n1,\"a,1\",5400.0,\r\n");
    let arrow = download::sql(address, "?format=arrow", sql).await.arrow();
    assert_eq!(texts(&arrow)["t"], ["a,0", "a,1"]);
    let parquet = download::sql(address, "?format=parquet", sql).await.parquet();
    assert_eq!(texts(&parquet)["t"], ["a,0", "a,1"]);
    assert_eq!(parquet[0].column(2).as_primitive::<Float64Type>().values(), &[5400.0, 5400.0]);
    assert_eq!(texts(&parquet)["n_2"], ["", ""]);

    for format in ["csv", "arrow", "parquet"] {
        let none = download::sql(address, &format!("?format={format}"), "SELECT 1 AS n WHERE false").await;
        match format {
            "csv" => assert_eq!(none.body, b"n\r\n"),
            "arrow" => assert_eq!(none.arrow(), []),
            _ => assert_eq!(none.parquet(), []),
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_format_cannot_hold_is_refused() {
    let gateway = TestGateway::start().await;
    let address = gateway.running.address();
    for sql in ["SELECT union_value(a := 1) AS u", "SELECT [INTERVAL 1 DAY] AS list"] {
        let refused = download::sql(address, "?format=parquet", sql).await;
        assert!(refused.head.starts_with("HTTP/1.1 400"), "{sql}: {}", refused.head);
        let answer: Value = serde_json::from_slice(&refused.body).unwrap();
        assert!(answer["detail"].as_str().unwrap().contains("Parquet cannot hold"), "{answer}");
        assert!(download::sql(address, "", sql).await.head.starts_with("HTTP/1.1 200"), "{sql}");
    }
    let refused = download::sql(address, "?format=xml", "SELECT 1").await;
    assert!(refused.head.starts_with("HTTP/1.1 406"), "{}", refused.head);
    let answer = String::from_utf8(refused.body).unwrap();
    for name in ["json", "ndjson", "csv", "arrow", "parquet"] {
        assert!(answer.contains(&format!("`?format={name}`")), "{answer}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_have_the_columns_of_their_table_in_arrow_and_parquet() {
    let gateway = TestGateway::start().await;
    let address = gateway.running.address();
    let mut second = everything("b");
    (second.maybe, second.any, second.bytes) = (None, Value::Null, Bytes::new());
    for value in [everything("a"), second] {
        gateway.running.channels().everything.send(value).await.unwrap();
    }
    let table = download::sql(address, "?format=arrow", "FROM everything ORDER BY name").await.arrow();
    let state = download::get(address, "state/everything?format=arrow").await.arrow();
    let (table_types, state_types) = (table[0].schema(), state[0].schema());
    let (from_sql, native) = (texts(&table), texts(&state));
    assert_eq!(from_sql.keys().collect::<Vec<_>>(), native.keys().collect::<Vec<_>>());
    let mut texts_only = Vec::new();
    for (sql, own) in table_types.fields().iter().zip(state_types.fields()) {
        assert_eq!(sql.name(), own.name());
        if sql.data_type() == own.data_type() {
            assert_eq!(from_sql[sql.name()], native[own.name()], "{own}");
        } else {
            assert_eq!(own.data_type(), &DataType::Utf8, "{own}");
            texts_only.push(own.name().as_str());
        }
    }
    assert_eq!(texts_only, ["venues", "array", "tags", "maybe"]);
    assert_eq!(native["array"], ["[1,2,255]", "[1,2,255]"]);
    assert_eq!(native["maybe"], [r#"[null,"null"]"#, ""]);

    let file = download::get(address, "state/everything?format=parquet").await.parquet();
    let mut in_file = texts(&file);
    assert_eq!(in_file.remove("delta").unwrap(), ["-1.5", "-1.5"]);
    for (name, values) in in_file {
        assert_eq!(values, native[&name], "{name}");
    }
    let last = download::get(address, "last/everything?format=arrow").await.arrow();
    assert_eq!(texts(&last)["name"], ["b"]);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn selected_columns_and_pages_come_in_arrow_and_parquet() {
    let gateway = TestGateway::start().await;
    let address = gateway.running.address();
    for (symbol, price) in [("A", 1.0), ("B", 2.0), ("C", 3.0)] {
        gateway.trade(symbol, price, Some("XETR")).await;
    }
    let path = "state/trades?select=venue,price&sort=-price&limit=2";
    for format in ["arrow", "parquet"] {
        let answer = download::get(address, &format!("{path}&format={format}")).await;
        assert!(answer.head.contains("x-gateway-next-cursor"), "{}", answer.head);
        let batches = if format == "arrow" { answer.arrow() } else { answer.parquet() };
        let schema = batches[0].schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["venue.mic", "venue.country", "price"]);
        assert_eq!(texts(&batches)["price"], ["3.0", "2.0"]);
    }
    // More than a batch, and none.
    for number in 0..20_000 {
        let trade = Trade { symbol: format!("S{number:05}"), price: 1.0, venue: None };
        gateway.running.channels().sides.send(&Side::Buy, trade).await.unwrap();
    }
    let all = download::get(address, "state/sides?select=symbol&format=parquet").await.parquet();
    let symbols = texts(&all).remove("symbol").unwrap();
    assert_eq!(symbols.len(), 20_000);
    assert!(symbols.iter().enumerate().all(|(number, symbol)| *symbol == format!("S{number:05}")));
    let none = download::get(address, "state/everything?format=arrow").await;
    assert_eq!(none.arrow(), []);
    assert_eq!(json!(none.whole), json!(true));
    gateway.stop().await;
}
