//! Mail to a real server.

use std::sync::Arc;

use contract::NoticeKind;
use login_service::Authority;
use mail_service::{Certificate, MailFault, MailOptions, MailServer};
use notices::mail::Mailer;
use notices::settings::{Account, Mail, MailTls};
use notices::{Lang, Message, Trouble};

use crate::facts::{at, message};

const PASSWORD: &str = "tratt-7-Lykta-mn";

/// A server behind a certificate of `authority`.
fn server(authority: &Authority, encrypts_at_once: bool) -> MailServer {
    let leaf = authority.leaf(&["localhost"]).unwrap();
    let certificate = Some(Certificate { chain: leaf.chain, key: leaf.key });
    let account = Some(("upptid".to_owned(), PASSWORD.to_owned()));
    MailServer::start(MailOptions { certificate, encrypts_at_once, account, port: 0 }).unwrap()
}

fn settings(authority: &Authority, port: u16, tls: MailTls) -> Mail {
    Mail {
        host: "localhost".to_owned(),
        port,
        tls,
        account: Some(Account { user: "upptid".to_owned(), password: PASSWORD.into() }),
        from: "upptid@provider.example".to_owned(),
        roots: Some(Arc::new(vec![authority.ca_der()])),
        group_ms: 0,
        rate_max: 10,
    }
}

fn opened() -> Message {
    message(NoticeKind::IncidentOpened, "anna", Lang::Sv)
}

async fn send(mailer: &mut Mailer, message: &Message) -> Result<(), Trouble> {
    mailer.send(message, "anna", "anna@customer.example", at("12:02:00")).await
}

#[tokio::test]
async fn c9_5_a_letter_goes_over_starttls_and_over_tls_after_a_login() {
    let authority = Authority::new().unwrap();
    for (tls, at_once) in [(MailTls::StartTls, false), (MailTls::Tls, true)] {
        let server = server(&authority, at_once);
        let mut mailer = Mailer::new(&settings(&authority, server.port(), tls)).unwrap();
        send(&mut mailer, &opened()).await.unwrap();
        send(&mut mailer, &message(NoticeKind::IncidentClosed, "anna", Lang::Sv)).await.unwrap();
        mailer.close().await;
        assert_eq!(server.connections(), 1, "letters share a connection");
        let [first, second] = &server.mails()[..] else { panic!("two mails") };
        assert!(first.was_encrypted);
        assert_eq!(first.user.as_deref(), Some("upptid"));
        assert_eq!(first.from, "upptid@provider.example");
        assert_eq!(first.to, "anna@customer.example");
        assert_eq!(first.header("date"), "Thu, 05 Nov 2026 12:02:00 +0000");
        assert_eq!(first.header("auto-submitted"), "auto-generated");
        assert!(first.header("message-id").ends_with("@provider.example>"));
        assert_ne!(first.header("message-id"), second.header("message-id"));
        assert_eq!(first.header("references"), second.header("references"));
        assert_eq!(first.header("in-reply-to"), "");
        assert!(second.header("references").contains(&second.header("in-reply-to")));
        let text = first.readable();
        for words in ["Störning: intranet och portal", "Det går inte att logga in", "<html"] {
            assert!(text.contains(words), "{words}\n---\n{text}");
        }
    }
}

#[tokio::test]
async fn c9_5_the_same_letter_sent_twice_is_the_same() {
    let authority = Authority::new().unwrap();
    let server = server(&authority, false);
    let settings = settings(&authority, server.port(), MailTls::StartTls);
    // The server keeps it, and the word that it did is lost.
    server.inject(MailFault::TakesAndDrops);
    let lost = send(&mut Mailer::new(&settings).unwrap(), &opened()).await;
    assert!(matches!(lost, Err(Trouble::Way(_))), "{lost:?}");
    server.inject(MailFault::None);
    send(&mut Mailer::new(&settings).unwrap(), &opened()).await.unwrap();
    let [first, second] = &server.mails()[..] else { panic!("two mails") };
    assert_eq!(first, second);
}

#[tokio::test]
async fn what_is_refused_and_what_is_put_off_and_what_is_closed_are_told_apart() {
    let authority = Authority::new().unwrap();
    let server = server(&authority, false);
    let settings = settings(&authority, server.port(), MailTls::StartTls);
    let mut mailer = Mailer::new(&settings).unwrap();
    server.refuse("anna@customer.example", 550);
    let Err(Trouble::Refused(why)) = send(&mut mailer, &opened()).await else { panic!() };
    assert!(why.contains("recipient address rejected") && why.contains("<anna>"), "{why}");
    assert!(!why.contains("customer.example"), "{why}");
    // The others go on over a new connection.
    mailer.send(&opened(), "bo", "bo@customer.example", at("12:02:00")).await.unwrap();
    server.refuse("anna@customer.example", 0);
    for (fault, is_way) in [
        (MailFault::PutsOff, false),
        (MailFault::Unavailable, true),
        (MailFault::DropsInData, true),
        (MailFault::TakesAndDrops, true),
    ] {
        mailer.close().await;
        server.inject(fault);
        let failed = send(&mut mailer, &opened()).await.unwrap_err();
        assert_eq!(matches!(failed, Trouble::Way(_)), is_way, "{fault:?}: {failed:?}");
        assert_eq!(matches!(failed, Trouble::Later(_)), !is_way, "{fault:?}: {failed:?}");
    }
    server.inject(MailFault::None);
    send(&mut mailer, &opened()).await.unwrap();
}

#[tokio::test]
async fn nothing_is_sent_where_it_could_be_read_on_the_way() {
    let authority = Authority::new().unwrap();
    let other = Authority::new().unwrap();
    let bare = MailServer::start(MailOptions::default()).unwrap();
    let encrypting = server(&authority, false);
    for settings in [
        // It does not offer STARTTLS; its certificate leads elsewhere.
        settings(&authority, bare.port(), MailTls::StartTls),
        settings(&other, encrypting.port(), MailTls::StartTls),
    ] {
        let failed = send(&mut Mailer::new(&settings).unwrap(), &opened()).await;
        assert!(matches!(&failed, Err(Trouble::Way(why)) if why.contains("encrypt")), "{failed:?}");
    }
    assert_eq!(bare.mails().len() + encrypting.mails().len(), 0);
}

#[tokio::test]
async fn c10_3_a_password_is_not_shown_even_when_a_server_tells_it() {
    let authority = Authority::new().unwrap();
    let server = server(&authority, false);
    server.inject(MailFault::Tells);
    let wrong = "fel-4-Koppar-zx";
    let account = Some(Account { user: "upptid".to_owned(), password: wrong.into() });
    let settings = Mail { account, ..settings(&authority, server.port(), MailTls::StartTls) };
    let failed = send(&mut Mailer::new(&settings).unwrap(), &opened()).await.unwrap_err();
    let shown = format!("{failed} {failed:?} {settings:?}");
    assert!(shown.contains("cannot log in to localhost"), "{shown}");
    assert!(shown.contains("<password> that is <password>"), "{shown}");
    for secret in [wrong, "ZmVsLTQtS29wcGFyLXp4", "AHVwcHRpZABmZWwtNC1Lb3BwYXItenj"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
