//! `[alerts]`: the alerts of C8.2 told directly, by mail and webhook, where no Prometheus tells them.

use std::net::{IpAddr, SocketAddr};

use contract::{NoticeKind, Severity};
use notices::Pages;
use url::Url;

use super::program::{Config, Contact, Web};
use super::secret::Places;
use super::table::Table;
use super::value::{Wrong, duration_ms_within, duration_text, one_of, suggestion, text};

/// How long nobody may have read `/metrics`, if nothing is said.
const AFTER_MS: i64 = 300_000;
/// The longest that it may be.
const AFTER_MS_MAX: i64 = 86_400_000;
/// How long alerts wait for others, if nothing is said.
const GROUP_MS: i64 = 60_000;
/// The longest that they may.
const GROUP_MS_MAX: i64 = 900_000;
/// The runbook as the package installs it.
const RUNBOOK: &str = "file:///usr/share/doc/upptid/docs/operate.md";

/// Alerts that the agent tells itself (C8.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alerts {
    /// When it does.
    pub when: AlertsWhen,
    /// The mildest that is told.
    pub least: Severity,
    /// The contacts that are mailed, by id.
    pub to: Vec<String>,
    /// How long alerts wait for others, in ms.
    pub group_ms: i64,
    /// Where letters lead to.
    pub pages: Pages,
}

/// When the agent tells alerts itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlertsWhen {
    /// There is no Prometheus that would.
    Always,
    /// Nobody has read `/metrics` for some time.
    NotScraped {
        /// How long, in ms.
        after_ms: i64,
    },
}

