//! A letter's words for alerts, in both languages: what is wrong since when, what is known of it,
//! and what to open next. For somebody who was asleep.

use contract::{Alert, NoticeKind, ServiceState, Severity};
use statement::Lang;
use url::Url;

use crate::alert::{AlertSeen, AlertValue, ServiceSeen};
use crate::blocks::Block;
use crate::compose::{Pages, Sender};
use crate::matter::{Matter, What};

/// Alerts of which a letter says everything; of the others it has a line.
const DETAILED_MAX: usize = 20;
/// Lines of a letter; what is beyond is counted.
const LINES_MAX: usize = 200;

/// A letter's alerts, or ends of alerts.
type Seen<'a> = Vec<(&'a Matter, &'a AlertSeen)>;

/// The worst alert in one line, and how many more there are.
pub(crate) fn subject(lang: Lang, matters: &[Matter], sender: &Sender) -> String {
    let (begun, over) = sorted(matters);
    let (what, all) = match begun.is_empty() {
        true => (lang.of("Larm över", "Alert over"), &over),
        false => (lang.of("Larm", "Alert"), &begun),
    };
    let Some((it, seen)) = all.first() else { return what.to_owned() };
    let first = match begun.is_empty() {
        true => named(it, seen),
        false => summary(lang, it, seen, sender),
    };
    match all.len() - 1 {
        0 => format!("{what}: {first}"),
        more => format!("{what}: {first} {} {more} {}", lang.of("och", "and"), more_words(lang)),
    }
}

/// The letter's text.
pub(crate) fn content(lang: Lang, matters: &[Matter], sender: &Sender) -> Vec<Block> {
    let (begun, over) = sorted(matters);
    let mut content = Vec::new();
    let detailed = begun.len().min(DETAILED_MAX);
    for (it, seen) in &begun[..detailed] {
        let severity = severity(lang, seen.alert.severity());
        let summary = summary(lang, it, seen, sender);
        content.push(Block::Paragraph(format!("{severity}: {summary}")));
        content.push(Block::Rows(rows(lang, it, seen, sender)));
    }
    content.extend(lines(lang, &begun[detailed..]));
    if !over.is_empty() {
        let what = lang.of("Gäller inte längre:", "Holds no more:");
        content.push(Block::Paragraph(what.to_owned()));
        content.extend(lines(lang, &over));
    }
    content
}

/// One alert in a line.
pub(crate) fn line(lang: Lang, it: &Matter, seen: &AlertSeen) -> String {
    let when = match seen.until {
        Some(until) if until > seen.since => lang.span(seen.since, until, &it.zone),
        _ => format!("{} {}", lang.of("sedan", "since"), lang.instant(seen.since, &it.zone)),
    };
    format!("{}, {when}", named(it, seen))
}

/// What is wrong, in one sentence: in English the words of Prometheus' rules.
pub(crate) fn summary(lang: Lang, it: &Matter, seen: &AlertSeen, sender: &Sender) -> String {
    let nothing = || "–".to_owned();
    let (mut value, mut window, mut edge) = (nothing(), "–", nothing());
    match &seen.value {
        Some(AlertValue::Percent(percent)) => {
            value = lang.of(format!("{percent}\u{a0}%"), format!("{percent}%"))
        }
        Some(AlertValue::Length(ms)) => value = whole_minutes(lang, *ms),
        Some(AlertValue::Pace { tenths, window: over }) => {
            value = format!("{}{}{}", tenths / 10, lang.of(',', '.'), tenths % 10);
            window = over;
        }
        Some(AlertValue::Edge { left_ms, edge: percent }) => {
            value = lang.minutes(*left_ms);
            edge = lang.of(percent.replace('.', ","), percent.clone());
        }
        None => {}
    }
    template(lang, seen.alert)
        .replace("{service}", it.due.service.as_deref().unwrap_or_default())
        .replace("{agent}", &sender.agent)
        .replace("{value}", &value)
        .replace("{window}", window)
        .replace("{edge}", &edge)
}

/// The runbook's part about an alert.
pub(crate) fn runbook(alert: Alert, pages: &Pages) -> String {
    format!("{}#{}", pages.runbook, alert.name().to_lowercase())
}

/// The page to open next.
pub(crate) fn page(it: &Matter, pages: &Pages) -> String {
    let Ok(mut page) = Url::parse(&pages.page) else { return pages.page.clone() };
    if let Ok(mut path) = page.path_segments_mut() {
        path.pop_if_empty();
        match &it.due.service {
            Some(service) => path.extend(["service", service]),
            None => path.push("agent"),
        };
    }
    page.into()
}

