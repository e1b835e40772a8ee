//! Names of a document as names of Rust: of the right case, ASCII, no keywords, no two the same.

use std::collections::HashSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};

use crate::ir::Ir;

/// Types that generated code and derives name without a path.
const RESERVED_TYPES: &[&str] = &[
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Fn",
    "From",
    "Hash",
    "Into",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToString",
    "Vec",
];

/// Methods that the client has whatever the gateway is.
const RESERVED_METHODS: &[&str] = &["new", "from", "into", "clone", "fmt", "gateway", "states", "fields"];

/// The Rust names of everything that a gateway has, in the order of the [`Ir`].
pub(super) struct Naming {
    pub(super) structs: Vec<Ident>,
    pub(super) enums: Vec<Ident>,
    /// By enum.
    pub(super) variants: Vec<Vec<Ident>>,
    /// By struct.
    pub(super) members: Vec<Vec<Ident>>,
    /// The methods of the client.
    pub(super) channels: Vec<Ident>,
    /// The types that specify the channels.
    pub(super) specs: Vec<Ident>,
    pub(super) states: Vec<Ident>,
    pub(super) fields: Vec<Ident>,
}

impl Naming {
    pub(super) fn of(ir: &Ir) -> Self {
        let mut types = Names::reserving(RESERVED_TYPES);
        // Enums first, so that their order among structs does not matter.
        let enums = ir.enums.iter().map(|item| types.camel(&item.name, "Enum")).collect();
        let structs = ir.structs.iter().map(|item| types.camel(&item.name, "Record")).collect();
        let variants = ir.enums.iter().map(|item| {
            let mut names = Names::reserving(&["Self"]);
            item.variants.iter().map(|variant| names.camel(&variant.name, "Value")).collect()
        });
        let members = ir.structs.iter().map(|item| {
            let mut names = Names::default();
            item.fields.iter().map(|field| names.snake(&field.name, "field")).collect()
        });
        let mut methods = Names::reserving(RESERVED_METHODS);
        let mut specs = Names::reserving(RESERVED_TYPES);
        let (mut states, mut fields) =
            (Names::reserving(&["clone", "fmt"]), Names::reserving(&["clone", "fmt"]));
        Naming {
            enums,
            structs,
            variants: variants.collect(),
            members: members.collect(),
            channels: ir.channels.iter().map(|item| methods.snake(&item.name, "channel")).collect(),
            specs: ir.channels.iter().map(|item| specs.camel(&item.name, "Channel")).collect(),
            states: ir.states.iter().map(|item| states.snake(&item.alias, "state")).collect(),
            fields: ir.fields.iter().map(|item| fields.snake(&item.name, "field")).collect(),
        }
    }
}

/// Names of one scope.
#[derive(Default)]
struct Names {
    taken: HashSet<String>,
}

impl Names {
    fn reserving(names: &[&str]) -> Self {
        Names { taken: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// A name of a type or a variant. `kind` stands for a name of which nothing can be used, and is added to
    /// one that is taken.
    fn camel(&mut self, name: &str, kind: &str) -> Ident {
        let camel = ascii(name).to_upper_camel_case();
        let camel = if camel.is_empty() { kind.to_owned() } else { camel };
        let camel = if starts_with_digit(&camel) { format!("N{camel}") } else { camel };
        self.take(camel, kind)
    }

    /// A name of a field or a method.
    fn snake(&mut self, name: &str, kind: &str) -> Ident {
        let snake = ascii(name).to_snake_case();
        let snake = if snake.is_empty() { kind.to_owned() } else { snake };
        let snake = if starts_with_digit(&snake) { format!("n{snake}") } else { snake };
        self.take(snake, &format!("_{kind}"))
    }

    fn take(&mut self, name: String, kind: &str) -> Ident {
        let usable = |name: &String| is_identifier(name) && !self.taken.contains(name);
        let candidates = [name.clone(), format!("{name}{kind}")].into_iter();
        let numbered = (2_u64..).map(|number| format!("{name}{kind}{number}"));
        // One of the endless numbers is free.
        let free = candidates.chain(numbered).find(usable).unwrap_or(name);
        self.taken.insert(free.clone());
        Ident::new(&free, Span::call_site())
    }
}

/// Whether a text is an identifier and no keyword; `gen` is one of edition 2024, which `syn` does not know yet.
pub(super) fn is_identifier(text: &str) -> bool {
    syn::parse_str::<Ident>(text).is_ok() && text != "gen"
}

/// Letters, digits and underscores; everything else separates words.
fn ascii(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn starts_with_digit(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_name_and_no_two_the_same() {
        let mut names = Names::default();
        let hostile = [
            "price",
            "Price",
            "PRICE",
            "type",
            "self",
            "Self",
            "super",
            "crate",
            "_",
            "",
            "1st",
            "größe",
            "数量",
            "async",
            "a b",
            "a-b",
            "a_b",
            "r#type",
            "fn main() {}",
            "gen",
            "union",
            "__x",
            "yield",
            "try",
        ];
        let found: Vec<String> = hostile.iter().map(|name| names.snake(name, "field").to_string()).collect();
        assert_eq!(
            found[..6],
            ["price", "price_field", "price_field2", "type_field", "self_field", "self_field2"]
        );
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), found.len());
        for name in &found {
            assert!(is_identifier(name), "{name}");
            assert!(name.is_ascii() && *name == name.to_lowercase(), "{name}");
        }
        let mut names = Names::reserving(RESERVED_TYPES);
        let found: Vec<String> = hostile
            .iter()
            .chain(&["String", "vec"])
            .map(|name| names.camel(name, "Record").to_string())
            .collect();
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), found.len());
        assert_eq!(found[found.len() - 2..], ["StringRecord", "VecRecord"]);
    }
}
