//! Statements: the months that are closed, their revisions, their files and how to check them
//! (C6.7, C10.1).

use contract::{ClosedFigure, Month};
use maud::{Markup, html};

use super::display;
use super::listing::{self, Listing};
use super::view::View;
use super::words::Language;
use crate::records::{ClosedService, FileForm, FileName, Listed, Revision, Statement};
use crate::snapshot::Snapshot;

/// Services whose figures stand in one statement's entry.
const SERVICES_SHOWN_MAX: usize = 20;
/// Services whose figures are seen at once; those of more are folded away.
const SERVICES_OPEN_MAX: usize = 5;

/// The page of statements. `key` is the public key that signs them now, in hex.
pub fn statements(
    snapshot: &Snapshot,
    statements: &Listed<Statement>,
    key: Option<&str>,
    view: &View,
) -> String {
    let language = view.language;
    let title = language.of("Statements", "Tillgänglighetsrapporter");
    let listing = Listing {
        title,
        path: "/statements",
        about: about(key, language),
        total: statements.total,
        none: language.of(
            "No month is closed yet. The first is when everything in it is decided.",
            "Ingen månad är avslutad än. Den första avslutas när allt i den är avgjort.",
        ),
    };
    let rows = html! { @for statement in &statements.rows { (row(statement, snapshot, view)) } };
    let section = html! { section { (listing::table(title, &heads(language), rows)) } };
    listing.page(snapshot.at, view, section)
}

fn about(key: Option<&str>, language: Language) -> Markup {
    html! {
        (language.of(
            "A month is closed when everything in it is decided; what is decided later makes a \
             numbered revision, and both figures are shown. Each statement is signed. Check a file \
             offline with ",
            "En månad avslutas när allt i den är avgjort; det som avgörs senare ger en numrerad \
             rättelse, och båda siffrorna visas. Varje rapport är undertecknad. Kontrollera en fil \
             utan nät med ",
        ))
        code { "upptid verify FILE" } "."
        @if let Some(key) = key {
            span.sub.hash {
                (language.of("Public key (Ed25519): ", "Publik nyckel (Ed25519): ")) code { (key) }
            }
        }
    }
}

fn heads(language: Language) -> [&'static str; 3] {
    [
        language.of("Month", "Månad"),
        language.of("Figures", "Siffror"),
        language.of("Statement", "Rapport"),
    ]
}

fn row(statement: &Statement, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let [_, figures, files] = heads(language);
    html! {
        tr {
            th scope="row" {
                (statement.month)
                span.sub {
                    @match &statement.customer {
                        Some(customer) => (customer),
                        None => (language.of("no customer named", "ingen kund angiven")),
                    }
                }
            }
            td.words data-label=(figures) { (services(statement, snapshot, view)) }
            td.words data-label=(files) {
                ul.plain {
                    @for revision in statement.revisions.iter().rev() {
                        li { (revision_item(revision, statement, language)) }
                    }
                }
            }
        }
    }
}

/// The figures of a statement's services; of many, folded away under how many there are.
fn services(statement: &Statement, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let count = statement.services.len();
    let more = count.saturating_sub(SERVICES_SHOWN_MAX);
    let all = html! {
        ul.plain {
            @for service in statement.services.iter().take(SERVICES_SHOWN_MAX) {
                li { (figures(service, statement.month, snapshot, view)) }
            }
            @if more > 0 {
                li {
                    (language.of("and ", "och ")) (more)
                    (language.of(" more, in the statement", " till, i rapporten"))
                }
            }
        }
    };
    let stands = |service: &&ClosedService| service.closes.last().map_or(0, |it| it.figure.level);
    let reduced = statement.services.iter().filter(|service| stands(service) > 0).count();
    html! {
        @match count {
            0 => span.sub { (language.of("see the statement", "se rapporten")) },
            ..=SERVICES_OPEN_MAX => (all),
            _ => details {
                summary {
                    (count) (language.of(" services, ", " tjänster, ")) (reduced)
                    (language.of(" with a price reduction", " med prisreduktion"))
                }
                (all)
            },
        }
    }
}

/// The figure that stands, and under it those that it replaces.
fn figures(service: &ClosedService, month: Month, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let (name, to) = (&service.service, view.month_link(&service.service, month));
    html! {
        (listing::of_measured(snapshot, name, &to, html! { (name) })) ": "
        @for (place, close) in service.closes.iter().rev().enumerate() {
            @if place == 0 {
                (figure(&close.figure, language))
            } @else {
                span.sub {
                    @match close.revision {
                        0 => (language.of("before, at the close: ", "tidigare, vid avslutet: ")),
                        n => { (language.of("before, revision ", "tidigare, rättelse ")) (n) ": " },
                    }
                    (figure(&close.figure, language))
                }
            }
        }
    }
}

fn figure(figure: &ClosedFigure, language: Language) -> Markup {
    let bound = figure.availability_lower_bound_percent;
    html! {
        strong { (display::percent(figure.availability_percent, language)) }
        @if bound != figure.availability_percent {
            " (" (language.of("at least ", "minst ")) (display::percent(bound, language)) ")"
        }
        ", " (display::minutes(figure.counted_ms, language)) " min"
        @if figure.level > 0 {
            ", " (language.of("level ", "nivå ")) (figure.level)
            @if let Some(reduction) = &figure.reduction {
                ", " (display::money(reduction, language))
            }
        }
    }
}

fn revision_item(revision: &Revision, statement: &Statement, language: Language) -> Markup {
    html! {
        @match revision.revision {
            0 => (language.of("Close", "Avslut")),
            n => { (language.of("Revision ", "Rättelse ")) (n) },
        }
        ", " (display::minute(revision.issued_at, &statement.timezone)) " "
        @if revision.files.is_empty() {
            span.sub { (language.of("files are not there yet", "filerna finns inte än")) }
        } @else {
            span.files {
                @for file in &revision.files {
                    @if let Some(name) = FileName::parse(file) {
                        a href={ "/statements/" (statement.month) "/" (file) } { (label(&name)) }
                        " "
                    }
                }
            }
        }
        details {
            summary { (language.of("Proof", "Bevis")) }
            dl.facts.hash {
                div { dt { "SHA-256" } dd { code { (revision.sha256) } } }
                div {
                    dt { (language.of("Signed with the key", "Undertecknad med nyckeln")) }
                    dd { code { (revision.public_key) } }
                }
                div {
                    dt {
                        (language.of("Journal up to line ", "Journalen till rad "))
                        (revision.used_seq)
                    }
                    dd { code { (revision.used_hash) } }
                }
            }
        }
    }
}

/// `PDF (sv)`, `JSON`.
fn label(name: &FileName) -> String {
    let form = match name.form() {
        FileForm::Html => "HTML",
        FileForm::Pdf => "PDF",
        FileForm::Json => "JSON",
        FileForm::Csv => "CSV",
    };
    let language = ["sv", "en"]
        .into_iter()
        .find(|code| name.as_str().ends_with(&format!(".{code}.{}", name.form().extension())));
    language.map_or_else(|| form.to_owned(), |code| format!("{form} ({code})"))
}
