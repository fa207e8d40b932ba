//! A login to a shell by SSH.
//!
//! The host must show a key that it is known by, or nobody's client goes on: down, `host_key`. Then
//! the server is asked which methods it takes, and one of them is tried, once. The proof is that a
//! session opens, or that the configured command says what it should. How a refusal is understood:
//!
//! | answer | verdict |
//! |---|---|
//! | the connection ends before the greeting | down, `closed` |
//! | another host key | down, `host_key` |
//! | no algorithm in common; no method that this probe has; a second factor | unable, `needs_recipe` |
//! | the password or key is refused | account, rejected |
//! | the connection ends instead | as the server says, also in a banner after the password; else down, `closed` |
//! | signed in without a password | down, `no_proof` |
//! | no session; the command fails or says something else | down, `no_proof` |
//! | no session as a matter of policy, and no command configured | up: that is how the account is made |
//! | what is not SSH | down, `protocol` |
//!
//! A server says "permission denied" also when what stands behind it is broken (PAM with its
//! directory gone), and of a locked account. Only a second account tells (C3.5).

mod leash;
mod talk;

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use contract::{AccountCause, DownCause, Evidence, Outcome, Phase, UnableCause};
use russh::client::{
    AuthResult, Config, DisconnectReason, Handle, Handler, KeyboardInteractiveAuthResponse,
    connect_stream,
};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{ChannelMsg, ChannelOpenFailure, Disconnect, Error, MethodKind, MethodSet};
use secrecy::ExposeSecret;

use self::leash::{Leash, TooMuch, leash};
use self::talk::Talk;
use crate::attempt::{Attempt, Phases};
use crate::failure::{Failure, source_of};
use crate::kinds::direct::by_words;
use crate::link::of_io;
use crate::redact::CUT;
use crate::settings::{Command, Credentials, HostKey, Ssh};
use crate::trace::Trace;

/// Bytes of a command's output that are kept.
pub const OUTPUT_BYTES_MAX: usize = 64 * 1024;
/// Rounds of questions that a server may ask for one password.
const ROUNDS_MAX: usize = 4;

/// Signs in once, looks for the proof, and logs out.
pub async fn attempt(ssh: &Ssh, account: &Credentials, mut trace: Trace<'_>) -> Attempt {
    let mut leash = None;
    let result = sign_in(ssh, account, &mut trace, &mut leash).await;
    let greeting = leash.as_ref().map(Leash::greeting).unwrap_or_default();
    trace.bytes_received = leash.as_ref().map_or(0, Leash::bytes_received);
    trace.finish(result.map(|saw| format!("signed in: {saw}")), |trace, outcome| {
        let said = Some(trace.redactor.excerpt_of_text(&greeting));
        let excerpt = said.filter(|said| outcome != Outcome::Up && !said.is_empty());
        Evidence { excerpt, ..trace.evidence() }
    })
}

/// The key that the host shows to who does not know it. The account is not named to it.
pub async fn host_key(ssh: &Ssh, trace: &mut Trace<'_>) -> Result<HostKey, Failure> {
    let stranger = Ssh { host_keys: Vec::new(), ..ssh.clone() };
    let noted = Arc::<Noted>::default();
    let mut leash = None;
    let result = connect(&stranger, trace, &mut leash, &noted).await;
    trace.bytes_received = leash.as_ref().map_or(0, Leash::bytes_received);
    match (noted.strange_key.get(), result) {
        (Some(key), _) => Ok(HostKey::Whole(key.clone())),
        (None, Err(failure)) => Err(failure),
        (None, Ok(_)) => Err(Failure::down(DownCause::Protocol, "the server shows no key")),
    }
}

async fn sign_in(
    ssh: &Ssh,
    account: &Credentials,
    trace: &mut Trace<'_>,
    leash: &mut Option<Leash>,
) -> Result<&'static str, Failure> {
    let noted = Arc::<Noted>::default();
    let mut handle = connect(ssh, trace, leash, &noted).await?;
    let mut talk = Talk::default();
    let signing = authenticate(&mut handle, ssh, account, &noted, &mut talk);
    let signed = step(trace, ssh, "sign_in", signing).await;
    talk.keep(trace, "sign_in");
    signed.map_err(|failure| noted.instead_of(failure))?;
    let checking = check(&handle, ssh.command.as_ref(), &mut talk);
    let saw = step(trace, ssh, "check", checking).await;
    talk.keep(trace, "check");
    let saw = saw.map_err(|failure| noted.instead_of(failure))?;
    let ending = async {
        // The connection's task ends when the server has let go, or with its leash.
        let _ = handle.disconnect(Disconnect::ByApplication, "", "").await;
        let _ = handle.await;
        Ok(())
    };
    talk.say("disconnect");
    let ended = step(trace, ssh, "log_out", ending).await;
    talk.keep(trace, "log_out");
    if let Err(failure) = ended {
        trace.notes.push(format!("could not log out: {}", failure.message()));
    }
    Ok(saw)
}

