"""The agent itself: whether it measures, and whether its facts last."""

from panels import (
    ANY_IS_BAD,
    YES_IS_BAD,
    YES_IS_GOOD,
    dashboard,
    graph,
    link,
    page,
    query,
    stat,
    table,
    variable,
)

AGENT = '{instance="$instance"}'


def agent():
    return dashboard(
        "upptid-agent",
        "Upptid: the agent",
        "Whether the agent measures, and whether its facts last.",
        [
            (None, health()),
            ("Measuring", measuring()),
            ("Facts", facts()),
            ("Notices", notices()),
            ("Process", process()),
        ],
        [variable("instance", "Agent", "upptid_agent_info")],
        "now-6h",
        "now",
        "browser",
        [
            link("Fleet", "upptid-fleet", ["datasource"]),
            link("A service's month", "upptid-service", ["datasource"]),
            page("The agent's page", "http://${instance}/"),
        ],
    )


def health():
    gauge = {"width": 3}
    return [
        stat("Answers", f'up{{job="upptid",{AGENT[1:]}', names=YES_IS_GOOD, **gauge),
        stat(
            "Vantage point",
            f"upptid_agent_info{AGENT}",
            legend="{{agent}}",
            textMode="name",
            **gauge,
        ),
        stat(
            "Version", f"upptid_build_info{AGENT}", legend="{{version}}", textMode="name", **gauge
        ),
        stat("Runs for", f"upptid_uptime_seconds{AGENT}", unit="dtdurations", **gauge),
        stat("Services", f"upptid_services{AGENT}", **gauge),
        stat("Clock synchronised", f"upptid_clock_synchronised{AGENT}", names=YES_IS_GOOD, **gauge),
        stat(
            "Configuration in force",
            f"upptid_config_last_reload_successful{AGENT}",
            names=YES_IS_GOOD,
            **gauge,
        ),
        stat("Journal written", f"upptid_journal_writable{AGENT}", names=YES_IS_GOOD, **gauge),
        stat("Journal damaged", f"upptid_journal_damaged{AGENT}", names=YES_IS_BAD, **gauge),
        stat(
            "Journal verified",
            f"upptid_journal_verified_timestamp_seconds{AGENT} * 1000",
            unit="dateTimeAsIso",
            **gauge,
        ),
        stat(
            "Backed up",
            f"(upptid_backup_success_timestamp_seconds{AGENT} > 0) * 1000",
            unit="dateTimeAsIso",
            noValue="Not since the start",
            **gauge,
        ),
        stat("Last line", f"upptid_journal_last_seq{AGENT}", **gauge),
        stat("Notices that wait", f"upptid_notices_waiting{AGENT}", **gauge),
        stat("Letters refused", f"upptid_letters_refused{AGENT}", steps=ANY_IS_BAD, **gauge),
        table(
            "Witnesses",
            [
                (
                    "Answered",
                    f"upptid_witness_answered{AGENT}",
                    {"names": YES_IS_GOOD, "cell": "color-text"},
                )
            ],
            {"witness": "Witness"},
            width=6,
            height=4,
            noValue="Never asked",
        ),
    ]


def rate(counter, by=""):
    # What has no label to sum by is one series.
    return (
        f"sum by ({by}) (rate({counter}{AGENT}[$__rate_interval]))"
        if by
        else f"rate({counter}{AGENT}[$__rate_interval])"
    )


def quantiles(histogram):
    return [
        query(f"histogram_quantile({share}, {rate(histogram + '_bucket', 'le')})", name)
        for share, name in [(0.5, "half"), (0.9, "90 %"), (0.99, "99 %")]
    ]


def measuring():
    phase = "upptid_probe_phase_duration_seconds"
    return [
        graph(
            "Logins by outcome",
            [query(rate("upptid_attempts_total", "outcome"), "{{outcome}}")],
            width=8,
            unit="ops",
            stacked=True,
            min=0,
        ),
        graph(
            "Duration of a login",
            quantiles("upptid_probe_duration_seconds"),
            width=8,
            unit="s",
            min=0,
        ),
        graph(
            "Phases, on average",
            [
                query(
                    f"{rate(phase + '_sum', 'phase')} / {rate(phase + '_count', 'phase')}",
                    "{{phase}}",
                )
            ],
            width=8,
            unit="s",
            min=0,
        ),
        graph(
            "Started after it was due",
            quantiles("upptid_schedule_lag_seconds"),
            width=8,
            unit="s",
            min=0,
        ),
        graph(
            "Late and missed",
            [
                query(rate("upptid_attempts_late_total"), "late"),
                query(rate("upptid_attempts_missed_total"), "missed"),
            ],
            width=8,
            unit="ops",
            min=0,
            description="What is missed is unmeasured.",
        ),
        graph(
            "Under way",
            [query(f"upptid_attempts_in_flight{AGENT}", "logins")],
            width=8,
            min=0,
            decimals=0,
        ),
    ]


def facts():
    return [
        graph(
            "Facts written",
            [query(rate("upptid_facts_recorded_total"), "on disk")],
            width=8,
            unit="ops",
            min=0,
        ),
        graph(
            "Facts that wait",
            [
                query(f"upptid_journal_queued_facts{AGENT}", "for the disk"),
                query(f"upptid_store_lag_lines{AGENT}", "for the store"),
            ],
            width=8,
            min=0,
            decimals=0,
        ),
        graph(
            "Since the last sync",
            [query(f"time() - upptid_journal_last_sync_timestamp_seconds{AGENT}", "journal")],
            width=8,
            unit="s",
            min=0,
        ),
        graph(
            "Size on disk",
            [
                query(f"upptid_journal_size_bytes{AGENT}", "journal"),
                query(f"upptid_store_size_bytes{AGENT}", "store"),
            ],
            width=8,
            unit="bytes",
            min=0,
        ),
        graph(
            "Writes that failed",
            [
                query(rate("upptid_journal_write_failures_total"), "journal"),
                query(rate("upptid_statement_failures_total"), "statements"),
            ],
            width=8,
            unit="ops",
            min=0,
        ),
        graph(
            "Backups",
            [query(f"increase(upptid_backups_total{AGENT}[$__rate_interval])", "{{result}}")],
            width=8,
            min=0,
        ),
    ]


def notices():
    return [
        graph(
            "Delivered",
            [query(rate("upptid_notices_delivered_total", "channel"), "{{channel}}")],
            unit="ops",
            min=0,
            noValue="None since the start",
        ),
        graph(
            "Did not go",
            [
                query(
                    rate("upptid_notice_failures_total", "channel, reason"),
                    "{{channel}}: {{reason}}",
                )
            ],
            unit="ops",
            min=0,
            noValue="None since the start",
        ),
    ]


def process():
    return [
        graph("CPU", [query(rate("process_cpu_seconds_total"), "cores")], width=6, min=0),
        graph(
            "Memory",
            [query(f"process_resident_memory_bytes{AGENT}", "resident")],
            width=6,
            unit="bytes",
            min=0,
        ),
        graph(
            "Descriptors",
            [
                query(f"process_open_fds{AGENT}", "open"),
                query(f"process_max_fds{AGENT}", "at most"),
            ],
            width=6,
            min=0,
            decimals=0,
        ),
        graph(
            "Answers over HTTP",
            [query(rate("upptid_http_responses_total", "code"), "{{code}}")],
            width=6,
            unit="reqps",
            min=0,
        ),
    ]
