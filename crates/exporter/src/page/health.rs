//! What an operator must know before believing the page, and the agent's own state.

use contract::Instant;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::display;
use super::words::Language;
use crate::snapshot::{Ledger, Snapshot};

/// Everything that is wrong with the agent itself; each with what to do.
pub fn warnings(snapshot: &Snapshot, language: Language) -> Vec<String> {
    let mut found = Vec::new();
    if snapshot.agent.clock_synchronised == Some(false) {
        found.push(
            language
                .of(
                    "This machine's clock is not synchronised: start a time service.",
                    "Den här maskinens klocka är inte synkroniserad: starta en tidstjänst.",
                )
                .to_owned(),
        );
    }
    if let Some(error) = &snapshot.agent.config.error {
        let text = language.of(
            "The configuration was refused, the old one stays in force",
            "Konfigurationen underkändes, den gamla gäller",
        );
        found.push(format!("{text}: {error}"));
    }
    found.extend(ledger_warnings(&snapshot.ledger, language));
    found.extend(account_warnings(snapshot, language));
    found
}

/// Refused accounts that are named; of more, their number is given.
const ACCOUNTS_SHOWN_MAX: usize = 3;

fn account_warnings(snapshot: &Snapshot, language: Language) -> Vec<String> {
    let refused = || snapshot.services.iter().filter(|service| service.account_trouble.is_some());
    let text = language.of("The probe's account is refused by", "Mätkontot nekas av");
    let mut found: Vec<String> = refused()
        .take(ACCOUNTS_SHOWN_MAX)
        .map(|service| {
            let cause = service.account_trouble.map(|(cause, _)| language.account(cause));
            format!("{text} {}: {}.", service.name, cause.unwrap_or_default())
        })
        .collect();
    let more = refused().count().saturating_sub(ACCOUNTS_SHOWN_MAX);
    if more > 0 {
        let services = language.of("more services", "tjänster till");
        found.push(format!("{text} {more} {services}."));
    }
    found
}

fn ledger_warnings(ledger: &Ledger, language: Language) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(error) = &ledger.write_error {
        let text = language.of(
            "Facts cannot be written, they wait in memory",
            "Fakta kan inte skrivas, de väntar i minnet",
        );
        found.push(format!("{text}: {error}"));
    }
    if let Some(damage) = &ledger.damage {
        let text = language.of("The journal is damaged", "Journalen är skadad");
        found.push(format!("{text}: {damage}"));
    }
    if ledger.rebuilding {
        let text = language.of(
            "The store is being rebuilt from the journal: figures are incomplete.",
            "Lagret byggs om ur journalen: siffrorna är ofullständiga.",
        );
        found.push(text.to_owned());
    }
    found
}

/// The agent's own state as a list of names and values.
pub fn agent(snapshot: &Snapshot, zone: &TimeZone, language: Language) -> Markup {
    let agent = &snapshot.agent;
    let ledger = &snapshot.ledger;
    let when = |at: Option<Instant>| match at {
        Some(at) => display::instant(at, zone),
        None => html! { (language.of("not yet", "ännu inte")) },
    };
    let uptime_ms = i64::try_from(agent.uptime.as_millis()).unwrap_or(i64::MAX);
    html! {
        dl.facts {
            div { dt { (language.of("Vantage point", "Mätplats")) } dd { (agent.name) } }
            div { dt { "Version" } dd { (agent.version) } }
            div {
                dt { (language.of("Running for", "Igång sedan")) }
                dd { (display::length(uptime_ms, language)) }
            }
            div {
                dt { (language.of("Clock", "Klocka")) }
                dd {
                    @match agent.clock_synchronised {
                        Some(true) => (language.of("synchronised", "synkroniserad")),
                        Some(false) => strong {
                            (language.of("not synchronised", "inte synkroniserad"))
                        },
                        None => (language.of("not known", "okänt")),
                    }
                }
            }
            div {
                dt { (language.of("Configuration read", "Konfiguration läst")) }
                dd { (display::instant(agent.config.in_force_since, zone)) }
            }
            div {
                dt { (language.of("Journal on disk", "Journal på disk")) }
                dd {
                    (language.of("line ", "rad ")) (ledger.seq) ", "
                    (display::bytes(ledger.journal_bytes, language))
                }
            }
            div {
                dt { (language.of("Last synchronised", "Senast skriven")) }
                dd { (when(ledger.synced)) }
            }
            div {
                dt { (language.of("Chain verified", "Kedjan verifierad")) }
                dd { (when(ledger.verified)) }
            }
            div {
                dt { (language.of("Store", "Lager")) }
                dd {
                    (display::bytes(ledger.store_bytes, language)) ", "
                    (language.of("lines behind: ", "rader efter: ")) (ledger.store_lag)
                }
            }
            @if !snapshot.witnesses.is_empty() {
                div {
                    dt { (language.of("Witnesses", "Vittnen")) }
                    dd { (witnesses(snapshot, language)) }
                }
            }
        }
    }
}

fn witnesses(snapshot: &Snapshot, language: Language) -> Markup {
    html! {
        @for (index, witness) in snapshot.witnesses.iter().enumerate() {
            @if index > 0 { ", " }
            (witness.name) " "
            @match witness.answered {
                Some(true) => (language.of("answered", "svarade")),
                Some(false) => strong { (language.of("silent", "tyst")) },
                None => (language.of("not asked", "ej tillfrågat")),
            }
        }
    }
}
