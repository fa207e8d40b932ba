//! `upptid learn`: from an address, a user and a password to a service that is measured.

mod password;
mod service_file;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::net::IpAddr;
use std::path::Path;

use contract::{Outcome, UnableCause};
use probe::Prober;
use probe::learn::{Cost, Learned, Lesson, NotLearned, Task, learn};
use probe::settings::{Credentials, Dial, Direct, Form, Kind, Login, Protocol, Roots, Tls, Totp};
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use self::password::{Place, absolute, password};
use self::service_file::{Given, proposed, service_file};
use super::host_keys;
use crate::cli::learn::LearnArgs;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// Characters of a service's name.
const NAME_CHARS_MAX: usize = 64;

/// Learns the login, writes it, and says what it will do each minute.
pub fn run(args: &LearnArgs) -> Result<Exit, Failure> {
    let url = address(&args.url)?;
    let service = name(args, &url)?;
    // Before anything is sent: a login that cannot be written need not be made.
    if let Some(path) = args.out.as_deref().filter(|path| !args.force && path.exists()) {
        let path = path.display();
        return Err(Failure::usage(format!("{path} exists: name another file, or use --force")));
    }
    let dial = dial(args, &url)?;
    let kind = kind(args, url)?;
    let totp_file = args.totp_file.as_deref().map(absolute).transpose()?;
    let ca_file = args.ca_file.as_deref().map(absolute).transpose()?;
    let known_hosts = args.known_hosts.as_deref().map(absolute).transpose()?;
    let (secret, place) = password(args, &service)?;
    let mut account = Credentials::new(args.user.clone(), secret);
    account.totp = totp_file.as_deref().map(totp).transpose()?;
    let mut login = Login::new(kind, account);
    login.dial = dial.into();
    let task = Task { login, try_wrong_password: args.try_wrong_password };

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Unmeasured, error))?;
    let lesson = runtime.block_on(learn(&Prober::new(), &task)).map_err(Failure::usage)?;
    let given = Given {
        service: &service,
        password: &place,
        totp_file: totp_file.as_deref(),
        ca_file: ca_file.as_deref(),
        known_hosts: known_hosts.as_deref(),
    };
    match lesson {
        Lesson::Learned(learned) => finish(args, &learned, &given),
        Lesson::NotLearned(not) => explain(args, &task.login, &not, &given),
    }
}

fn address(url: &str) -> Result<Url, Failure> {
    let parsed =
        Url::parse(url).map_err(|error| Failure::usage(format!("{url:?} is no URL: {error}")))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(Failure::usage("the URL holds an account: give it with --user"));
    }
    match Protocol::of(&parsed) {
        None if parsed.scheme() != "https" => Err(Failure::usage(format!(
            "{url} is not https: a password never travels in clear text (C1.5)"
        ))),
        _ => Ok(parsed),
    }
}

/// How one signs in there: by what its scheme says, or at a page.
fn kind(args: &LearnArgs, url: Url) -> Result<Kind, Failure> {
    let protocol = Protocol::of(&url);
    let is_ssh = protocol == Some(Protocol::Ssh);
    if !is_ssh && (args.host_key.is_some() || args.known_hosts.is_some()) {
        return Err(Failure::usage("--host-key and --known-hosts are for ssh:// only"));
    }
    let Some(protocol) = protocol else { return Ok(Kind::Form(Form::new(url))) };
    if is_ssh && args.ca_file.is_some() {
        return Err(Failure::usage("--ca-file is for TLS: ssh:// has --host-key"));
    }
    if args.totp_file.is_some() {
        return Err(Failure::usage("--totp-file is for https:// only"));
    }
    let direct = Direct::new(protocol, url);
    let mut direct = direct.map_err(|why| Failure::usage(format!("{:?}: {why}", args.url)))?;
    if let Direct::Ssh(ssh) = &mut direct {
        let (key, file) = (args.host_key.as_deref(), args.known_hosts.as_deref());
        ssh.host_keys = host_keys(&ssh.endpoint, key, file)?;
    }
    Ok(Kind::Direct(direct))
}

/// The service's name; of the host, what a name may hold.
fn name(args: &LearnArgs, url: &Url) -> Result<String, Failure> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name = match &args.name {
        Some(name) => name.clone(),
        None => url.host_str().unwrap_or_default().trim_matches(['[', ']']).replace(':', "-"),
    };
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_well && name.chars().all(allowed) && name.len() <= NAME_CHARS_MAX {
        return Ok(name);
    }
    Err(Failure::usage(format!(
        "{name:?} is no name for a service: letters a-z, digits, '.', '_' and '-', beginning with \
         a letter or a digit, at most {NAME_CHARS_MAX}; give --name"
    )))
}

