//! Alerts out of the facts, and who has still to be told of them (C8.2).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use contract::alerts::{End, episodes};
use contract::budget::{BURN_WINDOWS, is_unmeasured_long};
use contract::contracts::Contracts;
use contract::notices::{Direct, DueNotice, Reachable, alerts_due};
use contract::{
    Alert, DownClass, Episode, Figure, History, Instant, Interval, Month, MonthTerms, NoticeKind,
    Reach, ResolvedTerms, ServiceContract, Severity, StretchClass, Terms, month_figure,
    month_stretches,
};
use proptest::prelude::*;
use serde_json::json;

use crate::facts::{Facts, at};
use crate::{HOUR_MS, MINUTE_MS};

fn found(facts: &Facts, now: &str) -> Vec<Episode> {
    episodes(&facts.history(), &mut Contracts::default(), "portal", at(now))
}

/// What becomes of one alert alone.
fn only(alert: Alert, facts: &Facts, now: &str) -> Vec<String> {
    let mut found = found(facts, now);
    found.retain(|it| it.alert == alert);
    shown(&found)
}

/// `LoginDown 10:00:00 -` or `… 10:20:00`, a line each, of one day.
fn shown(episodes: &[Episode]) -> Vec<String> {
    let clock = |at: Instant| at.to_string()[11..19].to_owned();
    let line = |it: &Episode| {
        let end = match it.end {
            None => "-".to_owned(),
            Some(End::Over(at)) => clock(at),
            Some(End::Worse(at)) => format!("{}, worse", clock(at)),
        };
        format!("{} {} {end}", &it.alert.name()["Upptid".len()..], clock(it.since))
    };
    episodes.iter().map(line).collect()
}

#[test]
fn c8_2_an_outage_holds_until_the_login_worked_for_ten_minutes() {
    let facts = Facts::always_up()
        .down("2026-11-05 10:00", "2026-11-05 10:01")
        .down("2026-11-05 10:08", "2026-11-05 10:09");
    let now = |now: &str| shown(&found(&facts, &format!("2026-11-05 {now}")));
    assert_eq!(now("09:59"), [""; 0]);
    assert_eq!(now("10:00:30"), ["LoginDown 10:00:00 -"]);
    assert_eq!(now("10:05"), ["LoginDown 10:00:00 -"], "it may come back");
    assert_eq!(now("10:18:59"), ["LoginDown 10:00:00 -"]);
    assert_eq!(now("10:19"), ["LoginDown 10:00:00 10:09:00"]);
    // Silence is no answer.
    let began = json!({"fact": "state", "service": "portal", "from": at("2026-11-05 10:00"),
                       "state": "down", "cause": "http_status"});
    let silent = Facts::default()
        .up("2026-01-01")
        .add("2026-11-05 10:00", began)
        .measuring_stopped("2026-11-05 10:05", "agent_off")
        .down("2026-11-05 11:00", "2026-11-05 11:30");
    let seen = shown(&found(&silent, "2026-11-05 10:40"));
    let all = ["LoginDown 10:00:00 -", "BudgetBurnsFast 10:03:00 -", "Unmeasured 10:10:00 -"];
    assert_eq!(seen, all);
    let down = only(Alert::LoginDown, &silent, "2026-11-05 11:45");
    assert_eq!(down, ["LoginDown 10:00:00 11:30:00"]);
}

#[test]
fn c6_5_c8_2_what_was_before_the_first_record_is_no_news() {
    let facts = Facts::default().up("2026-11-05 10:00");
    assert_eq!(shown(&found(&facts, "2026-11-05 10:30")), [""; 0]);
    let off = facts.measuring_stopped("2026-11-05 10:10", "agent_off").up("2026-11-05 10:16");
    let unmeasured = found(&off, "2026-11-05 10:30");
    assert_eq!(shown(&unmeasured), ["Unmeasured 10:15:00 -"]);
    assert_eq!(unmeasured[0].since, at("2026-11-05 10:15:00.001"), "five minutes are allowed");
}

#[test]
fn c8_2_an_outage_is_over_when_somebody_pauses_measuring() {
    let paused = Facts::always_up()
        .down("2026-11-05 10:00", "2026-11-05 10:05")
        .unmeasured("2026-11-05 10:05", "paused");
    let seen = shown(&found(&paused, "2026-11-05 10:20"));
    assert_eq!(seen[0], "LoginDown 10:00:00 10:05:00", "{seen:?}");
}

