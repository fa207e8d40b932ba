//! Logins by recipe: what each step sends, takes and expects, and what its failures mean.

mod attempts;

use attempts::{PASSWORD, Site, USER, attempt, credentials, step};
use contract::AccountCause::{Locked, Rejected};
use contract::DownCause::*;
use contract::Outcome::{Account, Down, Unable, Up};
use contract::{Outcome, UnableCause};
use http::{HeaderName, Method};
use login_service::{BackEnd, Codes, Fault, Refusal};
use probe::html::select::Selector;
use probe::settings::recipe::{Body, Expect, Pattern, Source, Take};
use probe::settings::template::{JsonTemplate, Template};
use probe::settings::{Kind, Login, Recipe, Totp};
use probe::{Account as Who, Prober};
use serde_json::{Value, json};

fn text(template: &str) -> Template {
    Template::parse(template).unwrap()
}

fn json_body(value: Value) -> Body {
    Body::Json(JsonTemplate::new(value).unwrap())
}

fn take(name: &str, from: Source) -> Take {
    Take { name: name.to_owned(), from, pattern: None, show: false }
}

fn has(pointer: &str, equals: &str) -> Expect {
    let equals = Some(JsonTemplate::new(equals.into()).unwrap());
    Expect::Json { pointer: pointer.to_owned(), equals }
}

fn bearer() -> Vec<(HeaderName, Template)> {
    vec![(http::header::AUTHORIZATION, text("Bearer {token}"))]
}

/// A token for the account, a call with it, and the token's end.
fn by_token(site: &Site) -> Recipe {
    let mut token = step("ask for a token", Method::POST, "/api/token");
    token.request.body = json_body(json!({ "user": "{user}", "password": "{password}" }));
    token.take = vec![take("token", Source::Json("/auth/token".to_owned()))];
    let mut me = step("who am I", Method::GET, "/api/me");
    me.request.headers = bearer();
    me.expect = vec![has("/user/name", "{user}")];
    let mut end = step("end it", Method::POST, "/api/logout");
    end.request.headers = bearer();
    Recipe {
        url: site.service.url("/").parse().unwrap(),
        hosts: Vec::new(),
        secrets: Vec::new(),
        steps: vec![token, me],
        log_out: vec![end],
    }
}

/// The form, as a browser would send it, written down.
fn by_form(site: &Site) -> Recipe {
    let field = |name| Selector::parse(&format!("form#sign-in input[name={name}]")).unwrap();
    let value = Some("value".to_owned());
    let mut page = step("open the page", Method::GET, "/login");
    page.take = vec![
        take("csrf", Source::Select(field("csrf_token"), value.clone())),
        Take { show: true, ..take("origin", Source::Select(field("origin_page"), value.clone())) },
        take("sid", Source::Cookie("session".to_owned())),
    ];
    let mut form = step("send the form", Method::POST, "/login");
    form.request.body = Body::Form(
        [
            ("csrf_token", "{csrf}"),
            ("origin_page", "{origin}"),
            ("username", "{user}"),
            ("password", "{password}"),
            ("language", "sv"),
            ("sign_in", "yes"),
        ]
        .map(|(name, value)| (name.to_owned(), text(value)))
        .to_vec(),
    );
    form.expect = vec![
        Expect::Text(text("Welcome, {user}.")),
        Expect::NoText(text("Wrong user name")),
        Expect::Path("/home".to_owned()),
        Expect::Cookie("session".to_owned()),
        Expect::Select(Selector::parse("form[action='/logout'] button").unwrap()),
        Expect::Header { name: http::header::CONTENT_TYPE, equals: None },
    ];
    let token = Selector::parse("form[action='/logout'] input[name=csrf_token]").unwrap();
    form.take = vec![take("way_out", Source::Select(token, value))];
    let mut end = step("log out", Method::POST, "/logout");
    end.request.body = Body::Form(vec![("csrf_token".to_owned(), text("{way_out}"))]);
    Recipe { steps: vec![page, form], log_out: vec![end], ..by_token(site) }
}

fn login(site: &Site, recipe: Recipe) -> Login {
    Login { proof: Vec::new(), ..site.login_by(Kind::Recipe(Box::new(recipe))) }
}

#[tokio::test]
async fn a_recipe_takes_shows_and_ends_a_token() {
    let site = Site::start().await;
    let attempt = attempt(login(&site, by_token(&site))).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    assert!(attempt.message.contains("/user/name"), "{}", attempt.message);
    let names: Vec<_> = attempt.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, ["step_1", "step_2", "log_out"]);
    let counts = site.service.counts();
    assert_eq!((counts.logins_ok, counts.homes, counts.logouts), (1, 1, 1));
    assert!(attempt.notes.is_empty(), "{:?}", attempt.notes);
}

