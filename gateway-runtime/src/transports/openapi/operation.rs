//! One operation of the API, as the module that mounts it describes it.

use gateway_schema::json_schema::{Definitions, Direction, reference};
use gateway_schema::{KeySchema, StructSchema};
use serde_json::{Map, Value, json};

use super::names;
use crate::transports::format::{Format, PARAMETER};

/// What is told of a route in the document.
#[derive(Debug, Clone)]
pub struct Operation {
    tag: &'static str,
    summary: String,
    description: String,
    parameters: Vec<Value>,
    pub(super) body: Option<(Shape, bool)>,
    pub(super) reply: Shape,
    python: Option<&'static str>,
    refusals: Vec<(u16, &'static str)>,
    headers: Vec<(&'static str, &'static str)>,
    formats: bool,
}

/// What a body or an answer looks like.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Any JSON Schema.
    Json(Value),
    /// A list of names.
    Names,
    /// A record.
    Record(&'static StructSchema),
    /// A list of records.
    Records(&'static StructSchema),
    /// A record or a list of records.
    OneOrMany(&'static StructSchema),
    /// Records by the key of a basket; with `true`, a record or a list for each.
    ByKey(KeySchema, &'static StructSchema, bool),
    /// Records by the id of the staging area they are in.
    Areas(&'static StructSchema),
}

impl Operation {
    /// An operation without parameters and body, which answers with any JSON.
    ///
    /// Operations with the same tag are shown together.
    pub fn new(tag: &'static str, summary: impl Into<String>) -> Self {
        Operation {
            tag,
            summary: summary.into(),
            description: String::new(),
            parameters: Vec::new(),
            body: None,
            reply: Shape::Json(json!({})),
            python: None,
            refusals: Vec::new(),
            headers: Vec::new(),
            formats: false,
        }
    }

    /// Adds a paragraph to the description. Nothing is added for an empty text.
    #[must_use]
    pub fn describe(mut self, text: &str) -> Self {
        if !text.is_empty() && !self.description.is_empty() {
            self.description.push_str("\n\n");
        }
        self.description.push_str(text);
        self
    }

    /// Describes a parameter of the path.
    #[must_use]
    pub fn path_parameter(mut self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema,
        }));
        self
    }

    /// Describes the parameter of the path that is a basket's key.
    #[must_use]
    pub(crate) fn key_parameter(self, key: KeySchema) -> Self {
        self.path_parameter("key", "A key of the basket", &key_schema(key))
    }

    /// Describes a parameter of the query, which may be left out.
    #[must_use]
    pub fn query_parameter(mut self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "required": false, "description": description, "schema": schema,
        }));
        self
    }

    /// Describes the body.
    #[must_use]
    pub fn takes(mut self, body: Shape, required: bool) -> Self {
        self.body = Some((body, required));
        self
    }

    /// Describes the answer.
    #[must_use]
    pub fn replies(mut self, reply: Shape) -> Self {
        self.reply = reply;
        self
    }

    /// Names the struct that csp-gateway's client may turn the answer's records into.
    #[must_use]
    pub fn of(mut self, schema: &StructSchema) -> Self {
        self.python = schema.python;
        self
    }

    /// Describes an answer other than 200, 404 and 422.
    #[must_use]
    pub fn refuses(mut self, status: u16, why: &'static str) -> Self {
        self.refusals.push((status, why));
        self
    }

    /// Describes a header that the answer may have.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, description: &'static str) -> Self {
        self.headers.push((name, description));
        self
    }

    /// The records or rows of the answer can be had in every format there is.
    #[must_use]
    pub(crate) fn in_formats(mut self) -> Self {
        self.formats = true;
        let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        self.query_parameter(
            PARAMETER,
            "The format, unless the header `Accept` tells it",
            &json!({ "type": "string", "enum": names }),
        )
        .refuses(406, "There is no such format")
    }

    /// The operation's place in the document.
    pub(super) fn describe_in(&self, definitions: &mut Definitions, id: String) -> Value {
        let mut responses = Map::new();
        let content = |schema: Value| json!({ "application/json": { "schema": schema } });
        let reply = self.reply.schema(definitions, Direction::Out);
        let mut success = json!({ "description": "Successful Response", "content": content(reply) });
        if self.formats {
            for format in Format::ALL.iter().filter(|format| **format != Format::Json) {
                let mut text = json!({ "type": "string" });
                if format.is_binary() {
                    text["format"] = "binary".into();
                }
                success["content"][format.media_type()] = json!({ "schema": text });
            }
        }
        for (name, description) in &self.headers {
            success["headers"][*name] = json!({ "description": description, "schema": { "type": "string" } });
        }
        responses.insert("200".to_owned(), success);
        let error = || content(reference(names::ERROR));
        responses.insert("404".to_owned(), json!({ "description": "Not Found", "content": error() }));
        if self.body.is_some() || !self.parameters.is_empty() {
            let problems = content(reference(names::PROBLEMS));
            responses
                .insert("422".to_owned(), json!({ "description": "Validation Error", "content": problems }));
        }
        for (status, why) in &self.refusals {
            responses.insert(status.to_string(), json!({ "description": why, "content": error() }));
        }

        let mut operation = json!({ "tags": [self.tag], "summary": self.summary });
        if !self.description.is_empty() {
            operation["description"] = self.description.as_str().into();
        }
        operation["operationId"] = id.into();
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.as_slice().into();
        }
        if let Some((body, required)) = &self.body {
            let schema = body.schema(definitions, Direction::In);
            operation["requestBody"] = json!({ "required": required, "content": content(schema) });
        }
        operation["responses"] = responses.into();
        if let Some(python) = self.python {
            operation["type_"] = python.into();
        }
        operation
    }
}

impl Shape {
    fn schema(&self, definitions: &mut Definitions, direction: Direction) -> Value {
        let list = |items: Value| json!({ "type": "array", "items": items });
        match self {
            Shape::Json(schema) => schema.clone(),
            Shape::Names => list(json!({ "type": "string" })),
            Shape::Record(schema) => definitions.record(schema, direction),
            Shape::Records(schema) => list(definitions.record(schema, direction)),
            Shape::OneOrMany(schema) => one_or_many(&definitions.record(schema, direction)),
            Shape::ByKey(key, schema, many) => {
                let record = definitions.record(schema, direction);
                let value = if *many { one_or_many(&record) } else { record };
                let mut object = json!({ "type": "object", "additionalProperties": value });
                if key.names.is_some() {
                    object["propertyNames"] = key_schema(*key);
                }
                object
            }
            Shape::Areas(schema) => {
                let records = list(definitions.record(schema, direction));
                json!({ "type": "object", "additionalProperties": records })
            }
        }
    }

    /// The struct whose schema is referred to.
    pub(super) fn payload(&self) -> Option<&'static StructSchema> {
        match self {
            Shape::Json(_) | Shape::Names => None,
            Shape::Record(schema)
            | Shape::Records(schema)
            | Shape::OneOrMany(schema)
            | Shape::ByKey(_, schema, _)
            | Shape::Areas(schema) => Some(schema),
        }
    }
}

fn one_or_many(record: &Value) -> Value {
    json!({ "anyOf": [record, { "type": "array", "items": record }] })
}

/// An enum's component has the members' values, while a key is a member's name: so the names are repeated.
fn key_schema(key: KeySchema) -> Value {
    match key.names {
        Some(names) => json!({ "type": "string", "enum": names }),
        None => json!({ "type": "string" }),
    }
}
