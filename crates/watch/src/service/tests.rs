use super::*;

const SETTINGS: Settings = Settings {
    interval_ms: 60_000,
    down_interval_ms: DOWN_INTERVAL_MS,
    attempt_limit_ms: 10_000,
    second_account: false,
    witnesses_needed: 2,
};

fn now(mono_ms: i64) -> Now {
    Now { wall: Instant::from_ms(mono_ms), mono_ms, boot_ms: mono_ms }
}

fn attempted(started_ms: i64, outcome: Outcome) -> Attempted {
    Attempted { started: now(started_ms), account: Account::First, outcome }
}

#[test]
fn c3_9_what_has_not_been_decided_is_not_told() {
    let mut watch = Watch::new(SETTINGS);
    assert_eq!(watch.decided_until(now(500)), Instant::from_ms(500));
    watch.on_started(now(1000));
    assert_eq!(watch.decided_until(now(2000)), Instant::from_ms(1000));
    watch.on_attempt(now(2000), &attempted(1000, Outcome::Up));
    assert_eq!(watch.decided_until(now(30_000)), Instant::from_ms(30_000));
    // C3.7: nobody has looked yet, but the result no longer holds.
    assert_eq!(watch.decided_until(now(90_000)), Instant::from_ms(76_000));
    assert_eq!(watch.look_again_mono_ms(90_000), 76_000);
    watch.on_attempt(now(61_100), &attempted(61_000, Outcome::Down(DownCause::NoProof)));
    assert_eq!(watch.decided_until(now(62_000)), Instant::from_ms(61_000));
}

#[test]
fn c3_9_a_failure_is_shown_at_once() {
    let mut watch = Watch::new(SETTINGS);
    assert_eq!(watch.live().since, None);
    watch.on_attempt(now(1100), &attempted(1000, Outcome::Up));
    watch.on_attempt(now(61_100), &attempted(61_000, Outcome::Down(DownCause::NoProof)));
    let live = watch.live();
    assert_eq!(live.state, &unmeasured(UnmeasuredCause::Suspected));
    assert_eq!(live.since, Some(Instant::from_ms(61_000)));
    let refused = Outcome::Account(AccountCause::Locked);
    watch.on_attempt(now(62_100), &attempted(62_000, refused));
    assert_eq!(watch.live().refused, Some(AccountCause::Locked));
    assert_eq!(watch.live().second_refused, None);
}

#[test]
fn c3_3_witnesses_that_are_no_longer_configured_are_as_if_there_were_none() {
    let mut watch = Watch::new(SETTINGS);
    let silent = Outcome::Down(DownCause::Silence);
    watch.on_attempt(now(1100), &attempted(1000, silent));
    watch.on_attempt(now(2100), &attempted(2000, silent));
    watch.on_witnesses(now(2200), Witnesses { answered: 0, asked: 0 });
    assert_eq!(watch.live().state, &ServiceState::Down { cause: "silence".to_owned() });
}

#[test]
fn c3_6_an_attempt_that_an_interruption_voided_is_made_again() {
    let mut watch = Watch::new(SETTINGS);
    watch.on_started(now(1000));
    let cause = UnmeasuredCause::Suspended;
    let from = Instant::from_ms(1500);
    watch.on_discontinuity(now(2000), &Discontinuity { from, cause, noticed_mono_ms: 2000 });
    let actions = watch.on_attempt(now(2500), &attempted(1000, Outcome::Up));
    let again = Action::Attempt { account: Account::First, when: When::AtOnce };
    assert_eq!(actions.into_iter().collect::<Vec<_>>(), [again]);
    assert_eq!(watch.live().state, &unmeasured(cause));
    watch.on_attempt(now(2700), &attempted(2600, Outcome::Up));
    assert_eq!(watch.live().state, &ServiceState::Up);
}

#[test]
fn a_result_that_comes_after_a_later_one_is_passed_over() {
    let mut watch = Watch::new(SETTINGS);
    watch.on_attempt(now(9000), &attempted(5000, Outcome::Up));
    let stale = attempted(4000, Outcome::Down(DownCause::NoProof));
    assert!(watch.on_attempt(now(9100), &stale).is_empty());
}

#[test]
fn c3_8_a_restart_finds_the_state_that_the_history_gives() {
    let since = Some(Instant::from_ms(1000));
    let recorded = Instant::from_ms(50_000);
    let mut watch = Watch::restored(SETTINGS, ServiceState::Up, since, recorded);
    assert_eq!(watch.live().since, since);
    assert!(watch.on_attempt(now(40_100), &attempted(40_000, Outcome::Up)).is_empty());
    // A clock that is behind the history: the fact starts where the history ends.
    let failed = attempted(41_000, Outcome::Down(DownCause::NoProof));
    let first = watch.on_attempt(now(41_100), &failed).into_iter().next();
    let suspected = unmeasured(UnmeasuredCause::Suspected);
    assert_eq!(first, Some(Action::Record { from: recorded, state: suspected }));
}