/// Reads `[alerts]`; none if it does not say when.
pub(super) fn alerts(main: &Table<'_>, contacts: &[Contact], web: &Web) -> Option<Alerts> {
    let table = main.section("alerts");
    let whens = [("not-scraped", false), ("always", true)];
    let is_always = table.text("when", one_of(&whens));
    let after = table.text("after", duration_ms_within(1_000, AFTER_MS_MAX));
    let severities = Severity::ALL.map(|severity| (severity.as_str(), severity));
    let least = table.text("severity", one_of(&severities)).unwrap_or(Severity::Warning);
    let ids: Vec<&str> = contacts.iter().map(|contact| contact.id.as_str()).collect();
    let known = |id: &str| match ids.contains(&id) {
        true => Ok(id.to_owned()),
        false => Err(Wrong::new("there is no contact of this id", suggestion(id, &ids))),
    };
    let to = table.texts("to", known).unwrap_or_default();
    let group_ms = table.text("group", duration_ms_within(0, GROUP_MS_MAX)).unwrap_or(GROUP_MS);
    let page = table.text("page", page).unwrap_or_else(|| own_page(web));
    let runbook = table.text("runbook", text).unwrap_or_else(|| RUNBOOK.to_owned());
    let keys = ["after", "severity", "to", "group", "page", "runbook"];
    if let Some(key) = keys.into_iter().find(|key| table.has(key))
        && !table.has("when")
    {
        let problem = table.problem(key, "it is not said when alerts are told directly");
        table.note(problem.help(r#"write when = "not-scraped", or when = "always""#));
    }
    if is_always == Some(true) && table.has("after") {
        let problem = table.problem("after", "alerts are always told directly");
        table.note(problem.help(r#"leave after out, or write when = "not-scraped""#));
    }
    table.end();
    let when = match is_always? {
        true => AlertsWhen::Always,
        false => AlertsWhen::NotScraped { after_ms: after.unwrap_or(AFTER_MS) },
    };
    Some(Alerts { when, least, to, group_ms, pages: Pages { page, runbook } })
}

/// Notes that alerts are to be told, and reach nobody; or that a webhook waits for them in vain.
pub(super) fn warn_of_silence(main: &Table<'_>, config: &Config, places: &Places<'_>) {
    if !places.logins {
        return;
    }
    let takes = |kind| config.webhooks.iter().any(|webhook| webhook.kinds.contains(&kind));
    let has_webhook = takes(NoticeKind::Alert);
    let warn = |message: &str, help: &str| {
        main.note(main.problem_with_file(message).help(help).warning());
    };
    match &config.alerts {
        None if has_webhook => warn(
            "a webhook takes alerts, and none is told directly",
            r#"add [alerts] with when = "not-scraped", or when = "always""#,
        ),
        Some(alerts) if !alerts.to.is_empty() && config.mail.is_none() => {
            warn("alerts are mailed to nobody: there is no mail server", "add [mail]");
        }
        Some(alerts) if alerts.to.is_empty() && !has_webhook => warn(
            "alerts reach nobody",
            r#"name contacts in [alerts] to, or a webhook with kinds = ["alert", "alert_resolved"]"#,
        ),
        _ => {}
    }
}

impl Alerts {
    /// When alerts are told directly, and to whom, for people.
    pub(super) fn summary(&self, config: &Config) -> String {
        let when = match self.when {
            AlertsWhen::Always => "always".to_owned(),
            AlertsWhen::NotScraped { after_ms } => {
                format!("when nobody has read /metrics for {}", duration_text(after_ms))
            }
        };
        let by_mail = config.mail.iter().flat_map(|_| self.to.iter().cloned());
        let webhooks = config.webhooks.iter();
        let webhooks = webhooks.filter(|webhook| webhook.kinds.contains(&NoticeKind::Alert));
        let webhooks = webhooks.map(|webhook| format!("webhook {}", webhook.name));
        let to: Vec<String> = by_mail.chain(webhooks).collect();
        let to = if to.is_empty() { "nobody".to_owned() } else { to.join(", ") };
        format!("{when}, from {} on, to {to}", self.least.as_str())
    }
}

/// Where the pages are, for people on this machine.
fn own_page(web: &Web) -> String {
    let scheme = web.access.scheme();
    let here = |ip: IpAddr| match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(here(web.listen.ip()), web.listen.port()))
}

/// Where people find the pages.
fn page(value: &str) -> Result<String, Wrong> {
    let wrong = || Wrong::new("this is no page", r#"write it like "https://upptid.example""#);
    let url = Url::parse(&text(value)?).map_err(|_| wrong())?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "http" | "https" if is_plain => Ok(url.into()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Problems};
    use super::*;

    const REST: &str = "[[service]]\nname = \"portal\"\nlogin.url = \"https://portal.example/\"\n\
                        login.user = \"probe\"\nlogin.password = { file = \"secret\" }\n\
                        [[contact]]\nid = \"oncall\"\nmail = \"oncall@b.example\"\n";
    const MAIL: &str = "[mail]\nserver = \"smtp.example:587\"\nfrom = \"a@b.example\"\n";

    fn load(text: &str) -> Result<Config, Problems> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "hunter2").unwrap();
        let path = folder.path().join("upptid.toml");
        std::fs::write(&path, format!("{text}\n{REST}")).unwrap();
        Config::load(&path, None)
    }

    #[test]
    fn c8_2_alerts_are_told_directly_only_where_it_is_said() {
        assert_eq!(load("").unwrap().alerts, None);
        let text = format!("{MAIL}[alerts]\nwhen = \"not-scraped\"\nto = [\"oncall\"]");
        let config = load(&text).unwrap();
        assert!(!config.warnings.to_string().contains("alert"), "{}", config.warnings);
        let alerts = config.alerts.clone().unwrap();
        assert_eq!(alerts.when, AlertsWhen::NotScraped { after_ms: 300_000 });
        assert_eq!((alerts.least, alerts.group_ms), (Severity::Warning, 60_000));
        assert_eq!(alerts.pages.page, "http://127.0.0.1:10925");
        assert_eq!(
            alerts.summary(&config),
            "when nobody has read /metrics for 5m, from warning on, to oncall"
        );
        let always = load(&text.replace("not-scraped", "always")).unwrap().alerts.unwrap();
        assert_eq!(always.when, AlertsWhen::Always);
    }

    #[test]
    fn c8_2_what_cannot_be_meant_is_refused_with_what_to_write() {
        for (text, help) in [
            ("to = [\"oncall\"]", "write when = \"not-scraped\""),
            ("when = \"never\"", "use one of \"not-scraped\", \"always\""),
            ("when = \"always\"\nafter = \"5m\"", "leave after out"),
            ("when = \"always\"\nto = [\"oncal\"]", "did you mean \"oncall\"?"),
            ("when = \"always\"\npage = \"upptid\"", "https://upptid.example"),
            ("when = \"not-scraped\"\nafter = \"0s\"", "between 1s and"),
        ] {
            let shown = load(&format!("[alerts]\n{text}")).unwrap_err().to_string();
            assert!(shown.contains(help), "{text}\n{shown}");
        }
    }

    #[test]
    fn c8_2_alerts_that_would_reach_nobody_are_warned_of() {
        let webhook = "[[webhook]]\nname = \"ops\"\nurl = \"https://hooks.example/\"\n\
                       secret = { file = \"secret\" }\nkinds = [\"alert\"]\n";
        for (text, warning) in [
            ("[alerts]\nwhen = \"always\"".to_owned(), "alerts reach nobody"),
            ("[alerts]\nwhen = \"always\"\nto = [\"oncall\"]".to_owned(), "no mail server"),
            (format!("{webhook}{MAIL}"), "none is told directly"),
        ] {
            let warnings = load(&text).unwrap().warnings.to_string();
            assert!(warnings.contains(warning), "{text}\n{warnings}");
        }
        let told = load(&format!("[alerts]\nwhen = \"always\"\n{webhook}{MAIL}")).unwrap();
        assert!(!told.warnings.to_string().contains("alert"), "{}", told.warnings);
    }
}
