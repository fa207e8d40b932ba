//! The sample's months and one stretch of them, out of the facts beside this file.

use std::sync::Arc;

use contract::notices::NoticeKind;
use contract::{
    DownCause, Evidence, History, Instant, Money, MonthTerms, Outcome, Reach, ResolvedTerms,
    ServiceContract, StopVerdict, Terms, explain_minute, month_figure,
};
use exporter::months::{Moment, Notice, PastAttempt, ServiceMonth};
use exporter::records::People;

use super::records::people;
use super::{FACTS, at, stretches};

/// `portal`'s running month.
pub fn month() -> ServiceMonth {
    of("portal", "2026-11", people())
}

/// The month before it, of which nothing is recorded.
pub fn month_before() -> ServiceMonth {
    ServiceMonth { stretches: Vec::new(), ..of("portal", "2026-10", People::default()) }
}

fn history() -> History {
    let mut history = History::new();
    history.read("facts.jsonl", FACTS).expect("the sample's facts are sound");
    history
}

fn terms_of(month: &str) -> MonthTerms {
    let resolved = ResolvedTerms::new(Terms::default()).expect("the default terms are sound");
    MonthTerms::new(&resolved, month.parse().unwrap())
}

fn reach() -> Reach {
    Reach::running(at("2026-11-22T12:00:00.000Z"))
}

fn of(service: &str, month: &str, people: People) -> ServiceMonth {
    let laid_out = terms_of(month);
    let fee: Money = "12500.00 SEK".parse().unwrap();
    let contract = ServiceContract { terms: &laid_out, monthly_fee: Some(&fee) };
    ServiceMonth {
        figure: month_figure(&history(), service, &contract, reach()),
        terms: Arc::new(Terms::default()),
        zone: laid_out.zone().clone(),
        bounds: laid_out.bounds(),
        stretches: stretches(),
        people,
        closes: Vec::new(),
        running: "2026-11".parse().unwrap(),
    }
}

/// What is known of `portal` at `instant`.
pub fn moment(instant: Instant) -> Option<Moment> {
    let month = month();
    let span = month.at(instant)?;
    let incident = month.figure.incidents.iter().find(|it| it.opened == span.from).cloned();
    let attempt = |after_ms, outcome| PastAttempt {
        at: span.from.plus_ms(after_ms),
        outcome,
        duration_ms: 312,
    };
    let down = Outcome::Down(DownCause::NoProof);
    let laid_out = terms_of("2026-11");
    let contract = ServiceContract { terms: &laid_out, monthly_fee: None };
    let minute = explain_minute(&history(), "portal", &contract, reach(), instant)?;
    let piece = minute.pieces.into_iter().find(|it| it.from <= instant && instant < it.until)?;
    Some(Moment {
        zone: month.zone.clone(),
        month: month.figure.month,
        goes_on: span.until == month.elapsed().until,
        rules: piece.rules,
        facts: piece.facts,
        ended_by: piece.ended_by,
        evidence: Some((
            span.from,
            Evidence {
                message: "the page after the sign-in does not hold \"Log out\"".to_owned(),
                url: Some("https://portal.example/home".to_owned()),
                status: Some(200),
                title: Some("<script>alert(1)</script>".to_owned()),
                excerpt: Some("Sorry, <b>try</b> again".to_owned()),
                ..Evidence::default()
            },
        )),
        attempts: vec![
            attempt(-60_000, Outcome::Up),
            attempt(0, down),
            attempt(2_000, down),
            attempt(480_000, Outcome::Up),
        ],
        attempts_since: Some(span.from.plus_ms(-86_400_000)),
        acknowledged: month.people.acknowledged(span.from).cloned(),
        notifiable: month.people.notifiable(span.from).cloned(),
        notices: incident.iter().map(|_| notice(span.from)).collect(),
        incident,
        stops: vec![("S1".to_owned(), StopVerdict::Valid)],
        adjustments: vec![("A1".to_owned(), true)],
        span,
    })
}

fn notice(opened: Instant) -> Notice {
    Notice {
        at: opened.plus_ms(9_000),
        notice: NoticeKind::FaultReport,
        contact: "provider".to_owned(),
        channel: "mail".to_owned(),
    }
}
