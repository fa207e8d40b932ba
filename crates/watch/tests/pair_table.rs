//! C3.8: every pair of (state, outcome) has one defined result. Here they all are.
//!
//! A row gives the situation, what happens in it, what the watch asks for, and the live state after.
//! `first` is the start of the failed attempt that opened the situation, `this` the start of the
//! attempt in the row. A situation that can only come about with witnesses or with a second account
//! has them; the others are shown without, and again with.

use contract::{
    AccountCause, DownCause, Instant, Outcome, ServiceState, UnableCause, UnmeasuredCause,
};
use watch::{
    Account, Action, Actions, Attempted, Discontinuity, Now, Settings, Watch, When, Witnesses,
};

/// When the situation's own attempts start, on the monotonic clock.
const FIRST_MS: i64 = 1_000_000;
/// When the attempt of a row starts.
const THIS_MS: i64 = 1_040_000;
/// How far the wall clock is ahead of the monotonic clock.
const WALL_MS: i64 = 1_790_000_000_000;

const NETWORK: Outcome = Outcome::Down(DownCause::ConnectTimeout);
const ANSWERED: Outcome = Outcome::Down(DownCause::HttpStatus);
const REFUSED: Outcome = Outcome::Account(AccountCause::Rejected);
const LOCKED: Outcome = Outcome::Account(AccountCause::Locked);
const WALLED: Outcome = Outcome::Account(AccountCause::BotWall);
const UNABLE: Outcome = Outcome::Unable(UnableCause::NoRoute);

const OUTCOMES: [(&str, Outcome); 7] = [
    ("up", Outcome::Up),
    ("network", NETWORK),
    ("answered", ANSWERED),
    ("rejected", REFUSED),
    ("locked", LOCKED),
    ("bot wall", WALLED),
    ("unable", UNABLE),
];

#[test]
fn c3_8_every_pair_of_state_and_outcome_has_one_defined_result() {
    let mut rows = Vec::new();
    for (situation, watch) in situations() {
        for (name, outcome) in OUTCOMES {
            let mut watch = watch.clone();
            let account = watch.account(THIS_MS).unwrap_or(Account::First);
            let actions = watch.on_attempt(now(THIS_MS + 100), &attempt(THIS_MS, account, outcome));
            rows.push(row(situation, name, actions, &watch));
        }
    }
    check(include_str!("pair_table/outcomes.txt"), rows);
}

#[test]
fn c3_3_every_pair_of_state_and_answer_of_the_witnesses_has_one_defined_result() {
    let mut rows = Vec::new();
    for (situation, watch) in situations() {
        for (name, answered) in [("enough answer", 2), ("too few answer", 1)] {
            let mut watch = watch.clone();
            let actions = watch.on_witnesses(now(THIS_MS), Witnesses { answered, asked: 3 });
            rows.push(row(situation, name, actions, &watch));
        }
    }
    check(include_str!("pair_table/witnesses.txt"), rows);
}

#[test]
fn c3_6_c3_7_every_pair_of_state_and_interruption_has_one_defined_result() {
    let mut rows = Vec::new();
    for (situation, watch) in situations() {
        let mut overdue = watch.clone();
        let actions = overdue.on_tick(now(FIRST_MS + 500_000));
        rows.push(row(situation, "time passes", actions, &overdue));

        let mut paused = watch.clone();
        let actions = paused.on_pause(now(THIS_MS));
        rows.push(row(situation, "pause", actions, &paused));

        let mut slept = watch.clone();
        let cause = UnmeasuredCause::Suspended;
        let found = Discontinuity { from: wall(THIS_MS), cause, noticed_mono_ms: THIS_MS };
        let actions = slept.on_discontinuity(now(THIS_MS), &found);
        rows.push(row(situation, "sleep", actions, &slept));
    }
    check(include_str!("pair_table/interruptions.txt"), rows);
}

