//! What the history holds of one service, kept small: there may be thousands of services.

use std::sync::Arc;

use crate::claims::ClaimRecord;
use crate::closing::MonthClose;
use crate::fact::{Evidence, UnmeasuredCause};
use crate::instant::Instant;
use crate::money::Money;
use crate::month::Month;
use crate::notices::Delivery;
use crate::notification::Notifiable;

/// One service's facts.
#[derive(Debug)]
pub(crate) struct ServiceRecord {
    pub name: Arc<str>,
    /// By (`from`, `seq`).
    pub changes: Vec<Change>,
    /// By (`from`, `seq`) (C2.4).
    pub presence: Vec<Presence>,
    /// Places in the history's stops, by `seq` of the announcement.
    pub stops: Vec<u32>,
    /// Places in the history's adjustments, by `seq` of the claim.
    pub adjustments: Vec<u32>,
    /// By (`opened`, `seq`).
    pub acknowledgements: Vec<Acknowledgement>,
    /// By (`month`, `seq`).
    pub settings: Vec<ServiceSetting>,
    /// Since when it is paused; none while it is measured (C3.6).
    pub pause: Option<Box<Pause>>,
    /// What most services never have; none until then.
    pub papers: Option<Box<Papers>>,
}

/// What people and the office make of a service's months.
#[derive(Debug, Default)]
pub(crate) struct Papers {
    /// By (`month`, `revision`, `seq`) (C6.7).
    pub closes: Vec<Closed>,
    /// By month, each month once (C7.5).
    pub claims: Vec<(Month, ClaimRecord)>,
    /// By (`opened`, `seq`) (C10.6).
    pub notifiable: Vec<Notifiable>,
    /// By `seq` (C4.8, C9.5).
    pub deliveries: Vec<Delivery>,
}

impl ServiceRecord {
    pub fn new(name: Arc<str>) -> Self {
        ServiceRecord {
            name,
            changes: Vec::new(),
            presence: Vec::new(),
            stops: Vec::new(),
            adjustments: Vec::new(),
            acknowledgements: Vec::new(),
            settings: Vec::new(),
            pause: None,
            papers: None,
        }
    }

    /// The papers to read; empty ones if there are none.
    pub fn papers(&self) -> &Papers {
        static NONE: Papers = Papers {
            closes: Vec::new(),
            claims: Vec::new(),
            notifiable: Vec::new(),
            deliveries: Vec::new(),
        };
        self.papers.as_deref().unwrap_or(&NONE)
    }

    /// The papers to write to.
    pub fn papers_mut(&mut self) -> &mut Papers {
        self.papers.get_or_insert_default()
    }
}

/// A month was closed, or revised (C6.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// What was recorded.
    pub close: Box<MonthClose>,
}

/// A `state` fact: the state from `from` on.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub from: Instant,
    pub seq: u64,
    pub at: Instant,
    pub state: StoredState,
    pub evidence: Option<Box<Evidence>>,
}

/// A state whose cause is a number in the history's list of causes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StoredState {
    Up,
    Down(CauseId),
    Unmeasured(UnmeasuredCause),
}

/// A place in the history's list of causes of downtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CauseId(pub u32);

/// A `measuring_stopped`: every service is unmeasured from `from` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeasuringStop {
    pub from: Instant,
    pub seq: u64,
    pub at: Instant,
    pub cause: UnmeasuredCause,
}

/// A `service_began` or `service_ended` (C2.4).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presence {
    pub from: Instant,
    pub seq: u64,
    pub at: Instant,
    pub began: bool,
}

/// Somebody acknowledged that troubleshooting has started (C9.4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acknowledgement {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// When the incident opened.
    pub opened: Instant,
    /// The system account that acknowledged.
    pub by: String,
}

/// An operator paused measuring (C3.6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pause {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// The system account that paused.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What a contract says of a service, from a month's start on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceSetting {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// The first local month in which it holds.
    pub month: Month,
    /// The customer, if named.
    pub customer: Option<String>,
    /// The terms' name.
    pub terms: String,
    /// The monthly fee, if any is set.
    pub monthly_fee: Option<Money>,
    /// Contacts, by id.
    pub contacts: Vec<String>,
}

/// Puts `item` in its place in a list that is sorted by `key`; almost always that is the end.
pub(crate) fn insert_sorted<T, K: Ord>(list: &mut Vec<T>, item: T, key: impl Fn(&T) -> K) {
    if list.is_empty() {
        // Most lists of most services never hold more.
        list.reserve_exact(1);
    }
    let place = match list.last() {
        Some(last) if key(last) > key(&item) => {
            let wanted = key(&item);
            list.partition_point(|other| key(other) <= wanted)
        }
        _ => list.len(),
    };
    list.insert(place, item);
}
