//! Secrets: the configuration names them, a credential or a file holds them (C10.3).

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use probe::settings::Roots;
use secrecy::SecretString;

use super::source::{read_bounded, reason};
use super::table::{Table, Value};
use super::value;

/// Largest secret, in bytes: a private key with its chain.
const SECRET_LENGTH_MAX: u64 = 64 << 10;

/// What systemd puts before a file's name where the unit loads a whole folder:
/// `LoadCredential=secret:/etc/upptid/secrets`.
const FOLDER_PREFIX: &str = "secret_";

/// Where secrets and the files beside the configuration are found.
pub(super) struct Places<'a> {
    /// `$CREDENTIALS_DIRECTORY`, if the service manager gave one.
    pub(super) credentials: Option<&'a Path>,
    /// The folder that relative paths begin in.
    pub(super) folder: &'a Path,
    /// Whether logins are read, with all that they name. Otherwise only contracts are.
    pub(super) logins: bool,
    /// Certificates read so far: services by the thousand share one file.
    roots: RefCell<HashMap<PathBuf, Result<Roots, String>>>,
}

impl<'a> Places<'a> {
    /// For contracts alone.
    pub(super) fn without_logins(folder: &'a Path) -> Self {
        Places { logins: false, ..Places::new(None, folder) }
    }

    /// Nothing read so far.
    pub(super) fn new(credentials: Option<&'a Path>, folder: &'a Path) -> Self {
        Places { credentials, folder, logins: true, roots: RefCell::default() }
    }

    /// The certificates of a PEM file.
    pub(super) fn roots(&self, file: PathBuf) -> Result<Roots, String> {
        let path = self.folder.join(file);
        let mut roots = self.roots.borrow_mut();
        roots.entry(path).or_insert_with_key(|path| Roots::from_pem_file(path)).clone()
    }
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
    places: &Places<'_>,
) -> Option<(SecretString, SecretPlace)> {
    found(table, key, places).map(|found| (found.secret, found.place))
}

/// Asks `table` for the secret `key` like [`secret`], and gives the file that holds it.
pub(super) fn secret_path<'a>(
    table: &Table<'a>,
    key: &'a str,
    places: &Places<'_>,
) -> Option<(PathBuf, SecretPlace)> {
    found(table, key, places).map(|found| (found.path, found.place))
}

/// A secret that could be read.
struct Found {
    secret: SecretString,
    path: PathBuf,
    place: SecretPlace,
}

fn found<'a>(table: &Table<'a>, key: &'a str, places: &Places<'_>) -> Option<Found> {
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

fn from_credential(
    table: &Table<'_>,
    credential: &Value<'_>,
    places: &Places<'_>,
) -> Option<Found> {
    let name = credential.text(value::name)?;
    let Some(directory) = places.credentials else {
        let problem = credential.problem("there are no credentials to read this secret from");
        let help = "start with systemd and LoadCredential=, or name a folder with --credentials";
        table.note(problem.help(help));
        return None;
    };
    let mut path = directory.join(&name);
    if !path.exists() {
        path = directory.join(format!("{FOLDER_PREFIX}{name}"));
    }
    match read(&path) {
        Ok(secret) => Some(Found { secret, path, place: SecretPlace::Credential(name) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("{} holds no credential of this name", directory.display());
            let help = match names_in(directory) {
                names if names.is_empty() => {
                    format!("put it into /etc/upptid/secrets/{name} and restart the agent")
                }
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

fn from_file(table: &Table<'_>, file: &Value<'_>, places: &Places<'_>) -> Option<Found> {
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
    let files = entries.filter_map(|entry| entry.file_name().into_string().ok()).take(100);
    let mut names: Vec<String> =
        files.map(|file| file.strip_prefix(FOLDER_PREFIX).unwrap_or(&file).to_owned()).collect();
    names.sort();
    names.truncate(20);
    names
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::super::{Config, Problems};
    use super::{Path, PathBuf};

    /// A configuration with one service, in `folder`.
    fn configuration(folder: &Path, password: &str) -> PathBuf {
        let config = folder.join("upptid.toml");
        let text = format!(
            r#"
            [witness]
            targets = [{{ name = "gateway", tcp = "192.0.2.1:443" }}]
            [[service]]
            name = "portal"
            login.url = "https://portal.example/"
            login.user = "probe"
            login.proof = [{{ text = "Logga ut" }}]
            login.password = {password}
            "#
        );
        std::fs::write(&config, text).unwrap();
        config
    }

    /// Loads a service whose password is in a file of this content and mode.
    fn load(content: &str, mode: u32) -> Result<Config, Problems> {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, content).unwrap();
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
        Config::load(&configuration(folder.path(), r#"{ file = "secret" }"#), None)
    }

    /// Loads a service whose password is the credential "portal", with these credentials there.
    fn load_with_credentials(credentials: &[(&str, &str)]) -> Result<Config, Problems> {
        let (folder, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (name, content) in credentials {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        let config = configuration(folder.path(), r#"{ credential = "portal" }"#);
        Config::load(&config, Some(directory.path()))
    }

    #[test]
    fn a_credential_is_found_by_its_name_or_in_a_folder_that_the_unit_loads_whole() {
        for (credentials, expected) in [
            (&[("portal", "own")] as &[_], "own"),
            (&[("secret_portal", "whole")], "whole"),
            (&[("secret_portal", "whole"), ("portal", "own")], "own"),
        ] {
            let config = load_with_credentials(credentials).unwrap();
            let password = &config.services[0].logins[0].account.password;
            assert_eq!(password.expose_secret(), expected);
        }
    }

    #[test]
    fn a_credential_that_is_missing_is_told_with_what_is_there_or_what_to_do() {
        let missing =
            |credentials: &[_]| load_with_credentials(credentials).unwrap_err().to_string();
        let others = missing(&[("secret_intranet", "x"), ("wiki", "y")]);
        assert!(others.contains("it holds intranet, wiki"), "{others}");
        let nothing = missing(&[]);
        assert!(nothing.contains("put it into /etc/upptid/secrets/portal"), "{nothing}");
    }

    #[test]
    fn a_secret_loses_the_newline_that_an_editor_adds_and_nothing_else() {
        for (content, expected) in [
            ("hunter2", "hunter2"),
            ("hunter2\n", "hunter2"),
            (" a b \r\n", " a b "),
            ("a\n\n", "a\n"),
        ] {
            let config = load(content, 0o600).unwrap();
            let password = &config.services[0].logins[0].account.password;
            assert_eq!(password.expose_secret(), expected);
            assert!(config.warnings.is_empty());
        }
    }

    #[test]
    fn an_empty_secret_is_refused() {
        for content in ["", "\n", "\r\n"] {
            assert!(format!("{}", load(content, 0o600).unwrap_err()).contains("it is empty"));
        }
    }

    #[test]
    fn a_secret_that_everybody_may_read_is_a_warning() {
        let warnings = load("hunter2", 0o644).unwrap().warnings.to_string();
        assert!(warnings.contains("every user of this machine may read this secret"), "{warnings}");
    }

    #[test]
    fn c10_3_a_configuration_in_debug_form_shows_no_secret() {
        let config = load("hunter2", 0o600).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
