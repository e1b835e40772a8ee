//! What the client asks for, and what it makes of the answers.

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Path, RawQuery, Request};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use gateway_client::{Client, Draft, Error, GatewayStruct, Id, Operator, Timestamp};
use serde_json::{Value, json};
use support::{Side, Trade, client, serve, serve_bytes, trade};

fn record(id: u32) -> Value {
    json!({ "id": id.to_string(), "timestamp": "2026-11-20T09:30:00", "symbol": "ABC", "price": 1.5, "quantity": 2 })
}

#[tokio::test]
async fn last_of_a_scalar_is_an_option_and_of_a_list_all() {
    let client = client(
        Router::new()
            .route("/api/v1/last/none", get(|| async { Json(json!([])) }))
            .route("/api/v1/last/two", get(|| async { Json(json!([record(1), record(2)])) })),
    )
    .await;
    assert_eq!(client.channel::<Trade>("none").last().await.unwrap(), None);
    let last = client.channel::<Trade>("two").last().await.unwrap().unwrap();
    assert_eq!((last.id.clone(), last.symbol.as_str(), last.quantity), (Id::from("2"), "ABC", 2));
    assert_eq!(client.list_channel::<Trade>("two").last().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_float_that_json_cannot_write_is_nan() {
    #[derive(Clone, Debug, GatewayStruct)]
    #[gateway(crate = "::gateway_client")]
    struct Reading {
        value: f64,
        maybe: Option<f64>,
        list: Vec<f32>,
        holes: Vec<Option<f64>>,
        count: u32,
    }
    let answer = |count: Value| {
        let mut record =
            json!({ "value": null, "maybe": null, "list": [null, 1.5], "holes": [null], "count": count });
        record["id"] = "1".into();
        record["timestamp"] = "2026-11-20T09:30:00".into();
        get(move || async move { Json(json!([record])) })
    };
    let routes =
        Router::new().route("/api/v1/last/x", answer(json!(1))).route("/api/v1/last/y", answer(Value::Null));
    let client = client(routes).await;
    let last = client.channel::<Reading>("x").last().await.unwrap().unwrap();
    assert!(last.value.value.is_nan() && last.list[0].is_nan() && last.list[1] == 1.5, "{last:?}");
    assert_eq!((last.maybe, last.holes.as_slice()), (None, &[None][..]));
    let error = client.channel::<Reading>("y").last().await.unwrap_err().to_string();
    assert!(error.contains("body.count: Input should be a valid integer"), "{error}");
}

#[tokio::test]
async fn a_record_that_breaks_a_constraint_is_read() {
    let answer = || async {
        Json(
            json!([{ "id": "1", "timestamp": "2026-11-20T09:30:00", "symbol": "ABC", "price": 0, "new": [1] }]),
        )
    };
    let client = client(Router::new().route("/api/v1/last/x", get(answer))).await;
    let last = client.channel::<Trade>("x").last().await.unwrap().unwrap();
    assert_eq!((last.price, last.quantity), (0.0, 1));
}

#[tokio::test]
async fn next_waits_longer_than_the_timeout() {
    let slow = |time| {
        get(move || async move {
            tokio::time::sleep(time).await;
            Json(json!([record(1)]))
        })
    };
    let routes = Router::new()
        .route("/api/v1/next/x", slow(Duration::from_millis(300)))
        .route("/api/v1/last/x", slow(Duration::from_secs(60)));
    let client = Client::builder(serve(routes).await).timeout(Duration::from_millis(100)).build().unwrap();
    let channel = client.channel::<Trade>("x");
    assert_eq!(channel.next().await.unwrap().id, Id::from("1"));
    let began = Instant::now();
    let error = channel.last().await.unwrap_err();
    assert!(
        matches!(&error, Error::Timeout { url, after } if url.ends_with("/api/v1/last/x") && after.as_millis() == 100),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_empty_answer_to_next_is_an_error() {
    let client = client(Router::new().route("/api/v1/next/x", get(|| async { Json(json!([])) }))).await;
    let error = client.channel::<Trade>("x").next().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { reason, .. } if reason.contains("one record")), "{error}");
    assert_eq!(client.list_channel::<Trade>("x").next().await.unwrap(), []);
}

/// Answers a sent body with id and timestamp filled in.
async fn echo(Json(body): Json<Value>) -> Json<Value> {
    let items = if let Value::Array(items) = body { items } else { vec![body] };
    let fill = |(index, mut item): (usize, Value)| {
        let members = item.as_object_mut().expect("a record");
        members.entry("id").or_insert((index + 10).to_string().into());
        members.entry("timestamp").or_insert("2026-11-20T09:30:00.000250".into());
        item
    };
    Json(items.into_iter().enumerate().map(fill).collect())
}

#[tokio::test]
async fn sent_records_come_back_with_id_and_timestamp() {
    let client = client(Router::new().route("/api/v1/send/x", post(echo))).await;
    let channel = client.channel::<Trade>("x");
    let sent = channel.send(trade(1.0)).await.unwrap();
    assert_eq!((sent.id.to_string().as_str(), &sent.value), ("10", &trade(1.0)));
    assert_eq!(sent.timestamp.to_string(), "2026-11-20T09:30:00.000250");
    let own = Draft { id: Some("mine".into()), timestamp: Some(Timestamp::from_nanos(0)), value: trade(2.0) };
    let sent = channel.send(own).await.unwrap();
    assert_eq!((sent.id.to_string().as_str(), sent.timestamp), ("mine", Timestamp::from_nanos(0)));
    let both = channel.send_all([trade(1.0), trade(2.0)]).await.unwrap();
    assert_eq!(both.iter().map(|tick| tick.price).collect::<Vec<_>>(), [1.0, 2.0]);
    assert_eq!(channel.send_all::<Trade>([]).await.unwrap(), []);
}

#[tokio::test]
async fn a_record_that_breaks_a_constraint_is_not_sent() {
    let client = client(Router::new().fallback(any(|| async { StatusCode::IM_A_TEAPOT }))).await;
    let channel = client.channel::<Trade>("x");
    let error = channel.send(trade(0.0)).await.unwrap_err();
    assert!(error.to_string().ends_with("body.price: Input should be greater than 0"), "{error}");
    let error = channel.send_all([trade(1.0), trade(-1.0)]).await.unwrap_err();
    let Error::NotSent { problems, .. } = &error else { panic!("{error}") };
    assert_eq!(problems.len(), 1);
    assert!(error.to_string().contains("body[1].price"), "{error}");
}

#[tokio::test]
async fn statuses_become_errors_with_the_url_and_the_words() {
    let refused = (
        StatusCode::UNPROCESSABLE_ENTITY,
        Json(json!({ "detail": [
        { "type": "greater_than", "loc": ["body", "price"], "msg": "Input should be greater than 0", "input": 0 },
    ] })),
    );
    let client = client(
        Router::new()
            .route("/api/v1/send/x", post(move || async { refused.into_response() }))
            .route(
                "/api/v1/last/broken",
                get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error") }),
            )
            .route("/api/v1/last/created", get(|| async { (StatusCode::CREATED, Json(json!([]))) }))
            .route(
                "/api/v1/last/closed",
                get(|| async { (StatusCode::FORBIDDEN, Json(json!({ "detail": "unauthorized" }))) }),
            )
            .fallback(any(|| async {
                (StatusCode::NOT_FOUND, Json(json!({ "detail": "Channel not found: y" })))
            })),
    )
    .await;
    let channel = |name| client.channel::<Trade>(name);
    let error = channel("x").send(trade(1.0)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid { problems, .. } if problems[0].kind == "greater_than"),
        "{error}"
    );
    let error = channel("y").last().await.unwrap_err();
    assert!(error.to_string().ends_with("/api/v1/last/y: not found: Channel not found: y"), "{error}");
    let error = channel("broken").last().await.unwrap_err();
    assert!(error.to_string().ends_with("unexpected status 500: Internal Server Error"), "{error}");
    assert!(matches!(channel("created").last().await, Err(Error::Status { status: 201, .. })));
    assert!(matches!(channel("closed").last().await, Err(Error::Unauthorized { .. })));
}

#[tokio::test]
async fn answers_that_are_not_records_name_the_place() {
    let answer = |body: &'static str| get(move || async move { body });
    let client = client(
        Router::new()
            .route("/api/v1/last/garbage", answer("<html>"))
            .route("/api/v1/last/object", answer("{}"))
            .route(
                "/api/v1/last/wrong",
                answer(r#"[{"id":"1","timestamp":"2026-11-20T09:30:00","symbol":"A","price":"x"}]"#),
            )
            .route("/api/v1/last/bare", answer(r#"[{"symbol":"A","price":1}]"#)),
    )
    .await;
    for (name, reason) in [
        ("garbage", "not JSON: expected value at line 1 column 1"),
        ("object", "a list of records"),
        ("wrong", "record 0: not a Trade: body.price:"),
        ("bare", "record 0: not a Trade: body.id: Field required"),
    ] {
        let error = client.channel::<Trade>(name).last().await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_field_that_the_client_does_not_know_is_passed_over() {
    let mut newer = record(1);
    newer["added"] = json!({ "later": true });
    newer["venue"] = json!({ "mic": "XNAS", "country": "US" });
    let client =
        client(Router::new().route("/api/v1/last/x", get(move || async move { Json(json!([newer])) }))).await;
    let last = client.channel::<Trade>("x").last().await.unwrap().unwrap();
    assert_eq!(last.venue.as_ref().map(|venue| venue.mic.as_str()), Some("XNAS"));
}

#[tokio::test]
async fn a_truncated_answer_and_a_closed_port_are_transport_errors() {
    let url = serve_bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[{\"id\"").await;
    let error = Client::new(url).unwrap().channel::<Trade>("x").last().await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error}");

    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let client = Client::builder(format!("http://127.0.0.1:{port}")).api_key("hush").build().unwrap();
    let error = client.channel::<Trade>("x").last().await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_not_the_callers_problem() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    // Every connection answers its first request, promises to stay open, and ends at its second one.
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                for answered in [true, false] {
                    let Ok(length @ 1..) = socket.read(&mut request).await else { return };
                    seen.lock().unwrap().push((request[..length].starts_with(b"GET"), answered));
                    if answered {
                        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]").await;
                    }
                }
            });
        }
    });
    let channel = Client::new(url).unwrap().list_channel::<Trade>("x");
    assert_eq!(channel.last().await.unwrap(), []);
    assert_eq!(channel.last().await.unwrap(), []);
    // A record is never sent twice.
    let error = channel.send_all([trade(1.0)]).await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error}");
    assert_eq!(*requests.lock().unwrap(), [(true, true), (true, false), (true, true), (false, false)]);
}

