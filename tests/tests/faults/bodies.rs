//! What no route should take.

/// A body and what is wrong with it.
pub(crate) struct Body {
    pub(crate) fault: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Bodies that are wrong for every channel.
pub(crate) fn wrong() -> Vec<Body> {
    let text = |fault, text: &str| Body { fault, bytes: text.as_bytes().to_vec() };
    let bytes = |fault, bytes: &[u8]| Body { fault, bytes: bytes.to_vec() };
    vec![
        text("a number for a record", "5"),
        text("a string for a record", "\"str\""),
        text("a boolean for a record", "true"),
        text("a number in a list", "[5]"),
        text("a list in a list", "[[{\"x\":1}]]"),
        text("wrong types", r#"{"x":"abc","y":["a"],"mapping":5,"data":"qq","name":[],"data_str":{}}"#),
        text("wrong types by key", r#"{"A":{"x":"abc"},"B":7,"C":null}"#),
        text("an unknown member", r#"{"x":1,"nope":1}"#),
        text("null for an object", r#"{"x":1,"internal_csp_struct":null,"data":null,"name":null}"#),
        text("one above 64 bits", r#"{"x":9223372036854775808,"name":9}"#),
        text("a number of 400 digits", &format!("{{\"x\":{},\"nope\":1}}", "9".repeat(400))),
        text("a number beyond floats", r#"{"x":1e400}"#),
        text("not a number", r#"{"x":NaN}"#),
        text("below the minimum", r#"{"x":-1}"#),
        text("truncated", r#"{"x":1,"y":"#),
        text("two values", r#"{"x":1} {"x":2}"#),
        text("a bad escape", r#"{"y":"\ud800","x":1}"#),
        text("no such day", r#"{"x":1,"d":"2024-02-30","dt":"never"}"#),
        text("a bad timestamp", r#"{"x":1,"name":"a","timestamp":"never"}"#),
        text("lists nested without end", &"[".repeat(100_000)),
        text("objects nested without end", &"{\"x\":".repeat(100_000)),
        text("lists nested 100 000 deep", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
        text(
            "a mapping nested 100 deep",
            &format!("{{\"x\":1,\"name\":[],\"mapping\":{}1{}}}", "{\"a\":".repeat(100), "}".repeat(100)),
        ),
        text("a list of wrong records", &format!("[{}{{}}]", "{\"x\":-1,\"name\":1},".repeat(50_000))),
        bytes("a string that is not UTF-8", b"{\"x\":1,\"y\":\"\xff\xfe\",\"name\":\"\xff\"}"),
        bytes("a name that is not UTF-8", b"{\"\xc3\x28\":1}"),
        bytes("UTF-16", b"\xff\xfe{\x00}\x00"),
        bytes("zero bytes", &[0; 100]),
    ]
}

/// Bodies of 10 MB.
pub(crate) fn large() -> Vec<Body> {
    const SIZE: usize = 10 * 1024 * 1024;
    let record = "{\"x\":1},";
    vec![
        Body {
            fault: "10 MB of a string",
            bytes: format!("{{\"y\":\"{}\"}}", "y".repeat(SIZE)).into_bytes(),
        },
        Body {
            fault: "10 MB of records",
            bytes: format!("[{}{{}}]", record.repeat(SIZE / record.len())).into_bytes(),
        },
        Body { fault: "10 MB of brackets", bytes: vec![b'['; SIZE] },
    ]
}
