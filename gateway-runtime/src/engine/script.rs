//! The way into the graph from history.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use gateway_schema::Timestamp;
use wingfoil::fluent::{GraphBuilder, SourceOps};
use wingfoil::op::Activation;

use super::ingress::Message;
use super::stream::{Stream, operation};
use super::time::{nano_time, timestamp};

/// What reaches a graph from outside in a replay, and when.
#[derive(Default)]
pub struct Script {
    steps: VecDeque<(Timestamp, Step)>,
}

enum Step {
    Deliver(Message),
    Observe(Box<dyn FnOnce() + Send>),
}

impl Script {
    /// Nothing at all.
    pub fn new() -> Self {
        Script::default()
    }

    /// Adds a message. Steps of one instant keep the order in which they were added; a step that is earlier
    /// than the one before it goes to its own time.
    pub(crate) fn deliver(&mut self, at: Timestamp, message: Message) {
        self.insert(at, Step::Deliver(message));
    }

    /// Adds something to run at an instant, before anything else is computed for it.
    pub(crate) fn observe(&mut self, at: Timestamp, look: Box<dyn FnOnce() + Send>) {
        self.insert(at, Step::Observe(look));
    }

    fn insert(&mut self, at: Timestamp, step: Step) {
        let place = self.steps.partition_point(|(time, _)| *time <= at);
        self.steps.insert(place, (at, step));
    }
}

impl Script {
    /// Wires the script into a graph: a stream that ticks whenever it filled inboxes. Deliveries of one
    /// instant are one group.
    ///
    /// Nothing is computed after `end`: a nanosecond later the script sets `finished` and ends the run with an
    /// error, since the engine's own bound lets timers run on for a cycle or two.
    pub(crate) fn wire(self, graph: &GraphBuilder, end: Timestamp, finished: Rc<Cell<bool>>) -> Stream<()> {
        let start = graph.constant(());
        // The engine's clock starts in 1970; what is older reaches it then.
        let end = timestamp(nano_time(end));
        let mut steps = self.steps;
        operation(graph, "script", &[start.upstream()], Activation::SCHEDULES, move |ctx, out| {
            let now = timestamp(ctx.time());
            if now > end {
                finished.set(true);
                return Err("the history is over".into());
            }
            let mut delivered = false;
            while let Some((_, step)) = steps.pop_front_if(|(at, _)| *at <= now) {
                match step {
                    Step::Deliver(message) => {
                        (message.deliver)(now);
                        delivered = true;
                    }
                    Step::Observe(look) => look(),
                }
            }
            let after = end.plus(Duration::from_nanos(1));
            ctx.schedule(nano_time(steps.front().map_or(after, |(at, _)| (*at).min(after))));
            if delivered {
                out.push(());
            }
            Ok(())
        })
    }
}
