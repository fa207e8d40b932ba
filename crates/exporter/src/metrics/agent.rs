//! Families about the agent: what it is, whether it can be believed, and whether facts last.

use super::text::{Family, Kind, Labels, Parts, counter, gauge};
use crate::snapshot::{Agent, Config, Ledger, Snapshot, Witness};

pub fn write(snapshot: &Snapshot, out: &mut Parts<'_>) {
    identity(&snapshot.agent, out);
    gauge(out, "upptid_services", "Measured services.", snapshot.services.len() as u64);
    config(&snapshot.agent.config, out);
    witnesses(&snapshot.witnesses, out);
    journal(&snapshot.ledger, out);
    store(&snapshot.ledger, out);
}

fn identity(agent: &Agent, out: &mut Parts<'_>) {
    Family::new(out, Kind::Gauge, "upptid_build_info", "The program, by its version.")
        .sample(&Labels::new("version", &agent.version), true);
    Family::new(out, Kind::Gauge, "upptid_agent_info", "The vantage point, by its name.")
        .sample(&Labels::new("agent", &agent.name), true);
    gauge(
        out,
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        agent.started,
    );
    gauge(
        out,
        "upptid_uptime_seconds",
        "How long the agent has run, by the clock that no step moves.",
        agent.uptime,
    );
    if let Some(synchronised) = agent.clock_synchronised {
        gauge(
            out,
            "upptid_clock_synchronised",
            "Whether the kernel calls the clock synchronised; absent where it cannot be known.",
            synchronised,
        );
    }
}

fn config(config: &Config, out: &mut Parts<'_>) {
    gauge(
        out,
        "upptid_config_last_reload_successful",
        "Whether the configuration that was read last is in force.",
        config.error.is_none(),
    );
    gauge(
        out,
        "upptid_config_last_reload_success_timestamp_seconds",
        "When the configuration in force was read.",
        config.in_force_since,
    );
    gauge(
        out,
        "upptid_config_last_reload_timestamp_seconds",
        "When the configuration was last read, in force or not.",
        config.tried,
    );
}

fn witnesses(witnesses: &[Witness], out: &mut Parts<'_>) {
    let labels: Vec<Labels> =
        witnesses.iter().map(|witness| Labels::new("witness", &witness.name)).collect();
    let mut answered = Family::new(
        out,
        Kind::Gauge,
        "upptid_witness_answered",
        "Whether the witness answered when it was last asked; absent if it never was.",
    );
    for (witness, labels) in witnesses.iter().zip(&labels) {
        if let Some(value) = witness.answered {
            answered.sample(labels, value);
        }
    }
    let mut asked = Family::new(
        out,
        Kind::Gauge,
        "upptid_witness_asked_timestamp_seconds",
        "When the witness was last asked.",
    );
    for (witness, labels) in witnesses.iter().zip(&labels) {
        if let Some(at) = witness.asked {
            asked.sample(labels, at);
        }
    }
}

fn journal(ledger: &Ledger, out: &mut Parts<'_>) {
    gauge(out, "upptid_journal_last_seq", "Number of the last line on disk.", ledger.seq);
    gauge(
        out,
        "upptid_journal_queued_facts",
        "Facts that wait to be written; no figure counts them yet.",
        ledger.queued as u64,
    );
    if let Some(synced) = ledger.synced {
        gauge(
            out,
            "upptid_journal_last_sync_timestamp_seconds",
            "When the journal was last synchronised to disk.",
            synced,
        );
    }
    gauge(out, "upptid_journal_size_bytes", "Size on disk.", ledger.journal_bytes);
    gauge(
        out,
        "upptid_journal_writable",
        "Whether the last write to the journal succeeded.",
        ledger.write_error.is_none(),
    );
    counter(
        out,
        "upptid_journal_write_failures_total",
        "Writes to the journal that failed.",
        ledger.write_failures,
    );
    gauge(
        out,
        "upptid_journal_damaged",
        "Whether a complete line was found that fails its hash, or lines are missing.",
        ledger.damage.is_some(),
    );
    gauge(
        out,
        "upptid_journal_torn_tail_bytes",
        "Bytes of an unfinished line that were cut off at the start.",
        ledger.torn_bytes_cut,
    );
    if let Some(verified) = ledger.verified {
        gauge(
            out,
            "upptid_journal_verified_timestamp_seconds",
            "When the whole chain of hashes was last verified.",
            verified,
        );
    }
}

fn store(ledger: &Ledger, out: &mut Parts<'_>) {
    gauge(
        out,
        "upptid_store_lag_lines",
        "Lines on disk that the store has not applied yet.",
        ledger.store_lag,
    );
    gauge(out, "upptid_store_size_bytes", "Size on disk.", ledger.store_bytes);
    counter(
        out,
        "upptid_store_rebuilds_total",
        "Times the store was rebuilt from the journal.",
        ledger.rebuilds,
    );
    gauge(
        out,
        "upptid_store_rebuilding",
        "Whether the store is being rebuilt, so that figures are incomplete.",
        ledger.rebuilding,
    );
}
