//! A TOML table, read key by key.
//!
//! Derived deserializers stop at the first mistake and quote the value in their message. This
//! reader notes every mistake with its place and goes on, and never quotes a value. What a table
//! was asked for is what it may hold: a key that nobody asked for is unknown.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::problem::{Problem, Problems, Source};
use super::value::{Wrong, nearest};

/// Most entries of any list.
const LIST_LENGTH_MAX: usize = 10_000;

/// Keys whose values are never shown (C10.3), also where they name a file and not a secret: what
/// stands there by mistake is often the secret itself.
const SECRET_KEYS: [&str; 8] =
    ["password", "client_key", "credential", "file", "token", "secret", "secrets", "totp"];

/// What has been noticed while reading.
#[derive(Default)]
pub(super) struct Notes {
    problems: RefCell<Vec<Problem>>,
    /// Keys with the tables they stand in: `service.login.url`.
    asked: RefCell<BTreeSet<String>>,
}

impl Notes {
    /// Notes a problem.
    pub(super) fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Every key that was asked for, with the tables it stands in.
    pub(super) fn asked(&self) -> BTreeSet<String> {
        self.asked.borrow().clone()
    }

    /// Everything that was noted.
    pub(super) fn into_problems(self) -> Problems {
        let asked = self.asked.into_inner();
        let keys = asked.iter().map(|path| path.rsplit('.').next().unwrap_or_default());
        let keys_shown = keys.filter(|key| !SECRET_KEYS.contains(key)).map(str::to_owned).collect();
        Problems::new(self.problems.into_inner(), keys_shown)
    }
}

/// One table of a file.
pub(super) struct Table<'a> {
    place: Place<'a>,
    /// None: a table that is not there.
    entries: Option<&'a DeTable<'a>>,
    known: RefCell<Vec<&'a str>>,
}

/// One value of a table or a list.
pub(super) struct Value<'a> {
    place: Place<'a>,
    value: &'a DeValue<'a>,
}

/// Where something stands.
#[derive(Clone)]
struct Place<'a> {
    notes: &'a Notes,
    source: &'a Arc<Source>,
    /// The tables it stands in, and its key: `service.login`.
    path: String,
    span: Range<usize>,
}

impl<'a> Place<'a> {
    fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::at(self.source, self.span.clone(), message)
    }

    fn below(&self, key: &str, span: Range<usize>) -> Self {
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        Place { path, span, ..self.clone() }
    }
}

impl<'a> Table<'a> {
    /// A file's outermost table.
    pub(super) fn root(
        notes: &'a Notes,
        source: &'a Arc<Source>,
        table: &'a Spanned<DeTable<'a>>,
    ) -> Self {
        let place = Place { notes, source, path: String::new(), span: 0..0 };
        Table { place, entries: Some(table.get_ref()), known: RefCell::default() }
    }

