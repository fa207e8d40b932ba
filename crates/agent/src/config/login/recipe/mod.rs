//! A login by steps. Each is checked as it is read, so that a recipe that is accepted can be run.

mod answer;
mod request;

use std::collections::BTreeSet;

use probe::settings::Recipe;
use probe::settings::recipe::{Expect, RecipeStep, STEPS_MAX};
use probe::settings::template::is_name;
use secrecy::SecretString;
use url::Url;

use super::{ITEMS_MAX, Reading};
use crate::config::problem::Problem;
use crate::config::table::{Table, Value};
use crate::config::value::{Wrong, text};

/// The keys of its own, beside `logout`.
pub(super) const KEYS: &[&str] = &["hosts", "secrets", "step"];

/// What the further secrets are called where secrets are listed.
const SECRETS: [&str; 8] = [
    "secret 1", "secret 2", "secret 3", "secret 4", "secret 5", "secret 6", "secret 7", "secret 8",
];
/// Names that are given to values already.
const GIVEN: [&str; 3] = ["user", "password", "totp"];

/// What is known while a recipe is read.
struct Recipes<'r> {
    url: &'r Url,
    hosts: &'r [String],
    /// Names of the account's and the recipe's secrets.
    secrets: BTreeSet<String>,
    /// Names of the values that steps up to here have taken.
    taken: BTreeSet<String>,
    /// Those that any step takes.
    taken_at_all: BTreeSet<String>,
    /// Names that were written in braces.
    used: BTreeSet<String>,
    /// Whether the steps of the log-out are read.
    in_log_out: bool,
}

/// Reads it.
pub(super) fn read(table: &Table<'_>, url: Url, reading: &mut Reading<'_>) -> Recipe {
    let mut hosts = table.texts("hosts", host).unwrap_or_default();
    hosts.truncate(ITEMS_MAX);
    let further = secrets(table, reading);
    let mut recipes = Recipes {
        url: &url,
        hosts: &hosts,
        // Also those that could not be read: that has been noted.
        secrets: names_of_secrets(table),
        taken: BTreeSet::new(),
        taken_at_all: BTreeSet::new(),
        used: BTreeSet::new(),
        in_log_out: false,
    };
    recipes.secrets.insert("password".to_owned());
    recipes.secrets.extend(table.has("totp").then(|| "totp".to_owned()));
    let items = table.list("step");
    recipes.taken_at_all = items.iter().flat_map(answer::names_taken).collect();
    let steps = recipes.steps(table, "step", &items);
    recipes.in_log_out = true;
    let log_out = match has_log_out(table) {
        true => recipes.steps(table, "logout", &table.list("logout")),
        false => Vec::new(),
    };
    let used = recipes.used;
    let recipe = Recipe { url, hosts, secrets: further, steps, log_out };
    check(table, &recipe, &used);
    recipe
}

/// Whether `logout` is a list of steps, and none of the words and tables that all kinds know.
pub(super) fn has_log_out(table: &Table<'_>) -> bool {
    table.value("logout").is_some_and(|value| value.is_list())
}

impl Recipes<'_> {
    fn steps(&mut self, table: &Table<'_>, key: &str, items: &[Value<'_>]) -> Vec<RecipeStep> {
        if items.len() > STEPS_MAX {
            table.note(table.problem(key, format!("more than {STEPS_MAX} steps")));
        }
        let items = items.iter().take(STEPS_MAX).enumerate();
        items.filter_map(|(at, item)| self.step(at, item)).collect()
    }

    fn step(&mut self, at: usize, item: &Value<'_>) -> Option<RecipeStep> {
        let table = item.table()?;
        let name = table.text("name", text).unwrap_or_else(|| format!("{}", at + 1));
        let request = self.request(&table);
        let (statuses, expect) = self.expect(&table);
        let take = self.take(&table);
        table.end();
        Some(RecipeStep { name, request: request?, statuses, expect, take })
    }

    /// Notes what is wrong with names in braces, at `value`.
    fn check_names<'n>(&mut self, value: &Value<'_>, names: impl Iterator<Item = &'n str>) {
        for name in names {
            self.used.insert(name.to_owned());
            if name == "totp" && self.in_log_out {
                let wrong = Wrong::new(
                    "a log-out that needs a one-time code would use up the next login's",
                    "leave {totp} out here",
                );
                value.note(wrong);
            } else if !self.is_known(name) {
                value.note(self.unknown(name));
            }
        }
    }

    fn is_known(&self, name: &str) -> bool {
        name == "user" || self.secrets.contains(name) || self.taken.contains(name)
    }

    fn unknown(&self, name: &str) -> Wrong {
        if name == "totp" {
            let help = r#"add totp = { credential = "name" } or { file = "path" } to the login"#;
            return Wrong::new("the account has no one-time codes", help);
        }
        if self.taken_at_all.contains(name) {
            let message = "a value in braces is used before a step takes it";
            return Wrong::new(message, "move this step behind the one that takes it");
        }
        let known = ["user"].into_iter().chain(self.secrets.iter().map(String::as_str));
        let known: Vec<&str> = known.chain(self.taken.iter().map(String::as_str)).collect();
        Wrong::new(
            "no value has this name in braces",
            format!("known here: {}; write {{{{ for a brace", known.join(", ")),
        )
    }
}

