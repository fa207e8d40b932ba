//! Statements made by hand: a good month, a bad one, a revision, a provisional one, many services.

use std::collections::BTreeMap;

use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::terms::{Boundary, Counts, MinuteRule, ServiceLevel};
use contract::{
    ClaimState, ClosedFigure, Evidence, Instant, Money, Percent, ReportStage, Response, Side,
    StopNotice, StopVerdict, Terms, UnmeasuredCause, Vantage,
};
use rust_decimal::Decimal;
use statement::document::{
    AdjustmentEntry, DamageEntry, Document, FORMAT, IncidentEntry, LedgerPosition, OutageClass,
    OutageEntry, PreviousFigure, ReportEntry, ServiceSection, Status, StopEntry,
};

/// The whole of October 2026 in Stockholm.
pub const PERIOD_MS: i64 = 2_682_000_000;
const MINUTE_MS: i64 = 60_000;

/// Every sample, by its name.
pub fn all() -> Vec<(&'static str, Document)> {
    vec![
        ("good", good()),
        ("bad", bad()),
        ("revision", revision()),
        ("provisional", provisional()),
        ("many", many()),
        ("unusual", unusual()),
    ]
}

/// A month without an outage: ten minutes were not measured.
pub fn good() -> Document {
    document(vec![service("portal", 0, 600_000)])
}

/// Everything that can happen, and many outages.
pub fn bad() -> Document {
    let mut it = service("portal", 26_748_000, 930_000);
    it.figure.planned_ms = 30 * MINUTE_MS;
    it.figure.excluded_ms = 10 * MINUTE_MS;
    it.figure.up_ms -= 40 * MINUTE_MS;
    it.excluded_by_ground_ms = BTreeMap::from([(Ground::DosAttack, 10 * MINUTE_MS)]);
    it.unmeasured_by_cause_ms = BTreeMap::from([
        (UnmeasuredCause::AgentOff, 900_000),
        (UnmeasuredCause::Suspected, 30_000),
    ]);
    it.responsible_ms = BTreeMap::from([
        (Side::Provider, 26_748_000 + 30 * MINUTE_MS),
        (Side::ThirdParty, 10 * MINUTE_MS),
    ]);
    it.claim = Some(ClaimState::Open);
    it.outages = (0..60).map(outage).collect();
    it.outages[7].class = OutageClass::Planned;
    it.outages[9].class = OutageClass::Excluded;
    it.outages[9].ground = Some(Ground::DosAttack);
    it.outages[9].responsible = Side::ThirdParty;
    it.stops = stops();
    it.adjustments = adjustments();
    it.incidents = incidents();
    document(vec![it])
}

/// The worked example of 44 min 42.001 s, after ten minutes were accepted as an attack.
pub fn revision() -> Document {
    let mut it = service("portal", 2_082_001, 0);
    it.figure.excluded_ms = 10 * MINUTE_MS;
    it.figure.up_ms -= 10 * MINUTE_MS;
    it.excluded_by_ground_ms = BTreeMap::from([(Ground::DosAttack, 10 * MINUTE_MS)]);
    it.responsible_ms =
        BTreeMap::from([(Side::Provider, 2_082_001), (Side::ThirdParty, 10 * MINUTE_MS)]);
    let from = at("2026-10-05T12:00:00.000Z");
    let mut whole = outage(0);
    (whole.from, whole.until, whole.ms) = (from, from.plus_ms(2_082_001), 2_082_001);
    let mut excluded = whole.clone();
    (excluded.from, excluded.until) = (whole.until, whole.until.plus_ms(600_000));
    excluded.ms = 600_000;
    excluded.class = OutageClass::Excluded;
    excluded.ground = Some(Ground::DosAttack);
    excluded.responsible = Side::ThirdParty;
    it.outages = vec![whole, excluded];
    it.adjustments = adjustments()[..1].to_vec();
    it.incidents = incidents()[..1].to_vec();
    it.previous = Some(PreviousFigure {
        revision: 0,
        closed_at: at("2026-10-31T23:00:04.512Z"),
        figure: service("portal", 2_682_001, 0).figure,
    });
    let mut document = document(vec![it]);
    document.revision = 1;
    document.issued_at = at("2026-11-12T09:15:00.000Z");
    document
}

