//! When attempts start.

use std::collections::BTreeMap;

use contract::Instant;
use proptest::prelude::*;
use watch::{Account, Grid, Limits, Now, Plan, Slot, Start, TICK_MS, When};
use watch::{phase_ms, stable_hash};

const NO_LIMITS: Limits = Limits { total: u32::MAX, per_host: u32::MAX };
/// On the monotonic clock; the wall clock is on a tick then.
const BEGIN_MS: i64 = 5000;

#[test]
fn the_hash_that_gives_a_service_its_phase_never_changes() {
    assert_eq!(stable_hash(""), 0xefd0_1f60_ba99_2926);
    assert_eq!(stable_hash("portal"), 0xe9ef_bafc_ac33_c08a);
    assert_eq!(phase_ms("portal", 60_000), 57800);
}

#[test]
fn phases_are_spread_over_the_interval() {
    let mut per_second = [0; 60];
    for index in 0..6000 {
        per_second[phase_ms(&format!("service-{index}"), 60_000) as usize / 1000] += 1;
    }
    assert!(per_second.iter().all(|count| (60..=145).contains(count)), "{per_second:?}");
}

#[test]
fn a_service_starts_at_its_phase_whenever_the_agent_was_started() {
    for started_ms in [0, 1234, 59_999, 1_000_007] {
        let mut bench = Bench::new(NO_LIMITS, started_ms);
        let slot = bench.add("portal", None, 60_000);
        bench.run_for(200_000, 50);
        let starts = bench.starts_of(slot);
        for &due in &starts[1..] {
            assert_eq!((due + bench.offset_ms).rem_euclid(60_000), phase_ms("portal", 60_000));
        }
        assert!(starts.windows(2).skip(1).all(|pair| pair[1] - pair[0] == 60_000), "{starts:?}");
    }
}

#[test]
fn a_reload_leaves_the_schedule_as_it_is() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    let slots: Vec<Slot> =
        (0..50).map(|index| bench.add(&format!("s{index}"), Some("one.example"), 5000)).collect();
    bench.run_for(20_000, 50);
    let before: Vec<_> = slots.iter().map(|slot| bench.grid.next_regular_mono_ms(*slot)).collect();
    for (index, slot) in slots.iter().enumerate() {
        let name = format!("s{index}");
        let plan = Plan { name: &name, host: Some("one.example"), interval_ms: 5000 };
        bench.grid.change(*slot, plan, bench.now_ms);
    }
    let gone = bench.add("gone", Some("one.example"), 5000);
    bench.remove(gone);
    let after: Vec<_> = slots.iter().map(|slot| bench.grid.next_regular_mono_ms(*slot)).collect();
    assert_eq!(before, after);
}

#[test]
fn a_changed_interval_holds_at_once() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    let slot = bench.add("portal", Some("one.example"), 3_600_000);
    bench.run_for(10_000, 50);
    let plan = Plan { name: "portal", host: Some("two.example"), interval_ms: 1000 };
    bench.grid.change(slot, plan, bench.now_ms);
    bench.starts.clear();
    bench.run_for(10_000, 50);
    assert!((10..=11).contains(&bench.starts.len()), "{:?}", bench.starts);
}

#[test]
fn a_longer_interval_ends_the_shorter_one() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    let slot = bench.add("portal", None, 1000);
    bench.run_for(10_000, 50);
    let plan = Plan { name: "portal", host: None, interval_ms: 3_600_000 };
    bench.grid.change(slot, plan, bench.now_ms);
    bench.starts.clear();
    bench.run_for(3 * 3_600_000, 50);
    // A first one after the change, and three or four by the phase.
    assert!((4..=5).contains(&bench.starts.len()), "{:?}", bench.starts);
}

