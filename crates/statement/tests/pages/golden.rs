//! The samples in words, in both languages. After an intended change run the tests with
//! `UPDATE_GOLDEN=1` and read the difference.

use std::fmt::Write;
use std::path::Path;

use statement::sheet::{Block, Sheet};
use statement::{Lang, Seal, sheet};

use crate::samples;

#[test]
fn a_good_month_in_words() {
    assert_golden("good");
}

#[test]
fn a_bad_month_in_words() {
    assert_golden("bad");
}

#[test]
fn c6_7_a_revision_shows_both_figures() {
    assert_golden("revision");
}

#[test]
fn c7_3_a_running_month_is_marked_provisional() {
    assert_golden("provisional");
}

#[test]
fn many_services_have_an_overview_first() {
    assert_golden("many");
}

#[test]
fn other_terms_a_damaged_ledger_and_a_settled_claim_in_words() {
    assert_golden("unusual");
}

fn assert_golden(name: &str) {
    let (_, document) = samples::all().into_iter().find(|(it, _)| *it == name).unwrap();
    let key = (name != "provisional").then(|| "d7".repeat(32));
    let seal = Seal { sha256: "5a".repeat(32), public_key: key };
    for lang in Lang::ALL {
        let actual = in_words(&sheet::sheet(&document, Some(&seal), lang));
        let name = format!("{name}.{}.txt", lang.code());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages/golden").join(&name);
        #[expect(clippy::disallowed_methods, reason = "a person asks for new golden files")]
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        for (number, (actual, expected)) in (1..).zip(actual.lines().zip(expected.lines())) {
            assert_eq!(actual, expected, "{name}:{number}");
        }
        assert_eq!(actual.len(), expected.len(), "{name}: one ends before the other");
    }
}

/// The sheet as lines of text, with ordinary spaces.
fn in_words(sheet: &Sheet) -> String {
    let mut text = format!("[{}]  {}\n\n# {}\n", sheet.label, sheet.running, sheet.title);
    if let Some(mark) = &sheet.mark {
        writeln!(text, "! {}: {}", mark.word, mark.sentence).unwrap();
    }
    for section in &sheet.sections {
        match &section.heading {
            Some(heading) => writeln!(text, "\n## {heading}\n").unwrap(),
            None => text.push('\n'),
        }
        for block in &section.blocks {
            write_block(&mut text, block);
        }
    }
    writeln!(text, "\nSHA-256 {}", sheet.sha256.as_deref().unwrap_or("-")).unwrap();
    text.replace('\u{a0}', " ")
}

fn write_block(text: &mut String, block: &Block) {
    match block {
        Block::Verdict(tone, sentence) => writeln!(text, "{tone:?}: {sentence}\n").unwrap(),
        Block::Text(sentence) => writeln!(text, "{sentence}\n").unwrap(),
        Block::Figures(figures) => {
            for it in figures {
                writeln!(text, "* {}: {} ({})", it.label, it.value, it.note).unwrap();
            }
            text.push('\n');
        }
        Block::Facts(facts) => {
            for it in facts {
                writeln!(text, "{}: {}", it.label, it.value).unwrap();
            }
            text.push('\n');
        }
        Block::Table(table) => {
            let headings: Vec<&str> = table.columns.iter().map(|it| &*it.heading).collect();
            writeln!(text, "{}\n  {}", table.caption, headings.join(" | ")).unwrap();
            for row in table.rows.iter().chain(&table.totals) {
                writeln!(text, "  {}", row.cells.join(" | ")).unwrap();
                for note in &row.notes {
                    writeln!(text, "      {note}").unwrap();
                }
            }
            text.push('\n');
        }
    }
}