/// A running month that is over its budget already, of a service without a fee or a customer.
pub fn provisional() -> Document {
    let mut it = service("intranät", 2_760_000, 0);
    it.complete = false;
    it.elapsed_ms = 1_000_000_000;
    it.figure.up_ms = it.elapsed_ms - 2_760_000;
    it.figure.monthly_fee = None;
    it.figure.reduction = None;
    it.outages = vec![outage(3)];
    it.incidents = incidents()[1..].to_vec();
    let mut document = document(vec![it]);
    document.status = Status::Provisional;
    document.issued_at = at("2026-10-12T11:46:40.000Z");
    document.customer = None;
    document.provider = None;
    document.vantage = Vantage { agent: "gbg-1".into(), ..Vantage::default() };
    document.ledger.hash = String::new();
    document.reductions = Vec::new();
    document
}

/// Forty services, of which two missed the promise, under two terms.
pub fn many() -> Document {
    let mut services: Vec<ServiceSection> = (1..=40)
        .map(|number| {
            let lost_ms = if number % 20 == 7 { 3_000_000 + number * 1_000 } else { 0 };
            let mut it = service(&format!("tjänst-{number:02}"), lost_ms, (number % 5) * 60_000);
            if number % 20 == 7 {
                it.outages = vec![outage(number)];
                it.incidents = incidents()[..1].to_vec();
                it.claim = Some(ClaimState::Submitted);
            }
            it
        })
        .collect();
    for it in &mut services[30..] {
        it.terms.service_level = ServiceLevel::Jour;
        it.terms.boundary = Boundary::Provider;
        it.figure.terms = "jour".into();
        it.figure.terms_sha256 = "9b".repeat(32);
    }
    document(services)
}

/// Other terms and another currency, a service that entered late, a damaged ledger, and a claim
/// that is settled.
pub fn unusual() -> Document {
    let fee: Money = "1999.50 EUR".parse().unwrap();
    let mut it = service("portal", 120_060_000, 600_000);
    // The minute rule adds a minute to what was lost.
    it.figure.lost_ms -= MINUTE_MS;
    it.figure.up_ms += MINUTE_MS;
    it.responsible_ms = BTreeMap::from([(Side::Provider, it.figure.lost_ms)]);
    it.terms = Terms {
        minute_rule: MinuteRule::Started,
        service_level: ServiceLevel::Jour,
        counts: Counts::Claimed,
        planned_stops_per_month: 2,
        notice_ms: 36 * 3_600_000 + 30 * MINUTE_MS,
        eves_closed: true,
        extra_red_days: vec!["2026-10-30".parse().unwrap()],
        removed_red_days: vec!["2026-10-31".parse().unwrap()],
        four_eyes: false,
        ..Terms::default()
    };
    it.figure.not_in_service_ms = 86_400_000;
    it.figure.up_ms -= 86_400_000;
    it.figure.reduction = Some(fee.percent(it.figure.reduction_percent));
    it.figure.monthly_fee = Some(fee);
    it.claim = Some(ClaimState::Settled);
    it.outages = vec![outage(1)];
    it.stops = stops()[..1].to_vec();
    it.stops[0].cancelled_at = Some(it.stops[0].from.plus_ms(3_600_000));
    it.stops[0].notice = StopNotice::NoContact;
    it.adjustments = adjustments();
    it.adjustments[0].decision = Some(Decision::Rejected);
    it.adjustments[0].counts = false;
    it.adjustments[1].counts = true;
    let damage = |from: &str, until: &str| DamageEntry { from: at(from), until: at(until) };
    it.ledger_damage = vec![
        damage("2026-10-08T02:00:00.000Z", "2026-10-08T02:05:00.000Z"),
        damage("2026-10-09T02:00:00.000Z", "2026-10-09T02:05:00.000Z"),
    ];
    document(vec![it])
}

