//! Text put together at compile time, for the messages of checks that run in `const` code.

/// How much text a report holds; what does not fit is cut.
const CAPACITY: usize = 4096;

/// A text that `const` code can append to.
#[derive(Clone, Copy)]
pub struct Report {
    bytes: [u8; CAPACITY],
    length: usize,
    problems: usize,
}

impl Report {
    /// An empty report.
    pub const fn new() -> Self {
        Report { bytes: [0; CAPACITY], length: 0, problems: 0 }
    }

    /// Whether no problem was started.
    pub const fn is_empty(&self) -> bool {
        self.problems == 0
    }

    /// How many problems were started.
    pub const fn problems(&self) -> usize {
        self.problems
    }

    /// Starts a new problem, on a line of its own.
    pub const fn problem(&mut self) {
        if self.problems > 0 {
            self.push("\n");
        }
        self.problems += 1;
    }

    /// Appends a text; stops at a character's boundary when the report is full.
    pub const fn push(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let room = CAPACITY - self.length;
        let mut end = if bytes.len() < room { bytes.len() } else { room };
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut index = 0;
        while index < end {
            self.bytes[self.length] = bytes[index];
            self.length += 1;
            index += 1;
        }
    }

    /// Appends names in backticks, with commas between them.
    pub const fn push_names(&mut self, names: &[&str]) {
        let mut index = 0;
        while index < names.len() {
            if index > 0 {
                self.push(", ");
            }
            self.push_name(names[index]);
            index += 1;
        }
    }

    /// Appends one name in backticks.
    pub const fn push_name(&mut self, name: &str) {
        self.push("`");
        self.push(name);
        self.push("`");
    }

    /// The text.
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

impl Default for Report {
    fn default() -> Self {
        Report::new()
    }
}

impl core::fmt::Debug for Report {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Report").field(&self.as_str()).finish()
    }
}

/// Whether two texts are the same, in `const` code.
pub const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// The place of a name in a list, in `const` code.
pub const fn position(names: &[&str], name: &str) -> Option<usize> {
    let mut index = 0;
    while index < names.len() {
        if same(names[index], name) {
            return Some(index);
        }
        index += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_report_is_cut_at_a_character() {
        let mut report = Report::new();
        for _ in 0..3_000 {
            report.push("é");
        }
        assert_eq!(report.as_str().len(), 4096);
        report.push("x");
        assert_eq!(report.as_str().chars().filter(|c| *c == 'é').count(), 2048);
    }
}
