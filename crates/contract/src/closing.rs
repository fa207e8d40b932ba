//! A month's close, its revisions, and the statement signed over it (C6.7, C10.1).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::contracts::Contracts;
use crate::figure::{Figure, Percent};
use crate::history::History;
use crate::instant::{Instant, Interval};
use crate::money::Money;
use crate::month::Month;
use crate::office::Statement;
use crate::service_record::{Presence, ServiceRecord};
use crate::terms::Counts;

/// A service's month is closed, or revised after its close (C6.7).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MonthClose {
    /// The service.
    pub service: String,
    /// The local month.
    pub month: Month,
    /// 0 for the close; what is recorded later makes 1, 2, …
    pub revision: u32,
    /// The last line that the figure was computed from.
    pub used_seq: u64,
    /// That line's hash.
    pub used_hash: String,
    /// The figure.
    pub figure: ClosedFigure,
}

/// What a close keeps of a month's [`Figure`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClosedFigure {
    /// P (C2.2).
    pub period_ms: i64,
    /// Customers could log in.
    pub up_ms: i64,
    /// Down and neither planned nor excluded (C6.1).
    pub lost_ms: i64,
    /// Down inside a valid planned window (C4.7).
    pub planned_ms: i64,
    /// Down and taken out by an adjustment that counts (C5.1).
    pub excluded_ms: i64,
    /// Not known (C6.5).
    pub unmeasured_ms: i64,
    /// Outside the service's time in the contract (C2.4).
    pub not_in_service_ms: i64,
    /// F (C6.2).
    pub counted_ms: i64,
    /// T (C6.3).
    pub availability_percent: Percent,
    /// T's lower bound (C6.5).
    pub availability_lower_bound_percent: Percent,
    /// The price level; 0 when the promise is kept (C7).
    pub level: usize,
    /// The reduction that the level gives.
    pub reduction_percent: Decimal,
    /// The monthly fee, if one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_fee: Option<Money>,
    /// The reduction in money, if a fee is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduction: Option<Money>,
    /// Until when the reduction can be claimed, if there is one (C7.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_deadline: Option<Date>,
    /// The name of the terms in force.
    pub terms: String,
    /// The SHA-256 of those terms, in hex.
    pub terms_sha256: String,
}

impl ClosedFigure {
    /// What a close keeps of `figure`, under the terms of this name and hash.
    pub fn new(figure: &Figure, terms: &str, terms_sha256: &str) -> Self {
        ClosedFigure {
            period_ms: figure.period_ms,
            up_ms: figure.up_ms,
            lost_ms: figure.lost_ms,
            planned_ms: figure.planned_ms,
            excluded_ms: figure.excluded_ms,
            unmeasured_ms: figure.unmeasured_ms,
            not_in_service_ms: figure.not_in_service_ms,
            counted_ms: figure.counted_ms,
            availability_percent: figure.availability_percent,
            availability_lower_bound_percent: figure.availability_lower_bound_percent,
            level: figure.level,
            reduction_percent: figure.reduction_percent,
            monthly_fee: figure.monthly_fee.clone(),
            reduction: figure.reduction.clone(),
            claim_deadline: figure.claim_deadline,
            terms: terms.to_owned(),
            terms_sha256: terms_sha256.to_owned(),
        }
    }
}

/// The statement of a customer's month is made and signed (C10.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignedStatement {
    /// The customer; none for the services that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The local month.
    pub month: Month,
    /// 0 for the close; a correction after it makes 1, 2, … (C6.7).
    pub revision: u32,
    /// When the statement was made.
    pub issued_at: Instant,
    /// The last line that it was made from.
    pub used_seq: u64,
    /// That line's hash.
    pub used_hash: String,
    /// The SHA-256 of the statement's bytes, in hex.
    pub sha256: String,
    /// The Ed25519 key that signed it, in hex.
    pub public_key: String,
    /// The signature over the statement's bytes, in hex.
    pub signature: String,
}

/// A customer's month that is to be closed, or revised after its close (C6.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueClose {
    /// The customer; none for the services that name none.
    pub customer: Option<String>,
    /// The local month.
    pub month: Month,
    /// 0 for the close; otherwise the number of the revision.
    pub revision: u32,
    /// The services whose month it closes or revises, by name; never empty.
    pub services: Vec<String>,
}

