//! Everything that is wrong with a body, each with the place where it is wrong.
//!
//! The JSON form is that of FastAPI and pydantic 2, which csp-gateway's clients read:
//! `{"type", "loc", "msg", "input", "ctx"?}`.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// One step of the way to a value inside a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A member of an object, or the word that starts the path (`body`, `query`, `path`).
    Key(Cow<'static, str>),
    /// An item of a list, or an offset into the text.
    Index(usize),
}

impl From<&'static str> for Location {
    fn from(key: &'static str) -> Self {
        Location::Key(Cow::Borrowed(key))
    }
}

impl From<String> for Location {
    fn from(key: String) -> Self {
        Location::Key(Cow::Owned(key))
    }
}

impl From<usize> for Location {
    fn from(index: usize) -> Self {
        Location::Index(index)
    }
}

/// The longest name of a member, in bytes, that is repeated whole in a problem's place: each problem inside the
/// member repeats it.
const MAX_NAME: usize = 256;

impl Location {
    fn shortened(&self) -> Self {
        match self {
            Location::Key(key) if key.len() > MAX_NAME => Location::from(cut(key)),
            step => step.clone(),
        }
    }
}

/// The beginning of a long text, and its length.
fn cut(text: &str) -> String {
    let end = (0..=64).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("{}… ({} bytes)", &text[..end], text.len())
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Location::Key(key) => serializer.serialize_str(key),
            Location::Index(index) => serializer.serialize_u64(*index as u64),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// A stable word for programs, `missing`, `int_parsing`, `greater_than`….
    pub kind: Cow<'static, str>,
    /// The way from the start of the body to the value.
    pub location: Vec<Location>,
    /// What is wrong, for people.
    pub message: String,
    /// The value that is wrong.
    pub input: Value,
    /// The numbers and texts that the message names.
    pub context: Map<String, Value>,
}

impl Problem {
    /// A problem without a place and an input; [`Problems`] fills them in.
    pub fn new(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Problem {
            kind: kind.into(),
            location: Vec::new(),
            message: message.into(),
            input: Value::Null,
            context: Map::new(),
        }
    }

    /// The same problem with one more entry of context.
    #[must_use]
    pub fn with_context(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.context.insert(key.to_owned(), value.into());
        self
    }

    /// The same problem with its place.
    #[must_use]
    pub fn at<L: Into<Location>>(mut self, location: impl IntoIterator<Item = L>) -> Self {
        self.location = location.into_iter().map(Into::into).collect();
        self
    }

    /// The same problem with the value that is wrong.
    #[must_use]
    pub fn with_input(mut self, input: Value) -> Self {
        self.input = input;
        self
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("loc", &self.location)?;
        map.serialize_entry("msg", &self.message)?;
        map.serialize_entry("input", &self.input)?;
        if !self.context.is_empty() {
            map.serialize_entry("ctx", &self.context)?;
        }
        map.end()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.location.iter().enumerate() {
            match step {
                Location::Key(key) if index == 0 => write!(f, "{key}")?,
                Location::Key(key) => write!(f, ".{key}")?,
                Location::Index(at) => write!(f, "[{at}]")?,
            }
        }
        if !self.location.is_empty() {
            write!(f, ": ")?;
        }
        write!(f, "{}", self.message)
    }
}

/// The most problems that are kept of one body: a list of a million bad records is not worth a reply of
/// hundreds of megabytes.
pub const MAX_PROBLEMS: usize = 100;

/// The longest input, in bytes of its JSON text, that is repeated in a problem.
const MAX_INPUT: usize = 1024;

/// A collector of problems that knows the place it is at.
#[derive(Debug, Default)]
pub struct Problems {
    here: Vec<Location>,
    found: Vec<Problem>,
    count: usize,
}

impl Problems {
    /// An empty collector whose places start with `root`: `body`, `query` or `path`.
    pub fn new(root: &'static str) -> Self {
        Problems { here: vec![root.into()], found: Vec::new(), count: 0 }
    }

