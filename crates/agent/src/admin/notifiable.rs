//! Incidents notifiable under the cyber security act (NIS2): marked, and reported on (C10.6).

use contract::contracts::Contracts;
use contract::{Fact, History, Instant, MonthTerms, Notifiable, ReportStage};

use super::incidents::{Incidents, of_service};
use super::protocol::Reply;
use super::requests::{Refusal, Requests, known_service};
use super::rights::{Peer, may_operate};
use super::views::{NotifiableView, ReportedView, StageView};
use super::when::instant;

const REFERENCE_BYTES_MAX: usize = 200;

impl Requests {
    /// Marks an incident: its deadlines count from when it was detected.
    pub(super) async fn mark_notifiable(
        &self,
        peer: &Peer,
        service: &str,
        opened: Option<&str>,
        detected: Option<&str>,
    ) -> Result<Reply, Refusal> {
        may_operate(peer)?;
        let _turn = self.turn.lock().await;
        let now = self.clock.now().wall;
        let (opened, detected) = self.ledger.read(|history| {
            known_service(history, service)?;
            let found = of_service(history, &mut Contracts::default(), service, now);
            let incident = match opened {
                None => found.latest()?,
                Some(text) => found.opened(text)?,
            };
            if let Some(marked) = history.notifiable_of(service, incident, now) {
                return Err(format!(
                    "the incident that opened at {} is marked already, by {} at {}",
                    incident.opened, marked.by, marked.at
                ));
            }
            let detected = match detected {
                Some(text) => instant(text, Some(found.terms.zone()))?,
                None => history.detected_at(service, incident, now).unwrap_or(now),
            };
            if !(incident.opened..=now).contains(&detected) {
                return Err(format!(
                    "it was detected at {detected}, which is not between its opening at {} and now",
                    incident.opened
                ));
            }
            Ok((incident.opened, detected))
        })?;
        let (service, by) = (service.to_owned(), peer.account.clone());
        let fact = Fact::IncidentNotifiable { service: service.clone(), opened, detected, by };
        self.record(now, fact).await?;
        tracing::info!(service, %opened, %detected, by = peer.account, "incident notifiable");
        self.shown_notifiable(&service, opened, now)
    }

    /// Records that something was handed in.
    pub(super) async fn reported(
        &self,
        peer: &Peer,
        service: &str,
        opened: Option<&str>,
        stage: ReportStage,
        reference: Option<String>,
    ) -> Result<Reply, Refusal> {
        may_operate(peer)?;
        if reference.as_ref().is_some_and(|text| text.len() > REFERENCE_BYTES_MAX) {
            return Err(format!("give a reference of at most {REFERENCE_BYTES_MAX} bytes"));
        }
        let _turn = self.turn.lock().await;
        let now = self.clock.now().wall;
        let opened = self.ledger.read(|history| {
            known_service(history, service)?;
            let marked = marked(history, service, opened, stage, now)?;
            match marked.reported(stage) {
                Some(made) => Err(format!(
                    "{} is recorded already as handed in, by {} at {}",
                    stage.as_str(),
                    made.by,
                    made.at
                )),
                None => Ok(marked.opened),
            }
        })?;
        let (service, by) = (service.to_owned(), peer.account.clone());
        let fact =
            Fact::IncidentReported { service: service.clone(), opened, stage, reference, by };
        self.record(now, fact).await?;
        tracing::info!(service, %opened, stage = stage.as_str(), by = peer.account, "incident reported");
        self.shown_notifiable(&service, opened, now)
    }

    fn shown_notifiable(
        &self,
        service: &str,
        opened: Instant,
        now: Instant,
    ) -> Result<Reply, Refusal> {
        self.ledger.read(|history| {
            let terms = Contracts::default().running(history, service, now).terms;
            let marked = history.notifiable(service).iter().find(|marked| marked.opened == opened);
            let notifiable = marked.map(|marked| view(service, &terms, marked));
            let notifiable = notifiable.ok_or("it is on record, and cannot be shown")?;
            Ok(Reply::Notifiable { notifiable })
        })
    }
}

/// The mark that is meant: by its incident's opening, otherwise the latest that waits for `stage`.
fn marked<'a>(
    history: &'a History,
    service: &str,
    opened: Option<&str>,
    stage: ReportStage,
    now: Instant,
) -> Result<&'a Notifiable, Refusal> {
    let all = history.notifiable(service);
    let none = || {
        format!(
            "no incident of {service} is marked as notifiable and waits for this; see `upptid \
             incident list --service {service}`"
        )
    };
    let Some(text) = opened else {
        return all.iter().rfind(|marked| marked.reported(stage).is_none()).ok_or_else(none);
    };
    let found = of_service(history, &mut Contracts::default(), service, now);
    let opened = instant(text, Some(found.terms.zone()))?;
    let incident = found.incidents.iter().find(|incident| incident.opened == opened);
    // An earlier one is known by its mark alone.
    incident
        .and_then(|incident| history.notifiable_of(service, incident, now))
        .or_else(|| all.iter().find(|marked| marked.opened == opened))
        .ok_or_else(none)
}

impl Incidents {
    /// Marked incidents that are too old to be listed, and wait for a report.
    pub(super) fn marked_before(&self, history: &History) -> Vec<NotifiableView> {
        let first_listed = self.terms.month().prev().start(self.terms.zone());
        let waits = |marked: &&Notifiable| marked.reported(ReportStage::Final).is_none();
        let is_listed = |marked: &&Notifiable| {
            let spans = self.incidents.iter().map(|incident| incident.span(self.now));
            marked.opened >= first_listed || spans.into_iter().any(|it| it.contains(marked.opened))
        };
        let all = history.notifiable(&self.service).iter();
        all.filter(|marked| waits(marked) && !is_listed(marked))
            .map(|marked| view(&self.service, &self.terms, marked))
            .collect()
    }
}

/// What is due of a marked incident.
pub(super) fn view(service: &str, terms: &MonthTerms, marked: &Notifiable) -> NotifiableView {
    let stages = ReportStage::ALL.map(|stage| StageView {
        stage,
        deadline: stage.deadline(marked.detected, terms.zone()),
        reported: marked.reported(stage).map(|made| ReportedView {
            at: made.at,
            by: made.by.clone(),
            reference: made.reference.clone(),
        }),
    });
    NotifiableView {
        service: service.to_owned(),
        timezone: terms.terms().timezone.to_string(),
        opened: marked.opened,
        detected: marked.detected,
        by: marked.by.clone(),
        stages: stages.to_vec(),
    }
}
