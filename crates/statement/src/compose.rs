//! The month's document, out of the facts alone (C6.7).

use std::collections::BTreeMap;

use contract::fact::Ground;
use contract::{
    ClosedFigure, ContractInForce, Contracts, DownClass, Figure, History, Incident, Instant, Money,
    Month, MonthTerms, Outage, Reach, ReportStage, SignedStatement, StopFigure, Terms,
    month_figure, services_by_customer, services_of, stop_notice,
};
use sha2::{Digest, Sha256};

use crate::document::{
    AdjustmentEntry, DamageEntry, Document, FORMAT, IncidentEntry, LedgerPosition, OutageClass,
    OutageEntry, PreviousFigure, ReportEntry, ServiceSection, Status, StopEntry,
};
use crate::hex;

/// How long before a month's start evidence is shown that bears on the month. All of it is in the
/// journal's segments from the UTC month before on, whatever the time zone: a statement is the same
/// whether it is made from those or from the whole journal.
const EVIDENCE_BEFORE_MS: i64 = 27 * 86_400_000;

/// Which document is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked<'a> {
    /// The customer; none for the services that name none.
    pub customer: Option<&'a str>,
    /// The local month.
    pub month: Month,
    /// 0 for the close; a correction after it makes 1, 2, … (C6.7).
    pub revision: u32,
    /// Whether the month is closed by it.
    pub status: Status,
    /// When it is made; of a provisional one, up to when the month has elapsed.
    pub issued_at: Instant,
    /// The last line that the history holds.
    pub ledger: LedgerPosition,
}

impl<'a> Asked<'a> {
    /// The document of a statement that is signed, or about to be.
    pub fn signed(made: &'a SignedStatement) -> Self {
        Asked {
            customer: made.customer.as_deref(),
            month: made.month,
            revision: made.revision,
            status: Status::Closed,
            issued_at: made.issued_at,
            ledger: LedgerPosition { seq: made.used_seq, hash: made.used_hash.clone() },
        }
    }

    /// The running month, as far as all is decided (C3.9). None if nothing is known.
    pub fn provisional(
        history: &History,
        customer: Option<&'a str>,
        month: Month,
        ledger: LedgerPosition,
    ) -> Option<Self> {
        let issued_at = history.last_known_of(services_of(history, customer, month))?;
        let status = Status::Provisional;
        Some(Asked { customer, month, revision: 0, status, issued_at, ledger })
    }
}

/// The customers of whose services something is known in `month`, in the order of their names. None
/// stands for the services that name no customer.
pub fn customers_of(history: &History, month: Month) -> Vec<Option<String>> {
    let mut contracts = Contracts::default();
    let mut has_begun = |services: &[&str]| {
        let known_until = history.last_known_of(services.iter().copied());
        services.iter().any(|service| {
            let starts = contracts.of(history, service, month).terms.bounds().from;
            known_until.is_some_and(|until| until > starts)
        })
    };
    let customers = services_by_customer(history, month).into_iter();
    customers
        .filter(|(_, services)| has_begun(services))
        .map(|(customer, _)| customer.map(str::to_owned))
        .collect()
}

/// Composes a document from what `history` holds: its lines up to `asked.ledger`, from the start of
/// any segment that was begun no later than the UTC month before the asked one.
///
/// None where the customer has no service in the month of which anything is known, or where the
/// month is to be closed and not everything in it is decided (C6.7). Lines that name another
/// customer's services change nothing, so that an export without them gives the same bytes.
pub fn compose(history: &History, asked: &Asked<'_>) -> Option<Document> {
    let mut contracts = Contracts::default();
    let services = services_of(history, asked.customer, asked.month);
    let known_until = history.last_known_of(services.iter().copied())?;
    let as_of = match asked.status {
        Status::Closed => None,
        Status::Provisional => Some(asked.issued_at),
    };
    let reach = Reach { as_of, known_until };
    let mut sections = Vec::new();
    for service in services {
        let contract = contracts.of(history, service, asked.month);
        let month = contract.terms.bounds();
        if asked.status == Status::Closed && known_until < month.until {
            return None;
        }
        if known_until > month.from {
            sections.push(section(history, asked, service, &contract, reach));
        }
    }
    if sections.is_empty() {
        return None;
    }
    let provider = history.provider();
    Some(Document {
        format: FORMAT,
        month: asked.month,
        status: asked.status,
        revision: asked.revision,
        issued_at: asked.issued_at,
        classification: provider.classification,
        provider: provider.name,
        customer: asked.customer.map(str::to_owned),
        vantage: history.vantage().cloned().unwrap_or_default(),
        ledger: asked.ledger.clone(),
        reductions: Money::sums(sections.iter().filter_map(|it| it.figure.reduction.as_ref())),
        services: sections,
    })
}

/// The SHA-256 of terms, in hex, as a month's close and its statement name it.
pub fn terms_sha256(terms: &Terms) -> String {
    let bytes = serde_json::to_vec(terms).expect("terms have string keys and write to memory");
    hex::encode(&Sha256::digest(bytes))
}