#[tokio::test]
async fn queries_are_in_the_gateways_language() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record_uri = {
        let seen = seen.clone();
        move |uri: Uri| async move {
            seen.lock().unwrap().push(uri.query().map(str::to_owned));
            Json(json!([record(1)]))
        }
    };
    let client = client(Router::new().route("/api/v1/state/trades", get(record_uri))).await;
    let state = client.state::<Trade>("trades");
    assert_eq!(state.all().await.unwrap().len(), 1);
    let selection = state
        .filter("venue.mic", Operator::Equal, "X&Y")
        .filter_when("timestamp", Operator::Less, Timestamp::from_nanos(0))
        .filter_column("price", Operator::GreaterOrEqual, "quantity");
    assert_eq!(selection.fetch().await.unwrap()[0].symbol, "ABC");

    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], None);
    let query = reqwest::Url::parse(&format!("http://x/?{}", seen[1].as_ref().unwrap())).unwrap();
    let (name, text) = query.query_pairs().next().unwrap();
    assert_eq!(name, "query");
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({ "filters": [
            { "attr": "venue.mic", "by": { "value": "X&Y", "where": "==" } },
            { "attr": "timestamp", "by": { "when": "1970-01-01T00:00:00", "where": "<" } },
            { "attr": "price", "by": { "attr": "quantity", "where": ">=" } },
        ] })
    );
}

