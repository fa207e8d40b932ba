//! The one fold of facts: what a reader of lines knows (contract.md, "Facts, as lines of JSON").

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::adjustments::Adjustment;
use crate::chain_damage::ChainDamage;
use crate::fact::{Evidence, Fact, Line, ServiceState, UnmeasuredCause};
use crate::fact_error::{FactError, FactErrorKind};
use crate::instant::{Instant, Interval};
use crate::line::{hidden_seq, parse_line};
use crate::month::Month;
use crate::office::Office;
use crate::service_record::{
    Acknowledgement, CauseId, Change, MeasuringStop, Pause, Presence, ServiceRecord,
    ServiceSetting, StoredState, insert_sorted,
};
use crate::stops::{Cancellation, Stop};
use crate::terms::Terms;
use crate::timeline::BaseStates;

/// Everything that the lines applied so far say.
///
/// A history begins at line 1, or in the middle of a journal at the start of a segment, which
/// carries over what still bears on anything.
#[derive(Debug)]
pub struct History {
    /// `seq` of the first line applied; what it carries over from before, by `seq`.
    first_seq: Option<u64>,
    last_seq: u64,
    carried: BTreeSet<u64>,
    pub(crate) services: Vec<ServiceRecord>,
    index: HashMap<Arc<str>, u32>,
    causes: Vec<Arc<str>>,
    cause_index: HashMap<Arc<str>, CauseId>,
    /// By (`from`, `seq`).
    pub(crate) measuring_stops: Vec<MeasuringStop>,
    pub(crate) stops: Vec<Stop>,
    stop_index: HashMap<String, u32>,
    pub(crate) adjustments: Vec<Adjustment>,
    adjustment_index: HashMap<String, u32>,
    /// By (`name`, `month`, `seq`).
    pub(crate) terms: Vec<NamedTerms>,
    pub(crate) office: Office,
    pub(crate) chain_damage: Vec<ChainDamage>,
    /// The latest `measured`, with its `seq` and `at`.
    pub(crate) measured: Option<Measured>,
    /// The latest `from` of a state or `until` of a `measured`.
    known_states: Option<Instant>,
    /// The latest of that and of the `from` of a `measuring_stopped`.
    last_known: Option<Instant>,
}

/// The state of a service, and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StateSince<'a> {
    /// The state.
    pub state: State<'a>,
    /// Since when it has been up, down, or unmeasured for this cause, without a break; none if
    /// nothing is recorded.
    pub since: Option<Instant>,
    /// What was seen when it began, if it is still held.
    pub evidence: Option<&'a Evidence>,
}

/// A [`ServiceState`] that borrows its cause (C3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State<'a> {
    /// A customer can log in.
    Up,
    /// A customer cannot log in.
    Down {
        /// Why.
        cause: &'a str,
    },
    /// Not known.
    Unmeasured {
        /// Why not.
        cause: UnmeasuredCause,
    },
}

impl State<'_> {
    /// The same, with a cause of its own.
    pub fn to_owned(self) -> ServiceState {
        match self {
            State::Up => ServiceState::Up,
            State::Down { cause } => ServiceState::Down { cause: cause.to_owned() },
            State::Unmeasured { cause } => ServiceState::Unmeasured { cause },
        }
    }
}

/// Terms with the name and the first month under which they were set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedTerms {
    /// The line that records them.
    pub seq: u64,
    /// When they were recorded.
    pub at: Instant,
    /// The terms' name.
    pub name: String,
    /// The first local month in which they hold.
    pub month: Month,
    /// The terms.
    pub terms: Terms,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub seq: u64,
    pub at: Instant,
    pub until: Instant,
}