#[test]
fn c5_2_c8_2_a_reported_outage_is_over_if_the_login_was_measured_up_at_its_end() {
    let reported = |facts: Facts| {
        let facts = facts.include("A1", "2026-11-05 10:05", "2026-11-05 10:10");
        only(Alert::LoginDown, &facts, "2026-11-05 10:40")
    };
    let off_and_on = |off: &str, on: &str| {
        Facts::default().up("2026-01-01").measuring_stopped(off, "agent_off").up(on)
    };
    let over = ["LoginDown 10:05:00 10:10:00"];
    assert_eq!(reported(off_and_on("2026-11-05 08:00", "2026-11-05 09:00")), over);
    assert_eq!(reported(off_and_on("2026-11-05 09:00", "2026-11-05 09:00")), over);
    // What was up before the agent went off says nothing of 10:10.
    let later = reported(off_and_on("2026-11-05 10:00", "2026-11-05 10:20"));
    assert_eq!(later, ["LoginDown 10:05:00 10:20:00"]);
    let ended_with_it = reported(off_and_on("2026-11-05 10:10", "2026-11-05 10:20"));
    assert_eq!(ended_with_it, ["LoginDown 10:05:00 10:20:00"]);
}

#[test]
fn c8_2_three_outages_begun_within_an_hour_are_flapping() {
    let facts = Facts::always_up()
        .down("2026-11-05 10:00", "2026-11-05 10:01")
        .down("2026-11-05 10:20", "2026-11-05 10:21")
        .down("2026-11-05 10:59", "2026-11-05 11:01");
    let flapping =
        |facts: &Facts, now: &str| only(Alert::LoginFlapping, facts, &format!("2026-11-05 {now}"));
    assert_eq!(flapping(&facts, "10:58"), [""; 0]);
    assert_eq!(flapping(&facts, "10:59:30"), ["LoginFlapping 10:59:00 -"]);
    assert_eq!(flapping(&facts, "12:00"), ["LoginFlapping 10:59:00 11:00:00"]);
    // The first of them is an hour ago when the third begins.
    let slow = Facts::always_up()
        .down("2026-11-05 10:00", "2026-11-05 10:01")
        .down("2026-11-05 10:20", "2026-11-05 10:21")
        .down("2026-11-05 11:00", "2026-11-05 11:01");
    assert_eq!(flapping(&slow, "11:30"), [""; 0]);
}

#[test]
fn c7_4_c8_2_a_reduction_that_nobody_claims_lapses_soon_from_two_weeks_before() {
    // Claimable until 10 December, as long as that is the day in Stockholm.
    let facts = Facts::always_up().down("2026-10-10 20:00", "2026-10-10 22:30").close("2026-10", 0);
    let claims = |now: &str| only(Alert::ClaimDeadlineNear, &facts, now);
    assert_eq!(claims("2026-11-26 22:59:59.999"), [""; 0]);
    assert_eq!(claims("2026-11-26 23:00"), ["ClaimDeadlineNear 23:00:00 -"]);
    assert_eq!(claims("2026-12-10 22:59:59.999"), ["ClaimDeadlineNear 23:00:00 -"]);
    assert_eq!(claims("2026-12-11"), [""; 0]);
}

#[test]
fn c8_1_c8_2_each_step_of_the_budget_replaces_the_one_before() {
    // The budget of December is 44.64 minutes.
    let facts = Facts::always_up().down("2026-12-05 10:00", "2026-12-05 11:00");
    let of_budget = |now: &str| {
        let mut found = found(&facts, now);
        found.retain(|it| it.alert.name().starts_with("UpptidBudget"));
        found.retain(|it| it.alert.name().ends_with("Burned"));
        shown(&found)
    };
    assert_eq!(of_budget("2026-12-05 10:30"), ["BudgetHalfBurned 10:22:19 -"]);
    let all = [
        "BudgetHalfBurned 10:22:19 10:33:28, worse",
        "BudgetThreeQuartersBurned 10:33:28 10:44:38, worse",
        "BudgetBurned 10:44:38 -",
    ];
    assert_eq!(of_budget("2026-12-05 10:50"), all);
    assert_eq!(of_budget("2026-12-20"), all);
    let ended = of_budget("2027-01-01");
    assert_eq!(ended[2], "BudgetBurned 10:44:38 23:00:00", "a month has its own budget");
    assert_eq!(of_budget("2027-01-02"), [""; 0]);
}

