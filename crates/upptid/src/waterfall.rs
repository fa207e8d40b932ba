//! One attempt as a person reads it: its steps and phases on a common time scale, the
//! certificate, and the verdict.

use std::fmt::Write;
use std::time::Duration;

use contract::{Instant, Outcome, Phase};
use probe::Attempt;
use probe::attempt::{Step, TlsReport};

const BAR_COLUMNS: usize = 40;
const URL_COLUMNS_MAX: usize = 96;

/// The whole report, ending with a newline.
pub fn render(service: &str, attempt: &Attempt, now: Instant) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{service}");
    let scale = Scale::of(attempt);
    for step in &attempt.steps {
        write_step(&mut text, step);
    }
    if !attempt.steps.is_empty() {
        let _ = writeln!(text);
    }
    let mut begun = Duration::ZERO;
    for step in &attempt.steps {
        for (phase, took) in step.phases.iter() {
            write_phase(&mut text, step, phase, took, scale.bar(begun, took));
            begun += took;
        }
    }
    if let Some(tls) = &attempt.tls {
        write_certificate(&mut text, tls, now);
    }
    for note in &attempt.notes {
        let _ = writeln!(text, "\n  note: {note}");
    }
    if let (Some(excerpt), false) = (&attempt.evidence.excerpt, attempt.outcome == Outcome::Up) {
        let title = attempt.evidence.title.as_deref().unwrap_or("no title");
        let _ = writeln!(text, "\n  the answer ({title}): {excerpt}");
    }
    let _ = writeln!(text, "\n{}", verdict(attempt));
    text
}

/// The verdict in one sentence.
pub fn verdict(attempt: &Attempt) -> String {
    let took = milliseconds(attempt.duration);
    let requests = attempt.requests;
    let word = match attempt.outcome {
        Outcome::Up => "UP",
        Outcome::Down(_) => "DOWN",
        Outcome::Account(_) => "ACCOUNT REFUSED",
        Outcome::Unable(_) => "NOT MEASURED",
    };
    let plural = if requests == 1 { "" } else { "s" };
    format!("{word}: {} ({took}, {requests} request{plural})", attempt.message)
}

fn write_step(text: &mut String, step: &Step) {
    let status = step.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let url: String = step.url.chars().take(URL_COLUMNS_MAX).collect();
    let _ = write!(text, "  {:9} {status:>3}  {url}", step.name);
    if let Some(address) = step.address {
        let _ = write!(text, "  at {address}");
    }
    text.push('\n');
}

fn write_phase(text: &mut String, step: &Step, phase: Phase, took: Duration, bar: String) {
    let name = phase.as_str();
    let took = milliseconds(took);
    let _ = writeln!(text, "  {:9} {name:10} {took:>11}  |{bar}|", step.name);
}

fn write_certificate(text: &mut String, tls: &TlsReport, now: Instant) {
    let words = [tls.version, tls.cipher, tls.protocol.as_deref()];
    let agreed: Vec<&str> = words.into_iter().flatten().collect();
    if !agreed.is_empty() {
        let _ = writeln!(text, "\n  {}", agreed.join(", "));
    }
    if let Some(fault) = &tls.fault {
        let _ = writeln!(text, "\n  certificate: {fault}");
    }
    let Some(chain) = &tls.chain else { return };
    for certificate in chain.certificates() {
        let days = certificate.not_after.since(now).div_euclid(86_400_000);
        let ends = match days {
            ..0 => format!("expired {} ago", counted(-days, "day")),
            _ => format!("{} left", counted(days, "day")),
        };
        let _ = writeln!(
            text,
            "  {} issued by {}, until {} ({ends})",
            certificate.subject, certificate.issuer, certificate.not_after
        );
    }
}

fn counted(count: i64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Places phases on one line of [`BAR_COLUMNS`].
struct Scale {
    whole: Duration,
}

impl Scale {
    fn of(attempt: &Attempt) -> Self {
        let phases = attempt.steps.iter().flat_map(|step| step.phases.iter());
        Scale { whole: phases.map(|(_, took)| took).sum() }
    }

    fn bar(&self, begun: Duration, took: Duration) -> String {
        let column = |at: Duration| {
            let whole = self.whole.as_micros().max(1);
            (at.as_micros() * BAR_COLUMNS as u128 / whole) as usize
        };
        let from = column(begun).min(BAR_COLUMNS - 1);
        let until = column(begun + took).clamp(from + 1, BAR_COLUMNS);
        let (before, inside) = (" ".repeat(from), "=".repeat(until - from));
        format!("{before}{inside}{}", " ".repeat(BAR_COLUMNS - until))
    }
}

fn milliseconds(duration: Duration) -> String {
    let tenths = duration.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}