/// Reads `secrets`.
fn secrets(table: &Table<'_>, reading: &mut Reading<'_>) -> Vec<(String, SecretString)> {
    let Some(secrets) = table.table("secrets") else { return Vec::new() };
    let entries = secrets.entries();
    if entries.len() > SECRETS.len() {
        let message = format!("more than {} further secrets", SECRETS.len());
        table.note(table.problem("secrets", message));
    }
    let mut read = Vec::new();
    for ((name, value), what) in entries.into_iter().zip(SECRETS) {
        if !is_name(name) || GIVEN.contains(&name) {
            value.note(wrong_name());
            continue;
        }
        if value.as_table().is_none() {
            let why = "a secret must not stand in the configuration (C10.3)";
            let help = r#"write name = { credential = "name" } or name = { file = "path" }"#;
            secrets.note(value.problem(why).help(help).hidden());
            continue;
        }
        let secret = reading.secret(&secrets, name, what);
        read.extend(secret.map(|secret| (name.to_owned(), secret)));
    }
    read
}

fn names_of_secrets(table: &Table<'_>) -> BTreeSet<String> {
    let secrets = table.value("secrets").and_then(|value| value.as_table());
    let entries = secrets.map(|secrets| secrets.entries()).unwrap_or_default();
    entries.into_iter().map(|(name, _)| name.to_owned()).collect()
}

fn wrong_name() -> Wrong {
    Wrong::new(
        "a value cannot have this name",
        "small letters, digits and _, beginning with a letter; user, password and totp are taken",
    )
}

/// Mistakes that only the whole recipe shows.
fn check(table: &Table<'_>, recipe: &Recipe, used: &BTreeSet<String>) {
    if recipe.steps.is_empty() {
        let problem = match table.has("step") {
            // What is wrong with the steps has been noted.
            true if !table.list("step").is_empty() => return,
            true => table.problem_with_key("step", "the recipe has no step"),
            false => table.problem("step", "the recipe has no step"),
        };
        table.note(problem.help("add [[service.login.step]] with a request below the login"));
        return;
    }
    for (name, _) in &recipe.secrets {
        if !used.contains(name) {
            let problem = table.problem("secrets", "a secret of the recipe is never used");
            table.note(problem.help("write its name in braces where it goes, or leave it out"));
        }
    }
    if table.has("totp") && !used.contains("totp") {
        let problem = table.problem_with_key("totp", "the recipe never sends a one-time code");
        table.note(problem.help("write {totp} where the code goes, or leave totp out"));
    }
    let bears = |step: &RecipeStep| recipe.bears_secret(&step.request);
    let Some(first) = recipe.steps.iter().position(bears) else {
        let problem = at_step(table, "no step sends the password");
        table.note(problem.help("write {password} where it goes"));
        return;
    };
    let proves =
        |step: &RecipeStep| !step.take.is_empty() || step.expect.iter().any(Expect::is_positive);
    if !table.has("proof") && !recipe.steps[first..].iter().any(proves) {
        let message = "nothing in these steps shows that the login went well";
        let help = "add expect = { … } to the step that sends the password, or to one behind it: \
                    something that only a logged-in user sees";
        table.note(at_step(table, message).help(help));
    }
}

fn at_step(table: &Table<'_>, message: &str) -> Problem {
    match table.list("step").first() {
        Some(step) => step.problem(message),
        None => table.problem("step", message),
    }
}

fn host(text: &str) -> Result<String, Wrong> {
    let wrong = || Wrong::new("this is no host's name", r#"write it like "auth.example""#);
    let url = Url::parse(&format!("https://{text}/")).map_err(|_| wrong())?;
    match url.host_str() {
        Some(host) if host.eq_ignore_ascii_case(text) => Ok(host.to_owned()),
        _ => Err(wrong()),
    }
}
