//! A letter's words for one notice, in both languages.

use contract::{Evidence, NoticeKind, StopVerdict};
use statement::Lang;

use crate::alert_words;
use crate::blocks::Block;
use crate::compose::Enclosed;
use crate::matter::{Incident, Matter, Statement, Stop, What};

/// Most services that are named in a subject.
const NAMED_MAX: usize = 3;

/// `portal`, `portal och lön`, `12 tjänster`.
pub(crate) fn services(lang: Lang, matters: &[Matter]) -> String {
    let mut names: Vec<String> = matters.iter().filter_map(|it| it.due.service.clone()).collect();
    names.sort();
    names.dedup();
    if names.len() <= NAMED_MAX {
        return lang.list(&names);
    }
    format!("{} {}", names.len(), lang.of("tjänster", "services"))
}

/// The subject of a letter that says one kind of thing, without what came of it.
pub(crate) fn subject(
    lang: Lang,
    kind: NoticeKind,
    is_for_provider: bool,
    all: &[Matter],
) -> String {
    let services = services(lang, all);
    let Some(first) = all.first() else { return services };
    let minute = |at: contract::Instant| {
        let local = at.timestamp().to_zoned(first.zone.clone());
        local.strftime("%Y-%m-%d %H:%M").to_string()
    };
    match (&first.what, kind) {
        (Some(What::Incident(incident)), _) => {
            let opened = all.iter().filter_map(|it| match &it.what {
                Some(What::Incident(incident)) => Some(incident.opened),
                _ => None,
            });
            let opened = opened.min().unwrap_or(incident.opened);
            let what = match is_for_provider {
                true => lang.of("Felanmälan", "Fault report"),
                false => lang.of("Störning", "Incident"),
            };
            let since = lang.of("sedan", "since");
            format!("{what}: {services} {since} {}", minute(opened))
        }
        (Some(What::Stop(stop)), _) => {
            let what = lang.of("Planerat driftstopp", "Planned stop");
            format!("{what}: {services} {}", minute(stop.window.from))
        }
        (Some(What::Statement(statement)), _) => {
            let what = lang.of("Tillgänglighet", "Availability");
            format!("{what} {}: {services}", lang.month(statement.month))
        }
        (Some(What::Alert(_)) | None, kind) => format!("{}: {services}", title(lang, kind)),
    }
}