#[test]
fn c8_2_a_pace_that_would_burn_the_budget_ends_in_its_being_burned_or_falls() {
    let of_pace = |until: &str, now: &str| {
        let facts = Facts::always_up().down("2026-12-01 11:00", until);
        only(Alert::BudgetWillBurn, &facts, now)
    };
    // Twelve hours have passed, in which 43 s are the pace: three minutes are the floor.
    assert_eq!(
        of_pace("2026-12-01 12:00", "2026-12-02 10:00"),
        ["BudgetWillBurn 11:03:00 11:44:38, worse"]
    );
    // Three minutes are the pace of 50 hours.
    assert_eq!(of_pace("2026-12-01 11:03", "2026-12-02 10:00"), ["BudgetWillBurn 11:03:00 -"]);
    let fallen = of_pace("2026-12-01 11:03", "2026-12-03 10:00");
    assert_eq!(fallen, ["BudgetWillBurn 11:03:00 01:00:00"]);
}

#[test]
fn c9_4_each_step_of_the_support_clock_holds_until_somebody_begins() {
    // Thursday 10:00 in Stockholm: four hours of support time.
    let facts = Facts::always_up().down("2026-11-05 09:00", "2026-11-05 20:00");
    let clocks = |facts: &Facts, now: &str| {
        let mut found = found(facts, &format!("2026-11-05 {now}"));
        found.retain(|it| it.alert.name().starts_with("UpptidSupport"));
        shown(&found)
    };
    assert_eq!(clocks(&facts, "11:30"), ["SupportClockHalfRun 11:00:00 -"]);
    let acknowledged = facts.clone().acknowledge("2026-11-05 09:00", "2026-11-05 12:30");
    assert_eq!(
        clocks(&acknowledged, "12:31"),
        ["SupportClockHalfRun 11:00:00 12:12:00, worse", "SupportClockNearlyRun 12:12:00 12:30:00"]
    );
    assert_eq!(clocks(&facts, "14:00")[2], "SupportClockRun 13:00:00 -");
    let at_the_step = facts.clone().acknowledge("2026-11-05 09:00", "2026-11-05 12:12");
    assert_eq!(clocks(&at_the_step, "13:00"), ["SupportClockHalfRun 11:00:00 12:12:00"]);
    let in_time = facts.acknowledge("2026-11-05 09:00", "2026-11-05 13:00");
    assert_eq!(clocks(&in_time, "14:00").len(), 2, "acknowledged at the deadline");
}

#[test]
fn c3_5_c8_2_a_refused_account_holds_over_a_restart_of_the_agent() {
    let facts = Facts::default()
        .up("2026-01-01")
        .unmeasured("2026-11-05 10:00", "probe_account")
        .measuring_stopped("2026-11-05 10:02", "agent_off")
        .unmeasured("2026-11-05 10:03", "probe_account")
        .up("2026-11-05 10:04");
    let now = |now: &str| shown(&found(&facts, &format!("2026-11-05 {now}")));
    assert_eq!(now("10:02:30"), ["ProbeAccountRefused 10:00:00 -"]);
    assert_eq!(now("10:30"), ["ProbeAccountRefused 10:00:00 10:04:00"]);
}

#[test]
fn c4_2_c8_2_a_stop_without_valid_notice_holds_from_a_day_before_until_it_is_over() {
    let facts =
        Facts::always_up().stop("S1", "2026-11-09 06:00", "2026-11-10 12:00", "2026-11-10 13:00");
    let stops = |now: &str| shown(&found(&facts, now));
    assert_eq!(stops("2026-11-09 11:00"), [""; 0]);
    assert_eq!(stops("2026-11-09 12:00"), ["PlannedStopWithoutValidNotice 12:00:00 -"]);
    assert_eq!(stops("2026-11-10 13:00"), ["PlannedStopWithoutValidNotice 12:00:00 13:00:00"]);
}

/// On call by mail, from `from` on.
struct Telling {
    from: Option<Instant>,
    own: Vec<Episode>,
    in_doubt: BTreeSet<Alert>,
    sent: HashSet<DueNotice>,
}

impl Telling {
    fn from(from: Option<&str>) -> Self {
        let from = from.map(at);
        Telling { from, own: Vec::new(), in_doubt: BTreeSet::new(), sent: HashSet::new() }
    }

