//! The connection to one gateway.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gateway_schema::GatewayStruct;
use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::Value;

use crate::channel::{Any, Basket, Channel, List, Scalar};
use crate::error::{Error, Result};
use crate::state::State;
use crate::stream::Heartbeats;
use gateway_schema::BasketKey;

/// How long an answer may take, unless the builder says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A gateway that can be asked. Clones are cheap and share their connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    base: Url,
    prefix: Vec<String>,
    timeout: Duration,
    api_key: Option<String>,
    bearer_token: Option<String>,
}

/// Settings of a [`Client`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    url: String,
    prefix: String,
    timeout: Duration,
    api_key: Option<String>,
    bearer_token: Option<String>,
}

impl Builder {
    /// The path that all routes are under; `/api/v1` unless set.
    pub fn api_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long an answer may take; 10 seconds unless set. `next` and streams wait without a limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// A key that goes with every request as `?token=`.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// A token that goes with every request as `Authorization: Bearer`.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.bearer_token = Some(token.into());
        self
    }

    /// The client. It connects when it is first used.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] when the address is not one of a gateway.
    pub fn build(self) -> Result<Client> {
        let refuse = |reason: String| Error::Url { url: self.url.clone(), reason };
        let base = Url::parse(&self.url)
            .map_err(|error| refuse(format!("{error}; give it like `http://127.0.0.1:8000`")))?;
        match base.scheme() {
            "http" => {}
            "https" => {
                return Err(refuse("TLS is not supported; put a proxy in front of the client".to_owned()));
            }
            other => return Err(refuse(format!("its scheme is `{other}`, not `http`"))),
        }
        // The address appears in errors, which must not show a password.
        if !base.username().is_empty() || base.password().is_some() {
            let reason = "credentials do not belong in it; use `Builder::api_key` or `Builder::bearer_token`";
            return Err(Error::Url {
                url: base.host_str().unwrap_or_default().to_owned(),
                reason: reason.to_owned(),
            });
        }
        if let Some(token) = &self.bearer_token
            && !token.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        {
            return Err(refuse("the bearer token has characters that cannot be in a header".to_owned()));
        }
        let mut http = reqwest::Client::builder().connect_timeout(self.timeout);
        // A proxy of the environment is for the network, not for a gateway on this machine.
        if base.host_str().is_some_and(is_loopback) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| Error::transport(&self.url, None, error))?;
        let prefix = self.prefix.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Ok(Client {
            shared: Arc::new(Shared {
                http,
                base,
                prefix,
                timeout: self.timeout,
                api_key: self.api_key,
                bearer_token: self.bearer_token,
            }),
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl Client {
    /// A client of the gateway at `url`, like `http://127.0.0.1:8000`, with default settings.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] when it is not an address.
    pub fn new(url: impl Into<String>) -> Result<Self> {
        Self::builder(url).build()
    }

    /// Settings for a client of the gateway at `url`.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder {
            url: url.into(),
            prefix: "/api/v1".to_owned(),
            timeout: TIMEOUT,
            api_key: None,
            bearer_token: None,
        }
    }

    /// A channel of single records, by name, when no client was generated for the gateway.
    pub fn channel<T: GatewayStruct>(&self, name: impl Into<String>) -> Channel<Any<T, Scalar>> {
        Channel::named(self.clone(), name.into())
    }

    /// A channel of lists, by name, when no client was generated for the gateway.
    pub fn list_channel<T: GatewayStruct>(&self, name: impl Into<String>) -> Channel<Any<T, List>> {
        Channel::named(self.clone(), name.into())
    }

    /// A basket, by name, when no client was generated for the gateway.
    pub fn basket<K: BasketKey, T: GatewayStruct>(
        &self,
        name: impl Into<String>,
    ) -> Basket<Any<T, Scalar, K>> {
        Basket::named(self.clone(), name.into())
    }

    /// A state table, by alias.
    pub fn state<T: GatewayStruct>(&self, alias: impl Into<String>) -> State<T> {
        State::new(self.clone(), alias.into())
    }

    /// Follows the gateway's heartbeat, one a second while it is alive.
    ///
    /// # Errors
    ///
    /// Those of opening a stream.
    pub async fn heartbeats(&self) -> Result<Heartbeats> {
        Heartbeats::open(self).await
    }

    /// The gateway's OpenAPI document.
    ///
    /// # Errors
    ///
    /// Those of [`Client::get_json`].
    pub async fn openapi(&self) -> Result<Value> {
        self.get(self.root(&["openapi.json"])?, Some(self.shared.timeout)).await
    }

    /// What a route under the API's prefix answers, for routes without a method of their own:
    /// `client.get_json("controls/stats")`.
    ///
    /// # Errors
    ///
    /// No or a broken answer, or one with a status other than 200.
    pub async fn get_json(&self, path: &str) -> Result<Value> {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        self.get(self.route(&segments)?, Some(self.shared.timeout)).await
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.shared.timeout
    }

    /// An address under the API's prefix. Each segment is one step of the path, whatever it contains.
    pub(crate) fn route(&self, segments: &[&str]) -> Result<Url> {
        let prefix = self.shared.prefix.iter().map(String::as_str);
        self.root(&prefix.chain(segments.iter().copied()).collect::<Vec<_>>())
    }

    fn root(&self, segments: &[&str]) -> Result<Url> {
        let mut url = self.shared.base.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Some(dots) = segments.iter().find(|segment| matches!(**segment, "." | "..")) {
            // A URL cannot hold it: it would mean another path.
            return Err(Error::Url {
                url: url.to_string(),
                reason: format!("`{dots}` cannot be a step of a path"),
            });
        }
        match url.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().extend(segments),
            Err(()) => {
                return Err(Error::Url {
                    url: self.shared.base.to_string(),
                    reason: "it has no path".to_owned(),
                });
            }
        };
        Ok(url)
    }

    /// The address of the stream, and the request's `Authorization` if it needs one.
    pub(crate) fn stream_address(&self) -> Result<(Url, Option<String>)> {
        let mut url = self.route(&["stream"])?;
        // From `http` to `ws` is always allowed.
        let _ = url.set_scheme("ws");
        Ok((url, self.shared.bearer_token.as_ref().map(|token| format!("Bearer {token}"))))
    }

    /// The address with the API key in it, which must not get into an error.
    pub(crate) fn with_key(&self, mut url: Url) -> Url {
        if let Some(key) = &self.shared.api_key {
            url.query_pairs_mut().append_pair("token", key);
        }
        url
    }

    pub(crate) async fn get(&self, url: Url, timeout: Option<Duration>) -> Result<Value> {
        Ok(self.exchange(Method::GET, url, None, timeout).await?.0)
    }

    /// An answer that may be a part of all there is, and the cursor to the next part.
    pub(crate) async fn get_page(&self, url: Url) -> Result<(Value, Option<String>)> {
        let (answer, headers) = self.exchange(Method::GET, url, None, Some(self.shared.timeout)).await?;
        Ok((answer, next_cursor(&headers)))
    }

    pub(crate) async fn post(&self, url: Url, body: &Value) -> Result<Value> {
        Ok(self.exchange(Method::POST, url, Some(body), Some(self.shared.timeout)).await?.0)
    }

    async fn exchange(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        timeout: Option<Duration>,
    ) -> Result<(Value, HeaderMap)> {
        let shown = shown(&url);
        let response = self.send(method, url, body, None, timeout).await?;
        let headers = response.headers().clone();
        let bytes = response.bytes().await.map_err(|error| self.failed(&shown, timeout, error))?;
        let answer = serde_json::from_slice(&bytes);
        let answer = answer.map_err(|error| Error::decode(&shown, format!("not JSON: {error}")))?;
        Ok((answer, headers))
    }

    fn failed(&self, shown: &str, timeout: Option<Duration>, error: reqwest::Error) -> Error {
        Error::transport(shown, timeout.or(Some(self.shared.timeout)), error)
    }

    /// A 200, of which the body may still be on its way.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        accept: Option<&'static str>,
        timeout: Option<Duration>,
    ) -> Result<Response> {
        let shown = shown(&url);
        let failed = |error| self.failed(&shown, timeout, error);
        let is_get = method == Method::GET;
        let mut request = self.shared.http.request(method, self.with_key(url));
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        if let Some(token) = &self.shared.bearer_token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        // The gateway may close an idle connection just as it is used again. To ask twice changes nothing, so
        // that is not the caller's to handle; to send twice would, so that is.
        let again = if is_get { request.try_clone() } else { None };
        let response = match (request.send().await, again) {
            (Err(error), Some(again)) if is_cut(&error) => again.send().await,
            (response, _) => response,
        };
        let response = response.map_err(failed)?;
        let status = response.status();
        if status != StatusCode::OK {
            let bytes = response.bytes().await.map_err(failed)?;
            return Err(Error::from_status(shown, status.as_u16(), &bytes));
        }
        Ok(response)
    }
}

