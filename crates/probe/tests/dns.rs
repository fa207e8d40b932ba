//! Names: each way in which a name server can answer, from a stub that speaks the bytes of RFC 1035.

mod attempts;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use attempts::{Site, attempt};
use contract::DownCause::*;
use contract::Outcome::{Down, Up};
use contract::{Outcome, Phase};
use probe::resolve::Resolver;
use probe::settings::{Family, Form, Kind, Login};
use tokio::net::UdpSocket;

/// What a stub answers.
#[derive(Clone, Copy)]
enum Answer {
    /// This code, and no records.
    Code(u8),
    /// These addresses, of the kind that is asked for.
    Has(&'static [IpAddr]),
    /// Nothing at all.
    Nothing,
    /// Bytes that are no answer.
    Rubbish,
}

const OK: u8 = 0;
const FORMAT_ERROR: u8 = 1;
const SERVER_FAILURE: u8 = 2;
const NO_SUCH_NAME: u8 = 3;
const REFUSED: u8 = 5;
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LOOPBACK6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

struct NameServer {
    address: SocketAddr,
    questions: Arc<AtomicUsize>,
    _serving: tokio::task::JoinSet<()>,
}

impl NameServer {
    async fn start(answer: Answer) -> NameServer {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let questions = Arc::new(AtomicUsize::new(0));
        let mut serving = tokio::task::JoinSet::new();
        let counted = Arc::clone(&questions);
        serving.spawn(async move {
            let mut packet = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                counted.fetch_add(1, Ordering::Relaxed);
                if let Some(reply) = reply(&packet[..length], answer) {
                    let _ = socket.send_to(&reply, from).await;
                }
            }
        });
        NameServer { address, questions, _serving: serving }
    }

    fn questions(&self) -> usize {
        self.questions.load(Ordering::Relaxed)
    }
}

