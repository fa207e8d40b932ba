//! A statement as CSV (RFC 4180, UTF-8), for a spreadsheet: one row for each thing that it says.
//!
//! The columns are always the same, and every row names customer and month, so that statements can
//! be put below one another. It is the same in every language; numbers have a decimal point.

use ::csv::{Terminator, WriterBuilder};
use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{ClosedFigure, Instant, Money};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::document::{Document, OutageClass, OutageEntry, ServiceSection, Status};
use crate::flaw::{Flaw, first_difference};

const MINUTE_MS: i64 = 60_000;

/// One row. The names are the columns' headers.
#[derive(Clone, Default, Serialize)]
struct Row<'a> {
    /// `figure`, `previous_figure`, `time`, `outage`, `stop`, `adjustment` or `incident`.
    kind: &'static str,
    #[serde(serialize_with = "guarded")]
    customer: &'a str,
    #[serde(serialize_with = "guarded")]
    service: &'a str,
    month: String,
    revision: u32,
    /// `closed` or `provisional`.
    status: &'static str,
    /// Of a stop or an adjustment.
    #[serde(serialize_with = "guarded")]
    id: &'a str,
    /// In the service's local time, as spreadsheets read it.
    from_local: String,
    until_local: String,
    from_utc: String,
    until_utc: String,
    /// What became of the time: `lost`, `planned`, …; F is `counted`.
    class: &'static str,
    #[serde(serialize_with = "guarded")]
    cause: &'a str,
    ground: &'static str,
    responsible: &'static str,
    /// Of a stop, the verdict; of an adjustment, the decision; of an incident, the response; of a
    /// figure, the state of the claim.
    verdict: &'static str,
    /// Cut down to four decimals, like a percentage (C6.4).
    minutes: String,
    ms: Option<i64>,
    availability_percent: String,
    availability_lower_bound_percent: String,
    target_percent: String,
    level: Option<usize>,
    reduction_percent: String,
    monthly_fee: Option<Decimal>,
    reduction: Option<Decimal>,
    currency: &'a str,
    claim_deadline: String,
    /// What was seen, why it stops, what shows it.
    #[serde(serialize_with = "guarded")]
    note: &'a str,
    #[serde(serialize_with = "guarded")]
    classification: &'a str,
    ledger_seq: u64,
    ledger_hash: &'a str,
}

/// The whole file.
pub fn render(document: &Document) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in document.services.iter().flat_map(|section| rows(document, section)) {
        writer.serialize(row).expect("a row of cells writes to memory");
    }
    let bytes = writer.into_inner().expect("memory takes what is written");
    String::from_utf8(bytes).expect("cells are text")
}

/// Checks that `text` is the document's file, to the byte.
///
/// # Errors
/// The first line that is not.
pub fn check(text: &str, document: &Document) -> Result<(), Flaw> {
    let expected = render(document);
    if text == expected { Ok(()) } else { Err(first_difference(text, &expected)) }
}

fn rows<'a>(document: &'a Document, section: &'a ServiceSection) -> Vec<Row<'a>> {
    let base = Row {
        customer: document.customer.as_deref().unwrap_or_default(),
        service: &section.service,
        month: document.month.to_string(),
        revision: document.revision,
        status: match document.status {
            Status::Closed => "closed",
            Status::Provisional => "provisional",
        },
        classification: &document.classification,
        ledger_seq: document.ledger.seq,
        ledger_hash: &document.ledger.hash,
        ..Row::default()
    };
    let base =
        RowsOf { base, zone: TimeZone::get(&section.terms.timezone).unwrap_or(TimeZone::UTC) };
    let mut rows = vec![base.figure(section)];
    rows.extend(section.previous.iter().map(|previous| Row {
        kind: "previous_figure",
        revision: previous.revision,
        verdict: "",
        ..base.of_figure(section, &previous.figure)
    }));
    rows.extend(base.times(section));
    rows.extend(section.outages.iter().map(|outage| base.outage(outage)));
    rows.extend(section.stops.iter().map(|stop| Row {
        kind: "stop",
        id: &stop.id,
        verdict: stop.verdict.as_str(),
        note: &stop.reason,
        ..base.between(stop.from, stop.until)
    }));
    rows.extend(section.adjustments.iter().map(|made| Row {
        kind: "adjustment",
        id: &made.id,
        class: match made.kind {
            AdjustmentKind::Exclude => "exclude",
            AdjustmentKind::Include => "include",
        },
        ground: made.ground.as_str(),
        responsible: made.ground.responsible().as_str(),
        verdict: match made.decision {
            Some(Decision::Accepted) => "accepted",
            Some(Decision::Rejected) => "rejected",
            None => "undecided",
        },
        note: &made.evidence,
        ..base.between(made.from, made.until)
    }));
    rows.extend(section.incidents.iter().map(|incident| {
        let until = incident.closed.unwrap_or(incident.opened);
        let row = base.between(incident.opened, until);
        let is_open = incident.closed.is_none();
        Row {
            kind: "incident",
            class: OutageClass::Lost.as_str(),
            verdict: incident.response.as_str(),
            minutes: minutes(incident.lost_ms),
            ms: Some(incident.lost_ms),
            until_local: if is_open { String::new() } else { row.until_local },
            until_utc: if is_open { String::new() } else { row.until_utc },
            ..row
        }
    }));
    rows
}