/// The cause of downtime that only a customer reported (C5.2).
pub(crate) const REPORTED: CauseId = CauseId(0);

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl History {
    /// A history without a line.
    pub fn new() -> Self {
        let mut history = History {
            first_seq: None,
            last_seq: 0,
            carried: BTreeSet::new(),
            services: Vec::new(),
            index: HashMap::new(),
            causes: Vec::new(),
            cause_index: HashMap::new(),
            measuring_stops: Vec::new(),
            stops: Vec::new(),
            stop_index: HashMap::new(),
            adjustments: Vec::new(),
            adjustment_index: HashMap::new(),
            terms: Vec::new(),
            office: Office::default(),
            chain_damage: Vec::new(),
            measured: None,
            known_states: None,
            last_known: None,
        };
        history.intern_cause("fault_report");
        history
    }

    /// Applies every line of one file or segment, in order; give the files in order, too.
    ///
    /// # Errors
    /// The first line that cannot be taken, with the file's name and the line's number. The lines
    /// before it stay applied.
    pub fn read(&mut self, name: &str, text: &str) -> Result<(), FactError> {
        for (line_no, text) in (1..).zip(text.lines()) {
            if text.trim_ascii().is_empty() {
                continue;
            }
            let taken = match hidden_seq(text) {
                Some(seq) => self.pass_over(seq).map_err(|error| error.at_line(line_no)),
                None => parse_line(text, line_no)
                    .and_then(|line| self.apply(&line).map_err(|error| error.at_line(line_no))),
            };
            taken.map_err(|error| error.in_file(name))?;
        }
        Ok(())
    }

    /// Applies the next line.
    ///
    /// # Errors
    /// All of contract.md's list that are not about JSON or hashes. The history is then as before.
    pub fn apply(&mut self, line: &Line) -> Result<(), FactError> {
        let opens_segment = matches!(line.fact, Fact::SegmentOpened { .. });
        self.check_seq(line.seq, opens_segment)?;
        match &line.fact {
            Fact::CarriedOver { line: inner } => self.apply_carried(inner)?,
            _ => self.record(line, Source::Own)?,
        }
        self.first_seq.get_or_insert(line.seq);
        self.last_seq = line.seq;
        Ok(())
    }

    /// Passes over the next line, whose body is withheld: it bears on no service of whom it was
    /// exported for.
    ///
    /// # Errors
    /// A gap or a repeat in `seq`. The history is then as before.
    pub fn pass_over(&mut self, seq: u64) -> Result<(), FactError> {
        self.check_seq(seq, false)?;
        self.first_seq.get_or_insert(seq);
        self.last_seq = seq;
        Ok(())
    }

    /// The number that the next line has to have.
    pub fn next_seq(&self) -> u64 {
        self.last_seq + 1
    }

    /// The services that any fact names, in the order in which they first came.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &str> {
        self.services.iter().map(|record| &*record.name)
    }

    /// The latest of all `measured.until`, `state.from` and `measuring_stopped.from`: beyond it
    /// nothing is known.
    pub fn last_known(&self) -> Option<Instant> {
        self.last_known
    }

    /// The same out of the lines that name one of `services`, or none: what the reader of an export
    /// knows from whom all others are withheld.
    pub fn last_known_of<'a>(
        &self,
        services: impl IntoIterator<Item = &'a str>,
    ) -> Option<Instant> {
        let latest = |service| Some(self.record_of(service)?.changes.last()?.from);
        let states = services.into_iter().map(latest).max().flatten();
        let stopped = self.measuring_stops.last().map(|stop| stop.from);
        states.max(stopped).max(self.measured.map(|measured| measured.until))
    }

    /// What was seen when the latest state of `service` that has begun at `instant` did, and when
    /// that was; none if nothing is held of it.
    pub fn evidence_at(&self, service: &str, instant: Instant) -> Option<(Instant, &Evidence)> {
        let changes = &self.record_of(service)?.changes;
        let begun = changes.partition_point(|change| change.from <= instant);
        let latest = changes[..begun].last()?;
        Some((latest.from, latest.evidence.as_deref()?))
    }

    /// The state that the facts give `service` at `instant`, as if it were known to hold.
    pub fn state_at(&self, service: &str, instant: Instant) -> StateSince<'_> {
        let changes = self.record_of(service).map_or(&[][..], |record| &record.changes);
        let in_force = BaseStates::in_force(changes, &self.measuring_stops, instant);
        StateSince {
            state: self.state(in_force.state),
            since: in_force.since,
            evidence: in_force.evidence,
        }
    }

    /// The latest state of `service`.
    pub fn current_state(&self, service: &str) -> StateSince<'_> {
        self.state_at(service, Instant::MAX)
    }

    /// Every planned stop, in the order in which they were announced.
    pub fn stops(&self) -> &[Stop] {
        &self.stops
    }

    /// The planned stop of this id.
    pub fn stop(&self, id: &str) -> Option<&Stop> {
        self.stop_index.get(id).map(|&place| &self.stops[place as usize])
    }

    /// Every adjustment, in the order in which they were claimed.
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }

    /// The adjustment of this id.
    pub fn adjustment(&self, id: &str) -> Option<&Adjustment> {
        self.adjustment_index.get(id).map(|&place| &self.adjustments[place as usize])
    }

    /// The acknowledgements of a service's incidents, by the incident's opening and then in the
    /// order in which they were made.
    pub fn acknowledgements(&self, service: &str) -> &[Acknowledgement] {
        self.record_of(service).map_or(&[], |record| &record.acknowledgements)
    }

    /// Who paused measuring of `service`, and why; none while it is measured (C3.6).
    pub fn pause(&self, service: &str) -> Option<&Pause> {
        self.record_of(service)?.pause.as_deref()
    }

    /// The terms of this name that are in force in `month`: those set for the latest month up to
    /// it, otherwise the earliest.
    pub fn terms_in_force(&self, name: &str, month: Month) -> Option<&NamedTerms> {
        let start = self.terms.partition_point(|terms| terms.name.as_str() < name);
        let end = self.terms.partition_point(|terms| terms.name.as_str() <= name);
        in_force(&self.terms[start..end], month, |terms| terms.month)
    }

    /// What the contract says of `service` in `month`: what was set for the latest month up to
    /// it, otherwise the earliest.
    pub fn setting_in_force(&self, service: &str, month: Month) -> Option<&ServiceSetting> {
        in_force(&self.record_of(service)?.settings, month, |setting| setting.month)
    }

    pub(crate) fn record_of(&self, service: &str) -> Option<&ServiceRecord> {
        self.index.get(service).map(|&place| &self.services[place as usize])
    }

    /// Whether it is recorded when `service` entered or left the contract (C2.4).
    pub fn has_presence(&self, service: &str) -> bool {
        self.record_of(service).is_some_and(|record| !record.presence.is_empty())
    }

    /// The earliest instant of which a state, a setting or an entry into the contract, among those
    /// that are still held, says anything of `service`; none if only stops or adjustments name it.
    pub fn known_since(&self, service: &str) -> Option<Instant> {
        let record = self.record_of(service)?;
        let state = record.changes.first().map(|change| change.from);
        let set = record.settings.iter().map(|setting| setting.at);
        let presence = record.presence.iter().map(|presence| presence.from.min(presence.at));
        state.into_iter().chain(set).chain(presence).min()
    }

    /// Whether the last that is recorded is that `service` left the contract (C2.4).
    pub fn has_ended(&self, service: &str) -> bool {
        let presence = self.record_of(service).and_then(|record| record.presence.last());
        presence.is_some_and(|last| !last.began)
    }

    pub(crate) fn cause(&self, id: CauseId) -> &Arc<str> {
        &self.causes[id.0 as usize]
    }

    pub(crate) fn state(&self, stored: StoredState) -> State<'_> {
        match stored {
            StoredState::Up => State::Up,
            StoredState::Down(cause) => State::Down { cause: self.cause(cause) },
            StoredState::Unmeasured(cause) => State::Unmeasured { cause },
        }
    }
}

