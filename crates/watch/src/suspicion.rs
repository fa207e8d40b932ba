//! What is not decided yet: a failed login that is neither confirmed nor cleared (C3.2, C3.8).

use contract::{DownCause, Instant};

use crate::accounts::Account;
use crate::clocks::Now;

/// What a round of questions to the witnesses found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Witnesses {
    /// How many answered.
    pub answered: u32,
    /// How many were asked.
    pub asked: u32,
}

/// The decision that a service waits for.
#[derive(Clone, Debug)]
pub(crate) enum Open {
    /// None.
    Nothing,
    /// The own network was lost, and there is another failure in the network: before a suspicion,
    /// the witnesses have to answer again.
    Doubt { started: Now, account: Account },
    /// A login failed.
    Suspicion(Suspicion),
}

/// A failed login, from the first failed attempt on.
#[derive(Clone, Debug)]
pub(crate) struct Suspicion {
    /// Start of the first failed attempt, where the decision will begin (C3.8).
    pub since: Instant,
    /// What the next attempt is to find out.
    pub of: Suspected,
    /// Whether the own network explains the first failure.
    pub first: Testimony,
    /// The attempt that failed, too; what is still missing is the witnesses' answer.
    pub confirmed: Option<Failure>,
    /// The start of a successful login that came before that answer.
    pub ended: Option<Instant>,
}

/// What is suspected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Suspected {
    /// That nobody can log in; an attempt on a fresh connection is to confirm it (C3.2).
    Login,
    /// That only one account is refused; the other one is being tried (C3.5).
    Account,
}

/// A failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub started: Now,
    pub account: Account,
    pub cause: DownCause,
    pub testimony: Testimony,
}

/// What the witnesses say of one failure (C3.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Testimony {
    /// They need not be asked: the service itself answered (C3.4), or there are none.
    NotNeeded,
    /// They have not answered yet.
    Asked,
    /// Enough of them answered: the own network does not explain the failure.
    Enough,
    /// Too few answered: the own network may explain it.
    TooFew,
}

/// What has become of a suspicion whose confirming attempt failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The witnesses have not answered yet.
    Pending,
    /// Confirmed: down since the first failed attempt.
    Down,
    /// The own network explains both failures.
    OwnNetwork,
    /// The own network explains the first failure, but not the second: a new suspicion.
    BeginAnew,
}

impl Suspicion {
    pub fn new(since: Instant, of: Suspected, first: Testimony) -> Self {
        Self { since, of, first, confirmed: None, ended: None }
    }

    /// The witnesses answered.
    pub fn hear(&mut self, testimony: Testimony) {
        let second = self.confirmed.as_mut().map(|failure| &mut failure.testimony);
        for asked in std::iter::once(&mut self.first).chain(second) {
            if *asked == Testimony::Asked {
                *asked = testimony;
            }
        }
    }

    /// C3.2, C3.3: what two failures and the witnesses amount to.
    pub fn verdict(&self, second: Testimony) -> Verdict {
        use Testimony::{Asked, TooFew};
        match (self.first, second) {
            (Asked, _) | (_, Asked) => Verdict::Pending,
            (_, TooFew) => Verdict::OwnNetwork,
            (TooFew, _) => Verdict::BeginAnew,
            _ => Verdict::Down,
        }
    }
}
