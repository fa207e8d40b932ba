//! A mail server that keeps what it takes: SMTP with STARTTLS or TLS, and authentication.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::ServerConfig;

use crate::listener::Listener;
use crate::stream::{Certificate, Stream};

/// How a mail server is to be.
#[derive(Default)]
pub struct MailOptions {
    /// Its certificate; none: it offers no encryption.
    pub certificate: Option<Certificate>,
    /// Whether it encrypts from the first byte; otherwise it offers STARTTLS.
    pub encrypts_at_once: bool,
    /// The user and password that it asks for.
    pub account: Option<(String, String)>,
    /// The port; 0: a free one.
    pub port: u16,
}

/// What goes wrong, from the next connection or command on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MailFault {
    /// Nothing.
    #[default]
    None,
    /// It greets with 421.
    Unavailable,
    /// It puts off every recipient with 451.
    PutsOff,
    /// It keeps a mail, and closes the connection before it says so.
    TakesAndDrops,
    /// It closes the connection in the middle of a mail.
    DropsInData,
    /// Its answers to a login repeat what was sent.
    Tells,
}

/// A mail that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// `MAIL FROM`.
    pub from: String,
    /// `RCPT TO`.
    pub to: String,
    /// Headers and body, as they came.
    pub data: String,
    /// Whether the connection was encrypted.
    pub was_encrypted: bool,
    /// Who had logged in.
    pub user: Option<String>,
}

impl Mail {
    /// A header's value, unfolded; empty if it is not there.
    pub fn header(&self, name: &str) -> String {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let found = unfolded.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        found.unwrap_or_default()
    }

    /// The files that go with it, in base64 each.
    pub fn attached(&self) -> Vec<AttachedFile> {
        let parts = self.data.split("\r\n--").filter_map(|part| part.split_once("\r\n\r\n"));
        let field = |head: &str, name: &str, ends: char| {
            let (_, rest) = head.split_once(name)?;
            Some(rest.split([ends, '\r']).next().unwrap_or_default().to_owned())
        };
        let attached = parts.filter(|(head, _)| head.contains("Content-Disposition: attachment;"));
        attached
            .map(|(head, body)| (head.replace("\r\n ", " "), body))
            .map(|(head, body)| AttachedFile {
                name: field(&head, "filename=\"", '"').unwrap_or_default(),
                media_type: field(&head, "Content-Type: ", ';').unwrap_or_default(),
                bytes: BASE64.decode(body.replace("\r\n", "")).unwrap_or_default(),
            })
            .collect()
    }

    /// All of it as text: encoded words and bodies decoded, as a reader sees them.
    pub fn readable(&self) -> String {
        let mut text = self.header("subject");
        for part in self.data.split("\r\n\r\n").collect::<Vec<_>>().windows(2) {
            let (head, body) = (part[0].to_ascii_lowercase(), part[1]);
            let body = body.split("\r\n--").next().unwrap_or_default();
            text.push('\n');
            text.push_str(&match () {
                () if head.contains("encoding: base64") => decoded(&body.replace("\r\n", "")),
                () if head.contains("encoding: quoted-printable") => unquoted(body),
                () => body.to_owned(),
            });
        }
        words(&text)
    }
}

/// A file that goes with a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttachedFile {
    /// What it is called.
    pub name: String,
    /// What it is: `application/pdf`.
    pub media_type: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// A running mail server.
pub struct MailServer {
    listener: Listener,
    shared: Arc<Shared>,
}

struct Shared {
    tls: Option<Arc<ServerConfig>>,
    encrypts_at_once: bool,
    account: Option<(String, String)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    refused: BTreeMap<String, u16>,
    fault: MailFault,
    connections: usize,
}

impl MailServer {
    /// Starts one on 127.0.0.1.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn start(options: MailOptions) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            tls: options.certificate.map(Certificate::config),
            encrypts_at_once: options.encrypts_at_once,
            account: options.account,
            state: Mutex::default(),
        });
        let serving = shared.clone();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = Listener::start(address, move |stream| Conversation::run(&serving, stream))?;
        Ok(MailServer { listener, shared })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.listener.address().port()
    }

    /// What it has taken, in that order.
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.state().mails.clone()
    }

    /// How often it was connected to.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Refuses an address with this code; 0 takes it again.
    pub fn refuse(&self, address: &str, code: u16) {
        let mut state = self.shared.state();
        match code {
            0 => drop(state.refused.remove(address)),
            code => drop(state.refused.insert(address.to_owned(), code)),
        }
    }

    /// Makes something go wrong.
    pub fn inject(&self, fault: MailFault) {
        self.shared.state().fault = fault;
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection.
struct Conversation<'a> {
    shared: &'a Shared,
    stream: Stream,
    user: Option<String>,
    from: String,
    to: Option<String>,
}

