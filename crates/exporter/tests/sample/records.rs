//! What people recorded of the sample's services.

use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{ClaimState, ClosedFigure, Percent, ReportStage, StopNotice, StopVerdict};
use exporter::records::{
    Acknowledged, Act, Adjustment, Claim, Closed, ClosedService, Decided, Notifiable, Pause,
    People, Reduction, Report, Revision, Settled, Statement, Stop, StopService, Submitted,
};
use jiff::tz::TimeZone;

use super::at;

/// The public key of the sample.
pub const KEY: &str = "9f1c5a0e8b7d6c4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f";

fn stockholm() -> TimeZone {
    TimeZone::get("Europe/Stockholm").unwrap()
}

fn act(when: &str, by: &str) -> Act {
    Act { at: at(when), by: by.to_owned() }
}

/// One announced for two services, one that was valid, one ended early, one cancelled.
pub fn stops() -> Vec<Stop> {
    let service = |name: &str, verdict, notice| StopService {
        service: name.to_owned(),
        verdict,
        in_office_hours: false,
        notice_due: at("2026-11-25T21:00:00.000Z"),
        notice,
    };
    let announced = Stop {
        id: "S2".to_owned(),
        timezone: stockholm(),
        from: at("2026-11-28T21:00:00.000Z"),
        until: at("2026-11-28T23:30:00.000Z"),
        ends: at("2026-11-28T23:30:00.000Z"),
        reason: "new <storage> & network".to_owned(),
        announced: act("2026-11-20T09:00:00.000Z", "anna"),
        agreed: None,
        cancelled: None,
        withdrawn: false,
        services: vec![
            service("portal", StopVerdict::Surplus, StopNotice::NotDelivered),
            service("mail", StopVerdict::Valid, StopNotice::Delivered),
        ],
    };
    let past = |id: &str, from: &str, until: &str, verdict| Stop {
        id: id.to_owned(),
        from: at(from),
        until: at(until),
        ends: at(until),
        reason: "database upgrade".to_owned(),
        announced: act("2026-11-01T08:00:00.000Z", "bo"),
        services: vec![StopService {
            in_office_hours: id == "S3",
            notice_due: at(from).plus_ms(-72 * 3_600_000),
            ..service("portal", verdict, StopNotice::NoContact)
        }],
        ..announced.clone()
    };
    let ended = Stop {
        agreed: Some("mail of 2 November".to_owned()),
        cancelled: Some(act("2026-11-12T11:00:00.000Z", "anna")),
        ends: at("2026-11-12T11:00:00.000Z"),
        ..past("S3", "2026-11-12T10:00:00.000Z", "2026-11-12T12:00:00.000Z", StopVerdict::Agreed)
    };
    let valid =
        past("S1", "2026-11-10T01:00:00.000Z", "2026-11-10T02:00:00.000Z", StopVerdict::Valid);
    let cancelled = Stop {
        cancelled: Some(act("2026-11-02T10:00:00.000Z", "bo")),
        withdrawn: true,
        ..past("S4", "2026-11-05T01:00:00.000Z", "2026-11-05T02:00:00.000Z", StopVerdict::Cancelled)
    };
    vec![announced, ended, valid, cancelled]
}

/// One that waits, one that was decided twice.
pub fn adjustments() -> Vec<Adjustment> {
    let decided = |decision, when: &str, by: &str| Decided { decision, act: act(when, by) };
    let waits = Adjustment {
        id: "A2".to_owned(),
        kind: AdjustmentKind::Include,
        service: "mail".to_owned(),
        timezone: stockholm(),
        from: at("2026-11-19T22:50:00.000Z"),
        until: at("2026-11-19T23:10:00.000Z"),
        ground: Ground::FaultReport,
        evidence: "case 4711 <b>of</b> 20 November".to_owned(),
        claimed: act("2026-11-20T09:12:00.000Z", "carl"),
        decisions: Vec::new(),
        counts: false,
    };
    let settled = Adjustment {
        id: "A1".to_owned(),
        kind: AdjustmentKind::Exclude,
        service: "records".to_owned(),
        from: at("2026-11-05T08:10:00.000Z"),
        until: at("2026-11-05T08:30:00.000Z"),
        ground: Ground::DosAttack,
        evidence: "flow records of the carrier, 40 Gbit/s".to_owned(),
        claimed: act("2026-11-06T10:00:00.000Z", "carl"),
        decisions: vec![
            decided(Decision::Rejected, "2026-11-06T12:00:00.000Z", "dora"),
            decided(Decision::Accepted, "2026-11-09T12:00:00.000Z", "dora"),
        ],
        counts: true,
        ..waits.clone()
    };
    vec![waits, settled]
}