    fn due(&self, history: &History, now: Instant) -> Vec<DueNotice> {
        let reachable =
            Reachable { on_call: BTreeSet::from(["oncall".to_owned()]), ..Reachable::default() };
        let direct = Direct {
            from: self.from,
            least: Severity::Warning,
            own: &self.own,
            in_doubt: &self.in_doubt,
            sent: &self.sent,
        };
        let contracts = &mut Contracts::default();
        alerts_due(history, contracts, &reachable, &direct, |_| Some(now), now)
    }

    /// `alert UpptidLoginDown@…`, a line each.
    fn told(&self, facts: &Facts, now: &str) -> Vec<String> {
        let due = self.due(&facts.history(), at(now));
        due.iter().map(|it| format!("{} {}", it.notice.as_str(), it.about)).collect()
    }
}

fn delivered(facts: Facts, at: &str, due: &[DueNotice]) -> Facts {
    due.iter().fold(facts, |facts, it| {
        let fact = json!({"fact": "notice_delivered", "notice": it.notice, "service": it.service,
                          "about": it.about, "contact": it.contact, "channel": it.channel});
        facts.add(at, fact)
    })
}

#[test]
fn c8_2_what_holds_while_prometheus_is_gone_is_told_once_and_so_is_its_end() {
    let facts = Facts::always_up().down("2026-11-05 10:00", "2026-11-05 10:02");
    let down = |kind: &str| vec![format!("{kind} UpptidLoginDown@2026-11-05T10:00:00.000Z")];
    let scraped = Telling::from(None);
    assert_eq!(scraped.told(&facts, "2026-11-05 10:05"), [""; 0], "Prometheus tells it");
    let direct = Telling::from(Some("2026-11-05 10:01"));
    assert_eq!(direct.told(&facts, "2026-11-05 10:05"), down("alert"));
    let due = direct.due(&facts.history(), at("2026-11-05 10:05"));
    // It went out, and Prometheus came back before that was on record.
    let mut unrecorded = Telling::from(None);
    unrecorded.sent = due.iter().cloned().collect();
    assert_eq!(unrecorded.told(&facts, "2026-11-05 10:06"), down("alert"));
    let told = delivered(facts, "2026-11-05 10:05", &due);
    assert_eq!(direct.told(&told, "2026-11-05 10:06"), [""; 0]);
    // Prometheus is back: what was told directly is resolved directly, and nothing else is told.
    let told = told.down("2026-11-05 10:40", "2026-11-05 10:42");
    assert_eq!(scraped.told(&told, "2026-11-05 10:11:59"), [""; 0]);
    assert_eq!(scraped.told(&told, "2026-11-05 10:41"), down("alert_resolved"));
    let due = scraped.due(&told.history(), at("2026-11-05 10:41"));
    let told = delivered(told, "2026-11-05 10:41", &due);
    assert_eq!(scraped.told(&told, "2026-11-05 10:42"), [""; 0]);
}

#[test]
fn c8_2_what_began_and_ended_before_it_could_be_told_is_told_for_a_day() {
    let facts = Facts::always_up().down("2026-11-05 10:00", "2026-11-05 10:02");
    let direct = Telling::from(Some("2026-11-05 09:00"));
    assert_eq!(direct.told(&facts, "2026-11-05 12:00").len(), 2);
    assert_eq!(direct.told(&facts, "2026-11-06 10:30"), [""; 0]);
    let later = Telling::from(Some("2026-11-05 10:30"));
    assert_eq!(later.told(&facts, "2026-11-05 12:00"), [""; 0], "Prometheus told it");
    let then = Telling::from(Some("2026-11-05 10:02"));
    assert_eq!(then.told(&facts, "2026-11-05 12:00"), [""; 0], "it was over by then");
}

#[test]
fn c8_2_an_announced_stop_explains_that_the_login_is_down_until_it_is_over() {
    // Too late to be valid; somebody announced it all the same.
    let facts = Facts::always_up()
        .stop("S1", "2026-11-05 09:00", "2026-11-05 10:00", "2026-11-05 11:00")
        .down("2026-11-05 10:05", "2026-11-05 11:30");
    let direct = Telling::from(Some("2026-11-05 08:00"));
    let logins = |facts: &Facts, now: &str| {
        let mut told = direct.told(facts, &format!("2026-11-05 {now}"));
        told.retain(|it| it.contains("LoginDown"));
        told.len()
    };
    assert_eq!((logins(&facts, "10:50"), logins(&facts, "11:00")), (0, 1));
    let in_time = Facts::always_up()
        .stop("S1", "2026-11-05 09:00", "2026-11-05 10:00", "2026-11-05 11:00")
        .down("2026-11-05 10:05", "2026-11-05 10:55");
    assert_eq!(logins(&in_time, "12:00"), 0);
}