#[test]
fn an_attempt_under_way_counts_at_the_host_that_its_service_moves_to() {
    let mut bench = Bench::new(Limits { total: 9, per_host: 1 }, 0);
    let moving = bench.add("moving", Some("one.example"), 60_000);
    bench.run_for(500, i64::MAX);
    let plan = Plan { name: "moving", host: Some("two.example"), interval_ms: 60_000 };
    bench.grid.change(moving, plan, bench.now_ms);
    bench.hosts.insert(moving, plan.host.map(str::to_owned));
    bench.add("other", plan.host, 60_000);
    bench.run_for(500, i64::MAX);
    assert_eq!(bench.grid.running_and_waiting(), (1, 1));
    bench.grid.finished(moving);
    bench.running.clear();
    bench.step();
    assert_eq!(bench.grid.running_and_waiting(), (1, 0));
}

#[test]
fn higher_limits_hold_from_the_next_end_of_an_attempt_on() {
    let mut bench = Bench::new(Limits { total: 9, per_host: 1 }, 0);
    let slots: Vec<Slot> =
        (0..3).map(|index| bench.add(&format!("s{index}"), Some("one.example"), 60_000)).collect();
    bench.run_for(500, i64::MAX);
    bench.limits = Limits { total: 9, per_host: 2 };
    bench.grid.set_limits(bench.limits);
    bench.grid.finished(slots[0]);
    bench.running.clear();
    bench.step();
    assert_eq!(bench.grid.running_and_waiting(), (2, 0));
}

#[test]
fn a_start_that_waits_takes_the_account_that_is_asked_for_meanwhile() {
    let mut bench = Bench::new(Limits { total: 1, per_host: 1 }, 0);
    let slots = ["a", "b"].map(|name| bench.add(name, None, 60_000));
    bench.run_for(500, i64::MAX);
    bench.grid.request(slots[1], Account::Second, When::AtOnce, bench.now_ms);
    bench.step();
    bench.grid.finished(slots[0]);
    bench.running.clear();
    bench.step();
    let (_, start) = bench.starts[1];
    assert_eq!((start.slot, start.account), (slots[1], Some(Account::Second)));
}

#[test]
fn what_is_too_much_for_a_tick_moves_to_the_next_one_for_good() {
    // Two names with the same phase.
    let names: Vec<String> = (0..).map(|index| format!("s{index}")).take(100).collect();
    let twin = names.iter().skip(1).find(|name| phase_ms(name, 1000) == phase_ms(&names[0], 1000));
    let mut bench = Bench::new(NO_LIMITS, 0);
    let slots =
        [names[0].as_str(), twin.unwrap()].map(|name| bench.add(name, Some("one.example"), 1000));
    let tick_of = |bench: &Bench, slot| bench.grid.next_regular_mono_ms(slot).unwrap();
    bench.run_for(tick_of(&bench, slots[0]) - BEGIN_MS, 50);
    assert_eq!(tick_of(&bench, slots[1]) + 900, tick_of(&bench, slots[0]));
    bench.grid.restart(bench.now_ms);
    bench.run_for(10_000, 50);
    let (first, second) = (bench.starts_of(slots[0]), bench.starts_of(slots[1]));
    assert_eq!(first.last().map(|due| due + TICK_MS), second.last().copied());
}

#[test]
fn ten_services_are_all_measured_within_a_second_of_the_start() {
    for host in [None, Some("one.example")] {
        let mut bench = Bench::new(NO_LIMITS, 0);
        let slots: Vec<Slot> =
            (0..10).map(|index| bench.add(&format!("s{index}"), host, 60_000)).collect();
        bench.run_for(999, 50);
        for slot in slots {
            assert!(!bench.starts_of(slot).is_empty(), "{host:?}");
        }
    }
}

#[test]
fn many_services_are_all_measured_within_an_interval_and_first_starts_are_bounded() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    for index in 0..5000 {
        bench.add(&format!("s{index}"), None, 60_000);
    }
    bench.run_for(59_900, 50);
    let started: std::collections::BTreeSet<Slot> =
        bench.starts.iter().map(|(_, start)| start.slot).collect();
    assert_eq!(started.len(), 5000);
    for slot in started {
        let name = &bench.names[&slot];
        for due in bench.starts_of(slot).into_iter().skip(1) {
            assert_eq!((due + bench.offset_ms).rem_euclid(60_000), phase_ms(name, 60_000));
        }
    }
    // 100 a second are first starts, 5000 / 600 a tick are regular ones, unevenly.
    let mut per_tick = BTreeMap::<i64, u32>::new();
    for (_, start) in &bench.starts {
        *per_tick.entry(start.due_mono_ms).or_default() += 1;
    }
    assert!(per_tick.values().all(|count| *count <= 10 + 25), "{:?}", per_tick.values().max());
}

