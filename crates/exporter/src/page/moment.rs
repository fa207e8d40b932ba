//! One stretch of a service's time: what was seen, the attempts around it, what the witnesses said,
//! the rule that classed it, who acknowledged it, and who was told.

use contract::{Evidence, Incident};
use maud::{Markup, html};

use super::layout::Frame;
use super::view::{View, moment_path, segment};
use super::words::Language;
use super::{display, incidents, listing, rule, waterfall};
use crate::months::{AROUND_MS, ATTEMPTS_MAX, Moment, PastAttempt};
use crate::snapshot::{Class, Snapshot};

/// How often the page asks for itself again while it goes on.
const REFRESH_S: u32 = 15;

/// The page of a stretch of `name`'s time.
pub fn moment(snapshot: &Snapshot, name: &str, moment: &Moment, view: &View) -> String {
    let language = view.language;
    let kind = kind(moment, language);
    let day = moment.zone.to_datetime(moment.span.from.timestamp()).date();
    let window = listing::window(moment.span.from, moment.span.until, &moment.zone);
    let steps = [
        (view.service_link(name), name.to_owned()),
        (view.month_link(name, moment.month), language.month(moment.month)),
        (view.day_link(name, day), language.short_date(day)),
    ];
    let main = html! {
        (listing::trail(&steps, view))
        h1 { (name) span.sub { (kind) ", " (window) } }
        section {
            h2 { (language.of("What it is", "Vad det är")) }
            (facts(moment, language))
            h3 { (language.of("Why it is classed so", "Varför det klassas så")) }
            ul.rules {
                @for rule in &moment.rules {
                    li { strong { (rule.rule) } " " (rule::says(rule, moment, language)) }
                }
            }
            (cited(moment, language))
            (covering(name, moment, view))
        }
        section {
            h2 { (language.of("What was seen", "Vad som sågs")) }
            (seen(moment, language))
        }
        @if let Some(incident) = &moment.incident { (of_incident(incident, moment, view)) }
        section {
            h2 { (language.of("The attempts around it", "Försöken omkring")) }
            (attempts(moment, language))
        }
        footer {
            p {
                (language.of("As of ", "Per ")) (display::instant(snapshot.at, &moment.zone))
                " (" (moment.zone.iana_name().unwrap_or("UTC")) "). "
                a href={ "/api/v1/services/" (segment(name)) "/at/" (moment.span.from) } { "JSON" }
            }
        }
    };
    let path = moment_path(name, moment.span.from);
    let title = format!("{name}, {}", kind.to_lowercase());
    let refresh_s = moment.goes_on.then_some(REFRESH_S);
    Frame { title: &title, path: &path, refresh_s }.page(view, main)
}

fn kind(moment: &Moment, language: Language) -> &'static str {
    match moment.span.class {
        None => language.of("Up", "Uppe"),
        Some(Class::Lost) => language.of("Outage", "Stillestånd"),
        Some(Class::Planned) => language.of("Planned downtime", "Planerat stillestånd"),
        Some(Class::Excluded) => language.of("Excluded downtime", "Undantaget stillestånd"),
        Some(class) => language.class(class),
    }
}

fn facts(moment: &Moment, language: Language) -> Markup {
    let span = &moment.span;
    html! {
        dl.facts {
            div {
                dt { (language.of("Class", "Klass")) }
                dd { span class={ "class " (span.class_name()) } {
                    (span.class.map_or(language.of("Up", "Uppe"), |class| language.class(class)))
                } }
            }
            @if let Some(cause) = &span.cause {
                div { dt { (language.of("Cause", "Orsak")) } dd { (language.cause(cause)) } }
            }
            @if let Some(ground) = span.ground {
                div { dt { (language.of("Ground", "Grund")) } dd { (language.ground(ground)) } }
            }
            div {
                dt { (language.of("From", "Från")) }
                dd { (display::instant(span.from, &moment.zone)) }
            }
            div {
                dt { (language.of("Until", "Till")) }
                dd {
                    (display::instant(span.until, &moment.zone))
                    @if moment.goes_on {
                        span.sub {
                            (language.of(
                                "may go on: this is as far as all is decided",
                                "kan pågå: hit är allt avgjort",
                            ))
                        }
                    }
                }
            }
            div {
                dt { (language.of("Length", "Längd")) }
                dd { (display::length(span.until.since(span.from), language)) }
            }
            @if let Some(side) = span.responsible() {
                div { dt { (language.of("Responsible", "Ansvarig")) } dd { (language.side(side)) } }
            }
        }
    }
}

