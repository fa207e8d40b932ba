//! Notices that somebody has still to be told: what the facts call for, minus what was delivered
//! (C4.8, C9.5).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::contracts::Contracts;
use crate::fact::AdjustmentKind;
use crate::figure::{Reach, month_figure};
use crate::history::History;
use crate::incidents::{INCIDENT_GAP_MS, Incident};
use crate::instant::Instant;
use crate::month::Month;
use crate::notices::{MAIL, NoticeKind, PROVIDER, WEBHOOK, contacts_told};
use crate::service_record::{ServiceRecord, StoredState};

/// Nothing that happened longer ago is told: a first start over an old journal makes no storm.
pub const NOTICE_AGE_MS_MAX: i64 = 7 * 86_400_000;

/// Notices that are due at once; the newest wait until the oldest are delivered.
pub const DUE_MAX: usize = 50_000;

/// Whom the configuration can reach, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reachable {
    /// The contacts that can be mailed, by id, and the services that each is told about.
    pub contacts: BTreeMap<String, BTreeSet<String>>,
    /// Whether the provider's address for fault reports can be mailed.
    pub provider: bool,
    /// The webhooks by name, and what each is told.
    pub webhooks: BTreeMap<String, BTreeSet<NoticeKind>>,
    /// The contacts that are mailed about alerts, by id.
    pub on_call: BTreeSet<String>,
}

/// One notice that one recipient has still to be given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct DueNotice {
    /// When that happened of which it tells: the oldest come first.
    pub since: Instant,
    /// What it says.
    pub notice: NoticeKind,
    /// The service that it is about; none if it is about the agent itself.
    pub service: Option<String>,
    /// About what: a stop's id, an incident's opening, a statement's month and revision, an alert's
    /// name and since when it holds.
    pub about: String,
    /// To whom: a contact's id, [`PROVIDER`], or [`WEBHOOK`].
    pub contact: String,
    /// By which channel: [`MAIL`], or a webhook's name.
    pub channel: String,
}

/// The notices that are due at `now`, in the order in which they are to be sent. `decided` says up
/// to when a service's states are decided (C3.9); beyond it nothing is told.
pub fn due(
    history: &History,
    contracts: &mut Contracts,
    reachable: &Reachable,
    decided: impl Fn(&str) -> Option<Instant>,
    now: Instant,
) -> Vec<DueNotice> {
    let mut due = Vec::new();
    let horizon = now.plus_ms(-NOTICE_AGE_MS_MAX);
    for record in &history.services {
        let mut service = OfService { history, record, reachable, horizon, due: Vec::new() };
        service.stops();
        if let Some(decided) = decided(&record.name) {
            service.incidents(contracts, decided);
        }
        service.statements();
        due.append(&mut service.undelivered());
    }
    due.sort_unstable();
    due.truncate(DUE_MAX);
    due
}

/// What is due about one service.
struct OfService<'a> {
    history: &'a History,
    record: &'a ServiceRecord,
    reachable: &'a Reachable,
    /// Nothing from before is told.
    horizon: Instant,
    due: Vec<DueNotice>,
}

