//! The contract's words in both languages.

use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::terms::{Counts, MinuteRule, ServiceLevel};
use contract::{
    ClaimState, DownCause, ReportStage, Response, Side, StopNotice, StopVerdict, UnmeasuredCause,
};

use crate::document::OutageClass;
use crate::lang::Lang;

impl Lang {
    /// Why a service was down, by the cause's name; a name that nobody knows stays as it is.
    pub fn down_cause(self, name: &str) -> String {
        match (name.parse::<DownCause>(), self) {
            (Ok(cause), Lang::Sv) => down_in_swedish(cause).to_owned(),
            (Ok(cause), Lang::En) => cause.phrase().to_owned(),
            (Err(_), _) if name == Ground::FaultReport.as_str() => {
                self.of("anmält av kunden", "reported by the customer").to_owned()
            }
            (Err(_), _) => name.to_owned(),
        }
    }

    /// Why time is unmeasured.
    pub fn unmeasured_cause(self, cause: UnmeasuredCause) -> &'static str {
        match cause {
            UnmeasuredCause::NoRecord => self.of("inget finns antecknat", "nothing is recorded"),
            UnmeasuredCause::Suspected => self.of(
                "misslyckad inloggning som inte hann bekräftas",
                "a failed login that was not confirmed",
            ),
            UnmeasuredCause::OwnNetwork => {
                self.of("störning i mätplatsens eget nät", "trouble in the vantage point's network")
            }
            UnmeasuredCause::ProbeAccount => {
                self.of("mätkontot nekades", "the probe's account was refused")
            }
            UnmeasuredCause::Unable => {
                self.of("mätningen kunde inte utföras", "the attempt could not be made")
            }
            UnmeasuredCause::Overdue => self.of("mätningen uteblev", "the attempt was overdue"),
            UnmeasuredCause::Paused => {
                self.of("mätningen var pausad av en operatör", "paused by an operator")
            }
            UnmeasuredCause::AgentOff => {
                self.of("mätprogrammet var inte igång", "the agent was not running")
            }
            UnmeasuredCause::Suspended => {
                self.of("mätdatorn var i viloläge", "the measuring machine slept")
            }
            UnmeasuredCause::ClockStep => self
                .of("mätdatorns klocka ställdes om", "the measuring machine's clock was stepped"),
        }
    }

    /// The ground of an adjustment (C5.1, C5.2).
    pub fn ground(self, ground: Ground) -> &'static str {
        match ground {
            Ground::CustomerEquipment => self.of("kundens utrustning", "the customer's equipment"),
            Ground::CustomerSecurity => self.of(
                "virus eller angrepp genom enhet som leverantören inte ansvarar för",
                "virus or attack through a device that the provider does not manage",
            ),
            Ground::ThirdParty => self.of("tredje part", "a third party"),
            Ground::Network => {
                self.of("internet mellan tjänsten och kunden", "the internet in between")
            }
            Ground::DosAttack => self.of("överbelastningsattack", "denial-of-service attack"),
            Ground::ForceMajeure => "force majeure",
            Ground::Suspension => self.of(
                "avstängning som är tillåten eller begärd av kunden",
                "suspension that is lawful or at the customer's request",
            ),
            Ground::ProbeFault => self.of("fel i mätningen", "a fault of the measurement"),
            Ground::FaultReport => self.of("kundens felanmälan", "the customer's fault report"),
        }
    }

    /// The side that answers for downtime (C5.5).
    pub fn side(self, side: Side) -> &'static str {
        match side {
            Side::Provider => self.of("leverantören", "provider"),
            Side::Customer => self.of("kunden", "customer"),
            Side::ThirdParty => self.of("tredje part", "third party"),
            Side::Nobody => self.of("ingen", "nobody"),
        }
    }

    /// What became of downtime (C6.1).
    pub fn outage_class(self, class: OutageClass) -> &'static str {
        match class {
            OutageClass::Lost => self.of("räknas", "counts"),
            OutageClass::Planned => self.of("planerat driftstopp", "planned stop"),
            OutageClass::Excluded => self.of("undantaget", "excluded"),
        }
    }

    /// What an announced stop is worth (C4).
    pub fn stop_verdict(self, verdict: StopVerdict) -> &'static str {
        match verdict {
            StopVerdict::Valid => self.of("giltigt", "valid"),
            StopVerdict::Agreed => self.of("särskilt avtalat", "otherwise agreed"),
            StopVerdict::Late => self.of("för sent aviserat", "announced too late"),
            StopVerdict::Surplus => self.of("utöver tillåtet antal", "beyond the allowance"),
            StopVerdict::Cancelled => self.of("inställt", "cancelled"),
        }
    }

    /// Whether the contacts were told of a stop in time (C4.8).
    pub fn stop_notice(self, notice: StopNotice) -> &'static str {
        match notice {
            StopNotice::NoContact => self.of(
                "Tjänsten har ingen systemansvarig att meddela.",
                "The service has no system contact to tell.",
            ),
            StopNotice::Delivered => self.of(
                "Kundens systemansvariga meddelades i tid.",
                "The customer's system contacts were told in time.",
            ),
            StopNotice::NotDelivered => self.of(
                "Alla systemansvariga nåddes inte i tid av meddelandet.",
                "Not all system contacts were told in time.",
            ),
        }
    }

    /// Which way an adjustment goes (C5.1, C5.2).
    pub fn adjustment_kind(self, kind: AdjustmentKind) -> &'static str {
        match kind {
            AdjustmentKind::Exclude => self.of("undantag", "exclusion"),
            AdjustmentKind::Include => self.of("tillägg", "inclusion"),
        }
    }

    /// The decision on an adjustment that stands, or that there is none (C5.3).
    pub fn decision(self, decision: Option<Decision>) -> &'static str {
        match decision {
            Some(Decision::Accepted) => self.of("godkänd", "accepted"),
            Some(Decision::Rejected) => self.of("avslagen", "rejected"),
            None => self.of("inte beslutad", "not decided"),
        }
    }

    /// How a support clock stands (C9.4).
    pub fn response(self, response: Response) -> &'static str {
        match response {
            Response::Met => self.of("i tid", "met"),
            Response::Breached => self.of("för sent", "breached"),
            Response::Running => self.of("tiden löper", "running"),
        }
    }

    /// What is handed in to the authority (C10.6).
    pub fn report_stage(self, stage: ReportStage) -> &'static str {
        match stage {
            ReportStage::EarlyWarning => self.of("tidig varning", "early warning"),
            ReportStage::Notification => self.of("incidentanmälan", "notification"),
            ReportStage::Final => self.of("slutrapport", "final report"),
        }
    }

    /// The state of a claim (C7.5).
    pub fn claim_state(self, state: ClaimState) -> &'static str {
        match state {
            ClaimState::Open => self.of("inte begärd ännu", "not claimed yet"),
            ClaimState::Submitted => self.of("begärd av kunden", "claimed by the customer"),
            ClaimState::Settled => self.of("reglerad", "settled"),
            ClaimState::Lapsed => self.of("inte begärd i tid", "not claimed in time"),
        }
    }

    /// How lost time becomes minutes (C6.2).
    pub fn minute_rule(self, rule: MinuteRule) -> &'static str {
        match rule {
            MinuteRule::Exact => self.of("exakt, på millisekunden", "exact, to the millisecond"),
            MinuteRule::Started => self.of(
                "varje påbörjad minut (UTC) räknas hel",
                "every minute (UTC) touched counts whole",
            ),
            MinuteRule::Whole => self.of(
                "endast hela förlorade minuter (UTC) räknas",
                "only minutes (UTC) lost from end to end count",
            ),
        }
    }

    /// A service level and how long troubleshooting may take to start (C9.2).
    pub fn service_level(self, level: ServiceLevel) -> &'static str {
        match level {
            ServiceLevel::Standard => self.of(
                "Standard: felsökning påbörjas inom 4 timmar av servicetid. Servicetid är \
                 helgfria vardagar 08–17, dag före röd dag 08–12",
                "Standard: troubleshooting starts within 4 hours of support time. Support time is \
                 weekdays 08–17 except public holidays, and 08–12 on the day before one",
            ),
            ServiceLevel::Jour => self.of(
                "Jour: felsökning påbörjas inom 1 timme, dygnet runt",
                "Jour: troubleshooting starts within 1 hour, around the clock",
            ),
        }
    }

    /// Which adjustments count (C5.3).
    pub fn counts(self, counts: Counts) -> &'static str {
        match counts {
            Counts::Accepted => self.of("endast godkända räknas", "only accepted ones count"),
            Counts::Claimed => {
                self.of("alla som inte är avslagna räknas", "all that are not rejected count")
            }
        }
    }
}