/// What has begun and what is over; the worst first, then by when it began.
fn sorted(matters: &[Matter]) -> (Seen<'_>, Seen<'_>) {
    let mut all: Seen<'_> = matters
        .iter()
        .filter_map(|it| match &it.what {
            Some(What::Alert(seen)) => Some((it, &**seen)),
            _ => None,
        })
        .collect();
    all.sort_by_key(|(it, seen)| {
        let severity = std::cmp::Reverse(seen.alert.severity());
        (severity, seen.alert, seen.since, &it.due.service)
    });
    let over: Vec<_> =
        all.iter().filter(|(it, _)| it.due.notice == NoticeKind::AlertResolved).copied().collect();
    // What began and was over before this letter went is told as over, once.
    let is_over = |it: &Matter| {
        let same = |(over, _): &(&Matter, &AlertSeen)| {
            (&over.due.about, &over.due.service) == (&it.due.about, &it.due.service)
        };
        over.iter().any(same)
    };
    all.retain(|(it, _)| it.due.notice == NoticeKind::Alert && !is_over(it));
    (all, over)
}

/// `UpptidLoginDown: portal`.
fn named(it: &Matter, seen: &AlertSeen) -> String {
    match &it.due.service {
        Some(service) => format!("{}: {service}", seen.alert.name()),
        None => seen.alert.name().to_owned(),
    }
}

fn lines(lang: Lang, all: &[(&Matter, &AlertSeen)]) -> Option<Block> {
    let mut lines: Vec<String> =
        all.iter().take(LINES_MAX).map(|(it, seen)| line(lang, it, seen)).collect();
    if all.len() > LINES_MAX {
        let more = all.len() - LINES_MAX;
        lines.push(format!("{} {more} {}", lang.of("och", "and"), more_words(lang)));
    }
    (!lines.is_empty()).then_some(Block::List(lines))
}

fn more_words(lang: Lang) -> &'static str {
    lang.of("till", "more")
}

fn rows(lang: Lang, it: &Matter, seen: &AlertSeen, sender: &Sender) -> Vec<(String, String)> {
    let row =
        |swedish: &str, english: &str, value: String| (lang.of(swedish, english).to_owned(), value);
    let mut rows = vec![row("Sedan", "Since", lang.instant(seen.since, &it.zone))];
    if let Some(customer) = &it.customer {
        rows.push(row("Kund", "Customer", customer.clone()));
    }
    if let Some(service) = &seen.service {
        rows.push(row("Läge nu", "State now", state(lang, it, service)));
        if let Some(evidence) = service.evidence.as_ref().filter(|text| !text.is_empty()) {
            rows.push(row("Vad som sågs", "What was seen", evidence.clone()));
        }
        rows.push(row("Månadens budget", "The month's budget", budget(lang, service)));
        if let Some(left_ms) = service.next_level_ms.filter(|_| service.counted_ms > 0) {
            let left = whole_minutes(lang, left_ms);
            rows.push(row("Till nästa prisnivå", "To the next price level", left));
        }
        if let Some(deadline) = service.response_deadline {
            let deadline = lang.instant(deadline, &it.zone);
            rows.push(row("Börja felsöka senast", "Start troubleshooting by", deadline));
        }
    }
    rows.push(row("Kommando", "Command", command(seen.alert, it.due.service.as_deref())));
    rows.push(row("Sida", "Page", page(it, &sender.pages)));
    rows.push(row("Vad göra", "What to do", runbook(seen.alert, &sender.pages)));
    rows
}

fn state(lang: Lang, it: &Matter, service: &ServiceSeen) -> String {
    let state = match &service.state {
        ServiceState::Up => lang.of("uppe", "up").to_owned(),
        ServiceState::Down { cause } => {
            format!("{}: {}", lang.of("nere", "down"), lang.down_cause(cause))
        }
        ServiceState::Unmeasured { cause } => {
            format!("{}: {}", lang.of("omätt", "unmeasured"), lang.unmeasured_cause(*cause))
        }
    };
    match service.since {
        Some(since) => {
            format!("{state}, {} {}", lang.of("sedan", "since"), lang.instant(since, &it.zone))
        }
        None => state,
    }
}

fn budget(lang: Lang, service: &ServiceSeen) -> String {
    let used = whole_minutes(lang, service.counted_ms);
    let budget = whole_minutes(lang, service.budget_ms);
    let left_ms = service.budget_ms - service.counted_ms;
    let of = lang.of("av", "of");
    match left_ms {
        0.. => {
            let left = whole_minutes(lang, left_ms);
            format!("{used} {of} {budget} {}, {left} {}", burned(lang), lang.of("kvar", "left"))
        }
        _ => format!("{used} {of} {budget} {}", burned(lang)),
    }
}

