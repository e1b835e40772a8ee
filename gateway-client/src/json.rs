//! A field of any JSON.

use gateway_schema::schema::FieldType;
use gateway_schema::{Cell, Problems, WireType};
use serde::Serialize as _;
use serde::ser::Serializer;
use serde_json::Value;

/// A field whose document does not say what it is (csp-gateway's untyped lists and dictionaries). It holds
/// whatever comes, `null` too, and writes it back as it was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Json(pub Value);

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Json(value)
    }
}

impl WireType for Json {
    // A server's struct cannot have such a field, so there is no type to name for it. In a client the type
    // only decides which constraints fit, and a document that gives no type gives no constraints.
    const TYPE: FieldType = FieldType::String;
    const NULLABLE: bool = true;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }

    fn read(input: &Value, _problems: &mut Problems) -> Option<Self> {
        Some(Json(input.clone()))
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Opaque
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn anything_is_kept() {
        for value in [json!(null), json!([1, "a", { "b": [null] }]), json!(1.5)] {
            let mut problems = Problems::new("body");
            let read = Json::read(&value, &mut problems).expect("anything is read");
            assert_eq!(
                serde_json::to_value(gateway_schema::wire::AsWire(&read)).expect("serialises"),
                value
            );
        }
    }
}
