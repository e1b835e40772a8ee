//! Ids of ticks.

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::wire::memory::allocated;

/// The id of a tick: a string of decimal digits when a gateway made it, any string when a sender chose it.
///
/// Generated ids increase within a process, and are unique across restarts and machines (see [`IdSource`]).
/// They order by number, before all others.
///
/// ```
/// use gateway_schema::Id;
///
/// let id = Id::from("42");
/// assert_eq!(id.to_string(), "42");
/// assert!(Id::from("9") < Id::from("10"));
/// assert_ne!(Id::from("042"), id);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Number(u128),
    Text(Arc<str>),
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        let canonical =
            text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
        match text.parse() {
            Ok(number) if canonical => Id(Repr::Number(number)),
            _ => Id(Repr::Text(text.into())),
        }
    }
}

impl Id {
    /// How many bytes of memory it has outside of itself; see [`WireType::heap_bytes`](crate::WireType::heap_bytes).
    pub fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Number(_) => 0,
            Repr::Text(text) => allocated(text.len() + 2 * size_of::<usize>()),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Number(number) => f.pad(itoa::Buffer::new().format(*number)),
            Repr::Text(text) => f.pad(text),
        }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Repr::Number(number) => serializer.serialize_str(itoa::Buffer::new().format(*number)),
            Repr::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Id::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// Makes ids.
///
/// An id is `n * 2^32 + node`, where `n` counts up from the microsecond at which the process started and
/// `node` is a random number of the process. Two processes could only meet if they drew the same node
/// (one in 2^32) and one of them had made more than a million ids a second ever since the other started.
#[derive(Debug)]
pub struct IdSource {
    next: AtomicU64,
    node: u32,
}

impl IdSource {
    /// A source of its own, from the present time and a random node.
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // The standard library's hasher is seeded from the operating system's random numbers.
        let random = std::hash::RandomState::new().build_hasher().finish();
        IdSource::starting_at(now.as_micros() as u64, (random >> 32) as u32 ^ random as u32)
    }

    /// A source with a chosen start and node, for runs that must give the same ids twice.
    pub fn starting_at(first: u64, node: u32) -> Self {
        IdSource { next: AtomicU64::new(first), node }
    }

    /// The next id.
    pub fn next(&self) -> Id {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        Id(Repr::Number((u128::from(n) << 32) | u128::from(self.node)))
    }
}

impl Default for IdSource {
    fn default() -> Self {
        IdSource::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn generated_ids_are_increasing_digit_strings() {
        let source = IdSource::new();
        let (a, b) = (source.next(), source.next());
        assert!(a < b);
        assert!(a.to_string().bytes().all(|c| c.is_ascii_digit()));
        assert_ne!(IdSource::new().next(), IdSource::new().next());
    }

    proptest! {
        #[test]
        fn a_number_is_written_with_its_digits(number: u128, shift in 0_u32..128) {
            for number in [0, u128::MAX, 10_u128.pow(19), 10_u128.pow(38), number, number >> shift] {
                let id = Id(Repr::Number(number));
                prop_assert_eq!((id.to_string(), serde_json::to_string(&id).unwrap()), (number.to_string(), format!("\"{number}\"")));
            }
        }

        #[test]
        fn any_text_is_kept(text in ".*") {
            prop_assert_eq!(Id::from(text.as_str()).to_string(), text);
        }

        #[test]
        fn equal_text_is_an_equal_id(a in "[0-9]{0,40}", b in "[0-9]{0,40}") {
            prop_assert_eq!(Id::from(a.as_str()) == Id::from(b.as_str()), a == b);
        }
    }
}
