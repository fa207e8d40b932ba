//! Services written by hand, byte for byte: what no well-behaved server can be made to send.

mod attempts;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use attempts::stub::{Stub, read_request};
use attempts::{attempt, login, short_limits};
use contract::AccountCause::{BotWall, Locked, Rejected};
use contract::DownCause::*;
use contract::Outcome::{self, Account, Down, Unable, Up};
use contract::{Phase, UnableCause};
use probe::settings::{
    Basic, Family, Form, Json, JsonBody, Kind, Limits, Login, Proof, Refusals, Roots, Sign,
};
use tokio::io::AsyncWriteExt;

const FORM: &str = "<title>Log in</title><form method=post action=/in>\
    <input name=user><input type=password name=pass><button>Log in</button></form>";

fn page(status: &str, body: &str) -> Vec<u8> {
    with_headers(status, "", body)
}

fn with_headers(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

/// The form, and then this answer to the login.
async fn answered_with(answer: Vec<u8>) -> (Outcome, String) {
    let stub = Stub::answering(move |request| match request.starts_with("POST") {
        true => answer.clone(),
        false => page("200 OK", FORM),
    })
    .await;
    let attempt = attempt(stub.login()).await;
    (attempt.outcome, attempt.message)
}

async fn first_page(answer: Vec<u8>) -> (Outcome, Option<Phase>, String) {
    let stub = Stub::answering(move |_| answer.clone()).await;
    let mut login = stub.login();
    login.limits = short_limits().into();
    let attempt = attempt(login).await;
    (attempt.outcome, attempt.phase, attempt.message)
}

#[tokio::test]
async fn broken_answers_have_their_own_causes() {
    let many = "x-many: 1\r\n".repeat(300);
    let long = format!("x-long: {}\r\n", "x".repeat(100_000));
    for (answer, cause, phase) in [
        (Vec::new(), Closed, Phase::Processing),
        (b"garbage\r\n\r\n".to_vec(), HttpProtocol, Phase::Processing),
        (b"HTTP/1.1 200 OK\r\nconte".to_vec(), Silence, Phase::Processing),
        (with_headers("200 OK", &many, ""), HeadersTooLarge, Phase::Processing),
        (with_headers("200 OK", &long, ""), HeadersTooLarge, Phase::Processing),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nhalf".to_vec(),
            TransferClosed,
            Phase::Transfer,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n4\r\nhalf"
                .to_vec(),
            TransferClosed,
            Phase::Transfer,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno chunk\r\n".to_vec(),
            HttpProtocol,
            Phase::Transfer,
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec(),
            BodyTooLarge,
            Phase::Transfer,
        ),
        (
            with_headers("200 OK", "content-encoding: gzip\r\n", "not gzip"),
            BodyEncoding,
            Phase::Transfer,
        ),
        (with_headers("200 OK", "content-encoding: br\r\n", "x"), BodyEncoding, Phase::Transfer),
    ] {
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
        let (outcome, in_phase, message) = first_page(answer).await;
        assert_eq!(outcome, Down(cause), "{shown:?}: {message}");
        assert_eq!(in_phase, Some(phase), "{shown:?}: {message}");
    }
}

