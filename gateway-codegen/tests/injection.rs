//! Whatever texts a document has, the generated code has the same items: no text becomes code.

use gateway_codegen::{OutputFile, Rust, Target, spec};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A document with a text in every place that takes one.
fn document(text: &str) -> Value {
    let record = json!({
        "type": "object", "title": text, "description": text,
        "properties": {
            "id": { "type": "string" }, "timestamp": { "type": "string" },
            "text": { "type": "string", "description": text, "default": text, "x-gateway-custom": [text] },
            "pattern": { "type": "string", "pattern": text },
            "side": { "$ref": "#/components/schemas/Side" },
            "map": { "type": "object", "additionalProperties": { "type": "string" }, "default": { text: text } },
            "any": { "default": [text] },
        },
    });
    let side = json!({ "type": "string", "title": text, "description": text, "enum": [text], "x-gateway-descriptions": [text] });
    json!({
        "openapi": "3.1.0",
        "info": { "title": text, "version": text, "description": text },
        "paths": {},
        "components": { "schemas": { "Record": record, "Side": side } },
        "x-gateway": {
            "channels": [{ "name": text, "description": text, "kind": "scalar", "struct": "Record", "last": true }],
            "states": [{ "alias": text, "channel": text, "key": [text], "description": text }],
            "fields": [{ "name": text, "description": text }],
        },
    })
}

fn files(text: &str) -> Vec<OutputFile> {
    let ir = spec::read(&document(text)).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let target = Rust { name: None, client_path: Some(text.to_owned()) };
    target.files(&ir).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// What there is in a file: the kinds of its items and attributes, without names and literals.
fn shape(file: &OutputFile) -> Vec<String> {
    if file.path == "Cargo.toml" {
        // Each line is a table or a key.
        return file
            .text
            .lines()
            .map(|line| line.split(['=', ' ']).next().unwrap_or_default().to_owned())
            .collect();
    }
    let parsed =
        syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}\n{}", file.path, file.text));
    let attributes = |attributes: &[syn::Attribute]| {
        attributes
            .iter()
            .filter(|attribute| !attribute.path().is_ident("doc"))
            .map(|attribute| {
                attribute.path().segments.last().map(|step| step.ident.to_string()).unwrap_or_default()
            })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let item = |item: &syn::Item| match item {
        syn::Item::Struct(item) => format!("struct {} {}", attributes(&item.attrs), item.fields.len()),
        syn::Item::Enum(item) => format!("enum {} {}", attributes(&item.attrs), item.variants.len()),
        syn::Item::Impl(item) => format!("impl {} {}", attributes(&item.attrs), item.items.len()),
        syn::Item::Use(item) => format!("use {}", attributes(&item.attrs)),
        syn::Item::Mod(item) => format!("mod {}", item.content.is_some()),
        _ => "another item".to_owned(),
    };
    let crate_attributes = attributes(&parsed.attrs);
    std::iter::once(crate_attributes).chain(parsed.items.iter().map(item)).collect()
}

fn texts() -> impl Strategy<Value = String> {
    let sharp = prop::sample::select(vec![
        "\"",
        "'",
        "#",
        "\\",
        "\n",
        "\r",
        "*/",
        "/*",
        "//",
        "///",
        "//!",
        "#![",
        "]",
        "{",
        "}",
        "(",
        ")",
        ";",
        "r#\"",
        "\"#",
        "\u{202e}",
        "\u{2028}",
        "\u{0}",
        "\u{7f}",
        "$x",
        "`",
        "```",
        "<",
        "fn",
        "crate",
        "é",
        "\u{1F980}",
        " ",
        "a",
        "=",
        "x",
    ]);
    prop_oneof![prop::collection::vec(sharp, 1..12).prop_map(|parts| parts.concat()), "\\PC{1,20}", ".{1,20}",]
}

proptest! {
    #[test]
    fn no_text_becomes_code(text in texts()) {
        let benign = files("benign");
        for (file, like) in files(&text).iter().zip(&benign) {
            prop_assert_eq!(&file.path, &like.path);
            prop_assert_eq!(shape(file), shape(like), "{}\n{}", text, file.text);
        }
    }
}