/// Does a step on the open connection; its time is the service's.
async fn step<T>(
    trace: &mut Trace<'_>,
    ssh: &Ssh,
    name: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut step = Trace::step(name, ssh.endpoint.shown());
    step.address = trace.steps.last().and_then(|step| step.address);
    trace.requests += 1;
    let result = trace.clock.phase(Phase::Processing, &mut step.phases, work).await;
    trace.steps.push(step);
    result
}

/// Connects, and agrees on keys with a host that is known.
async fn connect(
    ssh: &Ssh,
    trace: &mut Trace<'_>,
    held: &mut Option<Leash>,
    noted: &Arc<Noted>,
) -> Result<Handle<Client>, Failure> {
    let mut step = Trace::step("greeting", ssh.endpoint.shown());
    trace.requests += 1;
    let result = match trace.connect(&ssh.endpoint.host(), ssh.endpoint.port(), &mut step).await {
        Ok(tcp) => {
            let (leash, leashed) = leash(tcp);
            *held = Some(leash);
            let client = Client { known: ssh.host_keys.clone(), noted: Arc::clone(noted) };
            let config = Arc::new(config(&ssh.host_keys));
            let greeted = async { Ok(connect_stream(config, leashed, client).await?) };
            let phases: &mut Phases = &mut step.phases;
            trace.clock.phase(Phase::Processing, phases, greeted).await
        }
        Err(failure) => Err(failure),
    };
    trace.steps.push(step);
    let mut talk = Talk::default();
    talk.say("");
    if let Some(leash) = held {
        let key = noted.key.get().map_or("", String::as_str);
        talk.hear(format!("{}\n{key}", leash.greeting()));
    }
    talk.keep(trace, "greeting");
    result.map_err(|failure| noted.instead_of(failure))
}

/// Only those keys are asked for that the host is known by, as all clients do.
fn config(known: &[HostKey]) -> Config {
    let mut config = Config::default();
    if known.is_empty() {
        return config;
    }
    let known: Option<Vec<Algorithm>> = known.iter().map(HostKey::algorithm).collect();
    if let Some(known) = known {
        let is_known = |offered: &Algorithm| {
            known.iter().any(|own| own == offered || is_rsa(own) && is_rsa(offered))
        };
        let wanted = config.preferred.key.iter().filter(|own| is_known(own)).cloned();
        config.preferred.key = wanted.collect::<Vec<_>>().into();
    }
    config
}

fn is_rsa(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::Rsa { .. })
}

