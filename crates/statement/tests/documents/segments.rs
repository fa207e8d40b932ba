//! A statement is the same whether it is made from the whole journal, from the segments around its
//! month, or from an export that withholds the other customer's lines (C10.1).

use contract::{Fact, History, Instant, Line, Month};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};
use statement::document::{LedgerPosition, Status};
use statement::json::document_bytes;
use statement::{Asked, compose};

use crate::journal::{instant, position};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Each service, and whose it is.
const SERVICES: [(&str, &str); 3] = [("portal", "A"), ("mail", "A"), ("other", "B")];

/// Months that the agent holds beside the newest.
const EARLIER_MONTHS: usize = 2;

/// Something that is recorded `after_min` minutes after what came before.
#[derive(Clone, Copy, Debug)]
struct Step {
    after_min: i64,
    kind: u32,
    service: usize,
    a: i64,
    b: i64,
}

fn step() -> impl Strategy<Value = Step> {
    (1..2_500_i64, 0..24_u32, 0..SERVICES.len(), 0..6_000_i64, 1..6_000_i64)
        .prop_map(|(after_min, kind, service, a, b)| Step { after_min, kind, service, a, b })
}

/// The journal as the ledger writes it: a segment for each UTC month, which carries over.
#[derive(Default)]
struct Writer {
    lines: Vec<Line>,
    /// What the agent holds.
    live: Option<History>,
    /// Where each segment begins.
    segments: Vec<(Month, usize)>,
    /// When each service was last found down.
    last_down: [Option<Instant>; SERVICES.len()],
    stops: u32,
    adjustments: u32,
}

impl Writer {
    /// Records a fact unless it contradicts what was recorded.
    fn record(&mut self, at: Instant, fact: Value) {
        let fact: Fact = serde_json::from_value(fact).unwrap();
        let month = Month::of(at, &TimeZone::UTC);
        if self.segments.last().is_none_or(|(newest, _)| *newest < month) {
            self.open_segment(at, month);
        }
        self.push(at, fact);
    }

    fn open_segment(&mut self, at: Instant, month: Month) {
        let carried = self.live.as_ref().map_or_else(Vec::new, |live| live.carry_over(at));
        self.segments.push((month, self.lines.len()));
        let opened = json!({"fact": "segment_opened", "format": 1, "month": month, "agent": "gbg-1", "version": "test"});
        self.push(at, serde_json::from_value(opened).unwrap());
        for line in carried {
            self.push(at, Fact::CarriedOver { line: Box::new(line) });
        }
        let earliest = (0..EARLIER_MONTHS).fold(month, |month, _| month.prev());
        self.live.as_mut().unwrap().forget_before(earliest.start(&TimeZone::UTC));
    }

    fn push(&mut self, at: Instant, fact: Fact) {
        let line = Line { seq: self.lines.len() as u64 + 1, at, fact };
        let live = self.live.get_or_insert_with(History::new);
        if live.apply(&line).is_ok() {
            self.lines.push(line);
        }
    }

    fn take(&mut self, at: Instant, step: Step) {
        let Step { kind, service: place, a, b, .. } = step;
        let (service, _) = SERVICES[place];
        let ago = |minutes: i64| at.plus_ms(-minutes * MINUTE_MS);
        let known = self.last_down[place];
        let month = Month::of(at, &TimeZone::UTC);
        match kind {
            0..=4 => self.record(at, json!({"fact": "state", "service": service, "from": at, "state": "up"})),
            5..=9 => {
                let cause = if a % 2 == 0 { "silence" } else { "http_status" };
                self.last_down[place] = Some(at);
                self.record(
                    at,
                    json!({"fact": "state", "service": service, "from": at, "state": "down",
                           "cause": cause, "evidence": {"message": format!("seen at {at}")}}),
                );
            }
            10 => self.record(at, json!({"fact": "state", "service": service, "from": at, "state": "unmeasured", "cause": "own_network"})),
            11 => self.record(at, json!({"fact": "measured", "until": at})),
            12 => self.record(at, json!({"fact": "measuring_stopped", "from": at, "cause": "agent_off"})),
            13 | 14 => {
                self.stops += 1;
                let from = at.plus_ms(a * MINUTE_MS);
                self.record(
                    at,
                    json!({"fact": "stop_announced", "id": format!("S{}", self.stops), "services": [service],
                           "from": from, "until": from.plus_ms(b * MINUTE_MS), "reason": "r", "by": "x"}),
                );
            }
            15 => self.record(at, json!({"fact": "stop_cancelled", "id": format!("S{}", self.stops), "by": "x"})),
            16 => self.record(
                at,
                json!({"fact": "notice_delivered", "notice": "stop_announced", "service": service,
                       "about": format!("S{}", self.stops), "contact": "anna", "channel": "mail"}),
            ),
            17 | 18 => {
                self.adjustments += 1;
                let (kind, ground) =
                    if a % 3 == 0 { ("include", "fault_report") } else { ("exclude", "network") };
                self.record(
                    at,
                    json!({"fact": "adjustment_claimed", "id": format!("A{}", self.adjustments), "kind": kind,
                           "service": service, "from": ago(a + b), "until": ago(a), "ground": ground,
                           "evidence": "e", "by": "x"}),
                );
            }
            19 => self.record(
                at,
                json!({"fact": "adjustment_decided", "id": format!("A{}", 1 + a as u32 % self.adjustments.max(1)),
                       "decision": if b % 3 == 0 { "rejected" } else { "accepted" }, "by": "y"}),
            ),
            20 => {
                if let Some(opened) = known {
                    self.record(at, json!({"fact": "incident_acknowledged", "service": service, "opened": opened, "by": "x"}));
                }
            }
            21 => {
                if let Some(opened) = known {
                    self.record(at, json!({"fact": "incident_notifiable", "service": service, "opened": opened, "detected": opened, "by": "x"}));
                    self.record(at, json!({"fact": "incident_reported", "service": service, "opened": opened, "stage": "early_warning", "by": "x"}));
                }
            }
            22 => self.record(at, json!({"fact": "claim_submitted", "service": service, "month": month.prev(), "by": "x"})),
            _ => {
                let began = if a % 2 == 0 { "service_began" } else { "service_ended" };
                self.record(at, json!({"fact": began, "service": service, "from": at}));
                let set = json!({"fact": "service_set", "service": service, "month": month.next(),
                                 "customer": SERVICES[place].1, "terms": "standard",
                                 "monthly_fee": format!("{}.00 SEK", 100 + b), "contacts": ["anna"]});
                self.record(at, set);
            }
        }
    }
}

