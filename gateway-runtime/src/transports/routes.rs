//! What modules mount on.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

use super::answer::{Refusal, detail, to_json};
use super::openapi::{self, NameConflict, Operation, Shape};
use super::{API, docs, origin};
use crate::hub::Hub;

/// The routes of a gateway, as its modules mount them.
///
/// Handlers are axum's, with the [`Hub`] as their state:
///
/// ```
/// use std::sync::Arc;
///
/// use axum::extract::State;
/// use gateway_runtime::hub::Hub;
/// use gateway_runtime::transports::{Operation, Routes};
///
/// fn mount(routes: &mut Routes) {
///     let operation = Operation::new("Utility", "Seconds since the start");
///     routes.get("/api/v1/uptime", operation, |State(hub): State<Arc<Hub>>| async move {
///         format!("{}", hub.since.elapsed().as_secs())
///     });
/// }
/// ```
///
/// Paths are axum's: `{key}` is one segment, `{*key}` the rest with its slashes. A path with `_` is served
/// with `-` too. A path that differs only by its last slash answers 307.
pub struct Routes {
    hub: Arc<Hub>,
    mounted: Vec<Mounted>,
}

struct Mounted {
    path: String,
    verb: Verb,
    handler: MethodRouter<Arc<Hub>>,
    operation: Option<Operation>,
}

/// The methods that routes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    fn filter(self) -> MethodFilter {
        match self {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Put => MethodFilter::PUT,
            Verb::Patch => MethodFilter::PATCH,
            Verb::Delete => MethodFilter::DELETE,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Patch => "PATCH",
            Verb::Delete => "DELETE",
        }
    }

    /// The name of the verb in a document.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::Post => "post",
            Verb::Put => "put",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
        }
    }
}

/// Why the mounted routes do not make a server.
#[derive(Debug, thiserror::Error)]
pub enum RoutesError {
    /// Two modules mount the same route.
    #[error("two modules mount {0}: mount it once")]
    Twice(String),
    /// A path has characters that a URL would not have as they are.
    #[error("`{0}` cannot be a path: names in it may have letters, digits, `_`, `-` and `.`")]
    BadPath(String),
    /// Two routes cannot be told apart.
    #[error("{0} cannot be told apart from another route")]
    Ambiguous(String),
    /// One name in the document would mean two things.
    #[error(transparent)]
    Names(#[from] NameConflict),
}

impl Routes {
    /// No routes yet.
    pub fn new(hub: Arc<Hub>) -> Self {
        Routes { hub, mounted: Vec::new() }
    }

    /// What there is to serve.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Serves `GET`. A route without an operation is not in the document.
    pub fn get<H, T>(&mut self, path: impl Into<String>, operation: impl Into<Option<Operation>>, handler: H)
    where
        H: Handler<T, Arc<Hub>>,
        T: 'static,
    {
        self.mount(Verb::Get, path.into(), operation.into(), handler);
    }

    /// Serves `POST`.
    pub fn post<H, T>(&mut self, path: impl Into<String>, operation: impl Into<Option<Operation>>, handler: H)
    where
        H: Handler<T, Arc<Hub>>,
        T: 'static,
    {
        self.mount(Verb::Post, path.into(), operation.into(), handler);
    }

    /// Serves `PUT`.
    pub fn put<H, T>(&mut self, path: impl Into<String>, operation: impl Into<Option<Operation>>, handler: H)
    where
        H: Handler<T, Arc<Hub>>,
        T: 'static,
    {
        self.mount(Verb::Put, path.into(), operation.into(), handler);
    }

    /// Serves `PATCH`.
    pub fn patch<H, T>(
        &mut self,
        path: impl Into<String>,
        operation: impl Into<Option<Operation>>,
        handler: H,
    ) where
        H: Handler<T, Arc<Hub>>,
        T: 'static,
    {
        self.mount(Verb::Patch, path.into(), operation.into(), handler);
    }

    /// Serves `DELETE`.
    pub fn delete<H, T>(
        &mut self,
        path: impl Into<String>,
        operation: impl Into<Option<Operation>>,
        handler: H,
    ) where
        H: Handler<T, Arc<Hub>>,
        T: 'static,
    {
        self.mount(Verb::Delete, path.into(), operation.into(), handler);
    }

    /// Serves the names that a family of routes has, at `/api/v1/{family}/`.
    pub(crate) fn index(&mut self, family: &str, operation: Operation, names: &[String]) {
        let answer = Bytes::from(json!(names).to_string());
        let operation = operation.replies(Shape::Names);
        self.get(format!("{API}/{family}/"), operation, move || {
            std::future::ready(super::answer::json_bytes(answer.clone()))
        });
    }

    fn mount<H, T>(&mut self, verb: Verb, path: String, operation: Option<Operation>, handler: H)
    where
        H: Handler<T, Arc<Hub>>,
        T: 'static,
    {
        self.mounted.push(Mounted { path, verb, handler: on(verb.filter(), handler), operation });
    }

