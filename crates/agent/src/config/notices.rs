//! `[mail]` and `[[webhook]]`: the ways by which people and programs are told (C4.8, C9.5).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;

use contract::NoticeKind;
use contract::notices::{MAIL, PROVIDER, WEBHOOK};
use notices::settings::{Account, Mail, MailTls, Webhook};
use probe::settings::Roots;
use serde::Serialize;
use url::{Host, Url};

use super::program::{Config, Contact};
use super::secret::{Places, SecretPlace, secret};
use super::table::Table;
use super::value::{self, Wrong, duration_ms_within, host_and_port, mail, name, one_of, text};

/// Most webhooks.
const WEBHOOKS_MAX: usize = 16;
/// How long incidents wait for others, if nothing is said.
const GROUP_MS: i64 = 120_000;
/// Contacts that `upptid check` names.
const CONTACTS_SHOWN_MAX: usize = 50;
/// The longest that they may.
const GROUP_MS_MAX: i64 = 900_000;
/// Letters to one recipient in ten minutes, if nothing is said.
const RATE: u32 = 10;

/// Reads `[mail]`; none if no server is named, or secrets are not read.
pub(super) fn mail_server(
    main: &Table<'_>,
    places: &Places<'_>,
) -> Option<(Mail, Option<SecretPlace>)> {
    if !places.logins {
        main.allow("mail");
        return None;
    }
    let table = main.section("mail");
    let server = table.text("server", host_and_port);
    let modes = [("starttls", MailTls::StartTls), ("tls", MailTls::Tls), ("none", MailTls::None)];
    let tls = table.text("tls", one_of(&modes)).unwrap_or(MailTls::StartTls);
    let user = table.text("user", text);
    let password = secret(&table, "password", places);
    let from = table.text("from", mail_address);
    let roots = roots(&table, places);
    let group_ms = table.text("group", duration_ms_within(0, GROUP_MS_MAX)).unwrap_or(GROUP_MS);
    let rate = table.count("rate", 1..=1000).unwrap_or(RATE);
    for (key, with) in [("user", "password"), ("password", "user")] {
        if table.has(key) && !table.has(with) {
            let problem =
                table.problem(key, "an account on a mail server is a user and a password");
            table.note(problem.help(format!("add {with}, or leave {key} out")));
        }
    }
    for (key, example) in [("server", "smtp.example:587"), ("from", "upptid@provider.example")] {
        let is_meant = ["server", "from", "user"].iter().any(|key| table.has(key));
        if is_meant && !table.has(key) {
            let problem = table.problem(key, "mail needs a server, and an address to be from");
            table.note(problem.help(format!("write {key} = \"{example}\"")));
        }
    }
    if let Some((host, _)) = &server
        && tls == MailTls::None
        && !is_this_machine(host)
    {
        let problem = table.problem("tls", "mail to another machine must be encrypted");
        table.note(problem.help(r#"write tls = "starttls", or tls = "tls" for port 465"#));
    }
    table.end();
    let (host, port) = server?;
    let (password, place) = password.unzip();
    let account = user.zip(password).map(|(user, password)| Account { user, password });
    let rate_max = rate as usize;
    Some((Mail { host, port, tls, account, from: from?, roots, group_ms, rate_max }, place))
}

/// Who would be told, and of what: `upptid check`.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// The mail server and how it is used; none: nobody is mailed.
    mail: Option<String>,
    /// Where fault reports go; none if they go nowhere.
    fault_reports: Option<String>,
    /// Each contact, and the services that it is told about.
    contacts: BTreeMap<String, Vec<String>>,
    /// Each webhook, and what it is told.
    webhooks: BTreeMap<String, Vec<&'static str>>,
    /// When alerts are told directly, and to whom; none if they are left to Prometheus.
    direct_alerts: Option<String>,
}

impl Told {
    /// What `config` comes to.
    pub(super) fn of(config: &Config) -> Self {
        let mail = config.mail.as_ref().map(|mail| {
            let how = match mail.tls {
                MailTls::StartTls => "STARTTLS",
                MailTls::Tls => "TLS",
                MailTls::None => "not encrypted",
            };
            let user = mail.account.iter().map(|account| format!(", as {}", account.user));
            let place = config.mail_password.iter().map(|at| format!(" with {at}"));
            let account: String = user.chain(place).collect();
            format!("{}:{} ({how}), from {}{account}", mail.host, mail.port, mail.from)
        });
        let contact = |it: &Contact| (it.id.clone(), it.services.clone());
        let webhook = |it: &Webhook| {
            let kinds = it.kinds.iter().map(|kind| kind.as_str()).collect();
            (format!("{} at {}", it.name, it.origin()), kinds)
        };
        Told {
            fault_reports: config.provider.fault_report_mail.clone().filter(|_| mail.is_some()),
            contacts: match mail {
                Some(_) => config.contacts.iter().map(contact).collect(),
                None => BTreeMap::new(),
            },
            webhooks: config.webhooks.iter().map(webhook).collect(),
            direct_alerts: config.alerts.as_ref().map(|alerts| alerts.summary(config)),
            mail,
        }
    }

    /// For people: names and values.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        lines.extend(self.mail.iter().map(|mail| ("mail", mail.clone())));
        lines.extend(self.fault_reports.iter().map(|to| ("fault reports", format!("to {to}"))));
        for (place, (id, services)) in self.contacts.iter().take(CONTACTS_SHOWN_MAX).enumerate() {
            let name = if place == 0 { "contacts" } else { "" };
            lines.push((name, format!("{id}: {}", services.join(", "))));
        }
        if self.contacts.len() > CONTACTS_SHOWN_MAX {
            lines.push(("", format!("and {} more", self.contacts.len() - CONTACTS_SHOWN_MAX)));
        }
        for (webhook, kinds) in &self.webhooks {
            lines.push(("webhook", format!("{webhook}: {}", kinds.join(", "))));
        }
        lines.extend(self.direct_alerts.iter().map(|told| ("direct alerts", told.clone())));
        if lines.is_empty() {
            let nobody = "nobody is told of planned stops and incidents; see [mail], [[webhook]]";
            lines.push(("notices", nobody.to_owned()));
        }
        lines
    }
}

