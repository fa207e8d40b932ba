"""Every service, the least budget first."""

from panels import (
    ANY_IS_BAD,
    BUDGET_LEFT,
    BURNED,
    LEVEL,
    STATE,
    STATES,
    colour,
    dashboard,
    graph,
    link,
    page,
    query,
    stat,
    table,
    variable,
)


def of_customer(expr):
    """Of the chosen customers; a service's customer stands in its info series."""
    info = 'upptid_service_info{customer=~"$customer",instance=~"$instance"}'
    return f"{expr} * on (job, instance, service) group_left (customer) {info}"


def fleet():
    chosen = '{instance=~"$instance"}'

    def total(expr):
        return f"sum({of_customer(expr)})"

    def state(name):
        return total(f'upptid_service_state{{state="{name}",instance=~"$instance"}}')

    burned = f"upptid_month_budget_burned_ratio{chosen}"
    figures = [
        stat("Services", f"count({of_customer(f'upptid_service_interval_seconds{chosen}')})"),
        stat("Down now", state("down"), steps=ANY_IS_BAD),
        stat(
            "Unmeasured now",
            state("unmeasured"),
            steps=[(None, "green"), (1, "purple")],
            description="Nobody knows whether customers can log in. A failed login that is not yet "
            "confirmed is not among them.",
        ),
        stat(
            "Budget burned",
            total(f"({burned} >= bool 1)"),
            steps=ANY_IS_BAD,
            description="Services that have lost more in this month than they promise.",
        ),
        stat(
            "Lowest availability",
            f"min({of_customer(f'upptid_month_availability_ratio{chosen}')})",
            unit="percentunit",
            decimals=4,
        ),
        stat("Agents that answer", 'sum(up{job="upptid",instance=~"$instance"})'),
    ]

    def column(metric):
        return of_customer(f"{metric}{chosen}")

    left = of_customer(
        f"(upptid_month_budget_seconds{chosen} - upptid_month_counted_seconds{chosen})"
    )
    instant = {"unit": "dateTimeAsIso"}
    columns = [
        ("Budget left", left, {"unit": "s", "steps": BUDGET_LEFT, "cell": "color-text"}),
        ("State", of_customer_state(), {"names": STATES, "cell": "color-text"}),
        (
            "Burned",
            column("upptid_month_budget_burned_ratio"),
            {"unit": "percentunit", "min": 0, "max": 1, "steps": BURNED, "cell": "gauge"},
        ),
        (
            "Availability",
            column("upptid_month_availability_ratio"),
            {"unit": "percentunit", "decimals": 4},
        ),
        (
            "At least",
            column("upptid_month_availability_lower_bound_ratio"),
            {"unit": "percentunit", "decimals": 4},
        ),
        ("Price level", column("upptid_month_price_level"), {"steps": LEVEL, "cell": "color-text"}),
        ("Lost", column("upptid_month_lost_seconds"), {"unit": "dtdurations"}),
        ("Unmeasured", column("upptid_month_unmeasured_seconds"), {"unit": "dtdurations"}),
        ("Next stop", f"{column('upptid_planned_stop_start_timestamp_seconds')} * 1000", instant),
    ]
    of_month = (
        "This service's month",
        "/d/upptid-service?var-datasource=${datasource}"
        "&var-instance=${__data.fields.Agent:percentencode}"
        "&var-service=${__data.fields.Service:percentencode}",
    )
    of_page = (
        "Its page at the agent",
        "http://${__data.fields.Agent}/service/${__data.fields.Service:percentencode}",
    )
    of_agent = (
        "This agent",
        "/d/upptid-agent?var-datasource=${datasource}"
        "&var-instance=${__data.fields.Agent:percentencode}",
    )
    services = table(
        "Services, the least budget first",
        columns,
        {"customer": "Customer", "service": "Service", "instance": "Agent"},
        height=14,
        sort="Budget left",
        links={"Service": [of_month, of_page], "Agent": [of_agent]},
        description='The running month. "At least" counts all that is unmeasured as lost. '
        "Times are those of your browser.",
    )
    alerts = table(
        "Alerts that fire",
        [
            (
                "Alerts",
                'count by (alertname, severity, service, instance) (ALERTS{alertstate="firing",'
                'alertname=~"Upptid.*",severity!="none",instance=~"$instance"})',
                {},
            )
        ],
        {"severity": "Severity", "alertname": "Alert", "service": "Service", "instance": "Agent"},
        width=12,
        height=9,
        sort="Severity",
        links={"Service": [of_month], "Agent": [of_agent]},
        noValue="No alert fires",
    )
    states = graph(
        "Services by state",
        [query(f"sum by (state) ({of_customer('upptid_service_state' + chosen)})", "{{state}}")],
        width=12,
        height=9,
        stacked=True,
        min=0,
        decimals=0,
        overrides=[colour(name, color) for name, color in STATES.values()],
    )
    return dashboard(
        "upptid-fleet",
        "Upptid: fleet",
        "Every measured service, the least budget first.",
        [(None, figures), (None, [services]), (None, [alerts, states])],
        [
            variable("customer", "Customer", "upptid_service_info", many=True),
            variable("instance", "Agent", 'upptid_service_info{customer=~"$customer"}', many=True),
        ],
        "now-24h",
        "now",
        "browser",
        [
            link("A service's month", "upptid-service", ["datasource"]),
            link("The agent", "upptid-agent", ["datasource"]),
        ],
    )


def of_customer_state():
    """The state keeps no job; one service of one agent is one."""
    info = 'upptid_service_info{customer=~"$customer",instance=~"$instance"}'
    info = f"max by (instance, service, customer) ({info})"
    state = STATE.format('instance=~"$instance"')
    return f"{state} * on (instance, service) group_left (customer) {info}"
