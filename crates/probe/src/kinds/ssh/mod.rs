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
//! | the connection ends instead | as the server says; else down, `closed` |
//! | signed in without a password | down, `no_proof` |
//! | no session; the command fails or says something else | down, `no_proof` |
//! | no session as a matter of policy, and no command configured | up: that is how the account is made |
//! | what is not SSH | down, `protocol` |
//!
//! A server says "permission denied" also when what stands behind it is broken (PAM with its
//! directory gone), and of a locked account. Only a second account tells (C3.5).

mod leash;

use std::io;
use std::sync::{Arc, OnceLock};

use contract::{AccountCause, DownCause, Evidence, Outcome, Phase, UnableCause};
use russh::client::{
    AuthResult, Config, DisconnectReason, Handle, Handler, KeyboardInteractiveAuthResponse,
    connect_stream,
};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{ChannelMsg, ChannelOpenFailure, Disconnect, Error, MethodKind, MethodSet};
use secrecy::ExposeSecret;

use self::leash::{Leash, TooMuch, leash};
use crate::attempt::{Attempt, Phases};
use crate::failure::{Failure, source_of};
use crate::kinds::direct::by_words;
use crate::link::of_io;
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
    let signing = authenticate(&mut handle, ssh, account);
    let signed = step(trace, ssh, "sign_in", signing).await;
    signed.map_err(|failure| noted.instead_of(failure))?;
    let saw = step(trace, ssh, "check", check(&handle, ssh.command.as_ref())).await;
    let saw = saw.map_err(|failure| noted.instead_of(failure))?;
    let ending = async {
        // The connection's task ends when the server has let go, or with its leash.
        let _ = handle.disconnect(Disconnect::ByApplication, "", "").await;
        let _ = handle.await;
        Ok(())
    };
    if let Err(failure) = step(trace, ssh, "log_out", ending).await {
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
) -> Result<(), Failure> {
    let user = account.user.as_str();
    let offered = match handle.authenticate_none(user).await? {
        AuthResult::Success => {
            let detail = "the server lets in without a password";
            return Err(Failure::down(DownCause::NoProof, detail));
        }
        AuthResult::Failure { .. } if handle.is_closed() => return Err(closed()),
        AuthResult::Failure { remaining_methods, .. } => remaining_methods,
    };
    // A server that names no method may take each.
    let offers = |method: MethodKind| offered.is_empty() || offered.contains(&method);
    let result = match &ssh.key {
        Some(key) if offers(MethodKind::PublicKey) => {
            let key = Arc::clone(key.expose());
            let hash = match key.algorithm().is_rsa() {
                true => handle.best_supported_rsa_hash().await?.unwrap_or(Some(HashAlg::Sha512)),
                false => None,
            };
            handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(key, hash)).await?
        }
        None if offers(MethodKind::Password) => {
            let password = account.password.expose_secret();
            handle.authenticate_password(user, password).await?
        }
        None if offers(MethodKind::KeyboardInteractive) => {
            answer_questions(handle, account).await?
        }
        _ => return Err(no_method(&offered)),
    };
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
) -> Result<AuthResult, Failure> {
    use KeyboardInteractiveAuthResponse as Response;
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
        let answers = match prompts.as_slice() {
            [] => Vec::new(),
            [one] if !one.echo && !was_told => {
                was_told = true;
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
) -> Result<&'static str, Failure> {
    use ChannelOpenFailure::{AdministrativelyProhibited, UnknownChannelType};
    let mut channel = match (handle.channel_open_session().await, command) {
        (Ok(channel), _) => channel,
        (Err(Error::ChannelOpenFailure(AdministrativelyProhibited | UnknownChannelType)), None) => {
            return Ok("the account is accepted");
        }
        (Err(Error::ChannelOpenFailure(why)), _) => {
            let detail = format!("the server opens no session ({why:?})");
            return Err(Failure::down(DownCause::NoProof, detail));
        }
        (Err(error), _) => return Err(error.into()),
    };
    let Some(command) = command else {
        channel.close().await?;
        return Ok("a session opens");
    };
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
    let offered: Vec<&str> = offered.iter().map(<&str>::from).collect();
    let detail = format!("the server takes {} only", offered.join(" and "));
    Failure::unable(UnableCause::NeedsRecipe, detail)
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
    /// A key that the host is not known by.
    strange_key: OnceLock<PublicKey>,
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
            (None, Some(words)) if failure.outcome == Outcome::Down(DownCause::Closed) => {
                let said = by_words(words).unwrap_or(failure);
                Failure { detail: format!("the server says \"{words}\""), ..said }
            }
            _ => failure,
        };
        Failure { phase, ..explained }
    }
}

impl Handler for Client {
    type Error = Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        let is_known = self.known.iter().any(|known| known.is(key));
        if !is_known {
            let _ = self.noted.strange_key.set(key.clone());
        }
        Ok(is_known)
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
