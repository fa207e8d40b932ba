//! Whole logins against a login service, well and with each of its faults.

mod attempts;

use attempts::{Site, attempt, attempt_as, credentials, short_limits};
use contract::AccountCause::{BotWall, Locked, Rejected};
use contract::DownCause::*;
use contract::Outcome::{self, Account, Down, Unable, Up};
use contract::{DownCause, Phase, UnableCause};
use http::Method;
use login_service::{BackEnd, Fault, Refusal};
use probe::Account as Who;
use probe::settings::{Basic, Family, Form, Http, Identity, Json, Kind, Logout, Proof};
use serde_json::json;

#[tokio::test]
async fn c1_1_a_right_password_and_its_proof_is_up_and_the_session_is_ended() {
    for http in [Http::Http11, Http::Http2, Http::Auto] {
        let site = Site::start().await;
        let mut login = site.login();
        login.dial.http = http;

        let attempt = attempt(login).await;

        assert_eq!(attempt.outcome, Up, "{http:?}: {}", attempt.message);
        assert_eq!(attempt.phase, None);
        let names: Vec<_> = attempt.steps.iter().map(|step| step.name).collect();
        assert_eq!(names, ["page", "sign_in", "redirect", "log_out"]);
        assert_eq!(attempt.requests, 4);
        let counts = site.service.counts();
        assert_eq!((counts.connections, counts.handshakes_full), (1, 1));
        assert_eq!((counts.logins_ok, counts.homes, counts.logouts), (1, 1, 1));
        assert_eq!(counts.sessions_open, 0);
        assert!(attempt.notes.is_empty(), "{:?}", attempt.notes);
    }
}

#[tokio::test]
async fn the_json_of_an_attempt_has_its_steps_phases_and_certificates() {
    let site = Site::start().await;
    let attempt = attempt(site.login()).await;
    let json = serde_json::to_value(&attempt).unwrap();

    assert_eq!(json["outcome"], "up");
    assert_eq!(json["phase"], json!(null));
    assert_eq!(json["cause"], json!(null));
    assert!(json["duration_ms"].as_f64().unwrap() > 0.0);
    let phases = json["steps"][0]["phases_ms"].as_object().unwrap();
    let names: Vec<_> = phases.keys().map(String::as_str).collect();
    assert_eq!(names, ["connect", "processing", "resolve", "tls", "transfer"]);
    assert_eq!(json["steps"][1]["phases_ms"].as_object().unwrap().len(), 2);
    assert_eq!(json["steps"][1]["status"], 303);
    assert_eq!(json["steps"][0]["address"], site.service.address().to_string());
    assert_eq!(json["tls"]["version"], "TLS 1.3");
    assert_eq!(json["tls"]["protocol"], "http/1.1");
    assert_eq!(json["tls"]["chain"][0]["names"], json!(["localhost"]));
    assert_eq!(json["tls"]["not_after"], json["tls"]["chain"][0]["not_after"]);
    assert_eq!(json["tls"]["fault"], json!(null));
    assert_eq!(json["evidence"]["status"], 200);
    assert_eq!(json["evidence"].get("excerpt"), None);
}

#[tokio::test]
async fn c3_5_a_refused_account_is_known_from_what_the_page_says() {
    for refusal in [Refusal::Page, Refusal::Forbidden, Refusal::SameRedirect] {
        let site = Site::with(|options| {
            options.refusal = refusal;
            options.wrong_attempts_max = Some(1);
        })
        .await;
        let mut login = site.login();
        login.account = credentials("demo", "not the password");

        let first = attempt(login.clone()).await;
        assert_eq!(first.outcome, Account(Rejected), "{refusal:?}: {}", first.message);
        assert_eq!(site.service.counts().logins_refused, 1);
        let second = attempt(login).await;
        assert_eq!(second.outcome, Account(Locked), "{refusal:?}: {}", second.message);
    }
}

