//! What happened to a service in the month: outages, planned stops, adjustments and incidents.
//! What did not happen is said in one sentence.

use contract::fact::AdjustmentKind;
use contract::{Evidence, StopNotice, StopVerdict};
use jiff::tz::TimeZone;

use super::{Block, Row, Table, plain};
use crate::document::{AdjustmentEntry, IncidentEntry, OutageEntry, ServiceSection, StopEntry};
use crate::lang::Lang;

pub(super) fn blocks(service: &ServiceSection, lang: Lang, zone: &TimeZone) -> Vec<Block> {
    let tables = [
        outages(&service.outages, lang, zone),
        stops(service, lang, zone),
        adjustments(&service.adjustments, lang, zone),
        incidents(&service.incidents, lang, zone),
    ];
    let absent = [
        lang.of("inget stillestånd", "no downtime"),
        lang.of("inga planerade driftstopp", "no planned stops"),
        lang.of("inga justeringar", "no adjustments"),
        lang.of("inga felanmälningar", "no fault reports"),
    ];
    let (mut blocks, mut missing) = (Vec::new(), Vec::new());
    for (table, absent) in tables.into_iter().zip(absent) {
        match table.rows.is_empty() {
            true => missing.push(absent.to_owned()),
            false => blocks.push(Block::Table(table)),
        }
    }
    if !missing.is_empty() {
        let missing = lang.list(&missing);
        blocks.push(Block::Text(lang.of(
            format!("Under månaden förekom {missing}."),
            format!("This month had {missing}."),
        )));
    }
    blocks
}

fn outages(outages: &[OutageEntry], lang: Lang, zone: &TimeZone) -> Table {
    let mut table = Table::new(
        lang.of("Stillestånd", "Downtime"),
        &[
            (lang.of("Tid", "Time"), false, 33),
            (lang.of("Längd", "Length"), true, 17),
            (lang.of("Orsak", "Cause"), false, 26),
            (lang.of("Bedömning", "Class"), false, 14),
            (lang.of("Ansvarig", "Responsible"), false, 13),
        ],
    );
    table.rows = outages
        .iter()
        .map(|outage| Row {
            cells: vec![
                lang.span(outage.from, outage.until, zone),
                lang.length(outage.ms),
                plain(&lang.down_cause(&outage.cause)),
                lang.outage_class(outage.class).to_owned(),
                lang.side(outage.responsible).to_owned(),
            ],
            notes: outage_notes(outage, lang),
        })
        .collect();
    table
}

fn outage_notes(outage: &OutageEntry, lang: Lang) -> Vec<String> {
    let ground = outage.ground.map(|ground| {
        let ground = lang.ground(ground);
        lang.of(format!("Undantagsgrund: {ground}."), format!("Excluded on the ground: {ground}."))
    });
    let evidence = outage.evidence.as_ref().map(|evidence| self::evidence(evidence, lang));
    ground.into_iter().chain(evidence).collect()
}

/// What was seen, as one line. The first bytes of the answer are for the JSON alone.
fn evidence(evidence: &Evidence, lang: Lang) -> String {
    let quoted = |text: &str| lang.of(format!("”{}”", plain(text)), format!("“{}”", plain(text)));
    let mut parts = Vec::new();
    if !evidence.message.is_empty() {
        parts.push(plain(&evidence.message));
    }
    let address = evidence.address.as_ref().filter(|address| !evidence.message.contains(*address));
    match (&evidence.url, address) {
        (Some(url), Some(address)) => parts.push(format!("{} ({})", plain(url), plain(address))),
        (Some(one), None) | (None, Some(one)) => parts.push(plain(one)),
        (None, None) => {}
    }
    let status = evidence.status.map(|status| status.to_string());
    let status = status.filter(|status| !evidence.message.contains(status));
    parts.extend(status.map(|status| format!("HTTP {status}")));
    if let Some(title) = &evidence.title {
        parts.push(format!("{} {}", lang.of("sidans titel", "page title"), quoted(title)));
    }
    if let Some(witnesses) = &evidence.witnesses {
        let witnesses = plain(witnesses).replace(" of ", lang.of(" av ", " of "));
        parts.push(lang.of(
            format!("vittnen som svarade: {witnesses}"),
            format!("witnesses that answered: {witnesses}"),
        ));
    }
    let parts = if parts.is_empty() { "–".to_owned() } else { parts.join("; ") };
    format!("{}: {parts}", lang.of("Underlag", "Evidence"))
}

