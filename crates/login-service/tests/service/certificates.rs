//! Certificates: the good ones, and each kind of bad one.

use login_service::{Authority, Certificate};
use rustls::{CertificateError, Error, HandshakeKind, ProtocolVersion};

use crate::visitor::{Visitor, client_config, connect, start};

#[tokio::test]
async fn each_certificate_fault_is_what_it_says() {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let service = start(&authority, |_| {}).await;
    let visitor = Visitor::new(&service, &authority);
    visitor.connect().await.unwrap();

    let localhost = ["localhost"];
    let incomplete = authority.leaf_via_intermediate(&localhost).unwrap();
    let incomplete =
        Certificate { chain: incomplete.chain[..1].to_vec(), key: incomplete.key.clone_key() };
    for (certificate, expected) in [
        (authority.expired_leaf(&localhost), "expired"),
        (authority.future_leaf(&localhost), "not valid yet"),
        (authority.leaf(&["other.test"]), "not valid for name"),
        (stranger.leaf(&localhost), "UnknownIssuer"),
        (Ok(incomplete), "UnknownIssuer"),
    ] {
        service.present(certificate.unwrap()).unwrap();
        let error = visitor.connect().await.unwrap_err();
        let Some(Error::InvalidCertificate(fault)) =
            error.get_ref().and_then(|error| error.downcast_ref())
        else {
            panic!("{error}")
        };
        assert!(describes(fault, expected), "{fault:?} is not {expected:?}");
    }

    service.present(authority.leaf_via_intermediate(&localhost).unwrap()).unwrap();
    let stream = visitor.connect().await.unwrap();
    assert_eq!(stream.get_ref().1.peer_certificates().map(<[_]>::len), Some(2));
    service.present(authority.leaf_ending_in(&localhost, 3).unwrap()).unwrap();
    visitor.connect().await.unwrap();
}

fn describes(fault: &CertificateError, expected: &str) -> bool {
    use CertificateError as E;
    match fault {
        E::Expired | E::ExpiredContext { .. } => expected == "expired",
        E::NotValidYet | E::NotValidYetContext { .. } => expected == "not valid yet",
        E::NotValidForName | E::NotValidForNameContext { .. } => expected == "not valid for name",
        E::UnknownIssuer => expected == "UnknownIssuer",
        _ => false,
    }
}

#[tokio::test]
async fn a_client_certificate_can_be_demanded() {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |options| options.client_ca = Some(authority.ca_der())).await;
    let mut stranger = Visitor::new(&service, &authority);
    assert!(stranger.get("/login").await.is_err());
    let certificate = authority.client("probe").unwrap();
    let mut known = Visitor::new(&service, &authority).with_certificate(&authority, certificate);
    assert_eq!(known.get("/login").await.unwrap().status, 200);
}

#[tokio::test]
async fn tls_1_3_can_be_left_out() {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |options| options.tls13 = false).await;
    let stream = Visitor::new(&service, &authority).connect().await.unwrap();
    assert_eq!(stream.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_2));
}

#[tokio::test]
async fn resumed_handshakes_are_counted_apart() {
    use tokio::io::AsyncReadExt;
    let authority = Authority::new().unwrap();
    let service = start(&authority, |options| options.tls13 = false).await;
    let mut tls = client_config(&authority, None, &[]);
    tls.resumption = rustls::client::Resumption::in_memory_sessions(1);
    let port = service.address().port();
    connect(tls.clone(), port).await.unwrap();
    let mut stream = connect(tls, port).await.unwrap();
    assert_eq!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed));
    // The service has counted once it answers.
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    stream.read_u8().await.unwrap();
    let counts = service.counts();
    assert_eq!((counts.handshakes_full, counts.handshakes_resumed), (1, 1));
}

#[test]
fn chain_and_key_are_written_as_pem() {
    let authority = Authority::new().unwrap();
    let certificate = authority.leaf_via_intermediate(&["localhost", "127.0.0.1"]).unwrap();
    use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let read: Vec<_> = CertificateDer::pem_slice_iter(certificate.chain_pem().as_bytes())
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(read, certificate.chain);
    let key = PrivateKeyDer::from_pem_slice(certificate.key_pem().as_bytes()).unwrap();
    assert_eq!(key.secret_der(), certificate.key.secret_der());
    assert!(authority.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(authority.leaf(&["not a\u{e5} name"]).is_err());
}
