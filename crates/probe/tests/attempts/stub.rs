//! A service written by hand, byte for byte: what no well-behaved server can be made to send.

use std::future::Future;
use std::net::Ipv4Addr;
use std::sync::Arc;

use login_service::Authority;
use probe::settings::{Form, Kind, Login};
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::login;

/// A service that answers the n-th request of a connection by a script of raw bytes.
pub struct Stub {
    pub authority: Authority,
    pub port: u16,
    _accepting: tokio::task::JoinSet<()>,
}

/// Shakes hands as `localhost`, with nothing agreed on beyond TLS.
pub fn acceptor(authority: &Authority) -> TlsAcceptor {
    let certificate = authority.leaf(&["localhost", "127.0.0.1"]).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificate.chain, certificate.key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

impl Stub {
    /// `answer` gets a request's head and body, and gives raw bytes; an empty answer closes.
    pub async fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Stub {
        let answer = Arc::new(answer);
        Stub::talking(move |mut stream| {
            let answer = Arc::clone(&answer);
            async move {
                while let Some(request) = read_request(&mut stream).await {
                    let bytes = answer(&request);
                    if bytes.is_empty() || stream.write_all(&bytes).await.is_err() {
                        break;
                    }
                    let head = String::from_utf8_lossy(&bytes).to_lowercase();
                    if head.contains("connection: close") {
                        break;
                    }
                }
                // Without a farewell: the connection just ends, as many services end it.
            }
        })
        .await
    }

    pub async fn talking<F: Future<Output = ()> + Send + 'static>(
        talk: impl Fn(TlsStream<TcpStream>) -> F + Send + Sync + 'static,
    ) -> Stub {
        let authority = Authority::new().unwrap();
        let acceptor = acceptor(&authority);
        let talk = Arc::new(talk);
        Stub::serving(authority, move |tcp| {
            let (acceptor, talk) = (acceptor.clone(), Arc::clone(&talk));
            async move {
                if let Ok(stream) = acceptor.accept(tcp).await {
                    talk(stream).await;
                }
            }
        })
        .await
    }

    /// The same without TLS.
    pub async fn in_clear<F: Future<Output = ()> + Send + 'static>(
        talk: impl Fn(TcpStream) -> F + Send + Sync + 'static,
    ) -> Stub {
        Stub::serving(Authority::new().unwrap(), talk).await
    }

    async fn serving<F: Future<Output = ()> + Send + 'static>(
        authority: Authority,
        talk: impl Fn(TcpStream) -> F + Send + Sync + 'static,
    ) -> Stub {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut accepting = tokio::task::JoinSet::new();
        accepting.spawn(async move {
            let mut talks = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                talks.spawn(talk(tcp));
            }
        });
        Stub { authority, port, _accepting: accepting }
    }

    pub fn url(&self, path: &str) -> url::Url {
        format!("https://localhost:{}{path}", self.port).parse().unwrap()
    }

    pub fn login(&self) -> Login {
        login(Kind::Form(Form::new(self.url("/login"))), &self.authority)
    }
}

/// A request's head and body; none once the client has gone.
pub async fn read_request(stream: &mut TlsStream<TcpStream>) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
        }
    }
}
