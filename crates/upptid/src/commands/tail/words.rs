//! A fact as one plain line, and whom it names.

use contract::fact::{AdjustmentKind, Decision};
use contract::{Fact, Line, ServiceState};

/// `    6 2026-11-23T05:12:19.204Z portal  down (silence) from …`; without a newline.
pub fn line(line: &Line) -> String {
    let Line { seq, at, fact } = line;
    let who = subject(fact).join(",");
    let who = if who.is_empty() { "-" } else { &who };
    // What people and services say reaches no terminal as it is.
    let says = says(fact).escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'");
    format!("{seq:>7} {at} {who}  {says}")
}

/// The services that the fact names by themselves.
pub fn subject(fact: &Fact) -> Vec<&str> {
    match fact {
        Fact::State { service, .. }
        | Fact::AdjustmentClaimed { service, .. }
        | Fact::IncidentAcknowledged { service, .. }
        | Fact::MeasuringPaused { service, .. }
        | Fact::MeasuringResumed { service, .. }
        | Fact::ServiceBegan { service, .. }
        | Fact::ServiceEnded { service, .. }
        | Fact::ServiceSet { service, .. }
        | Fact::ClaimSubmitted { service, .. }
        | Fact::ClaimSettled { service, .. }
        | Fact::IncidentNotifiable { service, .. }
        | Fact::IncidentReported { service, .. } => vec![service],
        Fact::NoticeDelivered { service, .. } => service.iter().map(String::as_str).collect(),
        Fact::MonthClosed(close) => vec![&close.service],
        Fact::StopAnnounced { services, .. } => services.iter().map(String::as_str).collect(),
        Fact::CarriedOver { line } => subject(&line.fact),
        Fact::Measured { .. }
        | Fact::MeasuringStopped { .. }
        | Fact::StopCancelled { .. }
        | Fact::AdjustmentDecided { .. }
        | Fact::TermsSet { .. }
        | Fact::ProviderSet(_)
        | Fact::VantageSet(_)
        | Fact::SigningKeySet { .. }
        | Fact::StatementSigned(_)
        | Fact::SegmentOpened { .. }
        | Fact::ChainDamaged { .. } => Vec::new(),
    }
}

/// Whether it bears on every service.
pub fn is_about_all(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Measured { .. } | Fact::MeasuringStopped { .. } | Fact::ChainDamaged { .. }
    )
}