fn dial(args: &LearnArgs, url: &Url) -> Result<Dial, Failure> {
    let mut dial = Dial::default();
    if let Some(path) = &args.ca_file {
        let roots = Roots::from_pem_file(path).map_err(Failure::usage)?;
        dial.tls = Tls { roots, ..Tls::default() };
    }
    for pair in &args.resolve {
        let parsed = pair.split_once('=').and_then(|(host, address)| {
            let address: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
            Some((host.to_ascii_lowercase(), address))
        });
        let Some((host, address)) = parsed.filter(|(host, _)| !host.is_empty()) else {
            return Err(Failure::usage(format!("--resolve {pair:?} is not HOST=ADDRESS")));
        };
        match url.host_str() == Some(host.as_str()) {
            true => dial.resolve_to = Some(address),
            false if Protocol::of(url).is_none() => dial.addresses.push((host, address)),
            false => {
                let message = format!("--resolve {pair:?}: this login goes to no other host");
                return Err(Failure::usage(message));
            }
        }
    }
    Ok(dial)
}

fn totp(path: &Path) -> Result<Totp, Failure> {
    let secret = password::secret(path, "--totp-file")?;
    Totp::parse(secret.expose_secret())
        .map_err(|why| Failure::usage(format!("--totp-file {}: {why}", path.display())))
}

/// Writes the file, and says what it will do.
fn finish(args: &LearnArgs, learned: &Learned, given: &Given<'_>) -> Result<Exit, Failure> {
    let file = service_file(learned, given);
    if let Some(path) = &args.out {
        write(path, &file, args.force)?;
    }
    if !args.json {
        let text = match &args.out {
            None => file,
            Some(path) => summary(learned, given, path),
        };
        return terminal::write(&text).map(|_| Exit::Done);
    }
    let (login, saw) = (&learned.login, &learned.saw);
    let rejected = &login.refusals.rejected;
    let mut document = json!({
        "result": "learned",
        "service": given.service,
        "kind": login.kind.as_str(),
        "url": login.url().as_str(),
        "proof": login.proof.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "logout": saw.logout,
        "rejected": rejected.texts.iter().map(|text| json!(text))
            .chain(rejected.statuses.iter().map(|status| json!(status))).collect::<Vec<_>>(),
        "notes": saw.notes,
        "requests": learned.each.requests,
        "bytes": learned.each.bytes,
        "sessions": learned.each.sessions,
        "learning": json_of(&learned.spent),
    });
    match &args.out {
        Some(path) => document["file"] = json!(path),
        None => document["toml"] = json!(file),
    }
    terminal::write(&format!("{document}\n")).map(|_| Exit::Done)
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    let options = match force {
        true => options.write(true).create(true).truncate(true),
        false => options.write(true).create_new(true),
    };
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} exists: name another file, or use --force", path.display()))
        }
        _ => Failure::usage(format!("cannot write {}: {error}", path.display())),
    })
}

/// What was seen, what it will do, and what comes next.
fn summary(learned: &Learned, given: &Given<'_>, path: &Path) -> String {
    let (login, saw) = (&learned.login, &learned.saw);
    let mut text = format!("learned {}: {}\n", given.service, login.url());
    let mut line = |name: &str, said: &str| {
        if !said.is_empty() {
            text.push_str(&format!("  {name:9} {said}\n"));
        }
    };
    let is_direct = matches!(login.kind, Kind::Direct(_));
    line(if is_direct { "server" } else { "page" }, &saw.page);
    line("host key", &saw.host_key);
    line("form", &saw.form);
    let proofs = login.proof.iter().zip(&saw.proof);
    let proofs: Vec<String> = proofs.map(|(proof, what)| format!("{proof} ({what})")).collect();
    line("proof", &proofs.join(" and "));
    line("log-out", &saw.logout);
    line("refusal", saw.refused.as_deref().unwrap_or_default());
    for note in &saw.notes {
        line("note", note);
    }
    text.push_str(&format!("each attempt: {}\n", cost(learned)));
    text.push_str(&format!("learning it took {}\n", spent(&learned.spent)));
    text.push_str(&format!("wrote {}; next:\n", path.display()));
    if let Place::Credential(name) = given.password {
        text.push_str(&format!("  put the password into the credential {name}\n"));
    }
    text.push_str(&format!(
        "  upptid check --config {path}\n  upptid try --config {path}\n",
        path = path.display()
    ));
    text
}

