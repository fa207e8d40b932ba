//! Months of measuring in milliseconds of run time: services that flap, a network that is lost,
//! clocks that are stepped, a machine that sleeps, an agent that is restarted.

mod world;

use contract::{Instant, Interval, UnmeasuredCause};
use proptest::prelude::*;
use watch::Account;
use world::{Condition, Event, Made, World, segments};

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const SERVICES: usize = 3;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn c3_1_whatever_happens_every_instant_has_one_state_and_the_facts_are_in_order(
        script in script(any_event()),
    ) {
        let world = run(2, &script);
        // `World` checks each fact against the history, the one before it and what was decided.
        for service in 0..SERVICES {
            let segments = segments(&world, service);
            let whole: i64 = segments.iter().map(|(interval, _)| interval.ms()).sum();
            let first = segments.first().map_or(whole, |(first, _)| world.last().since(first.from));
            prop_assert_eq!(whole, first);
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_facts_byte_for_byte(script in script(any_event())) {
        let (once, again) = (run(2, &script), run(2, &script));
        prop_assert_eq!(format!("{:?}", once.lines), format!("{:?}", again.lines));
    }

    #[test]
    fn c3_2_downtime_is_from_the_first_failed_attempt_to_the_first_successful_one(
        script in script(service_events()),
    ) {
        let world = run(0, &script);
        for service in 0..SERVICES {
            let down: Vec<Interval> = segments(&world, service)
                .into_iter()
                .filter(|(_, state)| state.starts_with("down"))
                .map(|(interval, _)| interval)
                .collect();
            prop_assert_eq!(down, downtime_by_attempts(&world, service));
        }
    }

    #[test]
    fn c3_3_what_the_own_network_and_the_own_machine_do_is_never_downtime(
        script in script(own_events()),
    ) {
        let world = run(2, &script);
        for service in 0..SERVICES {
            for (interval, state) in segments(&world, service) {
                prop_assert!(!state.starts_with("down"), "{interval:?} is {state}");
            }
        }
    }

    #[test]
    fn c3_5_a_refused_account_is_left_alone(script in script(account_events())) {
        let world = run(0, &script);
        for service in 0..SERVICES {
            for account in [Account::First, Account::Second] {
                let of_account = |made: &&Made| made.service == service && made.account == account;
                let made: Vec<&Made> = world.made.iter().filter(of_account).collect();
                for pair in made.windows(2) {
                    let pause_ms = pair[1].started.mono_ms - pair[0].started.mono_ms;
                    let was_refused = pair[0].outcome.as_str() == "account";
                    // Half a tick-group of lateness on either side.
                    prop_assert!(!was_refused || pause_ms >= MINUTE_MS * 9 / 10, "{pair:?}");
                }
            }
        }
    }
}

#[test]
fn c3_7_after_the_process_stood_still_the_results_are_overdue_and_never_up() {
    let script = [(10 * MINUTE_MS, Event::Stall(30 * MINUTE_MS)), (10 * MINUTE_MS, Event::Nothing)];
    let world = run(0, &script);
    for service in 0..SERVICES {
        let states = segments(&world, service);
        let [(before, up), (gap, overdue), (_, up_again)] = &states[..] else {
            panic!("{states:?}")
        };
        assert_eq!((up.as_str(), overdue.as_str(), up_again.as_str()), ("up", "overdue", "up"));
        let mut latest = world.made.iter().filter(|made| made.service == service);
        let latest = latest.rfind(|made| made.started.wall < before.until).unwrap();
        // Interval, attempt limit and five seconds after the latest attempt's start.
        assert_eq!(gap.from.since(latest.started.wall), MINUTE_MS + 10_000 + 5000);
    }
}

#[test]
fn c3_6_sleep_steps_pauses_and_restarts_are_unmeasured_with_their_cause() {
    let quarter_ms = 15 * MINUTE_MS;
    let script = [
        (quarter_ms, Event::Sleep(quarter_ms)),
        (quarter_ms, Event::Step(quarter_ms)),
        (quarter_ms, Event::Restart(quarter_ms)),
        (quarter_ms, Event::Pause(0)),
        (quarter_ms, Event::Resume(0)),
        (quarter_ms, Event::Nothing),
    ];
    let world = run(0, &script);
    let states: Vec<String> = segments(&world, 0).into_iter().map(|(_, state)| state).collect();
    let expected = ["up", "suspended", "up", "clock_step", "up", "agent_off", "up", "paused", "up"];
    assert_eq!(states, expected);
    for (interval, state) in segments(&world, 0) {
        if state != "up" {
            assert!((interval.ms() - quarter_ms).abs() <= 6 * MINUTE_MS, "{interval:?} {state}");
        }
    }
}

#[test]
fn c3_6_a_clock_stepped_back_tells_no_instant_twice() {
    let hour_ms = 60 * MINUTE_MS;
    let script = [
        (3 * hour_ms, Event::Step(-hour_ms)),
        // While the clock repeats the hour: down, and up again.
        (10 * MINUTE_MS, Event::Service(0, Condition::Answered)),
        (10 * MINUTE_MS, Event::Service(0, Condition::Up)),
        // Down beyond the end of the repeated hour.
        (10 * MINUTE_MS, Event::Service(0, Condition::Answered)),
        (hour_ms, Event::Service(0, Condition::Up)),
        (hour_ms, Event::Nothing),
    ];
    let world = run(0, &script);
    let states = segments(&world, 0);
    let names: Vec<&str> = states.iter().map(|(_, state)| state.as_str()).collect();
    assert_eq!(names, ["up", "down/http_status", "up"]);
    let repeated_until = world.start().plus_ms(3 * hour_ms);
    let off_ms = states[1].0.from.since(repeated_until).abs();
    assert!(off_ms <= 5 * MINUTE_MS, "down from {:?}", states[1].0);
    assert!((states[1].0.ms() - 30 * MINUTE_MS).abs() <= 7 * MINUTE_MS);
}

#[test]
fn a_month_of_everything_is_measured_in_order() {
    // A fixed sequence; its only purpose is to be different everywhere.
    let mut seed: u64 = 20_261_101;
    let mut next = move |bound: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % bound
    };
    let mut script = Vec::new();
    let mut elapsed_ms = 0;
    while elapsed_ms < 30 * DAY_MS {
        let gap_ms = 10 * SECOND_MS + next(4 * 3_600_000) as i64;
        let service = next(SERVICES as u64) as usize;
        let length_ms = 2 * SECOND_MS + next(7_200_000) as i64;
        let event = match next(12) {
            0 => Event::Network(false),
            1 | 2 => Event::Network(true),
            3 => Event::Sleep(length_ms),
            4 => Event::Step(if length_ms % 2 == 0 { length_ms } else { -length_ms }),
            5 => Event::Stall(length_ms / 10),
            6 => Event::Restart(length_ms / 10),
            7 => Event::Service(service, Condition::Answered),
            8 => Event::Service(service, Condition::Silent),
            9 => Event::Service(service, Condition::OneRefused),
            _ => Event::Service(service, Condition::Up),
        };
        script.push((gap_ms, event));
        elapsed_ms += gap_ms;
    }
    let world = run(2, &script);
    assert!(world.made.len() > 50_000, "{} attempts", world.made.len());
    let all: Vec<String> = segments(&world, 0).into_iter().map(|(_, state)| state).collect();
    let causes = [
        UnmeasuredCause::OwnNetwork,
        UnmeasuredCause::Overdue,
        UnmeasuredCause::AgentOff,
        UnmeasuredCause::Suspended,
        UnmeasuredCause::ClockStep,
    ];
    for cause in causes.map(UnmeasuredCause::as_str).into_iter().chain(["up", "down/silence"]) {
        assert!(all.iter().any(|state| state == cause), "no {cause}");
    }
}