#[test]
fn nothing_is_missed_or_late_at_five_hundred_starts_a_second() {
    let mut bench = Bench::new(Limits { total: 256, per_host: 8 }, 0);
    for index in 0..5000 {
        bench.add(&format!("s{index}"), Some(&format!("host-{}", index % 700)), 10_000);
    }
    bench.run_for(10_000, 150);
    bench.starts.clear();
    let before = bench.grid.counts();
    bench.run_for(60_000, 150);
    let counts = bench.grid.counts();
    assert_eq!((counts.missed, counts.late), (before.missed, before.late));
    let made = counts.started - before.started;
    assert!((29_990..=30_010).contains(&made), "{made}");
}

#[test]
fn one_host_with_more_services_than_ticks_is_still_measured_in_full() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    for index in 0..1000 {
        bench.add(&format!("s{index}"), Some("one.example"), 10_000);
    }
    bench.run_for(20_000, 50);
    bench.starts.clear();
    bench.run_for(10_000, 50);
    assert_eq!(bench.starts.len(), 1000);
    assert!(bench.regular_starts_per_tick_and_host().all(|count| count <= 13));
    assert_eq!(bench.grid.counts().missed, 0);
}

#[test]
fn attempts_that_never_end_do_not_pile_up() {
    let mut bench = Bench::new(Limits { total: 20, per_host: 3 }, 0);
    for index in 0..100 {
        bench.add(&format!("s{index}"), Some(&format!("host-{}", index % 10)), 1000);
    }
    bench.run_for(60_000, i64::MAX);
    let (running, waiting) = bench.grid.running_and_waiting();
    assert_eq!((running, waiting), (20, 80));
    let counts = bench.grid.counts();
    assert_eq!(counts.started, 20);
    // All but the first one or two starts of each service.
    assert!((5700..=6000).contains(&counts.missed), "{counts:?}");
}

#[test]
fn a_service_whose_attempt_runs_when_the_next_is_due_misses_that_one() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    bench.add("slow", None, 1000);
    bench.run_for(30_000, 1500);
    let counts = bench.grid.counts();
    assert!(counts.missed >= 14 && counts.started >= 14, "{counts:?}");
    assert!(counts.missed + counts.started <= 32, "{counts:?}");
}

#[test]
fn a_process_that_stood_still_starts_each_service_once_and_counts_the_rest() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    for index in 0..10 {
        bench.add(&format!("s{index}"), None, 1000);
    }
    bench.run_for(5000, 50);
    let before = bench.grid.counts();
    bench.starts.clear();
    bench.now_ms += 60_000;
    bench.step();
    assert_eq!(bench.starts.len(), 10);
    let counts = bench.grid.counts();
    assert_eq!(counts.late - before.late, 10);
    assert!((580..=600).contains(&(counts.missed - before.missed)), "{counts:?}");
}

#[test]
fn an_attempt_wanted_at_once_does_not_wait_for_the_tick() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    let slot = bench.add("portal", Some("one.example"), 60_000);
    bench.run_for(2000, 50);
    bench.now_ms += 37;
    bench.grid.request(slot, Account::Second, When::AtOnce, bench.now_ms);
    assert_eq!(bench.grid.next_wakeup(bench.now_ms), Some(bench.now_ms));
    bench.starts.clear();
    bench.step();
    let (_, start) = bench.starts[0];
    assert_eq!((start.slot, start.account), (slot, Some(Account::Second)));
}