#[tokio::test]
async fn c3_5_the_second_account_signs_in_when_asked_to() {
    let site = Site::with(|options| {
        options.accounts.push(login_service::Account::new("other", "annat-lösen"));
    })
    .await;
    let mut login = site.login();
    assert_eq!(
        attempt_as(login.clone(), Who::Second).await.outcome,
        Unable(UnableCause::Credential)
    );
    login.account = credentials("demo", "not the password");
    login.second_account = Some(Box::new(credentials("other", "annat-lösen")));
    assert_eq!(attempt_as(login, Who::Second).await.outcome, Up);
}

#[tokio::test]
async fn every_fault_of_the_service_has_its_own_outcome() {
    every_fault_has_its_own_outcome(Http::Http11).await;
}

#[tokio::test]
async fn every_fault_of_the_service_has_the_same_outcome_over_http2() {
    every_fault_has_its_own_outcome(Http::Http2).await;
}

async fn every_fault_has_its_own_outcome(http: Http) {
    let site = Site::start().await;
    let faults: &[(Fault, Outcome, Option<Phase>)] = &[
        (Fault::Refuse, Down(ConnectRefused), Some(Phase::Connect)),
        (Fault::Silent, Down(TlsTimeout), Some(Phase::Tls)),
        (Fault::Reset, Down(TlsClosed), Some(Phase::Tls)),
        (Fault::HangInHandshake, Down(TlsTimeout), Some(Phase::Tls)),
        (Fault::NotTls, Down(TlsProtocol), Some(Phase::Tls)),
        (Fault::NotHttp, Down(HttpProtocol), Some(Phase::Processing)),
        (Fault::HangBeforeFirstByte, Down(Silence), Some(Phase::Processing)),
        (Fault::HangMidBody, Down(TransferTimeout), Some(Phase::Transfer)),
        (Fault::CutBody, Down(TransferClosed), Some(Phase::Transfer)),
        (Fault::DripBody, Down(TransferTimeout), Some(Phase::Transfer)),
        (Fault::EndlessBody, Down(BodyTooLarge), Some(Phase::Transfer)),
        (Fault::GzipBomb, Down(BodyTooLarge), Some(Phase::Transfer)),
        (Fault::RedirectLoop, Down(TooManyRedirects), None),
        (Fault::RedirectToHttp, Down(PlainHttp), None),
        (Fault::Status(503), Down(HttpStatus), None),
        (Fault::Status(404), Down(HttpStatus), None),
        (Fault::NoForm, Down(NoLoginForm), None),
        (Fault::FormToHttp, Down(PlainHttp), None),
        (Fault::ScriptedForm, Unable(UnableCause::NeedsRecipe), None),
        (Fault::RateLimited, Account(BotWall), None),
        (Fault::Captcha, Account(BotWall), None),
        (Fault::BackEnd(BackEnd::Error500), Down(HttpStatus), None),
        (Fault::BackEnd(BackEnd::FormAgain), Down(LoginFormAgain), None),
        (Fault::BackEnd(BackEnd::ErrorPage), Down(NoProof), None),
        (Fault::BackEnd(BackEnd::Hang), Down(Silence), Some(Phase::Processing)),
        (Fault::BackEnd(BackEnd::NoSession), Down(LoginFormAgain), None),
        (Fault::BackEnd(BackEnd::RedirectToHttp), Down(PlainHttp), None),
    ];
    for (fault, outcome, phase) in faults {
        site.service.inject(*fault).await;
        let mut login = site.login();
        login.dial.http = http;
        let is_slow = matches!(outcome, Down(cause) if is_silence(*cause));
        if is_slow {
            login.limits = short_limits().into();
        }
        let attempt = attempt(login).await;
        assert_eq!(attempt.outcome, *outcome, "{fault:?}: {}", attempt.message);
        assert_eq!(attempt.phase, *phase, "{fault:?}: {}", attempt.message);
        let mut evidence = attempt.evidence;
        assert!(evidence.url.take().is_some(), "{fault:?}");
    }
    site.service.heal().await;
    assert_eq!(attempt(site.login()).await.outcome, Up);
}