#[tokio::test]
async fn an_answer_may_end_with_its_connection() {
    let (outcome, message) =
        answered_with(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<p>Log out</p>".to_vec()).await;
    assert_eq!(outcome, Up, "{message}");
}

#[tokio::test]
async fn redirects_are_followed_as_a_browser_does_and_no_further() {
    for (location, outcome) in [
        ("/home", Down(NoProof)),
        ("home?x=1#y", Down(NoProof)),
        ("ftp://localhost/", Down(BadRedirect)),
        ("javascript:alert(1)", Down(BadRedirect)),
        ("https://[::", Down(BadRedirect)),
        ("http://localhost/home", Down(PlainHttp)),
    ] {
        let header = format!("location: {location}\r\n");
        let stub = Stub::answering(move |request| match request.split(' ').next() {
            Some("POST") => with_headers("302 Found", &header, ""),
            _ if request.starts_with("GET /home") => page("200 OK", "<p>Home</p>"),
            _ => page("200 OK", FORM),
        })
        .await;
        let attempt = attempt(stub.login()).await;
        assert_eq!(attempt.outcome, outcome, "{location}: {}", attempt.message);
    }
}

#[tokio::test]
async fn an_empty_location_is_the_same_address_and_a_307_keeps_the_body() {
    let stub = Stub::answering(|request| {
        let signed_in = request.contains("cookie: in=1");
        match request.split(' ').take(2).collect::<Vec<_>>()[..] {
            ["POST", "/in"] => with_headers("307 Temporary Redirect", "location: /two\r\n", ""),
            ["POST", "/two"] if request.ends_with("user=demo&pass=hemligt") => {
                with_headers("302 Found", "location: \r\nset-cookie: in=1\r\n", "")
            }
            ["GET", "/two"] if signed_in => page("200 OK", "<p>Log out</p>"),
            _ => page("200 OK", FORM),
        }
    })
    .await;
    let attempt = attempt(stub.login()).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    let statuses: Vec<_> = attempt.steps.iter().map(|step| step.status.unwrap()).collect();
    assert_eq!(statuses, [200, 307, 302, 200]);
}

#[tokio::test]
async fn c3_4_a_page_inside_with_scripts_that_listen_to_forms_is_up_and_is_left_as_its_script_does()
{
    let members = include_str!("pages/members-with-listeners.html");
    let inside = |request: &str| request.contains("cookie: in=1");
    let log_out = "_method=post&authenticity_token=t0ken%2B%2F%3D%3D";
    let stub = Stub::answering(move |request| match request.split(' ').nth(1) {
        Some("/in") => with_headers("302 Found", "location: /my\r\nset-cookie: in=1\r\n", ""),
        Some("/my") if inside(request) => page("200 OK", members),
        Some("/logout") if inside(request) && request.ends_with(log_out) => {
            with_headers("302 Found", "location: /\r\n", "")
        }
        Some("/login") => page("200 OK", FORM),
        _ => page("422 Unprocessable Entity", "Invalid form authenticity token."),
    })
    .await;
    let login = Login { proof: Vec::new(), ..stub.login() };
    let attempt = attempt(login).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    assert_eq!(attempt.notes, Vec::<String>::new());
    let names: Vec<_> = attempt.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, ["page", "sign_in", "redirect", "log_out"]);
}

#[tokio::test]
async fn c3_5_a_user_is_chosen_from_the_pages_list_and_nobody_else() {
    const LIST: &str = "<form method=post action=/in><select name=username>
        <option value='uid=boss'>boss</option><option value='uid=demo'>demo</option></select>
        <select name=language><option>Svenska</select>
        <input type=password name=pass><button>Log in</button></form>";
    for (list, outcome, posts) in
        [(LIST.to_owned(), Up, 1), (LIST.replace("demo", "guest"), Account(Rejected), 0)]
    {
        let posted = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&posted);
        let stub = Stub::answering(move |request| match request.split(' ').nth(1) {
            Some("/in") => {
                counted.fetch_add(1, Ordering::Relaxed);
                let form = "username=uid%3Ddemo&language=Svenska&pass=hemligt";
                match request.ends_with(form) {
                    true => with_headers("302 Found", "location: /home\r\n", ""),
                    false => page("200 OK", &list),
                }
            }
            Some("/home") => page("200 OK", "<p>Log out</p>"),
            _ => page("200 OK", &list),
        })
        .await;
        let attempt = attempt(stub.login()).await;
        assert_eq!(attempt.outcome, outcome, "{}", attempt.message);
        assert_eq!(posted.load(Ordering::Relaxed), posts);
    }
}

