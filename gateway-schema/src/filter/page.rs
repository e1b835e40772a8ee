//! Running a query over the rows of a table.

use std::ops::Deref;

use super::Plan;
use crate::tick::Tick;
use crate::wire::GatewayStruct;

/// The records that a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R> {
    /// In the query's order, at most as many as its limit.
    pub records: Vec<R>,
    /// The cursor of the query that finds the next ones, if there are more.
    pub next: Option<String>,
}

impl Plan {
    /// Finds records among the rows of a table, which are sorted by its key.
    pub fn page<'r, T, R>(&self, rows: impl Iterator<Item = &'r R>) -> Page<R>
    where
        T: GatewayStruct,
        R: Deref<Target = Tick<T>> + Clone + 'r,
    {
        let limit = self.limit.unwrap_or(usize::MAX);
        let found = rows.filter(|row| self.matches(row) && self.is_after(row));
        // One more than wanted tells whether there are more.
        let wanted = limit.saturating_add(1);
        let mut records: Vec<&R> =
            if self.sorts() { self.sorted(found, wanted) } else { found.take(wanted).collect() };
        let has_more = records.len() > limit;
        records.truncate(limit);
        let next = records.last().filter(|_| has_more).map(|last| self.cursor(last));
        Page { records: records.into_iter().cloned().collect(), next }
    }

    /// The first records in the query's order, equal ones in the order of the rows.
    fn sorted<'r, T, R>(&self, rows: impl Iterator<Item = &'r R>, wanted: usize) -> Vec<&'r R>
    where
        T: GatewayStruct,
        R: Deref<Target = Tick<T>> + 'r,
    {
        let mut rows: Vec<(usize, &R)> = rows.enumerate().collect();
        let compare = |a: &(usize, &R), b: &(usize, &R)| self.compare(a.1, b.1).then(a.0.cmp(&b.0));
        if wanted < rows.len() {
            rows.select_nth_unstable_by(wanted - 1, compare);
            rows.truncate(wanted);
        }
        rows.sort_unstable_by(compare);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}
