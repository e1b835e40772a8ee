//! Whether a composition of modules can work.
//!
//! The same function runs inside the compiler, for compositions written with `gateway!`, and at start-up,
//! for those put together from configuration.

use crate::report::{Report, position, same};
use crate::schema::ChannelsSchema;

/// What one module of a composition touches, by the names of channels.
#[derive(Debug, Clone, Copy)]
pub struct Wiring {
    /// The module's name in the composition.
    pub module: &'static str,
    /// Channels it reads in the cycle in which they tick.
    pub reads: &'static [&'static str],
    /// Channels it reads if anything writes them.
    pub optional: &'static [&'static str],
    /// Channels it reads one cycle later, so that it may be upstream of them.
    pub feedback: &'static [&'static str],
    /// Channels it writes.
    pub writes: &'static [&'static str],
}

impl Wiring {
    /// A module that touches nothing.
    pub const NONE: Wiring = Wiring { module: "", reads: &[], optional: &[], feedback: &[], writes: &[] };

    /// The same wiring under another name.
    #[must_use]
    pub const fn named(self, module: &'static str) -> Self {
        Wiring { module, ..self }
    }
}

/// The most modules that one composition may have.
pub const MAX_MODULES: usize = 256;

/// The order in which modules can be connected, so that whatever a module reads is complete by then.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    modules: [usize; MAX_MODULES],
    length: usize,
}

impl Order {
    /// The modules' places in the composition, in the order to connect them.
    pub fn as_slice(&self) -> &[usize] {
        &self.modules[..self.length]
    }
}

/// Panics with every problem of the composition. Called in `const` code by `gateway!`.
#[track_caller]
pub const fn check(channels: &ChannelsSchema, modules: &[Wiring]) {
    if let Err(report) = order(channels, modules) {
        panic!("{}", report.as_str());
    }
}

/// Finds the order in which the modules can be connected.
///
/// # Errors
///
/// Every problem of the composition: two modules with one name, a channel that is unknown, or read but
/// never written nor sent, a cycle without feedback.
#[allow(clippy::result_large_err, reason = "const code has no heap to put it on")]
pub const fn order(channels: &ChannelsSchema, modules: &[Wiring]) -> Result<Order, Report> {
    let mut report = Report::new();
    if modules.len() > MAX_MODULES {
        report.problem();
        report.push("a composition has at most 256 modules");
        return Err(report);
    }
    let mut index = 0;
    while index < modules.len() {
        check_name(&mut report, modules, index);
        check_channels(&mut report, channels, modules, index);
        index += 1;
    }
    if !report.is_empty() {
        return Err(report);
    }
    let order = connect(modules);
    if order.length < modules.len() {
        describe_cycle(&mut report, modules, &order);
        return Err(report);
    }
    Ok(order)
}

const fn check_name(report: &mut Report, modules: &[Wiring], index: usize) {
    let mut other = 0;
    while other < index {
        if same(modules[other].module, modules[index].module) {
            report.problem();
            report.push("two modules are called ");
            report.push_name(modules[index].module);
            report.push(": give one of them another name, `other_name = ");
            report.push(modules[index].module);
            report.push("…`");
            return;
        }
        other += 1;
    }
}

const fn check_channels(report: &mut Report, channels: &ChannelsSchema, modules: &[Wiring], index: usize) {
    let module = &modules[index];
    let lists = [module.reads, module.feedback, module.writes, module.optional];
    let mut list = 0;
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            let name = lists[list][at];
            match find(channels, name) {
                None => {
                    report.problem();
                    report.push("module ");
                    report.push_name(module.module);
                    report.push(" names channel ");
                    report.push_name(name);
                    report.push(", which ");
                    report.push_name(channels.name);
                    report.push(" does not have");
                }
                // Only what is read, now or by feedback, must come from somewhere.
                Some(channel) if list < 2 => {
                    if !channels.channels[channel].send && !is_written(modules, name) {
                        report.problem();
                        report.push("module ");
                        report.push_name(module.module);
                        report.push(" reads channel ");
                        report.push_name(name);
                        report.push(", which nothing writes: add a module that has it in `writes(…)`, or make it `#[channel(send)]`, or read it with `optional(");
                        report.push(name);
                        report.push(")`");
                    }
                }
                Some(_) => {}
            }
            at += 1;
        }
        list += 1;
    }
}

const fn find(channels: &ChannelsSchema, name: &str) -> Option<usize> {
    let mut index = 0;
    while index < channels.channels.len() {
        if same(channels.channels[index].name, name) {
            return Some(index);
        }
        index += 1;
    }
    None
}

const fn is_written(modules: &[Wiring], channel: &str) -> bool {
    let mut index = 0;
    while index < modules.len() {
        if position(modules[index].writes, channel).is_some() {
            return true;
        }
        index += 1;
    }
    false
}

/// Connects modules whose inputs are complete, in the order of the composition, until none is left that can
/// be.
const fn connect(modules: &[Wiring]) -> Order {
    let mut order = Order { modules: [0; MAX_MODULES], length: 0 };
    let mut done = [false; MAX_MODULES];
    let mut progress = true;
    while progress {
        progress = false;
        let mut index = 0;
        while index < modules.len() {
            if !done[index] && blocked_by(modules, &done, index).is_none() {
                done[index] = true;
                order.modules[order.length] = index;
                order.length += 1;
                progress = true;
            }
            index += 1;
        }
    }
    order
}

