//! Writes the sample's pages to a folder, to be looked at without an agent:
//! `cargo run -p exporter --example preview -- FOLDER [SERVICES]`.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::path::Path;

use exporter::page::{self, Language, View};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = Path::new(arguments.get(1).map_or(".", String::as_str));
    let mut snapshot = sample::snapshot();
    if let Some(count) = arguments.get(2).and_then(|count| count.parse().ok()) {
        snapshot = sample::crowd(snapshot, count);
    }
    let stretches = sample::stretches();
    for language in [Language::English, Language::Swedish] {
        let view = View { language, ..View::default() };
        let mut pages = vec![
            ("overview", page::overview(&snapshot, &view)),
            ("starting", page::starting("the journal is being verified", &view)),
        ];
        if let Some(portal) = snapshot.service("portal") {
            pages.push(("service", page::service(&snapshot, portal, Some(&stretches), &view)));
        }
        for (name, html) in pages {
            std::fs::write(folder.join(format!("{name}.{}.html", language.code())), html)?;
        }
    }
    Ok(())
}
