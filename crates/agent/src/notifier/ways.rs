//! The ways out, and letters going by them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contract::Instant;
use contract::notices::MAIL;
use exporter::Counters;
use notices::mail::Mailer;
use notices::webhook::Poster;
use notices::{Enclosed, Letter, Matter, Trouble, compose};
use tokio::sync::watch::Receiver;

use super::settings::Settings;
use super::{Tools, UnderWay, enclosing};

/// How long the next letter waits for the record of the one before.
const RECORD_TIME_MAX: Duration = Duration::from_secs(5);

/// A way out, and what goes by it.
pub enum Way {
    Mail(Box<Mailer>),
    Webhook(Box<Poster>),
}

/// A letter, and what the facts say for it.
pub struct Prepared {
    pub letter: Letter,
    pub matters: Vec<Matter>,
    pub statements: Arc<[enclosing::Told]>,
}

/// Letters that a channel takes in one go, and what came of them.
pub struct Batch {
    pub channel: String,
    pub generation: u64,
    pub way: Way,
    /// Letters that were tried.
    pub tried: Vec<(Letter, Result<(), Trouble>)>,
}

/// The settings' ways, by channel.
pub fn open(settings: &Settings) -> BTreeMap<String, Way> {
    let mut ways = BTreeMap::new();
    let wrong = |channel: &str, error: String| {
        tracing::error!(channel, %error, "nobody can be told by this channel");
    };
    if let Some(mail) = &settings.mail {
        match Mailer::new(mail) {
            Ok(mailer) => {
                ways.insert(MAIL.to_owned(), Way::Mail(Box::new(mailer)));
            }
            Err(error) => wrong(MAIL, error),
        }
    }
    for webhook in &settings.webhooks {
        match Poster::new(webhook) {
            Ok(poster) => {
                ways.insert(webhook.name.clone(), Way::Webhook(Box::new(poster)));
            }
            Err(error) => wrong(&webhook.name, error),
        }
    }
    ways
}

impl Batch {
    /// Sends the letters, in order, until one finds the way closed or the agent ends.
    pub async fn send(
        mut self,
        letters: Vec<Prepared>,
        tools: Tools,
        settings: Arc<Settings>,
        under_way: UnderWay,
        ended: Receiver<()>,
    ) -> Self {
        for prepared in letters {
            if ended.has_changed().is_err() {
                break;
            }
            let now = tools.clock.now().wall;
            let sent = self.way.send(&prepared, &settings, &tools.state_dir, now).await;
            let letter = prepared.letter;
            let is_closed = matches!(sent, Err(Trouble::Way(_)));
            tell(&tools.counters, &letter, &sent);
            if sent.is_ok() {
                // A disk that does not answer keeps nobody from being told.
                let recorded = tools.record(&under_way, &letter.items);
                let _ = tokio::time::timeout(RECORD_TIME_MAX, recorded).await;
            }
            self.tried.push((letter, sent));
            if is_closed {
                break;
            }
        }
        if let Way::Mail(mailer) = &mut self.way {
            mailer.close().await;
        }
        self
    }
}

impl Way {
    async fn send(
        &mut self,
        prepared: &Prepared,
        settings: &Settings,
        state_dir: &Path,
        now: Instant,
    ) -> Result<(), Trouble> {
        let Prepared { letter, matters, statements } = prepared;
        match self {
            Way::Mail(mailer) => {
                let contact = letter.contact();
                let Some((address, lang)) = settings.people.get(contact) else {
                    return Err(Trouble::Later("the contact has no address any more".to_owned()));
                };
                let enclosed = enclosed(statements.clone(), *lang, state_dir.to_owned()).await;
                let message = compose(matters, *lang, &settings.sender, enclosed);
                mailer.send(&message, contact, address, now).await
            }
            Way::Webhook(poster) => poster.send(matters, &settings.sender, now).await,
        }
    }
}

/// What goes with a letter. Reading and composing keep no other channel waiting.
async fn enclosed(
    statements: Arc<[enclosing::Told]>,
    lang: notices::Lang,
    state_dir: PathBuf,
) -> Enclosed {
    if statements.is_empty() {
        return Enclosed::default();
    }
    let work = move || enclosing::enclose(&statements, lang, &state_dir);
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "statements were not enclosed; this is a fault of the program");
        Enclosed::default()
    })
}

/// Logs and counts what came of a letter.
fn tell(counters: &Counters, letter: &Letter, sent: &Result<(), Trouble>) {
    let (channel, contact) = (letter.channel(), letter.contact());
    let what = letter.kind().map_or("digest", |kind| kind.as_str());
    let notices = letter.items.len();
    match sent {
        Ok(()) => {
            counters.notices_delivered(channel, notices);
            tracing::info!(channel, contact, what, notices, "told");
        }
        Err(trouble) => {
            let reason = match trouble {
                Trouble::Way(_) => "way",
                Trouble::Later(_) => "later",
                Trouble::Refused(_) => "refused",
            };
            counters.notice_failed(channel, reason);
            let error = trouble.to_string();
            match trouble {
                Trouble::Refused(_) => {
                    tracing::error!(
                        channel,
                        contact,
                        what,
                        notices,
                        error,
                        "refused; see to the \
                        address or the server, it is tried ever more slowly for a day"
                    );
                }
                _ => tracing::warn!(channel, contact, what, notices, error, "not told yet"),
            }
        }
    }
}
