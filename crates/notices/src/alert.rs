//! What the facts say of an alert that is told directly (C8.2).

use contract::budget::BURN_WINDOWS;
use contract::contracts::Contracts;
use contract::notices::DueNotice;
use contract::{
    Alert, ContractInForce, Figure, History, Instant, Interval, NoticeKind, Reach, ServiceState,
    StretchClass, first_lapse, month_figure, month_stretches,
};

/// The day of which too much may be unmeasured.
const DAY_MS: i64 = 86_400_000;

/// An alert, and what can be said of it now.
#[derive(Clone, Debug)]
pub struct AlertSeen {
    /// What holds, or held.
    pub alert: Alert,
    /// Since when.
    pub since: Instant,
    /// Until when, if this tells of its end.
    pub until: Option<Instant>,
    /// The figure that its summary names.
    pub value: Option<AlertValue>,
    /// The service now, of an alert about one.
    pub service: Option<ServiceSeen>,
}

/// How a service is.
#[derive(Clone, Debug)]
pub struct ServiceSeen {
    /// Its state.
    pub state: ServiceState,
    /// Since when.
    pub since: Option<Instant>,
    /// What was seen when that began, or the alert, in a line.
    pub evidence: Option<String>,
    /// F of the running month (C6.2).
    pub counted_ms: i64,
    /// The month's budget (C8.1).
    pub budget_ms: i64,
    /// How much longer it may be down before the next price level; none if there is no further.
    pub next_level_ms: Option<i64>,
    /// Until when troubleshooting of the open incident has to start; none if it has, or nothing is
    /// down (C9.2).
    pub response_deadline: Option<Instant>,
}

/// What a summary counts.
#[derive(Clone, PartialEq, Debug)]
pub enum AlertValue {
    /// A share, in percent cut down.
    Percent(i64),
    /// A length, in ms.
    Length(i64),
    /// How many times too fast the budget burns, in tenths, and over which window.
    Pace {
        /// Tenths of the pace that burns it in exactly a month.
        tenths: i64,
        /// The window's name.
        window: &'static str,
    },
    /// How long it may be down before the next price level, and that level's percentage.
    Edge {
        /// The time, in ms.
        left_ms: i64,
        /// `99.0`.
        edge: String,
    },
}

/// What the facts say of the alert that a notice is about, seen at `decided`; none if the notice is
/// about none.
pub(crate) fn seen(
    history: &History,
    contracts: &mut Contracts,
    due: &DueNotice,
    decided: Option<Instant>,
) -> Option<AlertSeen> {
    let (alert, since) = Alert::of(&due.about)?;
    let until = (due.notice == NoticeKind::AlertResolved).then_some(due.since);
    let mut seen = AlertSeen { alert, since, until, value: None, service: None };
    let (Some(service), Some(now)) = (&due.service, decided) else { return Some(seen) };
    let contract = contracts.running(history, service, now);
    let figure =
        month_figure(history, service, &contract.as_service_contract(), Reach::running(now));
    let support = contract.terms.support();
    let open = figure.incidents.iter().rev().find(|it| it.is_clock_at(0, support, now));
    let current = history.state_at(service, now);
    // While it works again for a moment, what was seen before is of interest.
    let evidence = current.evidence.or(history.state_at(service, since).evidence);
    seen.value = match alert {
        Alert::SupportClockHalfRun | Alert::SupportClockNearlyRun | Alert::SupportClockRun => {
            open.map(|it| AlertValue::Percent(it.clock_percent(support, now)))
        }
        Alert::ClaimDeadlineNear => first_lapse(history, contracts, service, now)
            .map(|lapses| AlertValue::Length(lapses.since(now))),
        Alert::NextPriceLevelNear => {
            let terms = contract.terms.terms();
            let edges: Vec<_> = std::iter::once(&terms.target).chain(&terms.edges).collect();
            let left = figure.left_ms.get(figure.level).zip(edges.get(figure.level));
            left.map(|(left_ms, edge)| AlertValue::Edge {
                left_ms: *left_ms,
                edge: edge.to_string(),
            })
        }
        Alert::Unmeasured => {
            Some(AlertValue::Length(unmeasured_ms(history, service, &contract, now)))
        }
        alert => value(alert, &figure, now),
    };
    seen.service = Some(ServiceSeen {
        state: current.state.to_owned(),
        since: current.since,
        evidence: evidence.map(|seen| seen.message.clone()),
        counted_ms: figure.counted_ms,
        budget_ms: figure.budget_ms,
        next_level_ms: figure.left_ms.get(figure.level).copied(),
        response_deadline: open.map(|it| it.response_deadline),
    });
    Some(seen)
}

/// How much of the day before `now`, so far as it lies in the month, is unmeasured.
fn unmeasured_ms(
    history: &History,
    service: &str,
    contract: &ContractInForce<'_>,
    now: Instant,
) -> i64 {
    let known_since = history.known_since(service).unwrap_or(now);
    let day = Interval::new(known_since.max(now.plus_ms(-DAY_MS)), now);
    let contract = contract.as_service_contract();
    let stretches = month_stretches(history, service, &contract, Reach::running(now));
    let stretches = stretches.unwrap_or_default().into_iter();
    stretches
        .filter(|stretch| matches!(stretch.class, StretchClass::Unmeasured(_)))
        .map(|stretch| stretch.interval.intersection(day).ms())
        .sum()
}

/// What a month's figure alone says.
fn value(alert: Alert, figure: &Figure, now: Instant) -> Option<AlertValue> {
    match alert {
        Alert::BudgetHalfBurned | Alert::BudgetThreeQuartersBurned | Alert::BudgetBurned => {
            let burned = i128::from(figure.counted_ms) * 100;
            let percent = burned.checked_div(i128::from(figure.budget_ms))?;
            Some(AlertValue::Percent(i64::try_from(percent).ok()?))
        }
        Alert::BudgetBurnsFast => {
            let window = BURN_WINDOWS.into_iter().find(|it| figure.is_burning(*it, now))?;
            let stretch = Interval::new(now.plus_ms(-window.length_ms), now);
            let lost = i128::from(figure.lost_within_ms(stretch)) * i128::from(figure.period_ms);
            let even = i128::from(figure.budget_ms) * i128::from(window.length_ms);
            let tenths = i64::try_from((lost * 10).checked_div(even)?).ok()?;
            Some(AlertValue::Pace { tenths, window: window.name })
        }
        _ => None,
    }
}
