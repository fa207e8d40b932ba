//! Letters by mail: SMTP with STARTTLS or TLS, one letter to one recipient at a time.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use contract::Instant;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue,
};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message as MailMessage};
use secrecy::ExposeSecret;

use crate::compose::{EnclosedFile, Message};
use crate::secrets::cut;
use crate::settings::{Mail, MailTls};
use crate::trouble::Trouble;

/// How long it may take to connect, and to answer one command.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(30);
/// How long one letter may take, from the connection to the server's acceptance.
const LETTER_TIME_MAX: Duration = Duration::from_secs(120);
/// How long it is waited for the server's good-bye.
const QUIT_TIME_MAX: Duration = Duration::from_secs(2);
/// Ways to give the password; all of them over TLS, or to this machine.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// Sends letters over one connection for as long as that lasts.
pub struct Mailer {
    settings: Mail,
    from: Mailbox,
    tls: Option<TlsParameters>,
    connection: Option<AsyncSmtpConnection>,
}

/// Whether a server takes `text` for a mail address.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

impl Mailer {
    /// A mailer that has not connected yet.
    ///
    /// # Errors
    /// A sender's address or certificates that cannot be used.
    pub fn new(settings: &Mail) -> Result<Self, String> {
        let address: Address =
            settings.from.parse().map_err(|_| "from is no mail address".to_owned())?;
        Ok(Mailer {
            from: Mailbox::new(Some("Upptid".to_owned()), address),
            tls: tls(settings).map_err(|error| format!("TLS cannot be set up: {error}"))?,
            settings: settings.clone(),
            connection: None,
        })
    }

    /// Sends `message` to the address `to` of `contact`; when this returns, the server has
    /// accepted it.
    ///
    /// # Errors
    /// Why it did not. The messages name `contact`, never its address.
    pub async fn send(
        &mut self,
        message: &Message,
        contact: &str,
        to: &str,
        date: Instant,
    ) -> Result<(), Trouble> {
        let sending = tokio::time::timeout(LETTER_TIME_MAX, self.try_send(message, to, date));
        let sent = match sending.await {
            Ok(sent) => sent,
            Err(_) => Err(Trouble::Way("the mail server did not answer in time".to_owned())),
        };
        if sent.is_err() {
            // After any error it is not known where the conversation stands.
            self.connection = None;
        }
        sent.map_err(|trouble| self.cut_secrets(trouble, contact, to))
    }

    /// Ends the connection, if there is one.
    pub async fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            // What was sent is accepted, whatever comes of it.
            let _ = tokio::time::timeout(QUIT_TIME_MAX, connection.quit()).await;
        }
    }

    async fn try_send(
        &mut self,
        message: &Message,
        to: &str,
        date: Instant,
    ) -> Result<(), Trouble> {
        let to: Address = to
            .parse()
            .map_err(|_| Trouble::Refused("the contact's mail address cannot be used".into()))?;
        let mail = self.written(message, to, date)?;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            closed => closed.insert(connect(&self.settings, self.tls.as_ref()).await?),
        };
        match connection.send(mail.envelope(), &mail.formatted()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(after_connecting(&error)),
        }
    }

    fn written(
        &self,
        message: &Message,
        to: Address,
        date: Instant,
    ) -> Result<MailMessage, Trouble> {
        let domain = self.from.email.domain();
        let references: Vec<String> =
            message.threads.iter().map(|id| format!("<{id}@{domain}>")).collect();
        let date = SystemTime::UNIX_EPOCH + Duration::from_millis(date.ms().max(0).unsigned_abs());
        let mut mail = MailMessage::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(message.subject.as_str())
            .date(date)
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            // Nobody's holiday reply is wanted (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if !references.is_empty() {
            mail = mail.references(references.join(" "));
        }
        if message.is_reply
            && let Some(first) = references.first()
        {
            mail = mail.in_reply_to(first.clone());
        }
        // Boundaries are of the letter itself, so that the same letter has the same bytes.
        let mut parts = MultiPart::alternative()
            .boundary(format!("upptid-{}", message.id))
            .singlepart(SinglePart::plain(message.text.clone()))
            .singlepart(SinglePart::html(message.html.clone()));
        if !message.files.is_empty() {
            let boundary = format!("upptid-{}-files", message.id);
            parts = MultiPart::mixed().boundary(boundary).multipart(parts);
            for file in &message.files {
                parts = parts.singlepart(attached(file)?);
            }
        }
        mail.multipart(parts).map_err(|error| Trouble::Refused(error.to_string()))
    }

    /// A server may repeat what it was told: neither the password, in any form in which it was
    /// sent, nor an address is shown.
    fn cut_secrets(&self, trouble: Trouble, contact: &str, to: &str) -> Trouble {
        let mut hidden = vec![(to.to_owned(), contact)];
        if let Some(account) = &self.settings.account {
            let (user, password) = (&account.user, account.password.expose_secret());
            let plain = BASE64.encode(format!("\0{user}\0{password}"));
            let forms = [plain, BASE64.encode(password), password.to_owned()];
            hidden.extend(forms.map(|form| (form, "<password>")));
        }
        let hidden: Vec<(&str, &str)> =
            hidden.iter().map(|(secret, name)| (secret.as_str(), *name)).collect();
        let cut = |why: String| cut(&why, &hidden);
        match trouble {
            Trouble::Way(why) => Trouble::Way(cut(why)),
            Trouble::Later(why) => Trouble::Later(cut(why)),
            Trouble::Refused(why) => Trouble::Refused(cut(why)),
        }
    }
}

