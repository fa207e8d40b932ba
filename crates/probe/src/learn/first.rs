//! The first login: everything on it is guessed, and what it shows is kept.

use std::sync::Arc;

use contract::{AccountCause, DownCause, Outcome, UnableCause};
use http::{Method, StatusCode};
use url::Url;

use super::proof::{self, Candidate, Rank};
use super::{Pupil, Saw, Stop, outside, proposal};
use crate::answer::Answer;
use crate::challenge::challenges;
use crate::failure::Failure;
use crate::html::form::Field;
use crate::html::login_form::{self, Found, Wanted};
use crate::html::{login_link, logout, submission};
use crate::kinds::SignedIn;
use crate::kinds::form::{self, Entered, Sent};
use crate::logout::log_out_by;
use crate::prober::{Account, PreparedLogin};
use crate::redact::Redactor;
use crate::session::{Ask, Session, is_good};
use crate::settings::{Basic, Digest, Form, Kind, Logout, Proof};
use crate::verdict;

/// Links that are followed from a public page to its login.
const LINKS_FOLLOWED_MAX: usize = 2;
/// Characters of what stands on a page, in a comment.
const WORDS_CHARS_MAX: usize = 60;

/// How people sign in there.
pub enum Way {
    /// By a form.
    Form(Box<FirstLogin>),
    /// By HTTP authentication.
    Http(Box<Kind>),
}

/// What the first login showed.
pub struct FirstLogin {
    /// The address to begin with.
    pub url: Url,
    /// The pages.
    pub entered: Entered,
    /// What may prove it.
    pub candidates: Vec<Candidate>,
    /// With the session the login's address leads past its form.
    pub leads_past: bool,
    /// What the form itself was answered with, without a redirect, says nothing of whether the
    /// session lasts; and the login's address leads to another page, which does.
    pub lasts_elsewhere: bool,
    /// How the session is ended.
    pub logout: Logout,
    /// What was seen.
    pub saw: Saw,
}

impl Pupil<'_> {
    /// Opens the page and signs in by its form, or says that there is none to sign in by.
    pub async fn first_login(&mut self, prepared: &PreparedLogin) -> Result<Way, Stop> {
        let mut session = prepared.session(Account::Main);
        let result = self.try_first_login(&mut session, prepared.login().url().clone()).await;
        self.spent.add(&session);
        let failure = match result {
            Ok(way) => return Ok(way),
            Err(failure) => failure,
        };
        let was_sent = session.trace.steps.iter().any(|step| step.name == "sign_in");
        if was_sent && failure.outcome == Outcome::Account(AccountCause::Rejected) {
            self.spent.wrong_passwords += 1;
        }
        let mut stop = Stop::of(&session, &failure);
        if let (Stop::NotLearned { outcome, message, proposals }, Some(page)) =
            (&mut stop, session.last.clone())
            && may_be_scripts(&failure)
        {
            let mut reader = prepared.session(Account::Main);
            *proposals = proposal::collect(&mut reader, &page).await;
            self.spent.add(&reader);
            // A page with words and no form, whose script signs in.
            if !proposals.is_empty() && *outcome == Outcome::Down(DownCause::NoLoginForm) {
                let detail = "the page has no login form, and its scripts may call for one";
                let failure = Failure::unable(UnableCause::NeedsRecipe, detail);
                (*outcome, *message) = (failure.outcome, failure.message());
            }
        }
        Err(stop)
    }

    async fn try_first_login(
        &mut self,
        session: &mut Session<'_>,
        url: Url,
    ) -> Result<Way, Failure> {
        let opened = open(session, url).await?;
        if let Some(kind) = by_http(&opened.page, &opened.begin) {
            return Ok(Way::Http(Box::new(kind)));
        }
        let (entered, form, how) = self.enter(session, opened).await?;
        let is_answer = session.trace.steps.last().is_none_or(|step| step.name != "redirect");
        let (before, after) = (&entered.sent.page, &entered.after);
        let mut candidates = proof::candidates(before, after, &self.task.login.account.user);
        candidates.retain(|candidate| is_public(&session.trace.redactor, &candidate.proof));
        candidates.retain(|one| entered.lack(session, std::slice::from_ref(&one.proof)).is_none());
        let has_way_out = candidates.iter().any(|candidate| candidate.rank == Rank::WayOut);
        let (mut leads_past, mut lasts_elsewhere) = (false, false);
        if !has_way_out {
            if let Some(refused) = verdict::by_words(session, Some(before), after) {
                return Err(refused);
            }
            if verdict::seems_broken(before, after) {
                let detail = "the page after signing in looks like an error's";
                return Err(Failure::down(DownCause::NoProof, detail));
            }
            let past = past_the_form(session, &form).await?;
            leads_past = past.is_some();
            lasts_elsewhere = is_answer && past.is_some_and(|page| form::says_other(&page, after));
        }
        self.spent.sessions += 1;
        let mut saw = saw(session, &entered, how);
        let (logout, is_over);
        (logout, is_over, saw.logout) = end(session, &entered, &candidates).await;
        saw.goes_on = !is_over;
        Ok(Way::Form(Box::new(FirstLogin {
            url: form.url,
            entered,
            candidates,
            leads_past,
            lasts_elsewhere,
            logout,
            saw,
        })))
    }
}

