//! C1.1, C3.4, C3.5: a wrong verdict is the worst bug. Each kind of login against a real server,
//! right and wrong, and with every fault of a network, a certificate and a back end in front of it.
//!
//! The table in `docs/outcomes.md` is what comes out. Where a verdict changes, the new table is left
//! beside the test's other output, to be looked at and taken over.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;

use end_to_end::front::{Front, Server, Speaks, Trouble};
use end_to_end::servers::Peer;
use end_to_end::servers::apache::Apache;
use end_to_end::servers::django::Django;
use end_to_end::servers::dovecot::{DOVECOT, dovecot};
use end_to_end::servers::place::Place;
use end_to_end::servers::postfix::{POSTFIX, postfix};
use end_to_end::servers::slapd::{ENTRY, LOCKED_ENTRY, SLAPD, entries, gone_elsewhere, slapd};
use end_to_end::servers::sshd::{SSHD, sshd};
use end_to_end::{PASSWORD, USER, upptid};
use login_service::{Authority, Certificate};
use tokio::runtime::Runtime;

const BEGIN: &str = "<!-- begin: made by tests/tests/outcomes.rs -->\n";
/// Programs that make attempts at once: most of the time goes into waiting for silent servers.
const AT_ONCE: usize = 4;
const END: &str = "<!-- end -->\n";

/// A line of the table: what is the matter, and what comes of it at best.
struct Condition {
    name: &'static str,
    trouble: Trouble,
    shows: Shows,
    account: Account,
    expected: Expected,
}

#[derive(Clone, Copy, PartialEq)]
enum Shows {
    Good,
    Expired,
    OfAnotherName,
    OfAStranger,
    Revoked,
}

