//! From a name to one address.
//!
//! Each attempt asks anew: no cache, no retry, no search list (names end with a dot), so that what
//! is measured is what a customer's first visit meets. Name servers are asked in their order, and
//! the next one only when one fails: a machine with two name servers survives the loss of one, and
//! so does its measuring. An address is the name, without asking anybody.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use contract::{DownCause, UnableCause};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
    ServerOrderingStrategy,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::system_conf::parse_resolv_conf;
use tokio::time::timeout;

use crate::failure::{Failure, own_trouble};
use crate::hosts::HostsFile;
use crate::settings::Family;

/// Name servers that are asked; further ones are left out.
pub const NAMESERVERS_MAX: usize = 4;

/// The longest that this crate waits for a name server by itself; the settings' limit is shorter.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

const RESOLV_CONF: &str = "/etc/resolv.conf";
const HOSTS: &str = "/etc/hosts";

/// Looks names up, for any number of attempts at the same time.
#[derive(Debug)]
pub struct Resolver {
    servers: Servers,
    hosts: Option<HostsFile>,
}

enum Servers {
    Fixed(Arc<[TokioResolver]>),
    /// The system's; read again when the file has changed (another network, another lease).
    System(Mutex<SystemServers>),
}

#[derive(Default)]
struct SystemServers {
    version: Option<(SystemTime, u64)>,
    servers: Arc<[TokioResolver]>,
}

impl Resolver {
    /// A resolver that asks these name servers, or the system's when there are none.
    pub fn new(nameservers: &[SocketAddr], hosts_file: bool) -> Result<Self, String> {
        let servers = match nameservers {
            [] => Servers::System(Mutex::default()),
            some => {
                let some = some.iter().take(NAMESERVERS_MAX);
                let some = some.map(|server| client(*server)).collect::<Result<Vec<_>, _>>();
                Servers::Fixed(some.map_err(|e| format!("cannot ask name servers: {e}"))?.into())
            }
        };
        Ok(Resolver { servers, hosts: hosts_file.then(|| HostsFile::new(HOSTS)) })
    }

    /// One address of that kind for a name. `limit` is shared among the name servers.
    pub async fn resolve(
        &self,
        host: &str,
        family: Family,
        limit: Duration,
    ) -> Result<IpAddr, Failure> {
        if let Some(address) = self.hosts.as_ref().and_then(|hosts| hosts.address(host, family)) {
            return Ok(address);
        }
        let mut name = Name::from_str(host)
            .map_err(|_| Failure::down(DownCause::NameNotFound, format!("{host} is no name")))?;
        name.set_fqdn(true);
        let (first, second) = match family {
            Family::V4 => (RecordType::A, None),
            Family::V6 => (RecordType::AAAA, None),
            Family::Any => (RecordType::A, Some(RecordType::AAAA)),
        };
        let mut found = self.ask_all(&name, first, limit).await?;
        if let (None, Some(second)) = (found, second) {
            found = self.ask_all(&name, second, limit).await?;
        }
        found.ok_or_else(|| no_data(host, family))
    }

    /// Asks one name server after the other, until one knows.
    async fn ask_all(
        &self,
        name: &Name,
        kind: RecordType,
        limit: Duration,
    ) -> Result<Option<IpAddr>, Failure> {
        let servers = self.servers.current()?;
        let share = limit / u32::try_from(servers.len()).unwrap_or(u32::MAX).max(1);
        let mut failure = None;
        for server in servers.iter() {
            let answer = timeout(share, server.lookup(name.clone(), kind)).await;
            match answer.unwrap_or(Err(NetError::Timeout)) {
                Ok(lookup) => return Ok(lookup.answers().iter().find_map(|r| r.data.ip_addr())),
                Err(NetError::Dns(DnsError::NoRecordsFound(none))) => match none.response_code {
                    ResponseCode::NXDomain => {
                        return Err(Failure::down(DownCause::NameNotFound, name.to_string()));
                    }
                    ResponseCode::NoError => return Ok(None),
                    code => note(&mut failure, of_code(code, name)),
                },
                Err(NetError::Dns(DnsError::ResponseCode(code))) => {
                    note(&mut failure, of_code(code, name));
                }
                Err(error) => note(&mut failure, of_error(&error, name)),
            }
        }
        Err(failure.unwrap_or_else(|| {
            Failure::unable(
                UnableCause::Internal,
                format!("{RESOLV_CONF} names no name server: set one there or `nameservers`"),
            )
        }))
    }
}

