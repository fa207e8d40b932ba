"""One service's month.

Its figures are read over the dashboard's whole time range, which ends with the month and so mostly
in the future: the last one that was scraped counts. What is "now" has a range of its own.
"""

from panels import (
    BUDGET_LEFT,
    BURNED,
    DAYS_LEFT,
    LEVEL,
    STATE,
    STATES,
    YES_IS_BAD,
    YES_IS_GOOD,
    bars,
    colour,
    dashboard,
    graph,
    link,
    mark,
    page,
    query,
    stat,
    timeline,
    variable,
)

ONE = '{instance="$instance",service="$service"}'
NOW = {"timeFrom": "5m"}


def last(metric, more=""):
    """The month's last figure."""
    return f"last_over_time({metric}{ONE[:-1]}{more}}}[$__range])"


def service():
    return dashboard(
        "upptid-service",
        "Upptid: a service's month",
        "One service in one calendar month: what was lost of it, and what that is worth.",
        [
            (None, month_figures()),
            (None, budget()),
            ("Outages", outages()),
            ("Logins", logins()),
            ("Stops, claim, support", people()),
        ],
        [
            variable("customer", "Customer", "upptid_service_info", many=True),
            variable("service", "Service", 'upptid_service_info{customer=~"$customer"}'),
            variable("instance", "Agent", 'upptid_service_info{service="$service"}'),
        ],
        # The contract's months are those of its time zone.
        "now/M",
        "now/M",
        "Europe/Stockholm",
        [
            link("Fleet", "upptid-fleet", ["datasource"]),
            link("The agent", "upptid-agent", ["datasource", "instance"]),
            page("Its page at the agent", "http://${instance}/service/${service:percentencode}"),
        ],
        [
            mark("Down", f"upptid_login_up{ONE} == 0", "red"),
            mark(
                "Planned stop",
                f"upptid_planned_stop_start_timestamp_seconds{ONE} <= time()",
                "blue",
            ),
        ],
    )


def month_figures():
    left = f"{last('upptid_month_budget_seconds')} - {last('upptid_month_counted_seconds')}"
    burned, elapsed = last("upptid_month_budget_burned_ratio"), last("upptid_month_elapsed_seconds")
    pace = f"{burned} * {last('upptid_month_seconds')} / {elapsed}"
    until = f"({last('upptid_month_start_timestamp_seconds')} + {elapsed}) * 1000"
    return [
        stat("State now", STATE.format(ONE[1:-1]), names=STATES, **NOW),
        stat(
            "Availability",
            last("upptid_month_availability_ratio"),
            unit="percentunit",
            decimals=4,
            description="T, cut down to four decimals. Of a running month it is provisional.",
        ),
        stat(
            "At least",
            last("upptid_month_availability_lower_bound_ratio"),
            unit="percentunit",
            decimals=4,
            description="T if all unmeasured time were lost.",
        ),
        stat("Price level", last("upptid_month_price_level"), steps=LEVEL),
        stat(
            "Reduction of the fee",
            last("upptid_month_reduction_ratio"),
            unit="percentunit",
            steps=[(None, "green"), (0.0001, "orange"), (0.4, "red")],
        ),
        stat(
            "Decided until", until, unit="dateTimeAsIso", description="The figures reach to here."
        ),
        stat("Budget left", left, unit="s", steps=BUDGET_LEFT),
        stat(
            "Budget burned",
            last("upptid_month_budget_burned_ratio"),
            unit="percentunit",
            steps=BURNED,
        ),
        stat("Burned at the month's end, at this pace", pace, unit="percentunit", steps=BURNED),
        stat("Outages", last("upptid_month_outages")),
        stat("Lost", last("upptid_month_lost_seconds"), unit="dtdurations"),
        stat(
            "Unmeasured",
            last("upptid_month_unmeasured_seconds"),
            unit="dtdurations",
            steps=[(None, "green"), (0.001, "purple")],
        ),
    ]


