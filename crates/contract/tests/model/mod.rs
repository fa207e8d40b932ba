//! A model of the contract that is slow and plain. It shares nothing with the crate but the JSON:
//! it asks of every moment, one after the other, what it was.

pub mod calendar;
pub mod generator;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use calendar::{DAY, HOUR, MINUTE, Zone, date_of, days, is_office, is_support, length};

#[derive(Clone, Debug)]
pub struct ModelTerms {
    pub zone: Zone,
    /// Percentages in millionths of a percent.
    pub target: i128,
    pub edges: Vec<i128>,
    pub reductions: Vec<i64>,
    pub boundary: &'static str,
    pub minute_rule: &'static str,
    pub notice: i64,
    pub stops_per_month: usize,
    pub jour: bool,
    pub claims_count: bool,
}

/// How the model walks: from one moment to the next at which anything can change, or in steps.
#[derive(Clone, Copy, Debug)]
pub enum Walk {
    Changes,
    Steps(i64),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Is {
    NotInService,
    Up,
    Unmeasured(&'static str, bool),
    Planned,
    Excluded(&'static str),
    Lost,
}

pub struct Model<'a> {
    /// With every instant as a number.
    facts: Vec<Value>,
    known: i64,
    /// Valid planned windows.
    windows: Vec<(i64, i64)>,
    service: &'a str,
    terms: &'a ModelTerms,
    year: i64,
    month: i64,
    as_of: Option<i64>,
}

impl<'a> Model<'a> {
    pub fn new(
        facts: &'a [Value],
        service: &'a str,
        terms: &'a ModelTerms,
        (year, month): (i64, i64),
        as_of: Option<i64>,
    ) -> Self {
        let mut facts = facts.to_vec();
        for fact in &mut facts {
            for field in ["from", "until", "at", "opened"] {
                if let Some(text) = fact[field].as_str() {
                    fact[field] = read(text).into();
                }
            }
        }
        let known = known(&facts);
        let windows = Vec::new();
        let mut model = Model { facts, known, windows, service, terms, year, month, as_of };
        model.windows = model.valid_windows().collect();
        model
    }

    pub fn figure(&self, walk: Walk) -> Value {
        let from = self.terms.zone.month_start(self.year, self.month);
        let (next_year, next_month) =
            if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        let until = self.terms.zone.month_start(next_year, next_month);
        let period = until - from;
        let elapsed_until = self.as_of.unwrap_or(until).clamp(from, until);
        let moments = self.moments(from, until, walk);
        let atoms: Vec<(i64, i64, Is)> =
            moments.windows(2).map(|pair| (pair[0], pair[1], self.at(pair[0]))).collect();
        let inside: Vec<(i64, i64, Is)> = atoms
            .iter()
            .copied()
            .filter(|(start, end, _)| *start >= from && *end <= elapsed_until)
            .collect();
        let sum = |wanted: &dyn Fn(Is) -> bool| -> i64 {
            inside.iter().filter(|atom| wanted(atom.2)).map(|atom| atom.1 - atom.0).sum()
        };
        let is_lost = |is| is == Is::Lost;
        let is_lost_at_worst = |is| matches!(is, Is::Lost | Is::Unmeasured(_, false));
        let (counted, went_over) = self.counted(&inside, &is_lost, period);
        let (worst, _) = self.counted(&inside, &is_lost_at_worst, period);
        let mut by_ground = BTreeMap::new();
        let mut by_cause = BTreeMap::new();
        for (start, end, is) in &inside {
            match is {
                Is::Excluded(ground) => *by_ground.entry(*ground).or_insert(0) += end - start,
                Is::Unmeasured(cause, _) => *by_cause.entry(*cause).or_insert(0) += end - start,
                _ => {}
            }
        }
        let level = self.level(counted, period);
        let reduction = if level == 0 { 0 } else { self.terms.reductions[level - 1] };
        let fee = 1_250_000;
        // Half up, in hundredths.
        let reduced = (fee * reduction * 2 + 100) / 200;
        json!({
            "service": self.service,
            "month": format!("{:04}-{:02}", self.year, self.month),
            "timezone": self.terms.zone.name(),
            "complete": elapsed_until == until,
            "period_ms": period,
            "elapsed_ms": elapsed_until - from,
            "up_ms": sum(&|is| is == Is::Up),
            "lost_ms": sum(&is_lost),
            "planned_ms": sum(&|is| is == Is::Planned),
            "excluded_ms": sum(&|is| matches!(is, Is::Excluded(_))),
            "unmeasured_ms": sum(&|is| matches!(is, Is::Unmeasured(..))),
            "not_in_service_ms": sum(&|is| is == Is::NotInService),
            "excluded_by_ground_ms": by_ground,
            "unmeasured_by_cause_ms": by_cause,
            "counted_ms": counted,
            "availability_percent": percent(period, counted),
            "availability_lower_bound_percent": percent(period, worst),
            "target_percent": millionths(self.terms.target),
            "level": level,
            "reduction_percent": reduction.to_string(),
            "monthly_fee": money(fee),
            "reduction": money(reduced),
            "claim_deadline": went_over.map(|instant| self.claim_deadline(instant)),
            "stops": self.stops_in(from, until),
            "incidents": self.incidents(&atoms, from, until, elapsed_until),
        })
    }

    fn of_service(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.facts.iter().filter(move |fact| {
            let listed = fact["services"].as_array();
            let is_listed = listed.is_some_and(|all| all.iter().any(|one| one == self.service));
            fact["fact"] == name && (fact["service"] == self.service || is_listed)
        })
    }

    fn now(&self, until: i64) -> i64 {
        self.as_of.unwrap_or(until.max(self.known))
    }

    /// Every moment at which anything can change, or so many steps.
    fn moments(&self, from: i64, until: i64, walk: Walk) -> Vec<i64> {
        let mut moments = BTreeSet::from([from, until, self.now(until)]);
        if self.known > i64::MIN {
            moments.insert(self.known);
        }
        for fact in &self.facts {
            for field in ["from", "until", "at", "opened"] {
                if !fact[field].is_null() {
                    moments.insert(instant(fact, field));
                }
            }
        }
        let (first, last) = (*moments.first().unwrap(), *moments.last().unwrap());
        if let Walk::Steps(step) = walk {
            let first = first.div_euclid(step) * step;
            assert!(moments.iter().all(|moment| moment % step == 0), "off the grid");
            return (0..=(last - first) / step).map(|steps| first + steps * step).collect();
        }
        let edges: Vec<i64> = moments
            .iter()
            .flat_map(|moment| {
                let minute = moment.div_euclid(MINUTE) * MINUTE;
                [minute, minute + MINUTE]
            })
            .collect();
        moments.extend(edges);
        moments.into_iter().collect()
    }

    /// What the service was at one moment.
    fn at(&self, moment: i64) -> Is {
        let presence = self.of_service("service_began").chain(self.of_service("service_ended"));
        let mut presence: Vec<(i64, i64, bool)> = presence
            .map(|fact| (instant(fact, "from"), seq(fact), fact["fact"] == "service_began"))
            .collect();
        presence.sort();
        let latest = presence.iter().rev().find(|entry| entry.0 <= moment);
        let is_in_service = match (latest, presence.first()) {
            (Some(entry), _) => entry.2,
            (None, Some(first)) => !first.2,
            (None, None) => true,
        };
        if !is_in_service {
            return Is::NotInService;
        }
        let planned = self.windows.iter().any(|&(from, until)| from <= moment && moment < until);
        let covering = self.of_service("adjustment_claimed").filter(|claim| {
            instant(claim, "from") <= moment
                && moment < instant(claim, "until")
                && self.counts(claim)
        });
        let (included, excluded): (Vec<&Value>, Vec<&Value>) =
            covering.partition(|claim| claim["kind"] == "include");
        let ground =
            excluded.iter().min_by_key(|claim| seq(claim)).map(|claim| leak(text(claim, "ground")));
        let (state, cause) = self.measured(moment);
        if state == "down" || !included.is_empty() {
            return match (planned, ground) {
                (true, _) => Is::Planned,
                (false, Some(ground)) => Is::Excluded(ground),
                (false, None) => Is::Lost,
            };
        }
        match state {
            "up" => Is::Up,
            _ => Is::Unmeasured(leak(cause), planned || ground.is_some()),
        }
    }

    fn measured(&self, moment: i64) -> (&str, &str) {
        if moment >= self.known {
            return ("unmeasured", "no_record");
        }
        let stopped = self.facts.iter().filter(|fact| fact["fact"] == "measuring_stopped");
        let begun = self.of_service("state").chain(stopped);
        let latest = begun
            .filter(|fact| instant(fact, "from") <= moment)
            .max_by_key(|fact| (instant(fact, "from"), seq(fact)));
        match latest {
            None => ("unmeasured", "no_record"),
            Some(fact) if fact["fact"] == "measuring_stopped" => {
                ("unmeasured", text(fact, "cause"))
            }
            Some(fact) => (text(fact, "state"), fact["cause"].as_str().unwrap_or("")),
        }
    }

    fn counts(&self, claim: &Value) -> bool {
        let decisions = self.facts.iter().filter(|fact| fact["fact"] == "adjustment_decided");
        let standing = decisions.filter(|fact| fact["id"] == claim["id"]).max_by_key(|f| seq(f));
        match standing {
            Some(decision) => decision["decision"] == "accepted",
            None => self.terms.claims_count,
        }
    }

    fn cancelled_at(&self, stop: &Value) -> Option<i64> {
        let cancelled = self.facts.iter().filter(|fact| fact["fact"] == "stop_cancelled");
        cancelled.filter(|fact| fact["id"] == stop["id"]).map(|fact| instant(fact, "at")).next()
    }

    fn verdict(&self, stop: &Value) -> &'static str {
        let from = instant(stop, "from");
        let is_withdrawn =
            |stop: &Value| self.cancelled_at(stop).is_some_and(|at| at < instant(stop, "from"));
        let is_late =
            |stop: &Value| instant(stop, "at") > instant(stop, "from") - self.terms.notice;
        if is_withdrawn(stop) {
            return "cancelled";
        }
        if is_late(stop) {
            return "late";
        }
        if !stop["agreed"].is_null() {
            return "agreed";
        }
        let month = self.terms.zone.local_month(from);
        let before = self.of_service("stop_announced").filter(|other| {
            seq(other) < seq(stop)
                && self.terms.zone.local_month(instant(other, "from")) == month
                && other["agreed"].is_null()
                && !is_withdrawn(other)
                && !is_late(other)
        });
        if before.count() < self.terms.stops_per_month { "valid" } else { "surplus" }
    }

    fn valid_windows(&self) -> impl Iterator<Item = (i64, i64)> {
        let stops = self.of_service("stop_announced");
        let valid = stops.filter(|stop| matches!(self.verdict(stop), "valid" | "agreed"));
        valid.map(|stop| {
            let until = instant(stop, "until");
            let cancelled = self.cancelled_at(stop).unwrap_or(until);
            (instant(stop, "from"), until.min(cancelled))
        })
    }

    fn stops_in(&self, from: i64, until: i64) -> Vec<Value> {
        let mut stops: Vec<&Value> = self
            .of_service("stop_announced")
            .filter(|stop| instant(stop, "from") < until && instant(stop, "until") > from)
            .collect();
        stops.sort_by_key(|stop| (instant(stop, "from"), seq(stop)));
        let figures = stops.into_iter().map(|stop| {
            let (first, last) = (instant(stop, "from"), instant(stop, "until"));
            let mut minutes = first.div_euclid(MINUTE)..=(last - 1).div_euclid(MINUTE);
            let office = minutes.any(|minute| is_office(self.terms.zone, minute * MINUTE));
            json!({"id": stop["id"], "verdict": self.verdict(stop), "in_office_hours": office})
        });
        figures.collect()
    }

    /// F and, if it is over the budget, the instant at which it went over.
    fn counted(
        &self,
        atoms: &[(i64, i64, Is)],
        is_lost: &dyn Fn(Is) -> bool,
        period: i64,
    ) -> (i64, Option<i64>) {
        // Budget = P * (100 - target) / 100, all times 100 million.
        let scale = 100_000_000_i128;
        let budget = i128::from(period) * (100_000_000 - self.terms.target);
        let mut over = None;
        let mut sum = 0;
        let mut add = |start: i64, length: i64| {
            if over.is_none() && i128::from(sum + length) * scale > budget {
                let into = budget / scale - i128::from(sum);
                over = Some(match self.terms.minute_rule {
                    "exact" => start + i64::try_from(into).unwrap(),
                    _ => start,
                });
            }
            sum += length;
        };
        if self.terms.minute_rule == "exact" {
            for (start, end, _) in atoms.iter().filter(|atom| is_lost(atom.2)) {
                add(*start, end - start);
            }
            return (sum, over);
        }
        // Per UTC minute, how much of it is lost.
        let mut minutes: BTreeMap<i64, i64> = BTreeMap::new();
        for (start, end, _) in atoms.iter().filter(|atom| is_lost(atom.2)) {
            let mut moment = *start;
            while moment < *end {
                let minute = moment.div_euclid(MINUTE);
                let next = ((minute + 1) * MINUTE).min(*end);
                *minutes.entry(minute).or_default() += next - moment;
                moment = next;
            }
        }
        for (minute, lost) in minutes {
            if self.terms.minute_rule == "started" || lost == MINUTE {
                add(minute * MINUTE, MINUTE);
            }
        }
        (sum, over)
    }

    fn level(&self, counted: i64, period: i64) -> usize {
        // T in millionths of a percent, times P, against the edges times P.
        let availability = i128::from(period - counted) * 100_000_000;
        let edge = |edge: i128| edge * i128::from(period);
        if availability >= edge(self.terms.target) {
            return 0;
        }
        let is_below = |at: &&i128| match self.terms.boundary {
            "customer" => availability <= edge(**at),
            _ => availability < edge(**at),
        };
        1 + self.terms.edges.iter().filter(is_below).count()
    }

    fn claim_deadline(&self, over: i64) -> String {
        let (year, month, day) = date_of(self.terms.zone.local_day(over));
        let months = year * 12 + month - 1 + 2;
        let (year, month) = (months / 12, months % 12 + 1);
        format!("{year:04}-{month:02}-{:02}", day.min(length(year, month)))
    }

    fn incidents(
        &self,
        atoms: &[(i64, i64, Is)],
        from: i64,
        until: i64,
        elapsed_until: i64,
    ) -> Vec<Value> {
        let now = self.now(until);
        let is_down = |is| matches!(is, Is::Lost | Is::Excluded(_));
        let mut spans: Vec<(i64, i64, i64)> = Vec::new();
        for (start, end, is) in atoms.iter().filter(|atom| atom.1 <= now && is_down(atom.2)) {
            let is_in_month = *start >= from && *end <= elapsed_until;
            let lost = if *is == Is::Lost && is_in_month { end - start } else { 0 };
            match spans.last_mut() {
                Some(last) if start - last.1 < 10 * MINUTE => {
                    last.1 = *end;
                    last.2 += lost;
                }
                _ => spans.push((*start, *end, lost)),
            }
        }
        spans.retain(|span| span.0 < elapsed_until && span.1 > from);
        let figures = spans.into_iter().map(|(opened, end, lost)| {
            // Downtime goes on if nothing known has ended it at `now`.
            let goes_on = end == now && is_down(self.at_end(now));
            let closed = (!goes_on).then_some(end);
            let measured = self
                .of_service("state")
                .filter(|fact| fact["state"] == "down")
                .map(|fact| instant(fact, "from"))
                .filter(|from| (opened..end).contains(from))
                .min();
            let acknowledged = self
                .of_service("incident_acknowledged")
                .filter(|fact| [Some(opened), measured].contains(&Some(instant(fact, "opened"))))
                .min_by_key(|fact| seq(fact))
                .map(|fact| instant(fact, "at"));
            let deadline = self.deadline(opened);
            let response = match () {
                () if acknowledged.is_some_and(|at| at <= deadline) => "met",
                () if closed.is_some_and(|at| at <= deadline) => "met",
                () if now < deadline => "running",
                () => "breached",
            };
            json!({
                "opened": written(opened),
                "closed": closed.map(written),
                "lost_ms": lost,
                "response_deadline": written(deadline),
                "acknowledged": acknowledged.map(written),
                "response": response,
            })
        });
        figures.collect()
    }

    /// What holds at the end of what is seen, where everything up to there is known.
    fn at_end(&self, now: i64) -> Is {
        if self.known < now {
            return self.at(now);
        }
        let (facts, windows) = (self.facts.clone(), self.windows.clone());
        Model { facts, windows, known: i64::MAX, ..*self }.at(now)
    }

    fn deadline(&self, opened: i64) -> i64 {
        if self.terms.jour {
            return opened + HOUR;
        }
        let (mut moment, mut left) = (opened, 4 * HOUR);
        loop {
            let next = (moment.div_euclid(MINUTE) + 1) * MINUTE;
            if is_support(self.terms.zone, moment) {
                if left <= next - moment {
                    return moment + left;
                }
                left -= next - moment;
            }
            moment = next;
        }
    }
}

fn text<'a>(fact: &'a Value, field: &str) -> &'a str {
    fact[field].as_str().unwrap_or_else(|| panic!("{field} in {fact}"))
}