/// The lines of the journal that it rests on.
fn cited(moment: &Moment, language: Language) -> Markup {
    let ended = moment.ended_by.iter().map(|fact| (fact, language.of("ended by", "avslutat av")));
    let facts = moment.facts.iter().map(|fact| (fact, language.of("rests on", "vilar på")));
    html! {
        ul.plain {
            @for (fact, how) in facts.chain(ended) {
                li.soft {
                    (how) (language.of(" line ", " rad ")) (fact.seq) ": "
                    code { (fact.says) } " "
                    (language.of("from ", "från ")) (display::precise(fact.from, &moment.zone))
                }
            }
        }
    }
}

/// The stops and adjustments that it touches.
fn covering(name: &str, moment: &Moment, view: &View) -> Markup {
    let language = view.language;
    let records = |path, id: &str| format!("{}#{id}", view.link(path, &[("service", name)]));
    html! {
        @if !(moment.stops.is_empty() && moment.adjustments.is_empty()) {
            h3 { (language.of("What touches it", "Vad som berör det")) }
            ul.plain {
                @for (id, verdict) in &moment.stops {
                    li {
                        (language.of("Planned stop ", "Planerat driftstopp "))
                        a href=(records("/stops", id)) { (id) } ": " (language.verdict(*verdict))
                    }
                }
                @for (id, counts) in &moment.adjustments {
                    li {
                        (language.of("Adjustment ", "Justering "))
                        a href=(records("/adjustments", id)) { (id) } ": "
                        @if *counts {
                            (language.of("counts", "räknas"))
                        } @else {
                            (language.of("does not count", "räknas inte"))
                        }
                    }
                }
            }
        }
    }
}

fn seen(moment: &Moment, language: Language) -> Markup {
    html! {
        @match &moment.evidence {
            None => p { (language.of("Nothing is recorded of it.", "Inget är antecknat om det.")) },
            Some((at, evidence)) => {
                p {
                    strong { (evidence.message) } " "
                    span.sub {
                        (language.of("when it began, ", "när det började, "))
                        (display::instant(*at, &moment.zone))
                    }
                }
                (evidence_facts(evidence, language))
            }
        }
    }
}

/// What was seen, field by field.
pub fn evidence_facts(evidence: &Evidence, language: Language) -> Markup {
    let status = evidence.status.map(|status| status.to_string());
    let facts = [
        (language.of("Address", "Adress"), evidence.address.as_ref()),
        ("Status", status.as_ref()),
        (language.of("Title", "Titel"), evidence.title.as_ref()),
        (
            language.of("Witnesses that answered", "Vittnen som svarade"),
            evidence.witnesses.as_ref(),
        ),
    ];
    html! {
        dl.facts {
            @if let Some(url) = &evidence.url { div.wide { dt { "URL" } dd { (url) } } }
            @for (name, value) in facts {
                @if let Some(value) = value { div { dt { (name) } dd { (value) } } }
            }
        }
        @if let Some(excerpt) = &evidence.excerpt {
            pre tabindex="0" role="region"
                aria-label=(language.of("The answer's beginning", "Svarets början"))
                { (excerpt) }
        }
    }
}

