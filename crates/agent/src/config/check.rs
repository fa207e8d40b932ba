//! What `upptid check` says: what is wrong, and what would be measured.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use contract::{Instant, Month, MonthTerms, ResolvedTerms, Terms};
use probe::certificate::Chain;
use probe::settings::{Family, Kind, Login, Logout, Proof, Roots};
use rust_decimal::Decimal;
use serde::Serialize;

use super::load;
use super::notices::Told;
use super::problem::{Problem, Problems};
use super::program::{Config, Handshake, LogFormat, Service};
use super::value::duration_text;

/// Most problems in the JSON form.
const PROBLEMS_MAX: usize = 1000;
/// Certificates that expire sooner than this are warned of: 30 days.
const EXPIRY_WARNING_MS: i64 = 30 * 24 * 3_600_000;

/// A configuration looked at: what is wrong, and what it would do.
#[derive(Debug)]
pub struct Check {
    /// Errors and warnings.
    pub problems: Problems,
    /// What would be measured; none when a file cannot be read or is no TOML. Where there are
    /// errors it lacks what they speak of.
    pub plan: Option<Plan>,
}

/// Looks at the configuration at `path`, with `credentials` as [`Config::load`] takes them.
pub fn check(path: &Path, credentials: Option<&Path>, now: Instant) -> Check {
    match load::load(path, credentials) {
        Ok(loaded) => {
            let expiring = expiring(&loaded.config, now).into_iter();
            let warning = |message| Problem::with_file(path, message).warning();
            let problems = expiring.map(warning).fold(loaded.problems, Problems::and);
            Check { plan: Some(Plan::of(&loaded.config, now)), problems }
        }
        Err(problems) => Check { problems, plan: None },
    }
}

impl Check {
    /// Whether the agent would start with it.
    pub fn is_valid(&self) -> bool {
        !self.problems.any_error()
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(plan) = &self.plan {
            text.push_str(&plan.text());
        }
        if !self.problems.is_empty() {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{}\n", self.problems));
        }
        let errors = self.problems.iter().filter(|problem| !problem.is_warning).count();
        let warnings = self.problems.iter().count() - errors;
        let verdict = match (errors, warnings) {
            (0, 0) => "valid".to_owned(),
            (0, warnings) => format!("valid, with {}", number(warnings, "warning")),
            (errors, _) => format!("not valid: {}", number(errors, "error")),
        };
        format!("{text}\n{verdict}\n")
    }

    /// For programs: `{"valid":…,"problems":[…],"plan":{…}}`.
    pub fn json(&self) -> serde_json::Value {
        let problem = |problem: &Problem| {
            serde_json::json!({
                "severity": if problem.is_warning { "warning" } else { "error" },
                "place": problem.place(),
                "message": problem.message,
                "help": problem.help,
            })
        };
        serde_json::json!({
            "valid": self.is_valid(),
            "problems": self.problems.iter().take(PROBLEMS_MAX).map(problem).collect::<Vec<_>>(),
            "plan": self.plan,
        })
    }
}

/// What an agent with this configuration would do.
#[derive(Debug, Serialize)]
pub struct Plan {
    name: String,
    state_dir: String,
    page: String,
    /// What a reader of the page needs.
    access: String,
    reload_over_http: bool,
    admin_socket: String,
    log: &'static str,
    witness: PlannedWitness,
    terms: BTreeMap<String, PlannedTerms>,
    services: Vec<PlannedService>,
    told: Told,
    backup: PlannedBackup,
}

