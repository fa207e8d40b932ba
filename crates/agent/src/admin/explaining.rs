//! Why a minute of a service is classed as it is, with the attempts around it.

use contract::contracts::Contracts;
use contract::{ExplainedMinute, Instant, Interval, Month, Reach, Vantage, explain_minute};
use ledger::AttemptSummary;
use serde::{Deserialize, Serialize};

use super::protocol::Reply;
use super::requests::{Refusal, Requests, known_service};
use super::views::{AttemptView, PauseView};
use super::when::instant;

/// Attempts shown before the minute, and after it.
const ATTEMPTS_BESIDE: usize = 3;
/// Attempts shown within the minute.
const ATTEMPTS_WITHIN_MAX: usize = 60;

/// A minute explained.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExplainView {
    /// The minute, its classes, and why.
    #[serde(flatten)]
    pub minute: ExplainedMinute,
    /// Until when all is decided (C3.9).
    pub decided_until: Instant,
    /// Attempts in the minute and beside it; without an agent, and after a day, there are none.
    pub attempts: Vec<AttemptView>,
    /// From where it is measured, and which witnesses are asked (C3.3).
    pub vantage: Option<Vantage>,
    /// Who has paused the service, if it is not measured now (C3.6).
    pub paused: Option<PauseView>,
}

impl Requests {
    /// C10.2: reading, which everybody may.
    pub(super) async fn explain(&self, service: &str, at: Option<&str>) -> Result<Reply, Refusal> {
        let decided = self.ledger.decided_until().ok_or("nothing is decided yet; ask again")?;
        let snapshot = self.sight.look().await.ok_or("the agent is ending; ask again")?;
        let now = snapshot.at;
        // C3.9: what is open of this service is not decided, either.
        let shown = snapshot.service(service).and_then(|shown| {
            let figure = shown.figure.as_ref()?;
            let month = figure.month.bounds(&shown.zone);
            Some(month.from.plus_ms(figure.elapsed_ms))
        });
        let decided = shown.map_or(decided, |shown| shown.min(decided));
        let attempts = self.ledger.attempts(service);
        self.ledger.read(|history| {
            known_service(history, service)?;
            let mut contracts = Contracts::default();
            let running = contracts.running(history, service, now).terms;
            let at = match at {
                Some(text) => instant(text, Some(running.zone()))?,
                None => decided.plus_ms(-1),
            };
            let month = Month::of(at, running.zone());
            if at >= decided {
                return Err(format!("{at} is not decided yet: all is, up to {decided}"));
            }
            if month < running.month().prev() {
                return Err(format!(
                    "the agent holds this month and the one before, not {month}: add --facts with \
                     the journal's folder"
                ));
            }
            let contract = contracts.of(history, service, month);
            let contract = contract.as_service_contract();
            let minute = explain_minute(history, service, &contract, Reach::running(decided), at)
                .ok_or_else(|| format!("nothing is known of {service} at {at}"))?;
            let span = Interval::new(minute.from, minute.until);
            let view = ExplainView {
                decided_until: decided,
                attempts: beside(span, &attempts),
                vantage: history.vantage().cloned(),
                paused: history.pause(service).map(PauseView::from),
                minute,
            };
            Ok(Reply::Explained { explained: Box::new(view) })
        })
    }
}

/// The attempts in the minute, and those beside it: the result of the last one before holds in it.
fn beside(minute: Interval, attempts: &[AttemptSummary]) -> Vec<AttemptView> {
    let first = attempts.partition_point(|attempt| attempt.at < minute.from);
    let after = attempts.partition_point(|attempt| attempt.at < minute.until);
    let until = after.min(first + ATTEMPTS_WITHIN_MAX);
    let within = &attempts[first.saturating_sub(ATTEMPTS_BESIDE)..until];
    let next = &attempts[after..attempts.len().min(after + ATTEMPTS_BESIDE)];
    within.iter().chain(next).map(AttemptView::from).collect()
}

#[cfg(test)]
mod tests {
    use contract::Outcome;

    use super::*;

    #[test]
    fn the_attempts_of_a_minute_are_those_in_it_and_three_beside() {
        let at = |s: i64| Instant::from_ms(s * 1_000);
        let attempts: Vec<AttemptSummary> = (0..100)
            .map(|place| AttemptSummary {
                at: at(place * 10),
                outcome: Outcome::Up,
                duration_ms: 1,
            })
            .collect();
        let shown = |from, until| {
            let shown = beside(Interval::new(at(from), at(until)), &attempts);
            (shown.first().map(|it| it.at), shown.last().map(|it| it.at), shown.len())
        };
        assert_eq!(shown(120, 180), (Some(at(90)), Some(at(200)), 12));
        assert_eq!(shown(0, 60), (Some(at(0)), Some(at(80)), 9));
        assert_eq!(shown(5_000, 5_060), (Some(at(970)), Some(at(990)), 3));
        assert_eq!(shown(0, 1_000).2, ATTEMPTS_WITHIN_MAX, "no more than that");
        assert!(beside(Interval::new(at(0), at(60)), &[]).is_empty());
    }
}
