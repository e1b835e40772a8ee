//! A value of a document, with its place.

use std::cell::RefCell;

use serde_json::Value;

use crate::error::Fault;

/// Everything that was found to be wrong.
#[derive(Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(super) fn into_inner(self) -> Vec<Fault> {
        self.0.into_inner()
    }
}

/// A value of a document, and the way to it.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    pub(super) value: &'a Value,
    pub(super) pointer: String,
    document: &'a Value,
    faults: &'a Faults,
}

impl<'a> Cursor<'a> {
    pub(super) fn root(document: &'a Value, faults: &'a Faults) -> Self {
        Cursor { value: document, pointer: "#".to_owned(), document, faults }
    }

    /// Records that something is wrong here, once.
    pub(super) fn fault(&self, message: impl Into<String>) {
        let fault = Fault { pointer: self.pointer.clone(), message: message.into() };
        let mut faults = self.faults.0.borrow_mut();
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }

    fn at(&self, step: &str, value: &'a Value) -> Self {
        let step = step.replace('~', "~0").replace('/', "~1");
        Cursor { value, pointer: format!("{}/{step}", self.pointer), ..self.clone() }
    }

    /// A member, if it is there and is not null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(self.at(name, value))
    }

    /// A member that must be there.
    pub(super) fn member(&self, name: &str) -> Option<Self> {
        let found = self.get(name);
        if found.is_none() {
            self.fault(format!("`{name}` is missing"));
        }
        found
    }

    /// A member that must be a text, and be there.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        let found = self.member(name)?;
        let text = found.value.as_str();
        if text.is_none() {
            found.fault("this should be a string");
        }
        text
    }

    /// A member that is a text, or nothing.
    pub(super) fn text_or_empty(&self, name: &str) -> String {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A member that is `true`.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.value.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The members of an object, in order.
    pub(super) fn members(&self) -> Vec<(&'a str, Self)> {
        let Value::Object(members) = self.value else {
            self.fault("this should be an object");
            return Vec::new();
        };
        members.iter().map(|(name, value)| (name.as_str(), self.at(name, value))).collect()
    }

    /// The items of a list, in order.
    pub(super) fn items(&self) -> Vec<Self> {
        let Value::Array(items) = self.value else {
            self.fault("this should be a list");
            return Vec::new();
        };
        items.iter().enumerate().map(|(index, value)| self.at(&index.to_string(), value)).collect()
    }

    /// The items of a member, none when it is not there.
    pub(super) fn items_of(&self, name: &str) -> Vec<Self> {
        self.get(name).map(|list| list.items()).unwrap_or_default()
    }

    /// Goes down several steps, if all are there.
    pub(super) fn descend(&self, steps: &[&str]) -> Option<Self> {
        steps.iter().try_fold(self.clone(), |at, step| at.get(step))
    }

    /// Where a `$ref` here leads, if there is one: the place, or a fault.
    pub(super) fn reference(&self) -> Option<Option<Self>> {
        let reference = self.get("$ref")?;
        let Some(text) = reference.value.as_str() else {
            reference.fault("this should be a string");
            return Some(None);
        };
        let Some(steps) = text.strip_prefix("#/") else {
            reference.fault(format!(
                "`{text}` is not in this document, and only references inside of it (`#/…`) are followed"
            ));
            return Some(None);
        };
        let root = Cursor { value: self.document, pointer: "#".to_owned(), ..self.clone() };
        let found = steps.split('/').try_fold(root, |at, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match at.value {
                Value::Array(items) => {
                    items.get(step.parse::<usize>().ok()?).map(|value| at.at(&step, value))
                }
                _ => at.get(&step),
            }
        });
        if found.is_none() {
            reference.fault(format!("`{text}` leads to nothing"));
        }
        Some(found)
    }
}