fn stops(service: &ServiceSection, lang: Lang, zone: &TimeZone) -> Table {
    let mut table = Table::new(
        lang.of("Planerade driftstopp", "Planned stops"),
        &[
            (lang.of("Nr", "Id"), false, 10),
            (lang.of("Fönster", "Window"), false, 36),
            (lang.of("Aviserat", "Announced"), false, 26),
            (lang.of("Bedömning", "Verdict"), false, 22),
        ],
    );
    table.rows = service
        .stops
        .iter()
        .map(|stop| Row {
            cells: vec![
                plain(&stop.id),
                lang.span(stop.from, stop.until, zone),
                lang.instant(stop.announced_at, zone),
                lang.stop_verdict(stop.verdict).to_owned(),
            ],
            notes: stop_notes(stop, service, lang, zone),
        })
        .collect();
    table
}

fn stop_notes(
    stop: &StopEntry,
    service: &ServiceSection,
    lang: Lang,
    zone: &TimeZone,
) -> Vec<String> {
    let mut note = format!("{}: {}.", lang.of("Skäl", "Reason"), plain(&stop.reason));
    let mut add = |sentence: String| {
        note.push(' ');
        note.push_str(&sentence);
    };
    if let Some(why) = why_not_planned(stop, service, lang) {
        add(why);
    }
    if let Some(agreed) = &stop.agreed {
        add(format!("{}: {}.", lang.of("Överenskommelse", "Agreement"), plain(agreed)));
    }
    if let Some(at) = stop.cancelled_at {
        let at = lang.instant(at, zone);
        add(match stop.verdict {
            StopVerdict::Cancelled => {
                lang.of(format!("Inställt {at}."), format!("Cancelled {at}."))
            }
            _ => lang.of(format!("Avslutat i förtid {at}."), format!("Ended early {at}.")),
        });
    }
    if stop.in_office_hours && stop.verdict != StopVerdict::Cancelled {
        add(lang
            .of("Fönstret ligger delvis på kontorstid.", "The window overlaps office hours.")
            .to_owned());
    }
    if stop.notice != StopNotice::NoContact {
        add(lang.stop_notice(stop.notice).to_owned());
    }
    vec![note]
}

/// C4.2, C4.3, C4.7: why downtime in a window counts all the same.
fn why_not_planned(stop: &StopEntry, service: &ServiceSection, lang: Lang) -> Option<String> {
    match stop.verdict {
        StopVerdict::Valid | StopVerdict::Agreed | StopVerdict::Cancelled => None,
        StopVerdict::Late => {
            let wanted = lang.length(service.terms.notice_ms);
            let ahead_ms = stop.from.since(stop.announced_at);
            let ahead = lang.length(ahead_ms);
            Some(lang.of(
                format!(
                    "Aviserat {ahead} i förväg; avtalet kräver {wanted}. Stillestånd i fönstret \
                     räknas."
                ),
                format!(
                    "Announced {ahead} ahead; the contract asks for {wanted}. Downtime in the \
                     window counts."
                ),
            ))
        }
        StopVerdict::Surplus => {
            let allowed = service.terms.planned_stops_per_month;
            Some(lang.of(
                format!(
                    "Månadens tillåtna antal planerade driftstopp ({allowed}) var redan \
                     förbrukat. Stillestånd i fönstret räknas."
                ),
                format!(
                    "The month's allowance of planned stops ({allowed}) was used up. Downtime in \
                     the window counts."
                ),
            ))
        }
    }
}

