//! The two languages of the pages, and the contract's words in both.

use std::str::FromStr;

use contract::fact::Ground;
use contract::notices::NoticeKind;
use contract::{
    AccountCause, Month, ServiceState, Side, StopVerdict, UnableCause, UnmeasuredCause,
};
use jiff::civil::Date;
use statement::Lang;

use crate::snapshot::Class;

/// A language of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Swedish.
    Swedish,
}

impl FromStr for Language {
    type Err = ();

    /// Reads a language tag; only its first part decides.
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        match tag.split('-').next() {
            Some(tag) if tag.eq_ignore_ascii_case("sv") => Ok(Language::Swedish),
            Some(tag) if tag.eq_ignore_ascii_case("en") => Ok(Language::English),
            _ => Err(()),
        }
    }
}

impl Language {
    /// The one that an `Accept-Language` header wants most; English if it wants neither.
    pub fn accepted(header: &str) -> Self {
        let mut best = (Language::English, 0.0);
        for wanted in header.split(',') {
            let (tag, weight) = wanted.split_once(';').unwrap_or((wanted, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
            if let (Ok(language), Some(weight)) = (tag.trim().parse(), weight)
                && weight > best.1
            {
                best = (language, weight);
            }
        }
        best.0
    }

    /// The tag in `lang` attributes and headers.
    pub fn code(self) -> &'static str {
        self.of("en", "sv")
    }

    /// The text in this language.
    pub fn of<T>(self, english: T, swedish: T) -> T {
        match self {
            Language::English => english,
            Language::Swedish => swedish,
        }
    }

    /// The days of a week from Monday on, in English and in Swedish.
    pub const WEEKDAYS: [(&'static str, &'static str); 7] = [
        ("Monday", "måndag"),
        ("Tuesday", "tisdag"),
        ("Wednesday", "onsdag"),
        ("Thursday", "torsdag"),
        ("Friday", "fredag"),
        ("Saturday", "lördag"),
        ("Sunday", "söndag"),
    ];

    /// `November 2026`, `november 2026`.
    pub fn month(self, month: Month) -> String {
        format!("{} {}", self.month_name(month.first_day()), month.year())
    }

    /// `Sunday 22 November 2026`, `söndag 22 november 2026`.
    pub fn date(self, date: Date) -> String {
        let weekday =
            Self::WEEKDAYS[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())];
        let (english, swedish) = weekday;
        format!("{} {} {}", self.of(english, swedish), self.short_date(date), date.year())
    }

    /// `22 November`, `22 november`.
    pub fn short_date(self, date: Date) -> String {
        format!("{} {}", date.day(), self.month_name(date))
    }

