//! Families that grow with the services: the live state, the last attempt, the running month.

use std::sync::Arc;

use contract::{DownClass, Figure, Phase, ServiceState, Terms, UnmeasuredCause};

use super::text::{Family, Kind, Labels, LastLabel, Parts, Value};
use crate::snapshot::{Attempt, Service};

/// Writes the families, in their order.
pub fn write(services: &[Service], out: &mut Parts<'_>) {
    let mut text = Vec::new();
    let labels = Labels::column(&mut text, services, "service", |service| &*service.name);
    let row = |(service, labels)| Row { service, labels };
    let rows: Vec<Row<'_>> = services.iter().zip(labels).map(row).collect();
    let mut sheet = Sheet { services: &rows, out };
    identity(&mut sheet);
    state(&mut sheet);
    state_details(&mut sheet);
    attempt(&mut sheet);
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
    labels: Labels<'a>,
}

/// All rows, and where they are written.
struct Sheet<'a, 'o, 's> {
    services: &'a [Row<'a>],
    out: &'o mut Parts<'s>,
}

/// A family of at most one sample per service: its name, its help, and the sample.
type Gauge<T> = (&'static str, &'static str, fn(&T) -> Option<Value>);

impl<'a, 's> Sheet<'a, '_, 's> {
    fn family(&mut self, name: &'static str, help: &str) -> Family<'_, 's> {
        Family::new(self.out, Kind::Gauge, name, help)
    }

    /// Families of at most one sample per service.
    fn gauges<const N: usize>(&mut self, families: [Gauge<Service>; N]) {
        self.gauges_of(Some, families);
    }

    /// Families from the last attempt.
    fn attempts<const N: usize>(&mut self, families: [Gauge<Attempt>; N]) {
        self.gauges_of(|service| service.attempt.as_deref(), families);
    }

    /// Families of the running month.
    fn months<const N: usize>(&mut self, families: [Gauge<Figure>; N]) {
        self.gauges_of(|service| service.figure.as_deref(), families);
    }

    /// Families from what `of` finds in a service, which is looked at once for all of them: what
    /// there is of thousands of services does not stay in the processor's cache from one family to
    /// the next.
    fn gauges_of<T: 'a, const N: usize>(
        &mut self,
        of: impl Fn(&'a Service) -> Option<&'a T>,
        families: [Gauge<T>; N],
    ) {
        let samples = |row: &Row<'a>| {
            let found = of(row.service);
            families.map(|(_, _, sample)| found.and_then(sample))
        };
        let samples: Vec<[Option<Value>; N]> = self.services.iter().map(samples).collect();
        for (place, (name, help, _)) in families.into_iter().enumerate() {
            let mut family = Family::new(self.out, Kind::Gauge, name, help);
            for (row, samples) in self.services.iter().zip(&samples) {
                if let Some(value) = samples[place] {
                    family.sample(&row.labels, value);
                }
            }
        }
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
    sheet.gauges([("upptid_service_interval_seconds", "Time between two attempts.", |service| {
        Some(service.interval.into())
    })]);
}

fn state(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.gauges([(
        "upptid_login_up",
        "1 while customers can log in, 0 while a failure is confirmed; absent while it is \
         unmeasured.",
        |service| match service.state {
            ServiceState::Up => Some(true.into()),
            ServiceState::Down { .. } => Some(false.into()),
            ServiceState::Unmeasured { .. } => None,
        },
    )]);
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
    sheet.gauges([
        ("upptid_service_state_since_timestamp_seconds", "When that state began.", |service| {
            Some(service.since.into())
        }),
        (
            "upptid_service_probe_account_refused",
            "Whether the service refuses the probe's account.",
            |service| Some(service.account_trouble.is_some().into()),
        ),
    ]);
}

fn attempt(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.attempts([
        ("upptid_attempt_timestamp_seconds", "When the last finished attempt began.", |attempt| {
            Some(attempt.at.into())
        }),
        ("upptid_attempt_duration_seconds", "How long the last attempt took in all.", |attempt| {
            Some(attempt.duration.into())
        }),
        (
            "upptid_certificate_expiry_timestamp_seconds",
            "The earliest expiry in the certificate chain that the last attempt saw.",
            |attempt| attempt.certificate_expiry.map(Value::from),
        ),
    ]);
    attempt_outcomes(sheet);
    attempt_phases(sheet);
}

fn attempt_outcomes(sheet: &mut Sheet<'_, '_, '_>) {
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
    let services = sheet.services;
    let mut phases = sheet.family(
        "upptid_attempt_phase_seconds",
        "Time the last attempt spent in each phase, over all its steps.",
    );
    let all = Phase::ALL.map(|phase| LastLabel::new("phase", phase.as_str()));
    for row in services {
        let Some(attempt) = &row.service.attempt else { continue };
        for (label, duration) in all.iter().zip(attempt.phases.each()) {
            if let Some(duration) = duration {
                phases.with(&row.labels, label, duration);
            }
        }
    }
}

