//! `POST /api/v1/sql` and `GET /api/v1/tables`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use duckdb::types::Value as SqlValue;
use gateway_schema::ddl::{Table, TableColumn};
use gateway_schema::problem::{Location, Problem};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::mirror::Mirror;
use super::query::{Limits, Query};
use super::run::run;
use crate::endpoint::Bounds;
use crate::hub::Hub;
use crate::settings::Settings;
use crate::transports::body::require;
use crate::transports::format::{Format, PARAMETER};
use crate::transports::parameters::{Parameters, pairs};
use crate::transports::{API, Operation, Refusal, Routes, Shape, to_json};

const TAG: &str = "SQL";

const SQL: &str = "\
One query in DuckDB's dialect over the state tables (see `/api/v1/tables`), which sees every record that was \
acknowledged before it. `?` and `$1` stand for the `params`, which are numbers, texts, truth values or null. Nested \
columns are quoted: `\"venue.mic\"`. Columns of any JSON are text in a result.

The rows are a list of objects, or in another format if `format` or `Accept` asks for it. They are sent while the \
query runs, as fast as the client takes them; if it fails after the first 64 KiB, or a limit is reached there, the \
body ends early. In Parquet intervals are seconds.

It can only read: no files, no extensions, no settings. Time until the last row is taken, memory, rows and bytes are \
limited by the gateway's settings, and the query is stopped when the client goes away.";

pub(super) fn mount(routes: &mut Routes) {
    let hub = Arc::clone(routes.hub());
    let mirror = Arc::clone(&hub.tables);
    let running = Arc::new(Semaphore::new(hub.settings.sql_queries.max(1)));

    let parameter = json!({ "anyOf": [
        { "type": "string" }, { "type": "number" }, { "type": "boolean" }, { "type": "null" }
    ] });
    let body = json!({
        "type": "object",
        "properties": {
            "sql": { "type": "string", "description": "The query" },
            "params": { "type": "array", "items": parameter, "description": "What `?` stands for, in order" },
        },
        "required": ["sql"],
        "additionalProperties": false,
    });
    let operation = Operation::new(TAG, "SQL over the state tables")
        .describe(SQL)
        .takes(Shape::Json(body), true)
        .replies(Shape::Json(json!({ "type": "array", "items": { "type": "object" } })))
        .in_formats()
        .refuses(400, "The query is wrong, cannot be run, or exceeds a limit")
        .refuses(503, "As many queries run as may");
    routes.post(
        format!("{API}/sql"),
        operation,
        move |State(hub), headers: HeaderMap, parameters: Parameters, body: Body| {
            answer(hub, Arc::clone(&mirror), Arc::clone(&running), headers, parameters, body)
        },
    );

    let operation = Operation::new(TAG, "State tables")
        .describe(
            "The tables that SQL can be asked about: columns, keys, rows, bytes, bounds, and what was dropped or refused.",
        )
        .replies(Shape::Json(json!({ "type": "array", "items": { "type": "object" } })));
    routes.get(format!("{API}/tables"), operation, move |State(hub): State<Arc<Hub>>| {
        std::future::ready(to_json(&describe(&hub)))
    });
}

async fn answer(
    hub: Arc<Hub>,
    mirror: Arc<Mirror>,
    running: Arc<Semaphore>,
    headers: HeaderMap,
    parameters: Parameters,
    body: Body,
) -> Result<Response, Refusal> {
    let settings = &hub.settings;
    // Before anything is refused: who still sends would not read the answer.
    let body = require(&headers, body, settings.max_body_bytes).await?;
    let format = Format::asked(&headers, &pairs(parameters, PARAMETER)?)?;
    let query = read(&body, format, settings).map_err(Refusal::Invalid)?;
    let busy = || {
        let many = settings.sql_queries;
        Refusal::Unavailable(format!("{many} queries run already (`--sql-queries`)"), true)
    };
    // The semaphore is never closed, so this ends by the time or by a permit.
    let permit = timeout(settings.sql_time, running.acquire_owned()).await;
    let permit = permit.ok().and_then(Result::ok).ok_or_else(busy)?;
    let rows = run(mirror, query, permit, settings.sql_time).await?;
    Ok(([(header::CONTENT_TYPE, format.media_type())], rows).into_response())
}