/// The cursor to the next records.
pub(crate) fn next_cursor(headers: &HeaderMap) -> Option<String> {
    headers.get(NEXT_CURSOR).and_then(|cursor| cursor.to_str().ok()).map(str::to_owned)
}

/// Where an answer has the cursor to the next records.
const NEXT_CURSOR: &str = "x-gateway-next-cursor";

/// Whether the connection ended before an answer began.
fn is_cut(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_connect() && !error.is_timeout()
}

/// An address as it appears in errors: without its query, where the API key would be.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

impl fmt::Debug for Client {
    /// Shows the address, and no credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.shared.base.as_str()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Builder {
    /// Shows the address, and no credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("url", &self.url)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(url: &str) -> Client {
        Client::new(url).expect("an address")
    }

    #[test]
    fn keys_of_any_text_stay_one_step_of_the_path() {
        let route =
            |segments: &[&str]| client("http://127.0.0.1:1").route(segments).map(|url| url.to_string());
        let url = route(&["last", "basket", "a/b ?#%2F é"]).expect("a route");
        assert_eq!(url, "http://127.0.0.1:1/api/v1/last/basket/a%2Fb%20%3F%23%252F%20%C3%A9");
        assert!(matches!(route(&["last", "basket", ".."]), Err(Error::Url { .. })));
    }

    #[test]
    fn a_base_with_a_path_keeps_it() {
        let client = Client::builder("http://127.0.0.1:1/desk/?x=1#y")
            .api_prefix("api/v2/")
            .build()
            .expect("an address");
        assert_eq!(
            client.route(&["last", "x"]).expect("a route").as_str(),
            "http://127.0.0.1:1/desk/api/v2/last/x"
        );
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (url, reason) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("https://gateway", "TLS is not supported"),
            ("ftp://gateway", "`ftp`"),
            ("", "relative URL"),
            ("http://me:secret@gateway", "credentials do not belong"),
        ] {
            let error = Client::new(url).expect_err(url).to_string();
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let builder = Client::builder("http://127.0.0.1:1").api_key("hush");
        assert!(!format!("{builder:?}").contains("hush"));
        assert!(!format!("{:?}", builder.build().expect("an address")).contains("hush"));
        assert!(Client::builder("http://127.0.0.1:1").bearer_token("a\nb").build().is_err());
    }
}