fn section(
    history: &History,
    asked: &Asked<'_>,
    service: &str,
    contract: &ContractInForce,
    reach: Reach,
) -> ServiceSection {
    let figure = month_figure(history, service, &contract.as_service_contract(), reach);
    let terms = &contract.terms;
    let setting = history.setting_in_force(service, asked.month);
    let name = setting.map_or("", |setting| setting.terms.as_str());
    let claim = history.claim(service, asked.month);
    let state = |deadline| claim.state(deadline, terms.zone(), asked.issued_at);
    ServiceSection {
        service: service.to_owned(),
        from: terms.bounds().from,
        until: terms.bounds().until,
        complete: figure.complete,
        elapsed_ms: figure.elapsed_ms,
        budget_ms: figure.budget_ms,
        figure: ClosedFigure::new(&figure, name, &terms_sha256(terms.terms())),
        terms: terms.terms().clone(),
        excluded_by_ground_ms: without_zeros(figure.excluded_by_ground_ms.iter()),
        unmeasured_by_cause_ms: without_zeros(figure.unmeasured_by_cause_ms.iter()),
        responsible_ms: without_zeros(figure.responsible_ms().iter()),
        outages: figure.outages.iter().map(|it| outage(history, &figure, terms, it)).collect(),
        stops: figure.stops.iter().filter_map(|it| stop(history, &figure, terms, it)).collect(),
        adjustments: adjustments(history, service, terms),
        incidents: figure
            .incidents
            .iter()
            .map(|it| incident(history, &figure, terms, it, asked.issued_at))
            .collect(),
        claim: figure.claim_deadline.map(state),
        previous: previous(history, service, asked),
        ledger_damage: history
            .chain_damage_in(terms.bounds())
            .map(|damage| DamageEntry { from: damage.lost.from, until: damage.lost.until })
            .collect(),
    }
}

fn without_zeros<T: Ord>(sums_ms: impl Iterator<Item = (T, i64)>) -> BTreeMap<T, i64> {
    sums_ms.filter(|(_, ms)| *ms != 0).collect()
}

fn outage(history: &History, figure: &Figure, terms: &MonthTerms, outage: &Outage) -> OutageEntry {
    let (class, ground) = match outage.class {
        DownClass::Lost => (OutageClass::Lost, None),
        DownClass::Planned => (OutageClass::Planned, None),
        DownClass::Excluded(ground) => (OutageClass::Excluded, Some(ground)),
    };
    let shown_from = terms.bounds().from.plus_ms(-EVIDENCE_BEFORE_MS);
    let seen = history.evidence_at(&figure.service, outage.from);
    // C5.2: what was measured is no evidence of what a customer reported.
    let was_measured = *outage.cause != *Ground::FaultReport.as_str();
    let seen = seen.filter(|(from, _)| was_measured && *from >= shown_from);
    OutageEntry {
        from: outage.from,
        until: outage.until,
        ms: outage.until.since(outage.from),
        cause: outage.cause.to_string(),
        class,
        ground,
        responsible: outage.class.responsible(),
        evidence: seen.map(|(_, evidence)| evidence.clone()),
    }
}

fn stop(
    history: &History,
    figure: &Figure,
    terms: &MonthTerms,
    judged: &StopFigure,
) -> Option<StopEntry> {
    let stop = history.stop(&judged.id)?;
    Some(StopEntry {
        id: stop.id.clone(),
        from: stop.window.from,
        until: stop.window.until,
        announced_at: stop.announced_at,
        cancelled_at: stop.cancelled.as_ref().map(|cancelled| cancelled.at),
        reason: stop.reason.clone(),
        agreed: stop.agreed.clone(),
        verdict: judged.verdict,
        in_office_hours: judged.in_office_hours,
        notice: stop_notice(history, stop, &figure.service, terms.resolved()),
    })
}

fn adjustments(history: &History, service: &str, terms: &MonthTerms) -> Vec<AdjustmentEntry> {
    let of_service = history.adjustments().iter().filter(|made| made.service == service);
    let mut touching: Vec<_> =
        of_service.filter(|made| made.interval.overlaps(terms.bounds())).collect();
    touching.sort_by_key(|made| made.seq);
    let entry = |made: &contract::Adjustment| AdjustmentEntry {
        id: made.id.clone(),
        kind: made.kind,
        from: made.interval.from,
        until: made.interval.until,
        ground: made.ground,
        evidence: made.evidence.clone(),
        claimed_at: made.claimed_at,
        decision: made.standing(),
        decided_at: made.decisions.last().map(|decided| decided.at),
        counts: made.counts(terms.terms().counts),
    };
    touching.into_iter().map(entry).collect()
}

fn incident(
    history: &History,
    figure: &Figure,
    terms: &MonthTerms,
    incident: &Incident,
    now: Instant,
) -> IncidentEntry {
    let marked = history.notifiable_of(&figure.service, incident, now);
    // C10.6.
    let reports = marked.into_iter().flat_map(|marked| {
        ReportStage::ALL.map(|stage| ReportEntry {
            stage,
            deadline: stage.deadline(marked.detected, terms.zone()),
            reported_at: marked.reported(stage).map(|made| made.at),
        })
    });
    IncidentEntry {
        opened: incident.opened,
        closed: incident.closed,
        lost_ms: incident.lost_ms,
        response_deadline: incident.response_deadline,
        acknowledged: incident.acknowledged,
        response: incident.response,
        notifiable: reports.collect(),
    }
}

/// C6.7: both figures are shown.
fn previous(history: &History, service: &str, asked: &Asked<'_>) -> Option<PreviousFigure> {
    let closes = history.closes(service).iter().map(|made| (made.at, &made.close));
    let mut earlier =
        closes.filter(|(_, close)| close.month == asked.month && close.revision < asked.revision);
    earlier.next_back().map(|(closed_at, close)| PreviousFigure {
        revision: close.revision,
        closed_at,
        figure: close.figure.clone(),
    })
}
