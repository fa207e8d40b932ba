//! The watch of one service: what each attempt means (C3.2-C3.9).
//!
//! At every instant the service is up, down or unmeasured, as recorded; beside that there may be a
//! suspicion that awaits its decision. Every pair of these and of an outcome has one result;
//! `pair_table.rs` lists them all.
//!
//! # Two accounts (C3.5)
//! A refused account is left alone, ever longer. With a second account configured, that one is
//! tried at once:
//! - it logs in: a customer can log in, so the service is up, from the first account's attempt on.
//!   The second account measures while the first is left alone, and [`Live::refused`] says so.
//! - it is refused, too: down, `accounts_rejected`. The two confirm each other (C3.2), if they were
//!   refused within an interval.
//! - anything else: the first account's attempt stays `probe_account`.
//!
//! A bot wall is not a refusal of an account but of this probe: it leads to no second attempt, which
//! would raise the wall, and never to downtime.

use contract::{AccountCause, DownCause, Instant, Outcome, ServiceState, UnmeasuredCause};

use crate::accounts::{Account, Accounts};
use crate::actions::{Action, Actions, When};
use crate::clocks::{Discontinuity, Now};
use crate::suspicion::{Failure, Open, Suspected, Suspicion, Testimony, Verdict, Witnesses};

/// The interval while a service is down, if none is configured.
pub const DOWN_INTERVAL_MS: i64 = 15_000;

/// A result holds for this much longer than the interval and an attempt's time limit (C3.7).
pub const SLACK_MS: i64 = 5000;

/// How a service is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// From one regular attempt's start to the next.
    pub interval_ms: i64,
    /// From one attempt's start to the next while down; [`DOWN_INTERVAL_MS`], never more than the
    /// interval.
    pub down_interval_ms: i64,
    /// The longest that an attempt takes.
    pub attempt_limit_ms: i64,
    /// Whether there is a second account.
    pub second_account: bool,
    /// How many witnesses must answer (C3.3); 0 without witnesses.
    pub witnesses_needed: u32,
}

/// An attempt that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempted {
    /// The clocks when it started.
    pub started: Now,
    /// The account that it used.
    pub account: Account,
    /// What it ended in.
    pub outcome: Outcome,
}

/// What can be shown of a service at once (C3.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Live<'a> {
    /// The state; `suspected` while a decision is open.
    pub state: &'a ServiceState,
    /// Since when; none if nothing is recorded.
    pub since: Option<Instant>,
    /// Why the first account was refused when it was last tried, if it was (C8.2).
    pub refused: Option<AccountCause>,
    /// The same of the second account.
    pub second_refused: Option<AccountCause>,
}

/// The watch of one service.
#[derive(Clone, Debug)]
pub struct Watch {
    settings: Settings,
    accounts: Accounts,
    /// What is recorded, and since when.
    in_force: ServiceState,
    since: Option<Instant>,
    /// No fact starts before this instant.
    floor: Instant,
    open: Open,
    paused: bool,
    /// The start of the attempt under way.
    running: Option<Instant>,
    /// The start of the latest attempt that counted.
    latest_started_mono_ms: i64,
    /// Attempts that started before are void.
    void_before_mono_ms: i64,
    held_until: Option<Deadline>,
}

/// Until when a result holds, on two clocks.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    wall: Instant,
    mono_ms: i64,
}

static SUSPECTED: ServiceState = unmeasured(UnmeasuredCause::Suspected);

