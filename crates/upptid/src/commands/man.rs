//! `upptid man`: the manual's pages, out of the one command line.

use std::fs;
use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::Cli;
use crate::cli::manual::ManArgs;
use crate::exit::{EXIT_CODES, Exit, Failure};
use crate::terminal;

const FILES: [(&str, &str); 3] = [
    ("/etc/upptid/upptid.toml", "The configuration."),
    ("/var/lib/upptid", "The state: the journal, the store, the key that signs statements."),
    ("/run/upptid/admin.sock", "Where the agent takes requests."),
];

/// Prints `upptid.1`, or writes every page.
pub fn run(args: &ManArgs) -> Result<Exit, Failure> {
    let mut program = Cli::command();
    program.build();
    let Some(folder) = &args.out else {
        terminal::write_raw(&page(&program).map_err(Failure::usage)?)?;
        return Ok(Exit::Done);
    };
    let failed = |error| Failure::usage(format!("cannot write {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    for command in with_subcommands(&program) {
        let path = folder.join(format!("{}.1", name(command)));
        page(command).and_then(|page| fs::write(path, page)).map_err(failed)?;
    }
    Ok(Exit::Done)
}

/// The command, and every one below it.
fn with_subcommands(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().flat_map(with_subcommands);
    std::iter::once(command).chain(below).collect()
}

/// `upptid-stop-announce`
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// One page. It holds no date: the same program makes the same page.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let version = command.get_version().unwrap_or_default();
    let man = Man::new(command.clone())
        .title(name(command).to_uppercase())
        .date(" ")
        .source(format!("upptid {version}"))
        .manual("Upptid");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    let usage = command.clone().render_usage().to_string();
    section(&mut page, "SYNOPSIS", usage.trim_start_matches("Usage: "))?;
    if let Some(more) = command.get_long_about() {
        section(&mut page, "DESCRIPTION", &more.to_string())?;
    }
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    listing(&mut page, "EXIT STATUS", &EXIT_CODES.map(|(code, is)| (code.to_string(), is)))?;
    if name(command) == "upptid" {
        listing(&mut page, "FILES", &FILES.map(|(file, is)| (file.to_owned(), is)))?;
    } else {
        section(&mut page, "SEE ALSO", "upptid(1)")?;
    }
    Ok(page)
}

fn section(page: &mut dyn Write, title: &str, text: &str) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for paragraph in text.split("\n\n") {
        roff.control("PP", []);
        roff.text([roman(paragraph)]);
    }
    roff.to_writer(page)
}

fn listing(page: &mut dyn Write, title: &str, entries: &[(String, &str)]) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for (entry, is) in entries {
        roff.control("TP", []);
        roff.text([bold(entry)]);
        roff.text([roman(*is)]);
    }
    roff.to_writer(page)
}
