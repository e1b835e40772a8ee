//! Dates, times and durations.

use std::time::Duration;

use chrono::{
    DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Timelike, Utc,
};
use serde::ser::Serializer;
use serde_json::Value;

use super::WireType;
use crate::cell::Cell;
use crate::problem::{Problem, Problems};
use crate::schema::FieldType;

fn read_text<T>(
    input: &Value,
    problems: &mut Problems,
    parse: impl FnOnce(&str) -> Option<T>,
    kind: &'static str,
    message: &'static str,
) -> Option<T> {
    let value = input.as_str().and_then(|text| parse(text.trim()));
    if value.is_none() {
        problems.add(Problem::new(kind, message), input);
    }
    value
}

impl WireType for NaiveDate {
    const TYPE: FieldType = FieldType::Date;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        read_text(
            input,
            problems,
            |text| text.parse().ok(),
            "date_from_datetime_parsing",
            "Input should be a valid date in the form YYYY-MM-DD",
        )
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Date(chrono::Datelike::num_days_from_ce(self) - DAYS_BEFORE_1970)
    }
}

/// Days from the start of the year 1 to that of 1970.
const DAYS_BEFORE_1970: i32 = 719_163;

impl WireType for NaiveTime {
    const TYPE: FieldType = FieldType::Time;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        read_text(
            input,
            problems,
            |text| text.parse().ok(),
            "time_parsing",
            "Input should be a valid time in the form HH:MM:SS",
        )
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Time(i64::from(self.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(self.nanosecond()))
    }
}

const DATETIME: (&str, &str) =
    ("datetime_from_date_parsing", "Input should be a valid datetime in the form YYYY-MM-DDTHH:MM:SS");

fn parse_naive(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

/// Text with an offset; without one it is UTC.
fn parse_aware(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok().or_else(|| Some(parse_naive(text)?.and_utc().fixed_offset()))
}

/// The instants a cell can hold: nanoseconds in 64 bits, the years 1677 to 2262.
fn nanos(time: &DateTime<Utc>) -> i64 {
    time.timestamp_nanos_opt().unwrap_or(if time.timestamp() < 0 { i64::MIN } else { i64::MAX })
}

/// Six digits of fraction, or none if they are zero, as csp-gateway writes; further digits are not written.
fn precision(nanosecond: u32) -> SecondsFormat {
    if nanosecond < 1_000 { SecondsFormat::Secs } else { SecondsFormat::Micros }
}

impl WireType for DateTime<Utc> {
    const TYPE: FieldType = FieldType::DateTime;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339_opts(precision(self.nanosecond()), true))
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        read_text(input, problems, |text| Some(parse_aware(text)?.to_utc()), DATETIME.0, DATETIME.1)
    }

    fn cell(&self) -> Cell<'_> {
        Cell::DateTime(nanos(self))
    }
}

impl WireType for DateTime<FixedOffset> {
    const TYPE: FieldType = FieldType::DateTime;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339_opts(precision(self.nanosecond()), true))
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        read_text(input, problems, parse_aware, DATETIME.0, DATETIME.1)
    }

    fn cell(&self) -> Cell<'_> {
        Cell::DateTime(nanos(&self.to_utc()))
    }
}

impl WireType for NaiveDateTime {
    const TYPE: FieldType = FieldType::NaiveDateTime;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.and_utc().to_rfc3339_opts(precision(self.nanosecond()), true);
        serializer.serialize_str(text.trim_end_matches('Z'))
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let parse = |text: &str| parse_naive(text).or_else(|| Some(parse_aware(text)?.naive_utc()));
        read_text(input, problems, parse, DATETIME.0, DATETIME.1)
    }

    fn cell(&self) -> Cell<'_> {
        Cell::DateTime(nanos(&self.and_utc()))
    }
}

/// Reads seconds as a number, or an ISO 8601 duration of days and smaller units (`P1DT2H3M4.5S`).
fn read_nanos(input: &Value) -> Option<i64> {
    match input {
        Value::Number(number) => seconds_to_nanos(number.as_f64()?),
        Value::String(text) => {
            parse_iso_duration(text.trim()).or_else(|| seconds_to_nanos(text.trim().parse().ok()?))
        }
        _ => None,
    }
}

/// The largest integer up to which every integer is a double.
const EXACT: i64 = 1 << 53;

/// The double nearest to a duration: from 104 days (2^53 ns) on, that takes whole microseconds.
fn nanos_to_seconds(nanos: i64) -> f64 {
    if nanos.abs() > EXACT && nanos % 1_000 == 0 { (nanos / 1_000) as f64 / 1e6 } else { nanos as f64 / 1e9 }
}

/// The duration that [`nanos_to_seconds`] writes as this double, of whole microseconds where there is one: the
/// product alone would be a nanosecond off for some.
fn seconds_to_nanos(seconds: f64) -> Option<i64> {
    let written = |per_second: f64| {
        let near = (seconds * per_second).round();
        [near, near - 1.0, near + 1.0].into_iter().find(|near| near / per_second == seconds)
    };
    let (whole, nanos) = match (written(1e6), written(1e9)) {
        (Some(micros), _) => (micros, 1_000),
        (None, Some(nanos)) => (nanos, 1),
        (None, None) => ((seconds * 1e9).round(), 1),
    };
    if whole.abs() < i64::MAX as f64 { (whole as i64).checked_mul(nanos) } else { None }
}

fn parse_iso_duration(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut rest = text.strip_prefix('P')?;
    let (mut seconds, mut in_time, mut any) = (0.0, false, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (in_time, rest) = (true, after);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let mut after = rest[end..].chars();
        let unit = match (after.next()?, in_time) {
            ('W', false) => 604_800.0,
            ('D', false) => 86_400.0,
            ('H', true) => 3_600.0,
            ('M', true) => 60.0,
            ('S', true) => 1.0,
            _ => return None,
        };
        seconds += number * unit;
        rest = after.as_str();
        any = true;
    }
    if any { seconds_to_nanos(sign * seconds) } else { None }
}

const DURATION: (&str, &str) =
    ("time_delta_parsing", "Input should be a valid duration: seconds, or ISO 8601 like PT1.5S");

/// The lengths that a cell can hold: nanoseconds in 64 bits, 292 years either way.
fn delta_nanos(delta: &TimeDelta) -> i64 {
    delta.num_nanoseconds().unwrap_or(if *delta < TimeDelta::zero() { i64::MIN } else { i64::MAX })
}

impl WireType for TimeDelta {
    const TYPE: FieldType = FieldType::Duration;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(nanos_to_seconds(delta_nanos(self)))
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let value = read_nanos(input);
        if value.is_none() {
            problems.add(Problem::new(DURATION.0, DURATION.1), input);
        }
        value.map(TimeDelta::nanoseconds)
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Duration(delta_nanos(self))
    }
}

fn duration_nanos(duration: &Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

impl WireType for Duration {
    const TYPE: FieldType = FieldType::Duration;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(nanos_to_seconds(duration_nanos(self)))
    }

    fn read(input: &Value, problems: &mut Problems) -> Option<Self> {
        let value = read_nanos(input).and_then(|nanos| u64::try_from(nanos).ok());
        if value.is_none() {
            problems.add(Problem::new(DURATION.0, DURATION.1), input);
        }
        value.map(Duration::from_nanos)
    }

    fn cell(&self) -> Cell<'_> {
        Cell::Duration(duration_nanos(self))
    }
}
