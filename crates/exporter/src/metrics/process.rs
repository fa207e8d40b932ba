//! The usual families about the process itself, from procfs.

use procfs::process::{LimitValue, Process};

use super::text::{Family, Kind, Labels, Parts, Value, gauge};

/// Appends CPU, memory and descriptors of this process; what cannot be read is left out.
pub fn write(out: &mut Parts<'_>) {
    let Ok(process) = Process::myself() else { return };
    if let Ok(stat) = process.stat() {
        let cpu_s = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        Family::new(
            out,
            Kind::Counter,
            "process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.",
        )
        .sample(&Labels::default(), Value::Float(cpu_s));
        gauge(
            out,
            "process_resident_memory_bytes",
            "Resident memory size in bytes.",
            stat.rss * procfs::page_size(),
        );
        gauge(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.", stat.vsize);
        gauge(out, "process_threads", "Number of OS threads.", Value::Whole(stat.num_threads));
    }
    if let Ok(count) = process.fd_count() {
        gauge(out, "process_open_fds", "Number of open file descriptors.", count as u64);
    }
    if let Ok(limits) = process.limits()
        && let LimitValue::Value(max) = limits.max_open_files.soft_limit
    {
        gauge(out, "process_max_fds", "Maximum number of open file descriptors.", max);
    }
}
