//! What was learned, as a file for people: every line says what it was learned from. What comes
//! from the page is quoted, whatever it holds.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::Path;

use probe::html::learned::FURTHER;
use probe::learn::{Learned, Proposal};
use probe::settings::{Direct, Form, Kind, LearnedForm, Login, Logout, Proof, Ssh};

use super::password::Place;

/// Where comments begin, unless the line is longer.
const COMMENT_COLUMN: usize = 46;
/// Characters of a comment.
const COMMENT_CHARS_MAX: usize = 160;

/// What the command line says, beside what was learned.
pub struct Given<'a> {
    /// The service's name.
    pub service: &'a str,
    /// How the password is named.
    pub password: &'a Place,
    /// The file with the secret of one-time codes.
    pub totp_file: Option<&'a Path>,
    /// The private CA.
    pub ca_file: Option<&'a Path>,
    /// The file that holds the keys that an SSH server is known by.
    pub known_hosts: Option<&'a Path>,
}

/// The service as TOML.
pub fn service_file(learned: &Learned, given: &Given<'_>) -> String {
    let (login, saw) = (&learned.login, &learned.saw);
    let mut file = File::default();
    file.comment(&format!("Learned by upptid {} from {}.", env!("CARGO_PKG_VERSION"), login.url()));
    file.comment(&format!("Each attempt: {}.", super::cost(learned)));
    for note in &saw.notes {
        file.comment(&format!("Note: {note}."));
    }
    file.plain("[[service]]");
    file.line("name", &quoted(given.service), "");
    file.line("interval", &quoted("60s"), "");
    file.plain("");
    file.plain("[service.login]");
    file.line("kind", &quoted(login.kind.as_str()), "");
    file.line("url", &quoted(login.url().as_str()), &saw.page);
    account(&mut file, login, given);
    match &login.kind {
        Kind::Form(form) => form_lines(&mut file, form, learned),
        Kind::Direct(Direct::Ssh(ssh)) => host_key_lines(&mut file, ssh, learned, given),
        _ => {}
    }
    if !login.proof.is_empty() {
        file.line("proof", &list(login.proof.iter().map(proof)), &saw.proof.join("; "));
    }
    if matches!(login.kind, Kind::Form(_)) {
        file.line("logout", &logout(&login.logout), &saw.logout);
    }
    let rejected = &login.refusals.rejected;
    if !rejected.texts.is_empty() || !rejected.statuses.is_empty() {
        let texts = rejected.texts.iter().map(|text| quoted(text));
        let statuses = rejected.statuses.iter().map(u16::to_string);
        let told = saw.refused.as_deref().unwrap_or_default();
        file.line("rejected", &list(texts.chain(statuses)), &format!("a wrong password: {told}"));
    }
    file.text
}

fn account(file: &mut File, login: &Login, given: &Given<'_>) {
    file.line("user", &quoted(&login.account.user), "");
    let password = match given.password {
        Place::File(path) => format!("{{ file = {} }}", quoted(&path.to_string_lossy())),
        Place::Credential(name) => format!("{{ credential = {} }}", quoted(name)),
    };
    file.line("password", &password, "");
    if let Some(path) = given.totp_file {
        file.line("totp", &format!("{{ file = {} }}", quoted(&path.to_string_lossy())), "");
    }
    if let Some(path) = given.ca_file {
        file.line("ca_file", &quoted(&path.to_string_lossy()), "");
    }
    if let Some(address) = login.dial.resolve_to {
        file.line("address", &quoted(&address.to_string()), "");
    }
    if !login.dial.addresses.is_empty() {
        let pair = |(host, address): &(String, IpAddr)| {
            format!("{} = {}", quoted(host), quoted(&address.to_string()))
        };
        let pairs: Vec<String> = login.dial.addresses.iter().map(pair).collect();
        file.line("addresses", &format!("{{ {} }}", pairs.join(", ")), "");
    }
}

fn host_key_lines(file: &mut File, ssh: &Ssh, learned: &Learned, given: &Given<'_>) {
    let shown = &learned.saw.host_key;
    match (given.known_hosts, ssh.host_keys.first()) {
        (Some(path), _) => file.line("known_hosts", &quoted(&path.to_string_lossy()), shown),
        (None, Some(key)) => file.line("host_key", &quoted(&key.to_string()), shown),
        (None, None) => {}
    }
}

fn form_lines(file: &mut File, form: &Form, learned: &Learned) {
    let saw = &learned.saw;
    let beside = |text: &str| match text {
        "" => String::new(),
        text => format!("beside it stands {text:?}"),
    };
    match &form.form {
        Some(name) => file.line("form", &quoted(name), &saw.form),
        None => file.comment(&format!("The form has no name of its own. It is {}.", saw.form)),
    }
    if let Some(name) = &form.user_field {
        file.line("user_field", &quoted(name), &beside(&saw.user_field));
    }
    if let Some(name) = &form.password_field {
        file.line("password_field", &quoted(name), &beside(&saw.password_field));
    }
    let button = match saw.button.as_str() {
        "" => String::new(),
        text => format!("its button says {text:?}"),
    };
    file.line("learned", &list(form.learned.iter().map(learned_form)), &button);
}

