//! Logins that do not speak HTTP, against servers written by hand: what no well-behaved server can
//! be made to send.

mod attempts;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use attempts::stub::acceptor;
use attempts::{PASSWORD, USER, short_limits};
use contract::{AccountCause, DownCause, Outcome, UnableCause};
use login_service::Authority;
use probe::settings::{Credentials, Direct, HostKey, Kind, Login, Protocol, Roots};
use probe::{Account, Attempt, Prober};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// What a server does, one after the other; then it closes the connection.
#[derive(Clone, Debug)]
enum Act {
    /// Sends this.
    Say(Vec<u8>),
    /// Waits for whatever comes.
    Hear,
    /// Shakes hands.
    Encrypt,
    /// Sends without end.
    Flood(u8),
    /// Waits until the other side goes.
    Hang,
}

use Act::{Encrypt, Flood, Hang, Hear};

fn say(words: impl AsRef<[u8]>) -> Act {
    Act::Say(words.as_ref().to_vec())
}

/// A server that does the same on each connection.
struct Stub {
    authority: Authority,
    port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
    /// Connections that have ended.
    ended: watch::Receiver<usize>,
    _accepting: tokio::task::JoinSet<()>,
}

impl Stub {
    async fn doing(acts: &[Act]) -> Stub {
        let authority = Authority::new().unwrap();
        let acceptor = acceptor(&authority);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<u8>>>::default();
        let (end, ended) = watch::channel(0);
        let mut accepting = tokio::task::JoinSet::new();
        let (acts, hears) = (acts.to_vec(), Arc::clone(&heard));
        accepting.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                perform(stream, &acceptor, &acts, &hears).await;
                end.send_modify(|count| *count += 1);
            }
        });
        Stub { authority, port, heard, ended, _accepting: accepting }
    }

    fn login(&self, protocol: Protocol, scheme: &str) -> Login {
        let url = format!("{scheme}://127.0.0.1:{}", self.port).parse().unwrap();
        let mut direct = Direct::new(protocol, url).unwrap();
        if let Direct::Ssh(ssh) = &mut direct {
            ssh.host_keys.push(HostKey::parse(HOST_KEY).unwrap());
        }
        let mut login = Login::new(Kind::Direct(direct), Credentials::new(USER, PASSWORD));
        login.dial.tls.roots = Roots::Only(Arc::new(vec![self.authority.ca_der()]));
        login.limits = short_limits().into();
        login
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }
}

const HOST_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF";

async fn perform(tcp: TcpStream, tls: &TlsAcceptor, acts: &[Act], heard: &Mutex<Vec<u8>>) {
    let clear = acts.iter().position(|act| matches!(act, Encrypt)).unwrap_or(acts.len());
    let (first, rest) = acts.split_at(clear);
    let mut tcp = tcp;
    if !talk(&mut tcp, first, heard).await || rest.is_empty() {
        return;
    }
    if let Ok(mut stream) = tls.accept(tcp).await {
        talk(&mut stream, &rest[1..], heard).await;
        let _ = stream.shutdown().await;
    }
}

/// Whether the other side is still there.
async fn talk(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    acts: &[Act],
    heard: &Mutex<Vec<u8>>,
) -> bool {
    let mut part = [0; 4096];
    for act in acts {
        match act {
            Act::Say(words) => {
                if stream.write_all(words).await.is_err() || stream.flush().await.is_err() {
                    return false;
                }
            }
            Hear => match stream.read(&mut part).await {
                Ok(length @ 1..) => heard.lock().unwrap().extend_from_slice(&part[..length]),
                _ => return false,
            },
            Flood(byte) => while stream.write_all(&[*byte; 1024]).await.is_ok() {},
            Hang => while matches!(stream.read(&mut part).await, Ok(1..)) {},
            Encrypt => {}
        }
    }
    true
}

/// One attempt; what it shows is searched for the password, as it is and as SASL writes it.
async fn attempt(login: Login) -> Attempt {
    let attempt = Prober::new().prepare(login).unwrap().attempt(Account::Main).await;
    let shown = format!("{attempt:?}{}", serde_json::to_string(&attempt).unwrap());
    // base64 of "\0demo\0hemligt" and of "hemligt".
    for secret in [PASSWORD, "AGRlbW8AaGVtbGlndA", "aGVtbGlndA"] {
        assert!(!shown.contains(secret), "C10.3: {shown}");
    }
    attempt
}

