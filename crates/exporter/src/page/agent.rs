//! The agent's own page: what is wrong first, then everything that it knows of itself.

use contract::Instant;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::layout::Frame;
use super::view::View;
use super::words::Language;
use super::{display, health, listing};
use crate::counters::{Counted, DirectAlerts};
use crate::snapshot::{Snapshot, Witness};

/// How often the page asks for itself again.
const REFRESH_S: u32 = 15;

/// One thing that is known: its name, and its value.
type Known = (&'static str, Markup);

/// The page.
pub fn agent(snapshot: &Snapshot, counted: &Counted, view: &View) -> String {
    let language = view.language;
    let title = language.of("The agent itself", "Agenten själv");
    let zone = snapshot.services.first().map_or(TimeZone::UTC, |service| service.zone.clone());
    let seen = Seen { snapshot, counted, zone: &zone, language };
    let main = html! {
        h1 { (title) }
        (health::box_of(snapshot, counted, language))
        @if health::warnings(snapshot, counted, language).is_empty() {
            p.about { (language.of("Nothing is wrong with it.", "Inget är fel med den.")) }
        }
        (section(language.of("Program", "Program"), &seen.program()))
        (section(language.of("Measuring", "Mätning"), &seen.measuring()))
        (section(language.of("Journal", "Journal"), &seen.journal()))
        (section(language.of("Store", "Lager"), &seen.store()))
        (section(language.of("Copies and letters", "Kopior och brev"), &seen.office()))
        section {
            h2 { (language.of("Witnesses", "Vittnen")) }
            (seen.witnesses())
        }
        footer {
            p {
                (language.of("As of ", "Per ")) (display::instant(snapshot.at, &zone))
                " (" (zone.iana_name().unwrap_or("UTC")) ")."
            }
            p {
                a href="/api/v1/agent" { "JSON" } " · " a href="/metrics" { "/metrics" } " · "
                a href="/-/ready" { "/-/ready" } " · " a href="/-/healthy" { "/-/healthy" }
            }
        }
    };
    Frame { title, path: "/agent", refresh_s: Some(REFRESH_S) }.page(view, main)
}

fn section(title: &str, known: &[Known]) -> Markup {
    html! {
        section {
            h2 { (title) }
            dl.facts { @for (name, value) in known { div { dt { (name) } dd { (value) } } } }
        }
    }
}

struct Seen<'a> {
    snapshot: &'a Snapshot,
    counted: &'a Counted,
    zone: &'a TimeZone,
    language: Language,
}

