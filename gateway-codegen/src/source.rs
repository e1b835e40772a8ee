//! Where a document comes from.

use std::path::PathBuf;

use gateway_client::Client;
use serde_json::Value;

use crate::error::{Error, Result};

/// Where a document comes from, and what it takes to get it.
#[derive(Debug, Clone)]
pub struct Source {
    /// A gateway's address, a document's address, or a file.
    pub from: String,
    /// The API key, if the gateway wants one.
    pub api_key: Option<String>,
    /// The bearer token, if the gateway wants one.
    pub bearer_token: Option<String>,
}

impl Source {
    /// A source that takes no credentials.
    pub fn new(from: impl Into<String>) -> Self {
        Source { from: from.into(), api_key: None, bearer_token: None }
    }

    /// Gets the document. An address without a path is a gateway's, whose document is at `/openapi.json`.
    ///
    /// # Errors
    ///
    /// No such file, no answer, not JSON.
    pub async fn load(&self) -> Result<Value> {
        let Some((base, path)) = split_url(&self.from) else {
            let path = PathBuf::from(&self.from);
            let text = std::fs::read(&path).map_err(|source| Error::File { path, source })?;
            return serde_json::from_slice(&text)
                .map_err(|source| Error::NotJson { from: self.from.clone(), source });
        };
        let mut client = Client::builder(base).api_prefix("");
        if let Some(key) = &self.api_key {
            client = client.api_key(key);
        }
        if let Some(token) = &self.bearer_token {
            client = client.bearer_token(token);
        }
        Ok(client.build()?.get_json(path).await?)
    }
}

/// Takes an address apart into that of the machine and the document's path. A file has neither.
fn split_url(from: &str) -> Option<(&str, &str)> {
    let scheme = ["http://", "https://"].iter().find(|scheme| from.starts_with(**scheme))?;
    let (base, path) = match from[scheme.len()..].find(['/', '?', '#']) {
        Some(at) => from.split_at(scheme.len() + at),
        None => (from, ""),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    Some((base, if path.is_empty() { "openapi.json" } else { path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_is_a_gateways() {
        assert_eq!(split_url("http://127.0.0.1:8000"), Some(("http://127.0.0.1:8000", "openapi.json")));
        assert_eq!(split_url("http://127.0.0.1:8000/"), Some(("http://127.0.0.1:8000", "openapi.json")));
        assert_eq!(
            split_url("http://gateway/desk/spec.json?x=1"),
            Some(("http://gateway", "desk/spec.json"))
        );
        assert_eq!(split_url("specs/openapi.json"), None);
    }

    #[tokio::test]
    async fn a_file_that_is_missing_or_is_not_json_is_named() {
        let error = Source::new("no/such/file.json").load().await.unwrap_err();
        assert!(error.to_string().starts_with("no/such/file.json: "), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.json");
        std::fs::write(&path, "{\"openapi\": }").unwrap();
        let error = Source::new(path.to_str().unwrap()).load().await.unwrap_err();
        assert!(error.to_string().contains("spec.json is not JSON: expected value at line 1"), "{error}");
    }
}