    fn month_name(self, date: Date) -> &'static str {
        self.of(Lang::En, Lang::Sv).month_name(date.month())
    }

    /// Who answers for downtime (C5.5).
    pub fn side(self, side: Side) -> &'static str {
        match side {
            Side::Provider => self.of("the provider", "leverantören"),
            Side::Customer => self.of("the customer", "kunden"),
            Side::ThirdParty => self.of("a third party", "tredje man"),
            Side::Nobody => self.of("nobody", "ingen"),
        }
    }

    /// What a notice says.
    pub fn notice(self, notice: NoticeKind) -> &'static str {
        match notice {
            NoticeKind::StopAnnounced => self.of("planned stop announced", "driftstopp aviserat"),
            NoticeKind::StopCancelled => self.of("planned stop cancelled", "driftstopp inställt"),
            NoticeKind::FaultReport => self.of("fault report", "felanmälan"),
            NoticeKind::IncidentOpened => self.of("incident opened", "incident öppnad"),
            NoticeKind::IncidentClosed => self.of("incident over", "incident avslutad"),
            NoticeKind::Statement => self.of("statement", "rapport"),
            NoticeKind::Alert => self.of("alert", "larm"),
            NoticeKind::AlertResolved => self.of("alert over", "larm över"),
        }
    }

    /// The live state in one word.
    pub fn state(self, state: &ServiceState) -> &'static str {
        match state {
            ServiceState::Up => self.of("up", "uppe"),
            ServiceState::Down { .. } => self.of("down", "nere"),
            ServiceState::Unmeasured { cause: UnmeasuredCause::Suspected } => {
                self.of("suspected", "misstänkt")
            }
            ServiceState::Unmeasured { .. } => self.of("unmeasured", "omätt"),
        }
    }

    /// Why the state is not up; nothing if it is.
    pub fn state_cause(self, state: &ServiceState) -> Option<String> {
        match state {
            ServiceState::Up => None,
            ServiceState::Down { cause } => Some(self.cause(cause)),
            ServiceState::Unmeasured { cause } => Some(self.unmeasured(*cause).to_owned()),
        }
    }

    /// A class of time, as a heading.
    pub fn class(self, class: Class) -> &'static str {
        match class {
            Class::Lost => self.of("Lost", "Förlorad"),
            Class::Planned => self.of("Planned", "Planerad"),
            Class::Excluded => self.of("Excluded", "Undantagen"),
            Class::Unmeasured => self.of("Unmeasured", "Omätt"),
            Class::NotInService => self.of("Outside the contract", "Utanför avtalstiden"),
        }
    }

    /// What an announced stop is worth.
    pub fn verdict(self, verdict: StopVerdict) -> &'static str {
        match verdict {
            StopVerdict::Valid => self.of("valid", "giltigt"),
            StopVerdict::Agreed => self.of("agreed", "avtalat"),
            StopVerdict::Late => {
                self.of("announced too late: excludes nothing", "för sent aviserat: undantar inget")
            }
            StopVerdict::Surplus => self.of(
                "beyond the month's allowance: excludes nothing",
                "utöver månadens tillåtna: undantar inget",
            ),
            StopVerdict::Cancelled => self.of("cancelled", "inställt"),
        }
    }

    /// The ground of an adjustment.
    pub fn ground(self, ground: Ground) -> &'static str {
        self.of(Lang::En, Lang::Sv).ground(ground)
    }

    /// Why time is unmeasured.
    pub fn unmeasured(self, cause: UnmeasuredCause) -> &'static str {
        match cause {
            UnmeasuredCause::NoRecord => self.of("nothing is recorded", "inget är antecknat"),
            UnmeasuredCause::Suspected => {
                self.of("a failed login is being confirmed", "en misslyckad inloggning bekräftas")
            }
            UnmeasuredCause::OwnNetwork => {
                self.of("the agent's own network is in trouble", "agentens eget nät har problem")
            }
            UnmeasuredCause::ProbeAccount => {
                self.of("the probe's account is refused", "mätkontot nekas")
            }
            UnmeasuredCause::Unable => {
                self.of("the agent could not make the attempt", "agenten kunde inte göra försöket")
            }
            UnmeasuredCause::Overdue => self.of("the attempt is overdue", "försöket har uteblivit"),
            UnmeasuredCause::Paused => self.of("paused by an operator", "pausad av en operatör"),
            UnmeasuredCause::AgentOff => {
                self.of("the agent was not running", "agenten var inte igång")
            }
            UnmeasuredCause::Suspended => self.of("the machine slept", "maskinen sov"),
            UnmeasuredCause::ClockStep => self.of("the clock was stepped", "klockan ställdes om"),
        }
    }

    /// A cause from the journal, by its name; a name that nobody knows stays as it is.
    pub fn cause(self, name: &str) -> String {
        match UnmeasuredCause::ALL.into_iter().find(|cause| cause.as_str() == name) {
            Some(cause) => self.unmeasured(cause).to_owned(),
            None => self.of(Lang::En, Lang::Sv).down_cause(name),
        }
    }

    /// Why an attempt could not be made.
    pub fn unable(self, cause: UnableCause) -> &'static str {
        match (self, cause.as_str()) {
            (Language::English, _) => cause.phrase(),
            (_, "no_route") => "maskinen har ingen väg till adressen",
            (_, "no_descriptors") => "maskinen har inga filbeskrivare kvar",
            (_, "no_memory") => "maskinen har inget minne kvar",
            (_, "source_address") => "den valda avsändaradressen kan inte användas",
            (_, "credential") => "en inloggningsuppgift kan inte läsas",
            (_, "overloaded") => "för många försök pågick",
            (_, "one_time_code") => "ingen oanvänd engångskod fanns i tid",
            (_, "needs_recipe") => "inloggningen har fler steg än sorten klarar",
            (_, "form_changed") => "inloggningsformuläret är inte det som lärdes in",
            (_, "internal") => "mätningen själv misslyckades",
            _ => "försöket kunde inte göras",
        }
    }

    /// Why the probe's account is refused.
    pub fn account(self, cause: AccountCause) -> &'static str {
        match self {
            Language::English => cause.phrase(),
            Language::Swedish => match cause {
                AccountCause::Rejected => "användarnamnet eller lösenordet nekades",
                AccountCause::Locked => "kontot är låst",
                AccountCause::BotWall => "en robotspärr eller begränsning står före inloggningen",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_gets_the_language_that_it_wants_most() {
        for (header, expected) in [
            ("sv-SE,sv;q=0.9,en;q=0.8", Language::Swedish),
            ("en-GB,en;q=0.9,sv;q=0.3", Language::English),
            ("de, sv;q=0.5", Language::Swedish),
            ("en;q=0.2, SV;q=0.7", Language::Swedish),
            ("de", Language::English),
            ("sv;q=x", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn dates_are_written_as_people_write_them() {
        let sunday = jiff::civil::date(2026, 11, 22);
        assert_eq!(Language::English.date(sunday), "Sunday 22 November 2026");
        assert_eq!(Language::Swedish.date(sunday), "söndag 22 november 2026");
        assert_eq!(Language::Swedish.month("2026-01".parse().unwrap()), "januari 2026");
    }

    #[test]
    fn every_cause_has_words_in_both_languages() {
        for cause in
            UnmeasuredCause::ALL.map(UnmeasuredCause::as_str).into_iter().chain(["silence"])
        {
            let (english, swedish) =
                (Language::English.cause(cause), Language::Swedish.cause(cause));
            assert_ne!(english, cause);
            assert_ne!(english, swedish);
        }
        assert_eq!(Language::English.cause("made_up"), "made_up");
    }
}