/// A page that was opened.
struct Opened {
    /// The page.
    page: Arc<Answer>,
    /// The address to begin with.
    begin: Url,
    /// How it was reached, if not by that address.
    how: String,
}

impl Pupil<'_> {
    /// Signs in by the form of the page. Where nothing takes that form (some pages show one on each
    /// of their addresses, and a script sends it elsewhere), by the page's link to the login.
    async fn enter(
        &self,
        session: &mut Session<'_>,
        opened: Opened,
    ) -> Result<(Entered, Form, String), Failure> {
        let account = &self.task.login.account;
        let form = Form::new(opened.begin.clone());
        let page = Arc::clone(&opened.page);
        let entered = form::enter_from(session, &form, account, &mut Vec::new(), page).await;
        let failure = match entered {
            Ok(entered) => return Ok((entered, form, opened.how)),
            Err(failure) => failure,
        };
        if !nothing_takes_it(session, &failure) {
            return Err(failure);
        }
        let Some(next) = follow_link(session, &opened.page).await? else { return Err(failure) };
        let form = Form::new(next.begin);
        let entered = form::enter_from(session, &form, account, &mut Vec::new(), next.page).await?;
        Ok((entered, form, next.how))
    }
}

/// Whether the form was sent to where no form is taken: no password was looked at there.
fn nothing_takes_it(session: &Session<'_>, failure: &Failure) -> bool {
    let status = session.last.as_ref().map(|answer| answer.status);
    failure.outcome == Outcome::Down(DownCause::HttpStatus)
        && status == Some(StatusCode::METHOD_NOT_ALLOWED)
}

/// Opens the page, and follows a link to the login if it has no form.
async fn open(session: &mut Session<'_>, url: Url) -> Result<Opened, Failure> {
    let first = session.follow(Ask::page("page", url.clone())).await?;
    let page = form::settle(session, first).await?;
    let mut opened = Opened { page, begin: url, how: String::new() };
    for _ in 0..LINKS_FOLLOWED_MAX {
        let has_form = login_form::find(opened.page.form_page(), Wanted::default()) != Found::None;
        if has_form || !is_good(opened.page.status) {
            break;
        }
        let Some(next) = follow_link(session, &opened.page).await? else { break };
        opened = next;
    }
    Ok(opened)
}

/// Follows the page's link to the login, if it has one.
async fn follow_link(session: &mut Session<'_>, page: &Answer) -> Result<Option<Opened>, Failure> {
    let shown = page.page();
    let link = login_link::find(shown).and_then(|at| shown.links.get(at));
    let target = link.and_then(|link| submission::resolve(shown, &page.url, &link.href));
    let (Some(link), Some(target)) = (link, target) else { return Ok(None) };
    let begin = without_tokens(&session.trace.redactor, target);
    let how = format!("behind the link {:?} of {}", words(&link.text), page.url.path());
    let ask = Ask { referer: Some(page.url.clone()), ..Ask::page("page", begin.clone()) };
    let next = session.follow(ask).await?;
    let page = form::settle(session, next).await?;
    Ok(Some(Opened { page, begin, how }))
}

/// A link's address that is the same tomorrow.
fn without_tokens(redactor: &Redactor, mut url: Url) -> Url {
    url.set_fragment(None);
    let is_lasting = |pair: &str| {
        let mut alone = url.clone();
        alone.set_query(Some(pair));
        redactor.url(&alone) == alone.as_str()
    };
    let kept: Option<Vec<String>> = url
        .query()
        .map(|query| query.split('&').filter(|p| is_lasting(p)).map(str::to_owned).collect());
    let kept = kept.map(|pairs| pairs.join("&")).filter(|query| !query.is_empty());
    url.set_query(kept.as_deref());
    url
}

/// HTTP authentication, where a page refuses who has none: the stronger kind of those offered.
fn by_http(page: &Answer, url: &Url) -> Option<Kind> {
    if page.status != StatusCode::UNAUTHORIZED || page.may_have_form() {
        return None;
    }
    let offered = challenges(&page.headers);
    let offers = |scheme| offered.iter().any(|challenge| challenge.is(scheme));
    let url = url.clone();
    match () {
        () if offers("Digest") => Some(Kind::Digest(Digest { url })),
        () if offers("Basic") => Some(Kind::Basic(Basic { url })),
        () => None,
    }
}

/// Whether scripts may be what signs in there.
fn may_be_scripts(failure: &Failure) -> bool {
    matches!(
        failure.outcome,
        Outcome::Unable(UnableCause::NeedsRecipe) | Outcome::Down(DownCause::NoLoginForm)
    )
}

