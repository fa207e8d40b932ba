//! One dial for every kind of login: from a host and a port to a connection, and from there to a
//! TLS stream, at once or after the protocol's own way to ask for it.
//!
//! One address per attempt, known and recorded: never several at once, since a login that works
//! only at every second address must be seen to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use contract::{DownCause, Phase, UnableCause};
use rustls_pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use url::Host;

use crate::attempt::{Step, TlsReport};
use crate::clock::Clock;
use crate::failure::{Failure, of_connect};
use crate::resolve::Resolver;
use crate::settings::{Dial, Family, Limits, Shared};
use crate::tls::{Secured, TlsClient};

/// Dials as one login's settings say.
#[derive(Clone, Debug)]
pub struct Dialer {
    settings: Shared<Dial>,
    limits: Shared<Limits>,
    /// The login's own host, for which `resolve_to` holds.
    own_host: Host<String>,
    resolver: Arc<Resolver>,
    tls: Arc<TlsClient>,
}

impl Dialer {
    /// A dialer for a login at `own_host`.
    pub fn new(
        settings: Shared<Dial>,
        limits: Shared<Limits>,
        own_host: Host<String>,
        resolver: Arc<Resolver>,
        tls: Arc<TlsClient>,
    ) -> Self {
        Dialer { settings, limits, own_host, resolver, tls }
    }

    /// Resolves and connects. The address and each phase go to `step`, also when it fails.
    pub async fn connect(
        &self,
        host: &Host<&str>,
        port: u16,
        clock: &Clock,
        step: &mut Step,
    ) -> Result<TcpStream, Failure> {
        let address = match self.known_address(host) {
            Some(address) => address,
            None => {
                let name = host.to_string();
                let found = self.resolver.resolve(&name, self.settings.family, self.limits.resolve);
                clock.phase(Phase::Resolve, &mut step.phases, found).await?
            }
        };
        let address = SocketAddr::new(address, port);
        step.address = Some(address);
        self.check_family(address).map_err(|failure| failure.in_phase(Phase::Resolve))?;
        let connecting = connect(address, self.settings.source);
        clock.phase(Phase::Connect, &mut step.phases, connecting).await
    }

    /// Shakes hands over a connection to `host`. The phase goes to `step`, what was seen of TLS to
    /// `report`, also when it fails.
    pub async fn shake_hands(
        &self,
        host: &Host<&str>,
        tcp: TcpStream,
        clock: &Clock,
        step: &mut Step,
        report: &mut TlsReport,
    ) -> Result<Secured, Failure> {
        let name = server_name(host)?;
        let handshake = self.tls.handshake(name, tcp, report);
        let stream = clock.phase(Phase::Tls, &mut step.phases, handshake).await;
        if let Err(failure) = &stream {
            report.fault.get_or_insert_with(|| failure.message());
        }
        stream
    }

    /// The address of a host that need not be looked up.
    fn known_address(&self, host: &Host<&str>) -> Option<IpAddr> {
        let own = match (&self.own_host, host) {
            (Host::Domain(own), Host::Domain(host)) => own == host,
            (Host::Ipv4(own), Host::Ipv4(host)) => own == host,
            (Host::Ipv6(own), Host::Ipv6(host)) => own == host,
            _ => false,
        };
        match (self.settings.resolve_to, host) {
            (Some(fixed), _) if own => Some(fixed),
            (_, Host::Ipv4(address)) => Some((*address).into()),
            (_, Host::Ipv6(address)) => Some((*address).into()),
            (_, Host::Domain(name)) => {
                let mut known = self.settings.addresses.iter();
                known.find(|(known, _)| known == name).map(|(_, address)| *address)
            }
        }
    }

    fn check_family(&self, address: SocketAddr) -> Result<(), Failure> {
        let wanted = match self.settings.family {
            Family::Any => return Ok(()),
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        };
        if wanted {
            return Ok(());
        }
        let detail = format!("{} is of the other family", address.ip());
        Err(Failure::down(DownCause::NameNoData, detail))
    }
}

/// Connects to one address.
pub async fn connect(address: SocketAddr, source: Option<IpAddr>) -> Result<TcpStream, Failure> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = socket.map_err(|e| of_connect(&e, true))?;
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0)).map_err(|e| {
            Failure::unable(UnableCause::SourceAddress, format!("cannot bind to {source}: {e}"))
        })?;
    }
    let stream = match connect_or_fail_at_once(socket, address).await {
        (Ok(stream), _) => stream,
        (Err(error), at_once) => {
            let mut failure = of_connect(&error, at_once);
            if failure.detail.is_empty() {
                failure.detail = address.to_string();
            }
            return Err(failure);
        }
    };
    // Without it the last small packet of a handshake waits for an acknowledgement.
    stream.set_nodelay(true).map_err(|e| of_connect(&e, true))?;
    Ok(stream)
}

/// Connects, and says of a failure whether the call itself failed: then no packet was sent.
async fn connect_or_fail_at_once(
    socket: TcpSocket,
    address: SocketAddr,
) -> (io::Result<TcpStream>, bool) {
    let mut connecting = pin!(socket.connect(address));
    let mut at_once = true;
    std::future::poll_fn(|cx| match connecting.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready((result, at_once)),
        Poll::Pending => {
            at_once = false;
            Poll::Pending
        }
    })
    .await
}

fn server_name(host: &Host<&str>) -> Result<ServerName<'static>, Failure> {
    Ok(match host {
        Host::Ipv4(address) => ServerName::IpAddress(IpAddr::from(*address).into()),
        Host::Ipv6(address) => ServerName::IpAddress(IpAddr::from(*address).into()),
        Host::Domain(name) => ServerName::try_from((*name).to_owned()).map_err(|_| {
            Failure::down(DownCause::NameNotFound, format!("{name} is no host name"))
        })?,
    })
}
