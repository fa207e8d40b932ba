//! What the facts say of one service's closes, claims, notifications and notices (C6.7, C7.5,
//! C10.6, C4.8).

use crate::claims::{ClaimRecord, Settled, Submitted};
use crate::fact::{Fact, Line};
use crate::history::History;
use crate::instant::Instant;
use crate::month::Month;
use crate::notices::Delivery;
use crate::notification::{Notifiable, ReportStage, Reported};
use crate::service_record::{Closed, Papers, insert_sorted};

impl Fact {
    /// The service among whose papers the fact belongs; none if it is about something else.
    pub(crate) fn paper_of(&self) -> Option<&str> {
        match self {
            Fact::MonthClosed(close) => Some(&close.service),
            Fact::ClaimSubmitted { service, .. }
            | Fact::ClaimSettled { service, .. }
            | Fact::IncidentNotifiable { service, .. }
            | Fact::IncidentReported { service, .. } => Some(service),
            Fact::NoticeDelivered { service, .. } => service.as_deref(),
            _ => None,
        }
    }
}

impl Papers {
    pub fn record(&mut self, line: &Line) {
        let (seq, at) = (line.seq, line.at);
        match &line.fact {
            Fact::MonthClosed(close) => {
                let closed = Closed { seq, at, close: close.clone() };
                insert_sorted(&mut self.closes, closed, |made| {
                    (made.close.month, made.close.revision, made.seq)
                });
            }
            // The first of each stands: a claim is submitted once, and settled once.
            Fact::ClaimSubmitted { month, by, reference, .. } => {
                let (by, reference) = (by.clone(), reference.clone());
                let submitted = Submitted { seq, at, by, reference };
                self.claim_mut(*month).submitted.get_or_insert(submitted);
            }
            Fact::ClaimSettled { month, amount, by, .. } => {
                let settled = Settled { seq, at, by: by.clone(), amount: amount.clone() };
                self.claim_mut(*month).settled.get_or_insert(settled);
            }
            Fact::IncidentNotifiable { opened, detected, by, .. } => {
                let (opened, detected, by) = (*opened, *detected, by.clone());
                let reports = Vec::new();
                let marked = Notifiable { seq, at, opened, detected, by, reports };
                insert_sorted(&mut self.notifiable, marked, |made| (made.opened, made.seq));
            }
            Fact::IncidentReported { opened, stage, reference, by, .. } => {
                let (reference, by) = (reference.clone(), by.clone());
                let reported = Reported { seq, at, stage: *stage, reference, by };
                let marked = self.notifiable.iter_mut().find(|marked| marked.opened == *opened);
                if let Some(marked) = marked {
                    insert_sorted(&mut marked.reports, reported, |made| made.seq);
                }
            }
            Fact::NoticeDelivered { .. } => Delivery::record(&mut self.deliveries, line),
            _ => {}
        }
    }

    fn claim_mut(&mut self, month: Month) -> &mut ClaimRecord {
        let place = self.claims.binary_search_by_key(&month, |(of, _)| *of);
        let place = place.unwrap_or_else(|place| {
            self.claims.insert(place, (month, ClaimRecord::default()));
            place
        });
        &mut self.claims[place].1
    }

    /// Drops what bears only on months before `month` and incidents before `at`, and closes that
    /// left nothing to claim. Kept are the last close, and marked incidents whose final report is not handed in.
    pub fn forget_before(&mut self, month: Month, at: Instant) {
        let last = self.closes.last().map(|made| made.seq);
        self.closes.retain(|made| is_claimable(made, month) || Some(made.seq) == last);
        self.claims.retain(|(of, _)| *of >= month);
        self.notifiable.retain(|marked| marked.opened >= at || !marked.is_done());
        self.deliveries.retain(|made| made.at >= at);
    }

    /// The lines that a segment repeats: what [`Papers::forget_before`] keeps.
    pub fn lines(&self, service: &str, month: Month, at: Instant) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut keep = |seq, at, fact| lines.push(Line { seq, at, fact });
        let last = self.closes.last().map(|made| made.seq);
        for made in &self.closes {
            if is_claimable(made, month) || Some(made.seq) == last {
                keep(made.seq, made.at, Fact::MonthClosed(made.close.clone()));
            }
        }
        for (of, claim) in self.claims.iter().filter(|(of, _)| *of >= month) {
            if let Some(made) = &claim.submitted {
                let (service, by) = (service.to_owned(), made.by.clone());
                let reference = made.reference.clone();
                let fact = Fact::ClaimSubmitted { service, month: *of, by, reference };
                keep(made.seq, made.at, fact);
            }
            if let Some(made) = &claim.settled {
                let (service, by) = (service.to_owned(), made.by.clone());
                let amount = made.amount.clone();
                keep(made.seq, made.at, Fact::ClaimSettled { service, month: *of, amount, by });
            }
        }
        for marked in self.notifiable.iter().filter(|it| it.opened >= at || !it.is_done()) {
            let (opened, detected) = (marked.opened, marked.detected);
            let (service, by) = (service.to_owned(), marked.by.clone());
            let fact = Fact::IncidentNotifiable { service: service.clone(), opened, detected, by };
            keep(marked.seq, marked.at, fact);
            for made in &marked.reports {
                let (service, by) = (service.clone(), made.by.clone());
                let (stage, reference) = (made.stage, made.reference.clone());
                let fact = Fact::IncidentReported { service, opened, stage, reference, by };
                keep(made.seq, made.at, fact);
            }
        }
        for made in self.deliveries.iter().filter(|made| made.at >= at) {
            lines.push(made.line(Some(service)));
        }
        lines
    }
}

/// Whether a close from `month` on left a reduction to claim.
fn is_claimable(made: &Closed, month: Month) -> bool {
    made.close.month >= month && made.close.figure.level > 0
}

impl Notifiable {
    /// Whether everything that is due was handed in.
    fn is_done(&self) -> bool {
        self.reports.iter().any(|made| made.stage == ReportStage::Final)
    }
}

impl History {
    /// The closes of a service's months, by month and revision (C6.7).
    pub fn closes(&self, service: &str) -> &[Closed] {
        self.record_of(service).map_or(&[], |record| &record.papers().closes)
    }

    /// The latest close of a service's month (C6.7).
    pub fn latest_close(&self, service: &str, month: Month) -> Option<&Closed> {
        self.closes(service).iter().rfind(|made| made.close.month == month)
    }

    /// What people recorded of the claim for a service's month (C7.5).
    pub fn claim(&self, service: &str, month: Month) -> ClaimRecord {
        let claims = self.record_of(service).map_or(&[][..], |record| &record.papers().claims);
        let found = claims.iter().find(|(of, _)| *of == month);
        found.map_or_else(ClaimRecord::default, |(_, claim)| claim.clone())
    }

    /// The months of a service of whose claims anything is recorded, in order of time.
    pub fn claimed_months(&self, service: &str) -> impl Iterator<Item = Month> {
        let claims = self.record_of(service).map_or(&[][..], |record| &record.papers().claims);
        claims.iter().map(|(month, _)| *month)
    }

    /// The incidents of a service that are marked as notifiable, by their opening (C10.6).
    pub fn notifiable(&self, service: &str) -> &[Notifiable] {
        self.record_of(service).map_or(&[], |record| &record.papers().notifiable)
    }

    /// The notices delivered about a service, in the order in which they were recorded.
    pub fn deliveries(&self, service: &str) -> &[Delivery] {
        self.record_of(service).map_or(&[], |record| &record.papers().deliveries)
    }
}