fn says(fact: &Fact) -> String {
    match fact {
        Fact::State { from, state, evidence, .. } => {
            let seen = evidence.as_ref().filter(|seen| !seen.message.is_empty());
            let seen = seen.map_or(String::new(), |seen| format!(": {}", seen.message));
            format!("{} from {from}{seen}", state_words(state))
        }
        Fact::Measured { until } => format!("all open states hold until {until}"),
        Fact::MeasuringStopped { from, cause } => {
            format!("every service is unmeasured ({}) from {from}", cause.as_str())
        }
        Fact::StopAnnounced { id, from, until, reason, by, agreed, .. } => {
            let agreed = agreed.as_ref().map_or(String::new(), |it| format!(" (agreed: {it})"));
            format!("{by} announces the planned stop {id}, {from} until {until}{agreed}: {reason}")
        }
        Fact::StopCancelled { id, by } => format!("{by} cancels the planned stop {id}"),
        Fact::AdjustmentClaimed { id, kind, from, until, ground, evidence, by, .. } => {
            let kind = match kind {
                AdjustmentKind::Exclude => "exclude",
                AdjustmentKind::Include => "include",
            };
            let ground = ground.as_str();
            format!("{by} claims {id}, {kind} {ground}, {from} until {until}: {evidence}")
        }
        Fact::AdjustmentDecided { id, decision, by } => match decision {
            Decision::Accepted => format!("{by} accepts {id}"),
            Decision::Rejected => format!("{by} rejects {id}"),
        },
        Fact::IncidentAcknowledged { opened, by, .. } => {
            format!("{by} acknowledges the incident of {opened}")
        }
        Fact::MeasuringPaused { by, reason, .. } => format!("{by} pauses measuring: {reason}"),
        Fact::MeasuringResumed { by, .. } => format!("{by} resumes measuring"),
        Fact::ServiceBegan { from, .. } => format!("the service begins at {from}"),
        Fact::ServiceEnded { from, .. } => format!("the service ends at {from}"),
        Fact::TermsSet { name, month, .. } => format!("the terms {name} hold from {month} on"),
        Fact::ServiceSet { month, customer, terms, monthly_fee, .. } => {
            let whose = customer.as_ref().map_or(String::new(), |name| format!(" of {name}"));
            let fee = monthly_fee.as_ref().map_or(String::new(), |fee| format!(", {fee} a month"));
            format!("the service{whose} is under the terms {terms} from {month} on{fee}")
        }
        Fact::ProviderSet(provider) => {
            let name = provider.name.as_deref().unwrap_or("without a name");
            format!("the provider is {name}; documents are labelled {}", provider.classification)
        }
        Fact::VantageSet(vantage) => {
            let (agent, witnesses) = (&vantage.agent, vantage.witnesses.len());
            format!("measured from {agent}, with {witnesses} witnesses")
        }
        Fact::SigningKeySet { public_key } => format!("statements are signed with {public_key}"),
        Fact::MonthClosed(close) => {
            let (month, revision, figure) = (close.month, close.revision, &close.figure);
            let what = match revision {
                0 => "closed".to_owned(),
                revision => format!("revised ({revision})"),
            };
            let percent = figure.availability_percent;
            format!("{month} is {what}: {percent} %, price level {}", figure.level)
        }
        Fact::StatementSigned(signed) => {
            let (month, revision) = (signed.month, signed.revision);
            let whom = signed.customer.as_deref().unwrap_or("the services of no customer");
            format!("the statement of {month} for {whom} is signed (revision {revision})")
        }
        Fact::ClaimSubmitted { month, by, reference, .. } => {
            let reference = reference.as_ref().map_or(String::new(), |it| format!(" ({it})"));
            format!("{by} records the claim for {month}{reference}")
        }
        Fact::ClaimSettled { month, amount, by, .. } => {
            format!("{by} records the claim for {month} as settled: {amount}")
        }
        Fact::IncidentNotifiable { opened, detected, by, .. } => {
            format!("{by} marks the incident of {opened} as notifiable, detected {detected}")
        }
        Fact::IncidentReported { opened, stage, reference, by, .. } => {
            let reference = reference.as_ref().map_or(String::new(), |it| format!(" ({it})"));
            let stage = stage.as_str();
            format!("{by} records the {stage} about the incident of {opened}{reference}")
        }
        Fact::NoticeDelivered { notice, about, contact, channel, .. } => {
            format!("{} about {about} reached {contact} by {channel}", notice.as_str())
        }
        Fact::SegmentOpened { month, agent, version, .. } => {
            format!("segment of {month} opened by {agent}, upptid {version}")
        }
        Fact::CarriedOver { line } => {
            format!("carried over line {}: {}", line.seq, says(&line.fact))
        }
        Fact::ChainDamaged { found, .. } => format!("the journal was found damaged: {found}"),
    }
}

fn state_words(state: &ServiceState) -> String {
    match state {
        ServiceState::Up => "up".to_owned(),
        ServiceState::Down { cause } => format!("down ({cause})"),
        ServiceState::Unmeasured { cause } => format!("unmeasured ({})", cause.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use contract::parse_line;

    use super::*;

    fn told(text: &str) -> String {
        line(&parse_line(text, 1).unwrap())
    }

    #[test]
    fn a_fact_is_a_plain_line_of_number_time_service_and_words() {
        assert_eq!(
            told(
                r#"{"seq":18,"at":"2026-11-23T05:52:05.820Z","fact":"state","service":"portal",
                "from":"2026-11-23T05:52:05.804Z","state":"down","cause":"silence",
                "evidence":{"message":"nobody's there"}}"#
            ),
            "     18 2026-11-23T05:52:05.820Z portal  down (silence) from \
             2026-11-23T05:52:05.804Z: nobody's there"
        );
        assert_eq!(
            told(
                r#"{"seq":7,"at":"2026-11-23T05:52:05.820Z","fact":"adjustment_decided","id":"A1",
                "decision":"accepted","by":"bo"}"#
            ),
            "      7 2026-11-23T05:52:05.820Z -  bo accepts A1"
        );
    }

    #[test]
    fn what_people_and_services_say_reaches_no_terminal_as_it_is() {
        let text = told(
            r#"{"seq":7,"at":"2026-11-23T05:52:05.820Z","fact":"measuring_paused",
            "service":"portal","by":"bo","reason":"a\u001b[2J \"move\"\nof house"}"#,
        );
        assert!(!text.contains('\u{1b}') && !text.contains('\n'), "{text}");
        assert!(text.ends_with("bo pauses measuring: a\\u{1b}[2J \"move\"\\nof house"), "{text}");
    }
}