fn is_silence(cause: DownCause) -> bool {
    matches!(cause, TlsTimeout | Silence | TransferTimeout)
}

#[tokio::test]
async fn c1_5_the_password_is_never_sent_over_plain_http() {
    let site = Site::start().await;
    for fault in [Fault::RedirectToHttp, Fault::FormToHttp, Fault::BackEnd(BackEnd::RedirectToHttp)]
    {
        site.service.inject(fault).await;
        let attempt = attempt(site.login()).await;
        assert_eq!(attempt.outcome, Down(PlainHttp));
        assert!(attempt.steps.iter().all(|step| step.url.starts_with("https://")));
    }
    let form = Form::new("http://localhost/login".parse().unwrap());
    let refused = probe::Prober::new().prepare(site.login_by(Kind::Form(form)));
    assert!(refused.unwrap_err().contains("https"));
}

#[tokio::test]
async fn a_certificate_that_is_not_good_is_named_and_shown() {
    let site = Site::start().await;
    let names = ["localhost"];
    let stranger = login_service::Authority::new().unwrap();
    for (certificate, cause) in [
        (site.authority.expired_leaf(&names), CertificateExpired),
        (site.authority.future_leaf(&names), CertificateNotYetValid),
        (site.authority.leaf(&["other.example"]), CertificateWrongName),
        (stranger.leaf(&names), CertificateUnknownIssuer),
    ] {
        site.service.present(certificate.unwrap()).unwrap();
        let attempt = attempt(site.login()).await;
        assert_eq!(attempt.outcome, Down(cause), "{}", attempt.message);
        assert_eq!(attempt.phase, Some(Phase::Tls));
        let tls = attempt.tls.expect("what was seen is shown");
        assert!(tls.fault.is_some());
        assert_eq!(tls.chain.unwrap().certificates().len(), 1);
    }
    site.service.present(site.authority.leaf_via_intermediate(&names).unwrap()).unwrap();
    let attempt = attempt(site.login()).await;
    assert_eq!(attempt.outcome, Up);
    assert_eq!(attempt.tls.unwrap().chain.unwrap().certificates().len(), 2);
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_wanted() {
    let authority = login_service::Authority::new().unwrap();
    let root = authority.ca_der();
    let mut site = Site::with(|options| options.client_ca = Some(root)).await;
    let without = attempt(site.login()).await;
    assert_eq!(without.outcome, Down(TlsProtocol), "{}", without.message);

    let client = authority.client("probe").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&chain, client.chain_pem()).unwrap();
    std::fs::write(&key, client.key_pem()).unwrap();
    let identity = Identity::from_pem_files(&chain, &key).unwrap();
    let mut login = site.login();
    login.dial.tls.identity = Some(std::sync::Arc::new(identity));
    let with = attempt(login).await;
    assert_eq!(with.outcome, Up, "{}", with.message);
    site.authority = authority;
    let error = Identity::from_pem_files(&chain, &folder.path().join("none")).unwrap_err();
    assert!(error.contains("private key"), "{error}");
}

#[tokio::test]
async fn c1_1_a_proof_that_is_missing_or_was_there_before_is_down() {
    let site = Site::start().await;
    for (proof, outcome) in [
        (Proof::Text("Välkommen tillbaka, herr greve".to_owned()), Down(NoProof)),
        (Proof::Text("<form".to_owned()), Down(NoProof)),
        (Proof::Path("/home".to_owned()), Up),
        (Proof::Path("/elsewhere".to_owned()), Down(NoProof)),
        (Proof::Cookie("session".to_owned()), Up),
        (Proof::Cookie("none".to_owned()), Down(NoProof)),
        (Proof::Form("/logout".to_owned()), Up),
        (Proof::Link("/no-such-link".to_owned()), Down(NoProof)),
    ] {
        let mut login = site.login();
        login.proof = vec![proof.clone()];
        let attempt = attempt(login).await;
        assert_eq!(attempt.outcome, outcome, "{proof:?}: {}", attempt.message);
    }
    let mut login = site.login();
    login.proof = Vec::new();
    assert_eq!(attempt(login).await.outcome, Up, "a way to log out is a proof");
}

