//! The journal's segments, read from their ends, and on as they grow.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use contract::{Fact, Line, parse_line};
use ledger::journal::line::LINE_BYTES_MAX;

use super::words;
use crate::cli::tail::TailArgs;
use crate::commands::state::NOT_ALLOWED;
use crate::exit::Failure;

/// What is to be shown of the journal in a folder.
pub struct Segments<'a> {
    args: &'a TailArgs,
    folder: PathBuf,
    /// The services of planned stops and adjustments, by id.
    about: HashMap<String, Vec<String>>,
    place: Place,
}

/// How far the journal was read.
#[derive(Default)]
struct Place {
    file: Option<PathBuf>,
    /// Bytes of that file.
    offset: u64,
    /// The last line's number.
    seq: u64,
}

impl<'a> Segments<'a> {
    /// Nothing is read yet.
    pub fn new(args: &'a TailArgs, folder: PathBuf) -> Self {
        Segments { args, folder, about: HashMap::new(), place: Place::default() }
    }

    /// The last `args.lines` that are to be shown, oldest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn last(&mut self) -> Result<Vec<String>, Failure> {
        let files = self.files()?;
        let mut shown: VecDeque<String> = VecDeque::new();
        for file in files.iter().rev() {
            let mut place = Place { file: Some(file.clone()), ..Place::default() };
            let room = self.args.lines - shown.len();
            for line in self.read(&mut place, room)?.into_iter().rev() {
                shown.push_front(line);
            }
            if self.place.file.is_none() {
                self.place = place;
            }
            if shown.len() >= self.args.lines {
                break;
            }
        }
        Ok(shown.into())
    }

    /// What was written since.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn next(&mut self) -> Result<Vec<String>, Failure> {
        let files = self.files()?;
        let mut shown = Vec::new();
        let known = files.iter().position(|file| Some(file) == self.place.file.as_ref());
        for file in files.into_iter().skip(known.unwrap_or(0)) {
            let mut place = std::mem::take(&mut self.place);
            if place.file.as_ref() != Some(&file) {
                place = Place { file: Some(file), offset: 0, seq: place.seq };
            }
            let read = self.read(&mut place, usize::MAX);
            self.place = place;
            shown.extend(read?);
        }
        Ok(shown)
    }

    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let files = ledger::segment_files(&self.folder)
            .map_err(|error| cannot_read(&self.folder, &error))?;
        if files.is_empty() {
            return Err(Failure::usage(format!(
                "{} holds no segment (2026-11.jsonl); name the state folder with --state-dir",
                self.folder.display()
            )));
        }
        Ok(files)
    }

    /// Reads on to the end of the last whole line; gives the last `most` that are to be shown.
    fn read(&mut self, place: &mut Place, most: usize) -> Result<VecDeque<String>, Failure> {
        let Some(path) = place.file.clone() else { return Ok(VecDeque::new()) };
        let failed = |error| cannot_read(&path, &error);
        let mut file = File::open(&path).map_err(failed)?;
        // What was not acknowledged is cut off, and written again.
        if file.metadata().map_err(failed)?.len() < place.offset {
            place.offset = 0;
        }
        file.seek(SeekFrom::Start(place.offset)).map_err(failed)?;
        let mut stream = BufReader::new(file);
        let mut line = Vec::new();
        let mut shown = VecDeque::new();
        loop {
            line.clear();
            let limited = stream.by_ref().take(LINE_BYTES_MAX as u64);
            let read = { limited }.read_until(b'\n', &mut line).map_err(failed)?;
            let Some(text) = line.strip_suffix(b"\n") else { break };
            place.offset += read as u64;
            if let Some(text) = self.line(text, place) {
                shown.push_back(text);
                if shown.len() > most {
                    shown.pop_front();
                }
            }
        }
        Ok(shown)
    }

    /// The line as it is shown, if it is.
    fn line(&mut self, text: &[u8], place: &mut Place) -> Option<String> {
        let text = std::str::from_utf8(text).ok()?;
        let line = match parse_line(text, 0) {
            Ok(line) => line,
            Err(error) => {
                let file = place.file.as_deref().map(Path::display)?;
                let seq = place.seq;
                return Some(format!(
                    "{file}: after line {seq}: {}; run `upptid verify`",
                    error.kind
                ));
            }
        };
        if line.seq <= place.seq {
            return None;
        }
        place.seq = line.seq;
        self.note(&line);
        self.is_shown(&line.fact).then(|| match self.args.json {
            true => text.to_owned(),
            false => words::line(&line),
        })
    }

    fn note(&mut self, line: &Line) {
        match &line.fact {
            Fact::StopAnnounced { id, services, .. } => {
                self.about.insert(id.clone(), services.clone());
            }
            Fact::AdjustmentClaimed { id, service, .. } => {
                self.about.insert(id.clone(), vec![service.clone()]);
            }
            Fact::CarriedOver { line } => self.note(line),
            _ => {}
        }
    }

    fn is_shown(&self, fact: &Fact) -> bool {
        let is_repeated = matches!(fact, Fact::Measured { .. } | Fact::CarriedOver { .. });
        if is_repeated && !self.args.all {
            return false;
        }
        let Some(service) = &self.args.service else { return true };
        match fact {
            Fact::StopCancelled { id, .. } | Fact::AdjustmentDecided { id, .. } => {
                self.about.get(id).is_some_and(|services| services.contains(service))
            }
            fact => words::is_about_all(fact) || words::subject(fact).contains(&service.as_str()),
        }
    }
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => NOT_ALLOWED,
        io::ErrorKind::NotFound => "; name the state folder with --state-dir or --config",
        _ => "",
    };
    Failure::usage(format!("cannot read {}: {error}{remedy}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;
    use crate::cli::place::StateArg;

    fn args(lines: usize, service: Option<&str>) -> TailArgs {
        TailArgs {
            lines,
            follow: true,
            service: service.map(str::to_owned),
            all: false,
            state: StateArg { state_dir: None, config: None },
            json: false,
        }
    }

    fn up(seq: u64, service: &str) -> String {
        format!(
            "{{\"seq\":{seq},\"at\":\"2026-11-01T00:00:00.000Z\",\"fact\":\"state\",\"service\":\
             \"{service}\",\"from\":\"2026-11-01T00:00:00.000Z\",\"state\":\"up\"}}\n"
        )
    }

    /// `1 portal`
    fn shown(lines: Vec<String>) -> Vec<String> {
        let words = lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>());
        words.map(|words| format!("{} {}", words[0], words[2])).collect()
    }

    #[test]
    fn the_last_lines_come_from_as_many_segments_as_it_takes() {
        let folder = tempfile::tempdir().unwrap();
        let of = |from, until| (from..until).map(|seq| up(seq, "portal")).collect::<String>();
        // By number, not by letter.
        for (name, text) in [
            ("2026-10.jsonl", of(1, 5)),
            ("2026-10.2.jsonl", of(5, 7)),
            ("2026-10.10.jsonl", of(7, 9)),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let args = args(5, None);
        let mut segments = Segments::new(&args, folder.path().to_owned());
        let expected = ["4 portal", "5 portal", "6 portal", "7 portal", "8 portal"];
        assert_eq!(shown(segments.last().unwrap()), expected);
        assert!(segments.next().unwrap().is_empty());
    }

    #[test]
    fn what_is_written_follows_line_by_line_and_into_the_next_segment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2026-10.jsonl");
        fs::write(&path, up(1, "portal")).unwrap();
        let args = args(0, Some("portal"));
        let mut segments = Segments::new(&args, folder.path().to_owned());
        assert!(segments.last().unwrap().is_empty());
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let second = up(2, "portal");
        file.write_all(&second.as_bytes()[..20]).unwrap();
        assert!(segments.next().unwrap().is_empty(), "a line without its end is none yet");
        file.write_all(&second.as_bytes()[20..]).unwrap();
        file.write_all(up(3, "mail").as_bytes()).unwrap();
        assert_eq!(shown(segments.next().unwrap()), ["2 portal"]);
        fs::write(folder.path().join("2026-11.jsonl"), up(4, "portal")).unwrap();
        file.write_all(up(4, "mail").as_bytes()).unwrap();
        let lines = segments.next().unwrap();
        assert!(shown(lines).is_empty(), "line 4 was another service's");
        fs::write(folder.path().join("2026-11.jsonl"), up(4, "portal") + &up(5, "portal")).unwrap();
        assert_eq!(shown(segments.next().unwrap()), ["5 portal"]);
    }

    #[test]
    fn what_was_cut_off_and_written_again_is_shown_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2026-10.jsonl");
        fs::write(&path, up(1, "portal") + &up(2, "portal")).unwrap();
        let args = args(10, None);
        let mut segments = Segments::new(&args, folder.path().to_owned());
        assert_eq!(segments.last().unwrap().len(), 2);
        fs::write(&path, up(1, "portal")).unwrap();
        assert!(segments.next().unwrap().is_empty());
        fs::write(&path, up(1, "portal") + &up(2, "portal") + &up(3, "portal")).unwrap();
        assert_eq!(shown(segments.next().unwrap()), ["3 portal"]);
    }

    #[test]
    fn a_line_that_does_not_read_is_told_with_its_place_and_the_others_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2026-10.jsonl");
        fs::write(&path, up(1, "portal") + "{\"seq\":2,\"at\"\n" + &up(3, "portal")).unwrap();
        let args = args(10, None);
        let lines = Segments::new(&args, folder.path().to_owned()).last().unwrap();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].contains("2026-10.jsonl: after line 1: ") && lines[1].contains("verify"));
    }
}
