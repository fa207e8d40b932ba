//! What a step's answer must be, and what is taken from it.

use probe::html::select::Selector;
use probe::settings::recipe::{Expect, PARTS_MAX, Pattern, Source, Take};
use probe::settings::template::is_name;

use super::{GIVEN, Recipes, wrong_name};
use crate::config::login::proof::path_pattern;
use crate::config::table::{Table, Value};
use crate::config::value::{Wrong, header_name, json_pointer, text};

/// What an expectation may be about.
const EXPECTED: [&str; 8] =
    ["status", "text", "no_text", "select", "json", "header", "cookie", "path"];
/// Where a value may be taken from.
const SOURCES: [&str; 4] = ["select", "json", "header", "cookie"];

/// The names of what a step takes, without a look at whether they are right.
pub(super) fn names_taken(step: &Value<'_>) -> Vec<String> {
    let Some(step) = step.as_table() else { return Vec::new() };
    let Some(take) = step.value("take").filter(Value::is_list) else { return Vec::new() };
    let names = take.list().into_iter().filter_map(|take| take.as_table()?.peek("name"));
    names.map(str::to_owned).collect()
}

impl Recipes<'_> {
    /// Reads a step's `expect`, a table or a list of them: statuses, and the rest.
    pub(super) fn expect(&mut self, step: &Table<'_>) -> (Vec<u16>, Vec<Expect>) {
        let (mut statuses, mut expect) = (Vec::new(), Vec::new());
        let Some(value) = step.value("expect") else { return (statuses, expect) };
        let items = if value.is_list() { value.list() } else { vec![value] };
        for item in items.iter().take(PARTS_MAX) {
            let Some(table) = item.table() else { continue };
            statuses.extend(status(&table));
            expect.extend(self.expected(&table));
            if !EXPECTED.iter().any(|key| table.has(key)) {
                let problem = item.problem("this expects nothing");
                table.note(problem.help(format!("write any of {}", EXPECTED.join(", "))));
            }
            table.end();
        }
        (statuses, expect)
    }

    fn expected(&mut self, table: &Table<'_>) -> Vec<Expect> {
        let text_in = table.value("text").and_then(|value| self.words(&value));
        let not_in = table.value("no_text").and_then(|value| self.words(&value));
        let mut found: Vec<Expect> = text_in.map(Expect::Text).into_iter().collect();
        found.extend(not_in.map(Expect::NoText));
        found.extend(table.text("select", selector).map(Expect::Select));
        found.extend(table.text("cookie", text).map(Expect::Cookie));
        found.extend(table.text("path", path_pattern).map(Expect::Path));
        let (json, header) = (table.text("json", json_pointer), table.text("header", header_name));
        let equals = table.value("equals");
        match (table.has("json"), table.has("header")) {
            (true, true) => {
                let problem = table.problem("header", "one { } is about JSON or about a header");
                table.note(problem.help("write a list: expect = [{ json = … }, { header = … }]"));
            }
            (true, false) => {
                let equals = equals.and_then(|value| self.json(&value));
                found.extend(json.map(|pointer| Expect::Json { pointer, equals }));
            }
            (false, true) => {
                let equals = equals.and_then(|value| self.template(&value));
                found.extend(header.map(|name| Expect::Header { name, equals }));
            }
            (false, false) if equals.is_some() => {
                let message = "only JSON and a header have a value to equal";
                table.note(table.problem("equals", message));
            }
            (false, false) => {}
        }
        found
    }

    /// Words that are not empty: those stand on every page.
    fn words(&mut self, value: &Value<'_>) -> Option<probe::settings::template::Template> {
        value.text(text)?;
        self.template(value)
    }

    /// Reads a step's `take`. What is taken is known from here on.
    pub(super) fn take(&mut self, step: &Table<'_>) -> Vec<Take> {
        let list = step.list("take");
        if list.len() > PARTS_MAX {
            step.note(step.problem("take", format!("more than {PARTS_MAX} values are taken")));
        }
        let taken: Vec<Take> =
            list.iter().take(PARTS_MAX).filter_map(|item| self.taken(item)).collect();
        self.taken.extend(taken.iter().map(|take| take.name.clone()));
        taken
    }

    fn taken(&self, item: &Value<'_>) -> Option<Take> {
        let table = item.table()?;
        let name = table.text("name", |name| match self.may_be_named(name) {
            true => Ok(name.to_owned()),
            false => Err(wrong_name()),
        });
        if !table.has("name") {
            let problem = item.problem("what is taken has no name");
            table.note(problem.help(r#"add name = "token", and write {token} where it goes"#));
        }
        let attribute = table.text("attribute", text);
        let found = [
            table.text("select", selector).map(|selector| Source::Select(selector, attribute)),
            table.text("json", json_pointer).map(Source::Json),
            table.text("header", header_name).map(Source::Header),
            table.text("cookie", text).map(Source::Cookie),
        ];
        let pattern = table.text("regex", pattern);
        let show = table.flag("show").unwrap_or(false);
        match SOURCES.iter().filter(|key| table.has(key)).count() {
            0 if !table.has("regex") => {
                let problem = item.problem("nothing says where this value stands");
                table.note(problem.help("write one of select, json, header, cookie or regex"));
            }
            0 | 1 => {}
            _ => {
                let problem = item.problem("a value is taken from one place");
                let help = "write one of select, json, header or cookie; regex narrows it down";
                table.note(problem.help(help));
            }
        }
        if table.has("attribute") && !table.has("select") {
            let problem = table.problem("attribute", "only an element has an attribute");
            table.note(problem.help(r#"add select = "input[name=…]""#));
        }
        let is_anywhere = !SOURCES.iter().any(|key| table.has(key));
        table.end();
        let from = found.into_iter().flatten().next();
        let from = from.or_else(|| is_anywhere.then_some(Source::Body))?;
        Some(Take { name: name?, from, pattern, show })
    }

    fn may_be_named(&self, name: &str) -> bool {
        is_name(name) && !GIVEN.contains(&name) && !self.secrets.contains(name)
    }
}

/// `200`, or `[200, 201]`.
fn status(table: &Table<'_>) -> Vec<u16> {
    let Some(value) = table.value("status") else { return Vec::new() };
    let items = if value.is_list() { value.list() } else { vec![value] };
    let number = |item: &Value<'_>| item.count(200..=499).and_then(|n| u16::try_from(n).ok());
    items.iter().take(PARTS_MAX).filter_map(number).collect()
}

fn selector(text: &str) -> Result<Selector, Wrong> {
    Selector::parse(text).map_err(|why| {
        let help = r#"write it like "form#login input[name=token]" or "a[href*=logout]""#;
        Wrong::new(format!("this selector cannot be read: {why}"), help)
    })
}

fn pattern(text: &str) -> Result<Pattern, Wrong> {
    Pattern::parse(text).map_err(|why| {
        let help = r#"write it in single quotes, like 'token=([0-9a-f]+)'"#;
        Wrong::new(format!("this regular expression cannot be read: {why}"), help)
    })
}
