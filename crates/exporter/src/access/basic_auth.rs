//! Passwords of the pages: kept as bcrypt hashes only (C10.3), verified off the threads that
//! measure, one at a time.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bcrypt::HashParts;
use ring::hmac;
use ring::rand::SystemRandom;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::yaml::{Node, Remark};

/// Most users.
const USERS_MAX: usize = 1000;
/// The cost of a hash: below, passwords are guessed fast; above, one request takes seconds of CPU.
const COST_MIN: u32 = 10;
const COST_MAX: u32 = 16;
/// Passwords that were right lately and are known again without bcrypt.
const KNOWN_MAX: usize = 64;
/// Passwords verified at once: bcrypt is meant to be slow, and logins are measured meanwhile.
const VERIFIED_AT_ONCE_MAX: usize = 1;
/// Passwords that wait for that; who comes beyond is turned away.
const WAITING_MAX: usize = 32;

/// The users by name, each with the hash of its password.
#[derive(Clone, Default)]
pub(super) struct Users {
    hashes: BTreeMap<String, SecretString>,
    /// Hash of no password, as costly as the users' own: who asks for a user that is not there
    /// waits as long as for one that is.
    nobody: String,
}

impl Users {
    /// The users that a file names.
    pub(super) fn of(entries: Vec<(&Node, &str, &str)>, remarks: &mut Vec<Remark>) -> Self {
        let (mut hashes, mut cost_max) = (BTreeMap::new(), COST_MIN);
        if let Some((node, ..)) = entries.get(USERS_MAX) {
            remarks.push(node.remark(format!("more than {USERS_MAX} users")));
        }
        for (node, user, hash) in entries.into_iter().take(USERS_MAX) {
            if user.contains(':') {
                remarks.push(node.remark("a user's name with a colon can never sign in"));
            }
            let cost = match hash.parse::<HashParts>() {
                Ok(parts) => parts.get_cost(),
                Err(_) => {
                    let remark = node.remark("this is no bcrypt hash (C10.3)");
                    remarks.push(remark.help("make one with: htpasswd -nBC 12 USER"));
                    continue;
                }
            };
            if cost > COST_MAX {
                let remark = node.remark("this hash takes too long to verify");
                remarks.push(remark.help(format!("make it with a cost of {COST_MAX} at most")));
            } else if cost < COST_MIN {
                let remark = node.remark("this hash is quick to guess the password of");
                remarks.push(remark.help(format!("make it with a cost of {COST_MIN}")).warning());
            }
            cost_max = cost_max.max(cost.min(COST_MAX));
            hashes.insert(user.to_owned(), SecretString::from(hash));
        }
        Users { hashes, nobody: format!("$2b${cost_max:02}${}", "e".repeat(53)) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }
}

/// How many, and nothing of their hashes.
impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} users", self.hashes.len())
    }
}

/// What came of a user name and a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Right,
    Wrong,
    /// Too many wait already.
    Busy,
}