#[derive(Debug, Serialize)]
struct PlannedBackup {
    /// The time of the day, in UTC.
    at: String,
    to: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PlannedWitness {
    need: usize,
    timeout_ms: i64,
    targets: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PlannedTerms {
    timezone: Arc<str>,
    target_percent: String,
    levels: Vec<String>,
    /// None when the terms are wrong.
    next_month: Option<NextMonth>,
    services: usize,
}

#[derive(Debug, Serialize)]
struct NextMonth {
    month: String,
    minutes: String,
    budget_minutes: String,
}

#[derive(Debug, Serialize)]
struct PlannedService {
    service: String,
    customer: Option<String>,
    terms: String,
    monthly_fee: Option<String>,
    kind: &'static str,
    url: String,
    user: String,
    second_user: Option<String>,
    /// Where each secret was read; none if it was not.
    secrets: BTreeMap<&'static str, Option<String>>,
    trust: &'static str,
    families: Vec<&'static str>,
    interval_ms: i64,
    /// How far into each interval an attempt starts; a crowded host moves it.
    offset_ms: i64,
    down_interval_ms: i64,
    requests: Vec<String>,
    proof: Vec<String>,
    limits_ms: PlannedLimits,
}

#[derive(Debug, Serialize)]
struct PlannedLimits {
    resolve: i64,
    connect: i64,
    tls: i64,
    processing: i64,
    transfer: i64,
    total: i64,
}

/// A time of the day, as people write it.
fn clock_time(at_ms: i64) -> String {
    let minutes = at_ms / 60_000;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

impl Plan {
    /// What `config` would do, as seen at `now`.
    fn of(config: &Config, now: Instant) -> Self {
        let terms = config.terms.iter().map(|(name, terms)| {
            let services = config.services.iter().filter(|s| s.terms_name == *name).count();
            (name.clone(), planned_terms(terms, services, now))
        });
        let target = |target: &super::Target| {
            let how = match target.how {
                Handshake::Tcp => "tcp",
                Handshake::Tls => "tls",
            };
            let host = match target.host.contains(':') {
                true => format!("[{}]", target.host),
                false => target.host.clone(),
            };
            format!("{} ({how} {host}:{})", target.name, target.port)
        };
        Plan {
            name: config.agent.name.clone(),
            state_dir: config.agent.state_dir.display().to_string(),
            page: format!("{}://{}/", config.web.access.scheme(), config.web.listen),
            access: config.web.access.summary(),
            reload_over_http: config.web.allow_reload,
            admin_socket: config.admin.socket.display().to_string(),
            log: match config.log.format {
                LogFormat::Text => "text",
                LogFormat::Json => "json",
            },
            witness: PlannedWitness {
                need: config.witness.need,
                timeout_ms: config.witness.timeout_ms,
                targets: config.witness.targets.iter().map(target).collect(),
            },
            terms: terms.collect(),
            services: config.services.iter().map(|service| planned_service(service)).collect(),
            told: Told::of(config),
            backup: PlannedBackup {
                at: clock_time(config.backup.at_ms),
                to: config.backup.to.iter().map(|to| to.display().to_string()).collect(),
            },
        }
    }

    /// For people.
    fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{name:<14}{value}");
        };
        line("vantage point", &self.name);
        line("state", &self.state_dir);
        let reload = if self.reload_over_http { ", and reload when asked there" } else { "" };
        line("page", &format!("{}{reload}", self.page));
        line("access", &self.access);
        line("admin socket", &self.admin_socket);
        line("log", self.log);
        let within = duration_text(self.witness.timeout_ms);
        match self.witness.targets.as_slice() {
            [] => line("witnesses", "none"),
            all => {
                let need = self.witness.need;
                line("witnesses", &format!("{need} of {} must answer within {within}", all.len()));
                all.iter().for_each(|target| line("", target));
            }
        }
        match self.backup.to.as_slice() {
            [] => line("backups", "none: the journal is in one place only; see [backup]"),
            all => {
                line("backups", &format!("each day at {} UTC", self.backup.at));
                all.iter().for_each(|to| line("", to));
            }
        }
        self.told.lines().iter().for_each(|(name, value)| line(name, value));
        for (name, terms) in &self.terms {
            out.push_str(&terms.text(name));
        }
        for service in &self.services {
            out.push_str(&service.text());
        }
        let per_minute = |count: fn(&PlannedService) -> usize| -> f64 {
            let one = |s: &PlannedService| count(s) as f64 * 60_000.0 / s.interval_ms as f64;
            self.services.iter().map(one).sum()
        };
        let logins = per_minute(|s| s.families.len());
        let requests = per_minute(|s| s.families.len() * s.requests.len());
        let services = number(self.services.len(), "service");
        let _ = writeln!(
            out,
            "\n{services}: {logins:.1} logins and some {requests:.0} requests a minute"
        );
        out
    }
}

impl PlannedTerms {
    fn text(&self, name: &str) -> String {
        let next = self.next_month.as_ref().map(|next| {
            let NextMonth { month, minutes, budget_minutes } = next;
            format!("; {month} has {minutes} minutes, of which {budget_minutes} may be lost")
        });
        format!(
            "\nterms {name}, {}\n  {} % in {}{}\n  {}\n",
            number(self.services, "service"),
            self.target_percent,
            self.timezone,
            next.unwrap_or_default(),
            self.levels.join("; "),
        )
    }
}

impl PlannedService {
    fn text(&self) -> String {
        let mut out = format!("\nservice {}", self.service);
        if let Some(customer) = &self.customer {
            out.push_str(&format!(" of {customer}"));
        }
        out.push_str(&format!(", terms {}", self.terms));
        if let Some(fee) = &self.monthly_fee {
            out.push_str(&format!(", {fee} a month"));
        }
        let second = self.second_user.iter().map(|user| format!(", else as {user}"));
        let second: String = second.collect();
        let secret = |(what, place): (&&str, &Option<String>)| match place {
            Some(place) => format!("{what} from {place}"),
            None => format!("{what} not read"),
        };
        let secrets: Vec<String> = self.secrets.iter().map(secret).collect();
        let families = self.families.join(", and over ");
        let _ = write!(
            out,
            "\n  {} at {} as {}{second}\n  {}\n  over {families}, trusting {}\n  \
             every {}, {} into each, and every {} while down\n  {}: {}\n  proof: {}\n  at most {}\n",
            self.kind,
            self.url,
            self.user,
            secrets.join(", "),
            self.trust,
            duration_text(self.interval_ms),
            duration_text(self.offset_ms),
            duration_text(self.down_interval_ms),
            number(self.requests.len(), "request"),
            self.requests.join(", "),
            self.proof.join(", "),
            self.limits_ms.text(),
        );
        out
    }
}

/// Configured certificates that expire soon, or have; one message for all services that share one.
fn expiring(config: &Config, now: Instant) -> Vec<String> {
    let mut found: BTreeMap<(Instant, &str), Vec<&str>> = BTreeMap::new();
    let is_soon = |expiry: &Instant| expiry.since(now) < EXPIRY_WARNING_MS;
    for (what, chain) in config.web.access.certificates() {
        if let Some(expiry) = Chain::read(chain).earliest_not_after().filter(is_soon) {
            found.entry((expiry, what)).or_default().push("the page");
        }
    }
    for service in &config.services {
        let tls = &service.logins[0].dial.tls;
        let roots = match &tls.roots {
            Roots::Only(roots) => Some(roots.to_vec()),
            Roots::System => None,
        };
        let client = tls.identity.as_ref().map(|identity| identity.chain.clone());
        for (what, chain) in [("ca_file", roots), ("client_cert", client)] {
            let expiry = chain.and_then(|chain| Chain::read(chain).earliest_not_after());
            if let Some(expiry) = expiry.filter(is_soon) {
                found.entry((expiry, what)).or_default().push(&service.name);
            }
        }
    }
    let message = |((expiry, what), services): ((Instant, &str), Vec<&str>)| {
        let verb = if expiry < now { "expired" } else { "expires" };
        let others = match services.len() - 1 {
            0 => String::new(),
            others => format!(" and {}", number(others, "other")),
        };
        format!("a certificate in {what} of {}{others} {verb} at {expiry}", services[0])
    };
    found.into_iter().map(message).collect()
}

impl PlannedLimits {
    fn text(&self) -> String {
        let PlannedLimits { resolve, connect, tls, processing, transfer, total } = *self;
        let [resolve, connect, tls, processing, transfer, total] =
            [resolve, connect, tls, processing, transfer, total].map(duration_text);
        format!(
            "{total} in all: resolve {resolve}, connect {connect}, tls {tls}, \
             processing {processing}, transfer {transfer}"
        )
    }
}

/// The terms, with P and the budget of the month after the one of `now` (C2.2, C8.1).
fn planned_terms(terms: &Terms, services: usize, now: Instant) -> PlannedTerms {
    let minutes = |ms: i64| (Decimal::from(ms) / Decimal::from(60_000)).normalize().to_string();
    let next = ResolvedTerms::new(terms.clone()).ok().map(|terms| {
        let month = MonthTerms::new(&terms, Month::of(now, terms.zone()).next());
        NextMonth {
            month: month.month().to_string(),
            minutes: minutes(month.period_ms()),
            budget_minutes: minutes(month.levels().budget_ms()),
        }
    });
    let uppers = std::iter::once(&terms.target).chain(&terms.edges);
    let level = |(upper, reduction): (&Decimal, &Decimal)| {
        format!("under {upper} %: {reduction} % of the fee")
    };
    PlannedTerms {
        timezone: terms.timezone.clone(),
        target_percent: terms.target.to_string(),
        levels: uppers.zip(&terms.reductions).map(level).collect(),
        next_month: next,
        services,
    }
}

fn planned_service(service: &Service) -> PlannedService {
    let login = &service.logins[0];
    let in_ms = |limit: Duration| i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    let family = |login: &Arc<Login>| match login.dial.family {
        Family::Any => "IPv4 or IPv6",
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    };
    let mut secrets = BTreeMap::from([("password", None)]);
    secrets.extend(login.second_account.iter().map(|_| ("second password", None)));
    secrets.extend(service.secrets.iter().map(|(what, at)| (*what, Some(at.to_string()))));
    PlannedService {
        service: service.name.clone(),
        customer: service.customer.clone(),
        terms: service.terms_name.clone(),
        monthly_fee: service.monthly_fee.as_ref().map(ToString::to_string),
        kind: login.kind.as_str(),
        url: login.url().to_string(),
        user: login.account.user.clone(),
        second_user: login.second_account.as_ref().map(|account| account.user.clone()),
        secrets,
        trust: match login.dial.tls.roots {
            Roots::System => "the system's certificate authorities",
            Roots::Only(_) => "its own certificate authorities",
        },
        families: service.logins.iter().map(family).collect(),
        interval_ms: service.interval_ms,
        offset_ms: watch::phase_ms(&service.name, service.interval_ms),
        down_interval_ms: service.down_interval_ms,
        requests: requests(login).into_iter().map(str::to_owned).collect(),
        proof: proofs(login),
        limits_ms: PlannedLimits {
            resolve: in_ms(login.limits.resolve),
            connect: in_ms(login.limits.connect),
            tls: in_ms(login.limits.tls),
            processing: in_ms(login.limits.processing),
            transfer: in_ms(login.limits.transfer),
            total: in_ms(login.limits.total),
        },
    }
}

/// The requests of one attempt. Redirects come on top.
fn requests(login: &Login) -> Vec<&str> {
    let mut requests = login.kind.requests();
    let is_form = matches!(login.kind, Kind::Form(_));
    let logs_out = match *login.logout {
        Logout::Never => false,
        Logout::Auto => is_form,
        _ => true,
    };
    requests.extend(logs_out.then_some("the logout"));
    requests
}

fn proofs(login: &Login) -> Vec<String> {
    if login.proof.is_empty() {
        return vec![login.kind.own_proof().to_owned()];
    }
    let proof = |proof: &Proof| match proof {
        Proof::Text(text) => format!("the text {text:?}"),
        Proof::Link(link) => format!("a link with {link:?}"),
        Proof::Form(form) => format!("a form with {form:?}"),
        Proof::Path(path) => format!("the path {path}"),
        Proof::Cookie(cookie) => format!("the cookie {cookie}"),
        Proof::Json { pointer, equals: None } => format!("a value at {pointer}"),
        Proof::Json { pointer, equals: Some(value) } => format!("{value} at {pointer}"),
    };
    login.proof.iter().map(proof).collect()
}

/// `1 service`, `2 services`.
fn number(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
