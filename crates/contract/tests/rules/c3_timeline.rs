//! A service's timeline (C3).

use contract::{Reach, Terms, UnmeasuredCause};

use crate::facts::{Facts, at, figure};
use crate::{HOUR_MS, MINUTE_MS};

#[test]
fn c3_1_what_nothing_covers_is_unmeasured() {
    let facts = Facts::default().up("2026-10-05").measured("2026-10-06");
    let figure = facts.figure("2026-10");
    assert_eq!(figure.up_ms, 24 * HOUR_MS);
    assert_eq!(
        figure.unmeasured_by_cause_ms.get(UnmeasuredCause::NoRecord),
        figure.period_ms - 24 * HOUR_MS
    );
    let nobody = Facts::default().figure("2026-10");
    assert_eq!(nobody.unmeasured_ms, nobody.period_ms);
    assert_eq!(nobody.availability_percent.to_string(), "100.0000");
    assert_eq!(nobody.availability_lower_bound_percent.to_string(), "0.0000");
}

#[test]
fn c3_6_when_measuring_stops_every_service_is_unmeasured_until_its_own_next_state() {
    let facts = Facts::always_up();
    let history = Facts { lines: facts.lines[..1].to_vec() }
        .add(
            "2026-01-01",
            serde_json::json!({"fact": "state", "service": "mail",
                "from": "2026-01-01T00:00:00.000Z", "state": "up"}),
        )
        .measuring_stopped("2026-10-05 10:00", "suspended")
        .up("2026-10-05 11:00")
        .measured("2026-12-01")
        .history();
    let reach = Reach::replay(&history, None);
    let of = |service| figure(&history, service, "2026-10", Terms::default(), reach);
    let suspended = UnmeasuredCause::Suspended;
    assert_eq!(of("portal").unmeasured_by_cause_ms.get(suspended), HOUR_MS);
    assert_eq!(of("portal").unmeasured_ms, HOUR_MS);
    assert_eq!(of("mail").up_ms, of("mail").period_ms - of("mail").unmeasured_ms);
    assert_eq!(of("mail").unmeasured_by_cause_ms.get(suspended), of("mail").unmeasured_ms);
}

#[test]
fn c3_8_the_decision_replaces_the_suspicion_from_the_same_instant() {
    let facts = Facts::always_up()
        .unmeasured("2026-10-05 10:00", "suspected")
        .down("2026-10-05 10:00", "2026-10-05 10:05");
    let figure = facts.figure("2026-10");
    assert_eq!((figure.lost_ms, figure.unmeasured_ms), (5 * MINUTE_MS, 0));
}

#[test]
fn c3_9_a_running_figure_reaches_to_the_heartbeat() {
    let facts = Facts::default().up("2026-10-01").unmeasured("2026-10-02", "suspected");
    let history = facts.history();
    let reach = Reach::running(at("2026-10-02 00:00:07"));
    let figure = figure(&history, "portal", "2026-10", Terms::default(), reach);
    assert_eq!(figure.elapsed_ms, 26 * HOUR_MS + 7_000);
    assert_eq!(figure.unmeasured_by_cause_ms.get(UnmeasuredCause::Suspected), 7_000);
}
