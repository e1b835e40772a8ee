//! Figures of the process and its machine.

use std::sync::{Mutex, PoisonError};

use gateway_schema::Timestamp;
use serde_json::{Map, Value, json};
use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind, Users};

/// Reads the figures. Processor use is that since the last reading.
pub(super) struct Meter {
    /// Nothing where the operating system does not tell.
    system: Option<Mutex<System>>,
}

/// What the operating system tells.
#[derive(Default)]
struct Measured {
    cpu: Option<f64>,
    memory: Option<f64>,
    available: Option<f64>,
    threads: Option<usize>,
    user: Option<String>,
}

impl Meter {
    pub(super) fn new() -> Self {
        let system = System::new().ok().map(|mut system| {
            system.refresh_cpu_usage();
            Mutex::new(system)
        });
        Meter { system }
    }

    /// Takes some milliseconds: call it off the asynchronous threads.
    pub(super) fn read(&self) -> Map<String, Value> {
        let measured = self.system.as_ref().map(measure).unwrap_or_default();
        let now = Timestamp::now().to_string();
        let figures = json!({
            "cpu": measured.cpu,
            "memory": measured.memory,
            "memory-total": measured.available,
            "pid": std::process::id(),
            // At least this one, where the system does not list them.
            "active_threads": measured.threads.unwrap_or(1),
            "max_threads": max_threads(),
            "now": format!("{now}Z"),
            "csp-now": now,
            "host": System::host_name().ok(),
            "user": measured.user,
        });
        match figures {
            Value::Object(figures) => figures,
            _ => Map::new(),
        }
    }
}

fn measure(system: &Mutex<System>) -> Measured {
    let mut system = system.lock().unwrap_or_else(PoisonError::into_inner);
    system.refresh_cpu_usage();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let process = Pid::from_u32(std::process::id());
    let kinds = ProcessRefreshKind::nothing().with_tasks().with_user(UpdateKind::OnlyIfNotSet);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), true, kinds);
    let total = system.total_memory().max(1) as f64;
    let percent = |bytes: u64| hundredths(bytes as f64 / total * 100.0);
    let process = system.process(process);
    let users = Users::new_with_refreshed_list().ok();
    let user = process.and_then(|process| users.as_ref()?.get_user_by_id(process.user_id()?));
    Measured {
        cpu: Some(hundredths(f64::from(system.global_cpu_usage()))),
        memory: Some(percent(system.used_memory())),
        available: Some(percent(system.available_memory())),
        // The process's first thread is not among its tasks.
        threads: process.and_then(|process| process.tasks()).map(|others| others.len() + 1),
        user: user.map(|user| user.name().to_owned()),
    }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// How many threads the machine may have, where it says so.
fn max_threads() -> Value {
    let text = std::fs::read_to_string("/proc/sys/kernel/threads-max").unwrap_or_default();
    text.trim().parse::<u64>().map_or_else(|_| "unlimited".into(), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_there() {
        let figures = Meter::new().read();
        let names: Vec<&str> = figures.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "cpu",
                "memory",
                "memory-total",
                "pid",
                "active_threads",
                "max_threads",
                "now",
                "csp-now",
                "host",
                "user"
            ]
        );
        assert_eq!(figures["pid"], std::process::id());
        assert!(figures["memory"].as_f64().unwrap() > 0.0);
        assert!(figures["active_threads"].as_u64().unwrap() > 1, "the test's thread is not the first");
    }
}
