//! Families that grow with the services: the live state, the last attempt, the running month.

use std::sync::Arc;

use contract::{DownClass, Figure, Instant, Phase, ServiceState, Terms};

use super::text::{Family, Kind, Labels, LastLabel, Parts, Value};
use crate::snapshot::{Attempt, Service, Stop};

/// Writes the families, in their order.
pub fn write(services: &[Service], out: &mut Parts<'_>) {
    let rows: Vec<Row<'_>> = services.iter().map(Row::new).collect();
    let mut sheet = Sheet { services: &rows, out };
    identity(&mut sheet);
    state(&mut sheet);
    state_details(&mut sheet);
    attempt(&mut sheet);
    attempt_phases(&mut sheet);
    month_time(&mut sheet);
    month_classes(&mut sheet);
    month_unmeasured(&mut sheet);
    month_price(&mut sheet);
    month_levels(&mut sheet);
    stops(&mut sheet);
}

/// A service with its label as it is written.
struct Row<'a> {
    service: &'a Service,
    labels: Labels,
}

impl<'a> Row<'a> {
    fn new(service: &'a Service) -> Self {
        Row { service, labels: Labels::new("service", &service.name) }
    }
}

/// All rows, and where they are written.
struct Sheet<'a, 'o, 's> {
    services: &'a [Row<'a>],
    out: &'o mut Parts<'s>,
}

impl<'a, 's> Sheet<'a, '_, 's> {
    fn family(&mut self, name: &'static str, help: &str) -> Family<'_, 's> {
        Family::new(self.out, Kind::Gauge, name, help)
    }

    /// A family of at most one sample per service.
    fn gauge<V: Into<Value>>(
        &mut self,
        name: &'static str,
        help: &str,
        value: impl Fn(&'a Service) -> Option<V>,
    ) {
        let services = self.services;
        let mut family = self.family(name, help);
        for row in services {
            if let Some(value) = value(row.service) {
                family.sample(&row.labels, value);
            }
        }
    }

    /// A family from the last attempt.
    fn attempt<V: Into<Value>>(
        &mut self,
        name: &'static str,
        help: &str,
        value: impl Fn(&Attempt) -> Option<V>,
    ) {
        self.gauge(name, help, |service| service.attempt.as_deref().and_then(&value));
    }

    /// A family of milliseconds of the running month.
    fn month_ms(&mut self, name: &'static str, help: &str, ms: impl Fn(&Figure) -> i64) {
        self.month(name, help, |figure| Value::Milliseconds(ms(figure)));
    }

    /// A family of the running month.
    fn month(&mut self, name: &'static str, help: &str, value: impl Fn(&Figure) -> Value) {
        self.gauge(name, help, |service| service.figure.as_deref().map(&value));
    }
}

fn identity(sheet: &mut Sheet<'_, '_, '_>) {
    let services = sheet.services;
    let mut info = sheet.family(
        "upptid_service_info",
        "A measured service, its customer and the labels given to it in the configuration.",
    );
    for row in services {
        let mut labels = row.labels.clone();
        if let Some(customer) = &row.service.customer {
            labels = labels.and("customer", customer);
        }
        for (name, value) in row.service.labels.iter() {
            if !matches!(&**name, "service" | "customer") {
                labels = labels.and(name, value);
            }
        }
        info.sample(&labels, true);
    }
    sheet.gauge("upptid_service_interval_seconds", "Time between two attempts.", |service| {
        Some(service.interval)
    });
}

fn state(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.gauge(
        "upptid_login_up",
        "1 while customers can log in, 0 while a failure is confirmed; absent while it is \
         unmeasured.",
        |service| match service.state {
            ServiceState::Up => Some(true),
            ServiceState::Down { .. } => Some(false),
            ServiceState::Unmeasured { .. } => None,
        },
    );
    let services = sheet.services;
    let mut states = sheet.family(
        "upptid_service_state",
        "1 for the state that the service is in; suspected is a failed login not yet confirmed.",
    );
    let all = ["up", "down", "suspected", "unmeasured"];
    let all = all.map(|state| (state, LastLabel::new("state", state)));
    for row in services {
        let now = row.service.state_name();
        for (state, label) in &all {
            states.with(&row.labels, label, *state == now);
        }
    }
}

