//! `upptid try`: one login, now, and everything about it.

use std::path::Path;

use agent::clock::{Clock, SystemClock};
use contract::Outcome;
use probe::settings::{
    Basic, ClientKey, Credentials, Dial, Direct, Form, Kind, Login, Proof, Protocol, Roots, Ssh,
    Tls, Totp,
};
use probe::{Account, Attempt, Prober};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{host_keys, load};
use crate::cli::try_login::{KindArg, TryArgs};
use crate::exit::{Exit, Failure};
use crate::terminal;
use crate::{explained, waterfall};

const DEFAULT_CONFIG: &str = "/etc/upptid/upptid.toml";

/// Makes the attempts one after the other; the worst one decides how the program ends.
pub fn run(args: &TryArgs) -> Result<Exit, Failure> {
    let logins = logins(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Unmeasured, error))?;
    let prober = Prober::new();
    let mut worst = Exit::Done;
    for (service, login) in logins {
        let login = prober.prepare(login).map_err(|error| {
            Failure::usage(format!("service {service:?} cannot be measured: {error}"))
        })?;
        if let Some(totp) = &login.login().account.totp {
            let most_s = totp.period_ms / 1000;
            eprintln!("{service}: waits up to {most_s} s for a one-time code that nobody has used");
        }
        let attempt = match args.explain {
            true => runtime.block_on(login.explain(Account::Main)),
            false => runtime.block_on(login.attempt(Account::Main)),
        };
        print_attempt(&service, &attempt, args.json)?;
        worst = worse(worst, exit_of(attempt.outcome));
    }
    Ok(worst)
}

fn logins(args: &TryArgs) -> Result<Vec<(String, Login)>, Failure> {
    if let Some(url) = &args.url {
        return Ok(vec![login_of_flags(args, url)?]);
    }
    let path = args.config.as_deref().unwrap_or(Path::new(DEFAULT_CONFIG));
    let config = load(path, args.credentials.as_deref())?;
    let names: Vec<String> = config.services.iter().map(|service| service.name.clone()).collect();
    let wanted = |name: &str| args.service.as_deref().is_none_or(|asked| asked == name);
    let services = config.services.iter().filter(|service| wanted(&service.name));
    let logins: Vec<(String, Login)> = services
        .flat_map(|service| {
            service.logins.iter().map(|login| (service.name.clone(), Login::clone(login)))
        })
        .collect();
    match &args.service {
        Some(asked) if logins.is_empty() => Err(Failure::usage(format!(
            "no service is named {asked:?} in {}; there are: {}",
            path.display(),
            names.join(", ")
        ))),
        _ => Ok(logins),
    }
}

fn login_of_flags(args: &TryArgs, url: &str) -> Result<(String, Login), Failure> {
    let parsed = url::Url::parse(url)
        .map_err(|error| Failure::usage(format!("--url {url:?} is no URL: {error}")))?;
    let direct = Protocol::of(&parsed).map(|protocol| Direct::new(protocol, parsed.clone()));
    let direct = direct.transpose();
    let direct = direct.map_err(|error| Failure::usage(format!("--url {url:?}: {error}")))?;
    let direct = match direct {
        Some(Direct::Ssh(ssh)) => Some(Direct::Ssh(Box::new(ssh_of_flags(args, *ssh)?))),
        other => other,
    };
    if direct.is_none() && parsed.scheme() != "https" {
        return Err(Failure::usage(format!(
            "--url {url} is not https: a password never travels in clear text (C1.5)"
        )));
    }
    refuse_idle_flags(args, direct.as_ref())?;
    let service = parsed.host_str().unwrap_or("service").to_owned();
    let kind = match (direct, args.kind) {
        (Some(direct), _) => Kind::Direct(direct),
        (None, KindArg::Form) => Kind::Form(Form::new(parsed)),
        (None, KindArg::Basic) => Kind::Basic(Basic { url: parsed }),
    };
    let mut login = Login::new(kind, credentials(args)?);
    login.dial = dial(args)?.into();
    login.proof.extend(args.proof_text.iter().cloned().map(Proof::Text));
    login.proof.extend(args.proof_link.iter().cloned().map(Proof::Link));
    login.proof.extend(args.proof_path.iter().cloned().map(Proof::Path));
    login.proof.extend(args.proof_cookie.iter().cloned().map(Proof::Cookie));
    Ok((service, login))
}