fn attempts(moment: &Moment, language: Language) -> Markup {
    let title = language.of("The attempts around it", "Försöken omkring");
    let heads = [
        language.of("Started", "Började"),
        language.of("Result", "Resultat"),
        language.of("Cause", "Orsak"),
        language.of("Time", "Tid"),
    ];
    let shown_from = moment.span.from.plus_ms(-AROUND_MS);
    let is_forgotten = moment.attempts_since.is_none_or(|since| since > shown_from);
    html! {
        @if moment.attempts.is_empty() {
            p { (language.of("None is held any more.", "Inget finns kvar.")) }
        } @else {
            (listing::table(title, &heads, html! {
                @for (place, attempt) in moment.attempts.iter().enumerate() {
                    @if place == ATTEMPTS_MAX && moment.attempts.len() == 2 * ATTEMPTS_MAX {
                        tr {
                            td.soft colspan="4" {
                                (language.of(
                                    "those in between are left out",
                                    "de däremellan är utelämnade",
                                ))
                            }
                        }
                    }
                    (attempt_row(attempt, moment, language))
                }
            }))
        }
        @if is_forgotten {
            p.sub {
                (language.of(
                    "Single attempts are held for a day; what they mean is a fact, and stays.",
                    "Enskilda försök sparas i ett dygn; vad de betyder är fakta, och finns kvar.",
                ))
            }
        }
    }
}

fn attempt_row(attempt: &PastAttempt, moment: &Moment, language: Language) -> Markup {
    let is_within = moment.span.from <= attempt.at && attempt.at < moment.span.until;
    let duration = std::time::Duration::from_millis(attempt.duration_ms.into());
    html! {
        tr class=[is_within.then_some("within")] {
            th scope="row" {
                (display::precise(attempt.at, &moment.zone))
                @if is_within { span.hidden { (language.of(" (within)", " (inom)")) } }
            }
            td {
                span class={ "attempt " (attempt.outcome.as_str()) } {
                    (waterfall::outcome(attempt.outcome, language))
                }
            }
            td.cause { (waterfall::cause(attempt.outcome, language)) }
            td.number { (display::measured(duration, language)) }
        }
    }
}

/// The incident that it belongs to: the clock, who took it on, who was told.
fn of_incident(incident: &Incident, moment: &Moment, view: &View) -> Markup {
    let language = view.language;
    let zone = &moment.zone;
    html! {
        section {
            h2 { (language.of("The incident", "Incidenten")) }
            dl.facts {
                div {
                    dt { (language.of("Opened", "Öppnad")) }
                    dd { (display::instant(incident.opened, zone)) }
                }
                div {
                    dt { (language.of("Closed", "Avslutad")) }
                    dd {
                        @match incident.closed {
                            Some(closed) => (display::instant(closed, zone)),
                            None => (language.of("goes on", "pågår")),
                        }
                    }
                }
                div {
                    dt { (language.of("Start troubleshooting by", "Felsökning påbörjas senast")) }
                    dd { (display::minute(incident.response_deadline, zone)) }
                }
                div {
                    dt { (language.of("Response", "Inställelse")) }
                    dd { (incidents::response(incident.response, language)) }
                }
                div {
                    dt { (language.of("Acknowledged", "Kvitterad")) }
                    dd {
                        @match &moment.acknowledged {
                            Some(act) => (listing::act(act, zone, language)),
                            None => (language.of("not yet", "inte än")),
                        }
                    }
                }
                @if let Some(notifiable) = &moment.notifiable {
                    div {
                        dt { (language.of("To the authority", "Till myndigheten")) }
                        dd { (incidents::reports(notifiable, zone, language)) }
                    }
                }
            }
            h3 { (language.of("Notices that reached somebody", "Meddelanden som nått fram")) }
            (notices(moment, language))
        }
    }
}

fn notices(moment: &Moment, language: Language) -> Markup {
    let title = language.of("Notices", "Meddelanden");
    let heads = [
        language.of("Accepted", "Mottaget"),
        language.of("Notice", "Meddelande"),
        language.of("To", "Till"),
        language.of("Channel", "Kanal"),
    ];
    html! {
        @if moment.notices.is_empty() {
            p { (language.of("None.", "Inga.")) }
        } @else {
            (listing::table(title, &heads, html! {
                @for notice in &moment.notices {
                    tr {
                        th scope="row" { (display::instant(notice.at, &moment.zone)) }
                        td { (language.notice(notice.notice)) }
                        td { (notice.contact) }
                        td { (notice.channel) }
                    }
                }
            }))
        }
    }
}