/// A closed month of these services.
pub fn document(services: Vec<ServiceSection>) -> Document {
    let reductions = Money::sums(services.iter().filter_map(|it| it.figure.reduction.as_ref()));
    Document {
        format: FORMAT,
        month: "2026-10".parse().unwrap(),
        status: Status::Closed,
        revision: 0,
        issued_at: at("2026-10-31T23:00:04.512Z"),
        classification: "ÖPPEN".into(),
        provider: Some("Exempel Drift AB".into()),
        customer: Some("Exempelbolaget AB".into()),
        vantage: Vantage {
            agent: "gbg-1".into(),
            network: Some("Bahnhof, AS8473, Göteborg".into()),
            witnesses: vec!["gateway".into(), "anchor".into(), "resolver-2".into()],
            witnesses_needed: 2,
        },
        ledger: LedgerPosition { seq: 8_941, hash: "3f".repeat(32) },
        reductions,
        services,
    }
}

/// A service with this much lost and unmeasured time, and nothing to tell.
pub fn service(name: &str, lost_ms: i64, unmeasured_ms: i64) -> ServiceSection {
    let terms = Terms::default();
    let e4 = |lost_ms: i64| Percent { e4: (PERIOD_MS - lost_ms) * 1_000_000 / PERIOD_MS };
    let availability_percent = e4(lost_ms);
    let edges = std::iter::once(&terms.target).chain(&terms.edges);
    let level = edges.filter(|edge| Decimal::new(availability_percent.e4, 4) < **edge).count();
    let reduction_percent =
        level.checked_sub(1).map_or(Decimal::ZERO, |place| terms.reductions[place]);
    let fee: Money = "12500.00 SEK".parse().unwrap();
    let by_cause = [(UnmeasuredCause::AgentOff, unmeasured_ms)];
    ServiceSection {
        service: name.into(),
        from: at("2026-09-30T22:00:00.000Z"),
        until: at("2026-10-31T23:00:00.000Z"),
        complete: true,
        elapsed_ms: PERIOD_MS,
        budget_ms: PERIOD_MS / 1_000,
        figure: ClosedFigure {
            period_ms: PERIOD_MS,
            up_ms: PERIOD_MS - lost_ms - unmeasured_ms,
            lost_ms,
            planned_ms: 0,
            excluded_ms: 0,
            unmeasured_ms,
            not_in_service_ms: 0,
            counted_ms: lost_ms,
            availability_percent,
            availability_lower_bound_percent: e4(lost_ms + unmeasured_ms),
            level,
            reduction_percent,
            reduction: Some(fee.percent(reduction_percent)),
            monthly_fee: Some(fee),
            claim_deadline: (level > 0).then(|| "2026-12-06".parse().unwrap()),
            terms: "standard".into(),
            terms_sha256: "8c".repeat(32),
        },
        terms,
        excluded_by_ground_ms: BTreeMap::new(),
        unmeasured_by_cause_ms: by_cause.into_iter().filter(|(_, ms)| *ms > 0).collect(),
        responsible_ms: [(Side::Provider, lost_ms)].into_iter().filter(|it| it.1 > 0).collect(),
        outages: Vec::new(),
        stops: Vec::new(),
        adjustments: Vec::new(),
        incidents: Vec::new(),
        claim: (level > 0).then_some(ClaimState::Open),
        previous: None,
        ledger_damage: Vec::new(),
    }
}

fn outage(number: i64) -> OutageEntry {
    let causes = ["http_status", "connect_timeout", "no_proof", "fault_report"];
    let from = at("2026-10-03T06:12:09.381Z").plus_ms(number * 11 * 3_600_000);
    let ms = 440_000 + number * 1_234;
    let place = usize::try_from(number).unwrap() % causes.len();
    let evidence = [
        Some(Evidence {
            message: "the service answered 503 Service Unavailable".into(),
            url: Some("https://portal.example/login".into()),
            address: Some("192.0.2.10:443".into()),
            status: Some(503),
            title: Some("Tillfälligt fel <503>".into()),
            excerpt: Some("<!doctype html><title>Tillfälligt fel</title><p>Försök igen".into()),
            witnesses: None,
        }),
        Some(Evidence {
            message: "no connection to 192.0.2.10:443 within 10 s".into(),
            address: Some("192.0.2.10:443".into()),
            witnesses: Some("2 of 3".into()),
            ..Evidence::default()
        }),
        Some(Evidence {
            message: "the text \"Logga ut\" was not seen after signing in".into(),
            url: Some("https://portal.example/start".into()),
            status: Some(200),
            ..Evidence::default()
        }),
        None,
    ];
    OutageEntry {
        from,
        until: from.plus_ms(ms),
        ms,
        cause: causes[place].into(),
        class: OutageClass::Lost,
        ground: None,
        responsible: Side::Provider,
        evidence: evidence[place].clone(),
    }
}