/// Of a list sorted by month: the last entry of the latest month up to `month`, otherwise the last
/// of the earliest.
fn in_force<T>(sorted: &[T], month: Month, month_of: impl Fn(&T) -> Month) -> Option<&T> {
    let wanted = month.max(month_of(sorted.first()?));
    sorted[..sorted.partition_point(|entry| month_of(entry) <= wanted)].last()
}

/// Whether a line stands where it was written, or is repeated at a segment's start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Own,
    Carried,
}

// The fold itself. Every check comes before the first change.
impl History {
    fn check_seq(&self, found: u64, opens_segment: bool) -> Result<(), FactErrorKind> {
        let expected = match self.first_seq {
            None if opens_segment => found,
            None => 1,
            Some(_) => self.last_seq + 1,
        };
        if found == expected { Ok(()) } else { Err(FactErrorKind::Seq { expected, found }) }
    }

    fn apply_carried(&mut self, line: &Line) -> Result<(), FactError> {
        if let Fact::CarriedOver { line: inner } = &line.fact {
            return self.apply_carried(inner);
        }
        let is_read = self.first_seq.is_none_or(|first| line.seq >= first);
        if !is_read && !self.carried.contains(&line.seq) {
            self.record(line, Source::Carried)?;
            self.carried.insert(line.seq);
        }
        Ok(())
    }