/// A file as a part of a mail, in base64: not a byte of what is signed is rewritten on the way.
fn attached(file: &EnclosedFile) -> Result<SinglePart, Trouble> {
    let wrong = || Trouble::Refused(format!("{} cannot be attached", file.name));
    let media_type = ContentType::parse(file.media_type).map_err(|_| wrong())?;
    let body = Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| wrong())?;
    let disposition = Attached { name: file.name.clone() };
    Ok(SinglePart::builder().header(disposition).header(media_type).body(body))
}

/// The disposition of a file. The library's own cuts a long name into pieces (RFC 2231, 3), of which
/// some readers of mail show the first.
#[derive(Clone)]
struct Attached {
    name: String,
}

impl Header for Attached {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Disposition")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("it is only written".into())
    }

    fn display(&self) -> HeaderValue {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
        let name: String = self.name.chars().filter(|&letter| plain(letter)).collect();
        let [value, folded] =
            [" ", "\r\n "].map(|space| format!("attachment;{space}filename=\"{name}\""));
        HeaderValue::dangerous_new_pre_encoded(Self::name(), value, folded)
    }
}

fn tls(settings: &Mail) -> Result<Option<TlsParameters>, SmtpError> {
    if settings.tls == MailTls::None {
        return Ok(None);
    }
    let mut tls = TlsParameters::builder(settings.host.clone());
    if let Some(roots) = &settings.roots {
        tls = tls.certificate_store(CertificateStore::None);
        for root in roots.iter() {
            tls = tls.add_root_certificate(Certificate::from_der(root.to_vec())?);
        }
    }
    tls.build_rustls().map(Some)
}

/// Connects, encrypts and logs in. Whatever fails here would fail for any letter.
async fn connect(
    settings: &Mail,
    tls: Option<&TlsParameters>,
) -> Result<AsyncSmtpConnection, Trouble> {
    let way = |doing: &str, error: &SmtpError| {
        let (host, port) = (&settings.host, settings.port);
        Trouble::Way(format!("cannot {doing} {host}:{port}: {}", causes(error)))
    };
    let domain = settings.from.rsplit('@').next().unwrap_or("localhost");
    let hello = ClientId::Domain(domain.to_owned());
    let at_once = tls.filter(|_| settings.tls == MailTls::Tls).cloned();
    let server = (settings.host.as_str(), settings.port);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(server, Some(COMMAND_TIME_MAX), &hello, at_once, None)
            .await
            .map_err(|error| way("connect to", &error))?;
    if let Some(tls) = tls.filter(|_| settings.tls == MailTls::StartTls) {
        connection
            .starttls(tls.clone(), &hello)
            .await
            .map_err(|error| way("encrypt the connection to", &error))?;
    }
    if let Some(account) = &settings.account {
        let password = account.password.expose_secret().to_owned();
        let credentials = Credentials::new(account.user.clone(), password);
        connection
            .auth(&MECHANISMS, &credentials)
            .await
            .map_err(|error| way("log in to", &error))?;
    }
    Ok(connection)
}

/// What a server said to a letter, and what follows from it.
fn after_connecting(error: &SmtpError) -> Trouble {
    let why = format!("the mail server answered: {}", causes(error));
    // 421: the server itself is not available (RFC 5321, 4.2.1).
    let is_closing = error.status().is_some_and(|status| status.to_string() == "421");
    match () {
        () if error.is_permanent() => Trouble::Refused(why),
        () if error.is_transient() && !is_closing => Trouble::Later(why),
        () if error.is_client() => Trouble::Refused(causes(error)),
        () => Trouble::Way(causes(error)),
    }
}

/// An error with all that caused it, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
