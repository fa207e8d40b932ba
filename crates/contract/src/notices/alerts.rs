//! Alerts that are told directly, because nobody else tells them (C8.2): what holds, minus what was
//! delivered.
//!
//! An episode of an alert is told to each recipient once, and its end to whom it was told. What a
//! delivery on record is about decides which episode it was, so that nothing else has to be kept.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::alerts::{Alert, End, Episode, Ladder, Severity, episodes};
use crate::contracts::Contracts;
use crate::history::History;
use crate::instant::Instant;
use crate::notices::{Delivery, DueNotice, MAIL, NoticeKind, Reachable, WEBHOOK};
use crate::service_record::ServiceRecord;

/// What ended longer ago before it was told, is told no more.
pub const ALERT_AGE_MS_MAX: i64 = 86_400_000;

/// What the agent knows of direct alerts beside the facts.
#[derive(Clone, Copy, Debug)]
pub struct Direct<'a> {
    /// What holds at or after this instant is told; none while Prometheus tells it.
    pub from: Option<Instant>,
    /// The mildest that is told.
    pub least: Severity,
    /// What holds of the agent itself.
    pub own: &'a [Episode],
    /// Of the agent itself, what does not hold now and may not be over.
    pub in_doubt: &'a BTreeSet<Alert>,
    /// What went out and may not be on record yet.
    pub sent: &'a HashSet<DueNotice>,
}

/// The alerts, and ends of alerts, that are due at `now`. `decided` says up to when a service's
/// states are decided (C3.9); none if it is not measured any more.
pub fn alerts_due(
    history: &History,
    contracts: &mut Contracts,
    reachable: &Reachable,
    direct: &Direct<'_>,
    decided: impl Fn(&str) -> Option<Instant>,
    now: Instant,
) -> Vec<DueNotice> {
    let sent: HashSet<&str> = direct.sent.iter().filter_map(|it| it.service.as_deref()).collect();
    let mut due = Vec::new();
    for record in &history.services {
        let told = Told::of(&record.papers().deliveries);
        let is_quiet = direct.from.is_none() && !sent.contains(&*record.name);
        if is_quiet && told.open().next().is_none() {
            continue;
        }
        let decided = decided(&record.name);
        let episodes = decided.map(|decided| episodes(history, contracts, &record.name, decided));
        let mut episodes = episodes.unwrap_or_default();
        told.settle(&mut episodes, &BTreeSet::new());
        let telling = Telling { reachable, direct, service: Some(&record.name), told, now };
        for episode in episodes {
            let from = match episode.alert.is_explained_by_a_stop() {
                true => after_stops(history, record, episode.since),
                false => episode.since,
            };
            telling.tell(&episode, from, &mut due);
        }
    }
    let told = Told::of(history.deliveries_about_the_agent());
    let mut episodes = direct.own.to_vec();
    told.settle(&mut episodes, direct.in_doubt);
    let telling = Telling { reachable, direct, service: None, told, now };
    episodes.iter().for_each(|episode| telling.tell(episode, episode.since, &mut due));
    due
}

/// The end of the announced stops that go on at `since`, one after the other.
fn after_stops(history: &History, record: &ServiceRecord, since: Instant) -> Instant {
    let stops = record.stops.iter().map(|&place| &history.stops[place as usize]);
    let mut windows: Vec<_> =
        stops.filter(|stop| !stop.is_withdrawn()).map(|stop| stop.effective_window()).collect();
    windows.sort_unstable_by_key(|window| window.from);
    windows.iter().fold(since, |since, window| match window.contains(since) {
        true => window.until,
        false => since,
    })
}

