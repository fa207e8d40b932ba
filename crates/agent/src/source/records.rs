//! The lists that pages show of what people and the office recorded: out of the history, named
//! people by their account or id only (C10.5).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::sync::PoisonError;

use contract::contracts::Contracts;
use contract::{
    ClaimRecord, ClosedFigure, History, Instant, Interval, Month, ReportStage, judge_recorded,
    stop_notice,
};
use exporter::Records;
use exporter::records::{
    Acknowledged, Act, Adjustment, Claim, Closed, ClosedService, Decided, FILE_BYTES_MAX, FileForm,
    FileName, Listed, Notifiable, Pause, People, Reduction, Report, Revision, Settled, Statement,
    Stop, StopService, Submitted, Wanted,
};
use jiff::tz::TimeZone;
use statement::{Lang, file_name, slugs};

use super::Observatory;
use crate::statement_files::read_own;

/// An incident that touches a month opened at most so long before it.
const OPENED_BEFORE_MS: i64 = 32 * 86_400_000;

impl Records for Observatory {
    fn stops(&self, wanted: &Wanted) -> Listed<Stop> {
        let now = self.clock.now().wall;
        self.with_history(|history, contracts| {
            let mut stops: Vec<&contract::Stop> = history
                .stops()
                .iter()
                .filter(|stop| stop.services.iter().any(|name| wanted.concerns(name)))
                .collect();
            stops.sort_by_key(|stop| {
                let (from, seq) = (stop.window.from.ms(), stop.seq);
                match stop.is_withdrawn() || stop.effective_window().until <= now {
                    false => (false, from, seq),
                    true => (true, -from, seq),
                }
            });
            wanted.of(stops, |stop| shown_stop(history, contracts, stop))
        })
    }

    fn adjustments(&self, wanted: &Wanted) -> Listed<Adjustment> {
        self.with_history(|history, contracts| {
            let made = history.adjustments().iter().rev();
            let made: Vec<_> = made.filter(|made| wanted.concerns(&made.service)).collect();
            wanted.of(made, |made| shown_adjustment(history, contracts, made))
        })
    }

    fn claims(&self, wanted: &Wanted) -> Listed<Claim> {
        let now = self.clock.now().wall;
        self.with_history(|history, contracts| {
            let services = history.services().filter(|name| wanted.concerns(name));
            let mut claims: Vec<(std::cmp::Reverse<Month>, &str)> = Vec::new();
            for service in services {
                let months = history.closes(service).iter().map(|made| made.close.month);
                let months: BTreeSet<Month> =
                    months.chain(history.claimed_months(service)).collect();
                let months = months.into_iter().filter(|month| {
                    reduction(history, service, *month).is_some()
                        || history.claim(service, *month) != ClaimRecord::default()
                });
                claims.extend(months.map(|month| (std::cmp::Reverse(month), service)));
            }
            claims.sort_unstable();
            wanted.of(claims, |(month, service)| {
                shown_claim(history, contracts, service, month.0, now)
            })
        })
    }

    fn statements(&self, wanted: &Wanted) -> Listed<Statement> {
        let (mut listed, names) = self.with_history(|history, contracts| {
            let mut months = Months { history, by_month: BTreeMap::new() };
            let mut keys: Vec<(Month, Option<&str>)> = history
                .statements()
                .iter()
                .map(|made| (made.value.month, made.value.customer.as_deref()))
                .collect();
            keys.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            keys.dedup();
            keys.retain(|(month, customer)| match &wanted.service {
                None => true,
                Some(service) => months.services(*month, *customer).contains(&service.as_str()),
            });
            let listed = wanted.of(keys, |(month, customer)| {
                let services = months.services(month, customer);
                shown_statement(history, contracts, month, customer, &services)
            });
            let names =
                listed.rows.iter().map(|row| months.slug(row.month, row.customer.as_deref()));
            let names: Vec<String> = names.collect();
            (listed, names)
        });
        // What lies on the disk is looked at when the history is free again.
        let mut folders: BTreeMap<Month, HashSet<String>> = BTreeMap::new();
        for (row, slug) in listed.rows.iter_mut().zip(&names) {
            let folder = folders
                .entry(row.month)
                .or_insert_with(|| files_in(&self.statements.join(row.month.to_string())));
            for revision in &mut row.revisions {
                revision.files = file_names(slug, revision.revision);
                revision.files.retain(|name| folder.contains(name));
            }
        }
        listed
    }

    fn signing_key(&self) -> Option<String> {
        self.ledger.read(|history| history.signing_key().map(str::to_owned))
    }

