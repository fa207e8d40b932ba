//! What an announcement would be, and count for, before it is recorded (C4.1-C4.5).

use std::sync::Arc;

use contract::contracts::Contracts;
use contract::{
    History, Instant, Interval, Judgement, Month, MonthTerms, ProposedStop, judge_announcement,
};
use jiff::tz::TimeZone;

use super::requests::{Refusal, known_service};
use super::when::window;

const REASON_BYTES_MAX: usize = 500;
const EVENT_BYTES_MAX: usize = 255;
const SERVICES_MAX: usize = 1_000;
/// Stops wanted at once, times services.
const VERDICTS_MAX: usize = 2_000;
const WINDOW_MS_MAX: i64 = 31 * 86_400_000;

/// A stop as somebody writes it.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The window's first instant.
    pub from: &'a str,
    /// The first instant after, or the window's length.
    pub until: &'a str,
    /// Why.
    pub reason: &'a str,
    /// The UID of a calendar's event.
    pub event: Option<&'a str>,
}

/// A stop that may be announced, for the services of one customer: no line of the journal names
/// two customers (C10.1).
pub struct Planned {
    /// The services, each with what it would count for.
    pub judged: Vec<(String, Judgement)>,
    /// The first service's time zone.
    pub timezone: String,
    /// The window.
    pub window: Interval,
    /// Why.
    pub reason: String,
    /// The reference of an agreement.
    pub agreed: Option<String>,
    /// The UID of a calendar's event.
    pub event: Option<String>,
}

/// What each of `wanted` would be if all were announced now, one after the other, for `services`:
/// a stop for each customer, or why it is refused.
///
/// # Errors
/// What holds for all of them: the services, the agreement, too many at once.
pub fn plan(
    history: &History,
    services: &[String],
    agreed: Option<&str>,
    wanted: &[Wanted<'_>],
    now: Instant,
) -> Result<Vec<Result<Vec<Planned>, Refusal>>, Refusal> {
    check_services(services, wanted.len())?;
    if agreed.is_some_and(|agreed| agreed.trim().is_empty() || agreed.len() > REASON_BYTES_MAX) {
        return Err(format!(
            "an agreed stop carries the reference of its agreement, of at most \
             {REASON_BYTES_MAX} bytes (C4.4)"
        ));
    }
    let mut planning = Planning {
        history,
        contracts: Contracts::default(),
        services,
        agreed,
        now,
        earlier: Vec::new(),
    };
    let zone = planning.common_zone()?;
    Ok(wanted.iter().map(|wanted| planning.plan_one(wanted, zone.as_ref())).collect())
}

struct Planning<'a> {
    history: &'a History,
    contracts: Contracts,
    services: &'a [String],
    agreed: Option<&'a str>,
    now: Instant,
    /// Those planned so far.
    earlier: Vec<ProposedStop<'a>>,
}

impl<'a> Planning<'a> {
    fn plan_one(
        &mut self,
        wanted: &Wanted<'_>,
        zone: Option<&TimeZone>,
    ) -> Result<Vec<Planned>, Refusal> {
        check_words(wanted)?;
        let window = window(wanted.from, wanted.until, zone)?;
        if window.ms() > WINDOW_MS_MAX {
            return Err("the window is longer than 31 days".to_owned());
        }
        let proposed = ProposedStop { window, agreed: self.agreed };
        if proposed.is_retroactive(self.now) {
            return Err(format!(
                "the window begins at {}, which has passed: nobody can announce a stop \
                 afterwards (C4.1); claim an adjustment instead",
                window.from
            ));
        }
        if let Some(event) = wanted.event {
            self.refuse_again(event)?;
        }
        let planned = self.by_customer(wanted, proposed);
        self.earlier.push(proposed);
        Ok(planned)
    }

    /// The same event is announced once for a service; its own feed's events count as theirs.
    fn refuse_again(&self, event: &str) -> Result<(), Refusal> {
        let is_it = |stop: &&contract::Stop| {
            let is_named = stop.event.as_deref() == Some(event)
                || calendar::stop_uid(&stop.id, stop.announced_at) == event;
            let concerns = stop.services.iter().any(|name| self.services.contains(name));
            is_named && concerns && !stop.is_withdrawn()
        };
        match self.history.stops().iter().find(is_it) {
            None => Ok(()),
            Some(stop) => Err(format!(
                "it is announced already, as {id} from {from}: leave it out, or `upptid stop \
                 cancel {id}` first if it has moved",
                id = stop.id,
                from = stop.window.from
            )),
        }
    }

    fn by_customer(&mut self, wanted: &Wanted<'_>, proposed: ProposedStop<'_>) -> Vec<Planned> {
        let mut planned: Vec<(Option<String>, Planned)> = Vec::new();
        for service in self.services {
            let terms = self.terms(service, proposed.window.from);
            let (history, earlier) = (self.history, &self.earlier);
            let terms = terms.resolved();
            let judged = judge_announcement(history, service, terms, earlier, proposed, self.now);
            let month = Month::of(proposed.window.from, terms.zone());
            let setting = history.setting_in_force(service, month);
            let customer = setting.and_then(|setting| setting.customer.clone());
            let judged = (service.clone(), judged);
            match planned.iter_mut().find(|(of, _)| *of == customer) {
                Some((_, known)) => known.judged.push(judged),
                None => planned.push((
                    customer,
                    Planned {
                        judged: vec![judged],
                        timezone: terms.terms().timezone.to_string(),
                        window: proposed.window,
                        reason: wanted.reason.trim().to_owned(),
                        agreed: self.agreed.map(str::to_owned),
                        event: wanted.event.map(str::to_owned),
                    },
                )),
            }
        }
        planned.into_iter().map(|(_, planned)| planned).collect()
    }

    /// The time zone that all the services share, if they do.
    fn common_zone(&mut self) -> Result<Option<TimeZone>, Refusal> {
        let mut zones: Vec<TimeZone> = Vec::new();
        for service in self.services {
            known_service(self.history, service)?;
            let zone = self.terms(service, self.now).zone().clone();
            if !zones.contains(&zone) {
                zones.push(zone);
            }
        }
        Ok(if zones.len() == 1 { zones.pop() } else { None })
    }

    /// The terms of the month in which a window begins decide of it (C4.7).
    fn terms(&mut self, service: &str, instant: Instant) -> Arc<MonthTerms> {
        self.contracts.running(self.history, service, instant).terms
    }
}

fn check_services(services: &[String], wanted: usize) -> Result<(), Refusal> {
    if services.is_empty() || services.len() > SERVICES_MAX {
        return Err(format!("name between 1 and {SERVICES_MAX} services"));
    }
    if wanted.saturating_mul(services.len()) > VERDICTS_MAX {
        return Err(format!(
            "{wanted} stops of {} services are too many at once: at most {VERDICTS_MAX} \
             altogether",
            services.len()
        ));
    }
    let mut names: Vec<&String> = services.iter().collect();
    names.sort();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(format!("service {:?} is named twice", twice[0])),
        None => Ok(()),
    }
}

fn check_words(wanted: &Wanted<'_>) -> Result<(), Refusal> {
    if wanted.reason.trim().is_empty() || wanted.reason.len() > REASON_BYTES_MAX {
        return Err(format!("give a reason of at most {REASON_BYTES_MAX} bytes"));
    }
    if wanted.event.is_some_and(|event| event.is_empty() || event.len() > EVENT_BYTES_MAX) {
        return Err(format!("give the event a UID of at most {EVENT_BYTES_MAX} bytes"));
    }
    Ok(())
}
