//! What an operator must know before believing a page.

use maud::{Markup, html};

use super::words::Language;
use crate::counters::Counted;
use crate::snapshot::{Ledger, Snapshot};

/// A backup that is older than this is late: one is made each day (C10.4).
const BACKUP_AGE_MS_MAX: i64 = 26 * 3_600_000;

/// What is wrong, in a box above everything else; nothing if nothing is.
pub fn box_of(snapshot: &Snapshot, counted: &Counted, language: Language) -> Markup {
    let warnings = warnings(snapshot, counted, language);
    html! {
        @if !warnings.is_empty() {
            ul.warnings role="alert" { @for warning in warnings { li { (warning) } } }
        }
    }
}

/// Everything that is wrong with the agent itself; each with what to do.
pub fn warnings(snapshot: &Snapshot, counted: &Counted, language: Language) -> Vec<String> {
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
    found.extend(office_warnings(snapshot, counted, language));
    found.extend(account_warnings(snapshot, language));
    found
}

/// Attempts, backups and letters that were not made.
fn office_warnings(snapshot: &Snapshot, counted: &Counted, language: Language) -> Vec<String> {
    let mut found = Vec::new();
    if counted.missed > 0 {
        let text = language.of(
            "Attempts that were due and never made, since the start (this machine is too slow, or \
             too much is measured)",
            "Försök som skulle ha gjorts och aldrig gjordes, sedan starten (maskinen är för \
             långsam, eller så mäts för mycket)",
        );
        found.push(format!("{text}: {}.", counted.missed));
    }
    if is_backup_late(snapshot, counted) {
        let text = language.of(
            "The journal was not copied to every folder within a day: see the agent's log.",
            "Journalen har inte kopierats till alla mappar inom ett dygn: se agentens logg.",
        );
        found.push(text.to_owned());
    }
    if counted.letters_refused > 0 {
        let text = language.of(
            "Letters that a mail server or a webhook refuses for good (see the agent's log)",
            "Brev som en e-postserver eller webbkrok avvisar för gott (se agentens logg)",
        );
        found.push(format!("{text}: {}.", counted.letters_refused));
    }
    if !snapshot.witnesses.is_empty()
        && snapshot.witnesses.iter().all(|witness| witness.answered == Some(false))
    {
        let text = language.of(
            "No witness answered when they were last asked: the agent's own network may be gone.",
            "Inget vittne svarade när de senast tillfrågades: agentens eget nät kan vara borta.",
        );
        found.push(text.to_owned());
    }
    found
}

/// Whether the last copy to every folder is too old; after a start there is a day's time.
fn is_backup_late(snapshot: &Snapshot, counted: &Counted) -> bool {
    let last = counted.backed_up.unwrap_or(snapshot.agent.started);
    snapshot.agent.backup_places > 0 && snapshot.at.since(last) > BACKUP_AGE_MS_MAX
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