/// Reads every `[[webhook]]`; none if secrets are not read.
pub(super) fn webhooks(main: &Table<'_>, places: &Places<'_>) -> Vec<Webhook> {
    if !places.logins {
        main.allow("webhook");
        return Vec::new();
    }
    let list = main.list("webhook");
    if list.len() > WEBHOOKS_MAX {
        main.note(main.problem("webhook", format!("more than {WEBHOOKS_MAX} webhooks")));
    }
    let mut names = HashSet::new();
    let mut webhooks = Vec::new();
    for value in list.iter().take(WEBHOOKS_MAX) {
        let Some(table) = value.table() else { continue };
        let webhook = webhook(&table, places);
        if let Some(webhook) = &webhook
            && !names.insert(webhook.name.clone())
        {
            let problem = table.problem("name", "another webhook has this name");
            table.note(problem.help("give each its own"));
        }
        webhooks.extend(webhook);
        table.end();
    }
    webhooks
}

/// Notes that people are named whom nothing will reach.
pub(super) fn warn_of_silence(main: &Table<'_>, config: &Config, places: &Places<'_>) {
    let is_meant = !config.contacts.is_empty() || config.provider.fault_report_mail.is_some();
    if places.logins && config.mail.is_none() && is_meant {
        let message = "announcements and fault reports reach nobody: there is no mail server";
        let help = "add [mail] with server and from";
        main.note(main.problem_with_file(message).help(help).warning());
    }
}

