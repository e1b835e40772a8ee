use gateway_tests::Server;
use serde_json::Value;

use crate::bodies::{self, Body};
use crate::client::{self, Answer};
use crate::{assert_bounded, memory, still_ticks};

/// Every route of the server's own document: path and methods.
fn routes(server: &Server) -> Vec<(String, Vec<String>)> {
    let document: Value = serde_json::from_str(&server.get("/openapi.json").1).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    let methods = |operations: &Value| {
        let names = operations.as_object().expect("a path has operations").keys();
        names.map(|method| method.to_uppercase()).collect()
    };
    let routes: Vec<_> = paths.iter().map(|(path, operations)| (path.clone(), methods(operations))).collect();
    assert!(routes.len() > 50, "all of omnibus is mounted");
    routes
}

/// Values that a parameter of a path should not have.
fn parameters() -> Vec<String> {
    let mut values = [
        "Z",
        "1",
        "%FF",
        "%00",
        "a%2F..%2F..",
        "..%2f",
        "%27%3B--",
        "%F0%9F%A6%80",
        "A/B/C",
        "*",
        "%7Bkey%7D",
    ]
    .map(str::to_owned)
    .to_vec();
    values.push("x".repeat(10_000));
    values
}

/// Every answer is JSON, and none is the server's fault.
fn check(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.body);
    if answer.status == 307 || answer.head.contains("content-type: text/html") {
        return;
    }
    assert!(answer.head.contains("content-type: application/json"), "{what}: {}", answer.head);
    assert!(answer.body.len() < 1_000_000, "{what}: an answer of {} bytes", answer.body.len());
    let body: Value =
        serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{what}: {error}: {}", answer.body));
    if answer.status >= 400 {
        assert!(!body["detail"].is_null(), "{what}: {body}");
    }
}

/// Requests that wait for a tick, and the one that stops the server.
fn is_left_alone(method: &str, path: &str) -> bool {
    method == "GET" && path.starts_with("/api/v1/next/") && path != "/api/v1/next/"
        || path.ends_with("/shutdown")
}

fn throw(server: &Server, routes: &[(String, Vec<String>)], bodies: &[Body]) {
    let port = server.port();
    for (path, methods) in routes {
        let concrete = path.replace("{key}", "A").replace("{id}", "no-such-id");
        for method in methods.iter().filter(|method| !is_left_alone(method, path)) {
            for Body { fault, bytes } in bodies {
                let answer = client::request(port, method, &concrete, bytes);
                let what = format!("{method} {concrete} with {fault}");
                check(&answer, &what);
                if path.starts_with("/api/v1/send/") && method == "POST" {
                    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
                }
            }
        }
    }
}

#[test]
fn wrong_bodies_at_every_route() {
    let server = Server::start("omnibus");
    server.wait_for_tick("example", std::time::Duration::from_secs(10));
    let routes = routes(&server);
    let bodies = bodies::wrong();
    throw(&server, &routes, &bodies);
    still_ticks(&server);
    let before = memory(&server);
    throw(&server, &routes, &bodies);
    still_ticks(&server);
    assert_bounded(&server, before);
}

#[test]
fn large_bodies_at_every_route_that_takes_one() {
    let server = Server::start("omnibus");
    let routes = routes(&server);
    let with_bodies: Vec<_> = routes
        .into_iter()
        .filter(|(path, _)| path.contains("/send/") || path.contains("/stage/example"))
        .collect();
    let bodies = bodies::large();
    throw(&server, &with_bodies[..2], &bodies);
    let before = memory(&server);
    for (path, _) in &with_bodies {
        for body in &bodies {
            let answer = client::post(server.port(), &path.replace("{key}", "A"), &body.bytes);
            check(&answer, body.fault);
            assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        }
    }
    still_ticks(&server);
    assert_bounded(&server, before);
}

#[test]
fn wrong_methods_and_parameters_at_every_route() {
    let server = Server::start("omnibus");
    let port = server.port();
    let routes = routes(&server);
    for (path, methods) in &routes {
        let concrete = path.replace("{key}", "A").replace("{id}", "no-such-id");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if !methods.iter().any(|known| known == method) {
                let answer = client::request(port, method, &concrete, b"{}");
                check(&answer, &format!("{method} {concrete}"));
                assert_eq!(answer.status, 405, "{method} {concrete}");
                assert!(answer.head.contains("allow: "), "{method} {concrete}: {}", answer.head);
            }
        }
        for query in
            ["?query={bad", "?query=%FF&id=%FF", "?id=,,,,&query=[]", "?&&==&", "?query={\"filters\":[{}]}"]
        {
            for method in methods.iter().filter(|method| !is_left_alone(method, path)) {
                let target = format!("{concrete}{}", query.replace('"', "%22"));
                check(&client::request(port, method, &target, b""), &format!("{method} {target}"));
            }
        }
        // A key that is none is refused by `next` too; one that may come to be is waited for.
        if path.contains('{') && !path.starts_with("/api/v1/next/str_basket") {
            for value in parameters() {
                let target = path.replace("{key}", &value).replace("{id}", &value);
                for method in methods {
                    check(
                        &client::request(port, method, &target, b"{\"x\":1}"),
                        &format!("{method} {target}"),
                    );
                }
            }
        }
    }
    for path in [
        "/",
        "//",
        "/api/v1/last/../../etc/passwd",
        "/api/v1/%2e%2e/x",
        "/docs/../Cargo.toml",
        "/api/v1/last/example/x",
    ] {
        let answer = client::request(port, "GET", path, b"");
        check(&answer, path);
        assert!(answer.status == 404, "{path}: {}", answer.status);
    }
    still_ticks(&server);
}

#[test]
fn abandoned_requests_cost_nothing() {
    let server = Server::start("omnibus");
    let paths: Vec<String> = routes(&server)
        .into_iter()
        .filter(|(path, _)| path.starts_with("/api/v1/next/"))
        .map(|(path, _)| path.replace("{key}", "A"))
        .collect();
    let abandon_all = || {
        for _ in 0..20 {
            for path in &paths {
                client::abandon(server.port(), path);
            }
        }
    };
    abandon_all();
    let before = memory(&server);
    abandon_all();
    abandon_all();
    let answer = client::request(server.port(), "GET", "/api/v1/next/example", b"");
    assert_eq!(answer.status, 200, "a later `next` is served");
    still_ticks(&server);
    assert_bounded(&server, before);
}
