//! `upptid incident`: incidents, their support clock and what is due to the authority, through the
//! agent's admin socket (C9, C10.6).

use agent::admin::{IncidentReport, IncidentView, NotifiableView, Reply, Request};
use contract::ReportStage;

use super::ask::{ask, local};
use crate::cli::incident::{IncidentCommand, StageArg};
use crate::exit::{Exit, Failure};

/// Lists, acknowledges, reports or marks.
pub fn run(command: &IncidentCommand) -> Result<Exit, Failure> {
    let (agent, request) = match command {
        IncidentCommand::List { service, agent } => {
            (agent, Request::IncidentList { service: service.clone() })
        }
        IncidentCommand::Ack { service, opened, agent } => {
            let (service, opened) = (service.clone(), opened.clone());
            (agent, Request::IncidentAck { service, opened })
        }
        IncidentCommand::Report { service, opened, agent } => {
            let (service, opened) = (service.clone(), opened.clone());
            (agent, Request::IncidentReport { service, opened })
        }
        IncidentCommand::Notifiable { service, opened, detected, agent } => {
            let (service, opened) = (service.clone(), opened.clone());
            (agent, Request::IncidentNotifiable { service, opened, detected: detected.clone() })
        }
        IncidentCommand::Reported { service, stage, reference, opened, agent } => {
            let (service, opened) = (service.clone(), opened.clone());
            let (stage, reference) = (stage_of(*stage), reference.clone());
            (agent, Request::IncidentReported { service, opened, stage, reference })
        }
    };
    ask(agent, &request, describe)
}

fn stage_of(stage: StageArg) -> ReportStage {
    match stage {
        StageArg::EarlyWarning => ReportStage::EarlyWarning,
        StageArg::Notification => ReportStage::Notification,
        StageArg::Final => ReportStage::Final,
    }
}

fn describe(reply: &Reply) -> String {
    match reply {
        Reply::Incident { incident } => describe_incident(incident),
        Reply::Incidents { incidents, notifiable_before }
            if incidents.is_empty() && notifiable_before.is_empty() =>
        {
            "no incident in this month and the one before\n".to_owned()
        }
        Reply::Incidents { incidents, notifiable_before } => {
            let before = notifiable_before.iter().map(describe_mark);
            before.chain(incidents.iter().map(describe_incident)).collect()
        }
        Reply::IncidentReport { report } => describe_report(report),
        Reply::Notifiable { notifiable } => describe_mark(notifiable),
        _ => String::new(),
    }
}

fn describe_incident(incident: &IncidentView) -> String {
    let local = |instant| local(instant, &incident.timezone);
    let end = incident.closed.map_or("goes on".to_owned(), |at| format!("until {}", local(at)));
    let clock = match incident.response.as_str() {
        "met" => "in time",
        "breached" => "not in time",
        _ => "the clock runs",
    };
    let mut text = format!(
        "{}  {} {end}\n    troubleshooting to start by {}: {clock}\n",
        incident.service,
        local(incident.opened),
        local(incident.response_deadline),
    );
    match (incident.acknowledged, &incident.acknowledged_by) {
        (Some(at), Some(by)) => {
            text.push_str(&format!("    acknowledged {} by {by}\n", local(at)));
        }
        _ => text.push_str("    not acknowledged\n"),
    }
    if let Some(marked) = &incident.notifiable {
        text.push_str(&describe_stages(marked));
    }
    text
}

/// A mark by itself.
fn describe_mark(marked: &NotifiableView) -> String {
    let opened = local(marked.opened, &marked.timezone);
    format!("{}  {opened}\n{}", marked.service, describe_stages(marked))
}

/// C10.6: what is due, and what was handed in.
fn describe_stages(marked: &NotifiableView) -> String {
    let local = |instant| local(instant, &marked.timezone);
    let mut text =
        format!("    notifiable (NIS2), detected {}; by {}\n", local(marked.detected), marked.by);
    for due in &marked.stages {
        let name = match due.stage {
            ReportStage::EarlyWarning => "early warning",
            ReportStage::Notification => "notification",
            ReportStage::Final => "final report",
        };
        text.push_str(&format!("        {name} by {}: ", local(due.deadline)));
        text.push_str(&match &due.reported {
            Some(made) => {
                let reference =
                    made.reference.as_ref().map_or(String::new(), |it| format!(" ({it})"));
                format!("handed in{reference}; recorded {} by {}\n", local(made.at), made.by)
            }
            None => "not handed in\n".to_owned(),
        });
    }
    text
}