#[tokio::test]
async fn a_form_without_fields_is_posted_with_its_length_of_zero() {
    let stub = Stub::answering(|request| match request.split(' ').nth(1) {
        Some("/in") => with_headers("302 Found", "location: /home\r\n", ""),
        Some("/home") => {
            page("200 OK", "<form method=post action=/logout><button>Log out</button></form>")
        }
        Some("/logout") if !request.contains("content-length: 0\r\n") => {
            page("411 Length Required", "")
        }
        Some("/logout") => with_headers("302 Found", "location: /\r\n", ""),
        _ => page("200 OK", FORM),
    })
    .await;
    let attempt = attempt(stub.login()).await;
    assert_eq!((attempt.outcome, attempt.notes), (Up, Vec::new()), "{}", attempt.message);
}

#[tokio::test]
async fn a_connection_that_ends_between_requests_is_opened_anew() {
    let stub = Stub::talking(|mut stream| async move {
        if let Some(request) = read_request(&mut stream).await {
            let answer = match request.starts_with("POST") {
                true => page("200 OK", "<p>Log out</p>"),
                false => page("200 OK", FORM),
            };
            let _ = stream.write_all(&answer).await;
        }
    })
    .await;
    let attempt = attempt(stub.login()).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    assert!(attempt.steps[1].phases.get(Phase::Tls).is_some());
}

#[tokio::test]
async fn c3_5_words_of_refusal_decide_and_a_broken_back_end_is_down() {
    let with = |words: &str| format!("<p class=error>{words}</p>{FORM}");
    for (status, body, outcome) in [
        ("200 OK", with("Invalid login"), Account(Rejected)),
        ("200 OK", with("Fel användarnamn eller lösenord"), Account(Rejected)),
        ("422 Unprocessable", with("Invalid email or password."), Account(Rejected)),
        ("403 Forbidden", with("Sorry, username or password was wrong."), Account(Rejected)),
        ("200 OK", with("Please enter a correct username and password."), Account(Rejected)),
        ("200 OK", with("Ange korrekt användarnamn och lösenord."), Account(Rejected)),
        ("200 OK", with("Your account is locked"), Account(Locked)),
        ("200 OK", with("Kontot är spärrat"), Account(Locked)),
        ("423 Locked", with(""), Account(Locked)),
        ("429 Too Many Requests", with(""), Account(BotWall)),
        ("401 Unauthorized", with(""), Account(Rejected)),
        ("200 OK", "<p>Wrong password</p>".to_owned(), Account(Rejected)),
        ("200 OK", with("The password for demo is incorrect. Lost it?"), Account(Rejected)),
        ("200 OK", with("Wrong password. <a>Forgot your password?</a>"), Account(Rejected)),
        // The page's script shows it.
        ("200 OK", with("<script>show('Login failed.')</script>"), Account(Rejected)),
        ("401 Unauthorized", with("<script>show('Login failed.')</script>"), Account(Rejected)),
        // The back end's words on the user that was typed, and on the service's own.
        ("403 No", with("Access denied for user 'demo'@'localhost'"), Account(Rejected)),
        ("403 No", with("Access denied for user 'app'@'localhost'"), Down(LoginFormAgain)),
        ("401 Unauthorized", with("Access denied: no database connection"), Down(HttpStatus)),
        (
            "401 Unauthorized",
            with("<script>show('Connection to storage server failed.')</script>"),
            Down(HttpStatus),
        ),
        // Nothing says that the account was refused.
        ("200 OK", with(""), Down(LoginFormAgain)),
        ("403 Forbidden", with(""), Down(LoginFormAgain)),
        ("403 Forbidden", "<h1>CSRF verification failed</h1>".to_owned(), Down(HttpStatus)),
        ("404 Not Found", "<h1>Not found</h1>".to_owned(), Down(HttpStatus)),
        ("200 OK", "FATAL: database is locked".to_owned(), Down(NoProof)),
        // C3.4: what fails with 500 has not judged the password, whatever it says.
        ("500 Internal Server Error", with("Invalid login"), Down(HttpStatus)),
        ("503 Service Unavailable", with("Your account is locked"), Down(HttpStatus)),
    ] {
        let (is, message) = answered_with(page(status, &body)).await;
        assert_eq!(is, outcome, "{status} {body}: {message}");
    }
}

