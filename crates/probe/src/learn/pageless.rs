//! Logins without a page: HTTP authentication, and what is not HTTP. Nothing is to be chosen there
//! and no proof to be found, since each kind has one of its own: the login is made as it will be
//! each minute.

use contract::{AccountCause, Outcome};

use super::{Cost, Learned, Pupil, Saw, Stop};
use crate::attempt::Attempt;
use crate::failure::Failure;
use crate::kinds::ssh;
use crate::prober::Account;
use crate::settings::{Direct, HostKey, Kind, Login, Ssh};

impl Pupil<'_> {
    /// A page behind HTTP authentication is refused without the password.
    pub async fn learn_http(&mut self, kind: Kind) -> Result<Learned, Stop> {
        let page = format!("the page asks for HTTP {} authentication", kind.as_str());
        let logout = "there is no session to end".to_owned();
        self.learn_pageless(kind, Saw { page, logout, ..Saw::default() }).await
    }

    /// What is not HTTP says itself what it takes. A server that speaks SSH is known by its key.
    pub async fn learn_direct(&mut self, mut direct: Direct) -> Result<Learned, Stop> {
        let mut saw = Saw::default();
        if let Direct::Ssh(ssh) = &mut direct {
            let is_given = !ssh.host_keys.is_empty();
            if !is_given {
                ssh.host_keys.push(self.host_key(ssh).await?);
            }
            let of = ssh.host_keys.iter().map(HostKey::fingerprint).collect::<Vec<_>>().join(", ");
            saw.host_key = match is_given {
                true => of,
                false => format!("{of}, as shown to a stranger: compare it with the server's own"),
            };
        }
        saw.logout = format!("by {}", direct.requests().last().copied().unwrap_or_default());
        self.learn_pageless(Kind::Direct(direct), saw).await
    }

    /// Signs in; and if a wrong password may be tried, tries one, and signs in once more, so that
    /// what counts failures in a row begins anew.
    async fn learn_pageless(&mut self, kind: Kind, mut saw: Saw) -> Result<Learned, Stop> {
        let login = self.login(kind);
        let mut attempt = self.attempt(login.clone()).await?;
        if self.task.try_wrong_password && attempt.outcome == Outcome::Up {
            let wrong = self.attempt(Login { account: self.wrong(), ..login.clone() }).await?;
            self.spent.wrong_passwords += 1;
            if wrong.outcome != Outcome::Account(AccountCause::Rejected) {
                saw.notes.push(format!("a wrong password was not refused: {}", wrong.message));
            }
            saw.refused = Some(wrong.message);
            attempt = self.attempt(login.clone()).await?;
        }
        if attempt.outcome != Outcome::Up {
            let (outcome, message) = (attempt.outcome, attempt.message);
            return Err(Stop::NotLearned { outcome, message, proposals: Vec::new() });
        }
        if saw.page.is_empty() {
            saw.page = seen(&attempt);
        }
        saw.goes_on = !attempt.notes.is_empty();
        saw.notes.extend(attempt.notes.iter().cloned());
        let each = cost(&attempt);
        let login = Login { limits: self.task.login.limits.clone(), ..login };
        Ok(Learned { login, saw, each, spent: self.spent })
    }

    async fn attempt(&mut self, login: Login) -> Result<Attempt, Stop> {
        let attempt = self.prepare(login)?.attempt(Account::Main).await;
        let Cost { requests, bytes, sessions, .. } = cost(&attempt);
        self.spent.requests += requests;
        self.spent.bytes += bytes;
        self.spent.sessions += sessions;
        Ok(attempt)
    }

    /// The key that the server shows to who does not know it; the account is not named to it.
    async fn host_key(&mut self, ssh: &Ssh) -> Result<HostKey, Stop> {
        let login = self.login(Kind::Direct(Direct::Ssh(Box::new(ssh.clone()))));
        let stranger = self.prober.prepare_stranger(login).map_err(Stop::Settings)?;
        let mut trace = stranger.trace(Account::Main);
        let shown = ssh::host_key(ssh, &mut trace).await;
        self.spent.requests += trace.requests;
        self.spent.bytes += trace.bytes_received;
        shown.map_err(|failure: Failure| Stop::NotLearned {
            outcome: failure.outcome,
            message: trace.redactor.clean(&failure.message()),
            proposals: Vec::new(),
        })
    }
}

fn cost(attempt: &Attempt) -> Cost {
    Cost {
        requests: attempt.requests,
        bytes: attempt.bytes_received,
        sessions: u32::from(attempt.outcome == Outcome::Up),
        wrong_passwords: 0,
    }
}

/// What proved it, and how it was encrypted.
fn seen(attempt: &Attempt) -> String {
    let version = attempt.tls.as_ref().and_then(|tls| tls.version);
    let tls = version.map(|version| format!(", over {version}")).unwrap_or_default();
    format!("{}{tls}", attempt.message)
}
