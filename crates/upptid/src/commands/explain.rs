//! `upptid explain`: why a minute is classed as it is.

use std::fmt::Write;

use agent::admin::{AttemptView, ExplainView, PauseView, Reply, Request, instant};
use clap::builder::styling::Style;
use contract::contracts::Contracts;
use contract::explain::{CitedFact, CoveringAdjustment, CoveringStop};
use contract::fact::{AdjustmentKind, Decision};
use contract::{Classed, Evidence, Explanation, Instant, Month, Reach, explain_minute};

use super::ask::{local, look};
use crate::cli::explain::ExplainArgs;
use crate::exit::{Exit, Failure};
use crate::facts;
use crate::terminal::{self, BOLD, GREEN, RED, YELLOW, styled};

/// In `2026-10-25T02:30:00.250+02:00`: where the time begins, and the offset.
const DAY: usize = "2026-10-25T".len();
const OFFSET: usize = "2026-10-25T02:30:00.250".len();

/// Explains the minute, by the agent's answer or out of facts alone.
pub fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let explained = match args.facts.is_empty() {
        true => ask(args)?,
        false => read(args)?,
    };
    let text = match args.agent.json {
        true => serde_json::to_string(&explained).map_err(Failure::usage)? + "\n",
        false => render(&explained),
    };
    terminal::write(&text)?;
    Ok(Exit::Done)
}

fn ask(args: &ExplainArgs) -> Result<ExplainView, Failure> {
    let request = Request::Explain { service: args.service.clone(), at: args.at.clone() };
    let answer = look(&args.agent.socket, &request).map_err(|mut failure| {
        if failure.exit == Exit::Unreachable {
            failure.message += " Without it, add --facts with the journal's folder";
        }
        failure
    })?;
    match answer {
        Reply::Explained { explained } => Ok(*explained),
        _ => Err(Failure::new(Exit::Unreachable, "the agent answered something else")),
    }
}

/// Without an agent: what is recorded is known, and no attempt is.
fn read(args: &ExplainArgs) -> Result<ExplainView, Failure> {
    let history = facts::read(&args.facts)?;
    let service = args.service.as_str();
    let known = history.last_known().filter(|_| history.services().any(|name| name == service));
    let Some(decided_until) = known else {
        return Err(Failure::usage(format!("the facts name no service {service:?}")));
    };
    let mut contracts = Contracts::default();
    let zone = contracts.running(&history, service, decided_until).terms.zone().clone();
    let at = match &args.at {
        Some(text) => instant(text, Some(&zone)).map_err(Failure::usage)?,
        None => decided_until.plus_ms(-1),
    };
    let contract = contracts.of(&history, service, Month::of(at, &zone));
    let reach = Reach::replay(&history, None);
    let minute = explain_minute(&history, service, &contract.as_service_contract(), reach, at)
        .ok_or_else(|| Failure::usage(format!("nothing is known of {service} at {at}")))?;
    Ok(ExplainView {
        minute,
        decided_until,
        attempts: Vec::new(),
        vantage: history.vantage().cloned(),
        paused: history.pause(service).map(PauseView::from),
    })
}

fn render(explained: &ExplainView) -> String {
    let minute = &explained.minute;
    let first = local(minute.from, &minute.timezone);
    let local = |instant| {
        let local = local(instant, &minute.timezone);
        // On the minute's own day, and with its offset, the time of day is enough.
        let is_same_day = local[..DAY] == first[..DAY] && local[OFFSET..] == first[OFFSET..];
        if is_same_day { local[DAY..OFFSET].to_owned() } else { local }
    };
    let mut text = String::new();
    let title = format!("{}, the minute from {first}", minute.service);
    let _ = writeln!(text, "{} ({})", styled(BOLD, &title), minute.timezone);
    let (rule, counted_ms) = (minute.minute_rule.as_str(), minute.counted_ms);
    let (s, ms) = (counted_ms / 1_000, counted_ms % 1_000);
    let _ = writeln!(text, "it adds {s}.{ms:03} s to F (C6.2, minute rule {rule})");
    for damage in &minute.damage {
        let _ = writeln!(text, "{} {}", styled(RED, "damage (C10.1):"), cited(damage, &local));
    }
    for piece in &minute.pieces {
        text.push('\n');
        write_piece(&mut text, piece, explained, &local);
    }
    text.push('\n');
    write_attempts(&mut text, &explained.attempts, &local);
    if let Some(vantage) = &explained.vantage {
        let _ = match &vantage.witnesses[..] {
            [] => writeln!(text, "measured from {}; no witness is asked (C3.3)", vantage.agent),
            names => writeln!(
                text,
                "measured from {}; witnesses, {} of {} needed (C3.3): {}",
                vantage.agent,
                vantage.witnesses_needed,
                names.len(),
                names.join(", ")
            ),
        };
    }
    if let Some(pause) = &explained.paused {
        let (by, at, reason) = (&pause.by, local(pause.at), pause.reason.escape_debug());
        let _ = writeln!(text, "paused now, by {by} at {at}: {reason}");
    }
    text
}