    fn statement_file(&self, month: Month, name: &FileName) -> Option<Vec<u8>> {
        let path = self.statements.join(month.to_string()).join(name.as_str());
        read_own(&path, FILE_BYTES_MAX)
    }
}

impl Observatory {
    pub(super) fn with_history<T>(&self, look: impl FnOnce(&History, &mut Contracts) -> T) -> T {
        self.ledger.read(|history| {
            let mut contracts = self.contracts.lock().unwrap_or_else(PoisonError::into_inner);
            look(history, &mut contracts)
        })
    }
}

/// What people recorded of the incidents that may touch `month`, and whether measuring is paused.
pub(super) fn shown_people(
    history: &History,
    service: &str,
    zone: &TimeZone,
    month: Interval,
) -> People {
    let may_touch = Interval::new(month.from.plus_ms(-OPENED_BEFORE_MS), month.until);
    let pause = history.pause(service).map(|pause| Pause {
        act: Act { at: pause.at, by: pause.by.clone() },
        reason: pause.reason.clone(),
    });
    let acknowledged = history.acknowledgements(service).iter();
    let acknowledged = acknowledged.filter(|made| may_touch.contains(made.opened)).map(|made| {
        let act = Act { at: made.at, by: made.by.clone() };
        Acknowledged { opened: made.opened, act }
    });
    let notifiable = history.notifiable(service).iter();
    let notifiable = notifiable.filter(|marked| may_touch.contains(marked.opened));
    People {
        pause,
        acknowledged: acknowledged.collect(),
        notifiable: notifiable.map(|marked| shown_notifiable(marked, zone)).collect(),
    }
}

fn shown_stop(history: &History, contracts: &mut Contracts, stop: &contract::Stop) -> Stop {
    let mut timezone = None;
    let services = stop.services.iter().map(|service| {
        let terms = contracts.running(history, service, stop.window.from).terms;
        let terms = terms.resolved();
        timezone.get_or_insert_with(|| terms.zone().clone());
        let judged = judge_recorded(history, service, terms, stop);
        StopService {
            service: service.clone(),
            verdict: judged.verdict,
            in_office_hours: judged.in_office_hours,
            notice_due: stop.window.from.plus_ms(-terms.terms().notice_ms),
            notice: stop_notice(history, stop, service, terms),
        }
    });
    let services = services.collect();
    Stop {
        id: stop.id.clone(),
        timezone: timezone.unwrap_or(TimeZone::UTC),
        from: stop.window.from,
        until: stop.window.until,
        ends: stop.effective_window().until,
        reason: stop.reason.clone(),
        announced: Act { at: stop.announced_at, by: stop.by.clone() },
        agreed: stop.agreed.clone(),
        cancelled: stop.cancelled.as_ref().map(|made| Act { at: made.at, by: made.by.clone() }),
        withdrawn: stop.is_withdrawn(),
        services,
    }
}

fn shown_adjustment(
    history: &History,
    contracts: &mut Contracts,
    made: &contract::Adjustment,
) -> Adjustment {
    let terms = contracts.running(history, &made.service, made.interval.from).terms;
    let decisions = made.decisions.iter().map(|decided| Decided {
        decision: decided.decision,
        act: Act { at: decided.at, by: decided.by.clone() },
    });
    Adjustment {
        id: made.id.clone(),
        kind: made.kind,
        service: made.service.clone(),
        timezone: terms.zone().clone(),
        from: made.interval.from,
        until: made.interval.until,
        ground: made.ground,
        evidence: made.evidence.clone(),
        claimed: Act { at: made.claimed_at, by: made.by.clone() },
        decisions: decisions.collect(),
        counts: made.counts(terms.terms().counts),
    }
}

/// What the latest close of the month gives, if it gives anything (C7).
fn reduction(history: &History, service: &str, month: Month) -> Option<Reduction> {
    let close = &history.latest_close(service, month)?.close;
    let ClosedFigure { level, reduction_percent, reduction, claim_deadline, .. } = &close.figure;
    (*level > 0).then(|| Reduction {
        revision: close.revision,
        level: *level,
        percent: *reduction_percent,
        amount: reduction.clone(),
        deadline: *claim_deadline,
    })
}

fn shown_claim(
    history: &History,
    contracts: &mut Contracts,
    service: &str,
    month: Month,
    now: Instant,
) -> Claim {
    let contract = contracts.of(history, service, month);
    let zone = contract.terms.zone().clone();
    let reduction = reduction(history, service, month);
    let record = history.claim(service, month);
    // Without a reduction left there is no deadline: what was recorded is the state.
    let deadline = reduction.as_ref().and_then(|reduction| reduction.deadline);
    let state = record.state(deadline.unwrap_or(month.first_day()), &zone, now);
    Claim {
        service: service.to_owned(),
        customer: contract.customer.map(str::to_owned),
        month,
        timezone: zone,
        reduction,
        state,
        submitted: record.submitted.map(|made| Submitted {
            act: Act { at: made.at, by: made.by },
            reference: made.reference,
        }),
        settled: record
            .settled
            .map(|made| Settled { act: Act { at: made.at, by: made.by }, amount: made.amount }),
    }
}

