//! Writes the sample's pages to a folder, to be looked at without an agent:
//! `cargo run -p exporter --example preview -- FOLDER [SERVICES]`.

#[path = "../tests/sample/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod sample;

use std::path::Path;

use exporter::page::{self, Language, View};
use exporter::records::Listed;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = Path::new(arguments.get(1).map_or(".", String::as_str));
    let mut snapshot = sample::snapshot();
    if let Some(count) = arguments.get(2).and_then(|count| count.parse().ok()) {
        snapshot = sample::crowd(snapshot, count);
    }
    let (counted, month) = (sample::counted(), sample::months::month());
    let opened = month.figure.incidents.first().map(|incident| incident.opened);
    for language in [Language::English, Language::Swedish] {
        let view = View { language, page: 1, ..View::default() };
        let mut pages = vec![
            ("overview", page::overview(&snapshot, &counted, &view)),
            ("wall", page::overview(&snapshot, &counted, &View { wall: true, ..view.clone() })),
            ("agent", page::agent(&snapshot, &counted, &view)),
            ("starting", page::starting("the journal is being verified", &view)),
        ];
        if let Some(portal) = snapshot.service("portal") {
            let page = page::service(&snapshot, &counted, portal, Some(&month), &view);
            pages.push(("service", page));
        }
        let day = page::day(&snapshot, "portal", &month, jiff::civil::date(2026, 11, 15), &view);
        pages.extend(day.map(|page| ("day", page)));
        let moment = opened.and_then(sample::months::moment);
        let moment = moment.map(|moment| page::moment(&snapshot, "portal", &moment, &view));
        pages.extend(moment.map(|page| ("outage", page)));
        let (stops, adjustments) = (sample::records::stops(), sample::records::adjustments());
        let (claims, statements) = (sample::records::claims(), sample::records::statements());
        let key = Some(sample::records::KEY);
        pages.extend([
            ("stops", page::stops(&snapshot, &listed(stops), &view)),
            ("adjustments", page::adjustments(&snapshot, &listed(adjustments), &view)),
            ("claims", page::claims(&snapshot, &listed(claims), &view)),
            ("statements", page::statements(&snapshot, &listed(statements), key, &view)),
        ]);
        for (name, html) in pages {
            std::fs::write(folder.join(format!("{name}.{}.html", language.code())), html)?;
        }
    }
    Ok(())
}

fn listed<T>(rows: Vec<T>) -> Listed<T> {
    Listed { total: rows.len(), rows }
}