fn month_time(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.gauges([
        (
            "upptid_month_seconds",
            "P: length of the whole running month of the service's time zone.",
            |service| milliseconds(service.figure.as_ref()?.period_ms),
        ),
        ("upptid_month_start_timestamp_seconds", "When that month began.", |service| {
            Some(service.figure.as_ref()?.month.start(&service.zone).into())
        }),
        (
            "upptid_month_elapsed_seconds",
            "The part of the month up to which all is decided; the sum of the six that follow.",
            |service| milliseconds(service.figure.as_ref()?.elapsed_ms),
        ),
    ]);
}

fn month_classes(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.months([
        ("upptid_month_up_seconds", "Time in which customers could log in.", |figure| {
            milliseconds(figure.up_ms)
        }),
        ("upptid_month_lost_seconds", "Downtime that is neither planned nor excluded.", |figure| {
            milliseconds(figure.lost_ms)
        }),
        ("upptid_month_planned_seconds", "Downtime inside valid planned stops.", |figure| {
            milliseconds(figure.planned_ms)
        }),
        (
            "upptid_month_excluded_seconds",
            "Downtime taken out by accepted adjustments.",
            |figure| milliseconds(figure.excluded_ms),
        ),
        (
            "upptid_month_unmeasured_seconds",
            "Time of which it is not known whether customers could log in.",
            |figure| milliseconds(figure.unmeasured_ms),
        ),
        (
            "upptid_month_not_in_service_seconds",
            "Time before the service entered the contract or after it left.",
            |figure| milliseconds(figure.not_in_service_ms),
        ),
        (
            "upptid_month_counted_seconds",
            "F: the lost time as the contract's minute rule counts it.",
            |figure| milliseconds(figure.counted_ms),
        ),
        (
            "upptid_month_outages",
            "Times that a customer could not log in, neither planned nor excluded.",
            |figure| Some(Value::Whole(lost_outages(figure))),
        ),
    ]);
}

fn milliseconds(ms: i64) -> Option<Value> {
    Some(Value::Milliseconds(ms))
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
    let all = UnmeasuredCause::ALL.map(|cause| (cause, LastLabel::new("cause", cause.as_str())));
    for row in services {
        let Some(figure) = &row.service.figure else { continue };
        for (cause, label) in &all {
            let ms = figure.unmeasured_by_cause_ms.get(*cause);
            if ms != 0 {
                causes.with(&row.labels, label, Value::Milliseconds(ms));
            }
        }
    }
}

fn month_price(sheet: &mut Sheet<'_, '_, '_>) {
    sheet.months([
        (
            "upptid_month_availability_ratio",
            "T = (P - F) / P, cut down to six decimals.",
            |figure| Some(Value::Percent(figure.availability_percent)),
        ),
        (
            "upptid_month_availability_lower_bound_ratio",
            "T if all unmeasured time outside valid stops and accepted exclusions is lost.",
            |figure| Some(Value::Percent(figure.availability_lower_bound_percent)),
        ),
        (
            "upptid_month_budget_seconds",
            "Lost time that the promise allows in this month.",
            |figure| milliseconds(figure.budget_ms),
        ),
        (
            "upptid_month_budget_burned_ratio",
            "F as a part of the budget; it never recovers within a month.",
            |figure| Some(Value::Float(budget_burned(figure))),
        ),
        (
            "upptid_month_price_level",
            "The price level that F has reached; 0 while the promise is kept.",
            |figure| Some(Value::Whole(figure.level as i64)),
        ),
        (
            "upptid_month_reduction_ratio",
            "The part of the monthly fee that this level takes off, provisional until the month \
             ends.",
            |figure| {
                let percent: f64 = figure.reduction_percent.try_into().unwrap_or(f64::NAN);
                Some(Value::Float(percent / 100.0))
            },
        ),
    ]);
    sheet.gauges([
        (
            "upptid_support_clock_ratio",
            "How much of the time to start troubleshooting has run; absent unless an incident is \
             open that nobody has acknowledged.",
            |service| Some(Value::Float(service.support_clock_percent? as f64 / 100.0)),
        ),
        (
            "upptid_claim_lapse_timestamp_seconds",
            "When the first price reduction of a closed month that nobody has claimed lapses.",
            |service| service.claim_lapses.map(Value::from),
        ),
    ]);
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
    sheet.gauges([
        (
            "upptid_planned_stop_start_timestamp_seconds",
            "When the next announced stop that is not over begins.",
            |service| Some(service.next_stop.as_ref()?.from.into()),
        ),
        ("upptid_planned_stop_end_timestamp_seconds", "When that stop ends.", |service| {
            Some(service.next_stop.as_ref()?.until.into())
        }),
        (
            "upptid_planned_stop_valid",
            "Whether downtime in that stop is planned under the contract: announced in good time \
             and within the month's allowance, or otherwise agreed.",
            |service| {
                let verdict = service.next_stop.as_ref()?.verdict(&service.name);
                Some(verdict.is_some_and(|verdict| verdict.counts()).into())
            },
        ),
    ]);
}