#[test]
fn the_latest_request_counts_and_is_made_no_earlier_than_asked() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    let slot = bench.add("portal", None, 3_600_000);
    bench.run_for(2000, 50);
    bench.starts.clear();
    let now_ms = bench.now_ms;
    for wanted_ms in [400, 15_010] {
        let when = When::At(now_ms + wanted_ms);
        bench.grid.request(slot, Account::First, when, now_ms);
    }
    bench.run_for(30_000, 50);
    let starts = bench.starts_of(slot);
    assert_eq!(starts.len(), 1);
    bench.grid.request(slot, Account::First, When::At(bench.now_ms + 3000), bench.now_ms);
    bench.grid.request(slot, Account::First, When::AtOnce, bench.now_ms);
    bench.run_for(10_000, 50);
    assert_eq!(bench.starts_of(slot).len(), 2);
    assert!((15_010..15_010 + TICK_MS).contains(&(starts[0] - now_ms)), "{starts:?}");
}

#[test]
fn a_request_that_comes_due_while_an_attempt_runs_is_dropped() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    let slot = bench.add("portal", None, 3_600_000);
    bench.run_for(1000, 5000);
    bench.grid.request(slot, Account::First, When::At(bench.now_ms + 1000), bench.now_ms);
    bench.run_for(20_000, 5000);
    assert_eq!(bench.starts_of(slot).len(), 1);
}

#[test]
fn requests_go_before_regular_starts_when_there_is_little_room() {
    let mut bench = Bench::new(Limits { total: 1, per_host: 1 }, 0);
    let slots: Vec<Slot> =
        (0..4).map(|index| bench.add(&format!("s{index}"), Some("one.example"), 60_000)).collect();
    bench.run_for(500, i64::MAX);
    let (first, waiting) = (bench.starts[0].1.slot, bench.grid.running_and_waiting().1);
    assert_eq!((first, waiting), (slots[0], 3));
    bench.running.clear();
    bench.grid.finished(first);
    bench.grid.request(first, Account::First, When::AtOnce, bench.now_ms);
    bench.step();
    assert_eq!(bench.starts[1].1.slot, first);
}

#[test]
fn a_removed_service_leaves_no_trace_and_blocks_nobody() {
    let mut bench = Bench::new(Limits { total: 10, per_host: 1 }, 0);
    let slots: Vec<Slot> =
        (0..3).map(|index| bench.add(&format!("s{index}"), Some("one.example"), 60_000)).collect();
    bench.run_for(500, i64::MAX);
    assert_eq!(bench.grid.running_and_waiting(), (1, 2));
    bench.remove(slots[1]);
    bench.remove(slots[0]);
    bench.grid.finished(slots[0]);
    bench.step();
    assert_eq!(bench.grid.running_and_waiting(), (1, 0));
    assert_eq!(bench.starts.last().unwrap().1.slot, slots[2]);
    bench.remove(slots[2]);
    bench.run_for(120_000, 50);
    assert_eq!(bench.grid.next_wakeup(bench.now_ms), None);
    assert_eq!(bench.grid.running_and_waiting(), (0, 0));
}

#[test]
fn a_host_that_a_service_leaves_keeps_its_limit() {
    let mut bench = Bench::new(Limits { total: 10, per_host: 1 }, 0);
    let slots: Vec<Slot> =
        (0..3).map(|index| bench.add(&format!("s{index}"), Some("one.example"), 60_000)).collect();
    bench.run_for(500, i64::MAX);
    bench.remove(slots[2]);
    bench.step();
    assert_eq!(bench.grid.running_and_waiting(), (1, 1));
}

#[test]
fn a_start_is_late_when_more_than_a_tick_has_passed() {
    for (passed_ms, late) in [(TICK_MS, 0), (2 * TICK_MS, 1)] {
        let mut bench = Bench::new(NO_LIMITS, 0);
        let slot = bench.add("portal", None, 60_000);
        bench.run_for(1000, 50);
        bench.now_ms = bench.grid.next_regular_mono_ms(slot).unwrap() + passed_ms;
        bench.step();
        assert_eq!(bench.grid.counts().late, late, "{passed_ms} ms");
    }
}