#[test]
fn settings_that_change_hold_from_the_next_attempt_on() {
    let mut watch = Watch::new(SETTINGS);
    let failed = Outcome::Down(DownCause::NoProof);
    watch.on_attempt(now(1100), &attempted(1000, failed));
    watch.on_attempt(now(1300), &attempted(1200, failed));
    watch.set_settings(Settings { down_interval_ms: 5000, ..SETTINGS });
    let again = Action::Attempt { account: Account::First, when: When::At(25_000) };
    let actions = watch.on_attempt(now(20_100), &attempted(20_000, failed));
    assert_eq!(actions.into_iter().collect::<Vec<_>>(), [again]);
}

#[test]
fn c3_5_a_second_account_is_used_from_when_it_is_configured_until_it_is_not() {
    let mut watch = Watch::new(SETTINGS);
    watch.set_settings(Settings { second_account: true, ..SETTINGS });
    let refused = Outcome::Account(AccountCause::Rejected);
    let actions = watch.on_attempt(now(1100), &attempted(1000, refused));
    let second = Action::Attempt { account: Account::Second, when: When::AtOnce };
    assert!(actions.iter().any(|action| *action == second));
    let by_second = Attempted { account: Account::Second, ..attempted(1200, refused) };
    watch.on_attempt(now(1300), &by_second);
    assert_eq!(watch.live().second_refused, Some(AccountCause::Rejected));
    watch.set_settings(Settings { second_account: true, ..SETTINGS });
    assert_eq!(watch.live().second_refused, Some(AccountCause::Rejected));
    watch.set_settings(SETTINGS);
    assert_eq!(watch.live().second_refused, None);
}

#[test]
fn c3_6_an_attempt_that_starts_as_an_interruption_is_noticed_counts() {
    let mut watch = Watch::new(SETTINGS);
    let cause = UnmeasuredCause::Suspended;
    let from = Instant::from_ms(1500);
    watch.on_discontinuity(now(2000), &Discontinuity { from, cause, noticed_mono_ms: 2000 });
    watch.on_attempt(now(2100), &attempted(2000, Outcome::Up));
    assert_eq!(watch.live().state, &ServiceState::Up);
}

#[test]
fn an_attempt_that_starts_in_the_same_millisecond_counts() {
    let mut watch = Watch::new(SETTINGS);
    watch.on_attempt(now(1000), &attempted(1000, Outcome::Down(DownCause::NoProof)));
    watch.on_attempt(now(1001), &attempted(1000, Outcome::Up));
    assert_eq!(watch.live().state, &ServiceState::Up);
}

#[test]
fn c3_9_a_suspicion_that_changes_no_record_is_shown_too() {
    let mut watch = Watch::new(Settings { second_account: true, ..SETTINGS });
    let wall = Attempted {
        account: Account::Second,
        ..attempted(1200, Outcome::Account(AccountCause::BotWall))
    };
    let refused = Outcome::Account(AccountCause::Rejected);
    watch.on_attempt(now(1100), &attempted(1000, refused));
    watch.on_attempt(now(1300), &wall);
    let probe_account = unmeasured(UnmeasuredCause::ProbeAccount);
    assert_eq!(watch.live().state, &probe_account);
    let actions = watch.on_attempt(now(121_100), &attempted(121_000, refused));
    assert!(!actions.iter().any(|action| matches!(action, Action::Record { .. })));
    assert_eq!(watch.live().state, &unmeasured(UnmeasuredCause::Suspected));
    assert_eq!(watch.live().since, Some(Instant::from_ms(121_000)));
}

#[test]
fn c3_3_a_failure_in_doubt_is_suspected_once_enough_witnesses_answer() {
    for (answered, cause) in [(2, UnmeasuredCause::Suspected), (1, UnmeasuredCause::OwnNetwork)] {
        let mut watch = Watch::new(SETTINGS);
        let silent = Outcome::Down(DownCause::Silence);
        watch.on_attempt(now(1100), &attempted(1000, silent));
        watch.on_attempt(now(2100), &attempted(2000, silent));
        watch.on_witnesses(now(2200), Witnesses { answered: 0, asked: 2 });
        assert_eq!(watch.live().state, &unmeasured(UnmeasuredCause::OwnNetwork));
        watch.on_attempt(now(62_100), &attempted(62_000, silent));
        watch.on_witnesses(now(62_200), Witnesses { answered, asked: 2 });
        assert_eq!(watch.live().state, &unmeasured(cause));
    }
}
