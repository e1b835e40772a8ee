//! Which web pages may open streams and change anything.
//!
//! A browser lets any page open a WebSocket to any address and post to it, a gateway on the user's own machine
//! included, and only says in a header where the page is from. Programs that are not browsers do not send that
//! header.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Refusal;
use crate::hub::Hub;

/// Answers 403 to what a page from elsewhere posts. What it reads is kept from it by its browser.
pub(super) async fn guard(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_allowed(request.headers(), &hub.settings.allow_origin) {
        next.run(request).await
    } else {
        refusal().into_response()
    }
}

/// The refusal for a page that is not allowed.
pub(super) fn refusal() -> Refusal {
    let message =
        "This page may not use this gateway; start the gateway with `--allow-origin` and the page's origin";
    Refusal::Forbidden(message.to_owned())
}

/// Whether the request is from a program, from a page of this gateway's own address, or from one that is
/// `allowed`.
pub(super) fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if allowed.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let page = origin.split_once("://").map(|(_, authority)| authority);
    page.zip(host).is_some_and(|(page, host)| page.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: Option<&'static str>, also: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1:8000".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        is_allowed(&headers, &also.iter().map(|origin| (*origin).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_page_from_elsewhere_needs_leave() {
        assert!(allowed(None, &[]), "a program");
        assert!(allowed(Some("http://127.0.0.1:8000"), &[]), "the gateway's own page");
        assert!(!allowed(Some("https://evil.example"), &[]));
        assert!(!allowed(Some("http://127.0.0.1:9000"), &[]));
        assert!(!allowed(Some("null"), &[]), "a file, or a sandboxed frame");
        assert!(allowed(Some("https://our.example"), &["https://our.example"]));
        assert!(allowed(Some("https://any.example"), &["*"]));
    }
}
