//! What a step sends.

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, PROXY_AUTHORIZATION, TE,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, Method};
use probe::settings::recipe::{Body, PARTS_MAX, Request};
use probe::settings::template::{Encoding, JsonTemplate, Template};
use url::Url;

use super::Recipes;
use crate::config::table::{Table, Value};
use crate::config::value::{Wrong, header_name, header_value, https_url, one_of};

const METHODS: [(&str, &Method); 6] = [
    ("GET", &Method::GET),
    ("POST", &Method::POST),
    ("PUT", &Method::PUT),
    ("PATCH", &Method::PATCH),
    ("DELETE", &Method::DELETE),
    ("HEAD", &Method::HEAD),
];

/// Headers that follow from the request itself.
const OWN_HEADERS: [HeaderName; 8] =
    [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE, TE, EXPECT, COOKIE];

impl Recipes<'_> {
    /// Reads a step's `request`. None if it cannot be sent; that is noted.
    pub(super) fn request(&mut self, step: &Table<'_>) -> Option<Request> {
        let Some(table) = step.table("request") else {
            if !step.has("request") {
                let problem = step.problem("request", "the step has no request");
                step.note(problem.help(r#"add request = { url = "/path" }"#));
            }
            return None;
        };
        let url = self.url(&table);
        let headers = self.headers(&table);
        let body = self.body(&table);
        let default = match body {
            Some(Body::Empty) | None => &Method::GET,
            Some(_) => &Method::POST,
        };
        let method = table.text("method", one_of(&METHODS)).unwrap_or(default);
        if *default == Method::POST && matches!(*method, Method::GET | Method::HEAD) {
            let problem = table.problem("method", "a request of this method has no body");
            table.note(problem.help("leave method out: a request with a body is a POST"));
        }
        let follow = table.flag("follow").unwrap_or(true);
        let request = Request { method: method.clone(), url: url?, headers, body: body?, follow };
        self.check_host(&table, &request);
        table.end();
        Some(request)
    }

    /// A template, its names checked.
    pub(super) fn template(&mut self, value: &Value<'_>) -> Option<Template> {
        let parse = |text: &str| Template::parse(text).map_err(wrong_template);
        let template = value.text(parse)?;
        self.check_names(value, template.variables());
        Some(template)
    }

    /// The same in JSON.
    pub(super) fn json(&mut self, value: &Value<'_>) -> Option<JsonTemplate> {
        match JsonTemplate::new(value.json()?) {
            Ok(template) => {
                self.check_names(value, template.variables().into_iter());
                Some(template)
            }
            Err(why) => {
                value.note(wrong_template(why));
                None
            }
        }
    }

    fn url(&mut self, table: &Table<'_>) -> Option<Template> {
        let Some(value) = table.value("url") else {
            let problem = table.problem("url", "the request has no url");
            table.note(problem.help(r#"add url = "/path" or url = "https://…""#));
            return None;
        };
        let url = self.template(&value)?;
        match address(self.url, &url) {
            Ok(_) => Some(url),
            Err(wrong) => {
                value.note(wrong);
                None
            }
        }
    }

    fn headers(&mut self, table: &Table<'_>) -> Vec<(HeaderName, Template)> {
        let Some(headers) = table.table("headers") else { return Vec::new() };
        let entries = headers.entries().into_iter().take(PARTS_MAX);
        entries.filter_map(|(name, value)| self.header(name, &value)).collect()
    }

    fn header(&mut self, name: &str, value: &Value<'_>) -> Option<(HeaderName, Template)> {
        let name = match header_name(name) {
            Ok(name) if OWN_HEADERS.contains(&name) => {
                let message = "this header follows from the request and the cookies";
                value.note(Wrong::new(message, "leave it out"));
                return None;
            }
            Ok(name) => name,
            Err(wrong) => {
                value.note(wrong);
                return None;
            }
        };
        let template = self.template(value)?;
        let bears_secret = matches!(name, AUTHORIZATION | PROXY_AUTHORIZATION);
        if bears_secret && template.variables().next().is_none() {
            let why = "a secret must not stand in the configuration (C10.3)";
            let help = r#"name it in secrets = { … } and write its name in braces"#;
            value.note(Wrong::new(why, help));
            return None;
        }
        if let Err(wrong) = header_value(&filled(&template, "x")) {
            value.note(wrong);
            return None;
        }
        Some((name, template))
    }

    fn body(&mut self, table: &Table<'_>) -> Option<Body> {
        let (form, json, text) = (table.table("form"), table.value("json"), table.value("text"));
        let given = ["form", "json", "text"].iter().filter(|key| table.has(key)).count();
        if given > 1 {
            let problem = table.problem_with_key("request", "a request has one body");
            table.note(problem.help("write one of form, json or text"));
        }
        if let Some(form) = form {
            let entries = form.entries().into_iter().take(PARTS_MAX);
            let field =
                |(name, value): (&str, Value<'_>)| Some((name.to_owned(), self.template(&value)?));
            return Some(Body::Form(entries.filter_map(field).collect()));
        }
        match (json, text) {
            (Some(json), _) => self.json(&json).map(Body::Json),
            (None, Some(text)) => self.template(&text).map(Body::Text),
            (None, None) if given == 0 => Some(Body::Empty),
            (None, None) => None,
        }
    }

    /// A secret goes to the login's own host and to those that are named, and nowhere else.
    fn check_host(&self, table: &Table<'_>, request: &Request) {
        let Ok(Some(url)) = address(self.url, &request.url) else { return };
        let is_known = url.host_str() == self.url.host_str()
            || self.hosts.iter().any(|host| Some(host.as_str()) == url.host_str());
        if !is_known && request.variables().iter().any(|name| self.secrets.contains(*name)) {
            let message = "this would send a secret to another host than the login's";
            let help = r#"if that is right, add the host to the login: hosts = ["…"]"#;
            table.note(table.problem("url", message).help(help));
        }
    }
}

fn wrong_template(why: String) -> Wrong {
    Wrong { message: why, help: None }
}

/// Where a request goes: to an origin that no value can change. None if an answer says where.
fn address(login: &Url, template: &Template) -> Result<Option<Url>, Wrong> {
    if template.only_variable().is_some() {
        return Ok(None);
    }
    let (one, other) = (filled(template, "x"), filled(template, "y"));
    let example = Wrong::new(
        "this is neither a path nor a URL",
        r#"write "/path", "https://host/path", or only the name of a value that holds one"#,
    );
    let is_path = |text: &str| text.starts_with('/') && !text.starts_with("//");
    if is_path(&one) {
        return login.join(&one).map(Some).map_err(|_| example);
    }
    if !one.contains("://") {
        return Err(example);
    }
    let (one, other) = (https_url(&one)?, https_url(&other)?);
    match one.origin() == other.origin() {
        true => Ok(Some(one)),
        false => Err(Wrong::new(
            "a value must not decide which host is asked",
            "write the host, or take the whole address from an answer",
        )),
    }
}

/// The template with `value` in every place.
fn filled(template: &Template, value: &str) -> String {
    template.fill(&|_| Some(value), Encoding::Plain).unwrap_or_default()
}