fn reply(question: &[u8], answer: Answer) -> Option<Vec<u8>> {
    let (code, addresses) = match answer {
        Answer::Nothing => return None,
        Answer::Rubbish => return Some(b"rubbish that is long enough to be a header".to_vec()),
        Answer::Code(code) => (code, &[][..]),
        Answer::Has(addresses) => (OK, addresses),
    };
    let name_length = question[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
    let kind = &question[12 + name_length..][..2];
    let wanted: Vec<&IpAddr> =
        addresses.iter().filter(|a| kind == [0, if a.is_ipv4() { 1 } else { 28 }]).collect();
    let mut out = question[..2].to_vec();
    out.extend([0x81, 0x80 | code, 0, 1, 0, wanted.len() as u8, 0, 0, 0, 0]);
    out.extend(&question[12..12 + name_length + 4]);
    for address in wanted {
        out.extend([0xc0, 12, kind[0], kind[1], 0, 1, 0, 0, 0, 60]);
        match address {
            IpAddr::V4(address) => out.extend([&[0, 4][..], &address.octets()].concat()),
            IpAddr::V6(address) => out.extend([&[0, 16][..], &address.octets()].concat()),
        }
    }
    Some(out)
}

async fn resolve(servers: &[&NameServer], family: Family) -> Result<IpAddr, Outcome> {
    let servers: Vec<SocketAddr> = servers.iter().map(|server| server.address).collect();
    let resolver = Resolver::new(&servers, false).unwrap();
    let limit = Duration::from_millis(600);
    resolver.resolve("portal.example", family, limit).await.map_err(|failure| failure.outcome)
}

#[tokio::test]
async fn each_answer_of_a_name_server_has_its_own_cause() {
    for (answer, outcome) in [
        (Answer::Has(&[LOOPBACK]), Ok(LOOPBACK)),
        (Answer::Has(&[LOOPBACK6]), Ok(LOOPBACK6)),
        (Answer::Code(NO_SUCH_NAME), Err(Down(NameNotFound))),
        (Answer::Code(OK), Err(Down(NameNoData))),
        (Answer::Code(SERVER_FAILURE), Err(Down(NameServerFailure))),
        (Answer::Code(FORMAT_ERROR), Err(Down(NameServerFailure))),
        (Answer::Code(REFUSED), Err(Down(NameRefused))),
        (Answer::Nothing, Err(Down(NameTimeout))),
        (Answer::Rubbish, Err(Down(NameTimeout))),
    ] {
        let server = NameServer::start(answer).await;
        assert_eq!(resolve(&[&server], Family::Any).await, outcome);
    }
}

#[tokio::test]
async fn the_family_decides_which_address_is_asked_for() {
    let both = NameServer::start(Answer::Has(&[LOOPBACK6, LOOPBACK])).await;
    assert_eq!(resolve(&[&both], Family::Any).await, Ok(LOOPBACK));
    assert_eq!(both.questions(), 1, "IPv6 is not asked for where there is IPv4");
    assert_eq!(resolve(&[&both], Family::V6).await, Ok(LOOPBACK6));
    let four = NameServer::start(Answer::Has(&[LOOPBACK])).await;
    assert_eq!(resolve(&[&four], Family::V6).await, Err(Down(NameNoData)));
}

#[tokio::test]
async fn the_next_name_server_is_asked_only_when_one_fails() {
    let good = NameServer::start(Answer::Has(&[LOOPBACK])).await;
    for failing in [Answer::Nothing, Answer::Code(SERVER_FAILURE), Answer::Code(REFUSED)] {
        let failing = NameServer::start(failing).await;
        assert_eq!(resolve(&[&failing, &good], Family::V4).await, Ok(LOOPBACK));
    }
    let asked = good.questions();
    let denies = NameServer::start(Answer::Code(NO_SUCH_NAME)).await;
    assert_eq!(resolve(&[&denies, &good], Family::V4).await, Err(Down(NameNotFound)));
    assert_eq!(good.questions(), asked);
    let silent = NameServer::start(Answer::Nothing).await;
    let refuses = NameServer::start(Answer::Code(REFUSED)).await;
    assert_eq!(resolve(&[&silent, &refuses], Family::V4).await, Err(Down(NameRefused)));
}

#[tokio::test]
async fn every_attempt_asks_anew() {
    let site = Site::start().await;
    let server = NameServer::start(Answer::Has(&[LOOPBACK])).await;
    let url = format!("https://portal.example:{}/login", site.service.address().port());
    let mut login = site.login_by(Kind::Form(Form::new(url.parse().unwrap())));
    login.dial.nameservers = vec![server.address];
    site.service.present(site.authority.leaf(&["portal.example"]).unwrap()).unwrap();
    let prepared = probe::Prober::new().prepare(login).unwrap();
    for n in 1..=3 {
        let attempt = prepared.attempt(probe::Account::Main).await;
        assert_eq!(attempt.outcome, Up, "{}", attempt.message);
        assert_eq!(server.questions(), n, "one question per attempt, none remembered");
        assert!(attempt.steps[0].phases.get(Phase::Resolve).is_some());
    }
}

#[tokio::test]
async fn a_failed_name_is_a_failure_in_the_phase_resolve() {
    let site = Site::start().await;
    for (answer, cause) in
        [(Answer::Code(NO_SUCH_NAME), NameNotFound), (Answer::Nothing, NameTimeout)]
    {
        let server = NameServer::start(answer).await;
        let form = Form::new("https://portal.example/login".parse().unwrap());
        let mut login: Login = site.login_by(Kind::Form(form));
        login.dial.nameservers = vec![server.address];
        login.limits.resolve = Duration::from_millis(300);
        let attempt = attempt(login).await;
        assert_eq!(attempt.outcome, Down(cause), "{}", attempt.message);
        assert_eq!(attempt.phase, Some(Phase::Resolve));
        assert_eq!(attempt.steps.len(), 1);
        assert_eq!(attempt.evidence.address, None);
    }
}
