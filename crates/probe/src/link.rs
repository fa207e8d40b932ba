//! The connection of one attempt that does not speak HTTP: dialled as all are, one question at a
//! time, every step noted.

use std::io;
use std::net::SocketAddr;

use contract::{DownCause, Evidence, Outcome, Phase};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::attempt::{Attempt, Step};
use crate::failure::{Failure, of_stream, own_trouble, source_of};
use crate::settings::{Encryption, Endpoint};
use crate::tls::{self, Secured};
use crate::trace::Trace;

/// Bytes of one answer.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Questions of one attempt: far more than any of these logins asks.
pub const QUESTIONS_MAX: u32 = 32;

/// What is sent, which may be nothing.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// The step that it is.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: &'q [u8],
    /// What a person may see of it: without the account's secrets, and readable.
    pub shown: &'q str,
}

impl<'q> Question<'q> {
    /// Words without a secret.
    pub fn words(name: &'static str, words: &'q str) -> Self {
        Question { name, bytes: words.as_bytes(), shown: words }
    }
}

/// How long the answer at the beginning of some bytes is; none where it has not ended yet.
pub type Framed = Result<Option<usize>, Failure>;

/// The connection of one attempt.
pub struct Link<'a> {
    /// What the attempt notes.
    pub trace: Trace<'a>,
    endpoint: &'a Endpoint,
    stream: Stream,
    /// Received, and no answer yet.
    unread: Vec<u8>,
    /// What the service said last.
    said: String,
}

enum Stream {
    None,
    Plain(TcpStream),
    Tls(Box<Secured>),
}

impl<'a> Link<'a> {
    /// A link that is dialled by its first question.
    pub fn new(endpoint: &'a Endpoint, trace: Trace<'a>) -> Self {
        let (unread, said) = (Vec::new(), String::new());
        Link { trace, endpoint, stream: Stream::None, unread, said }
    }

    /// Whether TLS has to be asked for before anything is said.
    pub fn wants_start_tls(&self) -> bool {
        let is_encrypted = matches!(self.stream, Stream::Tls(_));
        self.endpoint.encryption() == Encryption::StartTls && !is_encrypted
    }

    /// The address that the connection comes from.
    pub fn local_address(&self) -> Option<SocketAddr> {
        match &self.stream {
            Stream::None => None,
            Stream::Plain(tcp) => tcp.local_addr().ok(),
            Stream::Tls(tls) => tls.get_ref().0.stream().local_addr().ok(),
        }
    }

    /// Sends a question and reads its whole answer. `frame` says where that ends.
    pub async fn ask(
        &mut self,
        question: Question<'_>,
        frame: impl Fn(&[u8]) -> Framed,
    ) -> Result<Vec<u8>, Failure> {
        let mut step = Trace::step(question.name, self.endpoint.shown());
        step.address = self.trace.steps.last().and_then(|step| step.address);
        self.said.clear();
        if let Some(exchanges) = &mut self.trace.exchanges {
            exchanges.said(question.name, question.shown);
        }
        let result = self.exchange(&mut step, question.bytes, frame).await;
        self.trace.steps.push(step);
        if self.trace.exchanges.is_some() {
            let heard = result.as_ref().map_or_else(|_| self.said.clone(), |bytes| readable(bytes));
            self.show_answer(&heard);
        }
        result
    }

    /// Sends a question that bears a secret: over TLS only (C1.5).
    pub async fn ask_in_confidence(
        &mut self,
        question: Question<'_>,
        frame: impl Fn(&[u8]) -> Framed,
    ) -> Result<Vec<u8>, Failure> {
        if self.wants_start_tls() {
            return Err(Failure::down(DownCause::NoStartTls, ""));
        }
        self.ask(question, frame).await
    }

    /// Sends what has no answer.
    pub async fn tell(&mut self, words: Question<'_>) -> Result<(), Failure> {
        self.ask(words, |_| Ok(Some(0))).await.map(drop)
    }

    /// What a person is shown of the last answer, where its bytes cannot be read.
    pub fn show_answer(&mut self, shown: &str) {
        if let Some(exchanges) = self.trace.exchanges.as_mut().filter(|_| !shown.is_empty()) {
            exchanges.heard(shown);
        }
    }

    /// Notes what the last answer said: its status, if it has one, and its words.
    pub fn note_answer(&mut self, status: Option<u16>, words: &[u8]) {
        self.said = String::from_utf8_lossy(words).into_owned();
        if let Some(step) = self.trace.steps.last_mut() {
            step.status = status;
        }
    }

    /// Shakes hands, after the service has agreed to it. The phase is the last step's.
    pub async fn start_tls(&mut self) -> Result<(), Failure> {
        // What was sent before the handshake could be anybody's.
        if !self.unread.is_empty() {
            let detail = "more than its consent to TLS came unencrypted";
            return Err(Failure::down(DownCause::Protocol, detail));
        }
        let Stream::Plain(tcp) = std::mem::replace(&mut self.stream, Stream::None) else {
            return Err(Failure::down(DownCause::Protocol, "no connection to encrypt"));
        };
        let Some(mut step) = self.trace.steps.pop() else {
            return Err(Failure::down(DownCause::Protocol, "nobody has asked for TLS"));
        };
        let tls = self.trace.shake_hands(&self.endpoint.host(), tcp, &mut step).await;
        self.trace.steps.push(step);
        self.stream = Stream::Tls(Box::new(tls?));
        Ok(())
    }