#[tokio::test]
async fn a_recipe_sends_a_form_with_what_the_page_holds() {
    let site = Site::start().await;
    let attempt = attempt(login(&site, by_form(&site))).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    assert_eq!(site.service.counts().sessions_open, 0);
    assert!(attempt.notes.is_empty(), "{:?}", attempt.notes);
}

#[tokio::test]
async fn c3_5_a_refused_account_is_known_in_a_recipe() {
    for refusal in [Refusal::Page, Refusal::Forbidden, Refusal::SameRedirect] {
        let site = Site::with(|options| {
            options.refusal = refusal;
            options.wrong_attempts_max = Some(2);
        })
        .await;
        for (recipe, outcome) in
            [(by_form(&site), Rejected), (by_token(&site), Rejected), (by_token(&site), Locked)]
        {
            let mut login = login(&site, recipe);
            login.account = credentials(USER, "not the password");
            let attempt = attempt(login).await;
            assert_eq!(attempt.outcome, Account(outcome), "{refusal:?}: {}", attempt.message);
        }
    }
}

#[tokio::test]
async fn what_is_broken_behind_a_recipe_is_down() {
    let site = Site::start().await;
    let faults: &[(Fault, Outcome)] = &[
        (Fault::Refuse, Down(ConnectRefused)),
        (Fault::Status(503), Down(HttpStatus)),
        (Fault::Status(404), Down(HttpStatus)),
        (Fault::NoForm, Down(NoToken)),
        (Fault::RedirectLoop, Down(TooManyRedirects)),
        (Fault::RedirectToHttp, Down(PlainHttp)),
        (Fault::GzipBomb, Down(BodyTooLarge)),
        (Fault::BackEnd(BackEnd::Error500), Down(HttpStatus)),
        (Fault::BackEnd(BackEnd::FormAgain), Down(NoProof)),
        (Fault::BackEnd(BackEnd::ErrorPage), Down(NoProof)),
        (Fault::BackEnd(BackEnd::NoSession), Down(NoProof)),
        // It would be sent again in clear text.
        (Fault::BackEnd(BackEnd::RedirectToHttp), Unable(UnableCause::NeedsRecipe)),
    ];
    for (fault, outcome) in faults {
        site.service.inject(*fault).await;
        let attempt = attempt(login(&site, by_form(&site))).await;
        assert_eq!(attempt.outcome, *outcome, "{fault:?}: {}", attempt.message);
    }
    for (fault, outcome) in [
        (BackEnd::Error500, Down(HttpStatus)),
        (BackEnd::ErrorPage, Down(NoToken)),
        (BackEnd::NoSession, Down(NoToken)),
    ] {
        site.service.inject(Fault::BackEnd(fault)).await;
        let attempt = attempt(login(&site, by_token(&site))).await;
        assert_eq!(attempt.outcome, outcome, "{fault:?}: {}", attempt.message);
    }
}

#[tokio::test]
async fn the_session_is_ended_also_when_a_later_step_fails() {
    let site = Site::start().await;
    let mut recipe = by_token(&site);
    recipe.steps[1].expect = vec![has("/user/name", "somebody else")];
    let attempt = attempt(login(&site, recipe)).await;
    assert_eq!(attempt.outcome, Down(NoProof), "{}", attempt.message);
    assert!(attempt.message.contains("step \"who am I\""), "{}", attempt.message);
    assert!(attempt.message.contains("another one"), "{}", attempt.message);
    assert_eq!(site.service.counts().sessions_open, 0);
}

#[tokio::test]
async fn c1_1_what_stood_there_before_signing_in_proves_nothing() {
    let site = Site::start().await;
    let mut recipe = by_form(&site);
    recipe.steps[1].expect = vec![Expect::Text(text("Login service"))];
    let attempt = attempt(login(&site, recipe)).await;
    assert_eq!(attempt.outcome, Down(NoProof), "{}", attempt.message);
    assert!(attempt.message.contains("was there before"), "{}", attempt.message);
}

#[tokio::test]
async fn c1_5_no_secret_goes_to_a_host_that_an_answer_names() {
    let (site, other) = (Site::start().await, Site::start().await);
    let mut recipe = by_token(&site);
    recipe.url = recipe.url.to_string().replace("localhost", "127.0.0.1").parse().unwrap();
    let mut led = step("be led", Method::GET, "/search");
    led.take = vec![Take {
        pattern: Some(Pattern::parse(r"(https?://\S+|Nothing)").unwrap()),
        ..take("next", Source::Body)
    }];
    recipe.steps.insert(0, led);
    recipe.steps[1].request.url = text(&other.service.url("/api/token"));
    recipe.url = site.service.url("/").parse().unwrap();
    recipe.url.set_host(Some("localhost")).unwrap();
    recipe.hosts.clear();
    // The other service is on the same host, and that is where secrets may go.
    let mut elsewhere = recipe.clone();
    elsewhere.steps[1].request.url = text("https://elsewhere.example/api/token");
    let attempt = attempt(login(&site, elsewhere)).await;
    assert_eq!(attempt.outcome, Unable(UnableCause::NeedsRecipe), "{}", attempt.message);
    assert!(attempt.message.contains("elsewhere.example"), "{}", attempt.message);
    assert_eq!(attempt.steps.len(), 1);
}