fn journal(steps: &[Step]) -> Writer {
    let mut writer = Writer::default();
    let mut at = instant("2026-07-20T00:00:00Z");
    writer.record(
        at,
        json!({"fact": "provider_set", "name": "Exempel Drift AB", "classification": "ÖPPEN"}),
    );
    for (service, customer) in SERVICES {
        writer.record(
            at,
            json!({"fact": "service_set", "service": service, "month": "2026-07", "customer": customer,
                   "terms": "standard", "monthly_fee": "12500.00 SEK", "contacts": ["anna"]}),
        );
    }
    for step in steps {
        at = at.plus_ms(step.after_min * MINUTE_MS);
        writer.take(at, *step);
    }
    writer.record(at.plus_ms(HOUR_MS), json!({"fact": "measured", "until": at.plus_ms(HOUR_MS)}));
    writer
}

fn made(
    history: &History,
    customer: &str,
    month: Month,
    ledger: &LedgerPosition,
) -> Option<String> {
    let asked = Asked {
        customer: Some(customer),
        month,
        revision: 0,
        status: Status::Closed,
        issued_at: instant("2027-01-10T00:00:00Z"),
        ledger: ledger.clone(),
    };
    compose(history, &asked).map(|document| document_bytes(&document))
}

/// The history of `lines`; those that name a service of which `is_withheld` says so are passed over.
fn history(lines: &[Line], is_withheld: impl Fn(&str) -> bool) -> History {
    let mut history = History::new();
    for line in lines {
        let text = serde_json::to_string(line).unwrap();
        let names = |service: &str| {
            text.contains(&format!("\"service\":\"{service}\""))
                || text.contains(&format!("\"services\":[\"{service}\"]"))
        };
        match SERVICES.iter().any(|(service, customer)| is_withheld(customer) && names(service)) {
            true => history.pass_over(line.seq).unwrap(),
            // What an export withholds may be what it cancels or decides.
            false => drop(history.apply(line).or_else(|_| history.pass_over(line.seq))),
        }
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn c10_1_a_statement_is_the_same_from_whatever_holds_its_facts(
        steps in proptest::collection::vec(step(), 60..260),
    ) {
        let writer = journal(&steps);
        let whole = history(&writer.lines, |_| false);
        let ledger = position(writer.lines.len() as u64);
        for &(month, _) in &writer.segments {
            let before = month.prev();
            let begun = writer.segments.iter().rfind(|(of, _)| *of <= before);
            let part = &writer.lines[begun.map_or(0, |(_, at)| *at)..];
            for customer in ["A", "B"] {
                let expected = made(&whole, customer, month, &ledger);
                let from_part = made(&history(part, |_| false), customer, month, &ledger);
                prop_assert_eq!(&from_part, &expected, "{} of {} from its segments", month, customer);
                let export = history(&writer.lines, |other| other != customer);
                let from_export = made(&export, customer, month, &ledger);
                prop_assert_eq!(&from_export, &expected, "{} of {} from an export", month, customer);
            }
        }
    }
}
