//! What a person may put into a recipe where no form can be sent: the calls that can be seen in the
//! page's forms and in its scripts. Nothing is sent to them.

use std::sync::Arc;

use http::HeaderValue;

use crate::answer::Answer;
use crate::html::{FieldKind, script_calls, submission};
use crate::session::{Ask, Session, is_good, is_same_origin};

/// Scripts of a page that are read.
const SCRIPTS_READ_MAX: usize = 8;
/// Bytes of scripts that are received.
const SCRIPT_BYTES_MAX: u64 = 12 * 1024 * 1024;
/// Proposals that are kept.
const PROPOSALS_MAX: usize = 5;

/// A call that may sign in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Its address, as far as it can be told: what a script puts in front of it is not known.
    pub url: String,
    /// How it is written where it was seen.
    pub written: String,
    /// Where that was: `the page's form`, `the page's script`, or a script's address.
    pub seen_in: String,
}

/// Collects what may sign in on this page, the likeliest first.
pub async fn collect(session: &mut Session<'_>, page: &Arc<Answer>) -> Vec<Proposal> {
    let mut found = Vec::new();
    let shown = page.page();
    for form in &shown.forms {
        let action = form.action.as_deref().filter(|action| !action.contains("javascript:"));
        if let (Some(action), Some(_)) = (action, form.of_kind(FieldKind::Password).next()) {
            add(session, page, &mut found, action, "the page's form");
        }
    }
    for call in script_calls::find(&inline_scripts(&page.source())) {
        add(session, page, &mut found, &call, "the page's script");
    }
    let same_origin = |url: &url::Url| is_same_origin(url, &page.url);
    let scripts = shown.scripts.iter();
    let scripts = scripts.filter_map(|src| submission::resolve(shown, &page.url, src));
    for url in scripts.filter(same_origin).take(SCRIPTS_READ_MAX) {
        if session.trace.bytes_received >= SCRIPT_BYTES_MAX {
            break;
        }
        let seen_in = session.trace.redactor.url(&url);
        let accept = HeaderValue::from_static("*/*");
        let ask = Ask { accept, referer: Some(page.url.clone()), ..Ask::page("check", url) };
        let Ok(script) = session.follow(ask).await else { continue };
        if is_good(script.status) {
            for call in script_calls::find(&String::from_utf8_lossy(&script.body)) {
                add(session, page, &mut found, &call, &seen_in);
            }
        }
    }
    found.truncate(PROPOSALS_MAX);
    found
}

fn add(
    session: &Session<'_>,
    page: &Answer,
    found: &mut Vec<Proposal>,
    written: &str,
    seen_in: &str,
) {
    let Some(url) = submission::resolve(page.page(), &page.url, written) else { return };
    let url = session.trace.redactor.url(&url);
    if !found.iter().any(|known| known.url == url) {
        let written = session.trace.redactor.clean(written);
        found.push(Proposal { url, written, seen_in: seen_in.to_owned() });
    }
}

/// What stands between the page's script tags.
fn inline_scripts(html: &str) -> String {
    let mut scripts = String::new();
    let mut rest = html;
    while let Some((_, script)) = rest.split_once("<script") {
        let (script, after) = script.split_once("</script").unwrap_or((script, ""));
        scripts.push_str(script.split_once('>').map_or("", |(_, script)| script));
        scripts.push('\n');
        rest = after;
    }
    scripts
}