/// The query that a body is, or everything that is wrong with it.
fn read(body: &Value, format: Format, settings: &Settings) -> Result<Query, Vec<Problem>> {
    let Value::Object(members) = body else {
        let problem = Problem::new("dict_type", "Input should be a valid dictionary").at(["body"]);
        return Err(vec![problem.with_input(body.clone())]);
    };
    let mut problems = Vec::new();
    for (name, value) in members.iter().filter(|(name, _)| !["sql", "params"].contains(&name.as_str())) {
        let problem = Problem::new("extra_forbidden", "Extra inputs are not permitted");
        problems.push(problem.at([Location::from("body"), name.clone().into()]).with_input(value.clone()));
    }
    let sql = match members.get("sql") {
        Some(Value::String(sql)) if !sql.contains('\0') => sql.clone(),
        Some(other) => {
            let problem = Problem::new("string_type", "Input should be a valid string without zero bytes");
            problems.push(problem.at(["body", "sql"]).with_input(other.clone()));
            String::new()
        }
        None => {
            problems
                .push(Problem::new("missing", "Field required").at(["body", "sql"]).with_input(body.clone()));
            String::new()
        }
    };
    let params = parameters(members, &mut problems);
    let limits = Limits { rows: settings.sql_rows, bytes: settings.sql_bytes };
    if problems.is_empty() { Ok(Query { sql, params, format, limits }) } else { Err(problems) }
}

fn parameters(members: &Map<String, Value>, problems: &mut Vec<Problem>) -> Vec<SqlValue> {
    let items = match members.get("params") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(other) => {
            let problem = Problem::new("list_type", "Input should be a valid list").at(["body", "params"]);
            problems.push(problem.with_input(other.clone()));
            return Vec::new();
        }
    };
    let mut values = Vec::new();
    for (index, item) in items.iter().enumerate() {
        values.push(match item {
            Value::Null => SqlValue::Null,
            Value::Bool(value) => SqlValue::Boolean(*value),
            Value::String(text) => SqlValue::Text(text.clone()),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => SqlValue::BigInt(value),
                (None, Some(value)) => SqlValue::UBigInt(value),
                (None, None) => number.as_f64().map_or(SqlValue::Null, SqlValue::Double),
            },
            Value::Array(_) | Value::Object(_) => {
                let message = "Input should be a number, a string, a boolean or null";
                let place: [Location; 3] = ["body".into(), "params".into(), index.into()];
                problems.push(Problem::new("scalar_type", message).at(place).with_input(item.clone()));
                SqlValue::Null
            }
        });
    }
    values
}

fn describe(hub: &Hub) -> Vec<Value> {
    let mut tables = Vec::new();
    for (source, stats) in hub.tables.tables() {
        let (table, refused) = (source.table(), stats.refused.load(Ordering::Relaxed));
        if let Some(state) = hub.states.get(table.state.alias) {
            let Bounds { rows, bytes, age } = state.bounds();
            tables.push(json!({
                "name": table.name,
                "kind": "latest",
                "channel": table.channel.name,
                "docs": table.channel.docs,
                "key": key(table),
                "columns": columns(table),
                "rows": state.rows(),
                "bytes": state.bytes(),
                "bounds": { "rows": rows, "bytes": bytes, "age": seconds(age) },
                "dropped": state.dropped(),
                "refused": refused,
            }));
        }
        if let (Some(table), Some(keeps)) = (source.history(), table.state.history) {
            tables.push(json!({
                "name": table.name,
                "kind": "history",
                "channel": table.channel.name,
                "docs": table.channel.docs,
                "key": key(table),
                "columns": columns(table),
                "rows": stats.history.rows(),
                "bounds": {
                    "rows_per_key": keeps.rows, "rows": hub.settings.history_rows, "age": seconds(keeps.age),
                },
                "dropped": stats.history.dropped(),
            }));
        }
    }
    tables
}

fn key(table: &Table) -> Vec<&str> {
    table.key.iter().map(|&place| table.columns[place].name.as_str()).collect()
}

fn columns(table: &Table) -> Vec<Value> {
    let column = |column: &TableColumn| json!({ "name": column.name, "type": column.sql, "nullable": column.nullable, "docs": column.docs });
    table.columns.iter().map(column).collect()
}

fn seconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64())
}
