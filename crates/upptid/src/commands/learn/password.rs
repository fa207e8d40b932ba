//! Where the password comes from: a file, a credential, or whoever sits at the terminal. Never an
//! argument, which every process of the machine could read.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};
use secrecy::SecretString;

use crate::cli::learn::LearnArgs;
use crate::commands::credentials_folder;
use crate::exit::Failure;

/// Bytes of a password's file.
const SECRET_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of a line that is typed: a terminal gives no more.
const LINE_BYTES_MAX: usize = 4096;
const CTRL_C: u8 = 3;

/// How a configuration names the password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A file, by its absolute path.
    File(PathBuf),
    /// A credential.
    Credential(String),
}

/// Reads the password, and says how the service's file will name it: one that was typed is expected
/// as a credential of the service's name.
pub fn password(args: &LearnArgs, service: &str) -> Result<(SecretString, Place), Failure> {
    if let Some(path) = &args.password_file {
        return Ok((secret(path, "--password-file")?, Place::File(absolute(path)?)));
    }
    if let Some(name) = &args.credential {
        if name.contains('/') || name.starts_with('.') {
            return Err(Failure::usage("--credential is a name, and no path"));
        }
        let folder = args.credentials.clone().or_else(credentials_folder).ok_or_else(|| {
            Failure::usage("there are no credentials here: name their folder with --credentials")
        })?;
        let secret = secret(&folder.join(name), "--credential")?;
        return Ok((secret, Place::Credential(name.clone())));
    }
    let typed = typed(&format!("Password of {}: ", args.user)).map_err(|error| {
        Failure::usage(match error.kind() {
            ErrorKind::Interrupted => "no password was given",
            _ => "there is no terminal to ask for the password: give --password-file",
        })
    })?;
    Ok((typed, Place::Credential(service.to_owned())))
}

/// Reads a secret from a file; a line's end after it is not part of it.
pub fn secret(path: &Path, option: &str) -> Result<SecretString, Failure> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(SECRET_BYTES_MAX).read_to_string(&mut text))
        .map_err(|error| {
            Failure::usage(format!("cannot read {option} {}: {error}", path.display()))
        })?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Failure::usage(format!("{option} {} is empty", path.display()))),
        secret => Ok(SecretString::from(secret)),
    }
}

/// A path that means the same from everywhere.
pub fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Asks on the terminal, without showing what is typed.
fn typed(question: &str) -> std::io::Result<SecretString> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    terminal.write_all(question.as_bytes())?;
    let silent = Silent::make(&terminal)?;
    // A terminal gives a line at a time.
    let mut line = vec![0; LINE_BYTES_MAX];
    let read = (&terminal).read(&mut line);
    drop(silent);
    terminal.write_all(b"\n")?;
    line.truncate(read?);
    if line.is_empty() || line.contains(&CTRL_C) {
        return Err(ErrorKind::Interrupted.into());
    }
    let line = String::from_utf8(line).map_err(std::io::Error::other)?;
    Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])))
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silent<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn make(terminal: &'a File) -> std::io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        // Ctrl-C ends the line: as a signal it would end the program, and leave the terminal silent.
        silent.local_flags.remove(LocalFlags::ECHO | LocalFlags::ISIG);
        silent.control_chars[SpecialCharacterIndices::VEOL as usize] = CTRL_C;
        tcsetattr(terminal, SetArg::TCSAFLUSH, &silent)?;
        Ok(Silent { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}