    /// Asks for `key`.
    pub(super) fn value(&self, key: &'a str) -> Option<Value<'a>> {
        self.know(key);
        self.find(key).map(|(_, value)| value)
    }

    /// Asks for `key`, a text that `parse` reads. None if it is not there, or wrong and noted.
    pub(super) fn text<T>(
        &self,
        key: &'a str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.value(key)?.text(parse)
    }

    /// Asks for `key`, `true` or `false`.
    pub(super) fn flag(&self, key: &'a str) -> Option<bool> {
        self.value(key)?.flag()
    }

    /// Asks for `key`, a whole number.
    pub(super) fn count(&self, key: &'a str, within: RangeInclusive<u32>) -> Option<u32> {
        self.value(key)?.count(within)
    }

    /// Asks for `key`, a list; empty if it is not there.
    pub(super) fn list(&self, key: &'a str) -> Vec<Value<'a>> {
        self.value(key).map(|value| value.list()).unwrap_or_default()
    }

    /// Asks for `key`, a list of texts; none if it is not there.
    pub(super) fn texts<T>(
        &self,
        key: &'a str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let list = self.value(key)?.list();
        Some(list.iter().filter_map(|item| item.text(&parse)).collect())
    }

    /// Asks for `key`, a table.
    pub(super) fn table(&self, key: &'a str) -> Option<Table<'a>> {
        let table = self.value(key)?.table()?;
        // Point at the header, not at everything below it.
        let span = self.find(key).map(|(key_span, _)| key_span)?;
        Some(Table { place: Place { span, ..table.place.clone() }, ..table })
    }

    /// Asks for `key`, a table; an empty one if it is not there.
    pub(super) fn section(&self, key: &'a str) -> Table<'a> {
        let place = self.place.below(key, self.place.span.clone());
        let absent = Table { place, entries: None, known: RefCell::default() };
        self.table(key).unwrap_or(absent)
    }

    /// Every entry of a table whose keys are names: those, each with its own place, and the values.
    pub(super) fn entries(&self) -> Vec<(&'a str, Value<'a>)> {
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let key: &'a std::borrow::Cow<'a, str> = key.get_ref();
            let place = self.place.below("*", value.span());
            (key.as_ref(), Value { place, value: value.get_ref() })
        };
        self.entries
            .into_iter()
            .flatten()
            .map(entry)
            .inspect(|(key, _)| self.know_name(key))
            .collect()
    }

    /// A problem with the value of `key`, or with the table if the key is not there.
    pub(super) fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        let place = self.find(key).map(|(_, value)| value.place);
        place.unwrap_or_else(|| self.place.clone()).problem(message)
    }

    /// A problem with `key` itself.
    pub(super) fn problem_with_key(&self, key: &str, message: impl Into<String>) -> Problem {
        let span = self.find(key).map_or(self.place.span.clone(), |(span, _)| span);
        Place { span, ..self.place.clone() }.problem(message)
    }

    /// Notes a problem.
    pub(super) fn note(&self, problem: Problem) {
        self.place.notes.add(problem);
    }

    /// A problem with the whole file.
    pub(super) fn problem_with_file(&self, message: impl Into<String>) -> Problem {
        Problem::with_file(&*self.place.source.path, message)
    }

    /// Whether the table has `key`, without asking for it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The text of `key` as it stands, without asking for it.
    pub(super) fn peek(&self, key: &str) -> Option<&'a str> {
        self.entries?.get(key)?.get_ref().as_str()
    }

    /// Does not call `key` unknown: what is wrong with it has been noted.
    pub(super) fn allow(&self, key: &'a str) {
        self.know_name(key);
    }

    /// The last step: whatever was not asked for is unknown.
    pub(super) fn end(self) {
        let known = self.known.borrow();
        for (key, _) in self.entries.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let place = Place { span: key.span(), ..self.place.clone() };
            let inside = match self.place.path.as_str() {
                "" => "at the top of the file".to_owned(),
                path => format!("in {path}"),
            };
            let help = match nearest(name, &known) {
                Some(nearest) => format!("did you mean \"{nearest}\"?"),
                None => format!("known here: {}", known.join(", ")),
            };
            place.notes.add(place.problem(format!("unknown key {inside}")).help(help));
        }
    }

    fn find(&self, key: &str) -> Option<(Range<usize>, Value<'a>)> {
        let (found, value) = self.entries?.get_key_value(key)?;
        let place = self.place.below(key, value.span());
        Some((found.span(), Value { place, value: value.get_ref() }))
    }

    fn know(&self, key: &'a str) {
        self.know_name(key);
        self.place.notes.asked.borrow_mut().insert(self.place.below(key, 0..0).path);
    }

    fn know_name(&self, key: &'a str) {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
    }
}

