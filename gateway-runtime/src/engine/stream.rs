//! Streams of values.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use smallvec::SmallVec;
use wingfoil::NanoTime;
use wingfoil::fluent::{GraphBuilder, Upstream};
use wingfoil::interp::SlotRef;
use wingfoil::op::{Activation, Ctx, Tick};

use crate::error::{BoxError, Result};

/// The values of a stream at one instant, in order.
///
/// A stream that has never ticked has none: absence is not a default value.
#[derive(Debug, Clone)]
pub struct Events<T> {
    pub(crate) at: NanoTime,
    pub(crate) items: SmallVec<[T; 1]>,
}

impl<T> Default for Events<T> {
    fn default() -> Self {
        Events { at: NanoTime::MAX, items: SmallVec::new() }
    }
}

/// Never equal, so that a feedback edge never takes two instants for one.
impl<T> PartialEq for Events<T> {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

/// A stream of values in the graph.
///
/// Values of one instant keep their order and are never merged into one: several publishers, or a burst
/// from outside, give several values. Every operation works on each of them.
///
/// An error (or a panic) in an operation's function ends the gateway, and the error names the module.
pub struct Stream<T> {
    pub(crate) inner: wingfoil::fluent::Stream<Events<T>>,
    pub(crate) module: &'static str,
}

impl<T> Clone for Stream<T> {
    fn clone(&self) -> Self {
        Stream { inner: self.inner.clone(), module: self.module }
    }
}

/// One input of an operation.
pub(crate) struct Input<T> {
    slot: SlotRef<Events<T>>,
    pub(crate) upstream: Upstream,
}

impl<T: Clone + 'static> Input<T> {
    /// Calls `f` with each value of this instant.
    pub(crate) fn for_each(&self, now: NanoTime, mut f: impl FnMut(&T) -> Result) -> Result {
        let events = self.slot.borrow();
        if events.at == now {
            for item in &events.items {
                f(item)?;
            }
        }
        Ok(())
    }

    /// The last value of the last instant at which there was one, this one included.
    pub(crate) fn latest(&self) -> Option<T> {
        self.slot.borrow().items.last().cloned()
    }
}

/// Wires an operation: `cycle` pushes the values of this instant into its last argument.
pub(crate) fn operation<T: Clone + 'static>(
    graph: &GraphBuilder,
    module: &'static str,
    active: &[Upstream],
    activation: Activation,
    mut cycle: impl FnMut(&mut Ctx<'_>, &mut SmallVec<[T; 1]>) -> Result + 'static,
) -> Stream<T> {
    let inner = graph.custom_node(active, &[], activation, move |ctx| {
        let mut items = SmallVec::new();
        let outcome = catch_unwind(AssertUnwindSafe(|| cycle(ctx, &mut items)));
        let outcome = outcome.unwrap_or_else(|panic| Err(panic_message(&*panic).into()));
        outcome.map_err(|error| anyhow::anyhow!("module `{module}`: {error}"))?;
        Ok(if items.is_empty() { Tick::Quiet } else { Tick::Value(Events { at: ctx.time(), items }) })
    });
    Stream { inner, module }
}

/// What a module said when it panicked.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("it panicked: {}", text.unwrap_or_else(|| "no message".to_owned()))
}

