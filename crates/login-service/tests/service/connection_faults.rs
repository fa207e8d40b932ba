//! Faults below HTTP.

use std::io::ErrorKind;

use login_service::{Fault, LoginService};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::visitor::service_and_visitor;

#[tokio::test]
async fn refuse_closes_the_port_and_heal_opens_the_same_one() {
    let (service, mut visitor) = service_and_visitor().await;
    let mut open = visitor.connect().await.unwrap();
    for _ in 0..3 {
        service.inject(Fault::Refuse).await;
        let refused = TcpStream::connect(service.address()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        service.heal().await;
        assert_eq!(visitor.get("/login").await.unwrap().status, 200);
    }
    assert!(matches!(open.read(&mut [0]).await, Ok(0) | Err(_)), "open connections end too");
}

#[tokio::test]
async fn silence_lasts_until_it_is_healed() {
    let (service, mut visitor) = service_and_visitor().await;
    for fault in [Fault::Silent, Fault::HangInHandshake] {
        service.inject(fault).await;
        let (reply, ()) = tokio::join!(visitor.get("/login"), heal_after_a_connection(&service));
        assert!(reply.is_err(), "{fault:?}");
        assert_eq!(visitor.get("/login").await.unwrap().status, 200);
    }
}

/// Heals once the service has accepted one connection more.
async fn heal_after_a_connection(service: &LoginService) {
    let before = service.counts().connections;
    while service.counts().connections == before {
        tokio::task::yield_now().await;
    }
    service.heal().await;
}

#[tokio::test]
async fn reset_is_a_reset() {
    let (service, visitor) = service_and_visitor().await;
    service.inject(Fault::Reset).await;
    let error = visitor.connect().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
}

#[tokio::test]
async fn plain_text_is_no_handshake() {
    let (service, visitor) = service_and_visitor().await;
    service.inject(Fault::NotTls).await;
    let error = visitor.connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
}

#[tokio::test]
async fn garbage_is_no_http() {
    let (service, mut visitor) = service_and_visitor().await;
    service.inject(Fault::NotHttp).await;
    let error = visitor.get("/login").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
}

#[tokio::test]
async fn a_handshake_that_breaks_off_is_counted() {
    let (service, mut visitor) = service_and_visitor().await;
    drop(TcpStream::connect(service.address()).await.unwrap());
    while service.counts().handshakes_failed == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(visitor.get("/login").await.unwrap().status, 200);
    assert_eq!(service.counts().handshakes_full, 1);
}
