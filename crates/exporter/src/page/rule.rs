//! What a rule of the contract says of a stretch of time, in the reader's language.

use std::borrow::Cow;

use contract::explain::Rule;
use contract::{Side, UnmeasuredCause};

use super::words::Language;
use crate::months::Moment;
use crate::snapshot::Class;

/// What `rule` says of `moment`: the contract's own words in English.
pub fn says<'a>(rule: &'a Rule, moment: &Moment, language: Language) -> Cow<'a, str> {
    match language {
        Language::English => Cow::Borrowed(&*rule.says),
        // A rule that came later is shown as the contract says it.
        Language::Swedish => {
            swedish(rule, moment).map_or(Cow::Borrowed(&*rule.says), Cow::Borrowed)
        }
    }
}

fn swedish(rule: &Rule, moment: &Moment) -> Option<&'static str> {
    let class = moment.span.class;
    let cause = moment.span.cause.as_deref().unwrap_or_default();
    Some(match &*rule.rule {
        "C2.4" => "tjänsten omfattades inte av avtalet",
        "C3.1" => "inget antecknat täcker tiden: den är omätt",
        "C3.2" => {
            "en misslyckad inloggning bekräftades på en ny anslutning; stilleståndet går från det \
             första misslyckade försöket till det första som lyckas"
        }
        "C3.3" if class == Some(Class::Unmeasured) => {
            "inloggningen misslyckades i nätet och för få vittnen svarade: agentens eget nät kan \
             vara orsaken"
        }
        "C3.3" => "felet ligger i nätet, och inget tyder på att det är agentens eget",
        "C3.4" => "tjänsten själv svarade så: den är nere vad vittnena än säger",
        "C3.5" if class == Some(Class::Unmeasured) => {
            "tjänsten nekade ett mätkonto: det säger inget om kunderna"
        }
        "C3.5" => "även ett andra mätkonto nekades: det är stillestånd",
        "C3.6" => unmeasured(cause)?,
        "C3.7" if class.is_none() => "en inloggning lyckades, och det gäller till nästa försök",
        "C3.7" => "nästa försök kom för sent: det förra resultatet gällde inte längre",
        "C3.8" if class == Some(Class::Unmeasured) => unmeasured(cause)?,
        "C3.8" => "det ersatte vad som förut var antecknat från samma ögonblick",
        "C4.2" => "ett driftstopp aviserades för sent: det undantar inget",
        "C4.3" => "ett driftstopp är fler än månaden tillåter: det undantar inget",
        "C4.6" => "ett driftstopp ställdes in innan det började",
        "C4.7" if class == Some(Class::Planned) => "det ligger inom ett driftstopp som räknas",
        "C4.7" => "driftstoppet var slut: det som går över tiden är stillestånd",
        "C5.2" => "en felanmälan av tiden räknas: det är stillestånd vad som än mättes",
        "C5.3" => "en justering är inte godkänd: den räknas inte",
        "C5.5" => answers(moment.span.responsible()?),
        "C6.1" => match class? {
            Class::Planned => "planerat går först: det är inte förlorat",
            Class::Excluded => "det är undantaget: det är inte förlorat",
            _ => "varken planerat eller undantaget: det är förlorat",
        },
        "C6.5" if rule.says.starts_with("not lost") => {
            "varken förlorat eller uppe: tillgänglighetens undre gräns räknar det som förlorat"
        }
        "C6.5" => "i ett driftstopp eller undantag: den undre gränsen räknar inte med det",
        _ => return None,
    })
}

/// Why time is not known (C3.6, C3.8).
fn unmeasured(cause: &str) -> Option<&'static str> {
    let known = UnmeasuredCause::ALL.into_iter().find(|known| known.as_str() == cause)?;
    Some(Language::Swedish.unmeasured(known))
}

fn answers(side: Side) -> &'static str {
    match side {
        Side::Provider => "leverantören ansvarar för det",
        Side::Customer => "kunden ansvarar för det",
        Side::ThirdParty => "tredje man ansvarar för det",
        Side::Nobody => "ingen ansvarar för det",
    }
}