/// A service that leads a login to `/home` and shows no way out there.
async fn without_way_out(
    home: &'static str,
    login_page_with_session: fn() -> Vec<u8>,
) -> (Outcome, String) {
    let stub = Stub::answering(move |request| {
        let has_session = request.contains("session=1");
        match request.split("HTTP").next().unwrap_or_default().trim() {
            "POST /in" => with_headers(
                "303 See Other",
                "location: /home\r\nset-cookie: session=1; Path=/; Secure\r\n",
                "",
            ),
            "GET /home" if has_session => page("200 OK", home),
            "GET /login" if has_session => login_page_with_session(),
            _ => page("200 OK", FORM),
        }
    })
    .await;
    let mut login = stub.login();
    login.proof = Vec::new();
    let attempt = attempt(login).await;
    (attempt.outcome, attempt.message)
}

#[tokio::test]
async fn c1_1_without_a_way_out_the_login_page_that_lets_pass_is_a_proof() {
    let leads_on = || with_headers("302 Found", "location: /home\r\n", "");
    let asks_again = || page("200 OK", FORM);
    let is_error = || page("200 OK", "<p>Nothing here.");
    for (home, login_page, outcome) in [
        ("<title>Orders</title><p>No orders yet", leads_on as fn() -> Vec<u8>, Up),
        ("<i>error_outline</i><p>No orders yet", leads_on, Up),
        ("<p>No orders yet", asks_again, Down(NoProof)),
        ("<p>No orders yet", is_error, Down(NoProof)),
        ("<p>FATAL: database is locked", leads_on, Down(NoProof)),
        ("<h1>Error</h1>", leads_on, Down(NoProof)),
        ("<p>Invalid login", leads_on, Account(Rejected)),
    ] {
        let (is, message) = without_way_out(home, login_page).await;
        assert_eq!(is, outcome, "{home}: {message}");
    }
}

#[tokio::test]
async fn a_log_out_is_confirmed_and_followed_to_another_origin() {
    let sure = "<form method=post action=/logout><button>Log out</button></form>";
    let link = "<a href=/logout>Log out</a>";
    let elsewhere = "location: https://127.0.0.1:PORT/sso/end\r\n";
    for (head, body, log_outs, note) in [
        ("location: /login\r\n", "", 1, None),
        ("", sure, 2, None),
        (elsewhere, "", 2, None),
        ("", link, 1, Some("still has a way")),
    ] {
        let stub = Stub::answering(move |request| {
            let host = request.split("\r\n").find_map(|line| line.strip_prefix("host: "));
            let port = host.and_then(|host| host.rsplit(':').next()).unwrap_or_default();
            match request.split("HTTP").next().unwrap_or_default().trim() {
                "POST /in" => page("200 OK", link),
                "GET /logout" if head.is_empty() => page("200 OK", body),
                "GET /logout" => with_headers("302 Found", &head.replace("PORT", port), ""),
                "POST /logout" | "GET /sso/end" => page("200 OK", "<p>Bye"),
                _ => page("200 OK", FORM),
            }
        })
        .await;
        let attempt = attempt(stub.login()).await;
        assert_eq!(attempt.outcome, Up, "{}", attempt.message);
        let sent = attempt.steps.iter().filter(|step| step.name == "log_out").count();
        assert_eq!(sent, log_outs, "{head}{body}: {:?}", attempt.notes);
        assert_eq!(attempt.notes.is_empty(), note.is_none(), "{:?}", attempt.notes);
        assert!(note.is_none_or(|note| attempt.notes[0].contains(note)), "{:?}", attempt.notes);
    }
}

#[tokio::test]
async fn words_that_stood_on_the_login_page_refuse_nobody() {
    let body = format!("<p>Wrong password? Your account is locked after three.</p>{FORM}");
    let stub = Stub::answering(move |_| page("200 OK", &body)).await;
    let attempt = attempt(stub.login()).await;
    assert_eq!(attempt.outcome, Down(LoginFormAgain), "{}", attempt.message);
}