/// What came of the thing that a subject names; nothing while it is new.
pub(crate) fn outcome(lang: Lang, kind: NoticeKind, all: &[Matter]) -> Option<String> {
    let works = |it: &Matter| matches!(&it.what, Some(What::Incident(it)) if it.works_again);
    match kind {
        NoticeKind::IncidentClosed if all.iter().all(works) => {
            Some(lang.of("åter i drift", "works again").to_owned())
        }
        NoticeKind::IncidentClosed => Some(lang.of("över", "over").to_owned()),
        NoticeKind::StopCancelled => Some(lang.of("inställt", "cancelled").to_owned()),
        NoticeKind::Statement => match all.first().and_then(|it| it.what.as_ref()) {
            Some(What::Statement(it)) if it.revision > 0 => {
                Some(format!("{} {}", lang.of("rättelse", "revision"), it.revision))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A kind of notice, as a heading names it.
pub(crate) fn title(lang: Lang, kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::StopAnnounced => lang.of("Planerat driftstopp", "Planned stop"),
        NoticeKind::StopCancelled => lang.of("Inställt driftstopp", "Cancelled stop"),
        NoticeKind::FaultReport => lang.of("Felanmälan", "Fault report"),
        NoticeKind::IncidentOpened => lang.of("Störning", "Incident"),
        NoticeKind::IncidentClosed => lang.of("Störning över", "Incident over"),
        NoticeKind::Statement => lang.of("Månadens tillgänglighet", "The month's availability"),
        NoticeKind::Alert => lang.of("Larm", "Alert"),
        NoticeKind::AlertResolved => lang.of("Larm över", "Alert over"),
    }
}

/// What a letter of this kind says first.
pub(crate) fn opening(lang: Lang, kind: NoticeKind, all: &[Matter]) -> String {
    let services = services(lang, all);
    match kind {
        NoticeKind::FaultReport => match lang {
            Lang::Sv => format!(
                "Härmed felanmäls att det inte går att logga in i {services}. Det är bekräftat av \
                 mer än ett försök."
            ),
            Lang::En => format!(
                "This is a fault report: nobody can log in to {services}. More than one attempt \
                 has confirmed it."
            ),
        },
        NoticeKind::IncidentOpened => match lang {
            Lang::Sv => format!(
                "Det går inte att logga in i {services}. Felet är anmält, och ett nytt meddelande \
                 kommer när störningen är över."
            ),
            Lang::En => format!(
                "Nobody can log in to {services}. The fault is reported, and you will be told \
                 when it is over."
            ),
        },
        NoticeKind::IncidentClosed => match lang {
            Lang::Sv => format!("Störningen i {services} är över."),
            Lang::En => format!("The incident in {services} is over."),
        },
        NoticeKind::StopAnnounced => match lang {
            Lang::Sv => format!("Ett driftstopp är planerat för {services}."),
            Lang::En => format!("A stop is planned for {services}."),
        },
        NoticeKind::StopCancelled => match lang {
            Lang::Sv => format!("Det planerade driftstoppet för {services} är inställt."),
            Lang::En => format!("The planned stop of {services} is cancelled."),
        },
        NoticeKind::Statement => match lang {
            Lang::Sv => format!("Månadens utlåtande för {services} är upprättat och signerat."),
            Lang::En => format!("The month's statement for {services} is made and signed."),
        },
        NoticeKind::Alert | NoticeKind::AlertResolved => title(lang, kind).to_owned(),
    }
}

/// All that is said of one service.
pub(crate) fn details(lang: Lang, it: &Matter) -> Vec<Block> {
    let service = it.due.service.clone().unwrap_or_default();
    let mut rows = vec![(lang.of("Tjänst", "Service").to_owned(), service)];
    if let Some(customer) = &it.customer {
        rows.push((lang.of("Kund", "Customer").to_owned(), customer.clone()));
    }
    let mut blocks = Vec::new();
    match &it.what {
        Some(What::Incident(incident)) => {
            let is_report = it.due.notice == NoticeKind::FaultReport;
            rows.extend(incident_rows(lang, it, incident));
            if is_report {
                let deadline = lang.instant(incident.response_deadline, &it.zone);
                rows.push(row(
                    lang,
                    "Felsökning ska ha börjat senast",
                    "Troubleshooting has to start by",
                    deadline,
                ));
                let evidence = incident.evidence.iter();
                rows.extend(evidence.clone().flat_map(|seen| evidence_rows(lang, seen)));
                let excerpts = evidence.filter_map(|seen| seen.excerpt.clone());
                blocks.extend(excerpts.map(Block::Verbatim));
            }
        }
        Some(What::Stop(stop)) => rows.extend(stop_rows(lang, it, stop)),
        Some(What::Statement(statement)) => rows.extend(statement_rows(lang, statement)),
        Some(What::Alert(_)) | None => rows.push(row(
            lang,
            title(Lang::Sv, it.due.notice),
            title(Lang::En, it.due.notice),
            it.due.about.clone(),
        )),
    }
    blocks.insert(0, Block::Rows(rows));
    blocks
}

/// What goes with a letter, how it is proved, and where the rest is.
pub(crate) fn enclosed(lang: Lang, enclosed: &Enclosed) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut list = |swedish: &str, english: &str, files: Vec<String>| {
        if !files.is_empty() {
            blocks.push(Block::Paragraph(lang.of(swedish, english).to_owned()));
            blocks.push(Block::List(files));
        }
    };
    list(
        "Bifogat, signerat. Underskriften prövas med kommandot upptid verify och filens namn:",
        "Enclosed, signed. The command upptid verify and the file's name prove the signature:",
        enclosed.files.iter().map(|file| file.name.clone()).collect(),
    );
    list(
        "Inte bifogat. Leverantören har filerna i mätplatsens tillståndskatalog:",
        "Not enclosed. The provider has the files in the state folder of the vantage point:",
        enclosed.left_behind.clone(),
    );
    blocks
}

/// One service in a line.
pub(crate) fn line(lang: Lang, it: &Matter) -> String {
    let service = it.due.service.as_deref().unwrap_or_default();
    let what = title(lang, it.due.notice);
    if let Some(What::Alert(seen)) = &it.what {
        return format!("{what}: {}", alert_words::line(lang, it, seen));
    }
    let when = match &it.what {
        Some(What::Incident(incident)) => match incident.closed {
            Some(closed) if it.due.notice == NoticeKind::IncidentClosed => {
                lang.span(incident.opened, closed, &it.zone)
            }
            _ => lang.instant(incident.opened, &it.zone),
        },
        Some(What::Stop(stop)) => lang.span(stop.window.from, stop.window.until, &it.zone),
        Some(What::Statement(made)) => {
            let availability = lang.percent(made.figure.availability_percent);
            format!("{} {availability}", lang.month(made.month))
        }
        Some(What::Alert(_)) | None => it.due.about.clone(),
    };
    format!("{what}: {service}, {when}")
}

fn row(lang: Lang, swedish: &str, english: &str, value: String) -> (String, String) {
    (lang.of(swedish, english).to_owned(), value)
}

fn incident_rows(lang: Lang, it: &Matter, incident: &Incident) -> Vec<(String, String)> {
    let instant = |at| lang.instant(at, &it.zone);
    let mut rows = vec![row(lang, "Nere sedan", "Down since", instant(incident.opened))];
    if it.due.notice == NoticeKind::IncidentClosed
        && let Some(closed) = incident.closed
    {
        let length = lang.length(closed.since(incident.opened));
        rows[0].0 = lang.of("Nere från", "Down from").to_owned();
        rows.push(row(lang, "Till", "Until", instant(closed)));
        rows.push(row(lang, "Från början till slut", "From beginning to end", length));
        let since = match incident.works_again {
            true => lang.of("inloggningen fungerar", "logins work"),
            false => lang.of("inget är känt", "nothing is known"),
        };
        rows.push(row(lang, "Därefter", "Since then", since.to_owned()));
    }
    let cause = lang.down_cause(&incident.cause);
    rows.push(row(lang, "Orsak", "Cause", cause));
    rows
}

fn evidence_rows(lang: Lang, seen: &Evidence) -> Vec<(String, String)> {
    let rows = [
        ("Vad som sågs", "What was seen", Some(seen.message.clone())),
        ("Adress (URL)", "URL", seen.url.clone()),
        ("IP-adress", "IP address", seen.address.clone()),
        ("HTTP-status", "HTTP status", seen.status.map(|status| status.to_string())),
        ("Sidans titel", "Page title", seen.title.clone()),
        ("Vittnen som svarade", "Witnesses that answered", seen.witnesses.clone()),
    ];
    let there = rows.into_iter().filter_map(|(sv, en, value)| Some((sv, en, value?)));
    there
        .filter(|(_, _, value)| !value.is_empty())
        .map(|(sv, en, value)| row(lang, sv, en, value))
        .collect()
}

fn stop_rows(lang: Lang, it: &Matter, stop: &Stop) -> Vec<(String, String)> {
    let instant = |at| lang.instant(at, &it.zone);
    let window = lang.span(stop.window.from, stop.window.until, &it.zone);
    let mut rows = vec![
        row(lang, "Tid", "Window", window),
        row(lang, "Skäl", "Reason", stop.reason.clone()),
        row(lang, "Aviserat", "Announced", instant(stop.announced_at)),
        row(lang, "Beteckning", "Stop", stop.id.clone()),
    ];
    if let Some(agreed) = &stop.agreed {
        rows.push(row(lang, "Enligt överenskommelse", "As agreed in", agreed.clone()));
    }
    match stop.cancelled_at {
        Some(cancelled) => {
            rows.push(row(lang, "Inställt", "Cancelled", instant(cancelled)));
            if stop.verdict != StopVerdict::Cancelled {
                let text = lang.of(
                    "driftstoppet hade börjat och slutar här",
                    "the stop had begun, and ends here",
                );
                rows.push(row(lang, "Anmärkning", "Note", text.to_owned()));
            }
        }
        None => {
            let verdict = lang.stop_verdict(stop.verdict).to_owned();
            rows.push(row(lang, "Enligt avtalet", "By the contract", verdict));
            if stop.in_office_hours {
                let text = lang.of("inom kontorstid (08-17)", "within office hours (08-17)");
                rows.push(row(lang, "Anmärkning", "Note", text.to_owned()));
            }
        }
    }
    rows
}

fn statement_rows(lang: Lang, made: &Statement) -> Vec<(String, String)> {
    let figure = &made.figure;
    let percent = |it| lang.percent(it);
    let mut rows = vec![
        row(lang, "Månad", "Month", lang.month(made.month)),
        row(lang, "Tillgänglighet", "Availability", percent(figure.availability_percent)),
        row(lang, "Nedre gräns", "Lower bound", percent(figure.availability_lower_bound_percent)),
        row(lang, "Stillestånd", "Downtime", lang.minutes(figure.counted_ms)),
        row(lang, "Planerat", "Planned", lang.minutes(figure.planned_ms)),
        row(lang, "Omätt", "Unmeasured", lang.minutes(figure.unmeasured_ms)),
    ];
    let reduction = match &figure.reduction {
        Some(money) => {
            format!("{} ({})", lang.percent_of_terms(figure.reduction_percent), lang.money(money))
        }
        None => lang.percent_of_terms(figure.reduction_percent),
    };
    rows.push(row(lang, "Prisreduktion", "Price reduction", reduction));
    if let Some(deadline) = figure.claim_deadline {
        rows.push(row(lang, "Begärs senast", "To be claimed by", deadline.to_string()));
    }
    rows
}
