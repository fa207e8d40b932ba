//! Histories written by hand, a fact a line.

use contract::terms::Terms;
use contract::{
    Figure, History, Instant, Money, Month, MonthTerms, Reach, ResolvedTerms, ServiceContract,
    month_figure,
};
use serde_json::{Value, json};

/// Facts of the service `portal`, numbered as they are added. Instants are written as
/// `2026-10-05 12:00:00.000`, in UTC; what is left out at the end is zero.
#[derive(Clone, Default)]
pub struct Facts {
    pub lines: Vec<String>,
}

impl Facts {
    /// Up from long before the months of the tests until long after.
    pub fn always_up() -> Self {
        Facts::default().up("2026-01-01").measured("2027-12-01")
    }

    pub fn add(mut self, at: &str, mut fact: Value) -> Self {
        fact["seq"] = (self.lines.len() + 1).into();
        fact["at"] = utc(at).into();
        self.lines.push(fact.to_string());
        self
    }

    pub fn up(self, from: &str) -> Self {
        let fact = json!({"fact": "state", "service": "portal", "from": utc(from), "state": "up"});
        self.add(from, fact)
    }

    pub fn down(self, from: &str, until: &str) -> Self {
        let fact = json!({"fact": "state", "service": "portal", "from": utc(from), "state": "down",
                          "cause": "http_status"});
        self.add(from, fact).up(until)
    }

    pub fn unmeasured(self, from: &str, cause: &str) -> Self {
        let fact = json!({"fact": "state", "service": "portal", "from": utc(from),
                          "state": "unmeasured", "cause": cause});
        self.add(from, fact)
    }

    pub fn measured(self, until: &str) -> Self {
        self.add(until, json!({"fact": "measured", "until": utc(until)}))
    }

    pub fn measuring_stopped(self, from: &str, cause: &str) -> Self {
        let fact = json!({"fact": "measuring_stopped", "from": utc(from), "cause": cause});
        self.add(from, fact)
    }

    pub fn stop(self, id: &str, announced_at: &str, from: &str, until: &str) -> Self {
        self.stop_agreed(id, announced_at, from, until, None)
    }

    pub fn stop_agreed(
        self,
        id: &str,
        announced_at: &str,
        from: &str,
        until: &str,
        agreed: Option<&str>,
    ) -> Self {
        let fact = json!({"fact": "stop_announced", "id": id, "services": ["portal"],
                          "from": utc(from), "until": utc(until), "reason": "patches",
                          "by": "anna", "agreed": agreed});
        self.add(announced_at, fact)
    }

    pub fn cancel(self, id: &str, at: &str) -> Self {
        self.add(at, json!({"fact": "stop_cancelled", "id": id, "by": "anna"}))
    }

    pub fn claim(self, id: &str, kind: &str, ground: &str, from: &str, until: &str) -> Self {
        let fact = json!({"fact": "adjustment_claimed", "id": id, "kind": kind,
                          "service": "portal", "from": utc(from), "until": utc(until),
                          "ground": ground, "evidence": "a log", "by": "anna"});
        self.add(until, fact)
    }

    pub fn decide(self, id: &str, decision: &str) -> Self {
        let fact =
            json!({"fact": "adjustment_decided", "id": id, "decision": decision, "by": "bo"});
        self.add("2026-12-01", fact)
    }

    pub fn exclude(self, id: &str, ground: &str, from: &str, until: &str) -> Self {
        self.claim(id, "exclude", ground, from, until).decide(id, "accepted")
    }

    pub fn include(self, id: &str, from: &str, until: &str) -> Self {
        self.claim(id, "include", "fault_report", from, until).decide(id, "accepted")
    }

    pub fn acknowledge(self, opened: &str, at: &str) -> Self {
        let fact = json!({"fact": "incident_acknowledged", "service": "portal",
                          "opened": utc(opened), "by": "bo"});
        self.add(at, fact)
    }

    pub fn began(self, from: &str) -> Self {
        self.add(from, json!({"fact": "service_began", "service": "portal", "from": utc(from)}))
    }

    pub fn ended(self, from: &str) -> Self {
        self.add(from, json!({"fact": "service_ended", "service": "portal", "from": utc(from)}))
    }

    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    pub fn history(&self) -> History {
        let mut history = History::new();
        history.read("facts", &self.text()).unwrap();
        history
    }

    pub fn figure(&self, month: &str) -> Figure {
        self.figure_under(month, Terms::default(), None)
    }

    pub fn figure_as_of(&self, month: &str, as_of: &str) -> Figure {
        self.figure_under(month, Terms::default(), Some(as_of))
    }

    pub fn figure_under(&self, month: &str, terms: Terms, as_of: Option<&str>) -> Figure {
        let history = self.history();
        let reach = Reach::replay(&history, as_of.map(at));
        figure(&history, "portal", month, terms, reach)
    }
}

pub fn figure(history: &History, service: &str, month: &str, terms: Terms, reach: Reach) -> Figure {
    let month: Month = month.parse().unwrap();
    let terms = MonthTerms::new(&ResolvedTerms::new(terms).unwrap(), month);
    let fee: Money = "12500.00 SEK".parse().unwrap();
    let contract = ServiceContract { terms: &terms, monthly_fee: Some(&fee) };
    month_figure(history, service, &contract, reach)
}

/// The instant of `2026-10-05 12:00`.
pub fn at(text: &str) -> Instant {
    utc(text).parse().unwrap()
}

fn utc(text: &str) -> String {
    const REST: &str = "2026-01-01T00:00:00.000";
    format!("{}{}Z", text.replace(' ', "T"), &REST[text.len()..])
}
