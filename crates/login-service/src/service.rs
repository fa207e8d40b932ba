//! The listener, its connections, and the handle that tests and the demo hold.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use rustls::{HandshakeKind, RootCertStore, ServerConfig};
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::site::Site;
use crate::{Certificate, Counts, Fault, Options};

const BACKLOG: u32 = 1024;
const CONNECTIONS_MAX: usize = 1024;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// After an error of the listener's own, such as no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running login service. It ends, with its connections, when this is dropped.
pub struct LoginService {
    address: SocketAddr,
    tls: Tls,
    site: Arc<Site>,
    switch: mpsc::Sender<Switch>,
    _accepting: JoinSet<()>,
}

/// A change of fault, and who waits for it to be in force.
struct Switch {
    fault: Fault,
    in_force: oneshot::Sender<()>,
}

impl LoginService {
    /// Listens and serves; must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the address is taken, or key and certificate do not fit.
    pub async fn start(options: Options) -> io::Result<Self> {
        let tls = Tls::new(&options)?;
        let port = ReservedPort::new(options.listen)?;
        let listener = port.listen()?;
        let address = port.address;
        let (faults, seen_by_site) = watch::channel(Fault::None);
        let (switch, switches) = mpsc::channel(1);
        let site = Arc::new(Site::new(&options, seen_by_site));
        let door = Door { port, tls: tls.clone(), site: Arc::clone(&site), faults };
        let mut accepting = JoinSet::new();
        accepting.spawn(door.keep(listener, switches));
        Ok(Self { address, tls, site, switch, _accepting: accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `https://localhost:PORT` and the path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// Switches the fault; returns once it is in force for each connection and request to come.
    pub async fn inject(&self, fault: Fault) {
        let (in_force, done) = oneshot::channel();
        if self.switch.send(Switch { fault, in_force }).await.is_ok() {
            let _ = done.await;
        }
    }

    /// No fault any more, the port open again.
    pub async fn heal(&self) {
        self.inject(Fault::None).await;
    }

    /// Shows another certificate from the next handshake on: expired, of another name, of an
    /// authority that nobody trusts.
    ///
    /// # Errors
    /// When key and certificate do not fit.
    pub fn present(&self, certificate: Certificate) -> io::Result<()> {
        self.tls.present(certificate)
    }

    /// What was served so far.
    pub fn counts(&self) -> Counts {
        self.site.register().snapshot()
    }

    /// Forgets an account's wrong attempts.
    pub fn unlock(&self, user: &str) {
        self.site.register().unlock(user);
    }
}

/// A port that stays ours while nothing listens on it: nobody else gets it, and connections to it
/// are refused.
struct ReservedPort {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl ReservedPort {
    fn new(wanted: SocketAddr) -> io::Result<Self> {
        let socket = bound(wanted)?;
        Ok(Self { address: socket.local_addr()?, _socket: socket })
    }

    fn listen(&self) -> io::Result<TcpListener> {
        bound(self.address)?.listen(BACKLOG)
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Two sockets may hold a port while at most one of them listens.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// The handshake's settings, the same for each connection but for the certificate.
#[derive(Clone)]
struct Tls {
    client_ca: Option<CertificateDer<'static>>,
    http2: bool,
    tls13: bool,
    current: Arc<Mutex<Arc<ServerConfig>>>,
}

impl Tls {
    fn new(options: &Options) -> io::Result<Self> {
        let (client_ca, http2, tls13) = (options.client_ca.clone(), options.http2, options.tls13);
        let config = server_config(client_ca.as_ref(), http2, tls13, options.certificate.clone())?;
        Ok(Self { client_ca, http2, tls13, current: Arc::new(Mutex::new(config)) })
    }

    fn present(&self, certificate: Certificate) -> io::Result<()> {
        let config = server_config(self.client_ca.as_ref(), self.http2, self.tls13, certificate)?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

fn server_config(
    client_ca: Option<&CertificateDer<'static>>,
    http2: bool,
    tls13: bool,
    certificate: Certificate,
) -> io::Result<Arc<ServerConfig>> {
    let provider = Arc::new(ring::default_provider());
    let versions: &[_] = if tls13 { rustls::ALL_VERSIONS } else { &[&rustls::version::TLS12] };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(io::Error::other)?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(root.clone()).map_err(io::Error::other)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(io::Error::other)?)
        }
    };
    let Certificate { chain, key } = certificate;
    let mut config = builder.with_single_cert(chain, key).map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".into()];
    if http2 {
        config.alpn_protocols.insert(0, b"h2".into());
    }
    Ok(Arc::new(config))
}

/// Accepts connections, or refuses them.
struct Door {
    port: ReservedPort,
    tls: Tls,
    site: Arc<Site>,
    faults: watch::Sender<Fault>,
}

impl Door {
    async fn keep(self, listener: TcpListener, mut switches: mpsc::Receiver<Switch>) {
        let mut listener = Some(listener);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                Some(Switch { fault, in_force }) = switches.recv() => {
                    self.faults.send_replace(fault);
                    if fault == Fault::Refuse {
                        listener = None;
                        connections.shutdown().await;
                    } else if listener.is_none() {
                        listener = Some(self.listen_again().await);
                    }
                    // Whoever asked may have gone away.
                    let _ = in_force.send(());
                }
                Some(_) = connections.join_next() => {}
                stream = accept(listener.as_ref()), if connections.len() < CONNECTIONS_MAX => {
                    self.site.register().counts.connections += 1;
                    let site = Arc::clone(&self.site);
                    connections.spawn(serve(stream, self.tls.acceptor(), site, self.faults.subscribe()));
                }
            }
        }
    }

    /// The port is reserved, so that only a lack of descriptors can be in the way.
    async fn listen_again(&self) -> TcpListener {
        loop {
            match self.port.listen() {
                Ok(listener) => return listener,
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// One connection from its first byte to its last. Its errors are the client's to see.
async fn serve(
    mut stream: TcpStream,
    tls: TlsAcceptor,
    site: Arc<Site>,
    mut faults: watch::Receiver<Fault>,
) {
    const RECORD_BEGINNING: &[u8] = &[0x16, 0x03, 0x03, 0x00, 0x7a, 0x02];
    let _ = stream.set_nodelay(true);
    let fault = *faults.borrow_and_update();
    match fault {
        Fault::Silent => return held(faults).await,
        Fault::Reset => {
            let _ = stream.set_zero_linger();
            return;
        }
        Fault::HangInHandshake => {
            let _ = stream.write_all(RECORD_BEGINNING).await;
            return held(faults).await;
        }
        Fault::NotTls => {
            return say(&mut stream, b"220 mail.example ESMTP ready\r\n").await;
        }
        _ => {}
    }
    let handshake = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await;
    let Some(mut stream) = handshake.ok().and_then(Result::ok) else {
        site.register().counts.handshakes_failed += 1;
        return;
    };
    match stream.get_ref().1.handshake_kind() {
        Some(HandshakeKind::Resumed) => site.register().counts.handshakes_resumed += 1,
        _ => site.register().counts.handshakes_full += 1,
    }
    if fault == Fault::NotHttp {
        return say(&mut stream, b"\x00\xffgarbage\x00 that is not HTTP\r\n\r\n").await;
    }
    serve_http(stream, site).await;
}

async fn serve_http(stream: TlsStream<TcpStream>, site: Arc<Site>) {
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = TokioIo::new(stream);
    let service = service_fn(move |request| {
        let site = Arc::clone(&site);
        async move { Ok::<_, Infallible>(site.answer(request).await) }
    });
    // A connection that breaks is the client's business, or a fault that was asked for.
    let _ = if http2 {
        http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await
    } else {
        http1::Builder::new().serve_connection(stream, service).await
    };
}

/// Keeps the connection open until the fault is switched.
async fn held(mut faults: watch::Receiver<Fault>) {
    let _ = faults.changed().await;
}

/// Reads what the client says first, then says something else and leaves.
async fn say<S: AsyncReadExt + AsyncWriteExt + Unpin>(stream: &mut S, words: &[u8]) {
    let mut ignored = [0; 4096];
    let _ = stream.read(&mut ignored).await;
    let _ = stream.write_all(words).await;
    let _ = stream.shutdown().await;
}