    /// Runs `f` one step further into the body.
    pub fn within<R>(&mut self, step: impl Into<Location>, f: impl FnOnce(&mut Self) -> R) -> R {
        self.here.push(step.into());
        let result = f(self);
        self.here.pop();
        result
    }

    /// Records a problem with the value `input` at the present place.
    pub fn add(&mut self, mut problem: Problem, input: &Value) {
        self.count += 1;
        if self.found.len() >= MAX_PROBLEMS {
            return;
        }
        problem.location.splice(0..0, self.here.iter().map(Location::shortened));
        problem.input = shortened(input);
        self.found.push(problem);
    }

    /// How many there were, also beyond [`MAX_PROBLEMS`].
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What was found: at most [`MAX_PROBLEMS`] and, when there were more, a last one that says so.
    pub fn into_vec(mut self) -> Vec<Problem> {
        if self.count > self.found.len() {
            let rest = self.count - self.found.len();
            self.found.push(
                Problem::new("too_many_problems", format!("{rest} more problems are not listed"))
                    .at(self.here.into_iter().take(1)),
            );
        }
        self.found
    }

    /// Those found, or the value when there are none.
    ///
    /// # Errors
    ///
    /// The problems, when there are any or when there is no value.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self.into_vec()),
        }
    }
}

/// The input as it is repeated in a problem: whole if it is small, and a note of its size if not.
fn shortened(input: &Value) -> Value {
    fn size(value: &Value, budget: usize) -> Option<usize> {
        let used = match value {
            Value::String(text) => text.len() + 2,
            Value::Array(items) => {
                let mut left = budget;
                for item in items {
                    left = left.checked_sub(1)?;
                    left = size(item, left)?;
                }
                return Some(left);
            }
            Value::Object(members) => {
                let mut left = budget;
                for (key, item) in members {
                    left = left.checked_sub(key.len() + 4)?;
                    left = size(item, left)?;
                }
                return Some(left);
            }
            _ => 8,
        };
        budget.checked_sub(used)
    }
    if size(input, MAX_INPUT).is_some() {
        return input.clone();
    }
    match input {
        Value::String(text) => Value::from(cut(text)),
        Value::Array(items) => Value::from(format!("a list of {} items", items.len())),
        Value::Object(members) => Value::from(format!("an object of {} members", members.len())),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_knows_its_place() {
        let mut problems = Problems::new("body");
        problems.within(3, |p| {
            p.within("price", |p| p.add(Problem::new("missing", "Field required"), &json!({})));
        });
        let found = problems.into_vec();
        assert_eq!(
            serde_json::to_value(&found).expect("serialises"),
            json!([{"type": "missing", "loc": ["body", 3, "price"], "msg": "Field required", "input": {}}])
        );
        assert_eq!(found[0].to_string(), "body[3].price: Field required");
    }

    #[test]
    fn a_flood_of_problems_is_bounded_and_says_so() {
        let mut problems = Problems::new("body");
        for _ in 0..1_000 {
            problems.add(Problem::new("missing", "Field required"), &Value::Null);
        }
        let found = problems.into_vec();
        assert_eq!(found.len(), MAX_PROBLEMS + 1);
        assert_eq!(found[MAX_PROBLEMS].message, "900 more problems are not listed");
    }

    #[test]
    fn a_long_name_is_not_repeated_by_each_problem_inside() {
        let mut problems = Problems::new("body");
        problems.within("é".repeat(1_000_000), |p| {
            p.add(Problem::new("missing", "Field required"), &Value::Null);
        });
        let text = problems.into_vec()[0].to_string();
        assert!(text.starts_with("body.éé") && text.ends_with("(2000000 bytes): Field required"), "{text}");
        assert!(text.len() < 300, "{text}");
    }

    #[test]
    fn a_large_input_is_not_repeated() {
        let mut problems = Problems::new("body");
        problems.add(Problem::new("x", "y"), &Value::from("é".repeat(1_000_000)));
        let text = serde_json::to_string(&problems.into_vec()).expect("serialises");
        assert!(text.len() < 300, "{text}");
    }
}
