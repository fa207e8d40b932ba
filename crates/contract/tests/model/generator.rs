//! Histories at random, crowded where it matters: around the month's edges, at instants used
//! before, a millisecond and ten minutes beside them.

use serde_json::{Value, json};

use super::calendar::{DAY, HOUR, MINUTE, Zone};
use super::{ModelTerms, written};

pub struct Generator {
    random: u64,
    /// Every instant is a multiple of this.
    grid: i64,
    used: Vec<i64>,
    facts: Vec<Value>,
    /// The latest `from` of a state or `until` of a `measured`.
    known: i64,
    stops: Vec<(String, i64, i64)>,
    adjustments: Vec<String>,
    downs: Vec<i64>,
}

pub struct Case {
    pub terms: ModelTerms,
    pub month: (i64, i64),
    pub as_of: Option<i64>,
    pub facts: Vec<Value>,
}

pub const SERVICES: [&str; 2] = ["portal", "mail"];

const MONTHS: [(i64, i64); 12] = [
    (2025, 10),
    (2025, 12),
    (2026, 1),
    (2026, 2),
    (2026, 3),
    (2026, 4),
    (2026, 5),
    (2026, 6),
    (2026, 10),
    (2026, 11),
    (2026, 12),
    (2027, 3),
];

/// The case of a seed with about so many facts.
pub fn case(seed: u64, size: usize, grid: i64) -> Case {
    let mut generator = Generator {
        random: seed,
        grid,
        used: Vec::new(),
        facts: Vec::new(),
        known: i64::MIN,
        stops: Vec::new(),
        adjustments: Vec::new(),
        downs: Vec::new(),
    };
    generator.case(size)
}

impl Generator {
    fn case(&mut self, size: usize) -> Case {
        let terms = self.terms();
        let month = self.pick(&MONTHS);
        let from = terms.zone.month_start(month.0, month.1);
        let (next_year, next_month) =
            if month.1 == 12 { (month.0 + 1, 1) } else { (month.0, month.1 + 1) };
        let until = terms.zone.month_start(next_year, next_month);
        self.used.extend([from, from, until, until, from - 10 * MINUTE, until + 10 * MINUTE]);
        let pace = (until - from + 6 * DAY) / i64::try_from(size).unwrap();
        let mut cursor = from - 3 * DAY;
        for _ in 0..size {
            cursor += self.below(2 * pace);
            // Now and then, many things happen within minutes.
            if self.one_in(3) {
                cursor -= self.below(2 * pace).max(pace / 2);
            }
            self.fact(cursor, &terms, from, until);
        }
        let as_of = match self.below(4) {
            0 => Some(self.near(from)),
            1 => Some(self.after(from, until - from)),
            _ => None,
        };
        Case { terms, month, as_of, facts: std::mem::take(&mut self.facts) }
    }

    fn terms(&mut self) -> ModelTerms {
        let (target, edges, reductions): (i128, Vec<i128>, Vec<i64>) = self.pick(&[
            (99_900_000, vec![99_000_000, 98_000_000, 97_000_000], vec![10, 20, 40, 60]),
            (99_900_000, vec![99_000_000, 98_000_000, 97_000_000], vec![10, 20, 40, 60]),
            (99_950_000, vec![99_500_000], vec![7, 33]),
            (100_000_000, vec![], vec![100]),
            (99_999_997, vec![99_876_543, 42_000_000], vec![1, 2, 3]),
            (90_000_000, vec![80_000_000, 50_000_000, 1_000_000], vec![5, 10, 15, 100]),
        ]);
        ModelTerms {
            zone: self.pick(&[Zone::Stockholm, Zone::Stockholm, Zone::NewYork, Zone::Kolkata]),
            target,
            edges,
            reductions,
            boundary: self.pick(&["customer", "provider"]),
            minute_rule: self.pick(&["exact", "started", "whole"]),
            notice: self.pick(&[72 * HOUR, 72 * HOUR, 0, DAY]),
            stops_per_month: self.pick(&[1, 1, 0, 2]),
            jour: self.one_in(3),
            claims_count: self.one_in(3),
        }
    }

    fn fact(&mut self, cursor: i64, terms: &ModelTerms, from: i64, until: i64) {
        let at = self.on_grid(cursor);
        let service = self.pick(&SERVICES);
        match self.below(24) {
            0..=10 => self.state(at, service),
            11 => {
                let until = self.near(at);
                self.know(until);
                self.push(at, json!({"fact": "measured", "until": written(until)}));
            }
            12 => {
                let from = self.near(at).max(self.known);
                let cause = self.pick(&["agent_off", "suspended", "clock_step"]);
                self.push(
                    at,
                    json!({"fact": "measuring_stopped", "from": written(from), "cause": cause}),
                );
            }
            13..=15 => self.stop(at, terms),
            16 => self.cancellation(),
            17..=18 => self.claim(at, service),
            19..=20 => self.decision(at),
            21 => {
                let opened = match self.downs.is_empty() {
                    true => self.near(at),
                    false => self.pick(&self.downs.clone()),
                };
                // Within the incident, where it names nothing.
                let opened = if self.one_in(3) { self.after(opened, HOUR) } else { opened };
                let made = self.after(opened, 8 * HOUR);
                let opened = written(opened);
                self.push(
                    made,
                    json!({"fact": "incident_acknowledged", "service": service, "opened": opened,
                           "by": "bo"}),
                );
            }
            22 if self.one_in(4) => {
                let fact = self.pick(&["service_began", "service_ended"]);
                let from = written(self.near(at));
                self.push(at, json!({"fact": fact, "service": service, "from": from}));
            }
            _ => {
                // Short downtime around a month's edge.
                let edge = self.pick(&[from, until]);
                let start = self.after(edge - 15 * MINUTE, 15 * MINUTE);
                self.state_from(at, service, start, "down");
                let end = self.after(start, 30 * MINUTE);
                self.state_from(at, service, end, "up");
            }
        }
    }