#[test]
fn c8_2_a_correction_of_the_facts_tells_nothing_twice() {
    let facts = Facts::always_up().down("2026-11-05 10:00", "2026-11-05 12:00");
    let direct = Telling::from(Some("2026-11-05 09:00"));
    let due = direct.due(&facts.history(), at("2026-11-05 12:30"));
    let names = |told: &[String]| {
        let name = |it: &String| it.split('@').next().unwrap().replace("Upptid", "");
        told.iter().map(name).collect::<Vec<_>>()
    };
    let all = direct.told(&facts, "2026-11-05 12:30");
    assert_eq!(
        names(&all),
        [
            "alert LoginDown",
            "alert_resolved LoginDown",
            "alert BudgetBurnsFast",
            "alert BudgetBurned"
        ]
    );
    let told = delivered(facts, "2026-11-05 12:30", &due);
    // Ten minutes of it are excluded: the budget was burned ten minutes later.
    let told = told.exclude("A1", "dos_attack", "2026-11-05 10:00", "2026-11-05 10:10");
    assert_eq!(
        direct.told(&told, "2026-12-01 01:00")[0].split('@').next(),
        Some("alert_resolved UpptidBudgetBurnsFast")
    );
    // All of it: nothing is burned any more, and that is told.
    let none = told.exclude("A2", "dos_attack", "2026-11-05 10:00", "2026-11-05 12:00");
    let left = direct.told(&none, "2026-11-05 13:00");
    assert_eq!(names(&left), ["alert_resolved BudgetBurned", "alert_resolved BudgetBurnsFast"]);
}

#[test]
fn c8_2_what_is_wrong_with_the_agent_is_told_without_a_service() {
    let since = at("2026-11-05 10:00");
    let mut direct = Telling::from(Some("2026-11-05 09:00"));
    direct.own = vec![Episode { since, alert: Alert::ClockNotSynchronised, end: None }];
    let facts = Facts::always_up();
    let due = direct.due(&facts.history(), at("2026-11-05 10:05"));
    assert_eq!(due.iter().map(|it| &it.service).collect::<Vec<_>>(), [&None]);
    let told = delivered(facts, "2026-11-05 10:05", &due);
    assert!(!told.text().contains("\"service\":null") || !due.is_empty());
    // After a restart it is found anew, and known by what is on record.
    direct.own[0].since = at("2026-11-05 11:00");
    assert_eq!(direct.told(&told, "2026-11-05 11:05"), [""; 0]);
    direct.own.clear();
    direct.in_doubt.insert(Alert::ClockNotSynchronised);
    assert_eq!(direct.told(&told, "2026-11-05 11:05"), [""; 0]);
    direct.in_doubt.clear();
    let resolved = "alert_resolved UpptidClockNotSynchronised@2026-11-05T10:00:00.000Z";
    assert_eq!(direct.told(&told, "2026-11-05 11:05"), [resolved]);
    // What else is wrong by then is another thing.
    let since = at("2026-11-05 11:01");
    direct.own = vec![Episode { since, alert: Alert::ConfigRefused, end: None }];
    let refused = "alert UpptidConfigRefused@2026-11-05T11:01:00.000Z";
    assert_eq!(direct.told(&told, "2026-11-05 11:05"), [refused, resolved]);
}

/// How often it is looked in the two weeks.
const LOOKS: usize = 110;

/// Each three hours, and a bit.
fn look_at(look: usize) -> Instant {
    at("2026-10-31 23:00").plus_ms(i64::try_from(look).unwrap() * 183 * MINUTE_MS)
}

/// What happens to the portal in November: from which minute of the month on, what, and for how many
/// minutes until it is up again. Most of it is short: a budget is minutes.
fn course() -> impl Strategy<Value = Vec<(i64, u8, i64)>> {
    let minutes = prop_oneof![6 => 1..9_i64, 2 => 9..45_i64, 1 => 45..900_i64];
    prop::collection::vec((0..14 * 24 * 60_i64, 0..6_u8, minutes), 1..30)
}