fn webhook(table: &Table<'_>, places: &Places<'_>) -> Option<Webhook> {
    let name = table.text("name", webhook_name);
    let url = table.text("url", webhook_url);
    if !table.has("name") || !table.has("url") {
        let problem = table.problem("name", "a webhook has a name and a url");
        let help = r#"write name = "ops" and url = "https://hooks.example/upptid""#;
        table.note(problem.help(help));
    }
    let secret = secret(table, "secret", places).map(|(secret, _)| secret);
    if !table.has("secret") {
        let problem = table.problem("name", "what this webhook is told is not signed");
        table.note(problem.help("add secret, so that the receiver knows who tells it").warning());
    }
    let told = NoticeKind::ALL.map(|kind| (kind.as_str(), kind));
    let kinds = table.texts("kinds", one_of(&told));
    let kinds = kinds.map_or_else(Webhook::default_kinds, BTreeSet::from_iter);
    let roots = roots(table, places);
    Some(Webhook { name: name?, url: url?, secret, kinds, roots })
}

fn roots(
    table: &Table<'_>,
    places: &Places<'_>,
) -> Option<std::sync::Arc<Vec<rustls_pki_types::CertificateDer<'static>>>> {
    let read = |text: &str| {
        let file = value::path(text)?;
        places.roots(file).map_err(|why| Wrong { message: why, help: None })
    };
    match table.text("ca_file", read)? {
        Roots::Only(roots) => Some(roots),
        Roots::System => None,
    }
}

/// A contact's id: a name that means nothing else in the journal.
pub(super) fn contact_id(text: &str) -> Result<String, Wrong> {
    if [PROVIDER, WEBHOOK].contains(&text) {
        return Err(Wrong::new("the journal uses this id for others", "choose another one"));
    }
    name(text)
}

/// A webhook's name: a name that means nothing else in the journal.
fn webhook_name(text: &str) -> Result<String, Wrong> {
    if text == MAIL {
        return Err(Wrong::new("the journal uses this name for mail", "choose another one"));
    }
    name(text)
}

/// A mail address that a server takes.
pub(super) fn mail_address(text: &str) -> Result<String, Wrong> {
    let address = mail(text)?;
    match notices::mail::is_address(&address) {
        true => Ok(address),
        false => Err(Wrong::new(
            "this is no mail address that a server takes",
            r#"write it like "upptid@provider.example""#,
        )),
    }
}

