//! Logins with a one-time code (RFC 6238) after the password, or beside it.

mod attempts;

use attempts::{PASSWORD, Site, USER, attempt, credentials};
use contract::AccountCause::Rejected;
use contract::DownCause::{HttpStatus, LoginFormAgain, NoProof, Silence};
use contract::Outcome::{Account, Down, Unable, Up};
use contract::{Outcome, UnableCause};
use login_service::{BackEnd, Codes, Fault};
use probe::settings::{Credentials, Json, Kind, Login, Proof, Totp};
use probe::{Account as Who, Prober};

/// A secret whose codes hold for a second, so that nobody waits long for the next one.
const SECRET: &str = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=1";
const KEY: &[u8] = b"12345678901234567890";

async fn site() -> Site {
    Site::with(|options| {
        let codes = Codes { key: KEY.to_vec(), period_ms: 1000 };
        options.accounts = vec![login_service::Account::new(USER, PASSWORD).with_codes(codes)];
    })
    .await
}

fn account(secret: &str) -> Credentials {
    Credentials { totp: Some(Totp::parse(secret).unwrap()), ..credentials(USER, PASSWORD) }
}

fn login(site: &Site) -> Login {
    Login { account: account(SECRET), ..site.login() }
}

#[tokio::test]
async fn a_code_on_a_page_of_its_own_is_sent_by_the_default_button() {
    let site = site().await;
    let attempt = attempt(login(&site)).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    let names: Vec<_> = attempt.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, ["page", "sign_in", "code", "redirect", "log_out"]);
    assert_eq!(site.service.counts().sessions_open, 0);
}

#[tokio::test]
async fn without_a_secret_a_code_needs_a_recipe() {
    let site = site().await;
    let attempt = attempt(site.login()).await;
    assert_eq!(attempt.outcome, Unable(UnableCause::NeedsRecipe), "{}", attempt.message);
    assert!(attempt.message.contains("`totp`"), "{}", attempt.message);
}

#[tokio::test]
async fn no_two_logins_with_one_secret_send_the_same_code() {
    let site = site().await;
    let prober = Prober::new();
    let one = prober.prepare(login(&site)).unwrap();
    let other = prober.prepare(login(&site)).unwrap();
    let (first, second, third) =
        tokio::join!(one.attempt(Who::Main), other.attempt(Who::Main), one.attempt(Who::Main));
    for attempt in [first, second, third] {
        assert_eq!(attempt.outcome, Up, "{}", attempt.message);
    }
    assert_eq!(site.service.counts().codes_refused, 0);
}

#[tokio::test]
async fn a_wait_that_does_not_fit_is_never_downtime() {
    let site = site().await;
    let mut login = login(&site);
    // The probe began within the step of 600 s, and its code may have been used.
    login.account = account(&SECRET.replace("period=1", "period=600"));
    let attempt = attempt(login).await;
    assert_eq!(attempt.outcome, Unable(UnableCause::OneTimeCode), "{}", attempt.message);
}

#[tokio::test]
async fn c3_5_a_refused_code_is_the_accounts_or_the_probes_fault() {
    let site = site().await;
    let mut login = login(&site);
    login.account = account("otpauth://totp/x?secret=MZXW6YTBOI&period=1");
    let attempt = attempt(login).await;
    assert_eq!(attempt.outcome, Account(Rejected), "{}", attempt.message);
    assert!(attempt.message.contains("clock"), "{}", attempt.message);
    assert_eq!(site.service.counts().codes_refused, 1);
}

#[tokio::test]
async fn c3_4_a_back_end_that_breaks_behind_the_code_is_down() {
    let site = site().await;
    let faults: &[(BackEnd, Outcome)] = &[
        (BackEnd::Error500, Down(HttpStatus)),
        (BackEnd::ErrorPage, Down(NoProof)),
        (BackEnd::Hang, Down(Silence)),
        (BackEnd::NoSession, Down(LoginFormAgain)),
        // The code's form again, and not a word why: the probe's clock could be to blame.
        (BackEnd::FormAgain, Account(Rejected)),
    ];
    for (fault, outcome) in faults {
        site.service.inject(Fault::CodeBackEnd(*fault)).await;
        let mut login = login(&site);
        login.limits.processing = std::time::Duration::from_millis(300);
        let attempt = attempt(login).await;
        assert_eq!(attempt.outcome, *outcome, "{fault:?}: {}", attempt.message);
    }
}

#[tokio::test]
async fn a_call_takes_the_code_beside_the_password() {
    let site = site().await;
    let mut json = Json::new(site.service.url("/api/token").parse().unwrap());
    json.user_field = "user".to_owned();
    json.code_field = Some("code".to_owned());
    json.token = Some("/auth/token".to_owned());
    json.then = Some(site.service.url("/api/me").parse().unwrap());
    let mut login = site.login_by(Kind::Json(Box::new(json)));
    login.account = account(SECRET);
    login.proof = vec![Proof::Json { pointer: "/user/name".to_owned(), equals: None }];
    let attempt = attempt(login).await;
    assert_eq!(attempt.outcome, Up, "{}", attempt.message);
}
