//! A journal of two customers over three months, written by the ledger and closed as the agent
//! closes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use contract::{Fact, Instant, Month, MonthClose, SignedStatement};
use ledger::{Ledger, OpenOptions, read_until};
use serde_json::{Value, json};
use statement::document::{LedgerPosition, Status};
use statement::{Asked, Signature, SigningKey, compose, json as envelope, sha256};

/// The customer whose October was bad.
pub const CUSTOMER: &str = "Exempelbolaget AB";
/// The other one.
pub const OTHER: &str = "Annan AB";

/// A state folder, with its journal open.
pub struct State {
    pub dir: tempfile::TempDir,
    pub ledger: Ledger,
    pub key: SigningKey,
}

impl State {
    /// Everything up to the end of October 2026, which is not closed yet.
    pub fn october() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = OpenOptions {
            dir: dir.path().to_owned(),
            agent: "gbg-1".to_owned(),
            version: "test".to_owned(),
            now: instant("2026-08-20T00:00:00Z"),
        };
        let (ledger, _) = Ledger::open(options).unwrap();
        let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
        let state = State { dir, ledger, key };
        let began = "2026-08-20T00:00:00Z";
        state.record(
            began,
            json!({"fact": "provider_set", "name": "Exempel Drift AB", "classification": "ÖPPEN"}),
        );
        state.record(
            began,
            json!({"fact": "signing_key_set", "public_key": state.key.public_key()}),
        );
        for (service, customer) in [("portal", CUSTOMER), ("other", OTHER)] {
            state.record(
                began,
                json!({"fact": "service_set", "service": service, "month": "2026-08",
                       "customer": customer, "terms": "standard", "monthly_fee": "12500.00 SEK"}),
            );
            state.up(service, began);
        }
        state.record(
            "2026-08-21T00:00:00Z",
            json!({"fact": "stop_announced", "id": "S1", "services": ["portal"], "by": "karin",
                   "from": "2026-10-03T20:00:00Z", "until": "2026-10-03T22:00:00Z", "reason": "byte av disk"}),
        );
        // Down over the end of September in UTC, and of the local month.
        state.down("portal", "2026-09-30T21:50:00Z", "2026-09-30T22:20:00Z");
        state.down("portal", "2026-10-03T20:10:00Z", "2026-10-03T20:40:00Z");
        state.down("portal", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z");
        state.down("other", "2026-10-31T22:59:00Z", "2026-10-31T23:10:00Z");
        state.measured("2026-10-31T23:15:00Z");
        state
    }

    /// The same, closed.
    pub fn closed() -> Self {
        let state = State::october();
        for customer in [OTHER, CUSTOMER] {
            state.close(customer, 0, "2026-10-31T23:15:05Z");
        }
        state
    }

    pub fn record(&self, at: &str, fact: Value) -> u64 {
        let fact: Fact = serde_json::from_value(fact).unwrap();
        self.ledger.record(vec![(instant(at), fact)]).wait().unwrap().last_seq
    }

    pub fn measured(&self, until: &str) {
        self.record(until, json!({"fact": "measured", "until": until}));
    }

    fn up(&self, service: &str, from: &str) {
        self.record(
            from,
            json!({"fact": "state", "service": service, "from": from, "state": "up"}),
        );
    }

    pub fn down(&self, service: &str, from: &str, until: &str) {
        let evidence = json!({"message": format!("no answer at {from}"), "url": "https://portal.example/login"});
        self.record(
            from,
            json!({"fact": "state", "service": service, "from": from, "state": "down",
                   "cause": "silence", "evidence": evidence}),
        );
        self.up(service, until);
    }

    /// Closes October of a customer, as the agent does.
    pub fn close(&self, customer: &str, revision: u32, at: &str) -> SignedStatement {
        let month: Month = "2026-10".parse().unwrap();
        let (history, tip) = read_until(&self.journal(), month.prev(), None).unwrap();
        let position = LedgerPosition { seq: tip.seq, hash: tip.hash.to_string() };
        let asked = Asked {
            customer: Some(customer),
            month,
            revision,
            status: Status::Closed,
            issued_at: instant(at),
            ledger: position.clone(),
        };
        let document = compose(&history, &asked).unwrap();
        let bytes = envelope::document_bytes(&document);
        let Signature { public_key, value } = self.key.sign(&bytes);
        let signed = SignedStatement {
            customer: Some(customer.to_owned()),
            month,
            revision,
            issued_at: instant(at),
            used_seq: position.seq,
            used_hash: position.hash.clone(),
            sha256: sha256(&bytes),
            public_key,
            signature: value,
        };
        let closes = document.services.iter().map(|section| {
            Fact::MonthClosed(Box::new(MonthClose {
                service: section.service.clone(),
                month,
                revision,
                used_seq: position.seq,
                used_hash: position.hash.clone(),
                figure: section.figure.clone(),
            }))
        });
        let facts = closes.chain([Fact::StatementSigned(Box::new(signed.clone()))]);
        let facts = facts.map(|fact| (instant(at), fact)).collect();
        self.ledger.record(facts).wait().unwrap();
        signed
    }

    /// Takes half an hour of October's downtime out, and makes the revision.
    pub fn revise(&self) -> SignedStatement {
        self.record(
            "2026-11-02T00:00:00Z",
            json!({"fact": "adjustment_claimed", "id": "A1", "kind": "exclude", "service": "portal",
                   "from": "2026-10-25T00:30:00Z", "until": "2026-10-25T01:00:00Z",
                   "ground": "customer_equipment", "evidence": "brandvägg", "by": "karin"}),
        );
        self.record(
            "2026-11-03T00:00:00Z",
            json!({"fact": "adjustment_decided", "id": "A1", "decision": "accepted", "by": "olle"}),
        );
        self.close(CUSTOMER, 1, "2026-11-03T00:00:05Z")
    }

    pub fn journal(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    /// A file of the state folder's own place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs `upptid statement` of October on the state folder.
    pub fn statement(&self, arguments: &[&str]) -> Finished {
        let mut all = vec!["statement", "--month", "2026-10", "--state-dir"];
        let dir = self.dir.path().to_str().unwrap();
        all.push(dir);
        all.extend(arguments);
        upptid(&all)
    }

    /// Writes a statement to a file, and gives its path.
    pub fn write(&self, name: &str, arguments: &[&str]) -> String {
        let path = self.path(name).to_str().unwrap().to_owned();
        let mut all = vec!["--customer", CUSTOMER, "--out", &path];
        all.extend(arguments);
        let finished = self.statement(&all);
        assert_eq!(finished.code, 0, "{finished:?}");
        path
    }

    /// An export for the customer, which hides the other's lines.
    pub fn export(&self) -> String {
        let path = self.path("export.jsonl").to_str().unwrap().to_owned();
        let dir = self.dir.path().to_str().unwrap();
        let made = upptid(&["export", "--customer", CUSTOMER, "--out", &path, "--state-dir", dir]);
        assert_eq!(made.code, 0, "{made:?}");
        assert!(!fs::read_to_string(&path).unwrap().contains(OTHER));
        path
    }
}

/// What the program left behind.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Finished {
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Finished {
            code: output.status.code().expect("no signal ended it"),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the program to its end.
pub fn upptid(arguments: &[&str]) -> Finished {
    let mut command = Command::new(env!("CARGO_BIN_EXE_upptid"));
    command.args(arguments).stdin(Stdio::null());
    command.output().unwrap().into()
}

/// Changes one bit of a file.
pub fn flip(path: impl AsRef<Path>, bit: usize) {
    let mut bytes = fs::read(&path).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(&path, bytes).unwrap();
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}
