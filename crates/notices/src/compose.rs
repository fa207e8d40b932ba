//! A letter as its recipient reads it.

use contract::NoticeKind;
use contract::notices::{DueNotice, PROVIDER};
use statement::Lang;

use crate::alert_words;
use crate::blocks::{self, Block};
use crate::identity::{letter_id, thread_id};
use crate::matter::Matter;
use crate::words;

/// Services of which a letter says everything; of the others it has a line.
const DETAILED_MAX: usize = 20;
/// Most threads that a letter names: mail clients follow a few.
const THREADS_MAX: usize = 10;

/// Who writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The vantage point's name.
    pub agent: String,
    /// The provider's name, if it is known.
    pub provider: Option<String>,
    /// The label of what leaves the program (C10.5).
    pub classification: String,
    /// Where its pages and its manual are.
    pub pages: Pages,
}

/// What a letter leads to. An alert says where to look next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pages {
    /// The agent's page, `https://upptid.example`, without a slash at its end.
    pub page: String,
    /// The runbook's page, to which an alert's heading is added.
    pub runbook: String,
}

/// A file that goes with a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnclosedFile {
    /// What it is called: ASCII, without a path.
    pub name: String,
    /// What it is: `application/pdf`.
    pub media_type: &'static str,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// The files that go with a letter, and those that do not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Enclosed {
    /// Those that do.
    pub files: Vec<EnclosedFile>,
    /// Where those are that the reader has to ask the provider for.
    pub left_behind: Vec<String>,
}

/// A letter, ready to go out. The same notices make the same message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// The letter's id, in hex.
    pub id: String,
    /// The threads it belongs to, by their ids.
    pub threads: Vec<String>,
    /// Whether it follows on an earlier letter of its thread.
    pub is_reply: bool,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML, which says the same.
    pub html: String,
    /// What goes with it.
    pub files: Vec<EnclosedFile>,
}

/// Writes a letter about `matters`, of which there is at least one.
pub fn compose(matters: &[Matter], lang: Lang, sender: &Sender, enclosed: Enclosed) -> Message {
    let items: Vec<DueNotice> = matters.iter().map(|it| it.due.clone()).collect();
    if items.iter().all(|it| it.notice.is_alert()) {
        return alerts(matters, &items, lang, sender);
    }
    let first = items.first().map(|it| it.notice);
    let kind = first.filter(|first| items.iter().all(|it| it.notice == *first));
    let is_for_provider = items.iter().all(|it| it.contact == PROVIDER);
    let is_reply = matches!(kind, Some(NoticeKind::IncidentClosed | NoticeKind::StopCancelled));
    let subject = subject(lang, kind, is_for_provider, matters);

    let mut content = Vec::new();
    match kind {
        Some(kind) => content.push(Block::Paragraph(words::opening(lang, kind, matters))),
        None => content.push(Block::Paragraph(digest_opening(lang, matters.len()))),
    }
    let detailed = if kind.is_some() { matters.len().min(DETAILED_MAX) } else { 0 };
    for it in &matters[..detailed] {
        content.extend(words::details(lang, it));
    }
    let rest = &matters[detailed..];
    if !rest.is_empty() {
        content.push(Block::List(rest.iter().map(|it| words::line(lang, it)).collect()));
    }
    if kind == Some(NoticeKind::FaultReport) {
        content.push(Block::Paragraph(acknowledge(lang, &items)));
    }
    content.extend(words::enclosed(lang, &enclosed));
    content.push(Block::Footer(footer(lang, sender)));

    Message {
        id: letter_id(&sender.agent, &items),
        threads: threads(&items, sender),
        is_reply,
        text: blocks::text(&content),
        html: blocks::html(lang.code(), &subject, &content),
        subject,
        files: enclosed.files,
    }
}

/// A letter about alerts and ends of alerts.
fn alerts(matters: &[Matter], items: &[DueNotice], lang: Lang, sender: &Sender) -> Message {
    let subject = alert_words::subject(lang, matters, sender);
    let mut content = alert_words::content(lang, matters, sender);
    content.push(Block::Footer(footer(lang, sender)));
    Message {
        id: letter_id(&sender.agent, items),
        threads: threads(items, sender),
        is_reply: items.iter().all(|it| it.notice == NoticeKind::AlertResolved),
        text: blocks::text(&content),
        html: blocks::html(lang.code(), &subject, &content),
        subject,
        files: Vec::new(),
    }
}

/// The threads of a letter: the oldest incident first, whichever ended first. A thread has the same
/// head throughout.
fn threads(items: &[DueNotice], sender: &Sender) -> Vec<String> {
    let mut by_age: Vec<&DueNotice> = items.iter().collect();
    by_age.sort_by_key(|it| (&it.about, &it.service));
    let mut threads: Vec<String> = Vec::new();
    for thread in by_age.into_iter().map(|it| thread_id(&sender.agent, it)) {
        if threads.len() < THREADS_MAX && !threads.contains(&thread) {
            threads.push(thread);
        }
    }
    threads
}

/// A thread keeps its subject; what came of it stands behind.
fn subject(
    lang: Lang,
    kind: Option<NoticeKind>,
    is_for_provider: bool,
    matters: &[Matter],
) -> String {
    let Some(kind) = kind else {
        let what = lang.of("Sammandrag", "Digest");
        let notices = lang.of("meddelanden", "notices");
        return format!("{what}: {} {notices}", matters.len());
    };
    let subject = words::subject(lang, kind, is_for_provider, matters);
    match words::outcome(lang, kind, matters) {
        Some(outcome) => format!("Re: {subject} – {outcome}"),
        None => subject,
    }
}

fn digest_opening(lang: Lang, count: usize) -> String {
    match lang {
        Lang::Sv => format!("{count} meddelanden på kort tid, samlade i ett:"),
        Lang::En => format!("{count} notices in a short time, joined into one:"),
    }
}

/// How a fault report is answered (C9.4).
fn acknowledge(lang: Lang, items: &[DueNotice]) -> String {
    let service = items.first().and_then(|it| it.service.as_deref()).unwrap_or_default();
    let command = format!("upptid incident ack {service}");
    match lang {
        Lang::Sv => format!("Kvittera när felsökningen har börjat, för varje tjänst: {command}"),
        Lang::En => {
            format!("Acknowledge once troubleshooting has started, each service: {command}")
        }
    }
}

fn footer(lang: Lang, sender: &Sender) -> String {
    let from = lang.of("Upptid, mätplats", "Upptid, vantage point");
    let whose = sender.provider.as_ref().map_or_else(String::new, |name| format!(", {name}"));
    let label = lang.of("Klassning", "Classification");
    let automatic = lang.of("Sänt automatiskt.", "Sent automatically.");
    format!("{from} {}{whose}\n{label}: {}\n{automatic}", sender.agent, sender.classification)
}