impl OfService<'_> {
    /// C4.8: those who were contacts when the stop was announced are told of it, and of its end.
    fn stops(&mut self) {
        let history = self.history;
        for &place in &self.record.stops {
            let stop = &history.stops[place as usize];
            let contacts = contacts_told(history, &self.record.name, |set| set.seq < stop.seq);
            let announced = (NoticeKind::StopAnnounced, stop.announced_at);
            let cancelled =
                stop.cancelled.as_ref().map(|made| (NoticeKind::StopCancelled, made.at));
            for (notice, since) in [Some(announced), cancelled].into_iter().flatten() {
                self.tell(notice, since, &stop.id, contacts);
            }
        }
    }

    /// C9.5: the provider is sent a fault report, and those are told who were contacts when the
    /// incident opened. It is over once nothing more can belong to it (C9.1).
    fn incidents(&mut self, contracts: &mut Contracts, decided: Instant) {
        if !self.had_downtime() {
            return;
        }
        for incident in self.incidents_until(contracts, decided) {
            let opened = incident.opened;
            let about = opened.to_string();
            let contacts = contacts_told(self.history, &self.record.name, |set| set.at <= opened);
            self.tell(NoticeKind::FaultReport, opened, &about, &[]);
            self.tell(NoticeKind::IncidentOpened, opened, &about, contacts);
            let is_over = |closed: &Instant| decided.since(*closed) >= INCIDENT_GAP_MS;
            if let Some(closed) = incident.closed.filter(is_over) {
                self.tell(NoticeKind::IncidentClosed, closed, &about, contacts);
            }
        }
    }

    /// The contacts of a customer's services are told that the month's statement is made.
    fn statements(&mut self) {
        let history = self.history;
        let horizon = self.horizon;
        for made in history.statements().iter().filter(|made| made.at >= horizon) {
            let (month, revision) = (made.value.month, made.value.revision);
            let setting = history.setting_in_force(&self.record.name, month);
            let is_customers = setting.is_some_and(|set| set.customer == made.value.customer);
            let was_closed = || {
                let closes = history.closes(&self.record.name).iter();
                closes.clone().any(|it| it.close.month == month && it.close.revision <= revision)
            };
            if is_customers && was_closed() {
                let contacts = contacts_told(history, &self.record.name, |set| set.at <= made.at);
                let about = statement_about(month, revision);
                self.tell(NoticeKind::Statement, made.at, &about, contacts);
            }
        }
    }

    /// Adds a notice for each who is to be told of it and can be reached.
    fn tell(&mut self, notice: NoticeKind, since: Instant, about: &str, contacts: &[String]) {
        if since < self.horizon {
            return;
        }
        let service = &*self.record.name;
        let mut add = |contact: &str, channel: &str| {
            self.due.push(DueNotice {
                since,
                notice,
                service: Some(service.to_owned()),
                about: about.to_owned(),
                contact: contact.to_owned(),
                channel: channel.to_owned(),
            });
        };
        let is_providers = matches!(notice, NoticeKind::FaultReport | NoticeKind::IncidentClosed);
        if is_providers && self.reachable.provider {
            add(PROVIDER, MAIL);
        }
        for contact in contacts {
            let told = self.reachable.contacts.get(contact);
            if told.is_some_and(|services| services.contains(service)) {
                add(contact, MAIL);
            }
        }
        for (webhook, kinds) in &self.reachable.webhooks {
            if kinds.contains(&notice) {
                add(WEBHOOK, webhook);
            }
        }
    }

    /// What is due, without what was delivered.
    fn undelivered(self) -> Vec<DueNotice> {
        let mut due = self.due;
        if due.is_empty() {
            return due;
        }
        // A notice is delivered after that happened of which it tells.
        let newest = self.record.papers().deliveries.iter().rev();
        let delivered: HashSet<_> = newest
            .take_while(|made| made.at >= self.horizon)
            .map(|made| (made.notice, &*made.about, &*made.contact, &*made.channel))
            .collect();
        due.retain(|it| !delivered.contains(&(it.notice, &it.about, &it.contact, &it.channel)));
        due
    }

    /// Whether the service can have been down since the horizon.
    fn had_downtime(&self) -> bool {
        let changes = &self.record.changes;
        let begun = changes.partition_point(|change| change.from <= self.horizon);
        let recent = &changes[begun.saturating_sub(1)..];
        let adjustments = self.record.adjustments.iter();
        recent.iter().any(|change| matches!(change.state, StoredState::Down(_)))
            || adjustments.map(|&place| &self.history.adjustments[place as usize]).any(|made| {
                made.kind == AdjustmentKind::Include && made.interval.until >= self.horizon
            })
    }

    /// The incidents of the months since the horizon, by their opening, as of `decided`.
    fn incidents_until(&self, contracts: &mut Contracts, decided: Instant) -> Vec<Incident> {
        let service = &*self.record.name;
        let first = contracts.running(self.history, service, self.horizon).terms.month();
        let last = contracts.running(self.history, service, decided).terms.month();
        let mut incidents: BTreeMap<Instant, Incident> = BTreeMap::new();
        let mut month = first;
        while month <= last {
            let contract = contracts.of(self.history, service, month);
            let contract = contract.as_service_contract();
            let figure = month_figure(self.history, service, &contract, Reach::running(decided));
            // One that touches both months is in both; the later one sees more of it.
            incidents.extend(figure.incidents.into_iter().map(|it| (it.opened, it)));
            month = month.next();
        }
        incidents.into_values().collect()
    }
}

/// What a statement's notice is about: `2026-10/0`, the month and the revision.
pub fn statement_about(month: Month, revision: u32) -> String {
    format!("{month}/{revision}")
}

/// The month and the revision that a statement's notice is about; none if it is about neither.
pub fn statement_of(about: &str) -> Option<(Month, u32)> {
    let (month, revision) = about.split_once('/')?;
    Some((month.parse().ok()?, revision.parse().ok()?))
}