/// What a server said is worth more than that another one said nothing.
fn note(kept: &mut Option<Failure>, new: Failure) {
    let silent = Failure::down(DownCause::NameTimeout, "").outcome;
    if kept.as_ref().is_none_or(|kept| kept.outcome == silent) {
        *kept = Some(new);
    }
}

fn no_data(host: &str, family: Family) -> Failure {
    let wanted = match family {
        Family::Any => "neither an IPv4 nor an IPv6 address",
        Family::V4 => "no IPv4 address",
        Family::V6 => "no IPv6 address",
    };
    Failure::down(DownCause::NameNoData, format!("{host} has {wanted}"))
}

fn of_code(code: ResponseCode, name: &Name) -> Failure {
    match code {
        ResponseCode::Refused => Failure::down(DownCause::NameRefused, name.to_string()),
        ResponseCode::ServFail => Failure::down(DownCause::NameServerFailure, name.to_string()),
        other => Failure::down(DownCause::NameServerFailure, format!("{name}: answered {other}")),
    }
}

fn of_error(error: &NetError, name: &Name) -> Failure {
    if let NetError::Io(io) = error {
        if let Some(own) = own_trouble(io) {
            return own;
        }
        let connect = crate::failure::of_connect(io, true);
        if matches!(connect.outcome, contract::Outcome::Unable(_)) {
            return connect;
        }
    }
    match error {
        NetError::Timeout | NetError::Io(_) | NetError::NoConnections | NetError::Busy => {
            Failure::down(DownCause::NameTimeout, name.to_string())
        }
        other => Failure::down(DownCause::NameServerFailure, format!("{name}: {other}")),
    }
}

impl Servers {
    fn current(&self) -> Result<Arc<[TokioResolver]>, Failure> {
        match self {
            Servers::Fixed(servers) => Ok(Arc::clone(servers)),
            Servers::System(known) => {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                let version = std::fs::metadata(RESOLV_CONF)
                    .and_then(|metadata| Ok((metadata.modified()?, metadata.len())))
                    .ok();
                if known.version != version || version.is_none() {
                    let servers = system_servers(Path::new(RESOLV_CONF))
                        .map_err(|detail| Failure::unable(UnableCause::Internal, detail))?;
                    *known = SystemServers { version, servers };
                }
                Ok(Arc::clone(&known.servers))
            }
        }
    }
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Servers::Fixed(servers) => write!(f, "Fixed({})", servers.len()),
            Servers::System(_) => f.write_str("System"),
        }
    }
}

fn system_servers(path: &Path) -> Result<Arc<[TokioResolver]>, String> {
    let text = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let (config, _) = parse_resolv_conf(&text).map_err(|e| {
        format!("{}: {e}: set a name server there or `nameservers`", path.display())
    })?;
    let servers = config.name_servers().iter().take(NAMESERVERS_MAX);
    let servers = servers.map(|server| client(SocketAddr::new(server.ip, 53)));
    let servers: Result<Vec<_>, _> = servers.collect();
    Ok(servers.map_err(|e| format!("cannot ask name servers: {e}"))?.into())
}

fn client(server: SocketAddr) -> Result<TokioResolver, NetError> {
    let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
    (udp.port, tcp.port) = (server.port(), server.port());
    let server = NameServerConfig::new(server.ip(), true, vec![udp, tcp]);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut options = ResolverOpts::default();
    options.attempts = 0;
    options.cache_size = 0;
    options.num_concurrent_reqs = 1;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options.timeout = ANSWER_TIMEOUT;
    options.use_hosts_file = ResolveHosts::Never;
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(options)
        .build()
}
