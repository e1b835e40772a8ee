//! Reads the parameter `query` of `state`.
//!
//! What is not JSON is a 422, JSON that is not a query a 400, as csp-gateway has it. Members that a query does
//! not have are ignored; csp-gateway's client sends all members of a filter, unused ones as `null` or `""`.

use gateway_schema::filter::{Comparison, Operator};
use gateway_schema::problem::{Problem, Problems};
use gateway_schema::{Filter, Query};
use serde_json::{Map, Value};

use crate::transports::answer::Refusal;

pub(super) fn read(text: &str) -> Result<Query, Refusal> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let reason = error.to_string();
        let problem = Problem::new("json_invalid", format!("Invalid JSON: {reason}"))
            .at(["query", "query"])
            .with_input(text.chars().take(1000).collect::<String>().into())
            .with_context("error", reason);
        Refusal::Invalid(vec![problem])
    })?;
    // Places start inside of the query, at `filters`.
    let mut problems = Problems::default();
    let query = query(&value, &mut problems);
    problems.into_result(query).map_err(Refusal::BadQuery)
}

fn query(value: &Value, problems: &mut Problems) -> Option<Query> {
    if value.is_null() {
        return Some(Query::default());
    }
    let filters = match object(value, "Query", problems)?.get("filters") {
        None => return Some(Query::default()),
        Some(Value::Array(filters)) => filters,
        Some(other) => {
            let problem = Problem::new("list_type", "Input should be a valid list");
            problems.within("filters", |problems| problems.add(problem, other));
            return None;
        }
    };
    let read = |(index, value): (usize, &Value), problems: &mut Problems| {
        problems.within("filters", |problems| problems.within(index, |problems| filter(value, problems)))
    };
    let filters = filters.iter().enumerate().filter_map(|item| read(item, problems)).collect();
    Some(Query { filters })
}

fn filter(value: &Value, problems: &mut Problems) -> Option<Filter> {
    let members = object(value, "Filter", problems)?;
    let attr = match members.get("attr") {
        Some(attr) if !attr.is_null() => text(members, "attr", problems),
        _ => missing("attr", value, problems),
    };
    let by = match members.get("by") {
        Some(by) => problems.within("by", |problems| comparison(by, problems)),
        None => missing("by", value, problems),
    };
    Some(Filter { attr: attr?, by: by? })
}

fn comparison(value: &Value, problems: &mut Problems) -> Option<Comparison> {
    let members = object(value, "FilterCondition", problems)?;
    let mut comparison = Comparison { value: members.get("value").cloned(), ..Comparison::default() };
    comparison.when = text(members, "when", problems);
    comparison.attr = text(members, "attr", problems).filter(|attr| !attr.is_empty());
    if let Some(operator) = members.get("where").filter(|operator| !operator.is_null()) {
        match serde_json::from_value::<Operator>(operator.clone()) {
            Ok(operator) => comparison.operator = operator,
            Err(_) => {
                let expected = "'==', '!=', '<', '<=', '>' or '>='";
                let problem = Problem::new("literal_error", format!("Input should be {expected}"))
                    .with_context("expected", expected);
                problems.within("where", |problems| problems.add(problem, operator));
            }
        }
    }
    Some(comparison)
}

fn object<'v>(value: &'v Value, class: &str, problems: &mut Problems) -> Option<&'v Map<String, Value>> {
    if value.as_object().is_none() {
        let message = format!("Input should be a valid dictionary or instance of {class}");
        problems.add(Problem::new("model_type", message).with_context("class_name", class), value);
    }
    value.as_object()
}

fn text(members: &Map<String, Value>, name: &'static str, problems: &mut Problems) -> Option<String> {
    match members.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => {
            let problem = Problem::new("string_type", "Input should be a valid string");
            problems.within(name, |problems| problems.add(problem, other));
            None
        }
    }
}

fn missing<T>(name: &'static str, whole: &Value, problems: &mut Problems) -> Option<T> {
    problems.within(name, |problems| {
        problems.add(Problem::new("missing", "Field required"), whole);
    });
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(text: &str) -> (u16, Value) {
        let refusal = read(text).unwrap_err();
        (refusal.status().as_u16(), refusal.detail())
    }

    #[test]
    fn what_csp_gateways_client_sends_is_read() {
        let text = r#"{"filters":[{"attr":"x","by":{"value":1,"when":null,"attr":"","where":"<="}}]}"#;
        let query = read(text).unwrap();
        assert_eq!(query.filters[0].attr, "x");
        assert_eq!(query.filters[0].by.value, Some(json!(1)));
        assert_eq!(query.filters[0].by.attr, None);
        assert_eq!(query.filters[0].by.operator, Operator::LessOrEqual);
    }

    #[test]
    fn an_empty_query_means_everything() {
        for text in ["null", "{}", r#"{"filters":[],"limit":3}"#] {
            assert_eq!(read(text).unwrap(), Query::default(), "{text}");
        }
    }

    #[test]
    fn every_problem_of_the_structure_is_named() {
        let (status, detail) = refused(r#"{"filters":[{"attr":"x"},{"attr":1,"by":{"where":"~"}}]}"#);
        assert_eq!(status, 400);
        assert_eq!(detail[0]["loc"], json!(["filters", 0, "by"]));
        assert_eq!(detail[0]["type"], "missing");
        assert_eq!(detail[1]["loc"], json!(["filters", 1, "attr"]));
        assert_eq!(detail[2]["loc"], json!(["filters", 1, "by", "where"]));
        assert_eq!(
            refused("[]"),
            (
                400,
                json!([{
                    "type": "model_type", "loc": [], "msg": "Input should be a valid dictionary or instance of Query",
                    "input": [], "ctx": { "class_name": "Query" },
                }])
            )
        );
        assert_eq!(refused(r#"{"filters":"x"}"#).0, 400);
    }

    #[test]
    fn what_is_not_json_is_refused_with_422() {
        for text in ["", "{bad"] {
            let (status, detail) = refused(text);
            assert_eq!(status, 422);
            assert_eq!(detail[0]["loc"], json!(["query", "query"]));
            assert_eq!(detail[0]["input"], text);
        }
    }

    #[test]
    fn a_filter_without_a_column_is_refused() {
        let (status, detail) = refused(r#"{"filters":[{"attr":null,"by":{"value":1}}]}"#);
        assert_eq!((status, detail[0]["loc"].clone()), (400, json!(["filters", 0, "attr"])));
    }
}
