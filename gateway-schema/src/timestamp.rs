//! Engine time.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike as _, NaiveDateTime, Timelike as _, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant of the engine's clock: nanoseconds since 1970, UTC.
///
/// On the wire it is a date and time without an offset, with six digits of fraction or none at all
/// (`2026-11-20T09:30:00.000250`), as csp-gateway writes it; the last three digits of the nanoseconds stay
/// inside the process.
///
/// ```
/// use gateway_schema::Timestamp;
///
/// let time = Timestamp::from_nanos(1_500_000_000);
/// assert_eq!(time.to_string(), "1970-01-01T00:00:01.500000");
/// assert_eq!("1970-01-01T01:00:01.5+01:00".parse::<Timestamp>(), Ok(time));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The present time of the machine's clock.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }

    /// From nanoseconds since 1970.
    pub const fn from_nanos(nanos: i64) -> Self {
        Timestamp(nanos)
    }

    /// Nanoseconds since 1970.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// As a date and time.
    pub fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.0)
    }

    /// The text on the wire. Every record has one, so that chrono's way, by a format, would be a large part of
    /// writing a record.
    fn to_text(self, text: &mut [u8; 26]) -> &str {
        let time = self.to_datetime();
        *text = *b"0000-00-00T00:00:00.000000";
        let mut put = |at: usize, digits: usize, mut value: u32| {
            for place in text[at..at + digits].iter_mut().rev() {
                *place = b'0' + (value % 10) as u8;
                value /= 10;
            }
        };
        // The years that nanoseconds reach, 1677 to 2262, have four digits.
        put(0, 4, time.year().unsigned_abs());
        put(5, 2, time.month());
        put(8, 2, time.day());
        put(11, 2, time.hour());
        put(14, 2, time.minute());
        put(17, 2, time.second());
        let micros = time.timestamp_subsec_micros();
        put(20, 6, micros);
        let length = if micros == 0 { 19 } else { 26 };
        std::str::from_utf8(&text[..length]).unwrap_or_default()
    }

    /// The instant so much later; saturates at the end of time (the year 2262).
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Timestamp(self.0.saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Instants outside of the years 1677 to 2262 become the nearest one inside.
    fn from(time: DateTime<Utc>) -> Self {
        let limit = if time.timestamp() < 0 { i64::MIN } else { i64::MAX };
        Timestamp(time.timestamp_nanos_opt().unwrap_or(limit))
    }
}

/// The text is not a date and time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time like `2026-11-20T09:30:00` or `2026-11-20T09:30:00Z`")]
pub struct ParseTimestampError;

impl std::str::FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Reads ISO 8601; without an offset it is UTC, with one it is converted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(time.to_utc().into());
        }
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(|time| time.and_utc().into())
            .ok_or(ParseTimestampError)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_text(&mut [0; 26]))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({} ns: {self})", self.0)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.to_text(&mut [0; 26]))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_whole_second_has_no_fraction() {
        assert_eq!(Timestamp::from_nanos(999).to_string(), "1970-01-01T00:00:00");
        assert_eq!(Timestamp::from_nanos(-1_000).to_string(), "1969-12-31T23:59:59.999999");
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in ["", "never", "2024-02-30T00:00:00", "2024-01-01T25:00:00"] {
            assert_eq!(text.parse::<Timestamp>(), Err(ParseTimestampError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_chrono(nanos in any::<i64>()) {
            let time = Timestamp::from_nanos(nanos);
            let format = if time.to_datetime().timestamp_subsec_micros() == 0 {
                "%Y-%m-%dT%H:%M:%S"
            } else {
                "%Y-%m-%dT%H:%M:%S%.6f"
            };
            prop_assert_eq!(time.to_string(), time.to_datetime().format(format).to_string());
        }

        #[test]
        fn microseconds_survive_the_wire(micros in i64::MIN / 1_000..i64::MAX / 1_000) {
            let time = Timestamp::from_nanos(micros * 1_000);
            prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
        }
    }
}
