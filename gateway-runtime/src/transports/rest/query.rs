//! Reads the parameters of `state`.
//!
//! A `query` that is not JSON is a 422, filters that have not the form of filters a 400, as csp-gateway has it. Members that a query does
//! not have are ignored; csp-gateway's client sends all members of a filter, unused ones as `null` or `""`.

use gateway_schema::filter::{Clause, Comparison, Operator, Sort};
use gateway_schema::problem::{Problem, Problems};
use gateway_schema::{Filter, Query};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::transports::answer::Refusal;
use crate::transports::body::bad_parameter;

/// Reads the parameters of `state`: `query`, and what has a parameter of its own, which counts more than the
/// same in `query`.
pub(super) fn parameters(pairs: &[(String, String)]) -> Result<Query, Refusal> {
    let given = |name: &str| pairs.iter().find(|(given, _)| given == name).map(|(_, text)| text.as_str());
    let list = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    let mut query = given("query").map(read).transpose()?.unwrap_or_default();
    if let Some(sort) = given("sort") {
        query.sort = list(sort).iter().map(|name| Sort::parse(name)).collect();
    }
    if let Some(limit) = given("limit") {
        query.limit = Some(limit.parse().map_err(|_| {
            let message = "Input should be a valid integer that is not negative".to_owned();
            bad_parameter("query", "limit", "int_parsing", message, limit)
        })?);
    }
    if let Some(cursor) = given("cursor") {
        query.cursor = Some(cursor.to_owned());
    }
    if let Some(select) = given("select") {
        query.select = Some(list(select));
    }
    Ok(query)
}

fn read(text: &str) -> Result<Query, Refusal> {
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
    let filters = filters(&value, &mut problems);
    let filters = problems.into_result(filters).map_err(Refusal::BadQuery)?;
    // csp-gateway has only the filters.
    let mut problems = Problems::new("query");
    let query = extensions(&value, filters, &mut problems);
    problems.into_result(Some(query)).map_err(Refusal::Invalid)
}

fn filters(value: &Value, problems: &mut Problems) -> Option<Vec<Clause>> {
    if value.is_null() {
        return Some(Vec::new());
    }
    match object(value, "Query", problems)?.get("filters") {
        None => Some(Vec::new()),
        Some(filters) => problems.within("filters", |problems| clauses(filters, problems)),
    }
}

fn clauses(value: &Value, problems: &mut Problems) -> Option<Vec<Clause>> {
    let Value::Array(items) = value else {
        problems.add(Problem::new("list_type", "Input should be a valid list"), value);
        return None;
    };
    let read = |(index, item)| problems.within(index, |problems| clause(item, problems));
    Some(items.iter().enumerate().filter_map(read).collect())
}

fn clause(value: &Value, problems: &mut Problems) -> Option<Clause> {
    let group = |name: &str| value.get(name).filter(|_| value.get("attr").is_none());
    if let Some(any) = group("any") {
        let any = problems.within("any", |problems| clauses(any, problems))?;
        return Some(Clause::Any { any });
    }
    if let Some(all) = group("all") {
        let all = problems.within("all", |problems| clauses(all, problems))?;
        return Some(Clause::All { all });
    }
    filter(value, problems).map(Clause::Filter)
}

fn extensions(value: &Value, filters: Vec<Clause>, problems: &mut Problems) -> Query {
    Query {
        filters,
        sort: member(value, "sort", "a list of `{\"attr\", \"descending\"}`", problems).unwrap_or_default(),
        limit: member(value, "limit", "an integer that is not negative", problems),
        cursor: member(value, "cursor", "a string", problems),
        select: member(value, "select", "a list of columns", problems),
    }
}

/// A member that may be left out or `null`.
fn member<T: DeserializeOwned>(
    value: &Value,
    name: &'static str,
    expected: &str,
    problems: &mut Problems,
) -> Option<T> {
    let given = value.get(name).filter(|given| !given.is_null())?;
    let read = serde_json::from_value(given.clone());
    let refused = |_| {
        let problem = Problem::new("query_type", format!("Input should be {expected}"));
        problems.within(name, |problems| problems.add(problem, given));
    };
    read.map_err(refused).ok()
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
                let names = Operator::ALL.map(|operator| format!("'{}'", operator.name()));
                let expected = names.join(", ");
                let problem = Problem::new("literal_error", format!("Input should be {expected}"))
                    .with_context("expected", expected.as_str());
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
        let by =
            Comparison { value: Some(json!(1)), operator: Operator::LessOrEqual, ..Comparison::default() };
        assert_eq!(query.filters, [Filter { attr: "x".to_owned(), by }.into()]);
    }

    #[test]
    fn an_empty_query_means_everything() {
        for text in ["null", "{}", r#"{"filters":[],"limit":null,"other":3}"#] {
            assert_eq!(read(text).unwrap(), Query::default(), "{text}");
        }
    }

    #[test]
    fn groups_and_what_csp_gateway_has_not_are_read() {
        let text = r#"{"filters":[{"any":[{"attr":"x","by":{"where":"is null"}},{"all":[]}]}],
            "sort":[{"attr":"x","descending":true},{"attr":"y"}],"limit":3,"cursor":"c","select":["x"]}"#;
        let expected: Query = serde_json::from_str(text).unwrap();
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(expected.sort[0], Sort { attr: "x".to_owned(), descending: true });
    }

    #[test]
    fn parameters_of_their_own_count_more() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = [
            pair("query", r#"{"limit":3,"cursor":"c"}"#),
            pair("sort", "-cpu, name"),
            pair("limit", "10"),
            pair("select", "pid,name"),
        ];
        let query = parameters(&pairs).unwrap();
        assert_eq!(query.sort, [Sort::parse("-cpu"), Sort::parse("name")]);
        assert_eq!((query.limit, query.cursor.as_deref()), (Some(10), Some("c")));
        assert_eq!(query.select, Some(vec!["pid".to_owned(), "name".to_owned()]));
        assert_eq!(parameters(&[pair("limit", "-1")]).unwrap_err().status().as_u16(), 422);
    }

    #[test]
    fn what_is_wrong_beside_the_filters_is_a_422() {
        let (status, detail) = refused(r#"{"sort":"x","limit":-1,"select":[1]}"#);
        assert_eq!(status, 422);
        let places: Vec<_> = (0..3).map(|n| detail[n]["loc"].clone()).collect();
        assert_eq!(places, [json!(["query", "sort"]), json!(["query", "limit"]), json!(["query", "select"])]);
        let (status, detail) = refused(r#"{"filters":[{"any":[{"attr":"x"}]}]}"#);
        assert_eq!((status, detail[0]["loc"].clone()), (400, json!(["filters", 0, "any", 0, "by"])));
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