/// Tries the one method that the settings give.
async fn authenticate(
    handle: &mut Handle<Client>,
    ssh: &Ssh,
    account: &Credentials,
    noted: &Noted,
    talk: &mut Talk,
) -> Result<(), Failure> {
    let user = account.user.as_str();
    talk.say(format!("which methods does {user} have"));
    let offered = match handle.authenticate_none(user).await? {
        AuthResult::Success => {
            let detail = "the server lets in without a password";
            return Err(Failure::down(DownCause::NoProof, detail));
        }
        AuthResult::Failure { .. } if handle.is_closed() => return Err(closed()),
        AuthResult::Failure { remaining_methods, .. } => remaining_methods,
    };
    // What everybody is told before the password is not about the account.
    let greeted = noted.take_banner();
    talk.hear(format!("{}\n{greeted}", names(&offered)));
    // A server that names no method may take each.
    let offers = |method: MethodKind| offered.is_empty() || offered.contains(&method);
    let result = match &ssh.key {
        Some(key) if offers(MethodKind::PublicKey) => {
            let key = Arc::clone(key.expose());
            talk.say(format!("publickey, with the {} key", key.algorithm()));
            let hash = match key.algorithm().is_rsa() {
                true => handle.best_supported_rsa_hash().await?.unwrap_or(Some(HashAlg::Sha512)),
                false => None,
            };
            handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(key, hash)).await?
        }
        None if offers(MethodKind::Password) => {
            let password = account.password.expose_secret();
            talk.say(format!("password {CUT}"));
            handle.authenticate_password(user, password).await?
        }
        None if offers(MethodKind::KeyboardInteractive) => {
            answer_questions(handle, account, talk).await?
        }
        _ => return Err(no_method(&offered)),
    };
    match &result {
        AuthResult::Success => talk.hear("accepted"),
        AuthResult::Failure { .. } if handle.is_closed() => {}
        AuthResult::Failure { remaining_methods, .. } => {
            talk.hear(format!("refused; {}", names(remaining_methods)));
        }
    }
    match result {
        AuthResult::Success => Ok(()),
        AuthResult::Failure { .. } if handle.is_closed() => Err(closed()),
        AuthResult::Failure { partial_success: true, .. } => {
            Err(Failure::unable(UnableCause::NeedsRecipe, "the server wants a second factor"))
        }
        AuthResult::Failure { .. } => Err(Failure::account(AccountCause::Rejected, "")),
    }
}

/// Answers the one hidden question with the password.
async fn answer_questions(
    handle: &mut Handle<Client>,
    account: &Credentials,
    talk: &mut Talk,
) -> Result<AuthResult, Failure> {
    use KeyboardInteractiveAuthResponse as Response;
    talk.say("keyboard-interactive");
    let mut asked = handle.authenticate_keyboard_interactive_start(&account.user, None).await?;
    let mut was_told = false;
    for _ in 0..ROUNDS_MAX {
        let prompts = match asked {
            Response::Success => return Ok(AuthResult::Success),
            Response::Failure { remaining_methods, partial_success } => {
                return Ok(AuthResult::Failure { remaining_methods, partial_success });
            }
            Response::InfoRequest { prompts, .. } => prompts,
        };
        talk.hear(prompts.iter().map(|one| one.prompt.as_str()).collect::<Vec<_>>().join("\n"));
        let answers = match prompts.as_slice() {
            [] => {
                talk.say("nothing");
                Vec::new()
            }
            [one] if !one.echo && !was_told => {
                was_told = true;
                talk.say(CUT);
                vec![account.password.expose_secret().to_owned()]
            }
            _ => break,
        };
        asked = handle.authenticate_keyboard_interactive_respond(answers).await?;
    }
    let detail = "the server asks for more than a password";
    Err(Failure::unable(UnableCause::NeedsRecipe, detail))
}

/// Looks for the proof.
async fn check(
    handle: &Handle<Client>,
    command: Option<&Command>,
    talk: &mut Talk,
) -> Result<&'static str, Failure> {
    talk.say("a session");
    use ChannelOpenFailure::{AdministrativelyProhibited, UnknownChannelType};
    let mut channel = match (handle.channel_open_session().await, command) {
        (Ok(channel), _) => channel,
        (Err(Error::ChannelOpenFailure(AdministrativelyProhibited | UnknownChannelType)), None) => {
            talk.hear("not allowed to this account");
            return Ok("the account is accepted");
        }
        (Err(Error::ChannelOpenFailure(why)), _) => {
            talk.hear(format!("{why:?}"));
            let detail = format!("the server opens no session ({why:?})");
            return Err(Failure::down(DownCause::NoProof, detail));
        }
        (Err(error), _) => return Err(error.into()),
    };
    talk.hear("opened");
    let Some(command) = command else {
        channel.close().await?;
        return Ok("a session opens");
    };
    talk.say(command.line.as_str());
    channel.exec(true, command.line.as_str()).await?;
    let mut output = Vec::new();
    let mut status = None;
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                let room = OUTPUT_BYTES_MAX.saturating_sub(output.len());
                output.extend_from_slice(&data[..room.min(data.len())]);
            }
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            ChannelMsg::Failure => break,
            _ => {}
        }
    }
    let ended = status.map_or("no status".to_owned(), |status| format!("status {status}"));
    talk.hear(format!("{ended}\n{}", String::from_utf8_lossy(&output)));
    match (status, &command.expect) {
        (Some(0), Some(expect)) if !String::from_utf8_lossy(&output).contains(expect) => {
            Err(Failure::down(DownCause::NoProof, format!("the command did not say {expect:?}")))
        }
        (Some(0), _) => Ok("the command says what it should"),
        (Some(status), _) => {
            Err(Failure::down(DownCause::NoProof, format!("the command ended with {status}")))
        }
        (None, _) => Err(Failure::down(DownCause::NoProof, "the command was not run to its end")),
    }
}