/// Several outages close to each other.
fn flapping() -> impl Strategy<Value = Vec<(i64, u8, i64)>> {
    prop::collection::vec((0..4 * 60_i64, 0..2_u8, 1..9_i64), 1..30)
}

/// The course as facts, each recorded when it begins.
fn as_facts(course: &[(i64, u8, i64)]) -> Vec<(Instant, String)> {
    const UP: u8 = u8::MAX;
    let mut by_minute: BTreeMap<i64, u8> = BTreeMap::new();
    for &(minute, kind, minutes) in course {
        by_minute.entry(minute + minutes).or_insert(UP);
        by_minute.insert(minute, kind);
    }
    let start = at("2026-10-31 23:00");
    let mut lines = vec![(start, Facts::default().up("2026-10-01").lines.remove(0))];
    for (minute, kind) in by_minute {
        let from = start.plus_ms(minute * MINUTE_MS);
        let state = match kind {
            0 | 1 => json!({"state": "down", "cause": "http_status"}),
            2 => json!({"state": "unmeasured", "cause": "probe_account"}),
            3 => json!({"state": "unmeasured", "cause": "own_network"}),
            _ => json!({"state": "up"}),
        };
        let mut fact = json!({"seq": lines.len() + 1, "at": from, "fact": "state",
                              "service": "portal", "from": from});
        fact.as_object_mut().unwrap().extend(state.as_object().unwrap().clone());
        lines.push((from, fact.to_string()));
    }
    lines
}

fn history_until(lines: &[(Instant, String)], now: Instant) -> History {
    let known = lines.iter().filter(|(at, _)| *at <= now);
    let text: Vec<&str> = known.map(|(_, line)| line.as_str()).collect();
    let mut history = History::new();
    history.read("facts", &text.join("\n")).unwrap();
    history
}

/// How many outages began in the hour up to `now`. One may have several causes.
fn outages_begun_within_an_hour(figure: &Figure, now: Instant) -> usize {
    let lost = || figure.outages.iter().filter(|it| it.class == DownClass::Lost);
    let begun = lost().filter(|it| !lost().any(|before| before.until == it.from));
    begun.filter(|it| it.from <= now && now.since(it.from) < HOUR_MS).count()
}