fn describe_report(report: &IncidentReport) -> String {
    let local = |instant| local(instant, &report.incident.timezone);
    let mut text = describe_incident(&report.incident);
    let lost_s = report.incident.lost_ms / 1000;
    text.push_str(&format!("    {} % of the time to start had run\n", report.clock_percent));
    text.push_str(&format!("    lost: {} min {} s\n", lost_s / 60, lost_s % 60));
    if let Some(vantage) = &report.vantage {
        let network = vantage.network.as_ref().map_or(String::new(), |it| format!(", {it}"));
        text.push_str(&format!("    measured from {}{network}\n", vantage.agent));
        text.push_str(&match &vantage.witnesses[..] {
            [] => "    no witness is asked (C3.3)\n".to_owned(),
            names => {
                let (needed, all) = (vantage.witnesses_needed, names.len());
                format!("    witnesses, {needed} of {all} needed: {}\n", names.join(", "))
            }
        });
    }
    text.push_str("downtime\n");
    for outage in &report.outages {
        let ground = outage.ground.map_or(String::new(), |it| format!(" ({})", it.as_str()));
        text.push_str(&format!(
            "    {} until {}  {}: {}{ground}, answers for it: {}\n",
            local(outage.from),
            local(outage.until),
            outage.cause,
            outage.class,
            outage.responsible.as_str(),
        ));
        let Some(seen) = &outage.evidence else { continue };
        // What a service says reaches no terminal as it is.
        text.push_str(&format!("        {}\n", seen.message.escape_debug()));
        for (name, detail) in seen.details() {
            text.push_str(&format!("        {name}: {}\n", detail.escape_debug()));
        }
    }
    text.push_str("attempts around it\n");
    for attempt in &report.attempts {
        let cause = attempt.cause.as_ref().map_or(String::new(), |cause| format!(", {cause}"));
        let (at, ms) = (local(attempt.at), attempt.duration_ms);
        text.push_str(&format!("    {at}  {}{cause}, {ms} ms\n", attempt.outcome));
    }
    if report.attempts.is_empty() {
        text.push_str("    none is kept: attempts are kept for a day\n");
    }
    if !report.notices.is_empty() {
        text.push_str("notices delivered\n");
    }
    for made in &report.notices {
        let (at, notice) = (local(made.at), made.notice.as_str());
        text.push_str(&format!("    {at}  {notice} to {} by {}\n", made.contact, made.channel));
    }
    text
}

#[cfg(test)]
mod tests {
    use agent::admin::{AttemptView, OutageView, ReportedView, StageView};
    use contract::{Evidence, Instant, Side, Vantage};

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn marked() -> NotifiableView {
        let detected = at("2026-11-10T11:00:31Z");
        let reported = ReportedView {
            at: at("2026-11-10T20:00:00Z"),
            by: "anna".to_owned(),
            reference: Some("MCF 17".to_owned()),
        };
        let stage = |stage: ReportStage, reported| StageView {
            stage,
            deadline: stage.deadline(detected, &jiff::tz::TimeZone::UTC),
            reported,
        };
        NotifiableView {
            service: "portal".to_owned(),
            timezone: "Europe/Stockholm".to_owned(),
            opened: at("2026-11-10T11:00:00Z"),
            detected,
            by: "anna".to_owned(),
            stages: vec![
                stage(ReportStage::EarlyWarning, Some(reported)),
                stage(ReportStage::Notification, None),
                stage(ReportStage::Final, None),
            ],
        }
    }

    #[test]
    fn c10_6_deadlines_stand_beside_what_was_handed_in() {
        assert_eq!(
            describe_mark(&marked()),
            "portal  2026-11-10T12:00:00.000+01:00\n    notifiable (NIS2), detected \
             2026-11-10T12:00:31.000+01:00; by anna\n        early warning by \
             2026-11-11T12:00:31.000+01:00: handed in (MCF 17); recorded \
             2026-11-10T21:00:00.000+01:00 by anna\n        notification by \
             2026-11-13T12:00:31.000+01:00: not handed in\n        final report by \
             2026-12-13T12:00:31.000+01:00: not handed in\n"
        );
    }

    #[test]
    fn c9_5_a_report_holds_evidence_attempts_and_who_answers() {
        let report = IncidentReport {
            incident: IncidentView {
                service: "portal".to_owned(),
                timezone: "Europe/Stockholm".to_owned(),
                opened: at("2026-11-10T11:00:00Z"),
                closed: None,
                lost_ms: 3_661_000,
                response_deadline: at("2026-11-10T15:00:00Z"),
                response: "running".to_owned(),
                acknowledged: None,
                acknowledged_by: None,
                notifiable: Some(marked()),
            },
            clock_percent: 25,
            vantage: Some(Vantage {
                agent: "gbg-1".to_owned(),
                network: Some("AS64500".to_owned()),
                witnesses: vec!["gateway".to_owned()],
                witnesses_needed: 1,
            }),
            outages: vec![OutageView {
                from: at("2026-11-10T11:00:00Z"),
                until: at("2026-11-10T12:01:01Z"),
                cause: "http_status".to_owned(),
                class: "lost".to_owned(),
                ground: None,
                responsible: Side::Provider,
                evidence: Some(Evidence {
                    message: "the service answered 503".to_owned(),
                    status: Some(503),
                    excerpt: Some("\u{1b}[2Jgone".to_owned()),
                    ..Evidence::default()
                }),
            }],
            attempts: vec![AttemptView {
                at: at("2026-11-10T11:00:00Z"),
                outcome: "down".to_owned(),
                cause: Some("http_status".to_owned()),
                duration_ms: 31,
            }],
            notices: Vec::new(),
        };
        let text = describe_report(&report);
        for part in [
            "25 % of the time to start had run",
            "lost: 61 min 1 s",
            "measured from gbg-1, AS64500",
            "witnesses, 1 of 1 needed: gateway",
            "http_status: lost, answers for it: provider",
            "the service answered 503",
            "status: 503",
            "down, http_status, 31 ms",
            "early warning by",
        ] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "what a page says reaches no terminal as it is");
    }
}
