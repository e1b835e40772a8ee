//! The way into the graph from history.

use std::collections::VecDeque;

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
    pub(crate) fn wire(self, graph: &GraphBuilder) -> Stream<()> {
        let start = graph.constant(());
        let mut steps = self.steps;
        operation(graph, "script", &[start.upstream()], Activation::SCHEDULES, move |ctx, out| {
            let now = timestamp(ctx.time());
            let mut delivered = false;
            while let Some((_, step)) = steps.pop_front_if(|(at, _)| *at <= now) {
                match step {
                    Step::Deliver(message) => {
                        message(now);
                        delivered = true;
                    }
                    Step::Observe(look) => look(),
                }
            }
            if let Some((at, _)) = steps.front() {
                ctx.schedule(nano_time(*at));
            }
            if delivered {
                out.push(());
            }
            Ok(())
        })
    }
}
