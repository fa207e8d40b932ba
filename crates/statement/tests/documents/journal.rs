//! Facts as lines, numbered and sealed by a made-up hash, and what is composed out of them.

use contract::{Fact, History, Instant, Line, Month};
use serde_json::{Value, json};
use statement::document::{LedgerPosition, Status};
use statement::{Asked, Document, compose};

/// The start of October 2026 in Stockholm.
pub const OCTOBER: &str = "2026-09-30T22:00:00.000Z";

/// A journal under way.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    pub lines: Vec<Line>,
}

impl Journal {
    /// A journal that begins with a provider, a vantage point, and these services: name, customer
    /// and the name of their terms. All are up from the month before `month` on.
    pub fn new(month: &str, services: &[(&str, Option<&str>, &str)]) -> Self {
        let began = before(month);
        let mut journal = Journal::default();
        journal.add(
            &began,
            json!({"fact": "provider_set", "name": "Exempel Drift AB", "classification": "ÖPPEN"}),
        );
        journal.add(
            &began,
            json!({"fact": "vantage_set", "agent": "gbg-1", "network": "AS64500, Göteborg"}),
        );
        for (service, customer, terms) in services {
            let month = month.parse::<Month>().unwrap().prev();
            journal.add(
                &began,
                json!({"fact": "service_set", "service": service, "month": month, "customer": customer,
                       "terms": terms, "monthly_fee": "12500.00 SEK", "contacts": ["anna"]}),
            );
            journal.state(service, &began, "up");
        }
        journal
    }

    /// Adds a line, recorded at `at`.
    pub fn add(&mut self, at: &str, fact: Value) -> u64 {
        let fact: Fact = serde_json::from_value(fact).unwrap();
        let seq = self.lines.len() as u64 + 1;
        self.lines.push(Line { seq, at: instant(at), fact });
        seq
    }

    /// Records terms that hold from long before.
    pub fn terms(&mut self, name: &str, terms: Value) {
        self.add(
            "2026-01-01T00:00:00Z",
            json!({"fact": "terms_set", "name": name, "month": "2026-01", "terms": terms}),
        );
    }

    /// Records a state from `from` on: `up`, a cause of `unmeasured`, or else one of downtime.
    pub fn state(&mut self, service: &str, from: &str, state: &str) {
        let known: Result<contract::UnmeasuredCause, _> = serde_json::from_value(json!(state));
        let mut fact = json!({"fact": "state", "service": service, "from": from});
        match (state, known) {
            ("up", _) => fact["state"] = json!("up"),
            (_, Ok(cause)) => {
                fact["state"] = json!("unmeasured");
                fact["cause"] = json!(cause);
            }
            (cause, Err(_)) => {
                fact["state"] = json!("down");
                fact["cause"] = json!(cause);
                fact["evidence"] = json!({"message": format!("{cause} at {from}"), "url": "https://portal.example/login"});
            }
        }
        self.add(from, fact);
    }

    /// Records downtime of `ms` from `from` on.
    pub fn down(&mut self, service: &str, from: &str, ms: i64, cause: &str) {
        self.state(service, from, cause);
        self.state(service, &instant(from).plus_ms(ms).to_string(), "up");
    }

    /// Records that everything is known until `until`.
    pub fn measured(&mut self, until: &str) {
        self.add(until, json!({"fact": "measured", "until": until}));
    }

    /// The history of all lines.
    pub fn history(&self) -> History {
        read(&self.lines)
    }

    /// Where it ends.
    pub fn position(&self) -> LedgerPosition {
        position(self.lines.len() as u64)
    }

    /// The closed month of a customer.
    pub fn closed(&self, customer: Option<&str>, month: &str, revision: u32) -> Option<Document> {
        let asked = Asked {
            customer,
            month: month.parse().unwrap(),
            revision,
            status: Status::Closed,
            issued_at: self.lines.last()?.at.plus_ms(1_000),
            ledger: self.position(),
        };
        compose(&self.history(), &asked)
    }

    /// The month of a customer as far as it is known.
    pub fn provisional(&self, customer: Option<&str>, month: &str) -> Option<Document> {
        let history = self.history();
        let month = month.parse().unwrap();
        let asked = Asked::provisional(&history, customer, month, self.position())?;
        compose(&history, &asked)
    }
}

/// The history of these lines.
pub fn read(lines: &[Line]) -> History {
    let mut history = History::new();
    lines.iter().for_each(|line| history.apply(line).unwrap());
    history
}

/// The place of line `seq`, with a hash that is made up.
pub fn position(seq: u64) -> LedgerPosition {
    LedgerPosition { seq, hash: format!("{seq:064x}") }
}

pub fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Ten days before the month's first day in UTC.
fn before(month: &str) -> String {
    instant(&format!("{month}-01T00:00:00Z")).plus_ms(-10 * 86_400_000).to_string()
}