fn state_details(sheet: &mut Sheet<'_, '_, '_>) {
    let services = sheet.services;
    let mut causes = sheet.family(
        "upptid_service_state_cause",
        "Why the service is down or unmeasured; absent while it is up.",
    );
    for row in services {
        let Some(cause) = row.service.cause_name() else { continue };
        let labels = row.labels.clone().and("state", row.service.state_name());
        causes.sample(&labels.and("cause", cause), true);
    }
    sheet.gauge(
        "upptid_service_state_since_timestamp_seconds",
        "When that state began.",
        |service| Some(service.since),
    );
    sheet.gauge(
        "upptid_service_probe_account_refused",
        "Whether the service refuses the probe's account.",
        |service| Some(service.account_trouble.is_some()),
    );
}

fn attempt(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.attempt(
        "upptid_attempt_timestamp_seconds",
        "When the last finished attempt began.",
        |attempt| Some(attempt.at),
    );
    let services = sheet.services;
    let mut outcomes =
        sheet.family("upptid_attempt_outcome", "1 for what the last attempt ended in.");
    let all = ["up", "down", "account", "unable"];
    let all = all.map(|outcome| (outcome, LastLabel::new("outcome", outcome)));
    for row in services {
        let Some(attempt) = &row.service.attempt else { continue };
        let ended = attempt.outcome.as_str();
        for (outcome, label) in &all {
            outcomes.with(&row.labels, label, *outcome == ended);
        }
    }
}

fn attempt_phases(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.attempt(
        "upptid_attempt_duration_seconds",
        "How long the last attempt took in all.",
        |attempt| Some(attempt.duration),
    );
    let services = sheet.services;
    let mut phases = sheet.family(
        "upptid_attempt_phase_seconds",
        "Time the last attempt spent in each phase, over all its steps.",
    );
    let all = Phase::ALL.map(|phase| LastLabel::new("phase", phase.as_str()));
    for row in services {
        let Some(attempt) = &row.service.attempt else { continue };
        for (label, duration) in all.iter().zip(attempt.phases()) {
            if let Some(duration) = duration {
                phases.with(&row.labels, label, duration);
            }
        }
    }
    sheet.attempt(
        "upptid_certificate_expiry_timestamp_seconds",
        "The earliest expiry in the certificate chain that the last attempt saw.",
        |attempt| attempt.certificate_expiry,
    );
}

fn month_time(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.month_ms(
        "upptid_month_seconds",
        "P: length of the whole running month of the service's time zone.",
        |figure| figure.period_ms,
    );
    sheet.gauge("upptid_month_start_timestamp_seconds", "When that month began.", |service| {
        service.figure.as_ref().map(|figure| figure.month.start(&service.zone))
    });
    sheet.month_ms(
        "upptid_month_elapsed_seconds",
        "The part of the month up to which all is decided; the sum of the six that follow.",
        |figure| figure.elapsed_ms,
    );
}

fn month_classes(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.month_ms("upptid_month_up_seconds", "Time in which customers could log in.", |figure| {
        figure.up_ms
    });
    sheet.month_ms(
        "upptid_month_lost_seconds",
        "Downtime that is neither planned nor excluded.",
        |figure| figure.lost_ms,
    );
    sheet.month_ms(
        "upptid_month_planned_seconds",
        "Downtime inside valid planned stops.",
        |figure| figure.planned_ms,
    );
    sheet.month_ms(
        "upptid_month_excluded_seconds",
        "Downtime taken out by accepted adjustments.",
        |figure| figure.excluded_ms,
    );
    sheet.month_ms(
        "upptid_month_unmeasured_seconds",
        "Time of which it is not known whether customers could log in.",
        |figure| figure.unmeasured_ms,
    );
    sheet.month_ms(
        "upptid_month_not_in_service_seconds",
        "Time before the service entered the contract or after it left.",
        |figure| figure.not_in_service_ms,
    );
    sheet.month_ms(
        "upptid_month_counted_seconds",
        "F: the lost time as the contract's minute rule counts it.",
        |figure| figure.counted_ms,
    );
    sheet.month(
        "upptid_month_outages",
        "Times that a customer could not log in, neither planned nor excluded.",
        |figure| Value::Whole(lost_outages(figure)),
    );
}

/// Lost stretches without a gap between them are one outage, whatever their causes.
fn lost_outages(figure: &Figure) -> i64 {
    let mut count = 0;
    let mut reached = None;
    for outage in figure.outages.iter().filter(|outage| outage.class == DownClass::Lost) {
        if reached != Some(outage.from) {
            count += 1;
        }
        reached = Some(outage.until);
    }
    count
}

