//! The first login: everything on it is guessed, and what it shows is kept.

use std::sync::Arc;

use contract::{AccountCause, DownCause, Outcome, UnableCause};
use http::StatusCode;
use url::Url;

use super::proof::{self, Candidate, Rank};
use super::{Pupil, Saw, Stop, proposal};
use crate::answer::Answer;
use crate::challenge::challenges;
use crate::failure::Failure;
use crate::html::form::Field;
use crate::html::login_form::{self, Found, Wanted};
use crate::html::{login_link, submission};
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
        if matches!(failure.outcome, Outcome::Account(AccountCause::Rejected)) {
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
        let (page, url, how) = open(session, url).await?;
        if let Some(kind) = by_http(&page, &url) {
            return Ok(Way::Http(Box::new(kind)));
        }
        let account = &self.task.login.account;
        let form = Form::new(url);
        let entered = form::enter_from(session, &form, account, &mut Vec::new(), page).await?;
        let (before, after) = (&entered.sent.page, &entered.after);
        let mut candidates = proof::candidates(before, after, &account.user);
        candidates.retain(|candidate| is_public(&session.trace.redactor, &candidate.proof));
        candidates.retain(|one| entered.lack(session, std::slice::from_ref(&one.proof)).is_none());
        let has_way_out = candidates.iter().any(|candidate| candidate.rank == Rank::WayOut);
        let mut leads_past = false;
        if !has_way_out {
            if let Some(refused) = verdict::by_words(session, Some(before), after) {
                return Err(refused);
            }
            if verdict::seems_broken(before, after) {
                let detail = "the page after signing in looks like an error's";
                return Err(Failure::down(DownCause::NoProof, detail));
            }
            leads_past = shows_no_form(session, &form).await?;
        }
        self.spent.sessions += 1;
        let mut saw = saw(session, &entered, how);
        let logout = proof::log_out(after);
        saw.logout = log_out(session, &entered, &logout, &candidates).await;
        let url = form.url;
        Ok(Way::Form(Box::new(FirstLogin { url, entered, candidates, leads_past, logout, saw })))
    }
}

/// Opens the page, and follows a link to the login if it has no form. Gives the page with the form,
/// the address to begin with, and how it was reached.
async fn open(session: &mut Session<'_>, url: Url) -> Result<(Arc<Answer>, Url, String), Failure> {
    let first = session.follow(Ask::page("page", url.clone())).await?;
    let mut page = form::settle(session, first).await?;
    let (mut begin, mut how) = (url, String::new());
    for _ in 0..LINKS_FOLLOWED_MAX {
        let has_form = login_form::find(page.form_page(), Wanted::default()) != Found::None;
        if has_form || !is_good(page.status) {
            break;
        }
        let Some(at) = login_link::find(page.page()) else { break };
        let link = &page.page().links[at];
        let Some(target) = submission::resolve(page.page(), &page.url, &link.href) else { break };
        let target = without_tokens(&session.trace.redactor, target);
        how = format!("behind the link {:?} of {}", words(&link.text), page.url.path());
        let ask = Ask { referer: Some(page.url.clone()), ..Ask::page("page", target.clone()) };
        let next = session.follow(ask).await?;
        page = form::settle(session, next).await?;
        begin = target;
    }
    Ok((page, begin, how))
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

/// Whether the login's address leads past its form with the session.
async fn shows_no_form(session: &mut Session<'_>, form: &Form) -> Result<bool, Failure> {
    let last = session.last.clone();
    let again = session.follow(Ask::page("check", form.url.clone())).await?;
    let again = form::settle(session, again).await?;
    session.last = last;
    let found = login_form::find(again.form_page(), Wanted::default());
    Ok(is_good(again.status) && found == Found::None)
}

/// Ends the session, and asks for the page behind it once more. Says what came of it.
async fn log_out(
    session: &mut Session<'_>,
    entered: &Entered,
    logout: &Logout,
    candidates: &[Candidate],
) -> String {
    if *logout == Logout::Never {
        return "no way to log out was found without a script: each login leaves a session behind"
            .to_owned();
    }
    let answer = Arc::clone(&entered.after);
    let signed_in = SignedIn { answer, saw: String::new(), credential: None, log_out: None };
    if let Err(note) = log_out_by(session, logout, &signed_in).await {
        return session.trace.redactor.clean(&note);
    }
    let again = session.follow(Ask::page("check", entered.after.url.clone())).await;
    let is_in = again.is_ok_and(|again| {
        let best = candidates.first().map(|candidate| candidate.proof.clone());
        best.is_some_and(|proof| super::outside::shows(&again, &proof))
    });
    match is_in {
        true => "the session went on after it".to_owned(),
        false => "the session was over after it".to_owned(),
    }
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