    /// Puts the attempt together.
    pub fn finish(self, result: Result<String, Failure>) -> Attempt {
        let said = self.said;
        self.trace.finish(result, |trace, outcome| {
            // A good answer holds what only its user may see (C10.5).
            let said = Some(trace.redactor.excerpt_of_text(&said))
                .filter(|said| outcome != Outcome::Up && !said.is_empty());
            let status = trace.steps.last().and_then(|step| step.status);
            Evidence { status, excerpt: said, ..trace.evidence() }
        })
    }

    async fn exchange(
        &mut self,
        step: &mut Step,
        question: &[u8],
        frame: impl Fn(&[u8]) -> Framed,
    ) -> Result<Vec<u8>, Failure> {
        if matches!(self.stream, Stream::None) {
            self.dial(step).await?;
        }
        if self.trace.requests >= QUESTIONS_MAX {
            let detail = format!("over {QUESTIONS_MAX} questions in one attempt");
            return Err(Failure::down(DownCause::Protocol, detail));
        }
        self.trace.requests += 1;
        let received_before = self.unread.len();
        let clock = self.trace.clock;
        let (stream, unread) = (&mut self.stream, &mut self.unread);
        let result = match stream {
            Stream::None => Err(Failure::down(DownCause::Closed, "")),
            Stream::Plain(tcp) => converse(tcp, unread, question, &frame, &clock, step).await,
            Stream::Tls(tls) => converse(tls, unread, question, &frame, &clock, step).await,
        };
        let received = self.unread.len().saturating_sub(received_before);
        self.trace.bytes_received += u64::try_from(received).unwrap_or(u64::MAX);
        let length = match result {
            Ok(length) => length.min(self.unread.len()),
            Err(failure) => {
                self.said = readable(&self.unread);
                return Err(failure);
            }
        };
        let rest = self.unread.split_off(length);
        Ok(std::mem::replace(&mut self.unread, rest))
    }

    async fn dial(&mut self, step: &mut Step) -> Result<(), Failure> {
        let host = self.endpoint.host();
        let tcp = self.trace.connect(&host, self.endpoint.port(), step).await?;
        self.stream = match self.endpoint.encryption() {
            Encryption::Tls => {
                Stream::Tls(Box::new(self.trace.shake_hands(&host, tcp, step).await?))
            }
            Encryption::StartTls | Encryption::Own => Stream::Plain(tcp),
        };
        Ok(())
    }
}

/// An answer as text; what is none is told by its length.
fn readable(bytes: &[u8]) -> String {
    let is_text = |text: &&str| text.chars().all(|c| c.is_ascii_whitespace() || !c.is_control());
    match std::str::from_utf8(bytes).ok().filter(is_text) {
        Some(text) => text.to_owned(),
        None => format!("{} bytes that are no text", bytes.len()),
    }
}

/// Sends the question and reads until its answer has ended; gives the answer's length.
async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    unread: &mut Vec<u8>,
    question: &[u8],
    frame: &impl Fn(&[u8]) -> Framed,
    clock: &crate::clock::Clock,
    step: &mut Step,
) -> Result<usize, Failure> {
    let begins = async {
        let sent = async {
            stream.write_all(question).await?;
            stream.flush().await
        };
        sent.await.map_err(|error| of_io(&error, DownCause::Closed, DownCause::Silence))?;
        let length = frame(unread)?;
        if length.is_none() {
            receive(stream, unread, DownCause::Closed, DownCause::Silence).await?;
        }
        Ok(length)
    };
    let length = clock.phase(Phase::Processing, &mut step.phases, begins).await?;
    if let Some(length) = length {
        return Ok(length);
    }
    let ends = async {
        loop {
            if let Some(length) = frame(unread)? {
                return Ok(length);
            }
            let (closed, silent) = (DownCause::TransferClosed, DownCause::TransferTimeout);
            receive(stream, unread, closed, silent).await?;
        }
    };
    clock.phase(Phase::Transfer, &mut step.phases, ends).await
}

/// Receives some bytes more.
async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    unread: &mut Vec<u8>,
    closed: DownCause,
    silent: DownCause,
) -> Result<(), Failure> {
    if unread.len() >= ANSWER_BYTES_MAX {
        return Err(Failure::down(
            DownCause::BodyTooLarge,
            format!("over {ANSWER_BYTES_MAX} bytes"),
        ));
    }
    let mut part = [0; 4096];
    let length = stream.read(&mut part).await.map_err(|error| of_io(&error, closed, silent))?;
    if length == 0 {
        return Err(Failure::down(closed, ""));
    }
    unread.extend_from_slice(&part[..length]);
    Ok(())
}

/// What a failure to read or write means; `closed` when the connection ended, `silent` when its
/// packets were not answered any more.
pub fn of_io(error: &io::Error, closed: DownCause, silent: DownCause) -> Failure {
    if let Some(error) = source_of::<rustls::Error>(error) {
        return tls::of_error(error);
    }
    own_trouble(error).unwrap_or_else(|| Failure::down(of_stream(error, closed, silent), ""))
}
