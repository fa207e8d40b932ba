//! What letters say.

use contract::NoticeKind;
use notices::{Enclosed, EnclosedFile, Lang, compose};

use crate::facts::{all_letters, letter, message, sender};

/// No-break spaces as spaces, so that expectations can be read.
fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

#[test]
fn c9_5_a_fault_report_holds_the_evidence_and_the_deadline() {
    let report = message(NoticeKind::FaultReport, "provider", Lang::Sv);
    assert_eq!(report.subject, "Felanmälan: intranet och portal sedan 2026-11-05 13:00");
    let text = plain(&report.text);
    for words in [
        "Härmed felanmäls att det inte går att logga in i intranet och portal.",
        "Kund:                             Exempelbolaget AB",
        "Nere sedan:                       2026-11-05 13:00:00 +01:00",
        "tjänsten svarade med en felstatus",
        "https://portal.example/login",
        "192.0.2.80:443",
        "2 of 2",
        "    <h1>Oops</h1>",
        "Felsökning ska ha börjat senast:  2026-11-05 17:00:00 +01:00",
        "upptid incident ack portal",
        "Upptid, mätplats gbg-1, Exempel Drift AB",
        "Klassning: ÖPPEN",
    ] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    assert!(report.html.contains("&lt;h1&gt;Oops"), "{}", report.html);
    let english = message(NoticeKind::FaultReport, "provider", Lang::En);
    assert_eq!(english.subject, "Fault report: intranet and portal since 2026-11-05 13:00");
    assert!(english.text.contains("This is a fault report"), "{}", english.text);
}

#[test]
fn c9_5_contacts_are_told_the_beginning_and_the_end_in_one_thread() {
    let opened = message(NoticeKind::IncidentOpened, "anna", Lang::Sv);
    assert_eq!(opened.subject, "Störning: intranet och portal sedan 2026-11-05 13:00");
    assert!(!opened.text.contains("Oops"), "evidence is for the provider: {}", opened.text);
    let closed = message(NoticeKind::IncidentClosed, "anna", Lang::Sv);
    assert_eq!(
        closed.subject,
        "Re: Störning: intranet och portal sedan 2026-11-05 13:00 – åter i drift"
    );
    assert!(plain(&closed.text).contains("20 min"), "{}", closed.text);
    assert_eq!((opened.is_reply, closed.is_reply), (false, true));
    assert_eq!(opened.threads, closed.threads);
    assert_ne!(opened.id, closed.id);
    let again = message(NoticeKind::IncidentOpened, "anna", Lang::Sv);
    assert_eq!(opened, again, "the same facts make the same letter");
}

#[test]
fn c4_8_a_stop_is_told_with_its_window_reason_and_verdict() {
    let announced = message(NoticeKind::StopAnnounced, "anna", Lang::En);
    assert_eq!(announced.subject, "Planned stop: intranet and portal 2026-11-10 22:00");
    let text = plain(&announced.text);
    for words in ["2026-11-10 22:00:00", "23:00:00 +01:00", "databasbyte", "S1"] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    let cancelled = message(NoticeKind::StopCancelled, "anna", Lang::En);
    assert_eq!(cancelled.subject, format!("Re: {} – cancelled", announced.subject));
    assert_eq!(cancelled.threads, announced.threads);
}

#[test]
fn c6_7_a_statement_is_told_with_its_key_figures() {
    let made = message(NoticeKind::Statement, "anna", Lang::Sv);
    assert_eq!(made.subject, "Tillgänglighet oktober 2026: portal");
    let text = plain(&made.text);
    for words in ["99,8999 %", "44 min 42,001 s", "10 % (1 250,00 kr)", "2026-12-20"] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
}

#[test]
fn c6_7_a_statements_letter_names_what_is_enclosed_and_where_the_rest_is() {
    let file = EnclosedFile {
        name: "2026-10-exempelbolaget-ab.json".to_owned(),
        media_type: "application/json",
        bytes: b"{}".to_vec(),
    };
    let left_behind = vec!["statements/2026-10/exempelbolaget-ab.en.pdf".to_owned()];
    let enclosed = Enclosed { files: vec![file.clone()], left_behind };
    let made = letter(NoticeKind::Statement, "anna");
    let message = compose(&made, Lang::En, &sender(), enclosed);
    for form in [&message.text, &message.html] {
        for words in [&*file.name, "upptid verify", "Not enclosed", "exempelbolaget-ab.en.pdf"] {
            assert!(form.contains(words), "{words}\n---\n{form}");
        }
    }
    assert_eq!(message.files, [file]);
}

#[test]
fn a_digest_has_a_line_for_each_notice() {
    let letters = all_letters(120_000);
    let of_anna = letters.into_iter().filter(|it| it[0].due.contact == "anna");
    let all: Vec<_> = of_anna.flatten().collect();
    let digest = compose(&all, Lang::Sv, &sender(), Enclosed::default());
    assert_eq!(digest.subject, format!("Sammandrag: {} meddelanden", all.len()));
    let lines = digest.text.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(lines, all.len());
}

/// What is hostile in a service's answer is shown as it is, and is nowhere a header or markup.
#[test]
fn no_line_of_a_subject_is_broken() {
    for letter in all_letters(0) {
        let message = compose(&letter, Lang::Sv, &sender(), Enclosed::default());
        assert!(!message.subject.chars().any(char::is_control), "{}", message.subject);
        assert!(message.html.contains("<meta charset=\"utf-8\">"));
        assert!(!message.html.contains("<h1>"), "{}", message.html);
    }
}