fn stops() -> Vec<StopEntry> {
    let stop = |id: &str, from: &str, hours_ahead: i64, verdict| {
        let from = at(from);
        StopEntry {
            id: id.into(),
            from,
            until: from.plus_ms(2 * 3_600_000),
            announced_at: from.plus_ms(-hours_ahead * 3_600_000 + 60_000),
            cancelled_at: None,
            reason: "byte av databasserver".into(),
            agreed: None,
            verdict,
            in_office_hours: false,
            notice: StopNotice::Delivered,
        }
    };
    let mut stops = vec![
        stop("S1", "2026-10-06T20:00:00.000Z", 100, StopVerdict::Valid),
        stop("S2", "2026-10-13T08:00:00.000Z", 72, StopVerdict::Late),
        stop("S3", "2026-10-20T20:00:00.000Z", 100, StopVerdict::Surplus),
        stop("S4", "2026-10-22T20:00:00.000Z", 100, StopVerdict::Agreed),
        stop("S5", "2026-10-24T23:30:00.000Z", 100, StopVerdict::Cancelled),
    ];
    stops[1].in_office_hours = true;
    stops[1].notice = StopNotice::NotDelivered;
    stops[3].agreed = Some("e-post 2026-10-14, ärende 4711".into());
    stops[4].cancelled_at = Some(at("2026-10-23T07:00:00.000Z"));
    stops
}

fn adjustments() -> Vec<AdjustmentEntry> {
    let from = at("2026-10-05T12:34:42.001Z");
    vec![
        AdjustmentEntry {
            id: "A1".into(),
            kind: AdjustmentKind::Exclude,
            from,
            until: from.plus_ms(600_000),
            ground: Ground::DosAttack,
            evidence: "operatörens rapport om överbelastning, ärende 88-1203".into(),
            claimed_at: at("2026-11-03T08:00:00.000Z"),
            decision: Some(Decision::Accepted),
            decided_at: Some(at("2026-11-12T09:14:58.000Z")),
            counts: true,
        },
        AdjustmentEntry {
            id: "A2".into(),
            kind: AdjustmentKind::Include,
            from: from.plus_ms(86_400_000),
            until: from.plus_ms(86_400_000 + 1_200_000),
            ground: Ground::FaultReport,
            evidence: "kundens ärende 2026-118".into(),
            claimed_at: at("2026-10-08T08:00:00.000Z"),
            decision: None,
            decided_at: None,
            counts: false,
        },
    ]
}

fn incidents() -> Vec<IncidentEntry> {
    let opened = at("2026-10-05T12:00:00.000Z");
    let report = |stage, deadline: &str, reported: Option<&str>| ReportEntry {
        stage,
        deadline: at(deadline),
        reported_at: reported.map(at),
    };
    vec![
        IncidentEntry {
            opened,
            closed: Some(opened.plus_ms(2_682_001)),
            lost_ms: 2_682_001,
            response_deadline: at("2026-10-06T07:00:00.000Z"),
            acknowledged: Some(at("2026-10-05T12:21:30.000Z")),
            response: Response::Met,
            notifiable: Vec::new(),
        },
        IncidentEntry {
            opened: at("2026-10-12T06:12:09.381Z"),
            closed: None,
            lost_ms: 444_000,
            response_deadline: at("2026-10-12T10:12:09.381Z"),
            acknowledged: None,
            response: Response::Breached,
            notifiable: vec![
                report(
                    ReportStage::EarlyWarning,
                    "2026-10-13T06:12:09.381Z",
                    Some("2026-10-12T13:00:00.000Z"),
                ),
                report(ReportStage::Notification, "2026-10-15T06:12:09.381Z", None),
                report(ReportStage::Final, "2026-11-15T07:12:09.381Z", None),
            ],
        },
    ]
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}