#[tokio::test]
async fn a_basket_is_asked_by_the_names_of_its_keys() {
    let by_key = |Path(key): Path<String>| async move {
        let mut record = record(1);
        record["symbol"] = key.into();
        Json(json!([record]))
    };
    let client = client(
        Router::new()
            .route("/api/v1/last/sides", get(|| async { Json(json!([record(1), record(2)])) }))
            .route("/api/v1/last/sides/{*key}", get(by_key))
            .route("/api/v1/send/sides/{*key}", post(|Path(_): Path<String>, body: Json<Value>| echo(body))),
    )
    .await;
    let sides = client.basket::<Side, Trade>("sides");
    assert_eq!(sides.last().await.unwrap().len(), 2);
    assert_eq!(sides.key(Side::Buy).last().await.unwrap().unwrap().symbol, "BUY");
    assert_eq!(sides.send(Side::Sell, trade(3.0)).await.unwrap().price, 3.0);

    let free = client.basket::<String, Trade>("sides");
    assert_eq!(free.key("a/b ?%2F#é".to_owned()).last().await.unwrap().unwrap().symbol, "a/b ?%2F#é");
    for impossible in ["", ".."] {
        assert!(
            matches!(free.key(impossible.to_owned()).last().await, Err(Error::Url { .. })),
            "{impossible}"
        );
    }
}