impl<T: Clone + 'static> Stream<T> {
    pub(crate) fn input(&self) -> Input<T> {
        Input { slot: self.inner.value_slot(), upstream: self.inner.upstream() }
    }

    pub(crate) fn graph(&self) -> GraphBuilder {
        self.inner.graph()
    }

    /// The same stream, in the name of another module.
    pub(crate) fn for_module(&self, module: &'static str) -> Self {
        Stream { inner: self.inner.clone(), module }
    }

    /// An operation with this stream as its one input.
    pub(crate) fn then<U: Clone + 'static>(
        &self,
        mut f: impl FnMut(&T, &mut Ctx<'_>, &mut SmallVec<[U; 1]>) -> Result + 'static,
    ) -> Stream<U> {
        let input = self.input();
        operation(&self.graph(), self.module, &[input.upstream], Activation::NONE, move |ctx, out| {
            let now = ctx.time();
            input.for_each(now, |item| f(item, ctx, out))
        })
    }

    /// What `f` makes of each value.
    pub fn map<U: Clone + 'static>(&self, mut f: impl FnMut(&T) -> U + 'static) -> Stream<U> {
        self.then(move |item, _, out| {
            out.push(f(item));
            Ok(())
        })
    }

    /// What `f` makes of each value; an error ends the gateway with this module's name.
    pub fn try_map<U: Clone + 'static, E: Into<BoxError>>(
        &self,
        mut f: impl FnMut(&T) -> std::result::Result<U, E> + 'static,
    ) -> Stream<U> {
        self.then(move |item, _, out| {
            out.push(f(item).map_err(Into::into)?);
            Ok(())
        })
    }

    /// The values that satisfy `f`.
    pub fn filter(&self, mut f: impl FnMut(&T) -> bool + 'static) -> Stream<T> {
        self.filter_map(move |item| f(item).then(|| item.clone()))
    }

    /// What `f` makes of the values for which it makes something.
    pub fn filter_map<U: Clone + 'static>(&self, mut f: impl FnMut(&T) -> Option<U> + 'static) -> Stream<U> {
        self.then(move |item, _, out| {
            out.extend(f(item));
            Ok(())
        })
    }

    /// Everything that `f` makes of each value, one by one.
    pub fn flat_map<U: Clone + 'static, I: IntoIterator<Item = U>>(
        &self,
        mut f: impl FnMut(&T) -> I + 'static,
    ) -> Stream<U> {
        self.then(move |item, _, out| {
            out.extend(f(item));
            Ok(())
        })
    }

    /// What `f` makes of each value and of a state that it keeps.
    pub fn scan<S: 'static, U: Clone + 'static>(
        &self,
        mut state: S,
        mut f: impl FnMut(&mut S, &T) -> U + 'static,
    ) -> Stream<U> {
        self.map(move |item| f(&mut state, item))
    }

    /// Calls `f` with each value.
    pub fn for_each(&self, mut f: impl FnMut(&T) + 'static) {
        self.then::<()>(move |item, _, _| {
            f(item);
            Ok(())
        });
    }

    /// Calls `f` with each value; an error ends the gateway with this module's name.
    pub fn try_for_each<E: Into<BoxError>>(
        &self,
        mut f: impl FnMut(&T) -> std::result::Result<(), E> + 'static,
    ) {
        self.then::<()>(move |item, _, _| f(item).map_err(Into::into));
    }

    /// How many values there have been, at each of them.
    pub fn count(&self) -> Stream<u64> {
        self.scan(0, |count, _| {
            *count += 1;
            *count
        })
    }

    /// The first `n` values.
    pub fn take(&self, n: u64) -> Stream<T> {
        let mut seen = 0;
        self.filter(move |_| {
            seen += 1;
            seen <= n
        })
    }

    /// The values that differ from the one before.
    pub fn distinct(&self) -> Stream<T>
    where
        T: PartialEq,
    {
        let mut last: Option<T> = None;
        self.filter(move |item| {
            let changed = last.as_ref() != Some(item);
            if changed {
                last = Some(item.clone());
            }
            changed
        })
    }

    /// The values of both; of one instant, this stream's first.
    pub fn merge(&self, other: &Stream<T>) -> Stream<T> {
        merge(&self.graph(), self.module, &[self.clone(), other.clone()])
    }

    /// Each value with the latest of another stream, which is absent until that one has ticked.
    pub fn with_latest<U: Clone + 'static>(&self, other: &Stream<U>) -> Stream<(T, Option<U>)> {
        let (left, right) = (self.input(), other.input());
        // The other stream is an upstream too, so that this runs after it, but it produces nothing alone.
        let upstreams = [left.upstream, right.upstream];
        operation(&self.graph(), self.module, &upstreams, Activation::NONE, move |ctx, out| {
            let latest = right.latest();
            left.for_each(ctx.time(), |item| {
                out.push((item.clone(), latest.clone()));
                Ok(())
            })
        })
    }

    /// The values of each instant as one list.
    pub fn batched(&self) -> Stream<Vec<T>> {
        let input = self.input();
        operation(&self.graph(), self.module, &[input.upstream], Activation::NONE, move |ctx, out| {
            let mut batch = Vec::new();
            input.for_each(ctx.time(), |item| {
                batch.push(item.clone());
                Ok(())
            })?;
            if !batch.is_empty() {
                out.push(batch);
            }
            Ok(())
        })
    }
}

/// The values of all streams; of one instant, in the order of `streams`. Nothing is lost, and no cycle is
/// added.
pub(crate) fn merge<T: Clone + 'static>(
    graph: &GraphBuilder,
    module: &'static str,
    streams: &[Stream<T>],
) -> Stream<T> {
    let inputs: Vec<Input<T>> = streams.iter().map(Stream::input).collect();
    let upstreams: Vec<Upstream> = inputs.iter().map(|input| input.upstream).collect();
    operation(graph, module, &upstreams, Activation::NONE, move |ctx, out| {
        for input in &inputs {
            input.for_each(ctx.time(), |item| {
                out.push(item.clone());
                Ok(())
            })?;
        }
        Ok(())
    })
}