/// What C8.2's predicates say of the figure at this instant.
fn by_predicates(history: &History, now: Instant) -> BTreeSet<Alert> {
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let terms = MonthTerms::new(&terms, Month::of(now, terms.zone()));
    let contract = ServiceContract { terms: &terms, monthly_fee: None };
    let figure = month_figure(history, "portal", &contract, Reach::running(now));
    let step =
        |percent| figure.incidents.iter().any(|it| it.is_clock_at(percent, terms.support(), now));
    let stretches = month_stretches(history, "portal", &contract, Reach::running(now));
    let day = Interval::new(now.plus_ms(-24 * HOUR_MS), now);
    let unmeasured =
        stretches.unwrap().into_iter().filter(|it| matches!(it.class, StretchClass::Unmeasured(_)));
    let unmeasured_ms = unmeasured.map(|it| it.interval.intersection(day).ms()).sum();
    [
        (Alert::BudgetHalfBurned, figure.is_burned(50) && !figure.is_burned(75)),
        (Alert::BudgetThreeQuartersBurned, figure.is_burned(75) && !figure.is_burned(100)),
        (Alert::BudgetBurned, figure.is_burned(100)),
        (Alert::BudgetBurnsFast, BURN_WINDOWS.iter().any(|it| figure.is_burning(*it, now))),
        (Alert::BudgetWillBurn, figure.will_burn()),
        (Alert::NextPriceLevelNear, figure.is_next_level_near()),
        (Alert::Unmeasured, is_unmeasured_long(unmeasured_ms)),
        (Alert::SupportClockHalfRun, step(50) && !step(80)),
        (Alert::SupportClockNearlyRun, step(80) && !step(100)),
        (Alert::SupportClockRun, step(100)),
        (Alert::LoginFlapping, outages_begun_within_an_hour(&figure, now) >= 3),
    ]
    .into_iter()
    .filter_map(|(alert, holds)| holds.then_some(alert))
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// An episode holds while its predicate does, to the millisecond.
    #[test]
    fn c8_2_episodes_and_predicates_say_the_same(
        course in prop_oneof![3 => course(), 1 => flapping()],
        looks in prop::collection::vec(1..16 * 24 * 60 * 60_i64, 6),
        early_looks in prop::collection::vec(1..6 * 60 * 60_i64, 2),
    ) {
        let lines = as_facts(&course);
        let others = [Alert::LoginDown, Alert::ProbeAccountRefused];
        for second in looks.into_iter().chain(early_looks) {
            let now = lines[0].0.plus_ms(second * 1000 + 7);
            let history = history_until(&lines, now);
            let mut found = episodes(&history, &mut Contracts::default(), "portal", now);
            found.retain(|it| !others.contains(&it.alert));
            let open = found.iter().filter(|it| it.end.is_none()).map(|it| it.alert);
            let open: BTreeSet<Alert> = open.collect();
            prop_assert_eq!(open, by_predicates(&history, now), "at {}", now);
            for it in found {
                let holds = |at| by_predicates(&history_until(&lines, at), at).contains(&it.alert);
                // The millisecond that is lost decides, and is seen when it is over.
                prop_assert!(holds(it.since.plus_ms(1)), "{:?} does not hold at its beginning", it);
                prop_assert!(!holds(it.since.plus_ms(-1)), "{:?} held before", it);
                if let Some(end) = it.end {
                    prop_assert!(holds(end.at().plus_ms(-1)), "{:?} was over before", it);
                    prop_assert!(!holds(end.at().plus_ms(1)), "{:?} is not over", it);
                }
            }
        }
    }

    /// Whatever happens, each episode is told once, then its end, and nothing else; also when the
    /// agent ends between a letter and its record, but for that letter.
    #[test]
    fn c8_2_never_twice_never_not_at_all(
        course in course(),
        crashes in prop::collection::btree_set(0..LOOKS, 0..6),
        scraped in prop::collection::btree_set(0..LOOKS, 0..4),
    ) {
        let mut lines = as_facts(&course);
        let mut told: Vec<(String, String, bool)> = Vec::new();
        let mut telling = Telling::from(Some("2026-10-31 23:00"));
        let direct = telling.from;
        for look in 0..LOOKS {
            let now = look_at(look);
            // Facts are numbered in the order of their lines.
            lines.sort_by_key(|(at, _)| *at);
            let known: Vec<_> = lines.iter().filter(|(at, _)| *at <= now).cloned().collect();
            let numbered: Vec<_> = known.into_iter().zip(1..).map(|((at, line), seq)| {
                let mut fact: serde_json::Value = serde_json::from_str(&line).unwrap();
                fact["seq"] = seq.into();
                (at, fact.to_string())
            }).collect();
            let history = history_until(&numbered, now);
            telling.from = if scraped.contains(&look) { None } else { direct };
            let crashed = crashes.contains(&look);
            for it in telling.due(&history, now) {
                told.push((it.notice.as_str().to_owned(), it.about.clone(), crashed));
                if !crashed {
                    let fact = json!({"seq": 0, "at": now, "fact": "notice_delivered",
                        "notice": it.notice, "service": it.service, "about": it.about,
                        "contact": it.contact, "channel": it.channel});
                    lines.push((now, fact.to_string()));
                }
            }
        }
        let recorded = |kind: NoticeKind| told.iter().filter(move |(notice, _, crashed)| notice == kind.as_str() && !crashed);
        for kind in [NoticeKind::Alert, NoticeKind::AlertResolved] {
            let abouts: Vec<_> = recorded(kind).map(|(_, about, _)| about).collect();
            let once: BTreeSet<_> = abouts.iter().collect();
            prop_assert_eq!(abouts.len(), once.len(), "told twice: {:?}", told);
        }
        for (_, about, _) in recorded(NoticeKind::AlertResolved) {
            let place = |kind: NoticeKind| told.iter().position(|(notice, it, _)| notice == kind.as_str() && it == about);
            prop_assert!(place(NoticeKind::Alert) < place(NoticeKind::AlertResolved), "{:?}", told);
        }
        // Never not at all: what ended while alerts were direct all along was told.
        let end = look_at(LOOKS - 1);
        let history = history_until(&as_facts(&course), end);
        if scraped.is_empty() {
            for it in episodes(&history, &mut Contracts::default(), "portal", end) {
                let is_news = it.alert.severity() >= Severity::Warning && !matches!(it.end, Some(End::Worse(_)));
                let about = it.alert.about(it.since);
                prop_assert!(!is_news || told.iter().any(|(_, told, _)| *told == about), "{} was not told", about);
            }
        }
    }
}