fn adjustments(adjustments: &[AdjustmentEntry], lang: Lang, zone: &TimeZone) -> Table {
    let mut table = Table::new(
        lang.of("Justeringar", "Adjustments"),
        &[
            (lang.of("Nr", "Id"), false, 10),
            (lang.of("Tid", "Time"), false, 34),
            (lang.of("Slag", "Kind"), false, 11),
            (lang.of("Grund", "Ground"), false, 24),
            (lang.of("Beslut", "Decision"), false, 15),
        ],
    );
    table.rows = adjustments
        .iter()
        .map(|adjustment| Row {
            cells: vec![
                plain(&adjustment.id),
                lang.span(adjustment.from, adjustment.until, zone),
                lang.adjustment_kind(adjustment.kind).to_owned(),
                lang.ground(adjustment.ground).to_owned(),
                lang.decision(adjustment.decision).to_owned(),
            ],
            notes: vec![adjustment_note(adjustment, lang, zone)],
        })
        .collect();
    table
}

fn adjustment_note(adjustment: &AdjustmentEntry, lang: Lang, zone: &TimeZone) -> String {
    let claimed = lang.second(adjustment.claimed_at, zone);
    let mut note = lang.of(format!("Anmäld {claimed}"), format!("Claimed {claimed}"));
    if let Some(at) = adjustment.decided_at {
        let at = lang.second(at, zone);
        note += &lang.of(format!(", beslutad {at}"), format!(", decided {at}"));
    }
    let bears = match (adjustment.kind, adjustment.counts) {
        (AdjustmentKind::Exclude, true) => {
            lang.of("Stillestånd i tiden är undantaget.", "Downtime in this time is excluded.")
        }
        (AdjustmentKind::Include, true) => {
            lang.of("Tiden räknas som stillestånd.", "This time counts as downtime.")
        }
        (_, false) => lang.of("Påverkar inte siffrorna.", "It does not bear on the figures."),
    };
    let evidence = plain(&adjustment.evidence);
    note + &lang
        .of(format!(". {bears} Underlag: {evidence}"), format!(". {bears} Evidence: {evidence}"))
}

fn incidents(incidents: &[IncidentEntry], lang: Lang, zone: &TimeZone) -> Table {
    let mut table = Table::new(
        lang.of("Felanmälningar", "Fault reports"),
        &[
            (lang.of("Öppnad", "Opened"), false, 22),
            (lang.of("Avslutad", "Closed"), false, 22),
            (lang.of("Stillestånd", "Downtime"), true, 16),
            (lang.of("Felsökning senast", "Response due"), false, 22),
            (lang.of("Påbörjad", "Started"), false, 22),
            (lang.of("Utfall", "Result"), false, 11),
        ],
    );
    table.rows = incidents
        .iter()
        .map(|incident| Row {
            cells: vec![
                lang.instant(incident.opened, zone),
                incident.closed.map_or_else(
                    || lang.of("pågår", "goes on").to_owned(),
                    |at| lang.instant(at, zone),
                ),
                lang.length(incident.lost_ms),
                lang.instant(incident.response_deadline, zone),
                incident.acknowledged.map_or_else(
                    || lang.of("ej bekräftad", "not acknowledged").to_owned(),
                    |at| lang.instant(at, zone),
                ),
                lang.response(incident.response).to_owned(),
            ],
            notes: reports(incident, lang, zone).into_iter().collect(),
        })
        .collect();
    table
}

/// C10.6: what is due to the authority.
fn reports(incident: &IncidentEntry, lang: Lang, zone: &TimeZone) -> Option<String> {
    let reports: Vec<String> = incident
        .notifiable
        .iter()
        .map(|report| {
            let (stage, due) =
                (lang.report_stage(report.stage), lang.instant(report.deadline, zone));
            let made = match report.reported_at {
                Some(at) => {
                    format!("{} {}", lang.of("lämnad", "handed in"), lang.instant(at, zone))
                }
                None => lang.of("inte lämnad", "not handed in").to_owned(),
            };
            lang.of(format!("{stage} senast {due} ({made})"), format!("{stage} due {due} ({made})"))
        })
        .collect();
    (!reports.is_empty()).then(|| {
        let reports = reports.join("; ");
        lang.of(
            format!("Anmälningspliktig enligt cybersäkerhetslagen (NIS2): {reports}."),
            format!("Notifiable under the cyber security act (NIS2): {reports}."),
        )
    })
}