#[tokio::test]
async fn configured_words_and_statuses_are_known() {
    let sign =
        |text: &str, status: u16| Sign { texts: vec![text.to_owned()], statuses: vec![status] };
    for (status, words, outcome) in [
        ("200 OK", "Nähä du,  inte idag", Account(Rejected)),
        ("200 OK", "STÄNGT för dig", Account(Locked)),
        ("420 Enhance", "", Account(BotWall)),
        ("403 Forbidden", "", Account(Rejected)),
    ] {
        let body = format!("<p>{words}</p>{FORM}");
        let stub = Stub::answering(move |request| match request.starts_with("POST") {
            true => page(status, &body),
            false => page("200 OK", FORM),
        })
        .await;
        let mut login = stub.login();
        *login.refusals = Refusals {
            rejected: sign("nähä du, inte", 403),
            locked: sign("stängt för dig", 499),
            bot_wall: sign("robot", 420),
        };
        let attempt = attempt(login).await;
        assert_eq!(attempt.outcome, outcome, "{status} {words}: {}", attempt.message);
    }
}

#[tokio::test]
async fn a_first_page_without_the_form_is_never_already_in() {
    for (status, body, outcome) in [
        ("200 OK", "<p>Log out</p>", Down(NoLoginForm)),
        ("200 OK", "", Down(NoLoginForm)),
        (
            "200 OK",
            "<title>Shop</title><div id=app></div><script src=app.js></script>",
            Unable(UnableCause::NeedsRecipe),
        ),
        (
            "200 OK",
            "<noscript>You need to enable JavaScript.</noscript><script src=app.js></script>",
            Unable(UnableCause::NeedsRecipe),
        ),
        ("200 OK", "<p>Database error</p><script src=count.js></script>", Down(NoLoginForm)),
        ("500 Oops", FORM, Down(HttpStatus)),
        ("404 Not Found", FORM, Down(HttpStatus)),
        ("403 Forbidden", "<p>no</p>", Down(HttpStatus)),
    ] {
        let (is, _, message) = first_page(page(status, body)).await;
        assert_eq!(is, outcome, "{status} {body}: {message}");
    }
}

#[tokio::test]
async fn a_one_time_code_needs_a_recipe() {
    let code = "<form method=post><label>One-time code<input name=otp_token \
                autocomplete=one-time-code></label><button>Verify</button></form>Log out";
    let (outcome, message) = answered_with(page("200 OK", code)).await;
    assert_eq!(outcome, Unable(UnableCause::NeedsRecipe), "{message}");
}

#[tokio::test]
async fn a_page_that_submits_itself_or_refreshes_is_left() {
    let stub = Stub::answering(|request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        match path {
            "/in" => page(
                "200 OK",
                "<body onload='document.forms[0].submit()'><form method=post action=/saml>\
                 <input type=hidden name=SAMLResponse value=abc></form>",
            ),
            "/saml" if request.ends_with("SAMLResponse=abc") => {
                page("200 OK", "<meta http-equiv=refresh content='0; url=/home'>")
            }
            "/home" => page("200 OK", "<p>Log out</p>"),
            _ => page("200 OK", FORM),
        }
    })
    .await;
    let attempt = attempt(stub.login()).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
}

#[tokio::test]
async fn pages_that_lead_on_for_ever_are_left_in_the_end() {
    let asked = AtomicUsize::new(0);
    let stub = Stub::answering(move |_| {
        let n = asked.fetch_add(1, Ordering::Relaxed);
        page("200 OK", &format!("<meta http-equiv=refresh content='0; url=/{n}'>"))
    })
    .await;
    let attempt = attempt(stub.login()).await;
    assert_eq!(attempt.outcome, Down(TooManyRedirects), "{}", attempt.message);
}

