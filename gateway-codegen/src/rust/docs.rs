//! Descriptions as doc attributes.

use proc_macro2::TokenStream;
use quote::quote;

/// The doc attributes of an item; `fallback` is what it says if the document says nothing, so that no public
/// item is without.
pub(super) fn outer(text: &str, fallback: &str) -> TokenStream {
    let text = if text.trim().is_empty() { fallback } else { text };
    lines(text).map(|line| quote!(#[doc = #line])).collect()
}

/// The doc attributes of a crate.
pub(super) fn inner(text: &str) -> TokenStream {
    lines(text).map(|line| quote!(#![doc = #line])).collect()
}

/// The lines of a description, each with the space that comes after `///`.
fn lines(text: &str) -> impl Iterator<Item = String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<String> =
        text.trim().lines().map(|line| format!(" {}", harmless(line)).trim_end().to_owned()).collect();
    lines.into_iter()
}

/// A line in which nothing is anything but text and Markdown: control characters and those that reorder the
/// line are left out (the compiler refuses them), and what could open an HTML tag is written as its entity.
fn harmless(line: &str) -> String {
    let shown = line.chars().filter(|c| (!c.is_control() || *c == '\t') && !reorders(*c));
    let mut out = String::with_capacity(line.len());
    let mut shown = shown.peekable();
    while let Some(c) = shown.next() {
        let opens = |next: &char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?');
        if c == '<' && shown.peek().is_some_and(opens) {
            out.push_str("&lt;");
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character changes the order in which others are shown, so that code is not what it seems.
pub(super) fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_harmless_and_otherwise_as_they_were() {
        let text = "Price in <b>USD</b>, 1 < 2.\r\n\r\n*/ \"# #![x]\u{202e}\u{7}\rend";
        let found: Vec<String> = lines(text).collect();
        assert_eq!(found, [" Price in &lt;b>USD&lt;/b>, 1 < 2.", "", " */ \"# #![x]", " end"]);
    }
}