impl<'a> Conversation<'a> {
    fn run(shared: &'a Shared, stream: Stream) -> io::Result<()> {
        let fault = {
            let mut state = shared.state();
            state.connections += 1;
            state.fault
        };
        let stream = match &shared.tls {
            Some(tls) if shared.encrypts_at_once => stream.encrypted(tls)?,
            _ => stream,
        };
        let mut own = Conversation { shared, stream, user: None, from: String::new(), to: None };
        if fault == MailFault::Unavailable {
            return own.say("421 4.3.2 try again later");
        }
        own.say("220 mail.test ready")?;
        while let Some(line) = own.stream.line()? {
            let line = String::from_utf8_lossy(&line).into_owned();
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" | "HELO" => own.hello()?,
                "STARTTLS" => match &shared.tls {
                    Some(tls) if !own.stream.is_encrypted() => {
                        own.say("220 go ahead")?;
                        own.stream = own.stream.encrypted(tls)?;
                    }
                    _ => own.say("454 4.7.0 not here")?,
                },
                "AUTH" => own.log_in(&line)?,
                "MAIL" => own.mail(&line)?,
                "RCPT" => own.recipient(&line)?,
                "DATA" => {
                    if !own.data()? {
                        return Ok(());
                    }
                }
                "QUIT" => return own.say("221 bye"),
                _ => own.say("250 ok")?,
            }
        }
        Ok(())
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())?;
        self.stream.flush()
    }

    fn hello(&mut self) -> io::Result<()> {
        let mut lines = vec!["mail.test", "8BITMIME"];
        if self.shared.tls.is_some() && !self.stream.is_encrypted() {
            lines.push("STARTTLS");
        }
        if self.shared.account.is_some() {
            lines.push("AUTH PLAIN LOGIN");
        }
        let last = lines.len() - 1;
        for (place, line) in lines.into_iter().enumerate() {
            self.say(&format!("250{}{line}", if place == last { ' ' } else { '-' }))?;
        }
        Ok(())
    }

    fn log_in(&mut self, line: &str) -> io::Result<()> {
        let sent = line.split(' ').nth(2).unwrap_or_default();
        let plain = decoded(sent);
        let mut parts = plain.split('\0').skip(1);
        let given = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let account = self.shared.account.as_ref();
        let is_right = account.is_some_and(|(user, password)| given == (user, password));
        if is_right {
            self.user = Some(given.0.to_owned());
            return self.say("235 2.7.0 welcome");
        }
        match self.shared.state().fault == MailFault::Tells {
            true => self.say(&format!("535 5.7.8 {sent} that is {}: no", given.1)),
            false => self.say("535 5.7.8 no"),
        }
    }

    fn mail(&mut self, line: &str) -> io::Result<()> {
        if self.shared.account.is_some() && self.user.is_none() {
            return self.say("530 5.7.0 log in first");
        }
        self.from = address(line);
        self.to = None;
        self.say("250 2.1.0 ok")
    }

    fn recipient(&mut self, line: &str) -> io::Result<()> {
        let to = address(line);
        let (code, fault) = {
            let state = self.shared.state();
            (state.refused.get(&to).copied(), state.fault)
        };
        match code {
            Some(code) => self.say(&format!("{code} 5.1.1 <{to}>: recipient address rejected")),
            None if fault == MailFault::PutsOff => self.say("451 4.7.1 try again later"),
            None => {
                self.to = Some(to);
                self.say("250 2.1.5 ok")
            }
        }
    }

    /// Whether the conversation goes on.
    fn data(&mut self) -> io::Result<bool> {
        let Some(to) = self.to.take() else {
            self.say("503 5.5.1 to whom?")?;
            return Ok(true);
        };
        self.say("354 go ahead")?;
        let mut data = String::new();
        while let Some(line) = self.stream.line()? {
            let fault = self.shared.state().fault;
            if fault == MailFault::DropsInData {
                return Ok(false);
            }
            if line == b"." {
                let (from, user) = (self.from.clone(), self.user.clone());
                let was_encrypted = self.stream.is_encrypted();
                let mail = Mail { from, to, data, was_encrypted, user };
                self.shared.state().mails.push(mail);
                if fault == MailFault::TakesAndDrops {
                    return Ok(false);
                }
                self.say("250 2.0.0 taken")?;
                return Ok(true);
            }
            let line = String::from_utf8_lossy(&line);
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push_str("\r\n");
        }
        Ok(false)
    }
}

/// What stands between `<` and `>`.
fn address(line: &str) -> String {
    let rest = line.split('<').nth(1).unwrap_or_default();
    rest.split('>').next().unwrap_or_default().to_owned()
}

fn decoded(text: &str) -> String {
    let bytes = BASE64.decode(text.trim()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Quoted-printable, read.
fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = hex.filter(|_| byte == b'=').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).replace('\u{a0}', " ")
}

/// Encoded words (RFC 2047) in base64, read.
fn words(text: &str) -> String {
    let mut out = String::new();
    for (place, part) in text.split("=?utf-8?b?").enumerate() {
        match part.split_once("?=") {
            Some((word, rest)) if place > 0 => {
                out.push_str(&decoded(word));
                out.push_str(if rest == " " { "" } else { rest });
            }
            _ => out.push_str(part),
        }
    }
    out
}