fn situations() -> Vec<(&'static str, Watch)> {
    let alone = settings(false, 0);
    let witnessed = settings(false, 2);
    let second = settings(true, 0);
    let both = settings(true, 2);
    let unmeasured = |cause| {
        let state = ServiceState::Unmeasured { cause };
        Watch::restored(alone, state, Some(wall(0)), wall(0))
    };
    let paused = {
        let mut watch = after(alone, &[Outcome::Up]);
        watch.on_pause(now(FIRST_MS + 1000));
        watch
    };
    let lost = |outcomes: &[Outcome]| {
        let mut watch = after(witnessed, &[NETWORK, NETWORK]);
        watch.on_witnesses(now(FIRST_MS + 1000), Witnesses { answered: 0, asked: 3 });
        continued(watch, outcomes)
    };
    let heard = |answered| {
        let mut watch = after(witnessed, &[NETWORK]);
        watch.on_witnesses(now(FIRST_MS + 1000), Witnesses { answered, asked: 3 });
        watch
    };
    let first_left_alone = || {
        let mut watch = Watch::new(second);
        watch.on_attempt(now(FIRST_MS), &attempt(FIRST_MS - 1, Account::First, REFUSED));
        watch.on_attempt(now(FIRST_MS), &attempt(FIRST_MS, Account::Second, Outcome::Up));
        watch
    };
    let first_refused_before = || {
        let mut watch = Watch::new(second);
        let long_ago_ms = THIS_MS - 61_000;
        watch.on_attempt(now(long_ago_ms), &attempt(long_ago_ms, Account::First, REFUSED));
        watch.on_attempt(now(long_ago_ms), &attempt(long_ago_ms, Account::First, REFUSED));
        watch.on_attempt(now(FIRST_MS), &attempt(FIRST_MS, Account::Second, Outcome::Up));
        watch
    };
    let first_walled = || {
        let mut watch = Watch::new(second);
        watch.on_attempt(now(FIRST_MS), &attempt(FIRST_MS, Account::First, WALLED));
        watch
    };
    vec![
        ("no_record", Watch::new(alone)),
        ("agent_off", unmeasured(UnmeasuredCause::AgentOff)),
        ("suspended", unmeasured(UnmeasuredCause::Suspended)),
        ("clock_step", unmeasured(UnmeasuredCause::ClockStep)),
        ("overdue", unmeasured(UnmeasuredCause::Overdue)),
        ("suspected before", unmeasured(UnmeasuredCause::Suspected)),
        ("paused before", unmeasured(UnmeasuredCause::Paused)),
        ("own_network", unmeasured(UnmeasuredCause::OwnNetwork)),
        ("own_network, witnesses", lost(&[])),
        ("own_network, in doubt", lost(&[NETWORK])),
        ("unable", after(alone, &[UNABLE])),
        ("probe_account", after(alone, &[REFUSED])),
        ("probe_account, 2 accounts", first_walled()),
        ("paused", paused),
        ("up", after(alone, &[Outcome::Up])),
        ("up, witnesses", after(witnessed, &[Outcome::Up])),
        ("up, 2 accounts", after(second, &[Outcome::Up])),
        ("up by the second account", first_left_alone()),
        ("up by the second for longer", first_refused_before()),
        ("down", after(alone, &[ANSWERED, ANSWERED])),
        ("down, witnesses", after(witnessed, &[ANSWERED, ANSWERED])),
        ("down, 2 accounts", after(second, &[ANSWERED, ANSWERED])),
        ("down, accounts_rejected", after(second, &[REFUSED, REFUSED])),
        ("suspected", after(alone, &[ANSWERED])),
        ("suspected, witnesses not needed", after(witnessed, &[ANSWERED])),
        ("suspected, witnesses asked", after(witnessed, &[NETWORK])),
        ("suspected, witnesses enough", heard(2)),
        ("suspected, witnesses too few", heard(1)),
        ("suspected, 2 accounts", after(second, &[ANSWERED])),
        ("suspected account", after(second, &[REFUSED])),
        ("suspected account after failure", after(both, &[NETWORK, REFUSED])),
        ("failed twice, witnesses asked", after(witnessed, &[NETWORK, NETWORK])),
        ("failed twice, then up", after(witnessed, &[NETWORK, NETWORK, Outcome::Up])),
        ("answered, then network", after(witnessed, &[ANSWERED, NETWORK])),
        ("network, then answered", after(witnessed, &[NETWORK, ANSWERED])),
        ("network, answered, up", after(witnessed, &[NETWORK, ANSWERED, Outcome::Up])),
        ("network, 2 accounts refused", after(both, &[NETWORK, REFUSED, REFUSED])),
    ]
}

