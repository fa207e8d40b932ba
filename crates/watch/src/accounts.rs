//! The probe accounts of a service, and how long a refused one is left alone (C3.5).

use contract::AccountCause;

/// A refused account is tried again at least this often (or once an interval, if that is longer).
pub const RETRY_REFUSED_MS_MAX: i64 = 3_600_000;

/// A probe account of a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Account {
    /// The one that every service has.
    First,
    /// A different one, to tell a refused account from a dead login.
    Second,
}

impl Account {
    /// The other account.
    pub fn other(self) -> Self {
        match self {
            Account::First => Account::Second,
            Account::Second => Account::First,
        }
    }
}

/// Which accounts were refused, and until when they are left alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    has_second: bool,
    refusals: [Option<Refusal>; 2],
}

#[derive(Clone, Copy, Debug)]
struct Refusal {
    cause: AccountCause,
    /// Start of the refused attempt, on the monotonic clock.
    mono_ms: i64,
    /// The pause before the next attempt with this account.
    pause_ms: i64,
}

impl Accounts {
    pub fn new(has_second: bool) -> Self {
        Self { has_second, refusals: [None; 2] }
    }

    pub fn set_has_second(&mut self, has_second: bool) {
        self.has_second = has_second;
        if !has_second {
            self.refusals[Account::Second as usize] = None;
        }
    }

    /// Why `account` was refused when it was last tried, if it was.
    pub fn refused(&self, account: Account) -> Option<AccountCause> {
        self.refusals[account as usize].map(|refusal| refusal.cause)
    }

    /// `account` logged in.
    pub fn accepted(&mut self, account: Account) {
        self.refusals[account as usize] = None;
    }

    /// `account` was refused by an attempt that started at `mono_ms`. It is left alone for an
    /// interval, then for twice as long each time (C3.5).
    pub fn refuse(
        &mut self,
        account: Account,
        cause: AccountCause,
        mono_ms: i64,
        interval_ms: i64,
    ) {
        let refusal = &mut self.refusals[account as usize];
        let longest_ms = RETRY_REFUSED_MS_MAX.max(interval_ms);
        let pause_ms = match refusal {
            Some(before) => before.pause_ms.saturating_mul(2).min(longest_ms),
            None => interval_ms,
        };
        *refusal = Some(Refusal { cause, mono_ms, pause_ms });
    }

    /// The account for a regular attempt that starts now; none if every account is left alone. The
    /// next regular start is an interval later give or take its lateness, so a pause ends a little
    /// before it.
    pub fn usable_on_grid(&self, mono_ms: i64, interval_ms: i64) -> Option<Account> {
        self.usable(mono_ms + interval_ms / 10)
    }

    /// The account to log in with now; none if every account is left alone.
    pub fn usable(&self, mono_ms: i64) -> Option<Account> {
        [Account::First, Account::Second]
            .into_iter()
            .find(|&account| self.is_usable(account, mono_ms))
    }

    /// Whether `account` exists and is not left alone.
    pub fn is_usable(&self, account: Account, mono_ms: i64) -> bool {
        let refusal = self.refusals[account as usize];
        self.exists(account) && refusal.is_none_or(|refusal| refusal.held_until_ms() <= mono_ms)
    }

    /// Whether `account` exists and can be asked to confirm that the other one is refused. For this
    /// it is left alone for an interval only: downtime is not to rest on an older refusal (C3.2).
    pub fn can_confirm(&self, account: Account, mono_ms: i64, interval_ms: i64) -> bool {
        let refusal = self.refusals[account as usize];
        self.exists(account)
            && refusal.is_none_or(|refusal| refusal.mono_ms + interval_ms <= mono_ms)
    }

    /// How long after `mono_ms` the next regular attempt comes at the latest: an interval, and as
    /// long as every account is left alone beside.
    pub fn pace_ms(&self, mono_ms: i64, interval_ms: i64) -> i64 {
        let held_ms = |account: Account| match self.refusals[account as usize] {
            Some(refusal) => (refusal.held_until_ms() - mono_ms).max(0),
            None => 0,
        };
        let second_ms = if self.has_second { held_ms(Account::Second) } else { i64::MAX };
        interval_ms + held_ms(Account::First).min(second_ms)
    }

    fn exists(&self, account: Account) -> bool {
        account == Account::First || self.has_second
    }
}

impl Refusal {
    /// No attempt before this instant of the monotonic clock.
    fn held_until_ms(self) -> i64 {
        self.mono_ms + self.pause_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_5_a_refused_account_is_tried_at_the_next_interval_and_then_ever_more_slowly() {
        let mut accounts = Accounts::new(false);
        let mut pauses = Vec::new();
        let mut mono_ms = 0;
        for _ in 0..9 {
            accounts.refuse(Account::First, AccountCause::Rejected, mono_ms + 90, 60_000);
            let start = mono_ms;
            while accounts.usable_on_grid(mono_ms + 80, 60_000).is_none() {
                mono_ms += 60_000;
            }
            pauses.push((mono_ms - start) / 60_000);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        accounts.accepted(Account::First);
        assert_eq!(accounts.usable(mono_ms), Some(Account::First));
    }

    #[test]
    fn c3_5_an_interval_longer_than_an_hour_is_kept() {
        let mut accounts = Accounts::new(false);
        for _ in 0..3 {
            accounts.refuse(Account::First, AccountCause::Locked, 0, 7_200_000);
            assert!(!accounts.is_usable(Account::First, 7_199_999));
            assert!(accounts.is_usable(Account::First, 7_200_000));
        }
    }

    #[test]
    fn c3_5_the_second_account_stands_in_while_the_first_is_left_alone() {
        let mut accounts = Accounts::new(true);
        assert_eq!(accounts.usable(0), Some(Account::First));
        accounts.refuse(Account::First, AccountCause::Rejected, 0, 60_000);
        assert_eq!(accounts.usable(0), Some(Account::Second));
        assert_eq!(accounts.pace_ms(0, 60_000), 60_000);
        accounts.refuse(Account::Second, AccountCause::Rejected, 0, 60_000);
        assert_eq!(accounts.usable(0), None);
        assert_eq!(accounts.pace_ms(0, 60_000), 120_000);
        accounts.set_has_second(false);
        assert_eq!(accounts.usable(60_000), Some(Account::First));
    }
}
