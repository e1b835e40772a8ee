//! The errors that the macros find themselves: all of a call at once, and nothing but those.

use super::{channels, composition, derive_enum, derive_module, derive_struct, messages};

/// The only message about a field with this attribute.
fn field(attribute: &str) -> String {
    let code = format!("struct Trade {{ #[gateway({attribute})] price: f64 }}");
    let mut found = messages(derive_struct(&code));
    assert_eq!(found.len(), 1, "{attribute}: {found:#?}");
    found.remove(0)
}

#[test]
fn all_errors_of_a_struct_are_reported_at_once() {
    let output = derive_struct(
        r#"
        #[gateway(pyhton = "a.B")]
        struct Trade {
            id: u64,
            #[gateway(range(min = 2, max = 1), lenght(max = 3))]
            price: f64,
            #[gateway(rename = "price")]
            cost: f64,
        }
        "#,
    );
    let found = messages(output);
    let starts = [
        "unknown attribute `pyhton`",
        "unknown attribute `lenght`",
        "`id` is reserved",
        "fields `price`",
        "the minimum 2",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (message, start) in found.iter().zip(starts) {
        assert!(message.starts_with(start), "`{message}` does not start with `{start}`");
    }
}

#[test]
fn a_struct_with_a_broken_attribute_is_still_a_gateway_struct() {
    let output = derive_struct("struct Trade { #[gateway(range(min = \"1\"))] price: f64, quantity: u32 }")
        .to_string();
    assert!(output.contains("GatewayStruct for Trade") && output.contains("\"quantity\""), "{output}");
    let output = derive_struct("struct Trade(f64);").to_string();
    assert!(output.contains("GatewayStruct for Trade"), "{output}");
}

#[test]
fn field_attributes_say_what_they_take() {
    for (attribute, expected) in [
        ("range", "`range` takes its arguments in parentheses: `range(min = 0, max = 1)`"),
        (
            "range(min = 1, exclusive_min = 2)",
            "`exclusive_min` and `min` are two bounds of the same end; keep one",
        ),
        ("range(min = 1 max = 2)", "expected `,`"),
        ("range(min = 1, min = 2)", "`min` is given twice; keep one of them"),
        (
            "range(low = 1)",
            "unknown attribute `low`; `range` takes `min`, `max`, `exclusive_min` and `exclusive_max`",
        ),
        ("range(min)", "`min` takes a value: `range(min = 0, max = 1)`"),
        ("range(min = 1e999)", "`min` takes a number: `range(min = 0, max = 1)`"),
        (
            "range(min = 0.5, exclusive_max = 0.5)",
            "no number is in this range: it begins and ends at 0.5 and leaves that out",
        ),
        ("length()", "`length` without a bound says nothing; it takes `min`, `max` and `equal`"),
        ("length(equal = 1, max = 2)", "`equal` says both ends of the length; leave `min` and `max` out"),
        ("length(max = 1.5)", "`max` takes a number that is not negative: `length(min = 1, max = 12)`"),
        ("pattern = 1", "`pattern` takes a string: `pattern = \"^[A-Z]+$\"`"),
        ("pattern(\"a\")", "`pattern` takes a value: `pattern = \"^[A-Z]+$\"`"),
        ("custom = \"check\"", "`custom` takes the path of a function: `custom = check_symbol`"),
        ("rename = \"\"", "a field's name cannot be empty"),
        ("rename = \"a\\tb\"", "a field's name cannot have control characters"),
        ("skip = true", "`skip` takes no value"),
        ("default(1)", "`default` takes a value: `default = 1`, or none: `default`"),
    ] {
        assert_eq!(field(attribute), expected);
    }
    assert!(field("pattern = \"[a\"").contains("unclosed character class"));
    assert!(field("min = 1").contains("a gateway field takes `range(…)`, `length(…)`"));
}

#[test]
fn a_huge_pattern_is_refused_when_it_is_compiled() {
    assert!(field("pattern = \"(\\\\w{100}){1000}\"").contains("size limit"));
}

#[test]
fn struct_attributes_say_what_they_take() {
    let message =
        |attribute: &str| messages(derive_struct(&format!("#[gateway({attribute})] struct A {{ a: u8 }}")));
    assert_eq!(
        message("python = \"Trade\""),
        ["`Trade` is not a Python class with its module: `python = \"package.module.Class\"`"]
    );
    assert_eq!(message("crate = \"a b\""), ["`a b` is not the path of a crate"]);
    assert_eq!(message("nested, nested"), ["`nested` is given twice; keep one of them"]);
    assert!(messages(derive_struct("#[gateway(nested)] struct A { id: u8, timestamp: u8 }")).is_empty());
}

#[test]
fn an_enum_takes_negative_and_large_values_and_refuses_larger_ones() {
    let of = |value: &str| messages(derive_enum(&format!("enum A {{ #[gateway(value = {value})] B }}")));
    assert!(of("-9223372036854775808").is_empty());
    assert!(of("9223372036854775807").is_empty());
    assert_eq!(of("9223372036854775808").len(), 1);
    assert_eq!(of("1.5").len(), 1);
}

#[test]
fn names_of_enum_members_are_unique_and_fit_into_urls() {
    let found = messages(derive_enum("enum A { #[gateway(rename = \"X\")] B, X }"));
    assert_eq!(found, ["members `B` and `X` are both called `X`"]);
    assert_eq!(messages(derive_enum("enum A { #[gateway(rename = \"a/b\")] B }")).len(), 1);
    assert_eq!(
        messages(derive_enum("struct A;")),
        ["`GatewayEnum` is for enums; derive `GatewayStruct` for struct `A`"]
    );
}

#[test]
fn channels_are_known_by_their_place_so_none_is_conditional() {
    let found = messages(channels("", "struct M { #[cfg(test)] a: Channel<T> }"));
    assert_eq!(found, ["`a` cannot be conditional: put the `cfg` on two whole sets of channels"]);
}

#[test]
fn a_set_keeps_its_struct_and_loses_our_attributes() {
    let output = channels(
        "",
        "#[derive(Debug)] struct M { #[channel(sned)] a: Channel<T>, #[field(value = 1)] b: u8 }",
    );
    let file: syn::File = syn::parse2(output.clone()).unwrap();
    let set = file.items.iter().find_map(|item| match item {
        syn::Item::Struct(set) => Some(set),
        _ => None,
    });
    let attributes: Vec<usize> = set.unwrap().fields.iter().map(|field| field.attrs.len()).collect();
    assert_eq!(attributes, [0, 0]);
    assert_eq!(messages(output).len(), 1);
    assert_eq!(messages(channels("krate = \"a\"", "struct M { a: Channel<T> }")).len(), 1);
}

#[test]
fn state_tables_say_what_they_take() {
    let of =
        |state: &str| messages(channels("", &format!("struct M {{ #[channel({state})] a: Channel<T> }}")));
    assert_eq!(of("state"), ["`state` takes its arguments in parentheses: `state(key = \"symbol\")`"]);
    assert_eq!(of("state(key = 1)").len(), 1);
    assert_eq!(of("state(key = \"\")"), ["the name of a column cannot be empty"]);
    assert_eq!(of("state(key = \"x\", alias = \"a/b\")").len(), 1);
    assert_eq!(of("state(key = \"x\" alias = \"b\")"), ["expected `,`"]);
    assert_eq!(
        of("state(keys = \"x\")"),
        [
            "unknown attribute `keys`; `state` takes `key`, `alias`, `rows`, `bytes`, `retention` and `history(…)`"
        ]
    );
    assert!(of("state(key = \"x\"), state(key = [\"x\", \"y\"], alias = \"b\")").is_empty());
}

#[test]
fn bounds_of_state_tables_say_what_they_take() {
    let of = |bounds: &str| {
        let channel = format!("struct M {{ #[channel(state(key = \"x\", {bounds}))] a: Channel<T> }}");
        messages(channels("", &channel))
    };
    for bounds in [
        "rows = 10_000, bytes = 1024, retention = \"500ms\"",
        "bytes = \"1GiB\", retention = \"7d\", history(rows = 1)",
        "bytes = \"1.5 kB\", retention = \"1h 30m\", history(age = \"15m\")",
    ] {
        assert!(of(bounds).is_empty(), "{bounds}: {:?}", of(bounds));
    }
    for (bounds, expected) in [
        ("rows", "`rows` takes a value: `rows = 10_000`"),
        ("rows = -1", "`rows` takes a number of records, which `-1` is not: `rows = 10_000`"),
        ("rows = \"10\"", "`rows` takes a number of records, which `\"10\"` is not: `rows = 10_000`"),
        (
            "rows = 99999999999999999999",
            "`rows` takes a number of records, which `99999999999999999999` is not: `rows = 10_000`",
        ),
        ("bytes = 0", "a table with `bytes = 0` keeps no record: `bytes = \"64MB\"`, or leave it out"),
        (
            "bytes = \"64 furlongs\"",
            "`bytes` takes a size, which `\"64 furlongs\"` is not: `bytes = \"64MB\"`",
        ),
        (
            "retention = 60",
            "`retention` takes a length of time with its unit, which `60` is not: `retention = \"1h\"`",
        ),
        (
            "retention = \"60\"",
            "`retention` takes a length of time with its unit, which `\"60\"` is not: `retention = \"1h\"`",
        ),
        (
            "retention = \"0s\"",
            "a table with `retention = \"0s\"` keeps no record: `retention = \"1h\"`, or leave it out",
        ),
        ("history", "`history` takes its arguments in parentheses: `history(rows = 100, age = \"1h\")`"),
        ("history(every = 1)", "unknown attribute `every`; `history` takes `rows` and `age`"),
        (
            "history(age = \"\")",
            "`age` takes a length of time with its unit, which `\"\"` is not: `age = \"1h\"`",
        ),
        ("history(rows = 1), history(rows = 1)", "`history` is given twice; keep one of them"),
        ("history(rows = 1, rows = 1)", "`rows` is given twice; keep one of them"),
    ] {
        assert_eq!(of(bounds), [expected], "{bounds}");
    }
}

#[test]
fn the_name_of_a_history_is_taken() {
    let of = |channel: &str| {
        let set = "#[channel(state(key = \"x\", history(rows = 1)))] a: Channel<T>";
        messages(channels("", &format!("struct M {{ {set}, {channel} }}")))
    };
    for channel in [
        "#[channel(state(key = \"x\"))] a_history: Channel<T>",
        "#[channel(state(key = \"x\", alias = \"A_History\"))] b: Channel<T>",
    ] {
        let found = of(channel);
        assert!(
            matches!(&found[..], [one] if one.contains("history of state table `a` of `M`")),
            "{found:?}"
        );
    }
    assert!(of("#[channel(state(key = \"x\"))] b_history: Channel<T>").is_empty());
}

#[test]
fn a_module_reads_a_channel_in_one_way() {
    let of = |lists: &str| messages(derive_module(&format!("#[module(channels = M, {lists})] struct A;")));
    assert_eq!(of("writes(a, a)"), ["channel `a` is in `writes(…)` twice; keep one"]);
    assert_eq!(of("reads(a), feedback(a)").len(), 1);
    assert_eq!(of("reads(a), optional(a)").len(), 1);
    assert_eq!(of("reads(a), reads(b)"), ["`reads` is given twice; keep one of them"]);
    assert_eq!(of("reads(a::b)").len(), 1);
    assert_eq!(of("name = \" \"").len(), 1);
    assert!(of("reads(a), writes(a)").is_empty());
    for attribute in
        ["channels = 1", "channels = M reads(a)", "channels = M, reads(a b)", "reads(a)", "", "name ="]
    {
        let found = messages(derive_module(&format!("#[module({attribute})] struct A;")));
        assert_eq!(found.len(), 1, "{attribute}: {found:?}");
    }
}

#[test]
fn a_composition_says_what_it_takes() {
    let of = |entry: &str| messages(composition(&format!("fn f() -> Gateway<M> {{ modules: [{entry}] }}")));
    for entry in ["A", "a::A { b }", "A(1)", "a::A(1)", "A::new().with(1)", "c = A::default()", "(A)"] {
        assert!(of(entry).is_empty(), "{entry}");
    }
    assert_eq!(of("a.b = A"), ["the name that a module is given is a single word: `fast = Bars { … }`"]);
    for entry in ["if x { A } else { A }", "a()", "a::b()", "a", "a b", "c = a()"] {
        assert_eq!(of(entry).len(), 1, "{entry}");
    }
    assert_eq!(of("a(), b()").len(), 2);
    let found = messages(composition("fn f() -> Gateway { modules: [] }"));
    assert_eq!(found, ["a composition returns `Gateway<Market>`, with the set of channels that it is for"]);
    assert_eq!(messages(composition("fn f() -> Gateway<M> { modules: [], more: [] }")).len(), 1);
}
