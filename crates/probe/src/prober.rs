//! Makes login attempts. What attempts can share (TLS roots, resolvers) is held here.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use contract::UnableCause;
use secrecy::ExposeSecret;
use url::Host;

use crate::attempt::Attempt;
use crate::clock::Clock;
use crate::dial::Dialer;
use crate::exchange::Exchanges;
use crate::failure::Failure;
use crate::kinds::{self, json};
use crate::logout::log_out;
use crate::one_time_code::Codes;
use crate::redact::Redactor;
use crate::resolve::Resolver;
use crate::session::Session;
use crate::settings::{Credentials, Dial, Direct, Http, Kind, Login, Tls, Totp};
use crate::tls::TlsClient;
use crate::trace::Trace;

/// Makes login attempts. Clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct Prober {
    shared: Arc<Mutex<Shared>>,
}

/// What logins share, for as long as one of them lives.
#[derive(Debug, Default)]
struct Shared {
    tls: Known<(Tls, Option<Http>), TlsClient>,
    resolvers: Known<(Vec<SocketAddr>, bool), Resolver>,
    codes: Known<Totp, Codes>,
}

/// What was made of which settings.
type Known<K, V> = Vec<(K, Weak<V>)>;

/// A login that can be attempted again and again, also at the same time.
#[derive(Clone, Debug)]
pub struct PreparedLogin {
    login: Arc<Login>,
    dialer: Arc<Dialer>,
    redactors: Arc<[Redactor; 2]>,
    codes: [Option<Arc<Codes>>; 2],
}

/// Who signs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Account {
    /// The login's own account.
    #[default]
    Main,
    /// Its second account (C3.5).
    Second,
}

impl Prober {
    /// A prober without any login.
    pub fn new() -> Self {
        Prober::default()
    }

    /// Makes a login ready, once per configuration. The error is a fragment that names the remedy.
    pub fn prepare(&self, login: impl Into<Arc<Login>>) -> Result<PreparedLogin, String> {
        let login = login.into();
        if let Kind::Direct(Direct::Ssh(ssh)) = &login.kind
            && ssh.host_keys.is_empty()
        {
            return Err("a login by ssh needs a key that its host is known by".to_owned());
        }
        self.prepare_stranger(login)
    }

    /// The same, also where it is not known by which key its host shows itself.
    pub(crate) fn prepare_stranger(
        &self,
        login: impl Into<Arc<Login>>,
    ) -> Result<PreparedLogin, String> {
        let login = login.into();
        let own_host = own_host(&login)?;
        if let Kind::Json(settings) = &login.kind {
            json::check_settings(settings)?;
        }
        let http = (!matches!(login.kind, Kind::Direct(_))).then_some(login.dial.http);
        let (resolver, tls) = self.shared(&login.dial, http)?;
        let dialer = Dialer::new(login.dial.clone(), login.limits.clone(), own_host, resolver, tls);
        let accounts = [Some(&login.account), login.second_account.as_deref()];
        let codes = accounts.map(|account| self.codes(account?.totp.as_ref()?));
        let redactors = Arc::new(accounts.map(|account| match account {
            Some(account) => {
                let mut secrets = login.kind.secrets();
                secrets.push(account.password.expose_secret());
                Redactor::new(&account.user, &secrets)
            }
            None => Redactor::default(),
        }));
        Ok(PreparedLogin { login, dialer: Arc::new(dialer), redactors, codes })
    }

    /// The codes of a secret, which all logins with that secret take theirs from.
    fn codes(&self, totp: &Totp) -> Option<Arc<Codes>> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let make = |totp: &Totp| Ok(Codes::new(totp.clone(), Clock::wall()));
        share(&mut shared.codes, totp.clone(), make).ok()
    }

    fn shared(
        &self,
        dial: &Dial,
        http: Option<Http>,
    ) -> Result<(Arc<Resolver>, Arc<TlsClient>), String> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Shared { tls, resolvers, .. } = &mut *shared;
        let tls = share(tls, (dial.tls.clone(), http), |(tls, http)| TlsClient::new(tls, *http))?;
        let resolver = share(
            resolvers,
            (dial.nameservers.clone(), dial.hosts_file),
            |(nameservers, hosts_file)| Resolver::new(nameservers, *hosts_file),
        )?;
        Ok((resolver, tls))
    }
}

/// The host that a login is at.
fn own_host(login: &Login) -> Result<Host<String>, String> {
    if let Kind::Direct(direct) = &login.kind {
        return Ok(direct.endpoint().host().to_owned());
    }
    // C1.5
    if login.url().scheme() != "https" {
        return Err("the login's url must begin with https://".to_owned());
    }
    Ok(login.url().host().ok_or("the login's url has no host")?.to_owned())
}

