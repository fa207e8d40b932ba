//! A listener in front of a real server, which does to its connections what a test wants: TLS with
//! a certificate of any kind, and the faults of a network and of a broken server.

use std::io;
use std::net::{SocketAddr, TcpStream as StdTcpStream};
use std::sync::Arc;

use login_service::Certificate;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, ServerConfig, SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Bytes of noise in one write.
const NOISE: [u8; 4096] = [b'a'; 4096];
/// Bytes of a compressed answer that is one long row of zeros when unpacked.
const BOMB_BYTES: usize = 4 * 1024 * 1024;

const ANOTHER_PAGE: &str = "<!doctype html><title>Welcome</title><h1>It works!</h1>\
    <p>This is the default page of a new server.</p>";
const ANOTHER_FORM: &str = "<!doctype html><title>Sign in</title>\
    <form method=\"post\" action=\"/new\"><input name=\"email\"><input type=\"password\" name=\"secret\">\
    <button>Sign in</button></form>";

/// What a server speaks, as far as a fault must know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speaks {
    /// HTTP/1.1
    Http,
    /// The server speaks first, in lines.
    Lines,
    /// LDAP: the client speaks first, in BER.
    Ldap,
    /// SSH, which is its own TLS.
    Ssh,
}

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Nothing: the server's own answers.
    None,
    /// Nobody listens.
    Refused,
    /// Connecting is never finished.
    HangsAtConnect,
    /// The handshake is never answered.
    HangsAtTls,
    /// The handshake is finished, and nothing is ever said.
    HangsAtFirstByte,
    /// The server's first answer stops in its middle.
    HangsInAnswer,
    /// What is answered is nothing that anybody speaks.
    Garbage,
    /// The answer never ends.
    Endless,
    /// A small answer that unpacks to a very large one (HTTP).
    Bomb,
    /// Each address leads to itself (HTTP).
    RedirectsToItself,
    /// Another page stands where the login was (HTTP).
    AnotherPage,
    /// Another login form stands where the login was (HTTP).
    AnotherForm,
}

/// The server behind it.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it speaks TLS itself; its certificate is taken as it is.
    pub is_tls: bool,
}

impl Server {
    async fn connect(self) -> io::Result<Box<dyn Stream>> {
        let tcp = TcpStream::connect(self.address).await?;
        if !self.is_tls {
            return Ok(Box::new(tcp));
        }
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, tcp).await?))
    }
}

/// What goes both ways.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A listener in front of a server. It ends with its runtime.
pub struct Front {
    /// Where it listens, on 127.0.0.1.
    pub address: SocketAddr,
    /// Connections that fill the queue of one that accepts none.
    _waiting: Vec<StdTcpStream>,
}

impl Front {
    /// Listens in front of `server`; with a certificate it speaks TLS. `stapled` is an OCSP response
    /// that goes with it.
    pub fn start(
        runtime: &Runtime,
        server: Server,
        speaks: Speaks,
        certificate: Option<(&Certificate, &[u8])>,
        trouble: Trouble,
    ) -> Front {
        let _inside = runtime.enter();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = socket.local_addr().unwrap();
        let mut waiting = Vec::new();
        match trouble {
            Trouble::Refused => {
                // Bound and not listening: nobody else can take the port.
                runtime.spawn(async move {
                    let _kept = socket;
                    std::future::pending::<()>().await;
                });
            }
            Trouble::HangsAtConnect => {
                let listener = socket.listen(0).unwrap();
                waiting.push(StdTcpStream::connect(address).unwrap());
                runtime.spawn(async move {
                    let _kept = listener;
                    std::future::pending::<()>().await;
                });
            }
            _ => {
                let listener = socket.listen(64).unwrap();
                let tls = certificate.map(|(certificate, stapled)| acceptor(certificate, stapled));
                runtime.spawn(accept(listener, Arc::new(Manner { server, speaks, tls, trouble })));
            }
        }
        Front { address, _waiting: waiting }
    }
}

/// How each connection is treated.
struct Manner {
    server: Server,
    speaks: Speaks,
    tls: Option<TlsAcceptor>,
    trouble: Trouble,
}

async fn accept(listener: TcpListener, manner: Arc<Manner>) {
    while let Ok((client, _)) = listener.accept().await {
        let manner = Arc::clone(&manner);
        tokio::spawn(async move {
            if manner.trouble == Trouble::HangsAtTls {
                hang(client).await;
                return;
            }
            match &manner.tls {
                None => manner.serve(client).await,
                Some(acceptor) => {
                    if let Ok(client) = acceptor.accept(client).await {
                        manner.serve(client).await;
                    }
                }
            }
        });
    }
}