fn seq(fact: &Value) -> i64 {
    fact["seq"].as_i64().unwrap()
}

fn instant(fact: &Value, field: &str) -> i64 {
    fact[field].as_i64().unwrap_or_else(|| panic!("{field} in {fact}"))
}

fn known(facts: &[Value]) -> i64 {
    let known = facts.iter().filter_map(|fact| match text(fact, "fact") {
        "measured" => Some(instant(fact, "until")),
        "state" | "measuring_stopped" => Some(instant(fact, "from")),
        _ => None,
    });
    known.max().unwrap_or(i64::MIN)
}

/// Reads `2026-10-01T00:00:00.000Z`.
fn read(text: &str) -> i64 {
    let number = |from: usize, until: usize| text[from..until].parse::<i64>().unwrap();
    let time = number(11, 13) * HOUR + number(14, 16) * MINUTE + number(17, 19) * 1000;
    days(number(0, 4), number(5, 7), number(8, 10)) * DAY + time + number(20, 23)
}

pub fn written(instant: i64) -> String {
    let (year, month, day) = date_of(instant.div_euclid(DAY));
    let time = instant.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        time / HOUR,
        time / MINUTE % 60,
        time / 1000 % 60,
        time % 1000
    )
}

fn percent(period: i64, counted: i64) -> String {
    let cut = i128::from(period - counted) * 1_000_000 / i128::from(period);
    format!("{}.{:04}", cut / 10_000, cut % 10_000)
}

/// `99.9` out of 99 900 000.
pub fn millionths(percent: i128) -> String {
    let text = format!("{}.{:06}", percent / 1_000_000, percent % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn money(hundredths: i64) -> String {
    format!("{}.{:02} SEK", hundredths / 100, hundredths % 100)
}

/// A name out of one of the closed lists, for as long as the test runs.
fn leak(name: &str) -> &'static str {
    const NAMES: [&str; 19] = [
        "no_record",
        "suspected",
        "own_network",
        "probe_account",
        "unable",
        "overdue",
        "paused",
        "agent_off",
        "suspended",
        "clock_step",
        "customer_equipment",
        "customer_security",
        "third_party",
        "network",
        "dos_attack",
        "force_majeure",
        "suspension",
        "probe_fault",
        "fault_report",
    ];
    NAMES.into_iter().find(|known| *known == name).unwrap_or_else(|| panic!("{name}"))
}

/// Two documents' differences, for a message.
pub fn differences(one: &Value, other: &Value) -> Map<String, Value> {
    let fields = one.as_object().unwrap().iter();
    let differing = fields.filter(|(field, value)| other[field.as_str()] != **value);
    differing.map(|(field, value)| (field.clone(), json!([value, other[field.as_str()]]))).collect()
}
