//! `POST /api/v1/sql` and `GET /api/v1/tables`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use duckdb::InterruptHandle;
use duckdb::types::Value as SqlValue;
use gateway_schema::problem::{Location, Problem};
use serde_json::{Map, Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::mirror::Mirror;
use super::query::{Format, Limits, Query};
use crate::endpoint::Bounds;
use crate::hub::Hub;
use crate::settings::Settings;
use crate::transports::body::require;
use crate::transports::{API, Operation, Refusal, Routes, Shape, to_json};

const TAG: &str = "SQL";

const SQL: &str = "\
One query in DuckDB's dialect over the state tables (see `/api/v1/tables`), which sees every record that was \
acknowledged before it. `?` and `$1` stand for the `params`, which are numbers, texts, truth values or null. Nested \
columns are quoted: `\"venue.mic\"`. Columns of any JSON are text in a result.

The rows are a list of objects. With `Accept: application/vnd.apache.arrow.stream` they are an Arrow stream, with \
`Accept: application/x-ndjson` an object a line.

It can only read: no files, no extensions, no settings. Time, memory, rows and bytes are limited by the gateway's \
settings, and the query is stopped when the client goes away.";

/// How often a query that should stop is told so: it does not hear it before it has begun.
const NUDGE: Duration = Duration::from_millis(20);

pub(super) fn mount(routes: &mut Routes) {
    let hub = Arc::clone(routes.hub());
    let mirror = Mirror::new(hub.tables.clone(), hub.settings.sql_memory);
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
        .refuses(400, "The query is wrong, cannot be run, or exceeds a limit")
        .refuses(503, "As many queries run as may");
    let tables = Arc::clone(&mirror);
    routes.post(format!("{API}/sql"), operation, move |State(hub), headers: HeaderMap, body: Body| {
        answer(hub, Arc::clone(&mirror), Arc::clone(&running), headers, body)
    });

    let operation = Operation::new(TAG, "State tables")
        .describe(
            "The tables that SQL can be asked about: columns, keys, rows, bytes, bounds, and what was dropped or refused.",
        )
        .replies(Shape::Json(json!({ "type": "array", "items": { "type": "object" } })));
    routes.get(format!("{API}/tables"), operation, move |State(hub): State<Arc<Hub>>| {
        std::future::ready(to_json(&describe(&hub, &tables)))
    });
}

async fn answer(
    hub: Arc<Hub>,
    mirror: Arc<Mirror>,
    running: Arc<Semaphore>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let settings = &hub.settings;
    let body = require(&headers, body, settings.max_body_bytes).await?;
    let query = read(&body, format(&headers), settings).map_err(Refusal::Invalid)?;
    let format = query.format;
    let busy = || {
        let many = settings.sql_queries;
        Refusal::Unavailable(format!("{many} queries run already (`--sql-queries`)"), true)
    };
    // The semaphore is never closed, so this ends by the time or by a permit.
    let permit = timeout(settings.sql_time, running.acquire_owned()).await;
    let permit = permit.ok().and_then(Result::ok).ok_or_else(busy)?;
    let rows = run(mirror, query, permit, settings.sql_time).await?;
    let content_type = match format {
        Format::Json => "application/json",
        Format::Lines => "application/x-ndjson",
        Format::Arrow => "application/vnd.apache.arrow.stream",
    };
    Ok(([(header::CONTENT_TYPE, content_type)], rows).into_response())
}

/// Runs a query off the asynchronous threads, and stops it when its time is over or nobody waits for it.
async fn run(
    mirror: Arc<Mirror>,
    query: Query,
    permit: OwnedSemaphorePermit,
    time: Duration,
) -> Result<Vec<u8>, Refusal> {
    let reader = tokio::task::spawn_blocking(move || mirror.reader());
    let connection = reader.await.map_err(|_| Refusal::Failed)?.map_err(|error| {
        tracing::error!(%error, "state tables cannot be brought up to date");
        Refusal::Unavailable(format!("The state tables cannot be brought up to date: {error}"), true)
    })?;
    let guard = Guard { ended: Arc::default(), interrupt: connection.interrupt_handle() };
    let ended = Arc::clone(&guard.ended);
    let work = tokio::task::spawn_blocking(move || {
        let outcome = query.run(&connection);
        ended.store(true, Ordering::Release);
        drop((connection, permit));
        outcome
    });
    let Ok(outcome) = timeout(time, work).await else {
        let seconds = time.as_secs_f64();
        return Err(Refusal::BadRequest(format!(
            "The query took longer than {seconds} s and was stopped (`--sql-time`)"
        )));
    };
    let outcome = outcome.map_err(|_| Refusal::Failed)?;
    outcome.map_err(|error| Refusal::BadRequest(error.to_string()))
}

/// Stops a query that has not ended when this is dropped: its time is over, or its client has gone.
struct Guard {
    ended: Arc<AtomicBool>,
    interrupt: Arc<InterruptHandle>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.ended.load(Ordering::Acquire) {
            return;
        }
        let (ended, interrupt) = (Arc::clone(&self.ended), Arc::clone(&self.interrupt));
        // Dropped by the runtime, which is there while it serves.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                while !ended.load(Ordering::Acquire) {
                    interrupt.interrupt();
                    sleep(NUDGE).await;
                }
            });
        }
    }
}

fn format(headers: &HeaderMap) -> Format {
    let accepts = |name: &str| {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|one| one.split(';').next().is_some_and(|one| one.trim() == name))
    };
    if accepts("application/vnd.apache.arrow.stream") {
        Format::Arrow
    } else if accepts("application/x-ndjson") {
        Format::Lines
    } else {
        Format::Json
    }
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

fn describe(hub: &Hub, mirror: &Mirror) -> Vec<Value> {
    let table = |table: &gateway_schema::ddl::Table| {
        let column = |column: &gateway_schema::ddl::TableColumn| {
            json!({
                "name": column.name, "type": column.sql, "nullable": column.nullable, "docs": column.docs,
            })
        };
        let state = hub.states.get(table.state.alias);
        let key: Vec<&str> = table.key.iter().map(|&place| table.columns[place].name.as_str()).collect();
        json!({
            "name": table.name,
            "channel": table.channel.name,
            "docs": table.channel.docs,
            "key": key,
            "columns": table.columns.iter().map(column).collect::<Vec<_>>(),
            "rows": state.map_or(0, |state| state.rows()),
            "bytes": state.map_or(0, |state| state.bytes()),
            "bounds": state.map(|state| {
                let Bounds { rows, bytes, age } = state.bounds();
                json!({ "rows": rows, "bytes": bytes, "age": age.map(|age| age.as_secs_f64()) })
            }),
            "dropped": state.map_or(0, |state| state.dropped()),
            "refused": mirror.refused(table.state.alias),
        })
    };
    hub.tables.iter().map(|watched| table(watched.table())).collect()
}