    fn record(&mut self, line: &Line, source: Source) -> Result<(), FactError> {
        let (seq, at) = (line.seq, line.at);
        match &line.fact {
            Fact::State { service, from, state, evidence } => {
                let state = self.stored(state);
                let change = Change { from: *from, seq, at, state, evidence: evidence.clone() };
                let record = self.record_mut(service);
                insert_sorted(&mut record.changes, change, |change| (change.from, change.seq));
                self.know_states_until(*from);
            }
            Fact::Measured { until } => {
                if self.measured.is_none_or(|latest| latest.until <= *until) {
                    self.measured = Some(Measured { seq, at, until: *until });
                }
                self.know_states_until(*until);
            }
            Fact::MeasuringStopped { from, cause } => {
                self.record_measuring_stop(
                    MeasuringStop { from: *from, seq, at, cause: *cause },
                    source,
                )?;
            }
            Fact::StopAnnounced { .. } => self.record_stop(line)?,
            Fact::StopCancelled { id, by } => {
                self.record_cancellation(id, Cancellation { seq, at, by: by.clone() })?;
            }
            Fact::AdjustmentClaimed { .. } => self.record_claim(line)?,
            Fact::AdjustmentDecided { id, .. } => match self.adjustment_index.get(id) {
                Some(&place) => self.adjustments[place as usize].decide(line),
                None => self.refuse_unknown_id(id)?,
            },
            Fact::IncidentAcknowledged { service, opened, by } => {
                let made = Acknowledgement { seq, at, opened: *opened, by: by.clone() };
                let record = self.record_mut(service);
                insert_sorted(&mut record.acknowledgements, made, |made| (made.opened, made.seq));
            }
            Fact::MeasuringPaused { service, by, reason } => {
                let pause = Pause { seq, at, by: by.clone(), reason: reason.clone() };
                self.record_mut(service).pause = Some(Box::new(pause));
            }
            Fact::MeasuringResumed { service, .. } => self.record_mut(service).pause = None,
            Fact::ServiceBegan { service, from } | Fact::ServiceEnded { service, from } => {
                let began = matches!(line.fact, Fact::ServiceBegan { .. });
                let presence = Presence { from: *from, seq, at, began };
                let record = self.record_mut(service);
                insert_sorted(&mut record.presence, presence, |entry| (entry.from, entry.seq));
            }
            Fact::TermsSet { .. } | Fact::ServiceSet { .. } => self.record_setting(line)?,
            Fact::ProviderSet(_)
            | Fact::VantageSet(_)
            | Fact::SigningKeySet { .. }
            | Fact::StatementSigned(_) => self.office.record(line),
            Fact::MonthClosed(_)
            | Fact::ClaimSubmitted { .. }
            | Fact::ClaimSettled { .. }
            | Fact::IncidentNotifiable { .. }
            | Fact::IncidentReported { .. }
            | Fact::NoticeDelivered { .. } => self.record_paper(line),
            Fact::ChainDamaged { .. } => self.chain_damage.extend(ChainDamage::recorded(line)),
            Fact::SegmentOpened { .. } | Fact::CarriedOver { .. } => {}
        }
        Ok(())
    }

    fn record_paper(&mut self, line: &Line) {
        match line.fact.paper_of() {
            Some(service) => self.record_mut(service).papers_mut().record(line),
            None => self.office.record(line),
        }
    }

    fn record_measuring_stop(
        &mut self,
        stop: MeasuringStop,
        source: Source,
    ) -> Result<(), FactError> {
        // A line that is carried over was checked where it first stood.
        if source == Source::Own
            && let Some(known) = self.known_states.filter(|known| stop.from < *known)
        {
            return Err(FactErrorKind::StoppedTooEarly { known: known.to_string() }.into());
        }
        insert_sorted(&mut self.measuring_stops, stop, |stop| (stop.from, stop.seq));
        self.last_known = self.last_known.max(Some(stop.from));
        Ok(())
    }

    fn record_stop(&mut self, line: &Line) -> Result<(), FactError> {
        let Some(stop) = Stop::announced(line) else { return Ok(()) };
        check_id(&self.stop_index, &stop.id, stop.window)?;
        let place = u32::try_from(self.stops.len()).unwrap_or(u32::MAX);
        let services = stop.services.clone();
        self.stop_index.insert(stop.id.clone(), place);
        self.stops.push(stop);
        for service in &services {
            let mut listed = std::mem::take(&mut self.record_mut(service).stops);
            let before = listed.partition_point(|&other| self.stops[other as usize].seq < line.seq);
            if listed.get(before) != Some(&place) {
                listed.insert(before, place);
            }
            self.record_mut(service).stops = listed;
        }
        Ok(())
    }