impl<'a> Value<'a> {
    /// A text that `parse` reads.
    pub(super) fn text<T>(&self, parse: impl Fn(&str) -> Result<T, Wrong>) -> Option<T> {
        let Some(text) = self.value.as_str() else {
            self.wrong_type("text in quotes");
            return None;
        };
        parse(text).map_err(|wrong| self.note(wrong)).ok()
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.wrong_type("true or false, without quotes");
        }
        flag
    }

    /// A whole number.
    pub(super) fn count(&self, within: RangeInclusive<u32>) -> Option<u32> {
        let Some(integer) = self.value.as_integer() else {
            self.wrong_type("a whole number, without quotes");
            return None;
        };
        let count = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let count = count.and_then(|count| u32::try_from(count).ok());
        let count = count.filter(|count| within.contains(count));
        if count.is_none() {
            let bounds = format!("from {} to {}", within.start(), within.end());
            self.note(Wrong::new("this number is out of bounds", bounds));
        }
        count
    }

    /// A list.
    pub(super) fn list(&self) -> Vec<Value<'a>> {
        let Some(array) = self.value.as_array() else {
            self.wrong_type("a list in [ ]");
            return Vec::new();
        };
        if array.len() > LIST_LENGTH_MAX {
            self.note(Wrong::new("this list is too long", format!("{LIST_LENGTH_MAX} at most")));
            return Vec::new();
        }
        let item = |item: &'a Spanned<DeValue<'a>>| {
            let place = Place { span: item.span(), ..self.place.clone() };
            Value { place, value: item.get_ref() }
        };
        array.iter().map(item).collect()
    }

    /// A table.
    pub(super) fn table(&self) -> Option<Table<'a>> {
        let Some(entries) = self.value.as_table() else {
            self.wrong_type("a table");
            return None;
        };
        Some(Table { place: self.place.clone(), entries: Some(entries), known: RefCell::default() })
    }

    /// The table, if it is one; nothing is noted if not.
    pub(super) fn as_table(&self) -> Option<Table<'a>> {
        self.value.is_table().then(|| self.table()).flatten()
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// Whether it is a whole number.
    pub(super) fn is_number(&self) -> bool {
        self.value.is_integer()
    }

    /// The same value in JSON. A date has none.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        let json = to_json(self.value);
        if json.is_none() {
            self.note(Wrong::new("JSON has no such value", "write a date as text in quotes"));
        }
        json
    }

    /// A problem with this value.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        self.place.problem(message)
    }

    /// Notes what is wrong with this value.
    pub(super) fn note(&self, wrong: Wrong) {
        let problem = self.place.problem(wrong.message);
        self.place.notes.add(match wrong.help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    fn wrong_type(&self, expected: &str) {
        let found = match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("expected {expected}, found {found}");
        let help = match self.value {
            DeValue::Table(_) if expected.contains("list") => {
                Some("write a header like [[service]], or [ ] around the value".to_owned())
            }
            DeValue::Array(_) | DeValue::Table(_) => None,
            _ if expected.contains("in quotes") => Some("put quotes around it".to_owned()),
            _ => None,
        };
        let problem = self.problem(message);
        let problem = match help {
            Some(help) => problem.help(help),
            None => problem,
        };
        let is_text = matches!(self.value, DeValue::String(_));
        self.place.notes.add(if is_text { problem.hidden() } else { problem });
    }
}

fn to_json(value: &DeValue<'_>) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    Some(match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Integer(integer) => {
            Json::from(i64::from_str_radix(integer.as_str(), integer.radix()).ok()?)
        }
        DeValue::Float(float) => Json::from(float.as_str().parse::<f64>().ok()?),
        DeValue::Boolean(flag) => Json::from(*flag),
        DeValue::Datetime(_) => return None,
        DeValue::Array(array) => {
            Json::Array(array.iter().map(|item| to_json(item.get_ref())).collect::<Option<_>>()?)
        }
        DeValue::Table(table) => {
            let entry = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                Some((key.get_ref().to_string(), to_json(value.get_ref())?))
            };
            Json::Object(table.iter().map(entry).collect::<Option<_>>()?)
        }
    })
}
