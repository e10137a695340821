//! The processes of a service on this machine, as `/proc` shows them.

use std::collections::HashSet;
use std::fs;
use std::ops::{Add, Sub};

use procfs::net::{TcpState, tcp, tcp6};
use procfs::process::{FDTarget, Process, Stat, all_processes};
use procfs::ticks_per_second;

use crate::service::Service;

/// The name of PostgreSQL's processes.
const POSTGRES: &str = "postgres";

/// Seconds of processor time, in user mode and in the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cpu {
    /// Of the service.
    pub service: f64,
    /// Of all processes of its PostgreSQL, where that is a child of the service.
    pub postgres: Option<f64>,
}

impl Cpu {
    /// Of both.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.service + self.postgres.unwrap_or(0.0)
    }
}

impl Add for Cpu {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let postgres = self.postgres.zip(other.postgres).map(|(one, another)| one + another);
        Self { service: self.service + other.service, postgres }
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        let postgres = self.postgres.zip(earlier.postgres).map(|(now, then)| now - then);
        Self { service: self.service - earlier.service, postgres }
    }
}

/// Bytes of memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Resident, of the service.
    pub service: u64,
    /// Proportional, of all processes of PostgreSQL, so that what they share counts once.
    pub postgres: u64,
}

/// A service and its PostgreSQL.
pub(super) struct Processes {
    service: Process,
    postmaster: Option<Process>,
}

impl Processes {
    /// The processes of a service that this program started, or that listens on this machine.
    pub(super) fn of(service: &Service) -> Result<Self, String> {
        let pid = match service.own() {
            Some(own) => own.pid().cast_signed(),
            None => {
                listener(service.local_port()?).ok_or("no process that may be looked into listens there")?
            }
        };
        let service = Process::new(pid).map_err(|error| error.to_string())?;
        let postmaster = children(pid).into_iter().find(|(_, stat)| stat.comm == POSTGRES);
        Ok(Self { service, postmaster: postmaster.map(|(process, _)| process) })
    }

    pub(super) fn has_postgres(&self) -> bool {
        self.postmaster.is_some()
    }

    /// `None` once the service has ended.
    pub(super) fn cpu(&self) -> Option<Cpu> {
        let service = self.service.stat().ok()?;
        let postgres = self.postmaster.as_ref().and_then(|postmaster| {
            let backends = children(postmaster.pid()).into_iter().map(|(_, stat)| own_ticks(&stat));
            let postmaster = postmaster.stat().ok()?;
            // The time of backends that have ended is in the accounts of their parent.
            let ended = postmaster.cutime + postmaster.cstime;
            Some(own_ticks(&postmaster) + ended.cast_unsigned() + backends.sum::<u64>())
        });
        Some(Cpu { service: seconds(own_ticks(&service)), postgres: postgres.map(seconds) })
    }

    /// `None` once the service has ended.
    pub(super) fn memory(&self) -> Option<Memory> {
        let service = self.service.stat().ok()?.rss * procfs::page_size();
        let postmaster = self.postmaster.iter().filter_map(proportional);
        let backends = self.postmaster.iter().flat_map(|postmaster| children(postmaster.pid()));
        let backends = backends.filter_map(|(process, _)| proportional(&process));
        Some(Memory { service, postgres: postmaster.chain(backends).sum() })
    }

    /// From now on the kernel's peak is that since now, where it lets us ask for that.
    pub(super) fn forget_peaks(&self) {
        let file = format!("/proc/{}/clear_refs", self.service.pid());
        // Without the right to it, the peak is that of the whole life of the service.
        let _ = fs::write(file, "5");
    }

    /// The service's peak of resident memory in bytes.
    pub(super) fn peak(&self) -> Option<u64> {
        Some(self.service.status().ok()?.vmhwm? * 1024)
    }
}

/// Seconds of processor time of this program, and of those that it ran and that have ended.
#[must_use]
pub fn spent_here() -> Option<f64> {
    let stat = Process::myself().ok()?.stat().ok()?;
    let ended = stat.cutime + stat.cstime;
    Some(seconds(own_ticks(&stat) + ended.cast_unsigned()))
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / ticks_per_second() as f64
}

/// The process that listens at a TCP port.
fn listener(port: u16) -> Option<i32> {
    let sockets = [tcp(), tcp6()].into_iter().flatten().flatten();
    let listening = sockets.filter(|s| s.state == TcpState::Listen && s.local_address.port() == port);
    let listening: HashSet<u64> = listening.map(|socket| socket.inode).collect();
    let holds = |process: &Process| {
        let mut files = process.fd().into_iter().flatten().flatten();
        files.any(|file| matches!(file.target, FDTarget::Socket(inode) if listening.contains(&inode)))
    };
    all_processes().ok()?.flatten().find(holds).map(|process| process.pid())
}

fn children(parent: i32) -> Vec<(Process, Stat)> {
    let processes = all_processes().into_iter().flatten().flatten();
    let with_stat = processes.filter_map(|process| process.stat().ok().map(|stat| (process, stat)));
    with_stat.filter(|(_, stat)| stat.ppid == parent).collect()
}

fn own_ticks(stat: &Stat) -> u64 {
    stat.utime + stat.stime
}

/// The proportional set size in bytes (`smaps_rollup`).
fn proportional(process: &Process) -> Option<u64> {
    let maps = process.smaps_rollup().ok()?.memory_map_rollup;
    let map = maps.into_iter().next()?;
    map.extension.map.get("Pss").copied()
}