/// The services on a customer's statement of `month`, by name: those that name the customer in that
/// month, are in the contract at any time in it (C2.4), and were on record by then.
pub fn services_of<'a>(history: &'a History, customer: Option<&str>, month: Month) -> Vec<&'a str> {
    let records = history.services.iter();
    let mut services: Vec<&str> = records
        .filter(|record| is_on_statement(history, record, customer, month))
        .map(|record| &*record.name)
        .collect();
    services.sort_unstable();
    services
}

/// The same of every customer that has any.
pub fn services_by_customer(history: &History, month: Month) -> BTreeMap<Option<&str>, Vec<&str>> {
    let mut by_customer: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for record in &history.services {
        let Some(set) = history.setting_in_force(&record.name, month) else { continue };
        let customer = set.customer.as_deref();
        if is_on_statement(history, record, customer, month) {
            by_customer.entry(customer).or_default().push(&record.name);
        }
    }
    by_customer.values_mut().for_each(|services| services.sort_unstable());
    by_customer
}

/// The months to close, in order of time and then by customer (C6.7): each customer's from the one
/// after the last statement on, otherwise from the first that is on record, up to the last in
/// which `decided` reaches the local end for each of the services.
///
/// `decided` gives the instant before which all is decided for a service; none if nothing is. A
/// month that is not decided holds back the customer's later ones.
pub fn due_closes(history: &History, decided: impl Fn(&str) -> Option<Instant>) -> Vec<DueClose> {
    let mut contracts = Contracts::default();
    let mut due = Vec::new();
    let signed: HashMap<_, _> = history.statements().iter().map(customer_and_month).collect();
    for (customer, services) in by_customer(history) {
        let latest = services.iter().filter_map(|record| decided(&record.name)).max();
        // No zone is ahead of UTC by more than a day.
        let Some(latest) = latest.map(|at| Month::of(at, &TimeZone::UTC).next()) else { continue };
        let first = services.iter().filter_map(|record| first_month(record, customer));
        let Some(first) = first.min() else { continue };
        let mut month = signed.get(&customer).map_or(first, |signed| signed.next().max(first));
        while month <= latest {
            let on_it = services
                .iter()
                .filter(|record| is_on_statement(history, record, customer, month))
                .map(|record| &*record.name);
            let mut is_decided = |service: &&str| {
                let end = contracts.of(history, service, month).terms.bounds().until;
                decided(service).is_some_and(|until| until >= end)
            };
            let mut names: Vec<&str> = on_it.collect();
            if !names.iter().all(&mut is_decided) {
                break;
            }
            names.sort_unstable();
            due.extend(DueClose::new(customer, month, 0, &names));
            if month == Month::MAX {
                break;
            }
            month = month.next();
        }
    }
    due.sort_by(|one, other| (one.month, &one.customer).cmp(&(other.month, &other.customer)));
    due
}

/// The statements to revise, in order of time and then by customer (C5.3, C6.7): those after whose
/// last line somebody has decided an adjustment that touches the month (or claimed one, where
/// claims count), or acknowledged an incident that opened in it. The services are those concerned.
pub fn due_revisions(history: &History) -> Vec<DueClose> {
    let mut contracts = Contracts::default();
    // The latest of each, for they are in the order of their revisions.
    let latest: BTreeMap<_, _> = history
        .statements()
        .iter()
        .map(|made| ((made.value.month, made.value.customer.as_deref()), made))
        .collect();
    let months: BTreeSet<Month> = latest.keys().map(|(month, _)| *month).collect();
    let mut concerned: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    let touched = |record: &&ServiceRecord| {
        !record.adjustments.is_empty() || !record.acknowledgements.is_empty()
    };
    for record in history.services.iter().filter(touched) {
        for &month in &months {
            let set = history.setting_in_force(&record.name, month);
            let customer = set.and_then(|set| set.customer.as_deref());
            if let Some(made) = latest.get(&(month, customer))
                && is_on_statement(history, record, customer, month)
                && is_outdated(history, &mut contracts, record, made)
            {
                concerned.entry((month, customer)).or_default().push(&record.name);
            }
        }
    }
    let revision = |((month, customer), mut services): ((Month, Option<&str>), Vec<&str>)| {
        services.sort_unstable();
        let before = latest[&(month, customer)].value.revision;
        DueClose::new(customer, month, before.saturating_add(1), &services)
    };
    concerned.into_iter().filter_map(revision).collect()
}

