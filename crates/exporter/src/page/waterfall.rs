//! The last attempt: its verdict, and where its time went.

use std::time::Duration;

use contract::{Outcome, Phase};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::words::Language;
use super::{bars, display, listing};
use crate::snapshot::{Attempt, Step};

/// The verdict and one line per step, each phase at its place in the attempt.
pub fn attempt(attempt: &Attempt, zone: &TimeZone, language: Language) -> Markup {
    let total = attempt.duration.max(attempt.steps.iter().map(length).sum()).as_secs_f64();
    let steps = attempt.steps.iter().scan(Duration::ZERO, |ended, step| {
        let started = *ended;
        *ended += length(step);
        Some((started, step))
    });
    let title = language.of("Steps of the last attempt", "Senaste försökets steg");
    html! {
        p {
            strong { (outcome(attempt.outcome, language)) }
            " " (display::instant(attempt.at, zone)) ", "
            (display::measured(attempt.duration, language)) ". " (attempt.message)
        }
        (listing::scroll(title, html! {
            table.waterfall.stacked {
                caption.hidden { (title) }
                thead { tr {
                    th scope="col" { (language.of("Step", "Steg")) }
                    th scope="col" { (language.of("Phases", "Faser")) }
                    th.number scope="col" { "Status" }
                    th.number scope="col" { (language.of("Time", "Tid")) }
                } }
                tbody {
                    @for (started, step) in steps {
                        tr {
                            th scope="row" {
                                (step_name(step.name, language))
                                span.sub { (step.url) }
                            }
                            td {
                                (bars::line("steps", &parts(step, started, total)))
                                span.sub { (phases(step, language)) }
                            }
                            td.number { @if let Some(status) = step.status { (status) } }
                            td.number { (display::measured(length(step), language)) }
                        }
                    }
                }
            }
        }))
        ul.legend {
            @for phase in Phase::ALL { li class=(phase.as_str()) { (phase_name(phase, language)) } }
        }
        @if let Some(expiry) = attempt.certificate_expiry {
            p {
                (language.of("The certificate expires ", "Certifikatet går ut "))
                (display::minute(expiry, zone)) "."
            }
        }
    }
}

/// The verdict, in a sentence.
pub fn outcome(outcome: Outcome, language: Language) -> &'static str {
    match outcome {
        Outcome::Up => language.of("Logged in.", "Inloggad."),
        Outcome::Down(_) => language.of("The login failed.", "Inloggningen misslyckades."),
        Outcome::Account(_) => language.of("The account was refused.", "Kontot nekades."),
        Outcome::Unable(_) => {
            language.of("The attempt could not be made.", "Försöket kunde inte göras.")
        }
    }
}

/// Why, if it was not up.
pub fn cause(outcome: Outcome, language: Language) -> String {
    match outcome {
        Outcome::Up => String::new(),
        Outcome::Down(cause) => language.cause(cause.as_str()),
        Outcome::Account(cause) => language.account(cause).to_owned(),
        Outcome::Unable(cause) => language.unable(cause).to_owned(),
    }
}

fn step_name(name: &'static str, language: Language) -> &'static str {
    match name {
        "page" => language.of("page", "sida"),
        "sign_in" => language.of("sign in", "logga in"),
        "redirect" => language.of("redirect", "omdirigering"),
        "check" => language.of("check", "kontroll"),
        "log_out" => language.of("log out", "logga ut"),
        other => other,
    }
}

fn phase_name(phase: Phase, language: Language) -> &'static str {
    match phase {
        Phase::Resolve => language.of("name lookup", "namnuppslag"),
        Phase::Connect => language.of("connect", "anslutning"),
        Phase::Tls => "TLS",
        Phase::Processing => language.of("waiting for the answer", "väntan på svar"),
        Phase::Transfer => language.of("transfer", "överföring"),
    }
}

/// The phases in words, which the drawing only repeats.
fn phases(step: &Step, language: Language) -> String {
    let known = Phase::ALL.into_iter().zip(step.phases.each());
    let texts = known.filter_map(|(phase, duration)| {
        let duration = display::measured(duration?, language);
        Some(format!("{} {duration}", phase_name(phase, language)))
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn parts(step: &Step, started: Duration, total_s: f64) -> Vec<(&'static str, f64, f64)> {
    let mut at = started;
    let mut parts = Vec::new();
    for (phase, duration) in Phase::ALL.into_iter().zip(step.phases.each()) {
        let duration = duration.unwrap_or_default();
        let ratio = |time: Duration| if total_s > 0.0 { time.as_secs_f64() / total_s } else { 0.0 };
        parts.push((phase.as_str(), ratio(at), ratio(duration)));
        at += duration;
    }
    parts
}

fn length(step: &Step) -> Duration {
    step.phases.each().iter().flatten().sum()
}
