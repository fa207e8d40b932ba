//! Secrets: the configuration names them, a credential or a file holds them (C10.3).

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::source::{read_bounded, reason};
use super::table::{Table, Value};
use super::value;

/// Largest secret, in bytes: a private key with its chain.
const SECRET_LENGTH_MAX: u64 = 64 << 10;

/// Where secrets and the files beside the configuration are found.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    /// `$CREDENTIALS_DIRECTORY`, if the service manager gave one.
    pub(super) credentials: Option<&'a Path>,
    /// The folder that relative paths begin in.
    pub(super) folder: &'a Path,
}

/// Where a secret was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretPlace {
    /// A credential of the service manager, by name.
    Credential(String),
    /// A file.
    File(PathBuf),
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretPlace::Credential(name) => write!(f, "credential {name}"),
            SecretPlace::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

/// Asks `table` for the secret `key`: `{ credential = "name" }` or `{ file = "path" }`.
/// None if it is not there, or cannot be had and that is noted.
pub(super) fn secret<'a>(
    table: &Table<'a>,
    key: &'a str,
    places: Places<'_>,
) -> Option<(SecretString, SecretPlace)> {
    found(table, key, places).map(|found| (found.secret, found.place))
}

/// Asks `table` for the secret `key` like [`secret`], and gives the file that holds it.
pub(super) fn secret_path<'a>(
    table: &Table<'a>,
    key: &'a str,
    places: Places<'_>,
) -> Option<(PathBuf, SecretPlace)> {
    found(table, key, places).map(|found| (found.path, found.place))
}

/// A secret that could be read.
struct Found {
    secret: SecretString,
    path: PathBuf,
    place: SecretPlace,
}

fn found<'a>(table: &Table<'a>, key: &'a str, places: Places<'_>) -> Option<Found> {
    let value = table.value(key)?;
    let how = format!(r#"write {key} = {{ credential = "name" }} or {key} = {{ file = "path" }}"#);
    let Some(names) = value.as_table() else {
        let why = "a secret must not stand in the configuration (C10.3)";
        table.note(value.problem(why).help(how));
        return None;
    };
    let credential = names.value("credential");
    let file = names.value("file");
    let found = match (credential, file) {
        (Some(credential), None) => from_credential(table, &credential, places),
        (None, Some(file)) => from_file(table, &file, places),
        _ => {
            table.note(value.problem("a secret has one name: a credential or a file").help(how));
            None
        }
    };
    names.end();
    found
}

fn from_credential(table: &Table<'_>, credential: &Value<'_>, places: Places<'_>) -> Option<Found> {
    let name = credential.text(value::name)?;
    let Some(directory) = places.credentials else {
        let problem = credential.problem("there are no credentials to read this secret from");
        let help = "start with systemd and LoadCredential=, or name a folder of credentials";
        table.note(problem.help(help));
        return None;
    };
    let path = directory.join(&name);
    match read(&path) {
        Ok(secret) => Some(Found { secret, path, place: SecretPlace::Credential(name) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("{} holds no credential of this name", directory.display());
            let help = match names_in(directory) {
                names if names.is_empty() => "it is empty: add LoadCredential= to the unit".into(),
                names => format!("it holds {}", names.join(", ")),
            };
            table.note(credential.problem(message).help(help));
            None
        }
        Err(error) => {
            let message = format!("failed to read the credential: {}", reason(&error));
            table.note(credential.problem(message));
            None
        }
    }
}

fn from_file(table: &Table<'_>, file: &Value<'_>, places: Places<'_>) -> Option<Found> {
    let path = places.folder.join(file.text(value::path)?);
    match read(&path) {
        Ok(secret) => {
            if std::fs::metadata(&path).is_ok_and(|metadata| metadata.mode() & 0o004 != 0) {
                let problem = file.problem("every user of this machine may read this secret");
                table.note(problem.help("chmod o-r, or use a credential").warning());
            }
            let place = SecretPlace::File(path.clone());
            Some(Found { secret, path, place })
        }
        Err(error) => {
            let message = format!("failed to read the secret's file: {}", reason(&error));
            table.note(file.problem(message));
            None
        }
    }
}

/// A secret's text without the newline that editors put at its end.
fn read(path: &Path) -> io::Result<SecretString> {
    let text = String::from_utf8(read_bounded(path, SECRET_LENGTH_MAX)?)
        .map_err(|_| io::Error::other("it is not UTF-8"))?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() {
        return Err(io::Error::other("it is empty"));
    }
    Ok(SecretString::from(secret))
}

/// Names of the credentials in a folder, sorted; the first few.
fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).take(100).collect();
    names.sort();
    names.truncate(20);
    names
}