fn settings(second_account: bool, witnesses_needed: u32) -> Settings {
    Settings {
        interval_ms: 60_000,
        down_interval_ms: 15_000,
        attempt_limit_ms: 30_000,
        second_account,
        witnesses_needed,
    }
}

/// A new watch after these outcomes, by the account that the watch would use.
fn after(settings: Settings, outcomes: &[Outcome]) -> Watch {
    continued(Watch::new(settings), outcomes)
}

fn continued(mut watch: Watch, outcomes: &[Outcome]) -> Watch {
    for (started_ms, &outcome) in (FIRST_MS..).step_by(1000).zip(outcomes) {
        let account = watch.account(started_ms).expect("an account that is not left alone");
        watch.on_attempt(now(started_ms + 100), &attempt(started_ms, account, outcome));
    }
    watch
}

fn attempt(started_ms: i64, account: Account, outcome: Outcome) -> Attempted {
    Attempted { started: now(started_ms), account, outcome }
}

fn now(mono_ms: i64) -> Now {
    Now { wall: wall(mono_ms), mono_ms, boot_ms: mono_ms }
}

fn wall(mono_ms: i64) -> Instant {
    Instant::from_ms(WALL_MS + mono_ms)
}

fn row(situation: &str, event: &str, actions: Actions, watch: &Watch) -> String {
    let actions: Vec<String> = actions.iter().map(action).collect();
    let asks = if actions.is_empty() { "-".to_owned() } else { actions.join(", ") };
    format!("{situation:<32}| {event:<15}| {asks:<70}| {}", state(watch.live().state))
}

fn action(action: &Action) -> String {
    match action {
        Action::Record { from, state: recorded } => {
            format!("{} from {}", state(recorded), instant(*from))
        }
        Action::AskWitnesses => "ask".to_owned(),
        Action::Attempt { account, when } => {
            let when = match when {
                When::AtOnce => "at once".to_owned(),
                When::At(mono_ms) => format!("{} s after", (mono_ms - THIS_MS) / 1000),
            };
            format!("{} account {when}", format!("{account:?}").to_lowercase())
        }
    }
}

fn state(state: &ServiceState) -> String {
    match state {
        ServiceState::Up => "up".to_owned(),
        ServiceState::Down { cause } => format!("down/{cause}"),
        ServiceState::Unmeasured { cause } => cause.as_str().to_owned(),
    }
}

fn instant(instant: Instant) -> String {
    match instant.ms() - WALL_MS {
        FIRST_MS => "first".to_owned(),
        THIS_MS => "this".to_owned(),
        ms if ms < THIS_MS => format!("first + {} s", (ms - FIRST_MS) / 1000),
        ms => format!("this + {} s", (ms - THIS_MS) / 1000),
    }
}

/// Compares line by line, so that a wrong row is seen beside the right one.
fn check(expected: &str, rows: Vec<String>) {
    #[expect(clippy::disallowed_methods, reason = "a person asks to see the table")]
    if std::env::var_os("PRINT_TABLE").is_some() {
        println!("{}", rows.join("\n"));
    }
    let expected: Vec<&str> = expected.lines().filter(|line| !line.starts_with('#')).collect();
    for (expected, row) in expected.iter().zip(&rows) {
        assert_eq!(row.trim_end(), expected.trim_end());
    }
    assert_eq!(expected.len(), rows.len(), "one row for each pair");
}
