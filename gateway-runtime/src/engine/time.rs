//! Streams that follow the engine's clock, which is the wall clock live and the history's clock in a replay.

use std::collections::VecDeque;
use std::time::Duration;

use wingfoil::NanoTime;
use wingfoil::fluent::{GraphBuilder, SourceOps};
use wingfoil::op::Activation;

use gateway_schema::Timestamp;

use super::stream::{Stream, operation};

/// Engine time as a timestamp.
pub(crate) fn timestamp(time: NanoTime) -> Timestamp {
    Timestamp::from_nanos(i64::try_from(u64::from(time)).unwrap_or(i64::MAX))
}

/// A timestamp as engine time; there is none before 1970.
pub(crate) fn nano_time(time: Timestamp) -> NanoTime {
    NanoTime::from(u64::try_from(time.as_nanos()).unwrap_or(0))
}

/// A stream that ticks once, when the graph starts.
pub(crate) fn start(graph: &GraphBuilder, module: &'static str) -> Stream<()> {
    let constant = graph.constant(());
    operation(graph, module, &[constant.upstream()], Activation::NONE, |_, out| {
        out.push(());
        Ok(())
    })
}

/// A timer: `interval` after the start and then every `interval`, without drift.
///
/// A graph that was busy for longer than an interval has missed ticks; they are not made up for.
pub(crate) fn every(graph: &GraphBuilder, module: &'static str, interval: Duration) -> Stream<()> {
    let constant = graph.constant(());
    let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX).max(1);
    let mut due: Option<u64> = None;
    operation(graph, module, &[constant.upstream()], Activation::SCHEDULES, move |ctx, out| {
        let now = u64::from(ctx.time());
        let next = match due {
            None => now.saturating_add(interval),
            Some(at) if now >= at => {
                out.push(());
                at.saturating_add(interval.saturating_mul(1 + (now - at) / interval))
            }
            Some(_) => return Ok(()),
        };
        due = Some(next);
        ctx.schedule(NanoTime::from(next));
        Ok(())
    })
}

impl<T: Clone + 'static> Stream<T> {
    /// The values of each interval as one list, at the interval's end. Intervals are counted from 1970, so
    /// windows of one second end at whole seconds; an interval without values gives nothing.
    pub fn window(&self, interval: Duration) -> Stream<Vec<T>> {
        let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX).max(1);
        let input = self.input();
        let mut held: Vec<T> = Vec::new();
        let mut end: Option<u64> = None;
        operation(&self.graph(), self.module, &[input.upstream], Activation::SCHEDULES, move |ctx, out| {
            let now = u64::from(ctx.time());
            if end.is_some_and(|end| now >= end) {
                out.push(std::mem::take(&mut held));
                end = None;
            }
            input.for_each(ctx.time(), |item| {
                held.push(item.clone());
                Ok(())
            })?;
            if end.is_none() && !held.is_empty() {
                let next = (now / interval).saturating_add(1).saturating_mul(interval);
                end = Some(next);
                ctx.schedule(NanoTime::from(next));
            }
            Ok(())
        })
    }

    /// Every value, so much later.
    pub fn delay(&self, delay: Duration) -> Stream<T> {
        let delay = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX).max(1);
        let input = self.input();
        let mut held: VecDeque<(u64, T)> = VecDeque::new();
        operation(&self.graph(), self.module, &[input.upstream], Activation::SCHEDULES, move |ctx, out| {
            let now = u64::from(ctx.time());
            while held.front().is_some_and(|(due, _)| *due <= now) {
                out.extend(held.pop_front().map(|(_, item)| item));
            }
            let mut added = false;
            input.for_each(ctx.time(), |item| {
                held.push_back((now.saturating_add(delay), item.clone()));
                added = true;
                Ok(())
            })?;
            if added {
                ctx.schedule(NanoTime::from(now.saturating_add(delay)));
            }
            Ok(())
        })
    }

    /// At most one value in each interval: the first, and the latest of those held back when the interval
    /// is over.
    pub fn throttle(&self, interval: Duration) -> Stream<T> {
        let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX).max(1);
        let input = self.input();
        let mut quiet_until = 0;
        let mut held: Option<T> = None;
        operation(&self.graph(), self.module, &[input.upstream], Activation::SCHEDULES, move |ctx, out| {
            let now = u64::from(ctx.time());
            input.for_each(ctx.time(), |item| {
                held = Some(item.clone());
                Ok(())
            })?;
            if now >= quiet_until {
                if let Some(item) = held.take() {
                    out.push(item);
                    quiet_until = now.saturating_add(interval);
                }
            } else if held.is_some() {
                ctx.schedule(NanoTime::from(quiet_until));
            }
            Ok(())
        })
    }
}
