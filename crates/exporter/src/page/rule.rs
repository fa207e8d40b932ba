//! Which rule of the contract makes a stretch what it is, in a sentence.

use contract::{DownCause, UnmeasuredCause};

use super::words::Language;
use crate::months::Moment;
use crate::snapshot::Class;

/// A rule's number, and what it says of a stretch.
pub type Ruling = (&'static str, &'static str);

/// The rules that made it so, in the order in which they are asked.
pub fn rulings(moment: &Moment, language: Language) -> Vec<Ruling> {
    let cause = moment.span.cause.as_deref().unwrap_or_default();
    match moment.span.class {
        None => vec![up(language)],
        Some(Class::NotInService) => vec![(
            "C2.4",
            language.of(
                "The service was not in the contract at this time.",
                "Tjänsten omfattades inte av avtalet vid den här tiden.",
            ),
        )],
        Some(Class::Unmeasured) => vec![unmeasured(cause, language)],
        Some(Class::Lost) => vec![down(cause, language), lost(language)],
        Some(Class::Planned) => vec![down(cause, language), planned(language)],
        Some(Class::Excluded) => vec![down(cause, language), excluded(language)],
    }
}

fn up(language: Language) -> Ruling {
    (
        "C3.7",
        language.of(
            "A login succeeded; that holds until the next attempt begins.",
            "En inloggning lyckades; det gäller tills nästa försök börjar.",
        ),
    )
}

/// Why it is down (C3.2-C3.5, C5.2).
fn down(cause: &str, language: Language) -> Ruling {
    if cause == "fault_report" {
        let text = language.of(
            "A customer reported it, and that was accepted: it is down, whatever was measured.",
            "En kund har anmält det och anmälan är godkänd: det är stillestånd, vad som än mättes.",
        );
        return ("C5.2", text);
    }
    match cause.parse::<DownCause>() {
        Ok(cause) if cause.is_network() => (
            "C3.3",
            language.of(
                "A fresh connection failed too, and enough witnesses answered, or none is \
                 configured: it is not the agent's own network.",
                "Även en ny anslutning misslyckades, och tillräckligt många vittnen svarade, \
                 eller så finns inga: det beror inte på agentens eget nät.",
            ),
        ),
        Ok(_) => (
            "C3.4",
            language.of(
                "The service itself answered so, and again on a fresh connection: it is down \
                 whatever the witnesses say.",
                "Tjänsten svarade själv så, och igen på en ny anslutning: den är nere vad \
                 vittnena än säger.",
            ),
        ),
        Err(_) => (
            "C3.2",
            language.of(
                "A second attempt on a fresh connection failed too.",
                "Även ett andra försök på en ny anslutning misslyckades.",
            ),
        ),
    }
}

fn lost(language: Language) -> Ruling {
    (
        "C6.1",
        language.of(
            "No valid planned stop and no accepted adjustment covers it: it is lost.",
            "Inget giltigt planerat driftstopp och ingen godkänd justering täcker det: det är \
             förlorat.",
        ),
    )
}

fn planned(language: Language) -> Ruling {
    (
        "C4.7",
        language.of(
            "It lies inside a planned stop that counts.",
            "Det ligger inom ett planerat driftstopp som räknas.",
        ),
    )
}

fn excluded(language: Language) -> Ruling {
    (
        "C5.1",
        language.of("An accepted adjustment takes it out.", "En godkänd justering undantar det."),
    )
}

/// Why it is not known.
fn unmeasured(cause: &str, language: Language) -> Ruling {
    let known = UnmeasuredCause::ALL.into_iter().find(|it| it.as_str() == cause);
    match known {
        Some(UnmeasuredCause::Suspected) => (
            "C3.8",
            language.of(
                "A login failed, and it is not decided yet what that means.",
                "En inloggning misslyckades, och det är inte avgjort vad det betyder.",
            ),
        ),
        Some(UnmeasuredCause::OwnNetwork) => (
            "C3.3",
            language.of(
                "Too few witnesses answered: the agent's own network can explain the failure.",
                "För få vittnen svarade: agentens eget nät kan förklara felet.",
            ),
        ),
        Some(UnmeasuredCause::ProbeAccount) => (
            "C3.5",
            language.of(
                "Only the probe's own account was refused: that says nothing of other customers.",
                "Bara mätkontot nekades: det säger inget om andra kunder.",
            ),
        ),
        Some(UnmeasuredCause::Overdue) => (
            "C3.7",
            language.of(
                "No attempt came in time: the result before it holds no longer.",
                "Inget försök kom i tid: resultatet före det gäller inte längre.",
            ),
        ),
        Some(UnmeasuredCause::NoRecord) | None => (
            "C3.1",
            language.of(
                "Nothing that is recorded covers this time: it is not known, and never good.",
                "Inget antecknat täcker den här tiden: den är okänd, och aldrig god.",
            ),
        ),
        Some(
            UnmeasuredCause::Unable
            | UnmeasuredCause::Paused
            | UnmeasuredCause::AgentOff
            | UnmeasuredCause::Suspended
            | UnmeasuredCause::ClockStep,
        ) => (
            "C3.6",
            language.of(
                "The agent did not measure, or could not: the time is not known.",
                "Agenten mätte inte, eller kunde inte: tiden är okänd.",
            ),
        ),
    }
}