/// C3.2, told a second time: two failures in a row are downtime from the first one's start until
/// the next success's.
fn downtime_by_attempts(world: &World, service: usize) -> Vec<Interval> {
    let mut down = Vec::new();
    let mut failed: Vec<Instant> = Vec::new();
    for made in world.made.iter().filter(|made| made.service == service && made.is_over) {
        if made.outcome.as_str() != "up" {
            failed.push(made.started.wall);
        } else {
            if failed.len() >= 2 {
                down.push(Interval::new(failed[0], made.started.wall));
            }
            failed.clear();
        }
    }
    if failed.len() >= 2 {
        down.push(Interval::new(failed[0], world.last()));
    }
    down
}

fn run(witnesses_needed: u32, script: &[(i64, Event)]) -> World {
    let mut world = World::new(SERVICES, witnesses_needed);
    for &(gap_ms, event) in script {
        world.run_for(gap_ms);
        world.happen(event);
    }
    world.run_for(10 * MINUTE_MS);
    world
}

fn script(event: impl Strategy<Value = Event>) -> impl Strategy<Value = Vec<(i64, Event)>> {
    prop::collection::vec((10 * SECOND_MS..90 * MINUTE_MS, event), 1..25)
}

fn service_events() -> impl Strategy<Value = Event> {
    let condition = prop_oneof![
        Just(Condition::Up),
        Just(Condition::Answered),
        Just(Condition::Silent),
        Just(Condition::Flapping),
    ];
    (0..SERVICES, condition).prop_map(|(service, condition)| Event::Service(service, condition))
}

fn account_events() -> impl Strategy<Value = Event> {
    let condition = prop_oneof![
        Just(Condition::Up),
        Just(Condition::OneRefused),
        Just(Condition::BothRefused),
        Just(Condition::Walled),
        Just(Condition::Answered),
    ];
    (0..SERVICES, condition).prop_map(|(service, condition)| Event::Service(service, condition))
}

fn own_events() -> impl Strategy<Value = Event> {
    let unable = (0..SERVICES).prop_map(|service| Event::Service(service, Condition::Unable));
    let walled = (0..SERVICES).prop_map(|service| Event::Service(service, Condition::Walled));
    let well = (0..SERVICES).prop_map(|service| Event::Service(service, Condition::Up));
    prop_oneof![any::<bool>().prop_map(Event::Network), interruptions(), unable, walled, well]
}

fn interruptions() -> impl Strategy<Value = Event> {
    let length_ms = 1500..120 * MINUTE_MS;
    prop_oneof![
        length_ms.clone().prop_map(Event::Sleep),
        length_ms.clone().prop_map(Event::Step),
        length_ms.clone().prop_map(|ms| Event::Step(-ms)),
        length_ms.clone().prop_map(Event::Stall),
        length_ms.prop_map(Event::Restart),
        (0..SERVICES).prop_map(Event::Pause),
        (0..SERVICES).prop_map(Event::Resume),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![service_events(), account_events(), own_events(), interruptions()]
}