fn down_in_swedish(cause: DownCause) -> &'static str {
    match cause {
        DownCause::NameNotFound => "namnet finns inte (NXDOMAIN)",
        DownCause::NameNoData => "namnet har ingen adress av det slag som söks",
        DownCause::NameServerFailure => "namnservern fallerade (SERVFAIL)",
        DownCause::NameRefused => "namnservern vägrade svara (REFUSED)",
        DownCause::NameTimeout => "ingen namnserver svarade i tid",
        DownCause::ConnectRefused => "anslutningen nekades",
        DownCause::ConnectReset => "anslutningen återställdes",
        DownCause::ConnectUnreachable => "värden eller nätet gick inte att nå",
        DownCause::ConnectTimeout => "ingen anslutning i tid",
        DownCause::TlsTimeout => "TLS-handskakningen blev inte klar i tid",
        DownCause::TlsClosed => "anslutningen stängdes under TLS-handskakningen",
        DownCause::TlsProtocol => "TLS-handskakningen misslyckades",
        DownCause::CertificateExpired => "certifikatet har gått ut",
        DownCause::CertificateNotYetValid => "certifikatet gäller inte ännu",
        DownCause::CertificateWrongName => "certifikatet gäller ett annat namn",
        DownCause::CertificateUnknownIssuer => "certifikatets utfärdare är inte betrodd",
        DownCause::CertificateRevoked => "certifikatet är återkallat",
        DownCause::CertificateInvalid => "certifikatet är ogiltigt",
        DownCause::Silence => "tjänsten svarade inte i tid",
        DownCause::Closed => "tjänsten stängde anslutningen utan svar",
        DownCause::TransferTimeout => "svaret tog inte slut i tid",
        DownCause::TransferClosed => "anslutningen stängdes mitt i svaret",
        DownCause::HttpProtocol => "svaret är inte giltig HTTP",
        DownCause::HttpStatus => "tjänsten svarade med en felstatus",
        DownCause::HeadersTooLarge => "svarets huvud är för stort",
        DownCause::BodyTooLarge => "svaret är för stort",
        DownCause::BodyEncoding => "svaret gick inte att packa upp",
        DownCause::TooManyRedirects => "för många omdirigeringar",
        DownCause::BadRedirect => "en omdirigering ledde till en oanvändbar adress",
        DownCause::PlainHttp => "inloggningen skulle ha sänt lösenordet över okrypterad http",
        DownCause::NoLoginForm => "sidan har inget inloggningsformulär",
        DownCause::LoginFormAgain => "inloggningsformuläret kom tillbaka efter inloggningen",
        DownCause::NoProof => "sidan visade inget som bara en inloggad användare ser",
        DownCause::NoToken => "svaret saknar token",
        DownCause::Protocol => "svaret är inte giltigt i sitt protokoll",
        DownCause::ServiceError => "tjänsten svarade att den inte fungerar",
        DownCause::NoStartTls => "tjänsten erbjuder ingen kryptering, och lösenordet sändes inte",
        DownCause::NoSignIn => "tjänsten erbjuder inget sätt att logga in",
        DownCause::HostKey => "värdnyckeln är inte den kända",
        DownCause::AttemptTimeout => "inloggningen blev inte klar inom tiden för hela försöket",
        DownCause::AccountsRejected => "två olika konton nekades",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_of_downtime_has_words_in_both_languages() {
        for cause in DownCause::ALL {
            let (swedish, english) =
                (Lang::Sv.down_cause(cause.as_str()), Lang::En.down_cause(cause.as_str()));
            assert_ne!(english, cause.as_str());
            assert_ne!(english, swedish);
        }
        assert_eq!(Lang::Sv.down_cause("fault_report"), "anmält av kunden");
        assert_eq!(Lang::En.down_cause("made_up"), "made_up");
    }
}