    fn record_cancellation(
        &mut self,
        id: &str,
        cancellation: Cancellation,
    ) -> Result<(), FactError> {
        let Some(&place) = self.stop_index.get(id) else { return self.refuse_unknown_id(id) };
        let stop = &mut self.stops[place as usize];
        if stop.cancelled.is_some() {
            return Err(FactErrorKind::CancelledTwice(id.to_owned()).into());
        }
        stop.cancelled = Some(cancellation);
        Ok(())
    }

    fn record_claim(&mut self, line: &Line) -> Result<(), FactError> {
        let Some(claim) = Adjustment::claimed(line) else { return Ok(()) };
        check_id(&self.adjustment_index, &claim.id, claim.interval)?;
        let place = u32::try_from(self.adjustments.len()).unwrap_or(u32::MAX);
        self.record_mut(&claim.service).adjustments.push(place);
        self.adjustment_index.insert(claim.id.clone(), place);
        self.adjustments.push(claim);
        Ok(())
    }

    fn record_setting(&mut self, line: &Line) -> Result<(), FactError> {
        let (seq, at) = (line.seq, line.at);
        match &line.fact {
            Fact::TermsSet { name, month, terms } => {
                let (name, terms) = (name.clone(), terms.clone());
                let set = NamedTerms { seq, at, month: month_of(month)?, name, terms };
                let place = self.terms.partition_point(|other| {
                    (other.name.as_str(), other.month, other.seq) < (&set.name, set.month, seq)
                });
                self.terms.insert(place, set);
            }
            Fact::ServiceSet { service, month, customer, terms, monthly_fee, contacts } => {
                let setting = ServiceSetting {
                    seq,
                    at,
                    month: month_of(month)?,
                    customer: customer.clone(),
                    terms: terms.clone(),
                    monthly_fee: monthly_fee.clone(),
                    contacts: contacts.clone(),
                };
                let record = self.record_mut(service);
                insert_sorted(&mut record.settings, setting, |set| (set.month, set.seq));
            }
            _ => {}
        }
        Ok(())
    }

    /// An id that nothing read defines. Where reading began in the middle, an older segment may
    /// define it: then it bears on nothing here, for what does is carried over.
    fn refuse_unknown_id(&self, id: &str) -> Result<(), FactError> {
        match self.first_seq {
            Some(first) if first > 1 => Ok(()),
            _ => Err(FactErrorKind::UnknownId(id.to_owned()).into()),
        }
    }

    fn know_states_until(&mut self, instant: Instant) {
        self.known_states = self.known_states.max(Some(instant));
        self.last_known = self.last_known.max(Some(instant));
    }

    fn record_mut(&mut self, service: &str) -> &mut ServiceRecord {
        let place = match self.index.get(service) {
            Some(&place) => place,
            None => {
                let name: Arc<str> = service.into();
                let place = u32::try_from(self.services.len()).unwrap_or(u32::MAX);
                self.services.push(ServiceRecord::new(name.clone()));
                self.index.insert(name, place);
                place
            }
        };
        &mut self.services[place as usize]
    }

    fn stored(&mut self, state: &ServiceState) -> StoredState {
        match state {
            ServiceState::Up => StoredState::Up,
            ServiceState::Down { cause } => StoredState::Down(self.intern_cause(cause)),
            ServiceState::Unmeasured { cause } => StoredState::Unmeasured(*cause),
        }
    }

    fn intern_cause(&mut self, cause: &str) -> CauseId {
        if let Some(&id) = self.cause_index.get(cause) {
            return id;
        }
        let id = CauseId(u32::try_from(self.causes.len()).unwrap_or(u32::MAX));
        let cause: Arc<str> = cause.into();
        self.causes.push(cause.clone());
        self.cause_index.insert(cause, id);
        id
    }
}

fn check_id(
    index: &HashMap<String, u32>,
    id: &str,
    interval: Interval,
) -> Result<(), FactErrorKind> {
    if interval.is_empty() {
        return Err(FactErrorKind::EmptyInterval { id: id.to_owned() });
    }
    if index.contains_key(id) {
        return Err(FactErrorKind::RepeatedId(id.to_owned()));
    }
    Ok(())
}

fn month_of(text: &str) -> Result<Month, FactErrorKind> {
    text.parse().map_err(FactErrorKind::Json)
}