impl Seen<'_> {
    fn program(&self) -> Vec<Known> {
        let (agent, language) = (&self.snapshot.agent, self.language);
        let uptime_ms = i64::try_from(agent.uptime.as_millis()).unwrap_or(i64::MAX);
        let clock = match agent.clock_synchronised {
            Some(true) => html! { (language.of("synchronised", "synkroniserad")) },
            Some(false) => bad(language.of("not synchronised", "inte synkroniserad")),
            None => html! { (language.of("not known", "okänt")) },
        };
        let refused = match &agent.config.error {
            Some(_) => {
                bad(language.of("refused, the one before stays", "underkänd, den förra gäller"))
            }
            None => html! { (language.of("in force", "gäller")) },
        };
        vec![
            (language.of("Vantage point", "Mätplats"), html! { (agent.name) }),
            ("Version", html! { (agent.version) }),
            (language.of("Started", "Startad"), self.at(agent.started)),
            (
                language.of("Running for", "Igång i"),
                html! { (display::length(uptime_ms, language)) },
            ),
            (language.of("Clock", "Klocka"), clock),
            (
                language.of("Configuration read", "Konfiguration läst"),
                self.at(agent.config.in_force_since),
            ),
            (
                language.of("Last reading of it", "Senaste läsningen"),
                html! {
                    (refused) span.sub { (self.at(agent.config.tried)) }
                },
            ),
            (
                language.of("Read again since the start", "Läst igen sedan starten"),
                self.of_which(self.counted.reloads, self.counted.reload_failures),
            ),
        ]
    }

    fn measuring(&self) -> Vec<Known> {
        let (counted, language) = (self.counted, self.language);
        let lag = match counted.lag_ms_p99 {
            Some(ms) => html! {
                (language.of("99 of 100 within ", "99 av 100 inom "))
                (display::decimal(&ms.to_string(), language)) " ms"
            },
            None => html! { (language.of("not known", "okänt")) },
        };
        let outcome = |name: &str| {
            counted.attempts.iter().find(|(of, _)| *of == name).map_or(0, |(_, count)| *count)
        };
        let count = |count: u64| html! { (count) };
        let bad_count = |count: u64| {
            if count > 0 {
                bad(&count.to_string())
            } else {
                html! { "0" }
            }
        };
        vec![
            (language.of("Services", "Tjänster"), html! { (self.snapshot.services.len()) }),
            (language.of("Attempts up", "Försök uppe"), count(outcome("up"))),
            (language.of("Attempts down", "Försök nere"), count(outcome("down"))),
            (language.of("Account refused", "Kontot nekat"), count(outcome("account"))),
            (language.of("Could not be made", "Kunde inte göras"), count(outcome("unable"))),
            (language.of("Under way", "Pågår"), count(counted.in_flight)),
            (language.of("Started after being due", "Började efter utsatt tid"), lag),
            (language.of("Late for their turn", "Sena till sin tur"), count(counted.late)),
            (language.of("Never made", "Aldrig gjorda"), bad_count(counted.missed)),
        ]
    }

    fn journal(&self) -> Vec<Known> {
        let (ledger, language) = (&self.snapshot.ledger, self.language);
        let writes = match &ledger.write_error {
            Some(error) => bad(error),
            None => html! { (language.of("are on disk", "är på disk")) },
        };
        let damage = match &ledger.damage {
            Some(damage) => bad(damage),
            None => html! { (language.of("none was found", "ingen har hittats")) },
        };
        vec![
            (language.of("Last line", "Sista raden"), html! { (ledger.seq) }),
            (
                language.of("Size", "Storlek"),
                html! { (display::bytes(ledger.journal_bytes, language)) },
            ),
            (language.of("Facts", "Fakta"), writes),
            (
                language.of("Waiting to be written", "Väntar på att skrivas"),
                html! { (ledger.queued) },
            ),
            (language.of("Last synchronised", "Senast skriven"), self.when(ledger.synced)),
            (
                language.of("Writes that failed", "Misslyckade skrivningar"),
                html! { (ledger.write_failures) },
            ),
            (
                language.of("Whole chain verified", "Hela kedjan verifierad"),
                self.when(ledger.verified),
            ),
            (language.of("Damage", "Skador"), damage),
            (
                language.of("Torn bytes cut off at start", "Avslitna byte som togs bort vid start"),
                html! { (ledger.torn_bytes_cut) },
            ),
        ]
    }

    fn store(&self) -> Vec<Known> {
        let (ledger, language) = (&self.snapshot.ledger, self.language);
        let state = match ledger.rebuilding {
            true => bad(language.of("is being rebuilt", "byggs om")),
            false => html! { (language.of("whole", "helt")) },
        };
        vec![
            (language.of("State", "Läge"), state),
            (
                language.of("Size", "Storlek"),
                html! { (display::bytes(ledger.store_bytes, language)) },
            ),
            (language.of("Lines behind", "Rader efter"), html! { (ledger.store_lag) }),
            (
                language.of("Rebuilt since the start", "Ombyggt sedan starten"),
                html! { (ledger.rebuilds) },
            ),
        ]
    }

    fn office(&self) -> Vec<Known> {
        let (counted, language) = (self.counted, self.language);
        let places = match self.snapshot.agent.backup_places {
            0 => {
                bad(language.of("none: name two under [backup]", "ingen: ange två under [backup]"))
            }
            1 => html! {
                "1 " span.sub { (language.of("two are wanted (C10.4)", "två önskas (C10.4)")) }
            },
            places => html! { (places) },
        };
        vec![
            (
                language.of(
                    "Folders that the journal is copied to",
                    "Mappar som journalen kopieras till",
                ),
                places,
            ),
            (
                language.of("Last copied to all", "Senast kopierad till alla"),
                self.when(counted.backed_up),
            ),
            (
                language.of("Copies since the start", "Kopior sedan starten"),
                self.of_which(counted.backups, counted.backup_failures),
            ),
            (
                language.of("Notices that wait", "Meddelanden som väntar"),
                html! { (counted.notices_waiting) },
            ),
            (
                language.of("Letters refused for good", "Brev som avvisas för gott"),
                html! { (counted.letters_refused) },
            ),
            (language.of("Direct alerts", "Direkta larm"), self.direct_alerts()),
            (
                language.of("Statements that could not be made", "Rapporter som inte kunde göras"),
                html! { (counted.statement_failures) },
            ),
        ]
    }

    /// Whether the agent tells alerts in Prometheus' place (C8.2).
    fn direct_alerts(&self) -> Markup {
        let language = self.language;
        match self.counted.direct_alerts {
            DirectAlerts::Off => html! {
                (language.of("off", "av"))
                span.sub {
                    (language.of("Prometheus tells all alerts", "Prometheus ger alla larm"))
                }
            },
            DirectAlerts::Ready => html! {
                (language.of("ready", "beredda"))
                span.sub {
                    (language.of("the metrics are read", "mätvärdena läses av"))
                }
            },
            DirectAlerts::Active => html! {
                strong { (language.of("active", "aktiva")) }
                span.sub {
                    (language.of(
                        "the agent tells alerts itself",
                        "agenten ger larmen själv",
                    ))
                }
            },
        }
    }

    fn witnesses(&self) -> Markup {
        let language = self.language;
        let title = language.of("Witnesses", "Vittnen");
        let heads = [
            language.of("Witness", "Vittne"),
            language.of("Answer", "Svar"),
            language.of("Asked", "Tillfrågat"),
        ];
        html! {
            @if self.snapshot.witnesses.is_empty() {
                p { (language.of(
                    "None is configured: trouble in the agent's network counts as downtime (C3.3).",
                    "Inga är angivna: problem i agentens nät räknas som stillestånd (C3.3).",
                )) }
            } @else {
                (listing::table(title, &heads, html! {
                    @for witness in &self.snapshot.witnesses {
                        tr {
                            th scope="row" { (witness.name) }
                            td { (answer(witness, language)) }
                            td { (self.when(witness.asked)) }
                        }
                    }
                }))
            }
        }
    }

    fn at(&self, at: Instant) -> Markup {
        display::instant(at, self.zone)
    }

    fn when(&self, at: Option<Instant>) -> Markup {
        match at {
            Some(at) => self.at(at),
            None => html! { (self.language.of("not yet", "ännu inte")) },
        }
    }

    fn of_which(&self, done: u64, failed: u64) -> Markup {
        let failures = self.language.of("failed", "misslyckade");
        html! {
            (done)
            @if failed > 0 { span.sub { strong { (failed) " " (failures) } } }
        }
    }
}

fn answer(witness: &Witness, language: Language) -> Markup {
    match witness.answered {
        Some(true) => html! { (language.of("answered", "svarade")) },
        Some(false) => bad(language.of("silent", "tyst")),
        // They are asked when a login fails, and not before.
        None => html! { (language.of("not asked yet", "ej tillfrågat än")) },
    }
}

fn bad(text: &str) -> Markup {
    html! { strong.bad { (text) } }
}