/// Closed months whose statements are no longer held here, and on which something bears that was
/// recorded after line `since`: the journal from such a month on, given to [`due_revisions`], says
/// whether it is to be revised (C5.3).
pub fn revisions_to_look_up(history: &History, since: u64) -> BTreeSet<Month> {
    let mut contracts = Contracts::default();
    let statements = || history.statements().iter().map(customer_and_month);
    let held: HashSet<_> = statements().collect();
    let last: HashMap<_, _> = statements().collect();
    let mut months = BTreeSet::new();
    for made in history.adjustments() {
        let decided = made.decisions.last().map_or(made.seq, |decided| decided.seq);
        if decided <= since {
            continue;
        }
        let first = contracts.running(history, &made.service, made.interval.from).terms;
        let until = Month::of(made.interval.until.plus_ms(-1), first.zone());
        let touched = std::iter::successors(Some(first.month()), |month| Some(month.next()))
            .take_while(|month| *month <= until);
        months.extend(touched.filter(|&month| {
            let set = history.setting_in_force(&made.service, month);
            let customer = set.and_then(|set| set.customer.as_deref());
            let is_closed = last.get(&customer).is_some_and(|last| month <= *last);
            is_closed && !held.contains(&(customer, month))
        }));
    }
    months
}

impl DueClose {
    /// None without services.
    fn new(
        customer: Option<&str>,
        month: Month,
        revision: u32,
        services: &[&str],
    ) -> Option<DueClose> {
        let customer = customer.map(str::to_owned);
        let services: Vec<String> = services.iter().map(|&name| name.to_owned()).collect();
        (!services.is_empty()).then_some(DueClose { customer, month, revision, services })
    }
}

fn customer_and_month(made: &Statement) -> (Option<&str>, Month) {
    (made.value.customer.as_deref(), made.value.month)
}

/// The services that name a customer in any month.
fn by_customer(history: &History) -> BTreeMap<Option<&str>, Vec<&ServiceRecord>> {
    let mut by_customer: BTreeMap<_, Vec<&ServiceRecord>> = BTreeMap::new();
    for record in &history.services {
        for set in &record.settings {
            let services = by_customer.entry(set.customer.as_deref()).or_default();
            if services.last().is_none_or(|last| last.name != record.name) {
                services.push(record);
            }
        }
    }
    by_customer
}

/// The first month in which a service names the customer.
fn first_month(record: &ServiceRecord, customer: Option<&str>) -> Option<Month> {
    let named = record.settings.iter().filter(|set| set.customer.as_deref() == customer);
    named.map(|set| set.month).min()
}

fn is_on_statement(
    history: &History,
    record: &ServiceRecord,
    customer: Option<&str>,
    month: Month,
) -> bool {
    let Some(set) = history.setting_in_force(&record.name, month) else { return false };
    let zone = || {
        let terms = history.terms_in_force(&set.terms, month);
        terms.and_then(|named| TimeZone::get(&named.terms.timezone).ok()).unwrap_or(TimeZone::UTC)
    };
    // What is set first holds for the months before as well; but nobody knows of those.
    set.customer.as_deref() == customer
        && set.month <= month
        && (record.presence.is_empty() || is_in_contract(record, month.bounds(&zone())))
}

/// C2.4: whether the service is in the contract at any instant of `month`.
fn is_in_contract(record: &ServiceRecord, month: Interval) -> bool {
    let begun = record.presence.partition_point(|entry| entry.from <= month.from);
    let at_start = match begun.checked_sub(1).map(|last| &record.presence[last]) {
        Some(latest) => latest.began,
        None => record.presence.first().is_none_or(|first| !first.began),
    };
    let enters = |entry: &&Presence| entry.began && month.contains(entry.from);
    at_start || record.presence[begun..].iter().any(|entry| enters(&entry))
}

/// Whether something was recorded after the statement that it should have shown.
fn is_outdated(
    history: &History,
    contracts: &mut Contracts,
    record: &ServiceRecord,
    made: &Statement,
) -> bool {
    let terms = contracts.of(history, &record.name, made.value.month).terms;
    let (month, used_seq) = (terms.bounds(), made.value.used_seq);
    let claims_count = terms.terms().counts == Counts::Claimed;
    let adjustments = record.adjustments.iter().map(|&place| &history.adjustments[place as usize]);
    let decided = adjustments.filter(|made| made.interval.overlaps(month)).any(|made| {
        let is_claimed_anew = claims_count && made.seq > used_seq;
        is_claimed_anew || made.decisions.last().is_some_and(|last| last.seq > used_seq)
    });
    let acknowledged = record
        .acknowledgements
        .iter()
        .any(|made| made.seq > used_seq && month.contains(made.opened));
    decided || acknowledged
}
