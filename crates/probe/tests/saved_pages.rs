//! What is found on saved pages: each was made for the purpose, after the manner of an
//! application that gave a prober trouble.

use std::path::Path;

use contract::AccountCause;
use probe::html::login_form::{self, Found, LoginForm, NotSubmittable, Wanted};
use probe::html::logout::{self, Logout};
use probe::html::page::BotWall;
use probe::html::submission::{Press, submit};
use probe::html::{Page, csrf, login_link, refusal, script_calls, text};
use url::Url;

fn bytes(name: &str) -> Vec<u8> {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    std::fs::read(pages.join(name)).unwrap()
}

fn page(name: &str) -> Page {
    Page::parse(&bytes(name), Some("text/html"))
}

fn found(name: &str) -> Found {
    login_form::find(&page(name), Wanted::default())
}

/// The index of the login form, and its user and password fields.
fn login(name: &str) -> (usize, Option<String>, Option<String>) {
    let (Found::Password(login) | Found::IdentifierFirst(login)) = found(name) else {
        panic!("no login on {name}: {:?}", found(name));
    };
    (login.form, login.user_field, login.password_field)
}

fn fields(user: &str, password: &str) -> (Option<String>, Option<String>) {
    let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    (some(user), some(password))
}

fn filled(name: &str) -> (Url, String) {
    let page = page(name);
    let Found::Password(login) = login_form::find(&page, Wanted::default()) else { panic!() };
    let mut fill = vec![(login.password_field.as_deref().unwrap(), "p w")];
    fill.extend(login.user_field.as_deref().map(|user| (user, "probe")));
    let at = Url::parse("https://portal.example/in/login.html?a=1").unwrap();
    let sent = submit(&page, &at, &page.forms[login.form], &fill, Press::Default).unwrap();
    (sent.url, String::from_utf8(sent.body).unwrap())
}

#[test]
fn the_login_form_is_chosen_by_score_and_not_by_place() {
    for (name, form, user, password) in [
        ("plain.html", 0, "username", "password"),
        ("plain-refused.html", 0, "username", "password"),
        ("wiki-three-forms.html", 1, "u", "p"),
        ("tracker-sidebar.html", 1, "__login_name", "__login_password"),
        ("register-before-login.html", 1, "session[email]", "session[password]"),
        ("identifier-first.html", 1, "loginfmt", ""),
        ("identifier-first-password.html", 0, "", "passwd"),
        ("code-beside-password.html", 0, "benutzer", "kennwort"),
        ("latin-base.html", 0, "anv", "losen"),
        ("broken.html", 0, "user", "pw"),
        ("bait.html", 0, "fielda65e1", "fieldb65e1"),
        ("csrf-in-meta.html", 0, "session[email]", "session[password]"),
        ("form-builder-login.html", 1, "name", "password"),
    ] {
        let (user, password) = fields(user, password);
        assert_eq!(login(name), (form, user, password), "{name}");
    }
}

#[test]
fn a_page_without_a_login_has_none() {
    for name in [
        "plain-database-gone.html",
        "logged-in.html",
        "members-with-listeners.html",
        "form-builder-inside.html",
        "script-only.html",
        "change-password.html",
        "forgot-password.html",
        "public-newsletter.html",
        "code-second-page.html",
        "saml-post.html",
        "saml-post-by-script-file.html",
        "bot-wall.html",
        "meta-refresh.html",
        "public-with-login-link.html",
        "script-calls.html",
    ] {
        assert_eq!(found(name), Found::None, "{name}");
    }
}

#[test]
fn what_a_script_would_send_is_not_submittable() {
    for (name, why) in [
        ("nameless-password.html", NotSubmittable::PasswordWithoutName),
        ("loose-fields.html", NotSubmittable::NoForm),
        ("script-sends.html", NotSubmittable::Scripted),
        ("password-in-address.html", NotSubmittable::PasswordInAddress),
    ] {
        assert_eq!(found(name), Found::NotSubmittable(why), "{name}");
    }
}