/// One in each state.
pub fn claims() -> Vec<Claim> {
    let open = Claim {
        service: "portal".to_owned(),
        customer: Some("Exempelbolaget AB".to_owned()),
        month: "2026-10".parse().unwrap(),
        timezone: stockholm(),
        reduction: Some(Reduction {
            revision: 1,
            level: 1,
            percent: "10".parse().unwrap(),
            amount: Some("1250.00 SEK".parse().unwrap()),
            deadline: Some("2026-12-06".parse().unwrap()),
        }),
        state: ClaimState::Open,
        submitted: None,
        settled: None,
    };
    let submitted = Submitted {
        act: act("2026-11-10T08:00:00.000Z", "carl"),
        reference: Some("letter of 9 November".to_owned()),
    };
    let settled = Settled {
        act: act("2026-11-12T08:00:00.000Z", "dora"),
        amount: "1250.00 SEK".parse().unwrap(),
    };
    let claimed = Claim {
        service: "records".to_owned(),
        state: ClaimState::Submitted,
        submitted: Some(submitted.clone()),
        ..open.clone()
    };
    let done = Claim {
        month: "2026-09".parse().unwrap(),
        state: ClaimState::Settled,
        submitted: Some(submitted),
        settled: Some(settled),
        reduction: None,
        ..open.clone()
    };
    let lapsed =
        Claim { month: "2026-08".parse().unwrap(), state: ClaimState::Lapsed, ..open.clone() };
    vec![open, claimed, done, lapsed]
}

/// A month that was revised, and one of services without a customer whose files are not there.
pub fn statements() -> Vec<Statement> {
    let revision = |number: u32, files: &[&str]| Revision {
        revision: number,
        issued_at: at("2026-11-01T00:02:10.000Z").plus_ms(i64::from(number) * 86_400_000 * 9),
        used_seq: 4_711 + u64::from(number),
        used_hash: "5b".repeat(32),
        sha256: "c4".repeat(32),
        public_key: KEY.to_owned(),
        files: files.iter().map(|&name| name.to_owned()).collect(),
    };
    let revised = Statement {
        customer: Some("Exempelbolaget AB".to_owned()),
        month: "2026-10".parse().unwrap(),
        timezone: stockholm(),
        revisions: vec![
            revision(0, &["exempelbolaget-ab.sv.pdf", "exempelbolaget-ab.json"]),
            revision(1, &["exempelbolaget-ab.r1.sv.pdf", "exempelbolaget-ab.r1.csv"]),
        ],
        services: vec![ClosedService {
            service: "portal".to_owned(),
            closes: vec![
                Closed {
                    revision: 0,
                    at: at("2026-11-01T00:02:10.000Z"),
                    figure: figure(26_748_001, 2),
                },
                Closed {
                    revision: 1,
                    at: at("2026-11-10T00:02:10.000Z"),
                    figure: figure(2_682_001, 1),
                },
            ],
        }],
    };
    let unnamed = Statement {
        customer: None,
        revisions: vec![revision(0, &[])],
        services: Vec::new(),
        ..revised.clone()
    };
    vec![unnamed, revised]
}

fn figure(counted_ms: i64, level: usize) -> ClosedFigure {
    let percent = |lost_ms: i64| Percent { e4: (2_682_000_000 - lost_ms) * 10_000 / 26_820_000 };
    ClosedFigure {
        period_ms: 2_682_000_000,
        up_ms: 2_682_000_000 - counted_ms - 600_000,
        lost_ms: counted_ms,
        planned_ms: 0,
        excluded_ms: 0,
        unmeasured_ms: 600_000,
        not_in_service_ms: 0,
        counted_ms,
        availability_percent: percent(counted_ms),
        availability_lower_bound_percent: percent(counted_ms + 600_000),
        level,
        reduction_percent: "10".parse().unwrap(),
        monthly_fee: Some("12500.00 SEK".parse().unwrap()),
        reduction: Some("1250.00 SEK".parse().unwrap()),
        claim_deadline: Some("2026-12-06".parse().unwrap()),
        terms: "standard".to_owned(),
        terms_sha256: "a0".repeat(32),
    }
}

/// `portal` is paused; its incident was acknowledged, and is notifiable.
pub fn people() -> People {
    let opened = at("2026-11-15T16:00:00.000Z");
    let report = |stage: ReportStage, reported_at: Option<&str>| Report {
        stage,
        deadline: stage.deadline(opened, &stockholm()),
        reported_at: reported_at.map(at),
    };
    People {
        pause: Some(Pause {
            act: act("2026-11-22T11:00:00.000Z", "anna"),
            reason: "the <account> is moved".to_owned(),
        }),
        acknowledged: vec![Acknowledged { opened, act: act("2026-11-15T16:04:00.000Z", "bo") }],
        notifiable: vec![Notifiable {
            opened,
            reports: vec![
                report(ReportStage::EarlyWarning, Some("2026-11-15T20:00:00.000Z")),
                report(ReportStage::Notification, None),
                report(ReportStage::Final, None),
            ],
        }],
    }
}