#[tokio::test]
async fn lookup_gives_the_record_or_nothing() {
    let find =
        |Path(id): Path<String>| async move { Json(if id == "7" { json!([record(7)]) } else { json!([]) }) };
    let client = client(Router::new().route("/api/v1/lookup/x/{id}", get(find))).await;
    let channel = client.channel::<Trade>("x");
    assert_eq!(channel.lookup(7).await.unwrap().unwrap().id, Id::from("7"));
    assert_eq!(channel.lookup(Id::from("8")).await.unwrap(), None);
}

#[tokio::test]
async fn credentials_go_with_every_request() {
    let show = |RawQuery(query): RawQuery, headers: HeaderMap, request: Request| async move {
        let bearer = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        Json(json!({ "query": query, "bearer": bearer, "path": request.uri().path() }))
    };
    let url = serve(Router::new().fallback(any(show))).await;
    let client = Client::builder(&url).api_key("a b&c").bearer_token("t").build().unwrap();
    assert_eq!(
        client.get_json("controls/stats").await.unwrap(),
        json!({ "query": "token=a+b%26c", "bearer": "Bearer t", "path": "/api/v1/controls/stats" })
    );
    assert_eq!(
        Client::new(url).unwrap().openapi().await.unwrap(),
        json!({ "query": null, "bearer": null, "path": "/openapi.json" })
    );
}

#[tokio::test]
async fn a_query_goes_with_its_parameters_and_its_rows_come_back() {
    let answer = |Json(body): Json<Value>| async move {
        if body["sql"] == "selec" {
            let refusal = json!({ "detail": "syntax error at or near \"selec\"" });
            return (StatusCode::BAD_REQUEST, Json(refusal)).into_response();
        }
        Json(json!([{ "asked": body }, { "n": 2 }])).into_response()
    };
    let tables = get(|| async { Json(json!([{ "name": "trades" }])) });
    let routes = Router::new().route("/api/v1/sql", post(answer)).route("/api/v1/tables", tables);
    let client = client(routes).await;
    let rows = client.sql("SELECT ?", &[1.5.into(), "a".into()]).await.unwrap();
    assert_eq!(rows[0]["asked"], json!({ "sql": "SELECT ?", "params": [1.5, "a"] }));
    assert_eq!(rows[1]["n"], 2);
    let error = client.sql("selec", &[]).await.unwrap_err();
    assert!(error.to_string().contains("syntax error"), "{error}");
    assert_eq!(client.tables().await.unwrap()[0]["name"], "trades");
}