/// The first channel that a module must wait for, and the module that writes it.
const fn blocked_by(
    modules: &[Wiring],
    done: &[bool; MAX_MODULES],
    index: usize,
) -> Option<(&'static str, usize)> {
    let lists = [modules[index].reads, modules[index].optional];
    let mut list = 0;
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            let channel = lists[list][at];
            let mut writer = 0;
            while writer < modules.len() {
                if !done[writer] && position(modules[writer].writes, channel).is_some() {
                    return Some((channel, writer));
                }
                writer += 1;
            }
            at += 1;
        }
        list += 1;
    }
    None
}

/// Follows what blocks what until a module comes up again, and names that loop.
const fn describe_cycle(report: &mut Report, modules: &[Wiring], order: &Order) {
    let mut done = [false; MAX_MODULES];
    let mut index = 0;
    while index < order.length {
        done[order.modules[index]] = true;
        index += 1;
    }
    let mut module = 0;
    while done[module] {
        module += 1;
    }
    // After as many steps as there are modules, the walk is inside the loop.
    let mut steps = 0;
    while steps < modules.len() {
        if let Some((_, writer)) = blocked_by(modules, &done, module) {
            module = writer;
        }
        steps += 1;
    }
    report.problem();
    report.push("these modules wait for each other: ");
    let first = module;
    let mut channel = "";
    loop {
        if let Some((waits_for, writer)) = blocked_by(modules, &done, module) {
            report.push_name(modules[module].module);
            report.push(" reads ");
            report.push_name(waits_for);
            report.push(", written by ");
            if module == first {
                channel = waits_for;
            }
            module = writer;
        }
        if module == first {
            break;
        }
    }
    report.push_name(modules[first].module);
    report.push(": break the cycle with `feedback(");
    report.push(channel);
    report.push(")` instead of `reads(");
    report.push(channel);
    report.push(")` in module ");
    report.push_name(modules[first].module);
    report.push(" (it then sees the channel one cycle later)");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ChannelKind, ChannelSchema, StructSchema};

    static PAYLOAD: StructSchema =
        StructSchema { name: "P", docs: "", python: None, record: true, fields: &[] };

    const fn channel(name: &'static str, send: bool) -> ChannelSchema {
        ChannelSchema {
            name,
            docs: "",
            kind: ChannelKind::Scalar,
            payload: &PAYLOAD,
            key: None,
            send,
            stage: false,
            lookup: false,
            states: &[],
        }
    }

    static CHANNELS: ChannelsSchema = ChannelsSchema {
        name: "Market",
        docs: "",
        channels: &[channel("a", false), channel("b", false), channel("c", true)],
        fields: &[],
    };

    fn problems(modules: &[Wiring]) -> String {
        order(&CHANNELS, modules).expect_err("has problems").as_str().to_owned()
    }

    #[test]
    fn a_writer_is_connected_before_its_readers() {
        let reader = Wiring { reads: &["a"], writes: &["b"], ..Wiring::NONE.named("reader") };
        let writer = Wiring { reads: &["c"], writes: &["a"], ..Wiring::NONE.named("writer") };
        assert_eq!(order(&CHANNELS, &[reader, writer]).expect("works").as_slice(), [1, 0]);
    }

    #[test]
    fn a_read_channel_must_come_from_somewhere() {
        let reader = Wiring { reads: &["a", "c"], ..Wiring::NONE.named("reader") };
        let text = problems(&[reader]);
        assert!(text.contains("module `reader` reads channel `a`, which nothing writes"), "{text}");
        let optional = Wiring { optional: &["a"], ..Wiring::NONE.named("reader") };
        assert!(order(&CHANNELS, &[optional]).is_ok());
    }

    #[test]
    fn a_cycle_names_its_way_and_its_fix() {
        let first = Wiring { reads: &["a"], writes: &["b"], ..Wiring::NONE.named("first") };
        let second = Wiring { reads: &["b"], writes: &["a"], ..Wiring::NONE.named("second") };
        let text = problems(&[first, second]);
        assert!(
            text.contains("`first` reads `a`, written by `second` reads `b`, written by `first`"),
            "{text}"
        );
        let broken = Wiring { feedback: &["a"], reads: &[], ..first };
        assert_eq!(order(&CHANNELS, &[second, broken]).expect("works").as_slice(), [1, 0]);
    }

    #[test]
    fn a_module_that_reads_what_it_writes_is_a_cycle() {
        let module = Wiring { reads: &["a"], writes: &["a"], ..Wiring::NONE.named("loop") };
        assert!(problems(&[module]).contains("`loop` reads `a`, written by `loop`"));
    }

    #[test]
    fn every_problem_is_in_the_report() {
        let module = Wiring { reads: &["a", "x"], writes: &["y"], ..Wiring::NONE.named("m") };
        let report = order(&CHANNELS, &[module, module]).expect_err("has problems");
        assert_eq!(report.problems(), 7, "{}", report.as_str());
    }
}
