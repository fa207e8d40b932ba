//! Learning a login: what is found out, what it costs, and what comes of it when it is tried.

mod attempts;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use attempts::stub::Stub;
use attempts::{PASSWORD, Site, USER, attempt, credentials};
use contract::AccountCause::{Locked, Rejected};
use contract::{DownCause, Outcome, UnableCause};
use login_service::{BackEnd, Fault, FormChange, Logout as WayOut, Refusal};
use probe::Prober;
use probe::learn::{Learned, Lesson, NotLearned, Task, learn};
use probe::settings::{Form, Kind, Login, Logout, Proof};

fn task(login: Login) -> Task {
    let login = Login { proof: Vec::new(), ..login };
    Task { login, try_wrong_password: false }
}

async fn lesson(task: &Task) -> Lesson {
    learn(&Prober::new(), task).await.unwrap()
}

async fn learned(task: &Task) -> Learned {
    match lesson(task).await {
        Lesson::Learned(learned) => {
            let shown = format!("{learned:?}");
            assert!(!shown.contains(PASSWORD), "c10_3: the password is shown in {shown}");
            *learned
        }
        Lesson::NotLearned(not) => panic!("not learned: {not:?}"),
    }
}

async fn not_learned(task: &Task) -> NotLearned {
    match lesson(task).await {
        Lesson::Learned(learned) => panic!("learned: {learned:?}"),
        Lesson::NotLearned(not) => {
            let shown = format!("{not:?}");
            assert!(!shown.contains(PASSWORD), "c10_3: the password is shown in {shown}");
            not
        }
    }
}

fn form(login: &Login) -> &Form {
    let Kind::Form(form) = &login.kind else { panic!("not a form") };
    form
}

#[tokio::test]
async fn what_is_learned_is_explicit_and_signs_in_by_itself() {
    for (way_out, proof, logout) in [
        (WayOut::Form, Proof::Form("/logout".into()), Logout::Form("/logout".into())),
        (WayOut::Link, Proof::Link("/logout".into()), Logout::Link("/logout".into())),
    ] {
        let site = Site::with(|options| options.logout = way_out).await;

        let learned = learned(&task(site.login())).await;

        let form = form(&learned.login);
        assert_eq!(form.form.as_deref(), Some("sign-in"));
        assert_eq!(form.user_field.as_deref(), Some("username"));
        assert_eq!(form.password_field.as_deref(), Some("password"));
        assert_eq!(form.learned.len(), 1);
        assert_eq!(form.learned[0].action.as_deref(), Some("/login"));
        assert_eq!(form.learned[0].hidden, ["csrf_token", "origin_page"]);
        assert!(!form.learned[0].more_hidden);
        assert_eq!(form.learned[0].button.as_deref(), Some("sign_in"));
        assert_eq!(learned.login.proof, [proof]);
        assert_eq!(*learned.login.logout, logout);
        assert_eq!(learned.saw.notes, Vec::<String>::new());
        assert_eq!(learned.saw.logout, "the session was over after it");
        assert_eq!(learned.saw.user_field, "User name");
        assert_eq!(learned.saw.button, "Sign in");
        assert!(learned.saw.form.starts_with("form 2 of 2: a password field"), "{:?}", learned.saw);

        let attempt = attempt(learned.login.clone()).await;
        assert_eq!(attempt.outcome, Outcome::Up, "{}", attempt.message);
        assert_eq!(attempt.notes, Vec::<String>::new());
        assert_eq!(attempt.requests, learned.each.requests, "what is told is what it costs");
        let counts = site.service.counts();
        assert_eq!((counts.sessions_open, counts.logouts), (0, 3), "{counts:?}");
    }
}

#[tokio::test]
async fn the_cost_of_learning_is_two_logins_and_one_wrong_password_at_most() {
    let site = Site::start().await;
    let plain = learned(&task(site.login())).await;
    assert_eq!((plain.spent.sessions, plain.spent.wrong_passwords), (2, 0));
    assert_eq!((plain.each.sessions, plain.each.requests), (1, 4));
    assert_eq!(site.service.counts().logins_refused, 0);

    let wrong = learned(&Task { try_wrong_password: true, ..task(site.login()) }).await;
    assert_eq!((wrong.spent.sessions, wrong.spent.wrong_passwords), (2, 1));
    assert_eq!(site.service.counts().logins_refused, 1);
    assert_eq!(wrong.login.refusals.rejected.texts, ["Wrong user name or password"]);
}