/// Where a webhook listens: https, or http on this machine.
fn webhook_url(value: &str) -> Result<Url, Wrong> {
    let example = r#"write it like "https://hooks.example/upptid""#;
    let url = Url::parse(&text(value)?).map_err(|_| Wrong::new("this is no URL", example))?;
    let is_local = match url.host() {
        Some(Host::Domain(host)) => is_this_machine(host),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        _ => return Err(Wrong::new("a webhook on another machine listens on https", example)),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new(
            "a URL must not hold a user or a password",
            "bodies are signed with the key secret",
        ));
    }
    Ok(url)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Problems};
    use super::*;

    const SERVICE: &str = "[[service]]\nname = \"portal\"\nlogin.url = \"https://portal.example/\"\n\
                           login.user = \"probe\"\nlogin.password = { file = \"secret\" }\n";

    fn load(text: &str) -> Result<Config, Problems> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "hunter2").unwrap();
        let path = folder.path().join("upptid.toml");
        std::fs::write(&path, format!("{text}\n{SERVICE}")).unwrap();
        Config::load(&path, None)
    }

    fn wrong(text: &str) -> String {
        load(text).unwrap_err().to_string()
    }

    #[test]
    fn mail_needs_a_server_and_a_sender_and_has_defaults_for_the_rest() {
        assert!(load("").unwrap().mail.is_none());
        assert!(load("[mail]\ngroup = \"1m\"").unwrap().mail.is_none());
        let text = "[mail]\nserver = \"smtp.example:587\"\nfrom = \"upptid@provider.example\"";
        let mail = load(text).unwrap().mail.unwrap();
        assert_eq!(
            (mail.host.as_str(), mail.port, mail.tls),
            ("smtp.example", 587, MailTls::StartTls)
        );
        assert_eq!((mail.group_ms, mail.rate_max), (GROUP_MS, RATE as usize));
        assert!(wrong("[mail]\nserver = \"smtp.example:587\"").contains("an address to be from"));
        assert!(wrong("[mail]\nfrom = \"a@b.example\"").contains("mail needs a server"));
        assert!(wrong(&format!("{text}\nuser = \"u\"")).contains("add password"));
    }

    #[test]
    fn mail_without_encryption_stays_on_this_machine() {
        let text = |server: &str| {
            format!("[mail]\nserver = \"{server}\"\ntls = \"none\"\nfrom = \"a@b.example\"")
        };
        for server in ["localhost:25", "127.0.0.1:25", "[::1]:25"] {
            assert!(load(&text(server)).is_ok(), "{server}");
        }
        assert!(wrong(&text("smtp.example:25")).contains("must be encrypted"));
    }

    #[test]
    fn a_webhook_on_another_machine_listens_on_https() {
        let load_url = |url: &str| load(&format!("[[webhook]]\nname = \"ops\"\nurl = \"{url}\""));
        for url in ["https://hooks.example/x", "http://127.0.0.1:8080/", "http://[::1]/"] {
            let config = load_url(url).unwrap();
            assert_eq!(config.webhooks[0].kinds, Webhook::default_kinds());
            assert!(config.warnings.to_string().contains("not signed"), "{url}");
        }
        for url in ["http://hooks.example/", "ftp://localhost/", "https://u:p@hooks.example/"] {
            assert!(load_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn c4_8_a_check_says_who_would_be_told() {
        let lines = |text: &str| {
            let lines = Told::of(&load(text).unwrap()).lines();
            lines.into_iter().map(|(name, value)| format!("{name}|{value}")).collect::<Vec<_>>()
        };
        let contact = "[[contact]]\nid = \"anna\"\nmail = \"anna@customer.example\"\n\
                       services = [\"portal\"]\n[provider]\nfault_report_mail = \"s@b.example\"";
        let nobody =
            ["notices|nobody is told of planned stops and incidents; see [mail], [[webhook]]"];
        assert_eq!(lines(contact), nobody, "contacts, and no way to reach them");
        let mail = "[mail]\nserver = \"smtp.example:587\"\nfrom = \"a@b.example\"\n";
        assert_eq!(
            lines(&format!("{mail}{contact}")),
            [
                "mail|smtp.example:587 (STARTTLS), from a@b.example",
                "fault reports|to s@b.example",
                "contacts|anna: portal",
            ]
        );
    }

    #[test]
    fn names_that_the_journal_uses_are_taken() {
        let webhook = "[[webhook]]\nname = \"mail\"\nurl = \"https://hooks.example/\"";
        assert!(wrong(webhook).contains("uses this name for mail"));
        for id in ["provider", "webhook"] {
            let contact = format!("[[contact]]\nid = \"{id}\"\nmail = \"a@b.example\"");
            assert!(wrong(&contact).contains("uses this id for others"));
        }
    }

    #[test]
    fn c10_3_a_mail_servers_and_a_webhooks_secret_are_not_shown() {
        let text = "[mail]\nserver = \"smtp.example:587\"\nfrom = \"upptid@provider.example\"\n\
                    user = \"upptid\"\npassword = { file = \"secret\" }\n\
                    [[webhook]]\nname = \"ops\"\nurl = \"https://hooks.example/token-8812\"\n\
                    secret = { file = \"secret\" }";
        let shown = format!("{:?}", load(text).unwrap());
        assert!(!shown.contains("hunter2") && !shown.contains("8812"), "{shown}");
        for inline in ["[mail]\npassword = \"geheim\"", "[[webhook]]\nsecret = \"geheim\""] {
            let shown = wrong(inline);
            assert!(shown.contains("must not stand in the configuration"), "{shown}");
            assert!(!shown.contains("geheim"), "{shown}");
        }
    }
}
