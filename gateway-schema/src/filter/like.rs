//! Patterns of text, as SQL's `LIKE` has them.

/// A pattern: `%` stands for any text, `_` for any one character, `\` takes the meaning of the next one.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Letter(char),
    AnyLetter,
    AnyText,
}

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        let mut parts = Vec::with_capacity(pattern.len());
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            parts.push(match letter {
                '%' if parts.last() == Some(&Part::AnyText) => continue,
                '%' => Part::AnyText,
                '_' => Part::AnyLetter,
                // At the end it stands for itself.
                '\\' => Part::Letter(letters.next().unwrap_or('\\')),
                letter => Part::Letter(letter),
            });
        }
        Pattern(parts)
    }

    /// Whether the whole text is of the pattern. Its time grows with the product of the two lengths at most.
    pub(super) fn matches(&self, text: &str) -> bool {
        let (mut part, mut rest) = (0, text.chars());
        // Where to go on when it does not fit: after the last `%`, with one more letter given to it.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let mut next = rest.clone();
            let fits = match (self.0.get(part), next.next()) {
                (Some(Part::AnyText), _) => {
                    part += 1;
                    retry = Some((part, rest.clone()));
                    continue;
                }
                (None, None) => return true,
                (Some(Part::AnyLetter), Some(_)) => true,
                (Some(Part::Letter(wanted)), Some(letter)) => *wanted == letter,
                (None, Some(_)) | (Some(_), None) => false,
            };
            if fits {
                part += 1;
                rest = next;
                continue;
            }
            let Some((after, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            part = *after;
            rest = from.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_is_of_the_whole_text() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a", "A", false),
            ("a%", "abc", true),
            ("%c", "abc", true),
            ("%b%", "abc", true),
            ("a%b%c", "a1b2b3c", true),
            ("a_c", "aéc", true),
            ("a_c", "ac", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("a\\", "a\\", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{text} like {pattern}");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_regular_expression_it_stands_for(pattern in "[ab%_]{0,8}", text in "[ab]{0,10}") {
            let expression = pattern.replace('%', ".*").replace('_', ".");
            let expression = regex::Regex::new(&format!("^{expression}$")).expect("is an expression");
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), expression.is_match(&text));
        }
    }
}