#[tokio::test]
async fn c3_5_a_wrong_password_is_known_by_what_was_learned() {
    for refusal in [Refusal::Page, Refusal::Forbidden, Refusal::SameRedirect] {
        let site = Site::with(|options| options.refusal = refusal).await;
        let learned = learned(&Task { try_wrong_password: true, ..task(site.login()) }).await;
        assert!(!learned.login.refusals.rejected.texts.is_empty(), "{refusal:?}");
        let wrong = Login { account: credentials(USER, "fel"), ..learned.login };
        let attempt = attempt(wrong).await;
        assert_eq!(attempt.outcome, Outcome::Account(Rejected), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_login_that_fails_is_not_learned() {
    let site = Site::with(|options| options.wrong_attempts_max = Some(1)).await;
    let wrong = task(Login { account: credentials(USER, "fel"), ..site.login() });
    let refused = not_learned(&wrong).await;
    assert_eq!(refused.outcome, Outcome::Account(Rejected));
    assert_eq!(refused.spent.sessions, 0);
    assert_eq!(not_learned(&task(site.login())).await.outcome, Outcome::Account(Locked));

    for (fault, outcome) in [
        (Fault::Refuse, Outcome::Down(DownCause::ConnectRefused)),
        (Fault::Status(503), Outcome::Down(DownCause::HttpStatus)),
        (Fault::NoForm, Outcome::Down(DownCause::NoLoginForm)),
        (Fault::ScriptedForm, Outcome::Unable(UnableCause::NeedsRecipe)),
        (Fault::BackEnd(BackEnd::Error500), Outcome::Down(DownCause::HttpStatus)),
        (Fault::BackEnd(BackEnd::FormAgain), Outcome::Down(DownCause::LoginFormAgain)),
        (Fault::BackEnd(BackEnd::ErrorPage), Outcome::Down(DownCause::NoProof)),
        (Fault::BackEnd(BackEnd::NoSession), Outcome::Down(DownCause::LoginFormAgain)),
    ] {
        let site = Site::start().await;
        site.service.inject(fault).await;
        let not = not_learned(&task(site.login())).await;
        assert_eq!(not.outcome, outcome, "{fault:?}: {}", not.message);
    }
}

#[tokio::test]
async fn c1_1_a_learned_login_tells_broken_back_ends_as_an_unlearned_one() {
    let site = Site::start().await;
    let learned = learned(&task(site.login())).await;
    for (fault, outcome) in [
        (Fault::NoForm, Outcome::Down(DownCause::NoLoginForm)),
        (Fault::Status(503), Outcome::Down(DownCause::HttpStatus)),
        (Fault::BackEnd(BackEnd::Error500), Outcome::Down(DownCause::HttpStatus)),
        (Fault::BackEnd(BackEnd::FormAgain), Outcome::Down(DownCause::LoginFormAgain)),
        (Fault::BackEnd(BackEnd::ErrorPage), Outcome::Down(DownCause::NoProof)),
        (Fault::BackEnd(BackEnd::NoSession), Outcome::Down(DownCause::LoginFormAgain)),
        (Fault::ScriptedForm, Outcome::Unable(UnableCause::FormChanged)),
    ] {
        site.service.inject(fault).await;
        let attempt = attempt(learned.login.clone()).await;
        assert_eq!(attempt.outcome, outcome, "{fault:?}: {}", attempt.message);
    }
}

#[tokio::test]
async fn a_form_that_changed_is_told_and_is_no_outage() {
    let site = Site::start().await;
    let learned = learned(&task(site.login())).await;
    let after = |change| {
        let (site, login) = (&site, learned.login.clone());
        async move {
            site.service.inject(Fault::FormChanged(change)).await;
            let sent =
                site.service.counts().logins_refused + site.service.counts().logins_malformed;
            let attempt = attempt(login).await;
            let counts = site.service.counts();
            (attempt, counts.logins_refused + counts.logins_malformed - sent)
        }
    };
    let changed = Outcome::Unable(UnableCause::FormChanged);
    for (change, said) in [
        (FormChange::Renamed, "its fields are \"email\" and \"secret\""),
        (FormChange::Moved, "it is sent to /signin, and was to /login"),
    ] {
        let (attempt, refused) = after(change).await;
        assert_eq!((attempt.outcome, refused), (changed, 0), "{change:?}: {}", attempt.message);
        assert!(attempt.message.contains(said), "{}", attempt.message);
        assert!(attempt.steps.iter().all(|step| step.name != "sign_in"), "nothing is sent");
    }

    let (grown, _) = after(FormChange::Grown).await;
    assert_eq!(grown.outcome, Outcome::Up, "{}", grown.message);
    assert!(grown.notes[0].contains("the hidden field \"device\" is new"), "{:?}", grown.notes);

    let (demanding, _) = after(FormChange::Demanding).await;
    assert_eq!(demanding.outcome, changed, "{}", demanding.message);
    assert!(demanding.message.contains("the hidden field \"device\" is new"));
    assert!(demanding.message.contains("the login form came back"), "{}", demanding.message);

    // Without anything learned, the same page is an outage.
    let unlearned = attempt(site.login()).await;
    assert_eq!(unlearned.outcome, Outcome::Down(DownCause::LoginFormAgain));
}

const FORM: &str = "<title>Log in</title><form method=post><input name=user>\
    <input type=password name=pass><button>Log in</button></form>";

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

fn first_words(request: &str) -> (&str, &str) {
    let mut words = request.split(' ');
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

/// A service whose page inside has no way out, but by a script.
async fn scripted_way_out(logs_out: bool) -> Stub {
    let is_in = AtomicBool::new(false);
    Stub::answering(move |request| match first_words(request) {
        ("POST", "/login") => {
            is_in.store(true, Relaxed);
            answer("302 Found", "location: /tree\r\nset-cookie: in=1; Path=/\r\n", "")
        }
        ("GET", "/logout") if logs_out => {
            is_in.store(false, Relaxed);
            answer("200 OK", "", "<p>Bye</p>")
        }
        ("GET", "/logout") => answer("200 OK", "", "<p>Logging out needs a script</p>"),
        ("GET", "/tree") if is_in.load(Relaxed) && request.contains("cookie: in=1") => {
            answer("200 OK", "", "<title>Home</title><p>Your notebooks</p>")
        }
        ("GET", "/login") => answer("200 OK", "", FORM),
        _ => answer("302 Found", "location: /login\r\n", ""),
    })
    .await
}

#[tokio::test]
async fn a_way_out_that_no_page_shows_is_tried_where_its_name_says_and_kept_if_it_ends_the_session()
{
    let stub = scripted_way_out(true).await;
    let lesson = learned(&task(stub.login())).await;
    let url = stub.url("/logout");
    assert_eq!(*lesson.login.logout, Logout::Request { method: http::Method::GET, url });
    assert!(lesson.saw.logout.ends_with("the session was over after it"), "{:?}", lesson.saw);
    let again = attempt(lesson.login).await;
    assert_eq!((again.outcome, again.notes), (Outcome::Up, Vec::new()), "{}", again.message);

    let stub = scripted_way_out(false).await;
    let lesson = learned(&task(stub.login())).await;
    assert_eq!(*lesson.login.logout, Logout::Never);
}

#[tokio::test]
async fn where_nothing_takes_the_form_the_link_to_the_login_is_followed() {
    let stub = Stub::answering(|request| {
        let is_in = request.contains("cookie: in=1");
        match first_words(request) {
            ("POST", "/sign-in") => answer("302 Found", "location: /\r\nset-cookie: in=1\r\n", ""),
            ("POST", _) => answer("405 Method Not Allowed", "", "Method not allowed"),
            ("GET", "/out") => answer("302 Found", "location: /\r\nset-cookie: in=\r\n", ""),
            ("GET", "/sign-in") => answer("200 OK", "", FORM),
            _ if is_in => answer("200 OK", "", "<a href=/out>Log out</a>"),
            // A script of this page would send its form elsewhere.
            _ => answer("200 OK", "", &format!("<a href=/sign-in>Log in</a>{FORM}")),
        }
    })
    .await;
    let form_at = Kind::Form(Form::new(stub.url("/")));
    let lesson = learned(&task(Login { kind: form_at, ..stub.login() })).await;
    assert_eq!(form(&lesson.login).url, stub.url("/sign-in"));
    assert!(lesson.saw.page.contains("behind the link \"Log in\" of /"), "{:?}", lesson.saw);
}

#[tokio::test]
async fn c1_1_what_the_form_itself_is_answered_with_does_not_prove_that_the_session_lasts() {
    const WELL: usize = 0;
    const NO_SESSION: usize = 1;
    const NO_DATABASE: usize = 2;
    let state = Arc::new(AtomicUsize::new(WELL));
    let now = Arc::clone(&state);
    let stub = Stub::answering(move |request| {
        let has_cookie = request.contains("cookie: in=1");
        let cookie = "set-cookie: in=1; Path=/\r\n";
        match (request.starts_with("POST"), now.load(Relaxed)) {
            (_, NO_DATABASE) if has_cookie => answer("200 OK", "", "<p>Come back at 10:31"),
            (true, NO_DATABASE) => answer("200 OK", cookie, "<p>Come back at 10:30"),
            (true, _) => {
                let welcome = "<title>Logging in</title><p>One moment<p>Your cameras";
                answer("200 OK", cookie, welcome)
            }
            (false, WELL) if has_cookie => {
                answer("200 OK", "", "<title>Console</title><p>Your cameras")
            }
            _ => answer("200 OK", "", FORM),
        }
    })
    .await;
    let lesson = learned(&task(stub.login())).await;
    assert_eq!(lesson.login.proof, []);
    for (what, outcome) in [
        (WELL, Outcome::Up),
        (NO_SESSION, Outcome::Down(DownCause::NoProof)),
        (NO_DATABASE, Outcome::Down(DownCause::NoProof)),
    ] {
        state.store(what, Relaxed);
        let attempt = attempt(lesson.login.clone()).await;
        assert_eq!(attempt.outcome, outcome, "{what}: {}", attempt.message);
    }
}
