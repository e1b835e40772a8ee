//! The API's document and Swagger UI, served from the binary.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use utoipa_swagger_ui::Config;

use super::answer::{Refusal, json_bytes};

/// Where the document is.
pub(crate) const DOCUMENT: &str = "/openapi.json";

/// `/openapi.json`: made once, at the start.
pub(crate) fn document(document: Bytes) -> impl Fn() -> std::future::Ready<Response> + Clone + Send {
    move || std::future::ready(json_bytes(document.clone()))
}

/// `/docs`: the page refers to its files relative to `/docs/`.
pub(crate) async fn redirect() -> Redirect {
    Redirect::temporary("/docs/")
}

/// `/docs/`: the page.
pub(crate) async fn page() -> Response {
    file("")
}

/// `/docs/{file}`: what the page is made of.
pub(crate) async fn part(path: Result<Path<String>, PathRejection>) -> Response {
    match path {
        Ok(Path(path)) => file(&path),
        Err(_) => Refusal::NotFound("Not Found".to_owned()).into_response(),
    }
}

fn file(path: &str) -> Response {
    match utoipa_swagger_ui::serve(path, Arc::new(Config::from(DOCUMENT))) {
        Ok(Some(file)) => {
            let mut response = Bytes::from(file.bytes.into_owned()).into_response();
            if let Ok(content_type) = file.content_type.parse() {
                response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            }
            if file.gzpipped {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        }
        Ok(None) => Refusal::NotFound("Not Found".to_owned()).into_response(),
        Err(error) => {
            tracing::error!(%error, path, "Swagger UI could not be served");
            Refusal::Failed.into_response()
        }
    }
}