// What comes in, and what can be asked.
impl Watch {
    /// The watch of a service of which nothing is recorded.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            accounts: Accounts::new(settings.second_account),
            in_force: unmeasured(UnmeasuredCause::NoRecord),
            since: None,
            floor: Instant::MIN,
            open: Open::Nothing,
            paused: false,
            running: None,
            latest_started_mono_ms: i64::MIN,
            void_before_mono_ms: i64::MIN,
            held_until: None,
        }
    }

    /// The watch of a service of which the history says that `state` is in force since `since`.
    /// No fact will start before `recorded`, the latest instant that the history's facts have
    /// reached. If measuring was paused, say so again with [`Watch::on_pause`].
    pub fn restored(
        settings: Settings,
        state: ServiceState,
        since: Option<Instant>,
        recorded: Instant,
    ) -> Self {
        Self { in_force: state, since, floor: recorded, ..Self::new(settings) }
    }

    /// Changes how the service is watched, from the next attempt on.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
        self.accounts.set_has_second(settings.second_account);
    }

    /// The account for a regular attempt now; none if no attempt is to be made: paused, or every
    /// account is left alone (C3.5). That is no missed attempt.
    pub fn account(&self, now_mono_ms: i64) -> Option<Account> {
        if self.paused {
            return None;
        }
        self.accounts.usable_on_grid(now_mono_ms, self.settings.interval_ms)
    }

    /// An attempt starts.
    pub fn on_started(&mut self, now: Now) {
        self.running = Some(now.wall);
    }

    /// An attempt has ended.
    pub fn on_attempt(&mut self, now: Now, attempt: &Attempted) -> Actions {
        let mut actions = Actions::default();
        let started = attempt.started;
        self.running = None;
        // Also of an attempt that is void: a refusal brings the account closer to its lock.
        self.note_account(attempt);
        if self.paused {
            return actions;
        }
        if started.mono_ms < self.void_before_mono_ms {
            self.attempt_if_usable(now.mono_ms, When::AtOnce, &mut actions);
            return actions;
        }
        if started.mono_ms < self.latest_started_mono_ms {
            return actions;
        }
        self.latest_started_mono_ms = started.mono_ms;
        self.hold(started);
        if self.awaits_witnesses(attempt, &mut actions) {
            return actions;
        }
        match attempt.outcome {
            Outcome::Up => self.logged_in(started, &mut actions),
            Outcome::Down(cause) => self.failed(attempt, cause, &mut actions),
            Outcome::Account(cause) => self.refused(now, attempt, cause, &mut actions),
            Outcome::Unable(_) => self.unable(started, &mut actions),
        }
        actions
    }

    /// The witnesses answered [`Action::AskWitnesses`].
    pub fn on_witnesses(&mut self, _now: Now, witnesses: Witnesses) -> Actions {
        let mut actions = Actions::default();
        // Asked of none: they were taken out of the configuration meanwhile.
        let is_enough =
            witnesses.asked == 0 || witnesses.answered >= self.settings.witnesses_needed;
        self.hear(if is_enough { Testimony::Enough } else { Testimony::TooFew }, &mut actions);
        actions
    }

    /// Time has passed: is the latest result still good? To be called when
    /// [`Watch::look_again_mono_ms`] says, and before a `measured` is recorded.
    pub fn on_tick(&mut self, now: Now) -> Actions {
        let mut actions = Actions::default();
        // C3.7. A suspicion that is open stays `suspected` for good.
        if let Some(deadline) = self.held_until
            && deadline.mono_ms <= now.mono_ms
        {
            self.held_until = None;
            self.open = Open::Nothing;
            self.record(deadline.wall, unmeasured(UnmeasuredCause::Overdue), &mut actions);
        }
        actions
    }

    /// An operator pauses measuring, or it is paused when the agent starts (C3.6).
    pub fn on_pause(&mut self, now: Now) -> Actions {
        let mut actions = Actions::default();
        self.interrupt(now.mono_ms);
        self.paused = true;
        self.record(now.wall, unmeasured(UnmeasuredCause::Paused), &mut actions);
        actions
    }

    /// An operator resumes measuring. The time is `paused` until the next attempt's start.
    pub fn on_resume(&mut self, now: Now) -> Actions {
        let mut actions = Actions::default();
        self.paused = false;
        self.attempt_if_usable(now.mono_ms, When::AtOnce, &mut actions);
        actions
    }

    /// Measuring was interrupted for every service (C3.6). The caller records it once for all, and
    /// calls [`crate::Grid::restart`] for new first attempts.
    pub fn on_discontinuity(&mut self, now: Now, found: &Discontinuity) -> Actions {
        let mut actions = Actions::default();
        self.interrupt(found.noticed_mono_ms);
        self.floor = self.floor.max(found.from);
        self.since = Some(self.floor);
        self.in_force = unmeasured(found.cause);
        if self.paused {
            self.record(now.wall, unmeasured(UnmeasuredCause::Paused), &mut actions);
        }
        actions
    }

    /// The live state.
    pub fn live(&self) -> Live<'_> {
        let (state, since) = match &self.open {
            Open::Suspicion(suspicion) => (&SUSPECTED, Some(suspicion.since)),
            _ => (&self.in_force, self.since),
        };
        Live {
            state,
            since,
            refused: self.accounts.refused(Account::First),
            second_refused: self.accounts.refused(Account::Second),
        }
    }

    /// Whether measuring is paused.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The instant up to which all is decided for this service (C3.9): the start of the first
    /// failed attempt or of the attempt under way, otherwise now.
    pub fn decided_until(&self, now: Now) -> Instant {
        let open = match &self.open {
            Open::Nothing => None,
            Open::Doubt { started, .. } => Some(started.wall),
            Open::Suspicion(suspicion) => Some(suspicion.since),
        };
        let held_until = self.held_until.map(|deadline| deadline.wall);
        [open, self.running, held_until].into_iter().flatten().fold(now.wall, Instant::min)
    }

    /// When [`Watch::on_tick`] is to be called next, on the monotonic clock.
    pub fn look_again_mono_ms(&self, now_mono_ms: i64) -> i64 {
        match self.held_until {
            Some(deadline) => deadline.mono_ms,
            None => now_mono_ms + self.settings.interval_ms,
        }
    }
}