/// Verifies passwords.
pub(super) struct Passwords {
    /// Makes tags that nobody else can: what is remembered is of no use outside this process.
    key: hmac::Key,
    /// Tags of what was right, the oldest first.
    known: Mutex<VecDeque<hmac::Tag>>,
    verifying: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Passwords {
    pub(super) fn new() -> Self {
        let random = SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random);
        Passwords {
            key: key.expect("the kernel gives random bytes"),
            known: Mutex::default(),
            verifying: Arc::new(Semaphore::new(VERIFIED_AT_ONCE_MAX)),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }

    /// Whether `user` is one of `users` and has this password.
    pub(super) async fn verify(&self, users: &Users, user: &str, password: Vec<u8>) -> Verdict {
        let hash = users.hashes.get(user);
        let is_user = hash.is_some();
        let hash = hash.map_or(users.nobody.as_str(), |hash| hash.expose_secret()).to_owned();
        let tag = self.tag(user, &hash, &password);
        if is_user && self.is_known(&tag) {
            return Verdict::Right;
        }
        let Ok(_place) = self.waiting.try_acquire() else { return Verdict::Busy };
        let turn = self.verifying.clone().acquire_owned().await;
        // Whoever was before may have had the same password.
        if is_user && self.is_known(&tag) {
            return Verdict::Right;
        }
        let verified = tokio::task::spawn_blocking(move || {
            // Until bcrypt has ended, also when the one who asked has gone.
            let _turn = turn;
            bcrypt::verify(&password, &hash).unwrap_or(false)
        });
        if !verified.await.unwrap_or(false) || !is_user {
            return Verdict::Wrong;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.pop_front();
        }
        known.push_back(tag);
        Verdict::Right
    }

    /// The hash is part of it: a password that was changed is known no more.
    fn tag(&self, user: &str, hash: &str, password: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [user.as_bytes(), hash.as_bytes(), password] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }

    fn is_known(&self, tag: &hmac::Tag) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|it| it.as_ref() == tag.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(entries: &[(&str, &str)]) -> Users {
        let hashes = entries.iter().map(|(user, password)| {
            ((*user).to_owned(), SecretString::from(bcrypt::hash(password, 4).unwrap()))
        });
        Users { hashes: hashes.collect(), nobody: format!("$2b$04${}", "e".repeat(53)) }
    }

    #[tokio::test]
    async fn c10_3_a_password_is_right_for_its_user_alone() {
        let (passwords, users) = (Passwords::new(), users(&[("anna", "höst"), ("bo", "vår")]));
        for (user, password, expected) in [
            ("anna", "höst", Verdict::Right),
            ("anna", "höst", Verdict::Right),
            ("anna", "vår", Verdict::Wrong),
            ("bo", "höst", Verdict::Wrong),
            ("nobody", "höst", Verdict::Wrong),
            ("", "", Verdict::Wrong),
            ("anna", "", Verdict::Wrong),
        ] {
            let verdict = passwords.verify(&users, user, password.into()).await;
            assert_eq!(verdict, expected, "{user} {password}");
        }
        assert_eq!(passwords.known.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_changed_password_is_known_no_more() {
        let passwords = Passwords::new();
        let (before, after) = (users(&[("anna", "höst")]), users(&[("anna", "vår")]));
        assert_eq!(passwords.verify(&before, "anna", "höst".into()).await, Verdict::Right);
        assert_eq!(passwords.verify(&after, "anna", "höst".into()).await, Verdict::Wrong);
        assert_eq!(
            passwords.verify(&Users::default(), "anna", "höst".into()).await,
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn known_passwords_need_no_turn_and_the_number_that_waits_is_bounded() {
        let (passwords, users) = (Passwords::new(), users(&[("anna", "höst")]));
        assert_eq!(passwords.verify(&users, "anna", "höst".into()).await, Verdict::Right);
        let _turn = passwords.verifying.clone().acquire_owned().await.unwrap();
        let _places = passwords.waiting.acquire_many(WAITING_MAX as u32).await.unwrap();
        assert_eq!(passwords.verify(&users, "anna", "höst".into()).await, Verdict::Right);
        assert_eq!(passwords.verify(&users, "anna", "fel".into()).await, Verdict::Busy);
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let many: Vec<String> = (0..KNOWN_MAX + 3).map(|n| format!("user{n}")).collect();
        let entries: Vec<(&str, &str)> = many.iter().map(|user| (&**user, "höst")).collect();
        let (passwords, users) = (Passwords::new(), users(&entries));
        for user in &many {
            assert_eq!(passwords.verify(&users, user, "höst".into()).await, Verdict::Right);
        }
        assert_eq!(passwords.known.lock().unwrap().len(), KNOWN_MAX);
    }

    #[test]
    fn the_hash_of_nobody_is_as_costly_as_the_users_own() {
        let node = super::super::yaml::parse("x").unwrap().unwrap();
        let hash = bcrypt::hash("höst", 11).unwrap();
        let users = Users::of(vec![(&node, "anna", &hash)], &mut Vec::new());
        assert_eq!(users.nobody.parse::<HashParts>().unwrap().get_cost(), 11);
        assert!(!bcrypt::verify("", &Users::of(Vec::new(), &mut Vec::new()).nobody).unwrap());
    }
}