type Local<'a> = &'a dyn Fn(Instant) -> String;

fn write_piece(text: &mut String, piece: &Explanation, explained: &ExplainView, local: Local<'_>) {
    let so_far = if piece.until == explained.decided_until { " (so far)" } else { "" };
    let span = format!("from {} until {}{so_far}", local(piece.from), local(piece.until));
    let _ = writeln!(text, "{}  {span}", class(piece));
    for rule in &piece.rules {
        let _ = writeln!(text, "    {:5} {}", rule.rule, rule.says);
    }
    if !piece.facts.is_empty() || piece.ended_by.is_some() {
        text.push_str("  facts\n");
    }
    for fact in &piece.facts {
        let _ = writeln!(text, "    {}", cited(fact, local));
    }
    if let Some(fact) = &piece.ended_by {
        let _ = writeln!(text, "    {}, which ends it", cited(fact, local));
    }
    if let Some(evidence) = &piece.evidence {
        write_evidence(text, evidence);
    }
    if !piece.stops.is_empty() {
        text.push_str("  planned stops\n");
    }
    for stop in &piece.stops {
        let _ = writeln!(text, "    {}", stop_line(stop, local));
    }
    if !piece.adjustments.is_empty() {
        text.push_str("  adjustments\n");
    }
    for made in &piece.adjustments {
        let _ = writeln!(text, "    {}", adjustment_line(made, local));
    }
}

/// `lost (silence)`, in its colour.
fn class(piece: &Explanation) -> String {
    let style: Style = match &piece.class {
        Classed::Up => GREEN,
        Classed::Lost { .. } => RED,
        Classed::Planned { .. } | Classed::Excluded { .. } | Classed::NotInService => BOLD,
        Classed::Unmeasured { .. } => YELLOW,
    };
    let name = piece.class.as_str();
    let words = match (&piece.class, piece.class.cause()) {
        (Classed::Excluded { ground, .. }, Some(cause)) => {
            format!("{name} ({cause}; {})", ground.as_str())
        }
        (_, Some(cause)) => format!("{name} ({cause})"),
        (_, None) => name.replace('_', " "),
    };
    styled(style, &words)
}

/// `line 6, recorded …: down (silence) from …`
fn cited(fact: &CitedFact, local: Local<'_>) -> String {
    let (at, from) = (local(fact.at), local(fact.from));
    format!("line {}, recorded {at}: {} from {from}", fact.seq, fact.says)
}

fn write_evidence(text: &mut String, seen: &Evidence) {
    // What a service says reaches no terminal as it is.
    let _ = writeln!(text, "  seen\n    {}", seen.message.escape_debug());
    for (name, detail) in seen.details() {
        let _ = writeln!(text, "    {name}: {}", detail.escape_debug());
    }
}

fn stop_line(stop: &CoveringStop, local: Local<'_>) -> String {
    let (from, until) = (local(stop.from), local(stop.until));
    let CoveringStop { id, seq, reason, .. } = stop;
    format!("{id} (line {seq}), {from} until {until}: {reason}")
}

fn adjustment_line(made: &CoveringAdjustment, local: Local<'_>) -> String {
    let kind = match made.kind {
        AdjustmentKind::Exclude => "exclude",
        AdjustmentKind::Include => "include",
    };
    let decision = match (made.decision, made.decision_seq) {
        (Some(Decision::Accepted), Some(seq)) => format!("accepted (line {seq})"),
        (Some(Decision::Rejected), Some(seq)) => format!("rejected (line {seq})"),
        _ => format!("not decided; `upptid adjust decide {}`", made.id),
    };
    let CoveringAdjustment { id, seq, .. } = made;
    let ground = made.ground.as_str();
    let (from, until) = (local(made.from), local(made.until));
    let evidence = made.evidence.escape_debug();
    format!(
        "{id} (line {seq}), {kind} {ground}, {from} until {until}: {decision}; shown by: {evidence}"
    )
}

fn write_attempts(text: &mut String, attempts: &[AttemptView], local: Local<'_>) {
    if attempts.is_empty() {
        text.push_str("no attempt of that time is kept: the agent keeps a day of them\n");
        return;
    }
    let _ = writeln!(text, "{}", styled(BOLD, "attempts around it"));
    for attempt in attempts {
        let cause = attempt.cause.as_ref().map_or(String::new(), |cause| format!(", {cause}"));
        let (at, ms) = (local(attempt.at), attempt.duration_ms);
        let _ = writeln!(text, "    {at}  {}{cause}, {ms} ms", attempt.outcome);
    }
}
