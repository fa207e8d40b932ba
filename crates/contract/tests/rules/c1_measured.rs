//! What is measured (C1).

use contract::Terms;
use contract::terms::ServiceLevel;

use crate::HOUR_MS;
use crate::facts::Facts;

#[test]
fn c1_2_an_hour_is_an_hour_at_night_and_at_christmas_under_both_service_levels() {
    // A Tuesday at ten, a Sunday night, Christmas Day.
    for day in ["2026-12-01 09:00", "2026-12-13 02:00", "2026-12-25 04:00"] {
        let until = crate::facts::at(day).plus_ms(HOUR_MS).to_string();
        let facts = Facts::always_up().down(day, &until[..23]);
        for service_level in [ServiceLevel::Standard, ServiceLevel::Jour] {
            let terms = Terms { service_level, ..Terms::default() };
            let figure = facts.figure_under("2026-12", terms, None);
            assert_eq!((figure.lost_ms, figure.counted_ms), (HOUR_MS, HOUR_MS), "{day}");
        }
    }
}

#[test]
fn c1_4_what_one_users_computer_reports_or_causes_is_not_the_services_downtime() {
    // A report counts once it is accepted, not because it was made.
    let reported = Facts::always_up().claim(
        "A1",
        "include",
        "fault_report",
        "2026-10-10 10:00",
        "2026-10-10 11:00",
    );
    assert_eq!(reported.figure("2026-10").lost_ms, 0);
    // And downtime that the customer's equipment caused is taken out.
    let figure = Facts::always_up()
        .down("2026-10-10 10:00", "2026-10-10 11:00")
        .exclude("A1", "customer_equipment", "2026-10-10 10:00", "2026-10-10 11:00")
        .figure("2026-10");
    assert_eq!((figure.lost_ms, figure.excluded_ms), (0, HOUR_MS));
}
