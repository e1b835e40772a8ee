//! The machine this runs on, live: processor, memory, disks, networks and processes.
//!
//! `cargo xtask demo` runs it. Try
//!
//! ```sh
//! curl 127.0.0.1:8000/api/v1/last/cpu
//! curl 127.0.0.1:8000/api/v1/state/processes
//! curl 127.0.0.1:8000/api/v1/sql -H 'content-type: application/json' -d '{"sql": "SELECT name, sum(memory) AS bytes FROM processes GROUP BY name ORDER BY bytes DESC LIMIT 3"}'
//! curl 127.0.0.1:8000/api/v1/send/watches -H 'content-type: application/json' -d '{"name": "cargo", "cpu": 50}'
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use gateway_runtime::prelude::*;
use sysinfo::{Disks, Networks, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// How busy the processor is.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Cpu {
    /// Use of all cores together, in percent.
    #[gateway(range(min = 0, max = 100))]
    pub usage: f32,
    /// Use of each core, in percent.
    pub cores: Vec<f32>,
    /// Processes that ran or waited to run, on average over one minute.
    pub load_1m: f64,
}

/// How much memory is in use, in bytes.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Memory {
    /// All there is.
    pub total: u64,
    /// In use.
    pub used: u64,
    /// Free, or freed when it is needed.
    pub available: u64,
    /// Swap in use.
    pub swap_used: u64,
}

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: String,
    /// Its type, `ext4` say.
    pub file_system: String,
    /// Bytes in all.
    pub total: u64,
    /// Bytes that are free.
    pub available: u64,
}

/// What went through a network interface since the sample before.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Traffic {
    /// The interface's name.
    pub interface: String,
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
}

/// Whether a process is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
pub enum Life {
    /// It is there.
    Running,
    /// It has ended since the sample before.
    Ended,
}

/// A process, as it was at a sample.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Process {
    /// The number the system gave it.
    pub pid: u32,
    /// The name of its program.
    pub name: String,
    /// Its parent's number.
    pub parent: Option<u32>,
    /// Use of the processor, in percent of one core.
    pub cpu: f32,
    /// Memory in bytes.
    pub memory: u64,
    /// Whether it is there.
    pub life: Life,
}

/// The processes that use most of something.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Top {
    /// Names of the busiest processes and their use of the processor.
    pub by_cpu: BTreeMap<String, f32>,
    /// Names of the largest processes and their memory in bytes.
    pub by_memory: BTreeMap<String, u64>,
}

/// Asks to be told about processes.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Watch {
    /// A part of the program's name.
    #[gateway(length(min = 1, max = 64))]
    pub name: String,
    /// The use of the processor from which on to tell, in percent of one core.
    #[gateway(range(min = 0), default = 0.0)]
    pub cpu: f32,
}

/// A process that somebody watches.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub struct Alert {
    /// Which part of a name was watched.
    pub watch: String,
    /// The process.
    pub process: Process,
}

/// What a machine has to tell.
#[gateway_channels]
pub struct Machine {
    /// How busy the processor is.
    #[channel(lookup)]
    pub cpu: Channel<Cpu>,
    /// How much memory is in use.
    #[channel(lookup)]
    pub memory: Channel<Memory>,
    /// The mounted file systems.
    #[channel(state(key = "mount"))]
    pub disks: Channel<Vec<Disk>>,
    /// Traffic by network interface.
    #[channel(state(key = "interface", history(age = "1h")))]
    pub networks: Basket<String, Traffic>,
    /// The processes that changed since the sample before.
    #[channel(
        state(key = "pid", history(rows = 600, age = "10m")),
        state(key = ["name", "pid"], alias = "processes_by_name")
    )]
    pub processes: Channel<Vec<Process>>,
    /// The processes that use most.
    pub top: Channel<Top>,
    /// Which processes to look out for.
    #[channel(send, state(key = "name"), stage, lookup)]
    pub watches: Channel<Watch>,
    /// Processes that somebody looks out for.
    pub alerts: Channel<Alert>,
    /// Answers of the controls.
    #[channel(send, lookup)]
    pub controls: Channel<Controls>,
    /// The machine's name.
    #[field(value = System::host_name().unwrap_or_default())]
    pub host: String,
}

/// Samples the machine, on a thread of its own.
#[derive(GatewayModule)]
#[module(channels = Machine, writes(cpu, memory, disks, networks, processes))]
pub struct Sampler {
    /// Time between two samples.
    pub every: Duration,
}

impl Connect for Sampler {
    fn connect(&self, bus: SamplerBus<'_>) -> Result {
        let every = self.every;
        let (cpu, memory, disks) = (bus.cpu.sender(), bus.memory.sender(), bus.disks.sender());
        let (networks, processes) = (bus.networks.sender(), bus.processes.sender());
        bus.spawn(move |stop| {
            let mut system = System::new()?;
            let mut interfaces = Networks::new_with_refreshed_list()?;
            let mut before = BTreeMap::new();
            // The use of a processor is a difference of two looks at it.
            system.refresh_cpu_usage();
            let mut pause = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL;
            while stop.wait(pause) {
                system.refresh_cpu_usage();
                system.refresh_memory();
                interfaces.refresh(true);
                cpu.send(sample_cpu(&system))?;
                memory.send(sample_memory(&system))?;
                disks.send(sample_disks(&Disks::new_with_refreshed_list()?))?;
                for (name, network) in &interfaces {
                    let interface = name.to_string_lossy().into_owned();
                    let (received, sent) = (network.received(), network.transmitted());
                    networks.send(&interface.clone(), Traffic { interface, received, sent })?;
                }
                let after = sample_processes(&mut system);
                processes.send(changes(&before, &after))?;
                before = after;
                pause = every;
            }
            Ok(())
        });
        Ok(())
    }
}