def budget():
    left = f"upptid_month_budget_seconds{ONE} - upptid_month_counted_seconds{ONE}"
    gone = f"upptid_month_elapsed_seconds{ONE} / upptid_month_seconds{ONE}"
    even = f"upptid_month_budget_seconds{ONE} * (1 - {gone})"
    classes = ["lost", "planned", "excluded", "unmeasured", "not_in_service"]
    by_class = [
        query(last(f"upptid_month_{name}_seconds"), name.replace("_", " "), instant=True)
        for name in classes
    ]
    windows = [("6h", 21600), ("1d", 86400), ("3d", 259200)]
    evenly = f"upptid_month_budget_seconds{ONE} / upptid_month_seconds{ONE}"
    paces = [
        query(
            f"service:upptid_month_lost_seconds:increase{name}{ONE} / ({evenly} * {seconds})", name
        )
        for name, seconds in windows
    ]
    dashes = {
        "matcher": {"id": "byName", "options": "at an even pace"},
        "properties": [
            {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 8]}},
            {"id": "custom.fillOpacity", "value": 0},
            {"id": "color", "value": {"mode": "fixed", "fixedColor": "text"}},
        ],
    }
    return [
        graph(
            "Budget over the month",
            [query(left, "left"), query(even, "at an even pace")],
            width=16,
            unit="s",
            overrides=[dashes],
            style={"lineWidth": 2, "thresholdsStyle": {"mode": "area"}},
            steps=[(None, "red"), (0, "transparent")],
            description="Over the whole month. Below nothing, the promise is broken.",
        ),
        bars(
            "Minutes by class",
            by_class,
            unit="dtdurations",
            overrides=[
                colour(name, color)
                for name, color in [
                    ("lost", "red"),
                    ("planned", "blue"),
                    ("excluded", "orange"),
                    ("unmeasured", "purple"),
                    ("not in service", "text"),
                ]
            ],
            description="The month's time that was not up.",
        ),
        graph(
            "Pace",
            paces,
            width=16,
            steps=[(None, "green"), (1, "orange"), (6, "red")],
            min=0,
            style={"thresholdsStyle": {"mode": "dashed"}},
            description="How many times faster than evenly the budget burned over each window.",
        ),
        bars(
            "Downtime until each edge",
            [query(last("upptid_month_edge_left_seconds"), "{{edge}} %", instant=True)],
            unit="s",
            steps=[(None, "red"), (0.001, "orange"), (1800, "green")],
        ),
    ]


def outages():
    return [
        timeline(
            "State",
            [query(STATE.format(ONE[1:-1]), "{{service}}")],
            STATES,
            width=16,
            height=6,
            description="Where nothing was scraped, nothing is shown. The agent's page has each "
            "outage with its evidence.",
        ),
        bars(
            "Unmeasured by cause",
            [query(last("upptid_month_unmeasured_cause_seconds"), "{{cause}}", instant=True)],
            height=6,
            unit="dtdurations",
            noValue="Nothing is unmeasured",
            steps=[(None, "purple")],
        ),
        graph(
            "Outages so far",
            [query(f"upptid_month_outages{ONE}", "outages")],
            width=8,
            height=6,
            min=0,
            decimals=0,
        ),
        graph(
            "Lost so far",
            [
                query(f"upptid_month_lost_seconds{ONE}", "lost"),
                query(f"upptid_month_counted_seconds{ONE}", "as counted"),
            ],
            width=8,
            height=6,
            unit="s",
            min=0,
        ),
        graph(
            "Unmeasured so far",
            [query(f"upptid_month_unmeasured_seconds{ONE}", "unmeasured")],
            width=8,
            height=6,
            unit="s",
            min=0,
            overrides=[colour("unmeasured", "purple")],
        ),
    ]


def logins():
    # Of the last attempt that saw one: a service that is down may show none.
    expiry = f"last_over_time(upptid_certificate_expiry_timestamp_seconds{ONE}[1d])"
    return [
        graph(
            "Phases of a login",
            [query(f"upptid_attempt_phase_seconds{ONE}", "{{phase}}")],
            width=16,
            unit="s",
            stacked=True,
            min=0,
            description="Of the last attempt before each scrape, over all its steps.",
        ),
        stat(
            "The last login took", f"upptid_attempt_duration_seconds{ONE}", unit="s", width=4, **NOW
        ),
        stat(
            "Certificate expires in",
            f"{expiry} - time()",
            unit="dtdurations",
            steps=DAYS_LEFT,
            width=4,
            **NOW,
        ),
        stat("Certificate expires", f"{expiry} * 1000", unit="dateTimeAsIso", width=4, **NOW),
        stat(
            "Account refused",
            f"upptid_service_probe_account_refused{ONE}",
            names=YES_IS_BAD,
            width=4,
            **NOW,
        ),
    ]


def people():
    none = {"noValue": "None is announced", **NOW}
    return [
        stat(
            "Next stop begins",
            f"upptid_planned_stop_start_timestamp_seconds{ONE} * 1000",
            unit="dateTimeAsIso",
            **none,
        ),
        stat(
            "It ends",
            f"upptid_planned_stop_end_timestamp_seconds{ONE} * 1000",
            unit="dateTimeAsIso",
            **none,
        ),
        stat(
            "It counts",
            f"upptid_planned_stop_valid{ONE}",
            names=YES_IS_GOOD,
            description="Downtime in it is planned: it was announced in time, within the month's "
            "allowance, or was agreed.",
            **none,
        ),
        stat("Planned downtime", last("upptid_month_planned_seconds"), unit="dtdurations"),
        stat(
            "Open claim lapses",
            f"upptid_claim_lapse_timestamp_seconds{ONE} * 1000",
            unit="dateTimeAsIso",
            noValue="None is open",
            description="The first price reduction of a closed month that nobody " "has claimed.",
            **NOW,
        ),
        stat(
            "Support clock",
            f"upptid_support_clock_ratio{ONE}",
            unit="percentunit",
            steps=[(None, "green"), (0.5, "yellow"), (0.8, "orange"), (1, "red")],
            noValue="Nothing is waiting",
            description="How much of the time to start troubleshooting has run.",
            **NOW,
        ),
    ]