fn learned_form(form: &LearnedForm) -> String {
    let mut parts = Vec::new();
    if let Some(action) = &form.action {
        parts.push(format!("action = {}", quoted(action)));
    }
    let hidden = form.hidden.iter().map(|name| quoted(name));
    let further = form.more_hidden.then(|| quoted(FURTHER));
    parts.push(format!("hidden = {}", list(hidden.chain(further))));
    if let Some(button) = &form.button {
        parts.push(format!("button = {}", quoted(button)));
    }
    format!("{{ {} }}", parts.join(", "))
}

fn proof(proof: &Proof) -> String {
    let (key, value) = match proof {
        Proof::Text(value) => ("text", value),
        Proof::Link(value) => ("link", value),
        Proof::Form(value) => ("form", value),
        Proof::Path(value) => ("path", value),
        Proof::Cookie(value) => ("cookie", value),
        Proof::Json { pointer, .. } => ("json", pointer),
    };
    format!("{{ {key} = {} }}", quoted(value))
}

fn logout(logout: &Logout) -> String {
    match logout {
        Logout::Auto => quoted("auto"),
        Logout::Never => quoted("never"),
        Logout::Link(part) => format!("{{ link = {} }}", quoted(part)),
        Logout::Form(part) => format!("{{ form = {} }}", quoted(part)),
        Logout::Request { method, url } => {
            format!("{{ method = {}, url = {} }}", quoted(method.as_str()), quoted(url.as_str()))
        }
    }
}

/// What a person may begin a recipe with, every line a comment.
pub fn proposed(proposals: &[Proposal], login: &Login, given: &Given<'_>) -> String {
    let Some((first, others)) = proposals.split_first() else { return String::new() };
    let mut file = File::default();
    file.plain("[[service]]");
    file.line("name", &quoted(given.service), "");
    file.plain("[service.login]");
    file.line("kind", &quoted("json"), "or \"recipe\", if it takes more than one call");
    let seen = |one: &Proposal| format!("{:?} in {}", one.written, one.seen_in);
    file.line("url", &quoted(&first.url), &seen(first));
    for other in others {
        file.comment(&format!("or {}: {}", other.url, seen(other)));
    }
    account(&mut file, login, given);
    file.line("user_field", &quoted("username"), "as the call names them");
    file.line("password_field", &quoted("password"), "");
    file.line("token", &quoted("/token"), "where the answer has its token");
    file.text.lines().map(|line| format!("# {line}\n")).collect()
}

/// A file that grows line by line.
#[derive(Default)]
struct File {
    text: String,
}

impl File {
    fn plain(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn comment(&mut self, comment: &str) {
        self.plain(&format!("# {}", commented(comment)));
    }

    fn line(&mut self, key: &str, value: &str, comment: &str) {
        let line = format!("{key} = {value}");
        match commented(comment).as_str() {
            "" => self.plain(&line),
            comment => {
                let _ = writeln!(self.text, "{line:COMMENT_COLUMN$}  # {comment}");
            }
        }
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if misleads(c) => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A comment on one line, of characters that show what they are.
fn commented(text: &str) -> String {
    let shown = text.chars().map(|c| if misleads(c) { ' ' } else { c });
    shown.take(COMMENT_CHARS_MAX).collect::<String>().trim_end().to_owned()
}

/// Control characters, and those that turn the direction of what is read.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use probe::settings::Credentials;

    use super::*;

    #[test]
    fn a_string_is_quoted_whatever_the_page_holds() {
        for text in [
            "plain",
            "",
            "a \"b\" \\ 'c' \\n",
            "line\nend\r\t\u{0}\u{7f}\u{202e}txt",
            "'''\"\"\" # no comment",
            "Användarnamn 密码 🔑",
            "$(id) ]] [service]",
        ] {
            let file = format!("key = {} # {}\n", quoted(text), commented(text));
            let read: toml::Table = file.parse().unwrap_or_else(|e| panic!("{file}: {e}"));
            assert_eq!(read["key"].as_str(), Some(text), "{file}");
        }
    }

    #[test]
    fn what_is_proposed_reaches_the_service_as_learning_did() {
        let page = "https://portal.example/".parse().unwrap();
        let mut login = Login::new(Kind::Form(Form::new(page)), Credentials::new("probe", "x"));
        login.dial.resolve_to = Some(IpAddr::from([127, 0, 0, 1]));
        let given = Given {
            service: "portal",
            password: &Place::Credential("portal".to_owned()),
            totp_file: None,
            ca_file: Some(Path::new("/etc/upptid/ca.pem")),
            known_hosts: None,
        };
        let proposal = Proposal {
            url: "https://portal.example/api/login".to_owned(),
            written: "/api/login".to_owned(),
            seen_in: "the page's script".to_owned(),
        };
        let text = proposed(&[proposal], &login, &given);
        for line in ["# ca_file = \"/etc/upptid/ca.pem\"\n", "# address = \"127.0.0.1\"\n"] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }

    #[test]
    fn a_comment_stays_on_its_line() {
        let comment = commented("x\n[[service]]\nname = \"evil\"\u{202e}");
        assert!(!comment.contains(['\n', '\u{202e}']), "{comment}");
        assert!(commented(&"å".repeat(1000)).chars().count() <= COMMENT_CHARS_MAX);
    }
}
