//! What an attempt notes as it goes, whatever it speaks: its time, its steps, its first handshake.

use std::borrow::Cow;

use contract::{Evidence, Outcome};
use tokio::net::TcpStream;
use url::Host;

use crate::attempt::{Attempt, Phases, Step, TlsReport};
use crate::clock::Clock;
use crate::dial::Dialer;
use crate::exchange::Exchanges;
use crate::failure::Failure;
use crate::redact::Redactor;
use crate::tls::Secured;

/// What an attempt notes as it goes.
pub struct Trace<'a> {
    /// The attempt's time.
    pub clock: Clock,
    /// How the service is reached.
    pub dialer: &'a Dialer,
    /// Cuts secrets out of what is shown.
    pub redactor: Cow<'a, Redactor>,
    /// The requests so far.
    pub steps: Vec<Step>,
    /// The first handshake, or the one that failed.
    pub tls: Option<TlsReport>,
    /// What did not change the verdict and should be known.
    pub notes: Vec<String>,
    /// Requests sent.
    pub requests: u32,
    /// Bytes of answers received.
    pub bytes_received: u64,
    /// The requests and answers themselves, if somebody asked for them.
    pub exchanges: Option<Exchanges>,
}

impl<'a> Trace<'a> {
    /// Nothing has happened yet; the time runs from here.
    pub fn new(clock: Clock, dialer: &'a Dialer, redactor: &'a Redactor) -> Self {
        Trace {
            clock,
            dialer,
            redactor: Cow::Borrowed(redactor),
            steps: Vec::with_capacity(8),
            tls: None,
            notes: Vec::new(),
            requests: 0,
            bytes_received: 0,
            exchanges: None,
        }
    }

    /// A step to come, at this address, which is shown as it is.
    pub fn step(name: &'static str, url: String) -> Step {
        Step { name, url, address: None, status: None, phases: Phases::default() }
    }

    /// Connects without TLS.
    pub async fn connect(
        &self,
        host: &Host<&str>,
        port: u16,
        step: &mut Step,
    ) -> Result<TcpStream, Failure> {
        self.dialer.connect(host, port, &self.clock, step).await
    }

    /// Shakes hands over a connection to `host`, and keeps what was seen.
    pub async fn shake_hands(
        &mut self,
        host: &Host<&str>,
        tcp: TcpStream,
        step: &mut Step,
    ) -> Result<Secured, Failure> {
        let mut report = TlsReport::default();
        let result = self.dialer.shake_hands(host, tcp, &self.clock, step, &mut report).await;
        if self.tls.is_none() || result.is_err() {
            self.tls = Some(report).filter(|report| *report != TlsReport::default());
        }
        result
    }

    /// Resolves, connects and shakes hands.
    pub async fn dial(
        &mut self,
        host: &Host<&str>,
        port: u16,
        step: &mut Step,
    ) -> Result<Secured, Failure> {
        let tcp = self.connect(host, port, step).await?;
        self.shake_hands(host, tcp, step).await
    }

    /// Where the attempt has come to.
    pub fn evidence(&self) -> Evidence {
        let step = self.steps.last();
        Evidence {
            url: step.map(|step| step.url.clone()),
            address: step.and_then(|step| step.address).map(|at| at.to_string()),
            ..Evidence::default()
        }
    }

    /// Puts the attempt together. Whatever a service said passes the redactor on its way (C10.3).
    pub fn finish(
        self,
        result: Result<String, Failure>,
        evidence: impl FnOnce(&Self, Outcome) -> Evidence,
    ) -> Attempt {
        let (outcome, phase, message) = match result {
            Ok(message) => (Outcome::Up, None, message),
            Err(failure) => {
                (failure.outcome, failure.phase, self.redactor.clean(&failure.message()))
            }
        };
        let evidence = Evidence { message: message.clone(), ..evidence(&self, outcome) };
        let notes = self.notes.iter().map(|note| self.redactor.clean(note)).collect();
        Attempt {
            outcome,
            phase,
            message,
            duration: self.clock.elapsed(),
            steps: self.steps,
            tls: self.tls,
            evidence,
            notes,
            requests: self.requests,
            bytes_received: self.bytes_received,
            exchanges: self.exchanges.map(|all| all.cleaned(&self.redactor)),
        }
    }
}