#[tokio::test]
async fn a_redirect_is_taken_apart_where_it_is_not_followed() {
    let site = Site::start().await;
    let mut recipe = by_token(&site);
    let mut first = step("the first page", Method::GET, "/");
    first.request.follow = false;
    first.statuses = vec![303];
    first.expect =
        vec![Expect::Header { name: http::header::LOCATION, equals: Some(text("/login")) }];
    first.take = vec![take("next", Source::Header(http::header::LOCATION))];
    let next = step("where it leads", Method::GET, "{next}");
    recipe.steps.splice(0..0, [first, next]);
    let attempt = attempt(login(&site, recipe)).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    assert_eq!(site.service.counts().login_pages, 1);
}

#[tokio::test]
async fn a_recipe_sends_a_one_time_code() {
    let key = b"12345678901234567890".to_vec();
    let site = Site::with(|options| {
        let codes = Codes { key, period_ms: 1000 };
        options.accounts = vec![login_service::Account::new(USER, PASSWORD).with_codes(codes)];
    })
    .await;
    let mut recipe = by_token(&site);
    let body = json!({ "user": "{user}", "password": "{password}", "code": "{totp}" });
    recipe.steps[0].request.body = json_body(body);
    let mut login = login(&site, recipe);
    assert_eq!(attempt(login.clone()).await.outcome, Unable(UnableCause::Credential));
    let secret = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=1";
    login.account.totp = Some(Totp::parse(secret).unwrap());
    let attempt = attempt(login).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
}

/// Every spelling of a secret in which something of it could be recognised.
fn spellings(secret: &str) -> Vec<String> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    let percent = |text: &str| {
        let byte = |b: u8| match b.is_ascii_alphanumeric() {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        };
        text.bytes().map(byte).collect::<String>()
    };
    let json = Value::from(secret).to_string();
    vec![
        secret.to_owned(),
        percent(secret),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        json.trim_matches('"').to_owned(),
        STANDARD_NO_PAD.encode(secret),
        STANDARD_NO_PAD.encode(format!("{USER}:{secret}")),
    ]
}

#[tokio::test]
async fn c10_3_an_explained_attempt_shows_each_request_and_answer_without_secrets() {
    const LONG: &str = "hem\"ligt/å lösen&ord";
    const API_KEY: &str = "key of \\the/ pröbe";
    let site = Site::with(|options| {
        options.accounts = vec![login_service::Account::new(USER, LONG)];
    })
    .await;
    let mut by_token = by_token(&site);
    by_token.secrets = vec![("api_key".to_owned(), API_KEY.into())];
    by_token.steps[0].request.headers =
        vec![(HeaderName::from_static("x-api-key"), text("{api_key}"))];
    by_token.steps[0].request.url = text("/api/token?key={api_key}&p={password}");
    for recipe in [by_form(&site), by_token] {
        let mut login = login(&site, recipe);
        login.account = credentials(USER, LONG);
        let prepared = Prober::new().prepare(login.clone()).unwrap();
        let attempt = prepared.explain(Who::Main).await;
        assert_eq!(attempt.outcome, Up, "{}", attempt.message);
        let exchanges = attempt.exchanges.as_ref().unwrap();
        assert_eq!(exchanges.len(), attempt.steps.len());
        let first = exchanges[0].answer.as_ref().unwrap();
        assert_eq!(first.line, "200 OK");
        assert!(exchanges[0].request.headers.iter().any(|(name, _)| name == "user-agent"));
        let shown = format!("{attempt:?}{}", serde_json::to_string(&attempt).unwrap());
        assert!(shown.contains("[cut]"));

        let bare = prepared.attempt(Who::Main).await;
        assert!(bare.exchanges.is_none());
        for secret in [LONG, API_KEY] {
            for spelled in spellings(secret) {
                assert!(!shown.contains(&spelled), "{spelled} is shown in {shown}");
            }
        }
        // Sessions and tokens of this service have a part of 32 hexadecimal digits.
        let mut run = 0;
        let exchanged = serde_json::to_string(exchanges).unwrap();
        for c in exchanged.chars() {
            run = if c.is_ascii_hexdigit() { run + 1 } else { 0 };
            assert!(run < 24, "a token is shown in {exchanged}");
        }
        assert!(exchanged.contains("session=[cut]\"") || exchanged.contains("Bearer [cut]"));
    }
}
