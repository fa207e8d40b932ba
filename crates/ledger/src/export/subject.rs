//! Whom a fact names, and so who may see it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contract::{Fact, Instant, Line, Month};
use jiff::tz::TimeZone;

use super::{ExportError, ExportFor};

/// Names told where one asks for another.
const KNOWN_TOLD_MAX: usize = 20;

/// Whom a fact names. No fact names two customers.
pub(super) enum Subject<'a> {
    /// Nobody: it bears on every service.
    Everyone,
    /// The agent itself: no customer's business.
    Agent,
    /// A service.
    Service(&'a str),
    /// Services that stop together.
    Services(&'a [String]),
    /// The services of a planned stop on an earlier line.
    Stop(&'a str),
    /// The service of an adjustment on an earlier line.
    Adjustment(&'a str),
    /// Those whose contract has these terms.
    Terms(&'a str),
    /// A service, and the customer whose it becomes.
    Setting(&'a str, &'a Option<String>),
    /// A customer.
    Customer(&'a Option<String>),
    /// Whom this line names.
    Line(&'a Line),
}

impl<'a> Subject<'a> {
    // A new kind of fact has to be put somewhere here, or this does not compile.
    fn of(fact: &'a Fact) -> Subject<'a> {
        match fact {
            Fact::Measured { .. }
            | Fact::MeasuringStopped { .. }
            | Fact::ProviderSet(_)
            | Fact::VantageSet(_)
            | Fact::SigningKeySet { .. }
            | Fact::SegmentOpened { .. }
            | Fact::ChainDamaged { .. } => Subject::Everyone,
            Fact::State { service, .. }
            | Fact::AdjustmentClaimed { service, .. }
            | Fact::IncidentAcknowledged { service, .. }
            | Fact::MeasuringPaused { service, .. }
            | Fact::MeasuringResumed { service, .. }
            | Fact::ServiceBegan { service, .. }
            | Fact::ServiceEnded { service, .. }
            | Fact::ClaimSubmitted { service, .. }
            | Fact::ClaimSettled { service, .. }
            | Fact::IncidentNotifiable { service, .. }
            | Fact::IncidentReported { service, .. } => Subject::Service(service),
            Fact::NoticeDelivered { service, .. } => {
                service.as_deref().map_or(Subject::Agent, Subject::Service)
            }
            Fact::MonthClosed(close) => Subject::Service(&close.service),
            Fact::StopAnnounced { services, .. } => Subject::Services(services),
            Fact::StopCancelled { id, .. } => Subject::Stop(id),
            Fact::AdjustmentDecided { id, .. } => Subject::Adjustment(id),
            Fact::TermsSet { name, .. } => Subject::Terms(name),
            Fact::ServiceSet { service, customer, .. } => Subject::Setting(service, customer),
            Fact::StatementSigned(signed) => Subject::Customer(&signed.customer),
            Fact::CarriedOver { line } => Subject::Line(line),
        }
    }

    /// Until where a fact says that anything is known.
    pub(super) fn known_until(fact: &Fact) -> Option<Instant> {
        match fact {
            Fact::State { from, .. } | Fact::MeasuringStopped { from, .. } => Some(*from),
            Fact::Measured { until } => Some(*until),
            _ => None,
        }
    }
}

/// What a journal names.
#[derive(Default)]
pub(super) struct Names {
    services: BTreeMap<String, Settings>,
    /// The services of each planned stop, and when it was announced.
    stops: BTreeMap<String, (Vec<String>, Instant)>,
    /// The service of each adjustment, and when it was claimed.
    adjustments: HashMap<String, (String, Instant)>,
}

/// A service's settings by the month from which they hold, and by `seq`.
type Settings = BTreeMap<(Month, u64), Setting>;

struct Setting {
    customer: Option<String>,
    terms: String,
}

impl Names {
    /// Notes what a line names.
    pub(super) fn note(&mut self, line: &Line) {
        match &line.fact {
            Fact::CarriedOver { line } => self.note(line),
            Fact::State { service, .. } if !self.services.contains_key(service) => {
                self.services.insert(service.clone(), Settings::new());
            }
            Fact::ServiceSet { service, month, customer, terms, .. } => {
                let Ok(month) = month.parse() else { return };
                let setting = Setting { customer: customer.clone(), terms: terms.clone() };
                let settings = self.services.entry(service.clone()).or_default();
                settings.insert((month, line.seq), setting);
            }
            Fact::StopAnnounced { id, services, .. } => {
                self.stops.insert(id.clone(), (services.clone(), line.at));
            }
            Fact::AdjustmentClaimed { id, service, .. } => {
                self.adjustments.insert(id.clone(), (service.clone(), line.at));
            }
            _ => {}
        }
    }

    /// Refuses a customer or a service that nothing names.
    pub(super) fn check(&self, whom: &ExportFor) -> Result<(), ExportError> {
        let customers: BTreeSet<&Option<String>> = self
            .services
            .values()
            .flat_map(|settings| settings.values().map(|setting| &setting.customer))
            .collect();
        let told = |names: Vec<&str>| {
            let mut known: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
            if known.len() > KNOWN_TOLD_MAX {
                known.truncate(KNOWN_TOLD_MAX);
                known.push("others".to_owned());
            }
            if known.is_empty() { vec!["none".to_owned()] } else { known }
        };
        if let Some(asked) = whom.services.iter().find(|name| !self.services.contains_key(*name)) {
            let known = told(self.services.keys().map(String::as_str).collect());
            return Err(ExportError::Nobody { asked: format!("service {asked:?}"), known });
        }
        let is_unknown = |asked: &&Option<String>| {
            !customers.contains(asked) && (asked.is_some() || self.of_nobody().next().is_none())
        };
        if let Some(asked) = whom.customers.iter().find(is_unknown) {
            let asked = match asked {
                Some(name) => format!("customer {name:?}"),
                None => "service without a customer".to_owned(),
            };
            let known = told(customers.iter().filter_map(|name| name.as_deref()).collect());
            return Err(ExportError::Nobody { asked, known });
        }
        Ok(())
    }

    /// Whether the line is one that they may see.
    pub(super) fn is_shown(&self, line: &Line, whom: &ExportFor) -> bool {
        let is_theirs = |service: &str, at: Instant| self.is_theirs(service, at, whom);
        match Subject::of(&line.fact) {
            Subject::Everyone => true,
            Subject::Agent => false,
            Subject::Service(service) => is_theirs(service, line.at),
            Subject::Services(services) => {
                services.iter().all(|service| is_theirs(service, line.at))
            }
            // A cancellation without its announcement, and the other way round, is no fact.
            Subject::Stop(id) => self.stops.get(id).is_some_and(|(services, at)| {
                services.iter().all(|service| is_theirs(service, *at))
            }),
            Subject::Adjustment(id) => {
                let claimed = self.adjustments.get(id);
                claimed.is_some_and(|(service, at)| is_theirs(service, *at))
            }
            Subject::Terms(name) => self.services.iter().any(|(service, settings)| {
                let mut settings = settings.values();
                settings
                    .any(|setting| setting.terms == name && whom.has(service, &setting.customer))
            }),
            Subject::Setting(service, customer) => whom.has(service, customer),
            Subject::Customer(customer) => whom.customers.contains(customer),
            Subject::Line(line) => self.is_shown(line, whom),
        }
    }

    /// The services of which an export shows lines.
    pub(super) fn shown_services(&self, whom: &ExportFor) -> Vec<String> {
        let is_shown = |service: &str, settings: &Settings| match settings.is_empty() {
            true => whom.has(service, &None),
            false => settings.values().any(|setting| whom.has(service, &setting.customer)),
        };
        let shown = self.services.iter().filter(|(service, settings)| is_shown(service, settings));
        shown.map(|(service, _)| service.clone()).collect()
    }

    /// The stops that name services of theirs, and of others.
    pub(super) fn shared_stops(&self, whom: &ExportFor) -> Vec<String> {
        let shared = self.stops.iter().filter(|(_, (services, at))| {
            let theirs = services.iter().filter(|service| self.is_theirs(service, *at, whom));
            (1..services.len()).contains(&theirs.count())
        });
        shared.map(|(id, _)| id.clone()).collect()
    }

    /// Whether `service` is one of theirs at `at`: of the setting for the latest month up to it,
    /// otherwise of the earliest one.
    fn is_theirs(&self, service: &str, at: Instant, whom: &ExportFor) -> bool {
        let Some(settings) = self.services.get(service) else { return whom.has(service, &None) };
        let month = Month::of(at, &TimeZone::UTC);
        let earliest = settings.keys().next().map_or(month, |(earliest, _)| *earliest);
        let in_force = settings.range(..=(month.max(earliest), u64::MAX)).next_back();
        whom.has(service, in_force.map_or(&None, |(_, setting)| &setting.customer))
    }

    fn of_nobody(&self) -> impl Iterator<Item = &str> {
        let of_nobody = self.services.iter().filter(|(_, settings)| settings.is_empty());
        of_nobody.map(|(service, _)| service.as_str())
    }
}

impl ExportFor {
    /// Whether it is for who has `service`, or for the service itself.
    fn has(&self, service: &str, customer: &Option<String>) -> bool {
        self.customers.contains(customer) || self.services.iter().any(|own| own == service)
    }
}