fn burned(lang: Lang) -> &'static str {
    lang.of("förbrukat", "burned")
}

/// Parts of a second are of no use at night.
fn whole_minutes(lang: Lang, ms: i64) -> String {
    lang.length(ms - ms % 1_000)
}

/// What to type next, about an alert of `service` or of the agent itself.
pub fn command(alert: Alert, service: Option<&str>) -> String {
    let service = service.unwrap_or_default();
    match alert {
        Alert::NotScraped => "systemctl status prometheus".to_owned(),
        Alert::JournalWriteFailing => "journalctl -u upptid -n 50; df -h".to_owned(),
        Alert::JournalDamaged => "upptid verify".to_owned(),
        Alert::ClockNotSynchronised => "timedatectl".to_owned(),
        Alert::ConfigRefused => "upptid check --credentials /etc/upptid/secrets".to_owned(),
        Alert::SupportClockRun | Alert::SupportClockNearlyRun | Alert::SupportClockHalfRun => {
            format!("upptid incident ack {service}")
        }
        Alert::PlannedStopWithoutValidNotice => format!("upptid stop list --service {service}"),
        Alert::ClaimDeadlineNear => format!("upptid claim list --service {service}"),
        Alert::ProbeAccountRefused
        | Alert::LoginDown
        | Alert::LoginFlapping
        | Alert::BudgetBurned
        | Alert::BudgetThreeQuartersBurned
        | Alert::BudgetHalfBurned
        | Alert::BudgetBurnsFast
        | Alert::BudgetWillBurn
        | Alert::NextPriceLevelNear
        | Alert::Unmeasured => format!("upptid explain {service}"),
    }
}

fn severity(lang: Lang, severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => lang.of("KRITISKT", "CRITICAL"),
        Severity::Warning => lang.of("Varning", "Warning"),
        Severity::Info => lang.of("För kännedom", "Info"),
    }
}