    /// The server: every route, `/api`, `/openapi.json`, `/docs`, and JSON for whatever is not there.
    ///
    /// # Errors
    ///
    /// When two routes are the same, a path cannot be one, or a name in the document would mean two things.
    pub fn finish(mut self) -> Result<Router, RoutesError> {
        let versions = json!({ "default": "v1", "versions": [{ "version": "v1", "path": API }] });
        let operation = Operation::new("Utility", "Versions of the API")
            .replies(Shape::Json(json!({ "type": "object" })));
        self.get("/api", operation, move || std::future::ready(to_json(&versions)));
        let operations =
            self.mounted.iter().filter_map(|m| Some((m.path.as_str(), m.verb, m.operation.as_ref()?)));
        let document = openapi::document(&self.hub, operations)?;
        self.get(docs::DOCUMENT, None, docs::document(Bytes::from(document.to_string())));
        self.get("/docs", None, docs::redirect);
        self.get("/docs/", None, docs::page);
        self.get("/docs/{*file}", None, docs::part);

        let table = table(self.mounted)?;
        let mut router = Router::new();
        for (path, verbs) in &table {
            let methods = methods(verbs.clone());
            // axum panics when two paths overlap and neither is more specific.
            router = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| router.route(path, methods)))
                .map_err(|_| RoutesError::Ambiguous(path.clone()))?;
        }
        let paths: Arc<HashSet<String>> = Arc::new(table.into_keys().collect());
        Ok(router
            .fallback(move |request: Request| std::future::ready(missing(&paths, &request)))
            .layer(from_fn_with_state(Arc::clone(&self.hub), origin::guard))
            .layer(CatchPanicLayer::custom(panicked))
            .with_state(self.hub))
    }
}

type Verbs = Vec<(Verb, MethodRouter<Arc<Hub>>)>;

/// The handlers by path, `-` for `_` included.
fn table(mounted: Vec<Mounted>) -> Result<IndexMap<String, Verbs>, RoutesError> {
    let mut table: IndexMap<String, Verbs> = IndexMap::new();
    for route in mounted {
        if !is_path(&route.path) {
            return Err(RoutesError::BadPath(route.path));
        }
        let verbs = table.entry(route.path.clone()).or_default();
        if verbs.iter().any(|(verb, _)| *verb == route.verb) {
            return Err(RoutesError::Twice(format!("{} {}", route.verb.name(), route.path)));
        }
        verbs.push((route.verb, route.handler));
    }
    let aliases: Vec<(String, Verbs)> = table
        .iter()
        .filter_map(|(path, verbs)| Some((alias(path)?, verbs.clone())))
        .filter(|(alias, _)| !table.contains_key(alias))
        .collect();
    table.extend(aliases);
    Ok(table)
}

/// The path with `-` for `_`, outside of parameters, if that is another one.
fn alias(path: &str) -> Option<String> {
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| if segment.starts_with('{') { segment.to_owned() } else { segment.replace('_', "-") })
        .collect();
    Some(segments.join("/")).filter(|alias| alias != path)
}

fn is_path(path: &str) -> bool {
    let segment =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.~".contains(&byte));
    path.starts_with('/')
        && path.split('/').all(|part| {
            let parameter = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            segment(parameter.map_or(part, |name| name.strip_prefix('*').unwrap_or(name)))
        })
}

fn methods(verbs: Verbs) -> MethodRouter<Arc<Hub>> {
    let mut names: Vec<Verb> = verbs.iter().map(|(verb, _)| *verb).collect();
    names.sort_unstable();
    let allow = names.into_iter().map(Verb::name).collect::<Vec<_>>().join(", ");
    let refuse = move || {
        let mut response = detail(StatusCode::METHOD_NOT_ALLOWED, &"Method Not Allowed");
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        std::future::ready(response)
    };
    // axum would answer HEAD with GET's handler, and a HEAD of `next` would wait for a tick.
    let mut methods = on(MethodFilter::HEAD, refuse.clone()).fallback(refuse);
    for (_, handler) in verbs {
        methods = methods.merge(handler);
    }
    methods
}

fn missing(paths: &HashSet<String>, request: &Request) -> Response {
    let path = request.uri().path();
    let other = match path.strip_suffix('/') {
        Some(without) => without.to_owned(),
        None => format!("{path}/"),
    };
    if paths.contains(&other) && !other.contains('{') {
        let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
        if let Ok(location) = HeaderValue::try_from(format!("{other}{query}")) {
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response();
        }
    }
    Refusal::NotFound("Not Found".to_owned()).into_response()
}

#[expect(clippy::needless_pass_by_value, reason = "the layer gives the payload away")]
fn panicked(payload: Box<dyn Any + Send + 'static>) -> Response {
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    tracing::error!(message = message.as_deref().unwrap_or_default(), "a request handler panicked");
    Refusal::Failed.into_response()
}

#[cfg(test)]
mod tests;
