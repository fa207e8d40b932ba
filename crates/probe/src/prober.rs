//! Makes login attempts. What attempts can share (TLS roots, resolvers) is held here.

use std::sync::Arc;

use contract::{Evidence, Outcome, UnableCause};

use crate::attempt::Attempt;
use crate::settings::Login;

/// Makes login attempts.
#[derive(Clone, Debug, Default)]
pub struct Prober {}

/// A login that can be attempted again and again, also at the same time.
#[derive(Clone, Debug)]
pub struct PreparedLogin {
    login: Arc<Login>,
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
    pub fn prepare(&self, login: Login) -> Result<PreparedLogin, String> {
        Ok(PreparedLogin { login: Arc::new(login) })
    }
}

impl PreparedLogin {
    /// The login's settings.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// Signs in once, looks for the proof, and logs out. Ends within `limits.total` and a moment.
    /// Dropping the future ends the attempt and closes its connections.
    pub async fn attempt(&self, account: Account) -> Attempt {
        let _ = account;
        Attempt {
            outcome: Outcome::Unable(UnableCause::Internal),
            phase: None,
            message: String::new(),
            duration: std::time::Duration::ZERO,
            steps: Vec::new(),
            tls: None,
            evidence: Evidence::default(),
            notes: Vec::new(),
            requests: 0,
            bytes_received: 0,
        }
    }
}