#[test]
fn after_an_interruption_everybody_is_measured_anew_and_phases_stay() {
    let mut bench = Bench::new(NO_LIMITS, 0);
    let slots: Vec<Slot> =
        (0..10).map(|index| bench.add(&format!("s{index}"), None, 3_600_000)).collect();
    bench.run_for(5000, 50);
    let next = |bench: &Bench| -> Vec<_> {
        slots.iter().map(|slot| bench.grid.next_regular_mono_ms(*slot)).collect()
    };
    let before = next(&bench);
    bench.starts.clear();
    bench.grid.restart(bench.now_ms);
    bench.run_for(1000, 50);
    assert_eq!(bench.starts.len(), 10);
    assert_eq!(before, next(&bench));
}

#[derive(Clone, Debug)]
struct Wanted {
    host: Option<u8>,
    interval_ms: i64,
    duration_ms: i64,
}

fn wanted() -> impl Strategy<Value = Vec<Wanted>> {
    let one = (prop::option::of(0..4u8), 1..120i64, 1..4000i64).prop_map(
        |(host, interval, duration_ms)| Wanted { host, interval_ms: interval * 500, duration_ms },
    );
    prop::collection::vec(one, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_remote_host_gets_one_regular_start_in_a_tick(wanted in wanted()) {
        let mut bench = Bench::new(NO_LIMITS, 0);
        let mut load = BTreeMap::<u8, f64>::new();
        for (index, one) in wanted.iter().enumerate() {
            let host = one.host.map(|host| format!("host-{host}"));
            bench.add(&format!("s{index}"), host.as_deref(), one.interval_ms);
            if let Some(host) = one.host {
                *load.entry(host).or_default() += TICK_MS as f64 / one.interval_ms as f64;
            }
        }
        prop_assume!(load.values().all(|load| *load <= 0.8));
        bench.run_for(120_000, 40);
        prop_assert!(bench.regular_starts_per_tick_and_host().all(|count| count == 1));
        prop_assert_eq!(bench.grid.counts().missed, 0);
        prop_assert_eq!(bench.grid.counts().late, 0);
    }

    #[test]
    fn limits_are_kept_and_every_start_is_made_or_counted(
        wanted in wanted(), total in 1..12u32, per_host in 1..4u32,
    ) {
        let mut bench = Bench::new(Limits { total, per_host }, 0);
        for (index, one) in wanted.iter().enumerate() {
            let host = one.host.map(|host| format!("host-{host}"));
            let slot = bench.add(&format!("s{index}"), host.as_deref(), one.interval_ms);
            bench.durations_ms.insert(slot, one.duration_ms);
        }
        // `Bench` asserts the limits and that no service runs twice.
        let length_ms = 240_000;
        bench.run_for(length_ms, 0);
        let due: i64 = wanted.iter().map(|one| length_ms / one.interval_ms).sum();
        let counts = bench.grid.counts();
        let (_, waiting) = bench.grid.running_and_waiting();
        let seen = (counts.started + counts.missed) as i64 + waiting as i64;
        // Each service may have its first attempt beside, and one start more or less at the ends;
        // what the spread moved for good is late by as much.
        let room = 3 * wanted.len() as i64 + due / 10;
        prop_assert!((seen - due).abs() <= room, "{seen} of {due}");
        prop_assert!(waiting <= wanted.len());
    }

    #[test]
    fn the_same_calls_give_the_same_starts(wanted in wanted()) {
        let run = || {
            let mut bench = Bench::new(Limits { total: 5, per_host: 2 }, 0);
            for (index, one) in wanted.iter().enumerate() {
                let host = one.host.map(|host| format!("host-{host}"));
                let slot = bench.add(&format!("s{index}"), host.as_deref(), one.interval_ms);
                bench.durations_ms.insert(slot, one.duration_ms);
            }
            bench.run_for(30_000, 0);
            bench.grid.restart(bench.now_ms);
            bench.run_for(30_000, 0);
            bench.starts
        };
        prop_assert_eq!(run(), run());
    }
}

/// A grid, and attempts that take as long as they are told.
struct Bench {
    grid: Grid,
    now_ms: i64,
    offset_ms: i64,
    limits: Limits,
    names: BTreeMap<Slot, String>,
    hosts: BTreeMap<Slot, Option<String>>,
    durations_ms: BTreeMap<Slot, i64>,
    running: BTreeMap<Slot, i64>,
    /// Every start, with the instant at which it was made.
    starts: Vec<(i64, Start)>,
}

impl Bench {
    fn new(limits: Limits, started_ms: i64) -> Self {
        let wall = Instant::from_ms(1_793_000_000_000 + started_ms);
        let now = Now { wall, mono_ms: BEGIN_MS, boot_ms: BEGIN_MS };
        Self {
            grid: Grid::new(limits, now),
            now_ms: BEGIN_MS,
            offset_ms: wall.ms() - BEGIN_MS,
            limits,
            names: BTreeMap::new(),
            hosts: BTreeMap::new(),
            durations_ms: BTreeMap::new(),
            running: BTreeMap::new(),
            starts: Vec::new(),
        }
    }

    fn add(&mut self, name: &str, host: Option<&str>, interval_ms: i64) -> Slot {
        let slot = self.grid.add(Plan { name, host, interval_ms }, self.now_ms);
        self.names.insert(slot, name.to_owned());
        self.hosts.insert(slot, host.map(str::to_owned));
        slot
    }

    fn remove(&mut self, slot: Slot) {
        self.grid.remove(slot);
        self.running.remove(&slot);
    }

    /// Lets time pass; an attempt takes `duration_ms` unless it has been told otherwise.
    fn run_for(&mut self, ms: i64, duration_ms: i64) {
        let until_ms = self.now_ms + ms;
        loop {
            self.step_with(duration_ms);
            let ends_ms = self.running.values().copied().min();
            let wakeup_ms = self.grid.next_wakeup(self.now_ms);
            let next_ms = [ends_ms, wakeup_ms].into_iter().flatten().min().unwrap_or(i64::MAX);
            assert!(next_ms > self.now_ms, "the grid wants to be called for nothing");
            if next_ms > until_ms {
                break;
            }
            self.now_ms = next_ms;
        }
        self.now_ms = until_ms;
    }

    fn step(&mut self) {
        self.step_with(50);
    }

    fn step_with(&mut self, duration_ms: i64) {
        let now_ms = self.now_ms;
        for (slot, _) in self.running.extract_if(.., |_, ends_ms| *ends_ms <= now_ms) {
            self.grid.finished(slot);
        }
        let mut starts = Vec::new();
        self.grid.due(now_ms, &mut starts);
        for start in starts {
            let duration_ms = self.durations_ms.get(&start.slot).copied().unwrap_or(duration_ms);
            let before = self.running.insert(start.slot, now_ms.saturating_add(duration_ms));
            assert!(before.is_none() || duration_ms == i64::MAX, "a service runs twice");
            assert!(start.due_mono_ms <= now_ms, "too early");
            self.starts.push((now_ms, start));
        }
        self.check_limits();
    }

    fn check_limits(&self) {
        let (running, _) = self.grid.running_and_waiting();
        assert!(running <= self.limits.total as usize);
        let mut per_host = BTreeMap::<&str, u32>::new();
        for slot in self.running.keys() {
            if let Some(host) = &self.hosts[slot] {
                *per_host.entry(host).or_default() += 1;
            }
        }
        assert!(per_host.values().all(|count| *count <= self.limits.per_host));
    }

    fn starts_of(&self, slot: Slot) -> Vec<i64> {
        let of_slot = self.starts.iter().filter(|(_, start)| start.slot == slot);
        of_slot.map(|(_, start)| start.due_mono_ms).collect()
    }

    fn regular_starts_per_tick_and_host(&self) -> impl Iterator<Item = u32> {
        let mut counts = BTreeMap::<(i64, &str), u32>::new();
        for (made_ms, start) in &self.starts {
            if let Some(host) = &self.hosts[&start.slot] {
                *counts.entry((made_ms / TICK_MS, host)).or_default() += 1;
            }
        }
        counts.into_values().collect::<Vec<_>>().into_iter()
    }
}