/// What an attempt costs, as a fragment.
fn cost(learned: &Learned) -> String {
    let Cost { requests, bytes, sessions, .. } = learned.each;
    let end = match &learned.login.kind {
        Kind::Basic(_) | Kind::Digest(_) => "no session".to_owned(),
        _ if learned.saw.goes_on => format!("{} that is left behind", sessions_of(sessions)),
        _ => format!("{}, ended by a log-out", sessions_of(sessions)),
    };
    format!("{requests} requests, {bytes} bytes received, {end}")
}

fn spent(cost: &Cost) -> String {
    let wrong = match cost.wrong_passwords {
        0 => "no wrong password".to_owned(),
        1 => "1 wrong password".to_owned(),
        n => format!("{n} wrong passwords"),
    };
    let Cost { requests, bytes, sessions, .. } = cost;
    format!("{requests} requests, {bytes} bytes received, {}, {wrong}", sessions_of(*sessions))
}

fn sessions_of(sessions: u32) -> String {
    if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") }
}

fn json_of(cost: &Cost) -> serde_json::Value {
    json!({
        "requests": cost.requests,
        "bytes": cost.bytes,
        "sessions": cost.sessions,
        "wrong_passwords": cost.wrong_passwords,
    })
}

/// Says why the login was not learned, and what to try by hand.
fn explain(
    args: &LearnArgs,
    login: &Login,
    not: &NotLearned,
    given: &Given<'_>,
) -> Result<Exit, Failure> {
    let (result, exit) = match not.outcome {
        Outcome::Down(_) => ("down", Exit::Down),
        Outcome::Account(_) => ("account", Exit::Unmeasured),
        Outcome::Unable(UnableCause::NeedsRecipe) => ("needs_recipe", Exit::Unmeasured),
        Outcome::Up | Outcome::Unable(_) => ("unable", Exit::Unmeasured),
    };
    if args.json {
        let proposals = not
            .proposals
            .iter()
            .map(|one| json!({ "url": one.url, "written": one.written, "seen_in": one.seen_in }));
        let document = json!({
            "result": result,
            "service": given.service,
            "cause": not.outcome.cause(),
            "message": not.message,
            "proposals": proposals.collect::<Vec<_>>(),
            "requests": not.spent.requests,
            "bytes": not.spent.bytes,
            "sessions": not.spent.sessions,
            "learning": json_of(&not.spent),
        });
        return terminal::write(&format!("{document}\n")).map(|_| exit);
    }
    let is_page = matches!(login.kind, Kind::Form(_));
    let mut text = format!("not learned ({result}): {}\n", not.message);
    text.push_str(&format!("it took {}\n", spent(&not.spent)));
    if let Some(remedy) = remedy(not, is_page, args.totp_file.is_some()) {
        text.push_str(&format!("{remedy}\n"));
    }
    if !not.proposals.is_empty() {
        text.push_str("calls that were seen on the page, and not tried:\n\n");
        text.push_str(&proposed(&not.proposals, login, given));
    }
    terminal::write(&text).map(|_| exit)
}

/// What to do next.
fn remedy(not: &NotLearned, is_page: bool, has_totp: bool) -> Option<&'static str> {
    use contract::DownCause::{LoginFormAgain, NoLoginForm, NoProof};
    match not.outcome {
        Outcome::Unable(UnableCause::NeedsRecipe)
            if is_page && !has_totp && not.message.contains("one-time code") =>
        {
            Some("give the secret of its one-time codes with --totp-file")
        }
        Outcome::Unable(UnableCause::NeedsRecipe) if !is_page => None,
        Outcome::Unable(UnableCause::NeedsRecipe) => {
            Some("write a login of kind \"json\" or \"recipe\" by hand: see docs/learn.md")
        }
        Outcome::Account(_) => {
            Some("check user and password before trying again: wrong ones lock accounts")
        }
        Outcome::Down(LoginFormAgain | NoProof) => Some(
            "if people can sign in: check user and password, some services do not say that they are wrong",
        ),
        Outcome::Down(NoLoginForm) => {
            Some("if people can sign in: give the address of the page with the form")
        }
        _ => None,
    }
}