/// The summary, with `{service}`, `{agent}`, `{value}`, `{window}` and `{edge}` for what it names.
fn template(lang: Lang, alert: Alert) -> &'static str {
    match alert {
        Alert::NotScraped => lang.of(
            "Ingen läser mätvärdena från {agent}: Prometheus larmar inte, utan mätplatsen själv",
            "Nobody reads the metrics of {agent}: it tells its alerts itself, in Prometheus' place",
        ),
        Alert::JournalWriteFailing => lang.of(
            "Mätplatsen {agent} kan inte skriva sin journal",
            "The Upptid agent {agent} cannot write its journal",
        ),
        Alert::JournalDamaged => {
            lang.of("Journalen på {agent} är skadad", "The journal of {agent} is damaged")
        }
        Alert::ClockNotSynchronised => lang.of(
            "Klockan på {agent} är inte synkroniserad",
            "The clock of {agent} is not synchronised",
        ),
        Alert::ConfigRefused => lang.of(
            "Mätplatsen {agent} godtog inte sin konfiguration",
            "The Upptid agent {agent} refused its configuration",
        ),
        Alert::LoginDown => lang
            .of("Kunderna kan inte logga in i {service}", "Customers cannot log in to {service}"),
        Alert::LoginFlapping => lang
            .of("Inloggningen i {service} kommer och går", "The login of {service} comes and goes"),
        Alert::SupportClockRun | Alert::SupportClockNearlyRun | Alert::SupportClockHalfRun => lang
            .of(
                "{value} av tiden för att börja felsöka {service} har gått",
                "{value} of the time to start on {service} has run",
            ),
        Alert::BudgetBurned | Alert::BudgetThreeQuartersBurned | Alert::BudgetHalfBurned => lang
            .of(
                "{service} har förbrukat {value} av månadens budget",
                "{service} has burned {value} of its month",
            ),
        Alert::BudgetBurnsFast => lang.of(
            "{service} förbrukar sin budget {value} gånger för fort över {window}",
            "{service} burns its budget {value} times too fast over {window}",
        ),
        Alert::BudgetWillBurn => lang.of(
            "{service} förbrukar i denna takt sin budget innan månaden är slut",
            "{service} will burn its budget before the month ends, at this pace",
        ),
        Alert::NextPriceLevelNear => lang.of(
            "{service} är {value} stillestånd från {edge} %",
            "{service} is {value} of downtime from {edge} %",
        ),
        Alert::Unmeasured => lang.of(
            "{value} av det senaste dygnet för {service} är omätt",
            "{value} of the last day of {service} is unmeasured",
        ),
        Alert::ProbeAccountRefused => {
            lang.of("{service} nekar mätkontot", "{service} refuses the probe account")
        }
        Alert::PlannedStopWithoutValidNotice => lang.of(
            "Ett planerat driftstopp för {service} kommer att räknas som stillestånd",
            "A planned stop of {service} will count as downtime",
        ),
        Alert::ClaimDeadlineNear => lang.of(
            "En prisreduktion för {service} förfaller om {value}",
            "A price reduction of {service} lapses in {value}",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Each alert of the shipped rules: its severity, summary and runbook.
    fn rules() -> BTreeMap<String, BTreeMap<&'static str, String>> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/prometheus/upptid.rules.yml");
        let text = std::fs::read_to_string(path).unwrap();
        let (mut rules, mut anchors) = (BTreeMap::<_, BTreeMap<_, _>>::new(), BTreeMap::new());
        let mut name = String::new();
        for line in text.lines().map(str::trim) {
            let Some((key, value)) = line.split_once(": ") else { continue };
            if key == "- alert" {
                name = value.to_owned();
                continue;
            }
            let keys = ["severity", "summary", "runbook_url"];
            let Some(key) = keys.into_iter().find(|it| *it == key) else { continue };
            let value = match (value.strip_prefix('*'), value.strip_prefix('&')) {
                (Some(anchor), _) => {
                    let said: &String = &anchors[anchor];
                    said.clone()
                }
                (None, Some(named)) => {
                    let (anchor, value) = named.split_once(' ').unwrap();
                    anchors.insert(anchor.to_owned(), value.trim_matches('\'').to_owned());
                    value.trim_matches('\'').to_owned()
                }
                (None, None) => value.trim_matches('\'').to_owned(),
            };
            rules.entry(name.clone()).or_default().entry(key).or_insert(value);
        }
        rules
    }

    /// Prometheus' placeholders as ours.
    fn as_ours(text: &str) -> String {
        let mut ours = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{ ") {
            let (inside, after) = after.split_once(" }}").unwrap();
            let name = match inside.split(' ').next().unwrap() {
                "$labels.instance" => "agent",
                "$value" => "value",
                label => label.strip_prefix("$labels.").unwrap(),
            };
            ours += &format!("{before}{{{name}}}");
            rest = after;
        }
        ours + rest
    }

    #[test]
    fn c8_2_a_direct_alert_has_the_rules_severity_summary_and_runbook() {
        let rules = rules();
        let pages = Pages {
            page: String::new(),
            runbook: "file:///usr/share/doc/upptid/docs/operate.md".to_owned(),
        };
        for alert in Alert::ALL.into_iter().filter(|alert| *alert != Alert::NotScraped) {
            let rule = rules.get(alert.name()).unwrap_or_else(|| panic!("{alert:?} has no rule"));
            assert_eq!(rule["severity"], alert.severity().as_str(), "{alert:?}");
            assert_eq!(as_ours(&rule["summary"]), template(Lang::En, alert));
            assert_eq!(rule["runbook_url"], runbook(alert, &pages));
        }
    }

    /// What Prometheus alone tells, and why.
    #[test]
    fn c8_2_every_rule_is_told_directly_or_has_its_reason_not_to_be() {
        let others = BTreeMap::from([
            ("UpptidPlannedStopRunning", "it tells nobody anything"),
            ("UpptidWatchdog", "it is about Prometheus' own way"),
            ("UpptidAgentSilent", "who is silent tells nothing"),
            ("UpptidCertificateExpiresSoon", "it has two weeks"),
            ("UpptidBackupFailed", "it is tried again each hour"),
            ("UpptidBackupOld", "it has days"),
            ("UpptidStatementsNotMade", "it is tried again each hour"),
            ("UpptidNoticesNotDelivered", "it would wait with the others"),
            ("UpptidLettersRefused", "it would go the way that is refused"),
        ]);
        for name in rules().keys() {
            let is_told = Alert::named(name).is_some();
            assert!(is_told != others.contains_key(name.as_str()), "{name}");
        }
    }

    #[test]
    fn c8_2_both_languages_name_the_same_things() {
        for alert in Alert::ALL {
            let named = |lang| {
                let holders = ["{service}", "{agent}", "{value}", "{window}", "{edge}"];
                holders.map(|it| template(lang, alert).contains(it))
            };
            assert_eq!(named(Lang::Sv), named(Lang::En), "{alert:?}");
        }
    }
}