fn month_unmeasured(sheet: &mut Sheet<'_, '_, '_>) {
    let services = sheet.services;
    let mut causes = sheet.family(
        "upptid_month_unmeasured_cause_seconds",
        "The unmeasured time by cause; causes that did not occur are absent.",
    );
    for row in services {
        let Some(figure) = &row.service.figure else { continue };
        for (cause, ms) in figure.unmeasured_by_cause_ms.iter().filter(|(_, ms)| *ms != 0) {
            let label = LastLabel::new("cause", cause.as_str());
            causes.with(&row.labels, &label, Value::Milliseconds(ms));
        }
    }
}

fn month_price(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.month(
        "upptid_month_availability_ratio",
        "T = (P - F) / P, cut down to six decimals.",
        |figure| Value::Percent(figure.availability_percent),
    );
    sheet.month(
        "upptid_month_availability_lower_bound_ratio",
        "T if all unmeasured time outside valid stops and accepted exclusions is lost.",
        |figure| Value::Percent(figure.availability_lower_bound_percent),
    );
    sheet.month_ms(
        "upptid_month_budget_seconds",
        "Lost time that the promise allows in this month.",
        |figure| figure.budget_ms,
    );
    sheet.month(
        "upptid_month_budget_burned_ratio",
        "F as a part of the budget; it never recovers within a month.",
        |figure| Value::Float(budget_burned(figure)),
    );
    sheet.month(
        "upptid_month_price_level",
        "The price level that F has reached; 0 while the promise is kept.",
        |figure| Value::Whole(figure.level as i64),
    );
    sheet.month(
        "upptid_month_reduction_ratio",
        "The part of the monthly fee that this level takes off, provisional until the month ends.",
        |figure| Value::Float(figure.reduction_percent.try_into().unwrap_or(f64::NAN) / 100.0),
    );
    sheet.gauge(
        "upptid_support_clock_ratio",
        "How much of the time to start troubleshooting has run; absent unless an incident is open \
         that nobody has acknowledged.",
        |service| Some(Value::Float(service.support_clock_percent? as f64 / 100.0)),
    );
    sheet.gauge(
        "upptid_claim_lapse_timestamp_seconds",
        "When the first price reduction of a closed month that nobody has claimed lapses.",
        |service| service.claim_lapses,
    );
}

/// F / budget (C8.1). Of a budget of nothing, any lost time burns infinitely much.
pub fn budget_burned(figure: &Figure) -> f64 {
    match (figure.counted_ms, figure.budget_ms) {
        (0, _) => 0.0,
        (counted_ms, budget_ms) => counted_ms as f64 / budget_ms as f64,
    }
}

fn month_levels(sheet: &mut Sheet<'_, '_, '_>) {
    let mut known: Vec<(&Arc<Terms>, Vec<LastLabel>)> = Vec::new();
    let services = sheet.services;
    let mut left = sheet.family(
        "upptid_month_edge_left_seconds",
        "How much longer F may grow before availability is past this edge, in percent; 0 once it \
         is.",
    );
    for row in services {
        let Some(figure) = &row.service.figure else { continue };
        let terms = &row.service.terms;
        let place = known.iter().position(|(other, _)| Arc::ptr_eq(other, terms));
        let place = place.unwrap_or_else(|| {
            let edges = std::iter::once(&terms.target).chain(&terms.edges);
            let labels = edges.map(|edge| LastLabel::new("edge", &edge.to_string()));
            known.push((terms, labels.collect()));
            known.len() - 1
        });
        for (edge, &left_ms) in known[place].1.iter().zip(&figure.left_ms) {
            left.with(&row.labels, edge, Value::Milliseconds(left_ms));
        }
    }
}

fn stops(sheet: &mut Sheet<'_, '_, '_>) {
    let mut instant = |name, help, instant: fn(&Stop) -> Instant| {
        sheet.gauge(name, help, |service| service.next_stop.as_deref().map(instant));
    };
    instant(
        "upptid_planned_stop_start_timestamp_seconds",
        "When the next announced stop that is not over begins.",
        |stop| stop.from,
    );
    instant("upptid_planned_stop_end_timestamp_seconds", "When that stop ends.", |stop| stop.until);
    sheet.gauge(
        "upptid_planned_stop_valid",
        "Whether downtime in that stop is planned under the contract: announced in good time and \
         within the month's allowance, or otherwise agreed.",
        |service| {
            let stop = service.next_stop.as_ref()?;
            Some(stop.verdict(&service.name).is_some_and(|verdict| verdict.counts()))
        },
    );
}