impl Manner {
    async fn serve(&self, mut client: impl AsyncRead + AsyncWrite + Unpin) {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
        match self.trouble {
            Trouble::None => {
                let Ok(mut server) = self.server.connect().await else { return };
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
            Trouble::HangsInAnswer => self.stop_in_answer(client).await,
            Trouble::Garbage => {
                self.heard(&mut client).await;
                let _ =
                    client.write_all(b"\x00\x17\xfe\r\n\r\n\x81\x82 neither this nor that\n").await;
                hang(client).await;
            }
            Trouble::Endless => {
                self.heard(&mut client).await;
                let beginning: &[u8] = match self.speaks {
                    Speaks::Http => b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>",
                    Speaks::Lines => b"* OK ",
                    Speaks::Ldap => b"\x30\x84\x7f\xff\xff\xff",
                    Speaks::Ssh => b"SSH-2.0-",
                };
                let _ = client.write_all(beginning).await;
                while client.write_all(&NOISE).await.is_ok() {}
            }
            Trouble::Bomb => {
                self.heard(&mut client).await;
                let head = format!("{head}Content-Encoding: gzip\r\nConnection: close\r\n\r\n");
                let _ = client.write_all(head.as_bytes()).await;
                let _ = client.write_all(&bomb()).await;
            }
            Trouble::RedirectsToItself => {
                let answer = "HTTP/1.1 302 Found\r\nLocation: ?again\r\nContent-Length: 0\r\n\r\n";
                while self.heard(&mut client).await {
                    if client.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
            Trouble::AnotherPage | Trouble::AnotherForm => {
                let page = match self.trouble {
                    Trouble::AnotherForm => ANOTHER_FORM,
                    _ => ANOTHER_PAGE,
                };
                let length = page.len();
                let answer = format!("{head}Content-Length: {length}\r\n\r\n{page}");
                while self.heard(&mut client).await {
                    if client.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
            _ => hang(client).await,
        }
    }

    /// Waits for what the client says, where it speaks first. False once it has gone.
    async fn heard(&self, client: &mut (impl AsyncRead + Unpin)) -> bool {
        if matches!(self.speaks, Speaks::Lines | Speaks::Ssh) {
            return true;
        }
        let mut request = vec![0; 16 * 1024];
        client.read(&mut request).await.is_ok_and(|count| count > 0)
    }

    /// Lets the client speak to the server, and hands out only the beginning of what it answers: of
    /// a page its head and a little more.
    async fn stop_in_answer(&self, client: impl AsyncRead + AsyncWrite + Unpin) {
        let Ok(server) = self.server.connect().await else { return };
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_server, mut to_server) = tokio::io::split(server);
        let asking = async { tokio::io::copy(&mut from_client, &mut to_server).await };
        let answering = async {
            let mut answer = Vec::new();
            let mut piece = [0; 512];
            let enough = |answer: &[u8]| match self.speaks {
                Speaks::Http => find(answer, b"\r\n\r\n").map(|head| head + 4 + 10),
                _ => Some(3),
            };
            while let Ok(count) = from_server.read(&mut piece).await {
                answer.extend_from_slice(&piece[..count]);
                if count == 0 || enough(&answer).is_some_and(|enough| answer.len() >= enough) {
                    break;
                }
            }
            let enough = enough(&answer).unwrap_or(answer.len()).min(answer.len());
            let _ = to_client.write_all(&answer[..enough]).await;
            let _ = to_client.flush().await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = asking => {}
            () = answering => {}
        }
    }
}

/// Reads until the client has gone, and says nothing.
async fn hang(mut client: impl AsyncRead + Unpin) {
    let mut unheard = [0; 4096];
    while client.read(&mut unheard).await.is_ok_and(|count| count > 0) {}
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn acceptor(certificate: &Certificate, stapled: &[u8]) -> TlsAcceptor {
    let provider = Arc::new(ring::default_provider());
    let key = provider.key_provider.load_private_key(certificate.key.clone_key()).unwrap();
    let mut certified = CertifiedKey::new(certificate.chain.clone(), key);
    certified.ocsp = Some(stapled.to_vec()).filter(|stapled| !stapled.is_empty());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Always(Arc::new(certified))));
    TlsAcceptor::from(Arc::new(config))
}

/// One certificate for all names.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Takes every certificate of the server behind: what is tested is the one in front.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A gzip stream of a long row of zeros: stored once, and then told to repeat.
fn bomb() -> Vec<u8> {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; BOMB_BYTES];
    for _ in 0..64 {
        packed.write_all(&zeros).unwrap();
    }
    packed.finish().unwrap()
}