/// The value that another login with the same settings uses, or a new one.
fn share<K: PartialEq, V>(
    known: &mut Known<K, V>,
    key: K,
    make: impl FnOnce(&K) -> Result<V, String>,
) -> Result<Arc<V>, String> {
    known.retain(|(_, value)| value.strong_count() > 0);
    let found = known.iter().find(|(other, _)| *other == key);
    if let Some(value) = found.and_then(|(_, value)| value.upgrade()) {
        return Ok(value);
    }
    let value = Arc::new(make(&key)?);
    known.push((key, Arc::downgrade(&value)));
    Ok(value)
}

impl PreparedLogin {
    /// The login's settings.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// Signs in once, looks for the proof, and logs out. Ends within `limits.total` and a moment.
    /// Dropping the future ends the attempt and closes its connections.
    pub async fn attempt(&self, account: Account) -> Attempt {
        self.attempt_and_keep(account, None).await
    }

    /// The same, and keeps each request and its answer for a person to look at, the secrets cut out.
    pub async fn explain(&self, account: Account) -> Attempt {
        let user = self.credentials(account).map_or("", |credentials| &credentials.user);
        self.attempt_and_keep(account, Some(Exchanges::new(user))).await
    }

    async fn attempt_and_keep(&self, account: Account, exchanges: Option<Exchanges>) -> Attempt {
        if let Kind::Direct(direct) = &self.login.kind {
            let mut trace = self.trace(account);
            trace.exchanges = exchanges;
            return kinds::direct::attempt(direct, self.credentials(account), trace).await;
        }
        let mut session = self.session(account);
        session.trace.exchanges = exchanges;
        let result = sign_in(&mut session, self.credentials(account)).await;
        let result = match result {
            Err(failure) => Err(failure),
            Ok(signed_in) => {
                if let Err(note) = log_out(&mut session, &signed_in).await {
                    session.trace.notes.push(note);
                }
                Ok(format!("signed in: {}", signed_in.saw))
            }
        };
        session.finish(result)
    }

    /// A session that has not asked for anything yet.
    pub(crate) fn session(&self, account: Account) -> Session<'_> {
        let user = self.credentials(account).map_or("", |credentials| &credentials.user);
        let which = account as usize;
        let (redactor, codes) = (&self.redactors[which], self.codes[which].as_deref());
        Session::new(&self.login, user, &self.dialer, redactor, codes)
    }

    /// The notes of an attempt that begins now.
    pub(crate) fn trace(&self, account: Account) -> Trace<'_> {
        let clock = Clock::start(*self.login.limits);
        Trace::new(clock, &self.dialer, &self.redactors[account as usize])
    }

    fn credentials(&self, account: Account) -> Option<&Credentials> {
        match account {
            Account::Main => Some(&self.login.account),
            Account::Second => self.login.second_account.as_deref(),
        }
    }
}

async fn sign_in(
    session: &mut Session<'_>,
    credentials: Option<&Credentials>,
) -> Result<kinds::SignedIn, Failure> {
    let Some(credentials) = credentials else {
        return Err(Failure::unable(UnableCause::Credential, "no second account is configured"));
    };
    kinds::sign_in(session, credentials).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Form, Roots};

    fn login() -> Login {
        let form = Form::new("https://portal.example/login".parse().unwrap());
        let account = Credentials::new("probe", "secret");
        let mut login = Login::new(Kind::Form(form), account);
        let key = rcgen::KeyPair::generate().unwrap();
        let root = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        login.dial.tls.roots = Roots::Only(Arc::new(vec![root.der().clone()]));
        login
    }

    #[test]
    fn logins_share_what_they_can_for_as_long_as_they_live() {
        let prober = Prober::new();
        let one = login();
        let other = login();
        let first = prober.prepare(one.clone()).unwrap();
        let second = prober.prepare(one.clone()).unwrap();
        let third = prober.prepare(other).unwrap();
        let known = || prober.shared.lock().unwrap().tls.len();
        assert_eq!(known(), 2);
        assert_eq!(prober.shared.lock().unwrap().resolvers.len(), 1);
        drop((first, second, third));
        let _again = prober.prepare(one).unwrap();
        assert_eq!(known(), 1);
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_a_remedy() {
        let prober = Prober::new();
        let mut unrooted = login();
        unrooted.dial.tls.roots = Roots::Only(Arc::new(vec![vec![1, 2, 3].into()]));
        assert!(prober.prepare(unrooted).unwrap_err().contains("`ca_file`"));
        let mut pointer = login();
        let mut json = crate::settings::Json::new("https://portal.example/".parse().unwrap());
        json.token = Some("access_token".to_owned());
        pointer.kind = Kind::Json(Box::new(json));
        assert!(prober.prepare(pointer).unwrap_err().contains("/access_token"));
    }
}
