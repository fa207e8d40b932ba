//! Who is signed in: sessions, wrong attempts, counters.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use crate::{Account, Counts};

/// More sessions than this, and the oldest ends: visitors who never sign in leave theirs behind.
const SESSIONS_MAX: usize = 4096;

/// What the service remembers.
#[derive(Default)]
pub(crate) struct Register {
    sessions: BTreeMap<u64, Session>,
    serial: u64,
    random: RandomState,
    wrong_attempts: HashMap<String, u32>,
    /// The time step of the latest code that each account has used.
    codes_used: HashMap<String, u128>,
    pub(crate) counts: Counts,
}

/// A visitor, signed in or not, known by the session cookie.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The cookie's value: the serial, then what cannot be guessed.
    pub(crate) id: String,
    /// What each form of this session must send back.
    pub(crate) csrf_token: String,
    /// Nobody before the login.
    pub(crate) user: Option<String>,
    /// Whose password was right, and who has still to give a one-time code.
    pub(crate) half: Option<String>,
    /// What the next login page says.
    pub(crate) notice: Option<&'static str>,
}

/// What a user name and a password are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    Locked,
}

impl Register {
    /// Opens a session; `user` is nobody before the login.
    pub(crate) fn open(&mut self, user: Option<&str>) -> Session {
        if self.sessions.len() >= SESSIONS_MAX {
            self.sessions.pop_first();
        }
        self.serial += 1;
        let serial = self.serial;
        let session = Session {
            id: format!("{serial}-{}", self.unguessable("session")),
            csrf_token: self.unguessable("csrf"),
            user: user.map(str::to_owned),
            half: None,
            notice: None,
        };
        self.sessions.insert(serial, session.clone());
        session
    }

    /// The session with that id.
    pub(crate) fn find(&mut self, id: &str) -> Option<&mut Session> {
        let serial = id.split_once('-')?.0.parse().ok()?;
        self.sessions.get_mut(&serial).filter(|session| session.id == id)
    }

    /// Ends the session with that id; true if there was one and somebody was signed in.
    pub(crate) fn close(&mut self, id: &str) -> bool {
        let Some(session) = self.find(id) else { return false };
        let signed_in = session.user.is_some();
        let serial = id.split_once('-').and_then(|(serial, _)| serial.parse().ok());
        serial.map(|serial: u64| self.sessions.remove(&serial));
        signed_in
    }

    /// Judges a login and counts it; locks the account after `wrong_attempts_max` in a row.
    pub(crate) fn judge(
        &mut self,
        accounts: &[Account],
        wrong_attempts_max: Option<u32>,
        (user, password): (&str, &str),
    ) -> Verdict {
        let account = accounts.iter().find(|account| account.user == user);
        let wrong_before = self.wrong_attempts.get(user).copied().unwrap_or(0);
        let verdict = match account {
            Some(_) if wrong_attempts_max.is_some_and(|max| wrong_before >= max) => Verdict::Locked,
            Some(account) if account.password == password => Verdict::Right,
            _ => Verdict::Wrong,
        };
        match verdict {
            Verdict::Right => {
                self.wrong_attempts.remove(user);
                self.counts.logins_ok += 1;
            }
            Verdict::Wrong | Verdict::Locked => {
                self.counts.logins_refused += 1;
                // Known names only: a stranger's guesses must not fill the memory.
                if account.is_some() {
                    self.wrong_attempts.insert(user.to_owned(), wrong_before.saturating_add(1));
                }
            }
        }
        verdict
    }

    /// Whether a one-time code is right and was not used before: from here on it was.
    pub(crate) fn take_code(&mut self, account: &Account, code: &str) -> bool {
        let Some(codes) = &account.codes else { return true };
        let used = self.codes_used.get(&account.user).copied();
        let step = codes.step_of(code).filter(|step| used.is_none_or(|used| *step > used));
        self.counts.codes_refused += u64::from(step.is_none());
        step.map(|step| self.codes_used.insert(account.user.clone(), step)).is_some()
    }

    /// Forgets an account's wrong attempts.
    pub(crate) fn unlock(&mut self, user: &str) {
        self.wrong_attempts.remove(user);
    }

    /// The counters, with the sessions as they are now.
    pub(crate) fn snapshot(&self) -> Counts {
        let open = self.sessions.values().filter(|session| session.user.is_some()).count();
        Counts { sessions_open: open as u64, ..self.counts }
    }

    fn unguessable(&self, purpose: &str) -> String {
        let half = |half: u8| self.random.hash_one((purpose, self.serial, half));
        format!("{:016x}{:016x}", half(0), half(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_who_never_sign_in_push_out_the_oldest_session() {
        let mut register = Register::default();
        let first = register.open(Some("demo"));
        assert_eq!(register.snapshot().sessions_open, 1);
        for _ in 0..SESSIONS_MAX {
            register.open(None);
        }
        assert!(register.find(&first.id).is_none());
        assert_eq!(register.sessions.len(), SESSIONS_MAX);
    }

    #[test]
    fn a_strangers_guesses_are_not_remembered() {
        let mut register = Register::default();
        let accounts = [Account::new("demo", "hemligt")];
        for guess in 0..100 {
            let user = format!("guess-{guess}");
            assert_eq!(register.judge(&accounts, Some(1), (&user, "x")), Verdict::Wrong);
        }
        assert!(register.wrong_attempts.is_empty());
    }

    #[test]
    fn a_session_is_found_by_its_whole_id_only() {
        let mut register = Register::default();
        let session = register.open(Some("demo"));
        let (serial, _) = session.id.split_once('-').unwrap();
        assert!(register.find(&format!("{serial}-")).is_none());
        assert!(!register.close(serial));
        assert!(register.close(&session.id));
        assert!(!register.close(&session.id), "once");
    }
}
