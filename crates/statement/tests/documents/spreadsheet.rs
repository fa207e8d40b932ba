//! A statement as CSV: what a spreadsheet reads.

use ::csv::{ReaderBuilder, StringRecord};
use serde_json::json;
use statement::{Document, Place, csv};

use crate::journal::Journal;
use crate::proof::eventful;

/// The rows, by the headers of their cells.
fn rows(text: &str) -> Vec<impl Fn(&str) -> String> {
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let headers: StringRecord = reader.headers().unwrap().clone();
    let cell = |row: StringRecord| {
        let headers = headers.clone();
        move |name: &str| {
            let place = headers.iter().position(|header| header == name).expect("a header");
            row[place].to_owned()
        }
    };
    reader.records().map(|row| cell(row.unwrap())).collect()
}

#[test]
fn every_thing_that_a_statement_says_is_a_row() {
    let document = eventful().closed(Some("Åkeri </script> AB"), "2026-10", 0).unwrap();
    let text = csv::render(&document);
    let shown: Vec<String> = rows(&text)
        .iter()
        .map(|cell| {
            [
                "kind",
                "class",
                "id",
                "from_local",
                "cause",
                "responsible",
                "verdict",
                "minutes",
                "ms",
            ]
            .map(cell)
            .join("|")
        })
        .collect();
    assert_eq!(
        shown,
        [
            "figure|counted||2026-10-01 00:00:00|||open|120.0000|7200000",
            "time|up||||||44510.0000|2670600000",
            "time|lost||||||120.0000|7200000",
            "time|planned||||||60.0000|3600000",
            "time|unmeasured|||own_network|||10.0000|600000",
            "outage|planned||2026-10-03 22:30:00|connect_refused|provider||60.0000|3600000",
            "outage|lost||2026-10-25 02:30:00|timeout|provider||120.0000|7200000",
            "stop||S1|2026-10-03 22:00:00|||valid|120.0000|7200000",
            "incident|lost||2026-10-25 02:30:00|||met|120.0000|7200000",
        ]
    );
    let figure = &rows(&text)[0];
    let told = ["customer", "month", "revision", "status", "availability_percent", "level"];
    assert_eq!(told.map(figure).join("|"), "Åkeri </script> AB|2026-10|0|closed|99.7315|1");
    let told = ["monthly_fee", "reduction", "currency", "claim_deadline", "classification"];
    assert_eq!(told.map(figure).join("|"), "12500.00|1250.00|SEK|2026-12-25|ÖPPEN");
}

#[test]
fn the_columns_never_change() {
    let document = eventful().closed(Some("Åkeri </script> AB"), "2026-10", 0).unwrap();
    let text = csv::render(&document);
    assert_eq!(
        text.lines().next().unwrap(),
        "kind,customer,service,month,revision,status,id,from_local,until_local,from_utc,until_utc,\
         class,cause,ground,responsible,verdict,minutes,ms,availability_percent,\
         availability_lower_bound_percent,target_percent,level,reduction_percent,monthly_fee,\
         reduction,currency,claim_deadline,note,classification,ledger_seq,ledger_hash"
    );
    assert!(
        text.lines().count() > 5
            && text.split('\n').all(|line| line.is_empty() || line.ends_with('\r'))
    );
}

#[test]
fn a_cell_that_a_spreadsheet_would_compute_is_text() {
    let customer = "=HYPERLINK(\"http://x.example\",\"klicka\")";
    let mut journal = Journal::new("2026-10", &[("@portal", Some(customer), "standard")]);
    for (id, evidence) in [("-A1", "+1,5\r\n\"citat\""), ("A2", "vanlig text")] {
        journal.add(
            "2026-10-05T00:00:00Z",
            json!({"fact": "adjustment_claimed", "id": id, "kind": "exclude", "service": "@portal",
                   "from": "2026-10-02T00:00:00Z", "until": "2026-10-02T01:00:00Z",
                   "ground": "network", "evidence": evidence, "by": "karin"}),
        );
    }
    journal.measured("2026-10-31T23:00:00.000Z");
    let document = journal.closed(Some(customer), "2026-10", 0).unwrap();
    let text = csv::render(&document);
    for row in rows(&text) {
        assert_eq!(row("customer"), format!("'{customer}"));
        assert_eq!(row("service"), "'@portal");
        let (id, note) = (row("id"), row("note"));
        match id.as_str() {
            "'-A1" => {
                assert_eq!((note.as_str(), &*row("verdict")), ("'+1,5\r\n\"citat\"", "undecided"))
            }
            "A2" => assert_eq!(note, "vanlig text"),
            other => assert_eq!((other, note.as_str()), ("", "")),
        }
    }
}

#[test]
fn a_changed_csv_is_told_by_its_line() {
    let document = eventful().closed(Some("Åkeri </script> AB"), "2026-10", 0).unwrap();
    let text = csv::render(&document);
    assert_eq!(csv::check(&text, &document), Ok(()));
    let changed = text.replacen("1250.00", "1150.00", 1);
    assert_eq!(csv::check(&changed, &document).unwrap_err().place, Place::Line(2));
}

#[test]
fn figures_that_cannot_be_are_shown_without_a_panic() {
    let document = eventful().closed(Some("Åkeri </script> AB"), "2026-10", 0).unwrap();
    let text = serde_json::to_string(&document).unwrap();
    for number in [i64::MIN, -1, i64::MAX] {
        let hostile = text.replace("7200000", &number.to_string());
        let hostile: Document = serde_json::from_str(&hostile).unwrap();
        assert!(csv::render(&hostile).contains(&number.to_string()));
    }
    for instant in ["0001-01-01T00:00:00.000Z", "9999-12-30T00:00:00.000Z"] {
        let hostile = text.replace("2026-10-25T00:30:00.000Z", instant);
        let hostile = hostile.replace("Europe/Stockholm", "Nowhere/Here");
        let hostile: Document = serde_json::from_str(&hostile).unwrap();
        assert!(csv::render(&hostile).contains(instant));
    }
}