/// Whether a proof holds nothing that may not be shown.
fn is_public(redactor: &Redactor, proof: &Proof) -> bool {
    let (Proof::Text(words) | Proof::Link(words) | Proof::Form(words) | Proof::Path(words)) = proof
    else {
        return true;
    };
    redactor.clean(words) == *words
}

/// The page that the login's address leads to with the session, past its form; none if it shows one.
async fn past_the_form(
    session: &mut Session<'_>,
    form: &Form,
) -> Result<Option<Arc<Answer>>, Failure> {
    let last = session.last.clone();
    let again = session.follow(Ask::page("check", form.url.clone())).await?;
    let again = form::settle(session, again).await?;
    session.last = last;
    let found = login_form::find(again.form_page(), Wanted::default());
    Ok((is_good(again.status) && found == Found::None).then_some(again))
}

/// Ends the session by what the page offers; where that is nothing, at the address that is called as
/// the login's is, if there is one. Gives also whether it was over then, and says so.
async fn end(
    session: &mut Session<'_>,
    entered: &Entered,
    candidates: &[Candidate],
) -> (Logout, bool, String) {
    let offered = proof::log_out(&entered.after);
    if offered != Logout::Never {
        let result = is_over_after(session, entered, &offered, candidates).await;
        let is_over = result == Ok(true);
        let said = match result {
            Ok(true) => "the session was over after it".to_owned(),
            Ok(false) => "the session went on after it".to_owned(),
            Err(note) => note,
        };
        return (offered, is_over, said);
    }
    let sent = &entered.sent;
    let shown = sent.page.form_page();
    let target = submission::target(shown, &sent.page.url, &shown.forms[sent.login.form]);
    let named = target.as_ref().and_then(logout::counterpart);
    if let Some(url) = named.or_else(|| logout::counterpart(&sent.page.url)) {
        for method in [Method::GET, Method::POST] {
            let guessed = Logout::Request { method, url: url.clone() };
            if is_over_after(session, entered, &guessed, candidates).await == Ok(true) {
                let said =
                    "not on the page, but called as the login is: the session was over after it";
                return (guessed, true, said.to_owned());
            }
        }
    }
    let said = "no way to log out was found without a script: each login leaves a session behind";
    (Logout::Never, false, said.to_owned())
}

/// Logs out, and asks for the page behind the login once more. The error is a note for people.
async fn is_over_after(
    session: &mut Session<'_>,
    entered: &Entered,
    logout: &Logout,
    candidates: &[Candidate],
) -> Result<bool, String> {
    let answer = Arc::clone(&entered.after);
    let signed_in = SignedIn { answer, saw: String::new(), credential: None, log_out: None };
    log_out_by(session, logout, &signed_in)
        .await
        .map_err(|note| session.trace.redactor.clean(&note))?;
    let again = session.follow(Ask::page("check", entered.after.url.clone())).await;
    let best = candidates.first().map(|candidate| &candidate.proof);
    let is_in = again.is_ok_and(|again| best.is_some_and(|proof| outside::shows(&again, proof)));
    Ok(!is_in)
}

/// What was seen of the form.
fn saw(session: &Session<'_>, entered: &Entered, how: String) -> Saw {
    let clean = |text: &str| session.trace.redactor.clean(&words(text));
    let first = entered.first.as_ref().unwrap_or(&entered.sent);
    let title = first.page.form_page().title.as_deref().map(clean);
    let mut page = title
        .map_or_else(|| "a page without a title".to_owned(), |title| format!("the page {title:?}"));
    if !how.is_empty() {
        page = format!("{page}, {}", clean_all(session, &how));
    }
    let of = |sent: &Sent, name: &Option<String>| {
        let form = &sent.page.form_page().forms[sent.login.form];
        let field = name.as_deref().and_then(|name| form.field(name));
        field.map(|field| clean(said_beside(field))).unwrap_or_default()
    };
    let form = &entered.sent.page.form_page().forms[entered.sent.login.form];
    let button = form.default_button();
    let button = button.map(|one| if one.label.is_empty() { &one.value } else { &one.label });
    Saw {
        page,
        form: why(first),
        user_field: of(first, &first.login.user_field),
        password_field: of(&entered.sent, &entered.sent.login.password_field),
        button: button.map(|text| clean(text)).unwrap_or_default(),
        ..Saw::default()
    }
}

fn clean_all(session: &Session<'_>, text: &str) -> String {
    session.trace.redactor.clean(text)
}

/// Which of the page's forms it is, and why.
fn why(sent: &Sent) -> String {
    let forms = sent.page.form_page().forms.len();
    let which = match forms {
        1 => "the only form".to_owned(),
        _ => format!("form {} of {forms}", sent.login.form + 1),
    };
    format!("{which}: {}", sent.login.why.join(", "))
}

/// What a person reads beside a field.
fn said_beside(field: &Field) -> &str {
    match field.label.is_empty() {
        true => &field.placeholder,
        false => &field.label,
    }
}

/// The beginning of a text.
fn words(text: &str) -> String {
    crate::html::text::fold(text).chars().take(WORDS_CHARS_MAX).collect()
}