async fn outcome(protocol: Protocol, scheme: &str, acts: &[Act]) -> Outcome {
    let stub = Stub::doing(acts).await;
    attempt(stub.login(protocol, scheme)).await.outcome
}

fn down(cause: DownCause) -> Outcome {
    Outcome::Down(cause)
}

#[tokio::test]
async fn c1_5_a_server_without_encryption_is_sent_no_password() {
    for (protocol, scheme, acts) in [
        (
            Protocol::Imap,
            "imap",
            vec![
                say("* OK hi\r\n"),
                Hear,
                say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nu1 OK\r\n"),
                Hang,
            ],
        ),
        (
            Protocol::Smtp,
            "smtp",
            vec![say("220 hi\r\n"), Hear, say("250-hi\r\n250 AUTH PLAIN\r\n"), Hang],
        ),
        (
            Protocol::Ldap,
            "ldap",
            // protocolError: it does not know StartTLS.
            vec![Hear, say(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"), Hang],
        ),
    ] {
        let stub = Stub::doing(&acts).await;
        let attempt = attempt(stub.login(protocol, scheme)).await;
        assert_eq!(attempt.outcome, down(DownCause::NoStartTls), "{scheme}");
        assert!(!stub.heard().contains("AUTH"), "{}", stub.heard());
        assert!(!stub.heard().contains(PASSWORD));
    }
}

#[tokio::test]
async fn c1_5_what_is_said_before_encryption_counts_for_nothing() {
    let injected = [
        say("220 hi\r\n"),
        Hear,
        say("250-hi\r\n250 STARTTLS\r\n"),
        Hear,
        // Sent by somebody in between, to be taken for said under TLS.
        say("220 go on\r\n250-hi\r\n250 AUTH PLAIN\r\n"),
        Encrypt,
        Hang,
    ];
    assert_eq!(outcome(Protocol::Smtp, "smtp", &injected).await, down(DownCause::Protocol));
}

#[tokio::test]
async fn every_phase_has_its_limit() {
    use Protocol::{Imap, Ldap, Smtp, Ssh};
    for (protocol, scheme, acts, cause) in [
        (Imap, "imaps", vec![Hang], DownCause::TlsTimeout),
        (Imap, "imaps", vec![Encrypt, Hang], DownCause::Silence),
        (Imap, "imaps", vec![Encrypt, say("* OK"), Hang], DownCause::TransferTimeout),
        (Smtp, "smtp", vec![Hang], DownCause::Silence),
        (Smtp, "smtp", vec![say("220-hi\r\n"), Hang], DownCause::TransferTimeout),
        (Ldap, "ldaps", vec![Encrypt, Hang], DownCause::Silence),
        (
            Ldap,
            "ldaps",
            vec![Encrypt, Hear, say(b"\x30\x0c\x02"), Hang],
            DownCause::TransferTimeout,
        ),
        (Ssh, "ssh", vec![Hang], DownCause::Silence),
        (Ssh, "ssh", vec![say("SSH-2.0-stub\r\n"), Hang], DownCause::Silence),
    ] {
        assert_eq!(outcome(protocol, scheme, &acts).await, down(cause), "{scheme} {acts:?}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_is_down_and_never_the_accounts_fault() {
    use Protocol::{Imap, Ldap, Smtp, Ssh};
    let greeting = say("* OK [CAPABILITY AUTH=PLAIN SASL-IR] hi\r\n");
    for (protocol, scheme, acts, cause) in [
        (Imap, "imaps", vec![Encrypt], DownCause::Closed),
        (Imap, "imaps", vec![Encrypt, greeting.clone(), Hear], DownCause::Closed),
        (Imap, "imaps", vec![Encrypt, greeting, Hear, say("u1 N")], DownCause::TransferClosed),
        (Smtp, "smtps", vec![Encrypt, say("220-hi\r\n")], DownCause::TransferClosed),
        (Ldap, "ldaps", vec![Encrypt, Hear], DownCause::Closed),
        (Ssh, "ssh", vec![Hear], DownCause::Closed),
        (Ssh, "ssh", vec![say("SSH-2.0-stub\r\n"), Hear], DownCause::Closed),
    ] {
        let outcome = outcome(protocol, scheme, &acts).await;
        let is_cut = outcome == down(cause) || outcome == down(DownCause::ConnectReset);
        assert!(is_cut, "{scheme} {acts:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn garbage_is_told_from_an_answer_and_nothing_grows() {
    use Protocol::{Imap, Ldap, Smtp, Ssh};
    let http = say("HTTP/1.1 400 Bad Request\r\n\r\n");
    for (protocol, scheme) in [(Imap, "imaps"), (Smtp, "smtps"), (Ldap, "ldaps")] {
        let acts = [Encrypt, http.clone(), Hang];
        assert_eq!(outcome(protocol, scheme, &acts).await, down(DownCause::Protocol), "{scheme}");
    }
    for (protocol, scheme, flood) in [(Imap, "imaps", b'*'), (Smtp, "smtps", b'2')] {
        let acts = [Encrypt, Flood(flood)];
        assert_eq!(
            outcome(protocol, scheme, &acts).await,
            down(DownCause::BodyTooLarge),
            "{scheme}"
        );
    }
    let huge = [Encrypt, say("* OK {4000000000}\r\n"), Flood(b'x')];
    assert_eq!(outcome(Imap, "imaps", &huge).await, down(DownCause::BodyTooLarge));
    let huge = [Encrypt, Hear, say(b"\x30\x84\x7f\xff\xff\xff"), Flood(0)];
    assert_eq!(outcome(Ldap, "ldaps", &huge).await, down(DownCause::BodyTooLarge));
    for acts in [[say("SSH-2.0-stub\r\n"), Flood(b'x')], [say("x\r\n"), Flood(b'\n')]] {
        assert_eq!(outcome(Ssh, "ssh", &acts).await, down(DownCause::Protocol), "{acts:?}");
    }
}

#[tokio::test]
async fn both_mechanisms_are_spoken_as_the_server_asks_for_them() {
    // "demo" and "hemligt", base64.
    let imap = |capabilities: &str, rest: &[Act]| {
        let greeting = say(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] hi\r\n"));
        let mut acts = vec![Encrypt, greeting, Hear];
        acts.extend_from_slice(rest);
        let ends =
            [say("u1 OK in\r\n"), Hear, say("u1 OK [READ-ONLY] open\r\n"), Hear, say("* BYE\r\n")];
        acts.extend(ends);
        acts
    };
    let ask = || say("+ \r\n");
    for (protocol, scheme, acts, heard) in [
        (
            Protocol::Imap,
            "imaps",
            imap("SASL-IR AUTH=PLAIN", &[]),
            "AUTHENTICATE PLAIN AGRlbW8AaGVtbGlndA==\r\n",
        ),
        (
            Protocol::Imap,
            "imaps",
            imap("AUTH=PLAIN", &[ask(), Hear]),
            "PLAIN\r\nAGRlbW8AaGVtbGlndA==\r\n",
        ),
        (
            Protocol::Imap,
            "imaps",
            imap("AUTH=LOGIN", &[ask(), Hear, ask(), Hear]),
            "LOGIN\r\nZGVtbw==\r\naGVtbGlndA==\r\n",
        ),
        (Protocol::Imap, "imaps", imap("", &[]), "u1 LOGIN \"demo\" \"hemligt\"\r\n"),
        (
            Protocol::Smtp,
            "smtps",
            vec![
                Encrypt,
                say("220 hi\r\n"),
                Hear,
                say("250-hi\r\n250 AUTH LOGIN\r\n"),
                Hear,
                say("334 VXNlcm5hbWU6\r\n"),
                Hear,
                say("334 UGFzc3dvcmQ6\r\n"),
                Hear,
                say("235 in\r\n"),
                Hear,
                say("250 here\r\n"),
                Hear,
                say("221 bye\r\n"),
            ],
            "AUTH LOGIN\r\nZGVtbw==\r\naGVtbGlndA==\r\nNOOP\r\nQUIT\r\n",
        ),
    ] {
        let stub = Stub::doing(&acts).await;
        let attempt = attempt(stub.login(protocol, scheme)).await;
        assert_eq!(attempt.outcome, Outcome::Up, "{}", attempt.message);
        assert!(stub.heard().contains(heard), "{}", stub.heard());
        assert_eq!(attempt.notes, [""; 0]);
    }
}

#[tokio::test]
async fn what_a_server_does_not_offer_is_not_the_accounts_fault() {
    let smtp = |offers: &str| {
        vec![Encrypt, say("220 hi\r\n"), Hear, say(format!("250-hi\r\n250 {offers}\r\n")), Hang]
    };
    for (offers, expected) in [
        ("SIZE 100", down(DownCause::NoSignIn)),
        ("AUTH CRAM-MD5 XOAUTH2", Outcome::Unable(UnableCause::NeedsRecipe)),
    ] {
        assert_eq!(outcome(Protocol::Smtp, "smtps", &smtp(offers)).await, expected, "{offers}");
    }
    let disabled = [Encrypt, say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n"), Hang];
    assert_eq!(outcome(Protocol::Imap, "imaps", &disabled).await, down(DownCause::NoSignIn));
    let preauth = [Encrypt, say("* PREAUTH who are you\r\n"), Hang];
    assert_eq!(outcome(Protocol::Imap, "imaps", &preauth).await, down(DownCause::NoProof));
}

#[tokio::test]
async fn c3_4_a_server_that_shuts_down_or_has_no_time_is_down() {
    let broken = down(DownCause::ServiceError);
    for (protocol, scheme, acts) in [
        (Protocol::Imap, "imaps", vec![Encrypt, say("* BYE not now\r\n")]),
        (Protocol::Smtp, "smtps", vec![Encrypt, say("421 4.3.2 shutting down\r\n")]),
        (Protocol::Smtp, "smtps", vec![Encrypt, say("554 no service here\r\n")]),
        (
            Protocol::Ldap,
            "ldaps",
            // A notice of disconnection: unavailable.
            vec![Encrypt, Hear, say(b"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00")],
        ),
    ] {
        assert_eq!(outcome(protocol, scheme, &acts).await, broken, "{scheme} {acts:?}");
    }
    let limited = [Encrypt, say("421 4.7.0 Too many requests\r\n")];
    let wall = Outcome::Account(AccountCause::BotWall);
    assert_eq!(outcome(Protocol::Smtp, "smtps", &limited).await, wall);
}

#[tokio::test]
async fn c10_3_a_server_that_repeats_the_password_is_not_quoted() {
    let acts = [
        Encrypt,
        say("220 hi\r\n"),
        Hear,
        say("250-hi\r\n250 AUTH PLAIN\r\n"),
        Hear,
        say("535 5.7.8 wrong: AGRlbW8AaGVtbGlndA== is demo with hemligt\r\n"),
        Hang,
    ];
    let stub = Stub::doing(&acts).await;
    let attempt = attempt(stub.login(Protocol::Smtp, "smtps")).await;
    assert_eq!(attempt.outcome, Outcome::Account(AccountCause::Rejected));
    assert!(attempt.evidence.excerpt.is_some_and(|excerpt| excerpt.contains("[cut]")));
    assert_eq!(attempt.evidence.status, Some(535));
}

#[tokio::test]
async fn an_empty_password_is_not_sent_to_a_directory() {
    let stub = Stub::doing(&[Encrypt, Hang]).await;
    let mut login = stub.login(Protocol::Ldap, "ldaps");
    login.account = Credentials::new(USER, "");
    let attempt = Prober::new().prepare(login).unwrap().attempt(Account::Main).await;
    assert_eq!(attempt.outcome, Outcome::Unable(UnableCause::Credential));
    assert_eq!(attempt.requests, 0);
}

#[tokio::test]
async fn the_connection_of_an_attempt_ends_with_it() {
    for (protocol, scheme) in [(Protocol::Ssh, "ssh"), (Protocol::Smtp, "smtp")] {
        let mut stub = Stub::doing(&[Hang]).await;
        let _ = attempt(stub.login(protocol, scheme)).await;
        // The server sees the end of it: nothing goes on in the background.
        stub.ended.wait_for(|count| *count == 1).await.unwrap();
    }
}