#[tokio::test]
async fn c10_3_what_a_service_repeats_is_cut_out_of_the_evidence() {
    let echo = "<title>hemligt</title><p>You sent hemligt for demo, hemligt!</p>";
    let stub = Stub::answering(move |request| match request.starts_with("POST") {
        true => with_headers("302 Found", "location: /x?password=hemligt\r\n", ""),
        false if request.starts_with("GET /x") => page("200 OK", echo),
        false => page("200 OK", FORM),
    })
    .await;
    // The search for the password is in `attempt`.
    let attempt = attempt(stub.login()).await;
    assert_eq!(attempt.outcome, Down(NoProof), "{}", attempt.message);
    let evidence = attempt.evidence;
    assert!(evidence.title.is_some() && evidence.excerpt.unwrap().contains("for demo"));
}

#[tokio::test]
async fn c10_3_a_token_is_cut_out_of_the_evidence() {
    let token = "tok-0123456789abcdef";
    let stub = Stub::answering(move |request| match request.starts_with("POST") {
        true => page("200 OK", &format!("{{\"token\":\"{token}\"}}")),
        false => page("500 Oops", &format!("<p>token {token} of demo failed</p>")),
    })
    .await;
    let mut json = Json::new(stub.url("/token"));
    json.body = JsonBody::Form;
    json.token = Some("/token".to_owned());
    json.then = Some(stub.url("/me"));
    let attempt = attempt(login(Kind::Json(Box::new(json)), &stub.authority)).await;
    assert_eq!(attempt.outcome, Down(HttpStatus), "{}", attempt.message);
    let shown = format!("{attempt:?} {}", serde_json::to_string(&attempt).unwrap());
    assert!(!shown.contains(token), "{shown}");
}

