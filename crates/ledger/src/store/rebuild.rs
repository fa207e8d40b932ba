//! Builds the store from the journal, segment by segment, in bounded memory.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use contract::{Fact, History, Instant, Line, Month, parse_line};
use jiff::tz::TimeZone;

use crate::disk::Disk;
use crate::journal::opening::{first_line, segments};
use crate::journal::reader::{Tip, read_segment};
use crate::journal::segment::SegmentName;
use crate::store::database::{Change, Database, Trouble};
use crate::store::figures::Figures;
use crate::store::mailbox::{Mail, Mailbox};

/// A day: no zone's month begins or ends further from UTC's.
const ZONES_MS: i64 = 86_400_000;

/// Where the journal is.
pub(crate) struct Journal {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
}

/// Reads the journal from one month on, month by month.
pub(crate) struct Rebuild<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) database: &'a Database,
    pub(crate) figures: &'a mut Figures,
    /// Asked now and then whether to give up.
    pub(crate) mailbox: &'a Mailbox,
}

impl Rebuild<'_> {
    /// Writes every month of every service; gives how far the journal reaches. `is_empty`: the
    /// store holds no month yet.
    pub(crate) fn all(mut self, is_empty: bool) -> Result<Option<Instant>, Trouble> {
        let mut reading = Reading::default();
        let mut past = Mail::default();
        let names = self.segments()?;
        for (index, name) in names.iter().enumerate() {
            self.fold(*name, &mut reading, None, &mut past)?;
            let is_last = index + 1 == names.len();
            let begins_month = index == 0 || names[index - 1].month < name.month;
            if self.mailbox.is_abandoned() {
                return Ok(None);
            }
            // Facts that decide a month's last minutes stand in the month after it.
            let known_until = reading.history.last_known().unwrap_or(Instant::MIN);
            let ended = if is_last { known_until } else { name.month.start(&TimeZone::UTC) };
            let mut change =
                if is_empty { self.database.first_change() } else { self.database.change() };
            self.write_until(ended, is_last, name.month, &mut reading, &mut change)?;
            change.finish()?;
            if begins_month && !is_last {
                let keep_from = name.month.prev().start(&TimeZone::UTC).plus_ms(-ZONES_MS);
                reading.history.forget_before(keep_from);
            }
        }
        self.past(&past.past)?;
        Ok(reading.history.last_known())
    }

    /// Writes again the months of services of which something in the past was decided.
    pub(crate) fn past(&mut self, past: &BTreeMap<String, Instant>) -> Result<(), Trouble> {
        let Some(from) = past.values().min() else { return Ok(()) };
        let earliest = Month::of(*from, &TimeZone::UTC).prev();
        let names = self.segments()?;
        // The last segment before that month carries over what was in force.
        let first = names.partition_point(|name| name.month < earliest).saturating_sub(1);
        let mut reading = Reading::default();
        for name in &names[first..] {
            self.fold(*name, &mut reading, Some(past), &mut Mail::default())?;
            if self.mailbox.is_abandoned() {
                return Ok(());
            }
        }
        let Reading { history, .. } = &reading;
        let Some(until) = history.last_known() else { return Ok(()) };
        let mut change = self.database.change();
        for (service, from) in past {
            let running = self.figures.month_of(history, service, until);
            let mut month = self.figures.month_of(history, service, *from);
            while month < running {
                let what = (service.as_str(), month);
                self.figures.write(&mut change, history, what, until)?;
                month = month.next();
            }
        }
        change.finish()
    }

    fn segments(&self) -> Result<Vec<SegmentName>, Trouble> {
        segments(&*self.journal.disk, &self.journal.dir)
            .map_err(|error| Trouble::Disk(error.to_string()))
    }

    /// Writes the months that ended by `ended`, and at the end of the journal the running one.
    fn write_until(
        &mut self,
        ended: Instant,
        is_last: bool,
        newest: Month,
        reading: &mut Reading,
        change: &mut Change<'_>,
    ) -> Result<(), Trouble> {
        let Reading { history, next_month, first_at, .. } = reading;
        let Some(first_at) = *first_at else { return Ok(()) };
        for service in history.services() {
            // A state may lie before the line that records it (C3.2).
            let since = history.known_since(service).map_or(first_at, |at| at.min(first_at));
            let first = || self.figures.month_of(history, service, since);
            let mut month = next_month.get(service).copied().unwrap_or_else(first);
            // A journal may end long before now; more than a segment's month there is not.
            let last = newest.next();
            while month <= last && self.figures.has_ended(history, service, month, ended) {
                let what = (service, month);
                self.figures.write(change, history, what, ended)?;
                month = month.next();
            }
            if is_last {
                let what = (service, month);
                self.figures.write(change, history, what, ended)?;
            }
            next_month.insert(service.to_owned(), month);
        }
        Ok(())
    }

    /// Folds a segment. With `only`, the lines that do not bear on these services are passed over.
    fn fold(
        &self,
        name: SegmentName,
        reading: &mut Reading,
        only: Option<&BTreeMap<String, Instant>>,
        past: &mut Mail,
    ) -> Result<(), Trouble> {
        let failed = |error: std::io::Error| Trouble::Disk(format!("{name}: {error}"));
        let file = self.journal.disk.open(&self.journal.dir.join(name.to_string()), false);
        let file = file.map_err(failed)?;
        let Some((seq, prev)) = first_line(&*file).map_err(failed)? else { return Ok(()) };
        let follows = |tip: &Tip| tip.hash == prev && tip.seq + 1 == seq;
        let expected = reading.tip.filter(follows);
        if expected.is_none() {
            // As at start: what an older segment has lost is not known.
            reading.history = History::new();
        }
        let mut tip = reading.tip;
        // What does not verify is damage, told elsewhere; what verifies before it counts.
        read_segment(&*file, expected, |bytes, after| {
            let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
            let line = parse_line(text, 0).map_err(|error| error.to_string())?;
            match only.is_none_or(|only| bears_on(&line, only)) {
                true => reading.history.apply(&line),
                false => reading.history.pass_over(line.seq),
            }
            .map_err(|error| error.to_string())?;
            reading.first_at.get_or_insert(line.at);
            if !matches!(line.fact, Fact::State { .. }) {
                past.note(&reading.history, &line);
            }
            tip = Some(after);
            Ok(())
        })
        .map_err(failed)?;
        reading.tip = tip;
        Ok(())
    }
}

/// How far the journal has been read.
#[derive(Default)]
struct Reading {
    history: History,
    tip: Option<Tip>,
    first_at: Option<Instant>,
    next_month: HashMap<String, Month>,
}

/// Whether a line can change a figure of one of these services.
fn bears_on(line: &Line, services: &BTreeMap<String, Instant>) -> bool {
    match &line.fact {
        Fact::State { service, .. } => services.contains_key(service),
        Fact::CarriedOver { line } => bears_on(line, services),
        _ => true,
    }
}