/// A flag that would do nothing is refused: who gives it believes that it is kept.
fn refuse_idle_flags(args: &TryArgs, direct: Option<&Direct>) -> Result<(), Failure> {
    let is_ssh = matches!(direct, Some(Direct::Ssh(_)));
    let has_proof = [&args.proof_text, &args.proof_link, &args.proof_path, &args.proof_cookie]
        .into_iter()
        .any(|proofs| !proofs.is_empty());
    let sends_codes = direct.is_none() && matches!(args.kind, KindArg::Form);
    let idle = [
        (is_ssh && args.ca_file.is_some(), "--ca-file is for TLS: ssh:// has --host-key"),
        (!is_ssh && args.host_key.is_some(), "--host-key is for ssh:// only: give --ca-file"),
        (!is_ssh && args.known_hosts.is_some(), "--known-hosts is for ssh:// only: give --ca-file"),
        (!is_ssh && args.key_file.is_some(), "--key-file is for ssh:// only: give --password-file"),
        (
            direct.is_some() && has_proof,
            "the flags --proof-… are for pages: this login has a proof of its own",
        ),
        (
            !sends_codes && args.totp_file.is_some(),
            "--totp-file is for forms: no other login by flags sends a code",
        ),
    ];
    match idle.into_iter().find(|(is_idle, _)| *is_idle) {
        Some((_, message)) => Err(Failure::usage(message)),
        None => Ok(()),
    }
}

fn ssh_of_flags(args: &TryArgs, mut ssh: Ssh) -> Result<Ssh, Failure> {
    let (key, file) = (args.host_key.as_deref(), args.known_hosts.as_deref());
    ssh.host_keys = host_keys(&ssh.endpoint, key, file)?;
    if ssh.host_keys.is_empty() {
        return Err(Failure::usage(
            "add --host-key or --known-hosts: ssh:// goes to a known host only",
        ));
    }
    if let Some(file) = &args.key_file {
        let key = std::fs::read_to_string(file).map_err(|error| {
            Failure::usage(format!("cannot read --key-file {}: {error}", file.display()))
        })?;
        let key = ClientKey::parse(&key);
        ssh.key = Some(key.map_err(|why| Failure::usage(format!("--key-file: {why}")))?);
    }
    Ok(ssh)
}

fn credentials(args: &TryArgs) -> Result<Credentials, Failure> {
    // The command line demands a user beside --url, and a password or a key.
    let user = args.user.clone().unwrap_or_default();
    let Some(path) = &args.password_file else { return Ok(Credentials::new(user, "")) };
    let password = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("cannot read --password-file {}: {error}", path.display()))
    })?;
    let password = SecretString::from(password.trim_end_matches(['\r', '\n']));
    Ok(Credentials { totp: totp(args)?, ..Credentials::new(user, password) })
}

fn totp(args: &TryArgs) -> Result<Option<Totp>, Failure> {
    let Some(path) = &args.totp_file else { return Ok(None) };
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read --totp-file {shown}: {error}")))?;
    Totp::parse(&text)
        .map(Some)
        .map_err(|why| Failure::usage(format!("--totp-file {shown} makes no codes: {why}")))
}

fn dial(args: &TryArgs) -> Result<Dial, Failure> {
    let mut dial = Dial::default();
    if let Some(path) = &args.ca_file {
        let roots = Roots::from_pem_file(path).map_err(Failure::usage)?;
        dial.tls = Tls { roots, ..Tls::default() };
    }
    if let Some(address) = &args.address {
        let parsed = address
            .parse()
            .map_err(|_| Failure::usage(format!("--address {address:?} is no IP address")))?;
        dial.resolve_to = Some(parsed);
    }
    Ok(dial)
}

fn print_attempt(service: &str, attempt: &Attempt, as_json: bool) -> Result<(), Failure> {
    if !as_json {
        terminal::write(&waterfall::render(service, attempt, SystemClock.now().wall))?;
        if let Some(exchanges) = &attempt.exchanges {
            terminal::write(&explained::render(exchanges))?;
        }
        return Ok(());
    }
    let mut document = json!({ "service": service });
    if let (Value::Object(document), Ok(Value::Object(fields))) =
        (&mut document, serde_json::to_value(attempt))
    {
        document.extend(fields);
    }
    terminal::write_line(document).map(drop)
}

fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Up => Exit::Done,
        Outcome::Down(_) => Exit::Down,
        Outcome::Account(_) | Outcome::Unable(_) => Exit::Unmeasured,
    }
}

/// Down is worse than not measured, which is worse than done.
fn worse(one: Exit, other: Exit) -> Exit {
    let rank =
        |exit: Exit| [Exit::Done, Exit::Unmeasured, Exit::Down].iter().position(|e| *e == exit);
    if rank(other) > rank(one) { other } else { one }
}