/// The alerts among the deliveries about one thing.
struct Told<'a> {
    /// Each by the notice's kind and what it is about, and to whom it went by which channel.
    deliveries: HashSet<(NoticeKind, &'a str, &'a str, &'a str)>,
    /// What was told last of each ladder, and when.
    last: BTreeMap<Ladder, (Alert, Instant, &'a Delivery)>,
    resolved: HashSet<&'a str>,
}

impl<'a> Told<'a> {
    fn of(deliveries: &'a [Delivery]) -> Self {
        let mut told =
            Told { deliveries: HashSet::new(), last: BTreeMap::new(), resolved: HashSet::new() };
        for made in deliveries.iter().filter(|made| made.notice.is_alert()) {
            let key = (made.notice, &*made.about, &*made.contact, &*made.channel);
            told.deliveries.insert(key);
            let Some((alert, since)) = Alert::of(&made.about) else { continue };
            if made.notice == NoticeKind::AlertResolved {
                told.resolved.insert(&made.about);
                continue;
            }
            let last = told.last.entry(alert.ladder()).or_insert((alert, since, made));
            // Of several deliveries about one episode the first.
            if last.2.about != made.about {
                *last = (alert, since, made);
            }
        }
        told
    }

    /// What was told and, so far as is on record, goes on.
    fn open(&self) -> impl Iterator<Item = &(Alert, Instant, &'a Delivery)> {
        self.last.values().filter(|(_, _, made)| !self.resolved.contains(&*made.about))
    }

    /// Finds what was told among what the facts give now. A correction may have moved the beginning
    /// of what holds: it is still what was told. What is not there any more is over.
    fn settle(&self, episodes: &mut Vec<Episode>, in_doubt: &BTreeSet<Alert>) {
        for &(alert, since, made) in self.open() {
            if episodes.iter().any(|it| (it.alert, it.since) == (alert, since)) {
                continue;
            }
            let is_new = |it: &&mut Episode| {
                let about = it.alert.about(it.since);
                it.alert == alert
                    && it.end.is_none_or(|end| end.at() > made.at)
                    && !self.deliveries.iter().any(|(_, told, _, _)| *told == about)
            };
            if let Some(same) = episodes.iter_mut().rev().find(is_new) {
                same.since = since;
            } else if !in_doubt.contains(&alert) {
                episodes.push(Episode { since, alert, end: Some(End::Over(made.at)) });
            }
        }
    }
}

/// Telling of one service's alerts, or of the agent's own.
struct Telling<'a> {
    reachable: &'a Reachable,
    direct: &'a Direct<'a>,
    service: Option<&'a str>,
    told: Told<'a>,
    now: Instant,
}

impl Telling<'_> {
    /// Adds what is due of an episode that is news `from` some instant on.
    fn tell(&self, episode: &Episode, from: Instant, due: &mut Vec<DueNotice>) {
        let about = episode.alert.about(episode.since);
        for (contact, channel, kinds) in self.recipients() {
            let notice = |notice, since| DueNotice {
                since,
                notice,
                service: self.service.map(str::to_owned),
                about: about.clone(),
                contact: contact.to_owned(),
                channel: channel.to_owned(),
            };
            let on_record =
                |notice| self.told.deliveries.contains(&(notice, &*about, contact, channel));
            let mut is_told = on_record(NoticeKind::Alert);
            let alert = notice(NoticeKind::Alert, from);
            let is_due = self.is_news(episode, from) && kinds.contains(&NoticeKind::Alert);
            if !is_told && (is_due || self.direct.sent.contains(&alert)) {
                due.push(alert);
                is_told = true;
            }
            let Some(End::Over(at)) = episode.end else { continue };
            let takes = kinds.contains(&NoticeKind::AlertResolved);
            if is_told && takes && !on_record(NoticeKind::AlertResolved) {
                due.push(notice(NoticeKind::AlertResolved, at.max(from)));
            }
        }
    }

    /// Whether the episode holds, or held, while nobody else tells it.
    fn is_news(&self, episode: &Episode, from: Instant) -> bool {
        let Some(direct) = self.direct.from else { return false };
        let direct = direct.max(self.now.plus_ms(-ALERT_AGE_MS_MAX));
        let is_lasting = match episode.end {
            None => true,
            Some(End::Over(at)) => at > direct.max(from),
            Some(End::Worse(_)) => false,
        };
        episode.alert.severity() >= self.direct.least && from <= self.now && is_lasting
    }

    /// Who is told of alerts: by which id and channel, and of what.
    fn recipients(&self) -> impl Iterator<Item = (&str, &str, &BTreeSet<NoticeKind>)> {
        static BY_MAIL: std::sync::LazyLock<BTreeSet<NoticeKind>> =
            std::sync::LazyLock::new(|| [NoticeKind::Alert, NoticeKind::AlertResolved].into());
        let mailed = self.reachable.on_call.iter().map(|id| (id.as_str(), MAIL, &*BY_MAIL));
        let webhooks = self.reachable.webhooks.iter();
        mailed.chain(webhooks.map(|(name, kinds)| (WEBHOOK, name.as_str(), kinds)))
    }
}
