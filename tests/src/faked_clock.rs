//! `upptid` with another time on its clock, by libfaketime (Debian's package `faketime`).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::program::{is_ci, program};

/// `upptid`, whose clock shows `now` (`2026-10-31 22:59:57`, UTC) when it starts, and goes on from
/// there. None where the library is not installed, which CI does not accept.
pub fn program_at(now: &str) -> Option<Command> {
    let Some(library) = library() else {
        assert!(!is_ci(), "install the package faketime");
        eprintln!("not tested: the package faketime is not installed");
        return None;
    };
    let mut command = Command::new(program());
    command.env("LD_PRELOAD", library).env("FAKETIME", format!("@{now}")).env("TZ", "UTC");
    Some(command)
}

/// The one for programs with threads.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let places = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    places.into_iter().find(|path| path.exists())
}