#[tokio::test]
async fn a_json_login_is_judged_by_status_and_words() {
    for (status, body, outcome) in [
        ("401 Unauthorized", "{}", Account(Rejected)),
        ("403 Forbidden", "{}", Account(Rejected)),
        ("401 Unauthorized", r#"{"message":"database connection failed"}"#, Down(HttpStatus)),
        ("400 Bad Request", r#"{"error":"invalid_grant"}"#, Account(Rejected)),
        ("400 Bad Request", r#"{"message":"Invalid username or password"}"#, Account(Rejected)),
        ("400 Bad Request", r#"{"message":"no such field"}"#, Down(HttpStatus)),
        ("423 Locked", "{}", Account(Locked)),
        ("429 Slow Down", "{}", Account(BotWall)),
        ("500 Oops", r#"{"error":"invalid_grant"}"#, Down(HttpStatus)),
        ("200 OK", "<p>FATAL</p>", Down(NoToken)),
        ("200 OK", r#"{"token":null}"#, Down(NoToken)),
        ("200 OK", r#"{"token":"t"}"#, Up),
    ] {
        let stub = Stub::answering(move |_| page(status, body)).await;
        let mut json = Json::new(stub.url("/token"));
        json.token = Some("/token".to_owned());
        let mut login = login(Kind::Json(Box::new(json)), &stub.authority);
        login.proof = Vec::new();
        let attempt = attempt(login).await;
        assert_eq!(attempt.outcome, outcome, "{status} {body}: {}", attempt.message);
    }
}

#[tokio::test]
async fn a_basic_login_that_another_scheme_guards_needs_a_recipe() {
    let challenge = "www-authenticate: Negotiate\r\n";
    let stub = Stub::answering(move |_| with_headers("401 No", challenge, "")).await;
    let kind = Kind::Basic(Basic { url: stub.url("/") });
    let attempt = attempt(login(kind, &stub.authority)).await;
    assert_eq!(attempt.outcome, Unable(UnableCause::NeedsRecipe), "{}", attempt.message);
}

#[tokio::test]
async fn the_whole_attempt_has_a_limit_too() {
    let stub = Stub::answering(|_| b"HTTP/1.1 200".to_vec()).await;
    let mut login = stub.login();
    *login.limits = Limits { total: Duration::from_millis(200), ..Limits::default() };
    let attempt = attempt(login).await;
    assert_eq!(attempt.outcome, Down(AttemptTimeout), "{}", attempt.message);
    assert_eq!(attempt.phase, Some(Phase::Processing));
}

#[tokio::test]
async fn addresses_are_fixed_wanted_or_missing_as_configured() {
    let stub = Stub::answering(|request| match request.starts_with("POST") {
        true => page("200 OK", "<p>Log out</p>"),
        false => page("200 OK", FORM),
    })
    .await;
    let mut fixed = stub.login();
    fixed.dial.nameservers = vec![([127, 0, 0, 1], 9).into()];
    fixed.dial.hosts_file = false;
    fixed.dial.resolve_to = Some(IpAddr::from(Ipv4Addr::LOCALHOST));
    fixed.dial.source = Some(IpAddr::from([127, 0, 0, 2]));
    let up = attempt(fixed.clone()).await;
    assert_eq!(up.outcome, Up, "{}", up.message);
    assert_eq!(up.steps[0].phases.get(Phase::Resolve), None);

    fixed.dial.family = Family::V6;
    assert_eq!(attempt(fixed.clone()).await.outcome, Down(NameNoData));

    fixed.dial.family = Family::Any;
    fixed.dial.source = Some(IpAddr::from([192, 0, 2, 1]));
    let own = attempt(fixed).await;
    assert_eq!(own.outcome, Unable(UnableCause::SourceAddress), "{}", own.message);
    assert_eq!(own.phase, Some(Phase::Connect));

    let literal = format!("https://127.0.0.1:{}/login", stub.port).parse().unwrap();
    let literal = login(Kind::Form(Form::new(literal)), &stub.authority);
    assert_eq!(attempt(literal).await.outcome, Up);
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_where_it_is_named() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    // As `openssl req -x509` makes it.
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let site = attempts::Site::start().await;
    site.service
        .present(login_service::Certificate {
            chain: vec![certificate.der().clone()],
            key: key.into(),
        })
        .unwrap();
    let mut login = site.login();
    assert_eq!(attempt(login.clone()).await.outcome, Down(CertificateUnknownIssuer));
    login.dial.tls.roots = Roots::Only(Arc::new(vec![certificate.der().clone()]));
    let trusted = attempt(login).await;
    assert_eq!(trusted.outcome, Up, "{}", trusted.message);
}

#[tokio::test]
async fn an_attempt_that_is_dropped_closes_its_connection() {
    let (seen, mut ends) = tokio::sync::mpsc::channel(4);
    let stub = Stub::talking(move |mut stream| {
        let seen = seen.clone();
        async move {
            while read_request(&mut stream).await.is_some() {
                let _ = seen.send("asked").await;
            }
            let _ = seen.send("ended").await;
        }
    })
    .await;
    let prepared = probe::Prober::new().prepare(stub.login()).unwrap();
    let task = tokio::spawn(async move { prepared.attempt(probe::Account::Main).await });
    assert_eq!(ends.recv().await, Some("asked"));
    task.abort();
    assert_eq!(ends.recv().await, Some("ended"));
}

#[tokio::test]
async fn a_proof_is_found_however_its_characters_are_written() {
    for (headers, body) in [
        ("content-type: text/html; charset=iso-8859-1\r\n", b"<p>F\xf6r dig</p>".to_vec()),
        ("", "<p>F&ouml;r&nbsp;dig</p>".as_bytes().to_vec()),
        ("", "<p>För\n   <b>dig</b></p>".as_bytes().to_vec()),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
        let answer = [head.as_bytes(), &body].concat();
        let stub = Stub::answering(move |request| match request.starts_with("POST") {
            true => answer.clone(),
            false => page("200 OK", FORM),
        })
        .await;
        let mut login = stub.login();
        login.proof = vec![Proof::Text("För dig".to_owned())];
        let attempt = attempt(login).await;
        assert_eq!(attempt.outcome, Up, "{body:?}: {}", attempt.message);
    }
}
