//! The real program closes months while its clock goes over the end of summer time, and after an
//! absence over a year's end; what it signs is verified offline (C6.7, C10.1).

use std::fs;
use std::path::Path;

use end_to_end::{Agent, Finished, Journal, Kind, Scene, program_at, until, upptid};

/// Runs the agent from `now` until the statement of `month` is written.
fn run_until(scene: &Scene, now: &str, month: &str) -> Option<()> {
    let agent = Agent::start_by(program_at(now)?, scene);
    let file = statement(scene, month, "json");
    until(&format!("the statement of {month}"), || file.exists().then_some(()));
    assert_eq!(agent.terminate().code, Some(0));
    Some(())
}

fn statement(scene: &Scene, month: &str, end: &str) -> std::path::PathBuf {
    scene.state().join("statements").join(month).join(format!("exempelbolaget-ab.{end}"))
}

fn verified(paths: &[&Path], facts: &Path) -> Finished {
    let mut arguments = vec![Path::new("verify"), Path::new("--facts"), facts];
    arguments.extend(paths);
    upptid(arguments)
}

#[test]
fn c6_7_c10_1_months_are_closed_under_any_clock_and_verify_offline() {
    let scene = Scene::of_one("portal", Kind::Form);
    let customer = "customer = \"Exempelbolaget AB\"\n\n[service.login]";
    let service = scene.measured("portal", Kind::Form).replace("[service.login]", customer);
    scene.configure("", &service);
    if run_until(&scene, "2026-10-31 22:59:57", "2026-10").is_none() {
        return;
    }
    run_until(&scene, "2027-01-31 23:00:02", "2027-01");

    let journal = Journal::read(&scene.state());
    let of_kind = |kind: &str| -> Vec<_> {
        journal.lines.iter().filter(|line| line.fact() == kind).cloned().collect()
    };
    let months = ["2026-10", "2026-11", "2026-12", "2027-01"];
    let minutes = [44_700, 43_200, 44_640, 44_640];
    let closed = of_kind("month_closed");
    let told = closed
        .iter()
        .map(|line| (line.text("month"), line.0["figure"]["period_ms"].as_i64().unwrap() / 60_000));
    assert!(told.eq(months.into_iter().zip(minutes)), "{closed:?}");
    let signed = of_kind("statement_signed");
    assert!(signed.iter().map(|line| line.text("month")).eq(months), "{signed:?}");
    // C10.1: each names the last line that it was made from.
    for line in &signed {
        let used = line.0["used_seq"].as_u64().unwrap();
        let used = journal.lines.iter().find(|line| line.seq() == used).unwrap();
        assert_eq!(used.text("hash"), line.text("used_hash"));
    }

    let facts = scene.state().join("journal");
    for month in months {
        let [json, html, pdf, csv] = ["json", "en.html", "sv.pdf", "csv"].map(|end| {
            let path = statement(&scene, month, end);
            assert!(path.exists(), "{}", path.display());
            path
        });
        let whole = verified(&[&json, &html, &pdf, &csv], &facts);
        assert_eq!(whole.code, Some(0), "{whole:?}");
        // Made anew from the journal alone, it is the same to the byte.
        let state = scene.state().display().to_string();
        let made = ["statement", "--month", month, "--state-dir", &state];
        let made = upptid(made.iter().copied().chain(["--format", "html", "--lang", "en"]));
        assert_eq!(made.code, Some(0), "{made:?}");
        assert_eq!(made.stdout, fs::read_to_string(&html).unwrap());
    }
    // A month that the agent was not there for is all unmeasured, and no reason for a reduction.
    let december = &closed[2].0["figure"];
    assert_eq!(december["unmeasured_ms"], december["period_ms"]);
    assert_eq!(december["level"], 0);
}
