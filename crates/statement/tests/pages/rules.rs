//! What the rules ask a statement to say, in both languages.

use contract::{Money, UnmeasuredCause};
use statement::document::Document;
use statement::{Lang, Seal};

use crate::{json_file, samples, sheet_of, texts};

/// Whether the statement says both: the one in Swedish, the other in English.
fn says(document: &Document, swedish: &str, english: &str) -> bool {
    said(document, Lang::Sv).contains(swedish) && said(document, Lang::En).contains(english)
}

/// All that stands on the statement, with ordinary spaces.
fn said(document: &Document, lang: Lang) -> String {
    let sheet = sheet_of(document, &json_file(document), lang);
    texts(&sheet).join("\n").replace('\u{a0}', " ")
}

#[test]
fn c3_3_the_statement_says_who_witnessed_or_that_nobody_did() {
    let mut document = samples::good();
    assert!(says(&document, "minst 2 av 3 ska svara", "at least 2 of 3 must answer"));
    document.vantage.witnesses.clear();
    assert!(says(&document, "Inget vittne har använts", "No witness was used"));
}

#[test]
fn c4_2_a_late_stop_says_how_late_it_was_announced() {
    let (swedish, english) = (
        "Aviserat 71 h 59 min i förväg; avtalet kräver 72 h",
        "Announced 71 h 59 min ahead; the contract asks for 72 h",
    );
    assert!(says(&samples::bad(), swedish, english));
}

#[test]
fn c4_3_a_surplus_stop_says_what_the_terms_allow() {
    let (swedish, english) = (
        "tillåtna antal planerade driftstopp (1) var redan förbrukat",
        "allowance of planned stops (1) was used up",
    );
    assert!(says(&samples::bad(), swedish, english));
}

#[test]
fn c4_8_a_stop_whose_notice_did_not_arrive_is_flagged() {
    let (swedish, english) = ("nåddes inte i tid", "Not all system contacts were told in time");
    assert!(says(&samples::bad(), swedish, english));
    assert!(!says(&samples::good(), swedish, english));
}

#[test]
fn c5_5_the_responsible_sides_are_named() {
    let (swedish, english) = (
        "leverantören 475 min 48 s och tredje part 10 min",
        "provider 475 min 48 s and third party 10 min",
    );
    assert!(says(&samples::bad(), swedish, english));
}

#[test]
fn c6_2_what_the_minute_rule_makes_of_lost_time_is_told() {
    assert!(says(&samples::unusual(), "av uppmätta 2 000 min", "of 2,000 min measured"));
    assert!(!says(&samples::bad(), "av uppmätta", "measured"));
}

#[test]
fn c6_4_t_just_under_the_target_is_not_rounded_up_to_it() {
    let mut document = samples::document(vec![samples::service("portal", 2_682_001, 0)]);
    assert!(says(&document, "var 99,8999 %. Målet på 99,9 % är inte", "was 99.8999 %"));
    assert!(says(&document, "100,00 %; 0,001 s över", "100.00 %; 0.001 s over"));
    document.services = vec![samples::service("portal", 2_682_000, 0)];
    assert!(says(&document, "var 99,9000 %. Målet på 99,9 % är uppfyllt", "is met"));
    assert!(!said(&document, Lang::Sv).contains("s över"));
}

#[test]
fn c6_5_a_lower_bound_under_the_target_is_told_with_the_verdict() {
    let mut document = samples::document(vec![samples::service("portal", 2_400_000, 7_200_000)]);
    let (swedish, english) = (
        "Målet på 99,9 % är uppfyllt. Den undre gränsen, med all omätt tid som stillestånd, är \
         99,6420 %.",
        "The target of 99.9 % is met. The lower bound, with all unmeasured time as downtime, is \
         99.6420 %.",
    );
    assert!(says(&document, swedish, english));
    let causes = &mut document.services[0].unmeasured_by_cause_ms;
    causes.extend(UnmeasuredCause::ALL.map(|cause| (cause, 1)));
    for lang in Lang::ALL {
        let said = said(&document, lang);
        for cause in UnmeasuredCause::ALL {
            assert!(said.contains(lang.unmeasured_cause(cause)));
        }
    }
}

#[test]
fn c7_2_the_terms_say_who_gains_on_an_edge() {
    assert!(says(&samples::good(), "99,0 % eller lägre: 20 %", "99.0 % or less: 20 %"));
    assert!(says(&samples::many(), "under 99,0 %: 20 %", "under 99.0 %: 20 %"));
}

#[test]
fn c7_3_reductions_are_added_up_per_currency() {
    let mut document = samples::many();
    document.reductions = ["7.00 EUR", "2500.00 SEK"].map(|it| it.parse::<Money>().unwrap()).into();
    let (swedish, english) = ("7,00 EUR och 2 500,00 kr", "7.00 EUR and 2,500.00 SEK");
    assert!(says(&document, swedish, english));
}

#[test]
fn c7_4_the_deadline_of_a_claim_is_told() {
    let (swedish, english) = ("senast 2026-12-06", "no later than 2026-12-06");
    assert!(says(&samples::bad(), swedish, english));
    assert!(!says(&samples::good(), swedish, english));
}

#[test]
fn c9_4_the_support_clock_is_told() {
    let said = said(&samples::bad(), Lang::Sv);
    assert!(said.contains("2026-10-06 09:00:00 +02:00\n2026-10-05 14:21:30 +02:00\ni tid"));
    assert!(said.contains("ej bekräftad\nför sent"));
}

#[test]
fn c10_1_the_ledger_the_hash_and_the_key_are_told_and_how_to_verify() {
    let document = samples::good();
    let json = json_file(&document);
    let seal = Seal::read(&json).unwrap();
    for lang in Lang::ALL {
        let sheet = sheet_of(&document, &json, lang);
        let said = texts(&sheet).join("\n");
        assert_eq!(sheet.sha256.as_ref(), Some(&seal.sha256));
        let key = seal.public_key.as_ref().unwrap();
        for wanted in [&document.ledger.hash, &seal.sha256, key, "8941", "upptid verify"] {
            assert!(said.contains(wanted), "{wanted}");
        }
    }
}

#[test]
fn c10_1_a_damaged_ledger_is_told() {
    let (swedish, english) = ("liggaren har skadats", "the ledger was damaged");
    assert!(says(&samples::unusual(), swedish, english));
}

#[test]
fn c10_6_what_is_due_to_the_authority_is_told() {
    let (swedish, english) = (
        "tidig varning senast 2026-10-13 08:12:09,381 +02:00 (lämnad 2026-10-12 15:00:00 +02:00)",
        "notification due 2026-10-15 08:12:09.381 +02:00 (not handed in)",
    );
    assert!(says(&samples::bad(), swedish, english));
}