#[derive(Clone, Copy, PartialEq)]
enum Account {
    Right,
    Wrong,
    WrongCode,
    Locked,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Expected {
    Up,
    Down,
    Account,
    Unable,
    /// Anything but up, and never the account's fault.
    NotUp,
}

const fn network(name: &'static str, trouble: Trouble) -> Condition {
    let (shows, account, expected) = (Shows::Good, Account::Right, Expected::Down);
    Condition { name, trouble, shows, account, expected }
}

const fn certificate(name: &'static str, shows: Shows) -> Condition {
    Condition { shows, ..network(name, Trouble::None) }
}

const CONDITIONS: [Condition; 19] = [
    Condition { expected: Expected::Up, ..network("right password", Trouble::None) },
    Condition {
        account: Account::Wrong,
        expected: Expected::Account,
        ..network("wrong password", Trouble::None)
    },
    Condition {
        account: Account::WrongCode,
        expected: Expected::Account,
        ..network("wrong one-time code", Trouble::None)
    },
    Condition {
        account: Account::Locked,
        expected: Expected::Account,
        ..network("locked account", Trouble::None)
    },
    network("server down", Trouble::Refused),
    network("hangs at connect", Trouble::HangsAtConnect),
    network("hangs at TLS", Trouble::HangsAtTls),
    network("hangs before the first byte", Trouble::HangsAtFirstByte),
    network("hangs in the answer", Trouble::HangsInAnswer),
    network("garbage", Trouble::Garbage),
    network("endless answer", Trouble::Endless),
    network("compression bomb", Trouble::Bomb),
    network("redirect loop", Trouble::RedirectsToItself),
    Condition { expected: Expected::NotUp, ..network("another page", Trouble::AnotherPage) },
    Condition { expected: Expected::Unable, ..network("another form", Trouble::AnotherForm) },
    certificate("certificate expired", Shows::Expired),
    certificate("certificate of another name", Shows::OfAnotherName),
    certificate("certificate of an unknown issuer", Shows::OfAStranger),
    certificate("certificate revoked, in a stapled response", Shows::Revoked),
];

/// The same login once what is behind the page is broken.
const BROKEN: Condition = network("back end broken behind a healthy page", Trouble::None);

/// Whether a condition can befall what a peer speaks.
fn befalls(condition: &Condition, peer: &Peer) -> bool {
    let is_http = peer.speaks == Speaks::Http;
    let is_ssh = peer.speaks == Speaks::Ssh;
    match condition.trouble {
        Trouble::Bomb | Trouble::RedirectsToItself | Trouble::AnotherPage => is_http,
        Trouble::AnotherForm => peer.names_its_fields(),
        Trouble::HangsAtTls => !is_ssh,
        _ if condition.shows != Shows::Good => !is_ssh,
        _ if condition.account == Account::Locked => peer.locked.is_some(),
        _ if condition.account == Account::WrongCode => peer.asks_for_code,
        _ if condition.name == BROKEN.name => peer.broken.is_some(),
        _ => true,
    }
}

#[test]
fn c3_4_no_kind_of_login_gives_a_wrong_verdict() {
    let folder = tempfile::Builder::new().prefix("upptid-outcomes-").tempdir().unwrap();
    let folder = folder.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let needed = [&DOVECOT[..], &[POSTFIX, SLAPD]].concat();
    let places = (Place::with(&needed), Place::with(&DOVECOT), Place::with(&SSHD));
    let (Some(django), Some(apache)) = (Django::start(folder), Apache::start(folder)) else {
        return;
    };
    let (Some(place), Some(mail_place), Some(shell_place)) = places else { return };
    let mail = dovecot(&mail_place);
    let passwords = dovecot(&place);
    let submission = postfix(&place);
    let directory = slapd(&place, &entries(&place));
    let orphan = slapd(&place, &gone_elsewhere());
    let shell = sshd(&shell_place, "");
    let mut peers = django.peers(folder);
    peers.extend(apache.peers());
    peers.extend([
        Peer {
            locked: Some("locked".to_owned()),
            ..direct("imap", "imaps://localhost:{port}", Speaks::Lines, mail.tls)
        },
        direct("smtp", "smtps://localhost:{port}", Speaks::Lines, submission.tls),
        Peer {
            user: ENTRY.to_owned(),
            locked: Some(LOCKED_ENTRY.to_owned()),
            broken: Some(local(orphan.tls)),
            ..direct("ldap", "ldaps://localhost:{port}", Speaks::Ldap, directory.tls)
        },
        Peer {
            is_tls: false,
            keys: format!("kind = \"ssh\"\nhost_key = {:?}", shell.host_key),
            locked: Some("locked".to_owned()),
            broken: None,
            ..direct("ssh", "ssh://localhost:{port}", Speaks::Ssh, shell.port)
        },
    ]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stage = Stage::set(folder, &runtime);

    let mut table = stage.attempts(&peers, &CONDITIONS);
    django.break_it();
    apache.break_it();
    // Mailboxes, and who checks the passwords of those who send mail.
    fs::rename(mail_place.path("mail"), mail_place.path("mail.gone")).unwrap();
    drop(passwords);
    table.extend(stage.attempts(&peers, std::slice::from_ref(&BROKEN)));

    let mut wrong = String::new();
    for condition in CONDITIONS.iter().chain([&BROKEN]) {
        for peer in peers.iter().filter(|peer| befalls(condition, peer)) {
            let verdict = &table[&(condition.name, peer.kind)];
            if !fits(condition.expected, verdict) {
                let expected = condition.expected;
                writeln!(wrong, "{}, {}: {verdict}, not {expected:?}", peer.kind, condition.name)
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "wrong verdicts:\n{wrong}");
    check_document(&rendered(&peers, &table));
}

/// A server that does not speak HTTP, on this port.
fn direct(kind: &'static str, url: &'static str, speaks: Speaks, port: u16) -> Peer {
    Peer {
        kind,
        speaks,
        address: local(port),
        is_tls: true,
        url,
        keys: format!("kind = {kind:?}"),
        user: USER.to_owned(),
        asks_for_code: false,
        locked: None,
        broken: Some(local(port)),
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Whether a verdict (`down connect_refused`) is the expected one.
fn fits(expected: Expected, verdict: &str) -> bool {
    let outcome = verdict.split(' ').next().unwrap_or_default();
    match expected {
        Expected::Up => outcome == "up",
        Expected::Down => outcome == "down",
        Expected::Account => outcome == "account",
        Expected::Unable => outcome == "unable",
        Expected::NotUp => outcome == "down" || outcome == "unable",
    }
}

/// A condition and a kind.
type Case = (&'static str, &'static str);

/// What came of each.
type Table = BTreeMap<Case, String>;

/// The files and certificates that all attempts share.
struct Stage<'a> {
    folder: &'a Path,
    runtime: &'a Runtime,
    authority: Authority,
    stranger: Authority,
    /// A certificate with the response that calls it revoked; its CA is in `revoked-ca.pem`.
    revoked: (Certificate, Vec<u8>),
}

impl<'a> Stage<'a> {
    fn set(folder: &'a Path, runtime: &'a Runtime) -> Self {
        let authority = Authority::new().unwrap();
        fs::write(folder.join("ca.pem"), authority.ca_pem()).unwrap();
        for (name, text) in [("right", PASSWORD), ("wrong", "Fel-4-Gurkor")] {
            fs::write(folder.join(name), text).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let stranger = Authority::new().unwrap();
        Stage { folder, runtime, authority, stranger, revoked: revoked(folder) }
    }

    /// Makes one attempt for each peer and condition, a few at a time.
    fn attempts(&self, peers: &[Peer], conditions: &[Condition]) -> Table {
        let mut fronts = Vec::new();
        let mut asked: [Vec<_>; AT_ONCE] = Default::default();
        let mut services: [String; AT_ONCE] = Default::default();
        for condition in conditions {
            for peer in peers.iter().filter(|peer| befalls(condition, peer)) {
                let front = self.front(peer, condition);
                let turn = fronts.len() % AT_ONCE;
                let name = format!("s{}", fronts.len());
                services[turn] += &self.service(&name, peer, condition, front.address.port());
                asked[turn].push((condition.name, peer.kind));
                fronts.push(front);
            }
        }
        thread::scope(|scope| {
            let tries: Vec<_> = asked
                .into_iter()
                .zip(&services)
                .enumerate()
                .filter(|(_, (asked, _))| !asked.is_empty())
                .map(|(turn, (asked, services))| {
                    scope.spawn(move || self.try_all(turn, asked, services))
                })
                .collect();
            tries.into_iter().flat_map(|tried| tried.join().unwrap()).collect()
        })
    }

    /// One run of the program over these services, one after the other.
    fn try_all(&self, turn: usize, asked: Vec<Case>, services: &str) -> Vec<(Case, String)> {
        let path = self.folder.join(format!("upptid-{turn}.toml"));
        let state = self.folder.join("state");
        let witness = r#"targets = [{ name = "none", tcp = "127.0.0.1:9" }]"#;
        let head = format!("[agent]\nstate_dir = {state:?}\n[witness]\n{witness}\n");
        fs::write(&path, head + services).unwrap();
        let done = upptid(["try", "--json", "--config", path.to_str().unwrap()]);
        for output in [&done.stdout, &done.stderr] {
            assert!(!output.contains(PASSWORD), "the password is shown: {output}");
        }
        let lines: Vec<serde_json::Value> = done
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{done:?}")))
            .collect();
        assert_eq!(lines.len(), asked.len(), "{}", done.stderr);
        let verdict = |line: &serde_json::Value| {
            let cause = line["cause"].as_str().map(|cause| format!(" {cause}"));
            line["outcome"].as_str().unwrap().to_owned() + &cause.unwrap_or_default()
        };
        for ((condition, kind), line) in asked.iter().zip(&lines) {
            println!("{kind}, {condition}: {}", line["message"]);
        }
        asked.into_iter().zip(lines.iter().map(verdict)).collect()
    }

    fn front(&self, peer: &Peer, condition: &Condition) -> Front {
        let names = ["localhost"];
        let certificate = match condition.shows {
            Shows::Good => self.authority.leaf(&names).unwrap(),
            Shows::Expired => self.authority.expired_leaf(&names).unwrap(),
            Shows::OfAnotherName => self.authority.leaf(&["other.example"]).unwrap(),
            Shows::OfAStranger => self.stranger.leaf(&names).unwrap(),
            Shows::Revoked => self.revoked.0.clone(),
        };
        let stapled: &[u8] = match condition.shows {
            Shows::Revoked => &self.revoked.1,
            _ => &[],
        };
        let tls = (peer.speaks != Speaks::Ssh).then_some((&certificate, stapled));
        let address = match condition.name == BROKEN.name {
            true => peer.broken.unwrap_or(peer.address),
            false => peer.address,
        };
        let server = Server { address, is_tls: peer.is_tls };
        Front::start(self.runtime, server, peer.speaks, tls, condition.trouble)
    }

    fn service(&self, name: &str, peer: &Peer, condition: &Condition, port: u16) -> String {
        let url = peer.url.replace("{port}", &port.to_string());
        let keys = peer.keys.replace("{origin}", &format!("https://localhost:{port}"));
        let user = match condition.account {
            Account::Locked => peer.locked.as_deref().unwrap_or_default(),
            _ => &peer.user,
        };
        let password = match condition.account {
            Account::Wrong => "wrong",
            _ => "right",
        };
        let codes = match condition.account {
            _ if !peer.asks_for_code => String::new(),
            Account::WrongCode => "totp = { file = \"other-codes\" }\n".to_owned(),
            _ => "totp = { file = \"codes\" }\n".to_owned(),
        };
        let ca_file = match condition.shows {
            Shows::Revoked => "revoked-ca.pem",
            _ => "ca.pem",
        };
        let ca = match peer.speaks {
            Speaks::Ssh => String::new(),
            _ => format!("ca_file = \"{ca_file}\"\n"),
        };
        // A silent server is waited for; a busy one may take its time.
        let patience = match condition.trouble {
            Trouble::HangsAtFirstByte | Trouble::HangsInAnswer | Trouble::Garbage => "2s",
            _ => "20s",
        };
        let limits = match peer.speaks {
            Speaks::Ssh => String::new(),
            _ => format!("tls = \"2s\"\ntransfer = \"{patience}\"\n"),
        };
        format!(
            "[[service]]\nname = \"{name}\"\n[service.login]\nurl = \"{url}\"\n\
             user = \"{user}\"\npassword = {{ file = \"{password}\" }}\n{codes}{ca}\
             address = \"127.0.0.1\"\n{keys}\n[service.login.limits]\nconnect = \"2s\"\n\
             processing = \"{patience}\"\ntotal = \"60s\"\n{limits}"
        )
    }
}

/// A certificate, its CA as `revoked-ca.pem`, and a response that says that it is revoked, by
/// openssl.
fn revoked(folder: &Path) -> (Certificate, Vec<u8>) {
    let script = r#"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 \
            -subj '/CN=Upptid test root that revokes' -keyout r.key -out revoked-ca.pem
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
            -keyout r-leaf.key -out r-leaf.csr
        printf 'subjectAltName=DNS:localhost' >r.ext
        openssl x509 -req -in r-leaf.csr -CA revoked-ca.pem -CAkey r.key -set_serial 4711 -days 9 \
            -extfile r.ext -out r-leaf.pem
        printf 'R\t351231235959Z\t261121174500Z\t1267\tunknown\t/CN=localhost\n' >r.index
        openssl ocsp -index r.index -CA revoked-ca.pem -rsigner revoked-ca.pem -rkey r.key \
            -issuer revoked-ca.pem -cert r-leaf.pem -ndays 1 -respout r.ocsp
        openssl x509 -in r-leaf.pem -outform DER -out r-leaf.der
        openssl pkcs8 -topk8 -nocrypt -in r-leaf.key -outform DER -out r-leaf.p8"#;
    let done = Command::new("sh").args(["-ec", script]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "openssl: {}", String::from_utf8_lossy(&done.stderr));
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    (Certificate::from_der(read("r-leaf.der"), read("r-leaf.p8")), read("r.ocsp"))
}

/// One section for each kind, so that it can be read on a narrow screen.
fn rendered(peers: &[Peer], table: &Table) -> String {
    let mut text = String::new();
    for peer in peers {
        write!(
            text,
            "\n### {}\n\n| what is the matter | outcome | cause |\n|---|---|---|\n",
            peer.kind
        )
        .unwrap();
        for condition in CONDITIONS.iter().chain([&BROKEN]) {
            let Some(verdict) = table.get(&(condition.name, peer.kind)) else { continue };
            let (outcome, cause) = verdict.split_once(' ').unwrap_or((verdict, ""));
            let cause = if cause.is_empty() { String::new() } else { format!("`{cause}`") };
            writeln!(text, "| {} | {outcome} | {cause} |", condition.name).unwrap();
        }
    }
    text + "\n"
}

fn check_document(made: &str) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/outcomes.md"));
    let document = fs::read_to_string(path).unwrap();
    let (head, rest) = document.split_once(BEGIN).expect("the table has a beginning");
    let (stated, tail) = rest.split_once(END).expect("the table has an end");
    if stated != made {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outcomes.md");
        fs::write(&new, format!("{head}{BEGIN}{made}{END}{tail}")).unwrap();
        panic!("docs/outcomes.md is not what came out; look at {} and take it over", new.display());
    }
}