/// The customers of the months that are asked for, looked up once a month.
struct Months<'a> {
    history: &'a History,
    by_month: BTreeMap<Month, Customers<'a>>,
}

/// The customers of a month, by name.
#[derive(Default)]
struct Customers<'a> {
    names: Vec<Option<String>>,
    services: Vec<Vec<&'a str>>,
    /// How each is called in the names of the month's files.
    slugs: Vec<String>,
}

impl<'a> Months<'a> {
    fn of(&mut self, month: Month) -> &Customers<'a> {
        let history = self.history;
        self.by_month.entry(month).or_insert_with(|| {
            let mut customers: BTreeMap<Option<String>, Vec<&str>> = BTreeMap::new();
            for service in history.services() {
                if let Some(set) = history.setting_in_force(service, month) {
                    customers.entry(set.customer.clone()).or_default().push(service);
                }
            }
            customers.values_mut().for_each(|services| services.sort_unstable());
            let (names, services): (Vec<_>, Vec<_>) = customers.into_iter().unzip();
            let slugs = slugs(&names);
            Customers { names, services, slugs }
        })
    }

    fn services(&mut self, month: Month, customer: Option<&str>) -> Vec<&'a str> {
        let customers = self.of(month);
        let place = customers.place(customer);
        place.map_or_else(|_| Vec::new(), |place| customers.services[place].clone())
    }

    /// As [`crate::statement_files`] has it: whoever has a statement, and no service any more, is
    /// called as if it were the only such one.
    fn slug(&mut self, month: Month, customer: Option<&str>) -> String {
        let customers = self.of(month);
        match customers.place(customer) {
            Ok(place) => customers.slugs[place].clone(),
            Err(place) => {
                let mut names = customers.names.clone();
                names.insert(place, customer.map(str::to_owned));
                slugs(&names).swap_remove(place)
            }
        }
    }
}

impl Customers<'_> {
    /// Where the customer is, or belongs.
    fn place(&self, customer: Option<&str>) -> Result<usize, usize> {
        self.names.binary_search_by(|name| name.as_deref().cmp(&customer))
    }
}

fn shown_statement(
    history: &History,
    contracts: &mut Contracts,
    month: Month,
    customer: Option<&str>,
    services: &[&str],
) -> Statement {
    let revisions = history.statements_of(customer, month).map(|made| Revision {
        revision: made.value.revision,
        issued_at: made.value.issued_at,
        used_seq: made.value.used_seq,
        used_hash: made.value.used_hash.clone(),
        sha256: made.value.sha256.clone(),
        public_key: made.value.public_key.clone(),
        files: Vec::new(),
    });
    let closed = services.iter().filter_map(|service| {
        let closes = history.closes(service).iter().filter(|made| made.close.month == month);
        let closes: Vec<Closed> = closes
            .map(|made| Closed {
                revision: made.close.revision,
                at: made.at,
                figure: made.close.figure.clone(),
            })
            .collect();
        (!closes.is_empty()).then(|| ClosedService { service: (*service).to_owned(), closes })
    });
    let first = services.first().copied().unwrap_or_default();
    Statement {
        customer: customer.map(str::to_owned),
        month,
        timezone: contracts.of(history, first, month).terms.zone().clone(),
        revisions: revisions.collect(),
        services: closed.collect(),
    }
}

pub(super) fn shown_notifiable(marked: &contract::Notifiable, zone: &TimeZone) -> Notifiable {
    let report = |stage: ReportStage| Report {
        stage,
        deadline: stage.deadline(marked.detected, zone),
        reported_at: marked.reported(stage).map(|made| made.at),
    };
    Notifiable { opened: marked.opened, reports: ReportStage::ALL.map(report).to_vec() }
}

/// The names that the files of a revision can have, those for people first.
fn file_names(slug: &str, revision: u32) -> Vec<String> {
    let name = |lang, form: FileForm| file_name(slug, revision, lang, form.extension());
    let for_people = [FileForm::Pdf, FileForm::Html].into_iter();
    for_people
        .flat_map(|form| Lang::ALL.map(|lang| name(Some(lang), form)))
        .chain([FileForm::Csv, FileForm::Json].map(|form| name(None, form)))
        .collect()
}

fn files_in(folder: &Path) -> HashSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