fn no_method(offered: &MethodSet) -> Failure {
    let detail = format!("the server takes {} only", names(offered));
    Failure::unable(UnableCause::NeedsRecipe, detail)
}

fn names(methods: &MethodSet) -> String {
    methods.iter().map(<&str>::from).collect::<Vec<_>>().join(" and ")
}

fn closed() -> Failure {
    Failure::down(DownCause::Closed, "")
}

/// The client's side of the connection: looks at the host's key, and hears why it ends.
struct Client {
    known: Vec<HostKey>,
    noted: Arc<Noted>,
}

/// What the connection's task noted.
#[derive(Default)]
struct Noted {
    /// The key that the host shows.
    key: OnceLock<String>,
    /// A key that the host is not known by.
    strange_key: OnceLock<PublicKey>,
    /// What the server says to people while they sign in.
    banner: Mutex<String>,
    /// Why the server ended the connection.
    disconnected: OnceLock<String>,
}

impl Noted {
    /// What was noted explains a failure better than the failure itself.
    fn instead_of(&self, failure: Failure) -> Failure {
        let phase = failure.phase;
        let explained = match (self.strange_key.get(), self.disconnected.get()) {
            (Some(key), _) => {
                let shown = format!("it shows another {} key", key.algorithm());
                Failure::down(DownCause::HostKey, shown)
            }
            (None, words) if failure.outcome == Outcome::Down(DownCause::Closed) => {
                let banner = self.take_banner();
                let words = words.filter(|words| !words.is_empty()).unwrap_or(&banner);
                match words.is_empty() {
                    true => failure,
                    false => {
                        let said = by_words(words).unwrap_or(failure);
                        Failure { detail: format!("the server says \"{words}\""), ..said }
                    }
                }
            }
            _ => failure,
        };
        Failure { phase, ..explained }
    }

    /// What was said since the last time.
    fn take_banner(&self) -> String {
        std::mem::take(&mut *self.banner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Handler for Client {
    type Error = Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        let is_known = self.known.iter().any(|known| known.is(key));
        let which = if is_known { "the known" } else { "another" };
        let _ = self.noted.key.set(format!("it shows {which} {} key", key.algorithm()));
        if !is_known {
            let _ = self.noted.strange_key.set(key.clone());
        }
        Ok(is_known)
    }

    async fn auth_banner(
        &mut self,
        banner: &str,
        _session: &mut russh::client::Session,
    ) -> Result<(), Error> {
        let words = banner.split_whitespace().collect::<Vec<_>>().join(" ");
        *self.noted.banner.lock().unwrap_or_else(PoisonError::into_inner) =
            words.chars().take(WORDS_CHARS_MAX).collect();
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Error>) -> Result<(), Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                let words = info.message.chars().take(WORDS_CHARS_MAX).collect();
                let _ = self.noted.disconnected.set(words);
                Ok(())
            }
            DisconnectReason::Error(error) => Err(error),
        }
    }
}

/// Characters of what a server says that a verdict quotes.
const WORDS_CHARS_MAX: usize = 300;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::IO(error) => of_stream(&error),
            Error::Disconnect | Error::HUP | Error::SendError | Error::RecvError => closed(),
            Error::UnknownKey => Failure::down(DownCause::HostKey, ""),
            Error::NoCommonAlgo { kind, theirs, .. } => {
                let detail = format!("{kind:?}: the server has {}", theirs.join(", "));
                Failure::unable(UnableCause::NeedsRecipe, detail)
            }
            Error::Join(_) => Failure::unable(UnableCause::Internal, error.to_string()),
            other => Failure::down(DownCause::Protocol, other.to_string()),
        }
    }
}

fn of_stream(error: &io::Error) -> Failure {
    match source_of::<TooMuch>(error) {
        Some(too_much) => Failure::down(DownCause::BodyTooLarge, too_much.to_string()),
        None => of_io(error, DownCause::Closed, DownCause::Silence),
    }
}