#[tokio::test]
async fn the_session_is_ended_by_link_form_or_request_as_configured() {
    for (options_logout, logout, logouts) in [
        (login_service::Logout::Link, Logout::Auto, 1),
        (login_service::Logout::Link, Logout::Link("/logout".to_owned()), 1),
        (login_service::Logout::Form, Logout::Form("/logout".to_owned()), 1),
        (login_service::Logout::Form, Logout::Never, 0),
    ] {
        let site = Site::with(|options| options.logout = options_logout).await;
        let mut login = site.login();
        *login.logout = logout.clone();
        assert_eq!(attempt(login).await.outcome, Up);
        assert_eq!(site.service.counts().logouts, logouts, "{logout:?}");
    }
    let site = Site::start().await;
    let mut login = site.login();
    let url = site.service.url("/no-such-page").parse().unwrap();
    *login.logout = Logout::Request { method: Method::POST, url };
    let attempt = attempt(login).await;
    assert_eq!(attempt.outcome, Up);
    assert!(attempt.notes[0].contains("404"), "{:?}", attempt.notes);
}

#[tokio::test]
async fn a_basic_login_is_refused_first_and_then_let_in() {
    let site = Site::start().await;
    let url = |path: &str| site.service.url(path).parse().unwrap();
    let basic = |path: &str| {
        let mut login = site.login_by(Kind::Basic(Basic { url: url(path) }));
        login.proof = Vec::new();
        login
    };
    let up = attempt(basic("/basic")).await;
    assert_eq!(up.outcome, Up, "{}", up.message);
    let mut wrong = basic("/basic");
    wrong.account = credentials("demo", "not the password");
    assert_eq!(attempt(wrong).await.outcome, Account(Rejected));
    let open = attempt(basic("/search")).await;
    assert_eq!(open.outcome, Down(NoProof), "a page for anybody proves nothing");
    site.service.inject(Fault::Status(500)).await;
    assert_eq!(attempt(basic("/basic")).await.outcome, Down(HttpStatus));
}

#[tokio::test]
async fn a_json_login_takes_a_token_and_shows_it() {
    let site = Site::start().await;
    let json_login = || {
        let mut json = Json::new(site.service.url("/api/token").parse().unwrap());
        json.user_field = "user".to_owned();
        json.token = Some("/auth/token".to_owned());
        json.then = Some(site.service.url("/api/me").parse().unwrap());
        json
    };
    let login = |json: Json| {
        let mut login = site.login_by(Kind::Json(Box::new(json)));
        login.proof =
            vec![Proof::Json { pointer: "/user/name".to_owned(), equals: Some(json!("demo")) }];
        login
    };
    let up = attempt(login(json_login())).await;
    assert_eq!(up.outcome, Up, "{}", up.message);
    let names: Vec<_> = up.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, ["sign_in", "check"]);
    let mut wrong = login(json_login());
    wrong.account = credentials("demo", "not the password");
    assert_eq!(attempt(wrong).await.outcome, Account(Rejected));

    let elsewhere = Json { token: Some("/nothing/here".to_owned()), ..json_login() };
    assert_eq!(attempt(login(elsewhere)).await.outcome, Down(NoToken));

    site.service.inject(Fault::BackEnd(BackEnd::Error500)).await;
    assert_eq!(attempt(login(json_login())).await.outcome, Down(HttpStatus));
}

#[tokio::test]
async fn a_login_over_ipv6_is_a_login_too() {
    let site = Site::with(|options| options.listen = "[::1]:0".parse().unwrap()).await;
    site.service.present(site.authority.leaf(&["::1"]).unwrap()).unwrap();
    let url = format!("https://{}/login", site.service.address()).parse().unwrap();
    let mut login = site.login_by(Kind::Form(Form::new(url)));
    login.dial.family = Family::V6;
    let attempt = attempt(login).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    assert_eq!(attempt.steps[0].address, Some(site.service.address()));
}