// What it means.
impl Watch {
    fn note_account(&mut self, attempt: &Attempted) {
        let Attempted { started, account, outcome } = *attempt;
        match outcome {
            Outcome::Up => self.accounts.accepted(account),
            Outcome::Account(cause) => {
                let interval_ms = self.settings.interval_ms;
                self.accounts.refuse(account, cause, started.mono_ms, interval_ms);
            }
            Outcome::Down(_) | Outcome::Unable(_) => {}
        }
    }

    fn logged_in(&mut self, started: Now, actions: &mut Actions) {
        // C3.8: a suspicion that is cleared was none, from the same instant on.
        let from = match &self.open {
            Open::Suspicion(suspicion) => suspicion.since,
            _ => started.wall,
        };
        self.settle(from, ServiceState::Up, actions);
    }

    fn failed(&mut self, attempt: &Attempted, cause: DownCause, actions: &mut Actions) {
        let &Attempted { started, account, .. } = attempt;
        // C3.3, C3.4
        let testimony = match cause.is_network() && self.settings.witnesses_needed > 0 {
            true => Testimony::Asked,
            false => Testimony::NotNeeded,
        };
        let is_own_network = self.in_force == unmeasured(UnmeasuredCause::OwnNetwork);
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Suspicion(suspicion) if suspicion.of == Suspected::Login => {
                self.confirm(suspicion, Failure { started, account, cause, testimony }, actions);
            }
            Open::Suspicion(suspicion) => {
                // C3.5: the other account could not tell; but now the login itself is suspect.
                let refused = unmeasured(UnmeasuredCause::ProbeAccount);
                self.settle(suspicion.since, refused, actions);
                self.suspect(started, account, testimony, actions);
            }
            _ if self.is_down() => self.attempt_while_down(started, actions),
            _ if is_own_network && testimony == Testimony::Asked => {
                self.open = Open::Doubt { started, account };
                actions.push(Action::AskWitnesses);
            }
            _ => self.suspect(started, account, testimony, actions),
        }
    }

    fn refused(
        &mut self,
        now: Now,
        attempt: &Attempted,
        cause: AccountCause,
        actions: &mut Actions,
    ) {
        let &Attempted { started, account, .. } = attempt;
        let other = account.other();
        let is_wall = cause == AccountCause::BotWall;
        let interval_ms = self.settings.interval_ms;
        let can_try_other = !is_wall && self.accounts.can_confirm(other, now.mono_ms, interval_ms);
        let other_refused = self.accounts.refused(other);
        let are_both_refused =
            !is_wall && other_refused.is_some_and(|cause| cause != AccountCause::BotWall);

        let (mut suspicion, is_new) = match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Suspicion(suspicion) => (suspicion, false),
            _ if self.is_down() => {
                // C3.8: an account's answer does not end downtime, a login with the other would.
                if !is_wall && self.accounts.is_usable(other, now.mono_ms) {
                    actions.push(Action::Attempt { account: other, when: When::AtOnce });
                }
                return;
            }
            _ => {
                let since = started.wall.max(self.floor);
                (Suspicion::new(since, Suspected::Account, Testimony::NotNeeded), true)
            }
        };
        let is_others_answer = !is_new && suspicion.of == Suspected::Account;
        if can_try_other && !is_others_answer {
            if self.in_force != unmeasured(UnmeasuredCause::ProbeAccount) {
                self.record(suspicion.since, unmeasured(UnmeasuredCause::Suspected), actions);
            }
            suspicion.of = Suspected::Account;
            self.open = Open::Suspicion(suspicion);
            actions.push(Action::Attempt { account: other, when: When::AtOnce });
        } else if are_both_refused {
            let (cause, testimony) = (DownCause::AccountsRejected, Testimony::NotNeeded);
            self.confirm(suspicion, Failure { started, account, cause, testimony }, actions);
        } else {
            self.settle(suspicion.since, unmeasured(UnmeasuredCause::ProbeAccount), actions);
        }
    }

    fn unable(&mut self, started: Now, actions: &mut Actions) {
        match &self.open {
            Open::Suspicion(Suspicion { since, of: Suspected::Account, .. }) => {
                self.settle(*since, unmeasured(UnmeasuredCause::ProbeAccount), actions);
            }
            Open::Suspicion(suspicion) => {
                self.settle(suspicion.since, unmeasured(UnmeasuredCause::Unable), actions);
            }
            // C3.8: it does not end downtime.
            _ if self.is_down() => self.attempt_while_down(started, actions),
            _ => self.settle(started.wall, unmeasured(UnmeasuredCause::Unable), actions),
        }
    }

    /// C3.2: from the first failed attempt on the login is suspect, and is confirmed at once.
    fn suspect(
        &mut self,
        started: Now,
        account: Account,
        testimony: Testimony,
        actions: &mut Actions,
    ) {
        let since = started.wall.max(self.floor);
        self.record(since, unmeasured(UnmeasuredCause::Suspected), actions);
        self.open = Open::Suspicion(Suspicion::new(since, Suspected::Login, testimony));
        if testimony == Testimony::Asked {
            actions.push(Action::AskWitnesses);
        }
        actions.push(Action::Attempt { account, when: When::AtOnce });
    }

    /// The attempt after the first failed one failed, too.
    fn confirm(&mut self, mut suspicion: Suspicion, mut failure: Failure, actions: &mut Actions) {
        if failure.testimony == Testimony::Asked {
            match suspicion.first {
                // One answer will do for both failures.
                Testimony::Asked => {}
                // Too few answered a moment ago.
                Testimony::TooFew => failure.testimony = Testimony::TooFew,
                _ => actions.push(Action::AskWitnesses),
            }
        }
        suspicion.confirmed = Some(failure);
        self.open = Open::Suspicion(suspicion);
        self.decide(actions);
    }

    /// Decides what two failures mean, if the witnesses have said what they have to say.
    fn decide(&mut self, actions: &mut Actions) {
        let Open::Suspicion(suspicion) = &self.open else { return };
        let Some(failure) = suspicion.confirmed else { return };
        let (since, ended) = (suspicion.since, suspicion.ended);
        let own_network = unmeasured(UnmeasuredCause::OwnNetwork);
        let down = ServiceState::Down { cause: failure.cause.as_str().to_owned() };
        match suspicion.verdict(failure.testimony) {
            Verdict::Pending => return,
            Verdict::Down => {
                self.settle(since, down, actions);
                if ended.is_none() {
                    self.attempt_while_down(failure.started, actions);
                }
            }
            Verdict::OwnNetwork => self.settle(since, own_network, actions),
            Verdict::BeginAnew => {
                self.settle(since, own_network, actions);
                if failure.cause == DownCause::AccountsRejected {
                    // The two accounts have confirmed each other.
                    self.settle(failure.started.wall, down, actions);
                } else if ended.is_some() {
                    // One failure, cleared by the login that followed.
                    self.settle(failure.started.wall, ServiceState::Up, actions);
                } else {
                    let Failure { started, account, testimony, .. } = failure;
                    self.suspect(started, account, testimony, actions);
                }
            }
        }
        if let Some(ended) = ended {
            self.settle(ended, ServiceState::Up, actions);
        }
    }

    fn hear(&mut self, testimony: Testimony, actions: &mut Actions) {
        match &mut self.open {
            Open::Nothing => {}
            Open::Doubt { started, account } => {
                let (started, account) = (*started, *account);
                self.open = Open::Nothing;
                if testimony == Testimony::Enough {
                    self.suspect(started, account, testimony, actions);
                }
            }
            Open::Suspicion(suspicion) => {
                suspicion.hear(testimony);
                self.decide(actions);
            }
        }
    }

    /// Whether two failures still wait for the witnesses, so that this attempt cannot change what
    /// they mean: it can only be the login that ended the downtime.
    fn awaits_witnesses(&mut self, attempt: &Attempted, actions: &mut Actions) -> bool {
        let Open::Suspicion(suspicion) = &mut self.open else { return false };
        if suspicion.confirmed.is_none() {
            return false;
        }
        if attempt.outcome == Outcome::Up {
            suspicion.ended.get_or_insert(attempt.started.wall);
            return true;
        }
        if suspicion.ended.is_none() {
            return true;
        }
        // It failed, worked and failed again, and the witnesses are still silent.
        self.hear(Testimony::TooFew, actions);
        false
    }

    /// Decides: from `from` on, `state`. Nothing is open any more.
    fn settle(&mut self, from: Instant, state: ServiceState, actions: &mut Actions) {
        self.open = Open::Nothing;
        self.record(from, state, actions);
    }

    /// Without a change of state there is no fact. A fact never starts before the last recorded
    /// instant; a suspicion's start is that instant until it is resolved.
    fn record(&mut self, from: Instant, state: ServiceState, actions: &mut Actions) {
        if state == self.in_force {
            return;
        }
        self.floor = self.floor.max(from);
        self.since = Some(self.floor);
        self.in_force = state.clone();
        actions.push(Action::Record { from: self.floor, state });
    }

    fn attempt_while_down(&self, started: Now, actions: &mut Actions) {
        let due_mono_ms = started.mono_ms + self.settings.down_interval_ms;
        self.attempt_if_usable(due_mono_ms, When::At(due_mono_ms), actions);
    }

    fn attempt_if_usable(&self, mono_ms: i64, when: When, actions: &mut Actions) {
        if let Some(account) = self.accounts.usable(mono_ms) {
            actions.push(Action::Attempt { account, when });
        }
    }

    /// C3.7: how long a result holds. Where the next attempt is put off on purpose (C3.5), it holds
    /// for as much longer.
    fn hold(&mut self, started: Now) {
        let pace_ms = self.accounts.pace_ms(started.mono_ms, self.settings.interval_ms);
        let hold_ms =
            pace_ms.saturating_add(self.settings.attempt_limit_ms.saturating_add(SLACK_MS));
        self.held_until = Some(Deadline {
            wall: started.wall.plus_ms(hold_ms),
            mono_ms: started.mono_ms.saturating_add(hold_ms),
        });
    }

    /// What is open stays undecided, and what is under way is void.
    fn interrupt(&mut self, mono_ms: i64) {
        self.open = Open::Nothing;
        self.running = None;
        self.held_until = None;
        self.void_before_mono_ms = mono_ms;
    }

    fn is_down(&self) -> bool {
        matches!(self.in_force, ServiceState::Down { .. })
    }
}

const fn unmeasured(cause: UnmeasuredCause) -> ServiceState {
    ServiceState::Unmeasured { cause }
}

#[cfg(test)]
mod tests;