#[test]
fn configured_names_go_before_the_score() {
    let page = page("register-before-login.html");
    let register = Wanted { form: Some("/register"), ..Wanted::default() };
    let Found::Password(login) = login_form::find(&page, register) else { panic!() };
    assert_eq!((login.form, login.user_field.as_deref()), (0, Some("email")));

    let by_field = Wanted { password_field: Some("session[password]"), ..Wanted::default() };
    let Found::Password(login) = login_form::find(&page, by_field) else { panic!() };
    assert_eq!(login.form, 1);

    let gone = Wanted { user_field: Some("customer"), ..Wanted::default() };
    assert_eq!(login_form::find(&page, gone), Found::None);
}

#[test]
fn a_one_time_code_is_asked_for_on_its_own_page_or_beside_the_password() {
    let code = login_form::find_code(&page("code-second-page.html")).unwrap();
    assert_eq!((code.form, code.code_field.as_str()), (0, "token-otp_token"));
    let Found::Password(login) = found("code-beside-password.html") else { panic!() };
    assert_eq!(login.code_field.as_deref(), Some("otp"));
    for name in ["plain.html", "public-newsletter.html", "logged-in.html", "wiki-three-forms.html"]
    {
        assert_eq!(login_form::find_code(&page(name)), None, "{name}");
    }
}

#[test]
fn the_same_login_form_is_known_again() {
    let Found::Password(before) = found("plain.html") else { panic!() };
    assert!(login_form::same_login_form(&before, &page("plain-refused.html")));
    for name in ["logged-in.html", "plain-database-gone.html", "wiki-three-forms.html"] {
        assert!(!login_form::same_login_form(&before, &page(name)), "{name}");
    }

    // Names that change with each page: the ids stay.
    let Found::Password(before) = found("bait.html") else { panic!() };
    let again = String::from_utf8(bytes("bait.html")).unwrap().replace("65e1", "77f2");
    assert!(login_form::same_login_form(&before, &Page::parse(again.as_bytes(), None)));
    assert!(!login_form::same_login_form(&before, &page("plain.html")));

    // An account's settings, whose fields are called as the login's are.
    let Found::Password(builder) = found("form-builder-login.html") else { panic!() };
    assert!(login_form::same_login_form(&builder, &page("form-builder-login.html")));
    assert!(!login_form::same_login_form(&builder, &page("form-builder-inside.html")));

    let nothing = LoginForm { user_field: None, password_field: None, ids: None, ..before };
    assert!(!login_form::same_login_form(&nothing, &page("plain.html")));
}

#[test]
fn forms_are_filled_in_as_by_a_browser() {
    let (url, body) = filled("plain.html");
    assert_eq!(url.as_str(), "https://portal.example/accounts/login/?next=/orders");
    assert_eq!(body, "csrftoken=a1%26b2&username=probe&password=p+w&next=%2Forders");

    let (url, body) = filled("wiki-three-forms.html");
    assert_eq!(url.as_str(), "https://portal.example/in/login.html?a=1");
    assert_eq!(body, "sectok=0123&id=start&do=login&u=probe&p=p+w");

    let (url, body) = filled("latin-base.html");
    assert_eq!(url.as_str(), "https://id.example/inloggning/kontroll?steg=1&spr%E5k=sv");
    assert_eq!(body, "anv=probe&losen=p+w&organisation=2&ok.x=0&ok.y=0");

    let (_, body) = filled("broken.html");
    assert_eq!(body, "user=probe&pw=p+w&keep=on&zone=b&go=1");
}

#[test]
fn a_form_that_is_submitted_at_once_is_told() {
    let page = page("saml-post.html");
    let form = &page.forms[page.submits_itself.unwrap()];
    let at = Url::parse("https://id.example/sso").unwrap();
    let sent = submit(&page, &at, form, &[], Press::Nothing).unwrap();
    assert_eq!(sent.url.as_str(), "https://sp.example/acs");
    assert_eq!(sent.body, b"RelayState=ss%3Amem%3A1&SAMLResponse=PHNhbWw%2B");
    assert_eq!(self::page("saml-post-by-script-file.html").submits_itself, Some(0));
    for name in [
        "plain.html",
        "logged-in.html",
        "members-with-listeners.html",
        "script-only.html",
        "bot-wall.html",
    ] {
        assert_eq!(self::page(name).submits_itself, None, "{name}");
    }
}

