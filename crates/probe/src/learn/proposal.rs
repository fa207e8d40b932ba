//! What a person may put into a recipe where no form can be sent: the calls that can be seen in the
//! page's forms and in its scripts. Nothing is sent to them.

use std::cmp::Reverse;
use std::sync::Arc;

use http::HeaderValue;

use crate::answer::Answer;
use crate::html::script_calls::Likelihood;
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

/// A call, and how likely it signs in; none for a form that has a password field, the likeliest.
type Seen = (Option<Likelihood>, Proposal);

/// Collects what may sign in on this page, the likeliest first wherever it was seen.
pub async fn collect(session: &mut Session<'_>, page: &Arc<Answer>) -> Vec<Proposal> {
    let mut found: Vec<Seen> = Vec::new();
    let shown = page.page();
    for form in &shown.forms {
        let action = form.action.as_deref().filter(|action| !action.contains("javascript:"));
        if let (Some(action), Some(_)) = (action, form.of_kind(FieldKind::Password).next()) {
            add(session, page, &mut found, (None, action), "the page's form");
        }
    }
    for call in script_calls::find(&inline_scripts(&page.source())) {
        let call = (Some(call.likelihood), call.address.as_str());
        add(session, page, &mut found, call, "the page's script");
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
                let call = (Some(call.likelihood), call.address.as_str());
                add(session, page, &mut found, call, &seen_in);
            }
        }
    }
    found.sort_by_key(|(likelihood, _)| (likelihood.is_some(), Reverse(*likelihood)));
    found.into_iter().map(|(_, proposal)| proposal).take(PROPOSALS_MAX).collect()
}

fn add(
    session: &Session<'_>,
    page: &Answer,
    found: &mut Vec<Seen>,
    (likelihood, written): (Option<Likelihood>, &str),
    seen_in: &str,
) {
    let Some(url) = submission::resolve(page.page(), &page.url, written) else { return };
    let url = session.trace.redactor.url(&url);
    if !found.iter().any(|(_, known)| known.url == url) {
        let written = session.trace.redactor.clean(written);
        found.push((likelihood, Proposal { url, written, seen_in: seen_in.to_owned() }));
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