    fn state(&mut self, at: i64, service: &str) {
        let from = self.near(at);
        let state = self.pick(&["up", "up", "down", "down", "unmeasured"]);
        self.state_from(at, service, from, state);
        // Most downtime is short.
        if state == "down" && !self.one_in(4) {
            let lasts = self.pick(&[2 * MINUTE, 20 * MINUTE, HOUR, 5 * HOUR]);
            let until = self.after(from, lasts);
            self.used.extend([until, until + 10 * MINUTE]);
            self.state_from(at, service, until, "up");
        }
    }

    fn state_from(&mut self, at: i64, service: &str, from: i64, state: &str) {
        self.know(from);
        let mut fact =
            json!({"fact": "state", "service": service, "from": written(from), "state": state});
        match state {
            "down" => {
                self.downs.push(from);
                fact["cause"] = self.pick(&["http_status", "silence"]).into();
            }
            "unmeasured" => {
                let causes = ["suspected", "own_network", "paused", "overdue", "no_record"];
                fact["cause"] = self.pick(&causes).into();
            }
            _ => {}
        }
        self.push(at, fact);
    }

    fn stop(&mut self, at: i64, terms: &ModelTerms) {
        let from = self.near(at);
        let lasts = self.pick(&[MINUTE, HOUR, 6 * HOUR, 5 * DAY]);
        let until = self.after(from + self.grid, lasts);
        let late = self.pick(&[-5 * DAY, -DAY, -1, 0, 0, 0, 1, DAY]);
        let announced = self.on_grid(from - terms.notice + late);
        let id = format!("S{}", self.facts.len());
        let services = self.pick(&[&SERVICES[..1], &SERVICES[1..], &SERVICES[..]]);
        let agreed = self.pick(&[Value::Null, Value::Null, Value::Null, "mail of 3 May".into()]);
        self.used.extend([from, until]);
        self.push(
            announced,
            json!({"fact": "stop_announced", "id": id, "services": services,
                   "from": written(from), "until": written(until), "reason": "patches",
                   "by": "anna", "agreed": agreed}),
        );
        self.stops.push((id, from, until));
    }

    fn cancellation(&mut self) {
        if let Some((id, from, until)) = self.stops.pop() {
            let beside = self.pick(&[-DAY, -1, 0, 1]);
            let inside = self.below(until - from + HOUR);
            let after = if self.one_in(2) { beside } else { inside };
            let at = self.on_grid(from + after);
            self.push(at, json!({"fact": "stop_cancelled", "id": id, "by": "anna"}));
        }
    }

    fn claim(&mut self, at: i64, service: &str) {
        let from = self.near(at);
        let lasts = self.pick(&[MINUTE, HOUR, DAY]);
        let until = self.after(from + self.grid, lasts);
        let (kind, ground) = self.pick(&[
            ("exclude", "dos_attack"),
            ("exclude", "network"),
            ("exclude", "force_majeure"),
            ("include", "fault_report"),
        ]);
        let id = format!("A{}", self.facts.len());
        self.used.extend([from, until]);
        self.push(
            at,
            json!({"fact": "adjustment_claimed", "id": id, "kind": kind, "service": service,
                   "from": written(from), "until": written(until), "ground": ground,
                   "evidence": "a log", "by": "anna"}),
        );
        self.adjustments.push(id);
    }

    fn decision(&mut self, at: i64) {
        if self.adjustments.is_empty() {
            return;
        }
        let id = self.pick(&self.adjustments.clone());
        let decision = self.pick(&["accepted", "accepted", "rejected"]);
        self.push(
            at,
            json!({"fact": "adjustment_decided", "id": id, "decision": decision, "by": "bo"}),
        );
    }

    fn push(&mut self, at: i64, mut fact: Value) {
        fact["seq"] = (self.facts.len() + 1).into();
        fact["at"] = written(at).into();
        self.facts.push(fact);
    }

    fn know(&mut self, instant: i64) {
        self.known = self.known.max(instant);
    }

    /// An instant near `around`, an instant used before, or one beside it.
    fn near(&mut self, around: i64) -> i64 {
        let instant = match self.below(5) {
            0 => self.pick(&self.used.clone()),
            1 => self.pick(&self.used.clone()) + self.pick(&[-1, 1, -10 * MINUTE, MINUTE]),
            2 => (around - self.below(HOUR)).div_euclid(MINUTE) * MINUTE,
            _ => around - self.below(HOUR),
        };
        let instant = self.on_grid(instant);
        self.used.push(instant);
        instant
    }

    /// An instant on the grid from `instant` on, less than `span` later.
    fn after(&mut self, instant: i64, span: i64) -> i64 {
        let later = self.below(span);
        self.on_grid(instant + later)
    }

    fn on_grid(&self, instant: i64) -> i64 {
        instant.div_euclid(self.grid) * self.grid
    }

    fn one_in(&mut self, count: i64) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let place = self.below(i64::try_from(choices.len()).unwrap());
        choices[usize::try_from(place).unwrap()].clone()
    }

    /// SplitMix64.
    fn below(&mut self, bound: i64) -> i64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let mixed = (mixed ^ (mixed >> 31)) >> 1;
        i64::try_from(mixed).unwrap() % bound.max(1)
    }
}
