//! Faults of pages and of the back end behind them.

use std::io::Read;

use flate2::read::GzDecoder;
use login_service::{BackEnd, Fault, LoginService};
use tokio::io::AsyncReadExt;

use crate::visitor::{Visitor, service_and_visitor};

const BACK_ENDS: [BackEnd; 6] = [
    BackEnd::Error500,
    BackEnd::FormAgain,
    BackEnd::ErrorPage,
    BackEnd::Hang,
    BackEnd::NoSession,
    BackEnd::RedirectToHttp,
];

#[tokio::test]
async fn a_broken_back_end_leaves_the_page_as_it_was() {
    let (service, mut visitor) = service_and_visitor().await;
    for back_end in BACK_ENDS {
        service.inject(Fault::BackEnd(back_end)).await;
        let page = visitor.get("/login").await.unwrap();
        assert_eq!(page.status, 200, "{back_end:?}");
        assert!(page.text().contains("name=\"password\""), "{back_end:?}");
    }
}

#[tokio::test]
async fn a_broken_back_end_signs_nobody_in() {
    let (service, mut visitor) = service_and_visitor().await;
    let port = service.address().port();
    let plain = format!("http://localhost:{port}/login");
    for (back_end, status, location, text) in [
        (BackEnd::Error500, 500, None, "Internal server error"),
        (BackEnd::FormAgain, 200, None, "name=\"password\""),
        (BackEnd::ErrorPage, 200, None, "database unavailable"),
        (BackEnd::NoSession, 303, Some("/home"), ""),
        (BackEnd::RedirectToHttp, 307, Some(plain.as_str()), ""),
    ] {
        service.inject(Fault::BackEnd(back_end)).await;
        let reply = visitor.sign_in("demo", "hemligt").await.unwrap();
        assert_eq!((reply.status, reply.header("location")), (status, location), "{back_end:?}");
        let page = reply.text();
        assert!(page.contains(text), "{back_end:?}: {page}");
        assert!(!page.contains("Wrong"), "{back_end:?} says nothing of the password");
    }
    let counts = service.counts();
    assert_eq!((counts.logins_ok, counts.sessions_open), (0, 0));
    service.heal().await;
    assert_eq!(visitor.sign_in("demo", "hemligt").await.unwrap().status, 303);
}

#[tokio::test]
async fn a_hanging_back_end_answers_when_it_is_healed() {
    let (service, mut visitor) = service_and_visitor().await;
    service.inject(Fault::BackEnd(BackEnd::Hang)).await;
    let reply = healed_during(&service, 2, visitor.sign_in("demo", "hemligt")).await;
    assert_eq!(reply.unwrap().status, 504);
}

#[tokio::test]
async fn a_page_that_hangs_answers_when_it_is_healed() {
    let (service, mut visitor) = service_and_visitor().await;
    service.inject(Fault::HangBeforeFirstByte).await;
    let reply = healed_during(&service, 1, visitor.get("/login")).await;
    assert_eq!(reply.unwrap().status, 200);
}

/// Runs an exchange, and heals the service once it has seen so many handshakes.
async fn healed_during<T>(
    service: &LoginService,
    handshakes: u64,
    exchange: impl Future<Output = T>,
) -> T {
    let heal = async {
        while service.counts().handshakes_full < handshakes {
            tokio::task::yield_now().await;
        }
        service.heal().await;
    };
    tokio::join!(exchange, heal).0
}

#[tokio::test]
async fn a_page_that_stops_in_the_middle_has_a_beginning_and_no_end() {
    let (service, visitor) = service_and_visitor().await;
    service.inject(Fault::HangMidBody).await;
    let mut stream = visitor.ask("GET /login", "", "").await.unwrap();
    let mut page = Vec::new();
    while !String::from_utf8_lossy(&page).contains("<h1>") {
        assert_ne!(stream.read_buf(&mut page).await.unwrap(), 0, "the connection stays open");
    }
    assert!(!String::from_utf8_lossy(&page).contains("</html>"));

    service.inject(Fault::CutBody).await;
    let mut stream = visitor.ask("GET /login", "", "").await.unwrap();
    let mut page = Vec::new();
    // With or without TLS' own farewell.
    let _ = stream.read_to_end(&mut page).await;
    let page = String::from_utf8_lossy(&page);
    assert!(page.contains("<h1>") && !page.contains("</html>"), "{page}");
}

#[tokio::test]
async fn a_page_can_drip() {
    let (service, visitor) = service_and_visitor().await;
    service.inject(Fault::DripBody).await;
    let mut stream = visitor.ask("GET /login", "", "").await.unwrap();
    let mut page = Vec::with_capacity(4096);
    while !page.ends_with(b"<!D") {
        let before = page.len();
        stream.read_buf(&mut page).await.unwrap();
        assert!(before == 0 || page.len() == before + 1, "after the head, a byte at a time");
    }
}

#[tokio::test]
async fn bodies_can_be_too_much() {
    const TASTE: usize = 1024 * 1024;
    let (service, visitor) = service_and_visitor().await;
    service.inject(Fault::EndlessBody).await;
    assert_eq!(taste(&visitor, TASTE).await.len(), TASTE);

    service.inject(Fault::GzipBomb).await;
    let answer = taste(&visitor, TASTE / 8).await;
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let mut unpacked = [0; 64 * 1024];
    let mut decoder = GzDecoder::new(&answer[body..]);
    let mut total = 0;
    while total < 50 * TASTE {
        let read = decoder.read(&mut unpacked).unwrap();
        assert_ne!(read, 0);
        total += read;
    }
}

/// The first bytes of the login page.
async fn taste(visitor: &Visitor, bytes: usize) -> Vec<u8> {
    let mut stream = visitor.ask("GET /login", "", "").await.unwrap();
    let mut answer = vec![0; bytes];
    stream.read_exact(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn pages_can_lead_astray() {
    let (service, mut visitor) = service_and_visitor().await;
    let plain = format!("http://localhost:{}/login", service.address().port());

    service.inject(Fault::RedirectLoop).await;
    assert_eq!(visitor.get("/login").await.unwrap().header("location"), Some("/login"));
    service.inject(Fault::RedirectToHttp).await;
    assert_eq!(visitor.get("/login").await.unwrap().header("location"), Some(plain.as_str()));
    service.inject(Fault::FormToHttp).await;
    let page = visitor.get("/login").await.unwrap().text();
    assert!(page.contains(&format!("action=\"{plain}\"")), "{page}");
    service.inject(Fault::ScriptedForm).await;
    let page = visitor.get("/login").await.unwrap().text();
    assert!(page.contains("type=\"password\"") && !page.contains("name=\"password\""));
    service.inject(Fault::NoForm).await;
    let page = visitor.get("/login").await.unwrap();
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("<form"));
}

#[tokio::test]
async fn pages_can_be_withheld() {
    let (service, mut visitor) = service_and_visitor().await;
    service.inject(Fault::Status(503)).await;
    assert_eq!(visitor.get("/login").await.unwrap().status, 503);
    service.inject(Fault::RateLimited).await;
    let reply = visitor.get("/login").await.unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("600")));
    service.inject(Fault::Captcha).await;
    let reply = visitor.get("/login").await.unwrap();
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("captcha"));
}