/// Makes the rows of one service.
struct RowsOf<'a> {
    base: Row<'a>,
    zone: TimeZone,
}

impl<'a> RowsOf<'a> {
    fn figure(&self, section: &'a ServiceSection) -> Row<'a> {
        Row {
            kind: "figure",
            verdict: section.claim.map_or("", |claim| claim.as_str()),
            ..self.of_figure(section, &section.figure)
        }
    }

    fn of_figure(&self, section: &ServiceSection, figure: &'a ClosedFigure) -> Row<'a> {
        let amount = |money: &Option<Money>| money.as_ref().map(Money::amount);
        let money = figure.reduction.as_ref().or(figure.monthly_fee.as_ref());
        Row {
            class: "counted",
            minutes: minutes(figure.counted_ms),
            ms: Some(figure.counted_ms),
            availability_percent: figure.availability_percent.to_string(),
            availability_lower_bound_percent: figure.availability_lower_bound_percent.to_string(),
            target_percent: section.terms.target.to_string(),
            level: Some(figure.level),
            reduction_percent: figure.reduction_percent.to_string(),
            monthly_fee: amount(&figure.monthly_fee),
            reduction: amount(&figure.reduction),
            currency: money.map_or("", Money::currency),
            claim_deadline: figure.claim_deadline.map_or_else(String::new, |date| date.to_string()),
            ..self.between(section.from, section.until)
        }
    }

    /// The elapsed part of P by what became of it (C6.6), without zeros.
    fn times(&self, section: &'a ServiceSection) -> Vec<Row<'a>> {
        let figure = &section.figure;
        let classes = [
            ("up", figure.up_ms),
            ("lost", figure.lost_ms),
            ("planned", figure.planned_ms),
            ("not_in_service", figure.not_in_service_ms),
        ];
        let mut times: Vec<Row<'a>> =
            classes.into_iter().map(|(class, ms)| self.time(class, ms)).collect();
        let excluded = section.excluded_by_ground_ms.iter();
        times.extend(excluded.map(|(ground, ms)| Row {
            ground: ground.as_str(),
            responsible: ground.responsible().as_str(),
            ..self.time("excluded", *ms)
        }));
        let unmeasured = section.unmeasured_by_cause_ms.iter();
        times.extend(
            unmeasured
                .map(|(cause, ms)| Row { cause: cause.as_str(), ..self.time("unmeasured", *ms) }),
        );
        times.retain(|row| row.ms != Some(0));
        times
    }

    fn time(&self, class: &'static str, ms: i64) -> Row<'a> {
        Row { kind: "time", class, ms: Some(ms), minutes: minutes(ms), ..self.base.clone() }
    }

    fn outage(&self, outage: &'a OutageEntry) -> Row<'a> {
        Row {
            kind: "outage",
            class: outage.class.as_str(),
            cause: &outage.cause,
            ground: outage.ground.map_or("", Ground::as_str),
            responsible: outage.responsible.as_str(),
            note: outage.evidence.as_ref().map_or("", |seen| &seen.message),
            ..self.between(outage.from, outage.until)
        }
    }

    fn between(&self, from: Instant, until: Instant) -> Row<'a> {
        let ms = until.since(from);
        let local = |instant: Instant| {
            self.zone.to_datetime(instant.timestamp()).strftime("%Y-%m-%d %H:%M:%S").to_string()
        };
        Row {
            from_local: local(from),
            until_local: local(until),
            from_utc: from.to_string(),
            until_utc: until.to_string(),
            minutes: minutes(ms),
            ms: Some(ms),
            ..self.base.clone()
        }
    }
}

/// `44.7000`, cut down.
fn minutes(ms: i64) -> String {
    let e4 = i128::from(ms) * 10_000 / i128::from(MINUTE_MS);
    format!("{}.{:04}", e4 / 10_000, e4 % 10_000)
}

/// A cell of somebody's words, with a mark before what a spreadsheet would compute.
fn guarded<S: Serializer>(text: &&str, serializer: S) -> Result<S::Ok, S::Error> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => serializer.serialize_str(&format!("'{text}")),
        false => serializer.serialize_str(text),
    }
}