#[test]
fn a_page_that_moves_on_and_a_bot_wall_are_told() {
    let refresh = page("meta-refresh.html").refresh.unwrap();
    assert_eq!((refresh.after_s, refresh.url.as_deref()), (0, Some("/sso/start?a=1&b=2")));
    assert_eq!(page("bot-wall.html").bot_wall, Some(BotWall::CloudflareChallenge));
    assert_eq!(page("plain.html").bot_wall, None);
}

#[test]
fn the_way_out_is_only_on_the_page_inside() {
    let way = Some(Logout::Form { form: 1, button: None });
    assert_eq!(logout::find(&page("logged-in.html")), way);
    let way = logout::find(&page("members-with-listeners.html"));
    assert_eq!(way, Some(Logout::Link(1)));
    let way = logout::find(&page("form-builder-inside.html"));
    assert_eq!(way, Some(Logout::Form { form: 0, button: Some(7) }));
    let inside = ["logged-in.html", "members-with-listeners.html", "form-builder-inside.html"];
    for name in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages")).unwrap()
    {
        let name = name.unwrap().file_name().into_string().unwrap();
        assert!(inside.contains(&name.as_str()) || logout::find(&page(&name)).is_none(), "{name}");
    }
}

#[test]
fn c3_5_a_refusal_is_told_from_a_broken_back_end() {
    let read = |name: &str| text::readable(&String::from_utf8(bytes(name)).unwrap());
    let before = read("plain.html");
    let refused = refusal::find(Some(&before), &read("plain-refused.html")).unwrap();
    assert_eq!(refused.cause, AccountCause::Rejected);
    let wall = refusal::find(Some(&before), &read("bot-wall.html")).unwrap();
    assert_eq!(wall.cause, AccountCause::BotWall);
    for name in ["plain.html", "plain-database-gone.html", "logged-in.html", "forgot-password.html"]
    {
        assert_eq!(refusal::find(Some(&before), &read(name)), None, "{name}");
        assert_eq!(refusal::find(None, &read(name)), None, "{name}");
    }
}

#[test]
fn titles_and_texts_are_readable() {
    assert_eq!(page("latin-base.html").title.as_deref(), Some("Logga in på portalen"));
    assert_eq!(page("plain.html").title.as_deref(), Some("Sign in | Orders"));
    let read = text::readable(&String::from_utf8(bytes("tracker-sidebar.html")).unwrap());
    assert!(read.contains("Lost your login?") && read.contains("Remember me?"), "{read}");
    let read = text::readable(&String::from_utf8(bytes("script-only.html")).unwrap());
    assert_eq!(read, "Packages");
}

#[test]
fn a_public_page_leads_to_its_login() {
    let page = page("public-with-login-link.html");
    let link = &page.links[login_link::find(&page).unwrap()];
    assert_eq!(link.href, "/konto/inloggning?return=%2Fdelar");
    for name in ["plain.html", "logged-in.html", "script-only.html", "bot-wall.html"] {
        assert_eq!(login_link::find(&self::page(name)), None, "{name}");
    }
}

#[test]
fn a_token_in_meta_goes_where_the_script_would_put_it() {
    let page = page("csrf-in-meta.html");
    let copied = csrf::copied(&page, &page.forms[0], &|_| None);
    let (name, value) = copied.header.unwrap();
    assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-csrf-token", "m3ta+t0k3n=="));
    assert_eq!(copied.field.unwrap().0, "authenticity_token");
    let plain = self::page("plain.html");
    assert!(csrf::copied(&plain, &plain.forms[0], &|_| None) == csrf::Copied::default());
}

#[test]
fn the_calls_of_a_script_are_shown_the_likeliest_first() {
    let source = String::from_utf8(bytes("script-calls.html")).unwrap();
    let calls = script_calls::find(&source);
    let calls: Vec<&str> = calls.iter().map(|call| call.address.as_str()).collect();
    assert_eq!(calls, ["/v1/auth/login", "/oauth/token"]);
    assert_eq!(page("script-calls.html").scripts, ["/static/app.4f2a.js"]);
}
