//! Asks the witnesses whether the network between this machine and others is whole (C3.3).

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};
use watch::Witnesses;

use crate::config::{Handshake, Target, Witness};

/// The configured witnesses, ready to be asked.
#[derive(Clone)]
pub struct WitnessHosts {
    witness: Witness,
    tls: TlsConnector,
}

/// What the witnesses answered, in the order of the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Testimony {
    /// Each witness's name, and whether it answered.
    pub answers: Vec<(String, bool)>,
}

impl Testimony {
    /// How many answered.
    pub fn answered(&self) -> usize {
        self.answers.iter().filter(|(_, answered)| *answered).count()
    }

    /// What a watch wants to know of it.
    pub fn counted(&self) -> Witnesses {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Witnesses { answered: number(self.answered()), asked: number(self.answers.len()) }
    }

    /// `2 of 3`, as evidence shows it.
    pub fn summary(&self) -> String {
        format!("{} of {}", self.answered(), self.answers.len())
    }
}

impl WitnessHosts {
    /// Makes the configured witnesses ready.
    pub fn new(witness: Witness) -> Self {
        // A witness need not be trusted, only be there. Without a root each certificate is refused
        // after it has been received, and that is an answer.
        let config = ClientConfig::builder()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Self { witness, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Asks all of them at once, and waits for each at most the configured time.
    pub async fn ask(&self) -> Testimony {
        let mut asked = JoinSet::new();
        for (index, target) in self.witness.targets.iter().cloned().enumerate() {
            let (tls, timeout_ms) = (self.tls.clone(), self.witness.timeout_ms);
            asked.spawn(async move { (index, answers(&target, &tls, timeout_ms).await) });
        }
        let names = self.witness.targets.iter().map(|target| (target.name.clone(), false));
        let mut answers: Vec<(String, bool)> = names.collect();
        while let Some(answer) = asked.join_next().await {
            if let Ok((index, answered)) = answer {
                answers[index].1 = answered;
            }
        }
        Testimony { answers }
    }
}

async fn answers(target: &Target, tls: &TlsConnector, timeout_ms: i64) -> bool {
    let limit = Duration::from_millis(timeout_ms.unsigned_abs());
    let answer = async {
        let address = (target.host.as_str(), target.port);
        let Ok(stream) = TcpStream::connect(address).await else { return false };
        match target.how {
            Handshake::Tcp => true,
            Handshake::Tls => shakes_hands(target, tls, stream).await,
        }
    };
    tokio::time::timeout(limit, answer).await.unwrap_or(false)
}

async fn shakes_hands(target: &Target, tls: &TlsConnector, stream: TcpStream) -> bool {
    let Ok(name) = ServerName::try_from(target.host.clone()) else { return false };
    match tls.connect(name, stream).await {
        Ok(_) => true,
        Err(error) => error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>())
            .is_some_and(|error| matches!(error, Error::InvalidCertificate(_))),
    }
}

#[cfg(test)]
mod tests {
    use login_service::{Authority, Fault, LoginService, Options};

    use super::*;

    fn target(name: &str, port: u16, how: Handshake) -> Target {
        Target { name: name.to_owned(), host: "127.0.0.1".to_owned(), port, how }
    }

    #[tokio::test]
    async fn c3_3_a_witness_answers_by_a_connection_or_by_a_handshake_whatever_its_certificate() {
        let authority = Authority::new().unwrap();
        let expired = authority.expired_leaf(&["elsewhere.test"]).unwrap();
        let up = LoginService::start(Options::new(expired)).await.unwrap();
        let gone = LoginService::start(Options::new(authority.leaf(&["localhost"]).unwrap()));
        let gone = gone.await.unwrap();
        gone.inject(Fault::Refuse).await;
        let plain = LoginService::start(Options::new(authority.leaf(&["localhost"]).unwrap()));
        let plain = plain.await.unwrap();
        plain.inject(Fault::NotTls).await;
        let witness = Witness {
            need: 1,
            targets: vec![
                target("tcp", up.address().port(), Handshake::Tcp),
                target("tls", up.address().port(), Handshake::Tls),
                target("gone", gone.address().port(), Handshake::Tcp),
                target("not tls", plain.address().port(), Handshake::Tls),
            ],
            timeout_ms: 5_000,
        };
        let testimony = WitnessHosts::new(witness).ask().await;
        let expected = [("tcp", true), ("tls", true), ("gone", false), ("not tls", false)];
        let expected = expected.map(|(name, answered)| (name.to_owned(), answered));
        assert_eq!(testimony.answers, expected);
        assert_eq!(testimony.summary(), "2 of 4");
    }
}
