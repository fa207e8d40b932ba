//! One round of questions to the witnesses for all failures within two seconds (C3.3).

/// A round's answer holds for every failure from its start until this much later.
pub const WITNESS_WINDOW_MS: i64 = 2000;

/// A round of questions: each configured witness, once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct WitnessRound(u64);

/// What to do for one service's question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked<T> {
    /// Ask the witnesses now, then call [`WitnessRounds::answered`]; the service waits with it.
    Start(WitnessRound),
    /// A round is under way; the service waits with it.
    Wait,
    /// A round has answered already.
    Answered(T),
}

/// Shares rounds between services. `K` names a service, `T` is what a round found.
#[derive(Clone, Debug)]
pub struct WitnessRounds<K, T> {
    begun: u64,
    latest_began_mono_ms: i64,
    latest_answer: Option<T>,
    waiting: Vec<(WitnessRound, K)>,
}

impl<K: PartialEq, T: Clone> WitnessRounds<K, T> {
    /// No round yet.
    pub fn new() -> Self {
        Self { begun: 0, latest_began_mono_ms: 0, latest_answer: None, waiting: Vec::new() }
    }

    /// `service` asks the witnesses.
    pub fn ask(&mut self, now_mono_ms: i64, service: K) -> Asked<T> {
        let age_ms = now_mono_ms - self.latest_began_mono_ms;
        let is_fresh = self.begun > 0 && (0..WITNESS_WINDOW_MS).contains(&age_ms);
        if let (true, Some(answer)) = (is_fresh, &self.latest_answer) {
            return Asked::Answered(answer.clone());
        }
        if !is_fresh {
            self.begun += 1;
            self.latest_began_mono_ms = now_mono_ms;
            self.latest_answer = None;
        }
        // A service asks anew only when it no longer cares for an earlier answer.
        self.waiting.retain(|(_, waiting)| *waiting != service);
        let round = WitnessRound(self.begun);
        self.waiting.push((round, service));
        if is_fresh { Asked::Wait } else { Asked::Start(round) }
    }

    /// `round` has ended with `answer`; gives the services that wait for it, in the order in which
    /// they asked.
    pub fn answered(&mut self, round: WitnessRound, answer: T) -> Vec<K> {
        if round.0 == self.begun {
            self.latest_answer = Some(answer);
        }
        let (now, later) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|(waits_for, _)| *waits_for == round);
        self.waiting = later;
        now.into_iter().map(|(_, service)| service).collect()
    }
}

impl<K: PartialEq, T: Clone> Default for WitnessRounds<K, T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_3_the_witnesses_are_asked_once_for_all_failures_within_two_seconds() {
        let mut rounds = WitnessRounds::<&str, u32>::new();
        let Asked::Start(first) = rounds.ask(1000, "portal") else { panic!("no round") };
        assert_eq!(rounds.ask(1500, "mail"), Asked::Wait);
        assert_eq!(rounds.answered(first, 2), ["portal", "mail"]);
        assert_eq!(rounds.ask(2999, "wiki"), Asked::Answered(2));
        let Asked::Start(second) = rounds.ask(3000, "wiki") else { panic!("no round") };
        assert_ne!(first, second);
        assert_eq!(rounds.answered(second, 0), ["wiki"]);
    }

    #[test]
    fn c3_3_a_round_that_takes_longer_than_the_window_answers_only_those_who_waited_for_it() {
        let mut rounds = WitnessRounds::<&str, u32>::new();
        let Asked::Start(first) = rounds.ask(0, "portal") else { panic!("no round") };
        let Asked::Start(second) = rounds.ask(2500, "mail") else { panic!("no round") };
        assert_eq!(rounds.answered(first, 1), ["portal"]);
        assert_eq!(rounds.ask(2600, "wiki"), Asked::Wait);
        assert_eq!(rounds.answered(second, 2), ["mail", "wiki"]);
    }

    #[test]
    fn c3_3_a_service_that_asks_again_waits_for_the_later_round_only() {
        let mut rounds = WitnessRounds::<&str, u32>::new();
        let Asked::Start(first) = rounds.ask(0, "portal") else { panic!("no round") };
        let Asked::Start(second) = rounds.ask(5000, "portal") else { panic!("no round") };
        assert!(rounds.answered(first, 1).is_empty());
        assert_eq!(rounds.answered(second, 2), ["portal"]);
    }
}
