//! A raw client: writes a request by hand, reads what comes until the end.

use std::io;
use std::sync::Arc;

use login_service::{Authority, Certificate, LoginService, Options};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::form_urlencoded;

/// A service with the default options, and a visitor who trusts it.
pub async fn service_and_visitor() -> (LoginService, Visitor) {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |_| {}).await;
    let visitor = Visitor::new(&service, &authority);
    (service, visitor)
}

/// A service with options of its own.
pub async fn start(authority: &Authority, change: impl FnOnce(&mut Options)) -> LoginService {
    let mut options = Options::new(authority.leaf(&["localhost"]).unwrap());
    change(&mut options);
    LoginService::start(options).await.unwrap()
}

pub struct Visitor {
    origin: String,
    port: u16,
    pub cookie: String,
    pub sends_origin: bool,
    tls: ClientConfig,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Visitor {
    pub fn new(service: &LoginService, authority: &Authority) -> Self {
        Self {
            origin: service.url(""),
            port: service.address().port(),
            cookie: String::new(),
            sends_origin: true,
            tls: client_config(authority, None, &[]),
        }
    }

    pub fn with_certificate(mut self, authority: &Authority, certificate: Certificate) -> Self {
        self.tls = client_config(authority, Some(certificate), &[]);
        self
    }

    pub async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        connect(self.tls.clone(), self.port).await
    }

    pub async fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.send(&format!("GET {path}"), "", "").await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> io::Result<Reply> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let head = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.send(&format!("POST {path}"), head, &body).await
    }

    /// Sends a request in HTTP/1.0, whose answer ends with the connection, and keeps the cookie.
    pub async fn send(&mut self, line: &str, head: &str, body: &str) -> io::Result<Reply> {
        let mut stream = self.ask(line, head, body).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        let reply = Reply::parse(&bytes)?;
        if let Some(cookie) = reply.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        }
        Ok(reply)
    }

    /// Sends a request and leaves the answer to be read.
    pub async fn ask(
        &self,
        line: &str,
        head: &str,
        body: &str,
    ) -> io::Result<TlsStream<TcpStream>> {
        let Self { origin, cookie, .. } = self;
        let host = origin.trim_start_matches("https://");
        let origin = if self.sends_origin { format!("Origin: {origin}\r\n") } else { "".into() };
        let length = body.len();
        let mut stream = self.connect().await?;
        let request = format!(
            "{line} HTTP/1.0\r\nHost: {host}\r\nCookie: {cookie}\r\n{origin}{head}\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await?;
        Ok(stream)
    }

    /// Fetches the form and sends it back as a browser would, with this user and password.
    pub async fn sign_in(&mut self, user: &str, password: &str) -> io::Result<Reply> {
        let page = self.get("/login").await?.text();
        let token = between(&page, "name=\"csrf_token\" value=\"", "\"").to_owned();
        self.post("/login", &sign_in_fields(&token, user, password)).await
    }
}

/// What a browser sends from the login form.
pub fn sign_in_fields<'a>(
    token: &'a str,
    user: &'a str,
    password: &'a str,
) -> [(&'a str, &'a str); 6] {
    [
        ("csrf_token", token),
        ("origin_page", "/login?from=start&lang=sv"),
        ("username", user),
        ("password", password),
        ("language", "sv"),
        ("sign_in", "yes"),
    ]
}

/// The text that follows `from`, up to `to`.
pub fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {text:?}"));
    rest.split_once(to).unwrap().0
}

/// A TLS connection to that port, for the name `localhost`.
pub async fn connect(tls: ClientConfig, port: u16) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = "localhost".try_into().unwrap();
    TlsConnector::from(Arc::new(tls)).connect(name, stream).await
}

/// A client's settings: trusts that authority, resumes nothing.
pub fn client_config(
    authority: &Authority,
    certificate: Option<Certificate>,
    alpn: &[&str],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.ca_der()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match certificate {
        None => builder.with_no_client_auth(),
        Some(Certificate { chain, key }) => builder.with_client_auth_cert(chain, key).unwrap(),
    };
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config.resumption = rustls::client::Resumption::disabled();
    config
}

impl Reply {
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { status, head, body: bytes[end + 4..].to_vec() })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
