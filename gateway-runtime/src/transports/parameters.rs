//! The parameters of a query, `?name=value&…`.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;

use super::answer::Refusal;
use super::body::bad_parameter;

/// The parameters in order, or why they are none.
pub(crate) type Parameters = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The parameters, or a refusal at the place `name`.
pub(crate) fn pairs(parameters: Parameters, name: &'static str) -> Result<Vec<(String, String)>, Refusal> {
    parameters.map(|Query(pairs)| pairs).map_err(|rejection| {
        let message = "Input should be a valid string".to_owned();
        bad_parameter("query", name, "string_type", message, &rejection.body_text())
    })
}
