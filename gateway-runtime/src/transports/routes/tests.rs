use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::extract::Path;
use gateway_schema::ChannelsSchema;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::*;
use crate::settings::Settings;
use crate::transports::serve;

static NOTHING: ChannelsSchema = ChannelsSchema { name: "Nothing", docs: "", channels: &[], fields: &[] };

fn routes() -> Routes {
    Routes::new(Arc::new(Hub {
        #[cfg(feature = "duckdb")]
        tables: crate::sql::mirror::Mirror::new(Vec::new(), &Settings::default()),
        schema: &NOTHING,
        settings: Arc::new(Settings::default()),
        channels: BTreeMap::new(),
        states: BTreeMap::new(),
        fields: BTreeMap::new(),
        graph: OnceLock::new(),
        since: Instant::now(),
        stop: watch::Sender::new(false),
    }))
}

async fn hello() -> &'static str {
    "hello"
}

/// The answer's text to a request, from a server of its own.
async fn answer(routes: Routes, method: &str, path: &str) -> String {
    let hub = Arc::clone(routes.hub());
    let router = routes.finish().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener, router, Arc::clone(&hub)));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    hub.request_stop();
    timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
    answer
}

#[test]
fn one_route_is_mounted_once() {
    let mut routes = routes();
    routes.get("/x", None, hello);
    routes.post("/x", None, hello);
    routes.get("/y", None, hello);
    routes.get("/x", None, hello);
    assert_eq!(routes.finish().unwrap_err().to_string(), "two modules mount GET /x: mount it once");
}

#[test]
fn routes_that_cannot_be_told_apart_are_refused() {
    let mut routes = routes();
    routes.get("/x/{a}", None, hello);
    routes.get("/x/{b}", None, hello);
    assert!(matches!(routes.finish(), Err(RoutesError::Ambiguous(path)) if path == "/x/{b}"));
}

#[test]
fn a_path_has_only_what_a_url_has() {
    for path in ["x", "/a b", "/ü", "/{a", "/a{b}", "/?a"] {
        let mut routes = routes();
        routes.get(path, None, hello);
        assert!(matches!(routes.finish(), Err(RoutesError::BadPath(_))), "{path}");
    }
}

#[tokio::test]
async fn an_underscore_may_be_a_dash_outside_of_parameters() {
    let mounted = || {
        let mut routes = routes();
        routes.get("/a_b/{*the_key}", None, |Path(key): Path<String>| async move { key });
        routes
    };
    assert!(answer(mounted(), "GET", "/a_b/x_y/z").await.ends_with("\r\n\r\nx_y/z"));
    assert!(answer(mounted(), "GET", "/a-b/x_y").await.ends_with("\r\n\r\nx_y"));
}

#[tokio::test]
async fn a_panic_is_a_500_with_json() {
    let mut routes = routes();
    routes.get("/x", None, || async {
        if true {
            panic!("on purpose")
        }
    });
    let answer = answer(routes, "GET", "/x").await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(answer.ends_with(r#"{"detail":"Internal Server Error"}"#), "{answer}");
}

#[tokio::test]
async fn only_a_path_that_differs_by_its_slash_is_redirected() {
    let mounted = || {
        let mut routes = routes();
        routes.get("/x/", None, hello);
        routes
    };
    let redirect = answer(mounted(), "POST", "/x?a=%20b").await;
    assert!(
        redirect.starts_with("HTTP/1.1 307") && redirect.contains("location: /x/?a=%20b\r\n"),
        "{redirect}"
    );
    for path in ["//x/", "/y", "/x/y", "/docs/%7B*file%7D/x"] {
        let answer = answer(mounted(), "GET", path).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
}
