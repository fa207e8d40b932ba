//! The admin socket's answerer over a real ledger, with a clock of our own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use agent::admin::{Peer, Reply, Request, Requests, Sight};
use agent::clock::Clock;
use agent::wishes::{Wish, Wishes};
use agent::{Board, Observatory};
use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{Fact, Instant, ServiceState, Terms};
use exporter::snapshot::Source;
use ledger::{Ledger, OpenOptions};
use tempfile::TempDir;
use tokio::sync::mpsc;
use watch::Now;

/// Shows the instant that it was set to.
pub struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Now {
        let ms = self.0.load(Ordering::Relaxed);
        Now { wall: Instant::from_ms(ms), mono_ms: 0, boot_ms: 0 }
    }

    fn synchronised(&self) -> Option<bool> {
        Some(true)
    }
}

/// Where people ask.
pub struct Office {
    pub requests: Requests,
    pub ledger: Ledger,
    pub clock: Arc<SetClock>,
    /// What the engine was asked to do: the pauses' messages, and `resume`.
    pub granted: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// An office at `now`, for the services portal and mail under the default terms.
pub async fn office(now: &str) -> Office {
    office_under(Terms::default(), now).await
}

/// An office at `now`, for the services portal and mail under `terms`.
pub async fn office_under(terms: Terms, now: &str) -> Office {
    let folder = tempfile::tempdir().unwrap();
    let now = at(now);
    let options = OpenOptions {
        dir: folder.path().to_owned(),
        agent: "test".to_owned(),
        version: "0".to_owned(),
        now,
    };
    let (ledger, _) = Ledger::open(options).unwrap();
    let month = "2026-10".to_owned();
    let terms = Fact::TermsSet { name: "standard".to_owned(), month: month.clone(), terms };
    let set = |service: &str| Fact::ServiceSet {
        service: service.to_owned(),
        month: month.clone(),
        customer: None,
        terms: "standard".to_owned(),
        monthly_fee: None,
        contacts: Vec::new(),
    };
    let facts = [terms, set("portal"), set("mail")].map(|fact| (now, fact)).to_vec();
    ledger.record(facts).await.unwrap();
    let clock = Arc::new(SetClock(AtomicI64::new(now.ms())));
    let granted: Arc<Mutex<Vec<String>>> = Arc::default();
    let wishes = {
        let granted = granted.clone();
        Wishes::new(move |wished| {
            match wished.wish {
                Wish::Look => {}
                Wish::Pause { message } => granted.lock().unwrap().push(message),
                Wish::Resume => granted.lock().unwrap().push("resume".to_owned()),
            }
            let _ = wished.answer.send(["portal", "mail"].contains(&&*wished.service));
        })
    };
    let (reloads, _) = mpsc::channel(1);
    let board = Arc::new(Board::default());
    let shown = Observatory::new(board, ledger.clone(), clock.clone(), "0", folder.path(), reloads);
    let sight = Sight::new(move || shown.snapshot());
    let requests = Requests::new(ledger.clone(), clock.clone(), wishes, sight);
    Office { requests, ledger, clock, granted, _folder: folder }
}

impl Office {
    pub fn is_now(&self, now: &str) {
        self.clock.0.store(at(now).ms(), Ordering::Relaxed);
    }

    pub async fn ask(&self, peer: &Peer, request: Request) -> Reply {
        self.requests.answer(peer, request).await
    }

    /// Why `request` is refused.
    pub async fn refusal(&self, peer: &Peer, request: Request) -> String {
        match self.ask(peer, request).await {
            Reply::Refused { error } => error,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// From `from` on `service` is in this state.
    pub async fn measured(&self, service: &str, from: &str, state: ServiceState) {
        let (service, from) = (service.to_owned(), at(from));
        let fact = Fact::State { service, from, state, evidence: None };
        self.ledger.record(vec![(from, fact)]).await.unwrap();
    }

    /// `service` is down from `from` until `until`.
    pub async fn outage(&self, service: &str, from: &str, until: &str) {
        let down = ServiceState::Down { cause: "http_status".to_owned() };
        self.measured(service, from, down).await;
        self.measured(service, until, ServiceState::Up).await;
    }

    /// A customer reported downtime, and the report was accepted (C5.2).
    pub async fn report_fault(&self, service: &str, from: &str, until: &str) {
        let (service, id, by) = (service.to_owned(), "A1".to_owned(), "cilla".to_owned());
        let claimed = Fact::AdjustmentClaimed {
            id: id.clone(),
            kind: AdjustmentKind::Include,
            service,
            from: at(from),
            until: at(until),
            ground: Ground::FaultReport,
            evidence: "ticket 17".to_owned(),
            by: by.clone(),
        };
        let decided = Fact::AdjustmentDecided { id, decision: Decision::Accepted, by };
        let now = self.clock.now().wall;
        self.ledger.record(vec![(now, claimed), (now, decided)]).await.unwrap();
    }

    /// How many facts are on record.
    pub fn facts(&self) -> u64 {
        self.ledger.read(|history| history.next_seq())
    }
}

/// A member of upptid-operate.
pub fn operator() -> Peer {
    Peer { account: "anna".to_owned(), may_operate: true, may_adjust: false }
}

/// A member of upptid-adjust.
pub fn adjuster(account: &str) -> Peer {
    Peer { account: account.to_owned(), may_operate: false, may_adjust: true }
}