fn sample_cpu(system: &System) -> Cpu {
    let cores = system.cpus().iter().map(|core| core.usage().clamp(0.0, 100.0)).collect();
    let load_1m = System::load_average().map(|load| load.one).unwrap_or_default();
    Cpu { usage: system.global_cpu_usage().clamp(0.0, 100.0), cores, load_1m }
}

fn sample_memory(system: &System) -> Memory {
    Memory {
        total: system.total_memory(),
        used: system.used_memory(),
        available: system.available_memory(),
        swap_used: system.used_swap(),
    }
}

fn sample_disks(disks: &Disks) -> Vec<Disk> {
    let disk = |disk: &sysinfo::Disk| Disk {
        mount: disk.mount_point().to_string_lossy().into_owned(),
        file_system: disk.file_system().to_string_lossy().into_owned(),
        total: disk.total_space(),
        available: disk.available_space(),
    };
    disks.iter().map(disk).collect()
}

fn sample_processes(system: &mut System) -> BTreeMap<u32, Process> {
    let kind = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let process = |(pid, process): (&Pid, &sysinfo::Process)| {
        let sample = Process {
            pid: pid.as_u32(),
            name: process.name().to_string_lossy().into_owned(),
            parent: process.parent().map(Pid::as_u32),
            cpu: process.cpu_usage(),
            memory: process.memory(),
            life: Life::Running,
        };
        (pid.as_u32(), sample)
    };
    system.processes().iter().map(process).collect()
}

/// What is new or different, and what is gone.
fn changes(before: &BTreeMap<u32, Process>, after: &BTreeMap<u32, Process>) -> Vec<Process> {
    let changed = after.values().filter(|process| before.get(&process.pid) != Some(process)).cloned();
    let gone = before.values().filter(|process| !after.contains_key(&process.pid));
    changed
        .chain(gone.map(|process| Process { life: Life::Ended, cpu: 0.0, memory: 0, ..process.clone() }))
        .collect()
}

/// Finds the processes that use most.
#[derive(GatewayModule)]
#[module(channels = Machine, reads(processes), writes(top))]
pub struct TopTalkers {
    /// How many to name.
    pub count: usize,
}

impl Connect for TopTalkers {
    fn connect(&self, bus: TopTalkersBus<'_>) -> Result {
        let count = self.count;
        let top = bus.processes.ticks().scan(BTreeMap::new(), move |known, changes| {
            for process in changes {
                match process.life {
                    Life::Running => known.insert(process.pid, process.value.clone()),
                    Life::Ended => known.remove(&process.pid),
                };
            }
            find_top(known, count)
        });
        bus.top.publish(&top)
    }
}

fn find_top(known: &BTreeMap<u32, Process>, count: usize) -> Top {
    let label = |process: &Process| format!("{} ({})", process.name, process.pid);
    let mut all: Vec<&Process> = known.values().collect();
    all.sort_by(|a, b| b.cpu.total_cmp(&a.cpu));
    let by_cpu = all.iter().take(count).map(|process| (label(process), process.cpu)).collect();
    all.sort_by_key(|process| Reverse(process.memory));
    let by_memory = all.iter().take(count).map(|process| (label(process), process.memory)).collect();
    Top { by_cpu, by_memory }
}

/// How many parts of names are looked out for.
const MAX_WATCHES: usize = 100;

/// Tells, once a process, of those that somebody watches.
#[derive(GatewayModule)]
#[module(channels = Machine, reads(processes, watches), writes(alerts))]
pub struct Watchdog;

impl Connect for Watchdog {
    fn connect(&self, bus: WatchdogBus<'_>) -> Result {
        let watches = bus.watches.ticks().scan(BTreeMap::new(), |watches, watch| {
            // Anybody may send: what they send is bounded.
            if watches.len() < MAX_WATCHES || watches.contains_key(&watch.name) {
                watches.insert(watch.name.clone(), watch.cpu);
            }
            watches.clone()
        });
        let mut told = HashSet::new();
        let alerts = bus.processes.ticks().with_latest(&watches).flat_map(move |(changes, watches)| {
            let mut alerts = Vec::new();
            for process in changes {
                for (name, cpu) in watches.iter().flatten() {
                    let wanted =
                        process.name.contains(name) && process.cpu >= *cpu && process.life == Life::Running;
                    if wanted && told.insert((name.clone(), process.pid)) {
                        alerts.push(Alert { watch: name.clone(), process: process.value.clone() });
                    }
                }
                if process.life == Life::Ended {
                    told.retain(|(_, pid)| *pid != process.pid);
                }
            }
            alerts
        });
        bus.alerts.publish(&alerts)
    }
}

gateway! {
    /// A gateway over the machine it runs on.
    pub fn machine(every: Duration) -> Gateway<Machine> {
        modules: [
            Sampler { every },
            TopTalkers { count: 5 },
            Watchdog,
            Rest::default(),
            WebSockets,
            Sql,
            ControlsModule,
            ChannelsGraph,
        ]
    }
}

fn main() -> std::result::Result<(), Error> {
    machine(Duration::from_secs(1)).run(Settings::from_args())
}
