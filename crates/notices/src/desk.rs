//! Which letters may go now: order, back-off, and the rate limit. No clock, no I/O.
//!
//! Nothing of this lasts: after a restart everything due is tried at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use contract::Instant;
use contract::notices::{DueNotice, MAIL};

use crate::identity::letter_id;
use crate::letter::{Letter, letters};
use crate::trouble::Trouble;

/// The time in which letters to one recipient are counted.
pub const RATE_WINDOW_MS: i64 = 600_000;

/// The first pause after a closed way, or a letter that was put off; each is twice the one before.
const PAUSE_MS_MIN: i64 = 1_000;
/// The longest such pause.
const PAUSE_MS_MAX: i64 = 300_000;
/// The first pause after a refusal.
const REFUSED_PAUSE_MS_MIN: i64 = 60_000;
/// The longest such pause.
const REFUSED_PAUSE_MS_MAX: i64 = 4 * 3_600_000;
/// How long a refused letter is tried again.
const REFUSED_MS_MAX: i64 = 24 * 3_600_000;

/// How letters wait for others, and how many go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pace {
    /// How long incidents wait for others, in ms.
    pub group_ms: i64,
    /// How long alerts wait for others, in ms; so long lies between two letters about alerts.
    pub alert_group_ms: i64,
    /// Letters to one contact within ten minutes.
    pub rate_max: usize,
}

/// Who may be written to now, and what went out.
#[derive(Debug, Default)]
pub struct Desk {
    pace: Pace,
    /// Closed ways, by channel.
    ways: BTreeMap<String, Pause>,
    /// Letters that did not go, by their id, each with its first notice.
    failed: HashMap<String, (DueNotice, Pause)>,
    /// What went out and is not on record yet: it is due by the facts, and must not go again.
    sent: HashSet<DueNotice>,
    /// When letters went to each contact lately, by mail.
    recent: BTreeMap<String, VecDeque<i64>>,
    /// Since when alerts to a recipient wait for others, by channel and contact.
    gathering: BTreeMap<Recipient, i64>,
    waiting: Waiting,
}

/// A channel, and whom it reaches.
type Recipient = (String, String);

/// What waits, for gauges.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// Notices that are due.
    pub notices: usize,
    /// Letters that a server refused for good.
    pub refused: usize,
}

/// A pause after a failure. Times are of the monotonic clock.
#[derive(Clone, Copy, Debug)]
struct Pause {
    first_ms: i64,
    until_ms: i64,
    pause_ms: i64,
    is_refusal: bool,
}

impl Pause {
    fn longer(before: Option<&Pause>, bounds: (i64, i64), is_refusal: bool, now_ms: i64) -> Self {
        let before = before.filter(|it| it.is_refusal == is_refusal);
        let pause_ms = before.map_or(bounds.0, |it| (it.pause_ms * 2).min(bounds.1));
        let first_ms = before.map_or(now_ms, |it| it.first_ms);
        Pause { first_ms, until_ms: now_ms + pause_ms, pause_ms, is_refusal }
    }

    fn is_over(&self, now_ms: i64) -> bool {
        now_ms >= self.until_ms
    }

    fn is_given_up(&self, now_ms: i64) -> bool {
        self.is_refusal && now_ms - self.first_ms >= REFUSED_MS_MAX
    }
}

impl Desk {
    /// A desk at which nothing waits yet.
    pub fn new(pace: Pace) -> Self {
        Desk { pace, ..Desk::default() }
    }

    /// Takes over other settings; what went out and what failed stays known.
    pub fn reconfigure(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// What went out, and was not on record when it was last looked.
    pub fn sent_lately(&self) -> &HashSet<DueNotice> {
        &self.sent
    }

    /// Of what is due by the facts: what went out, and has to be recorded (again).
    pub fn unrecorded<'a>(&self, due: &'a [DueNotice]) -> Vec<&'a DueNotice> {
        due.iter().filter(|it| self.sent.contains(*it)).collect()
    }

    /// The letters that may go now, in order, by channel. `busy` channels have letters under way
    /// and get none. `now` says when, `mono_ms` how long.
    pub fn ready(
        &mut self,
        due: Vec<DueNotice>,
        busy: &BTreeSet<String>,
        now: Instant,
        mono_ms: i64,
    ) -> BTreeMap<String, Vec<Letter>> {
        self.forget(&due, mono_ms);
        let fresh = due.into_iter().filter(|it| !self.sent.contains(it));
        let (alerts, fresh) = fresh.partition(|it| it.notice.is_alert());
        let mut letters = letters(fresh, self.pace.group_ms);
        letters.extend(self.gathered(alerts, mono_ms));
        let ids: Vec<String> = letters.iter().map(|letter| letter_id("", &letter.items)).collect();

        let mut blocked = HashSet::new();
        let mut ready: BTreeMap<Recipient, Vec<Letter>> = BTreeMap::new();
        for (letter, id) in letters.into_iter().zip(&ids) {
            let pause = self.pause_of(id);
            if pause.is_some_and(|pause| pause.is_given_up(mono_ms)) {
                continue;
            }
            let waits = letter.ready_at > now
                || pause.is_some_and(|pause| !pause.is_over(mono_ms))
                || letter.items.iter().any(|it| blocked.contains(&thread_of(it)));
            if waits {
                blocked.extend(letter.items.iter().map(thread_of));
                continue;
            }
            let recipient = (letter.channel().to_owned(), letter.contact().to_owned());
            ready.entry(recipient).or_default().push(letter);
        }
        let mut by_channel: BTreeMap<String, Vec<Letter>> = BTreeMap::new();
        for ((channel, contact), letters) in ready {
            let is_closed = self.ways.get(&channel).is_some_and(|way| !way.is_over(mono_ms));
            if is_closed || busy.contains(&channel) {
                continue;
            }
            let letters = self.within_rate(&channel, &contact, letters, mono_ms);
            by_channel.entry(channel).or_default().extend(letters);
        }
        for letters in by_channel.values_mut() {
            let order = |it: &Letter| (!it.is_about_alerts(), it.items.clone());
            letters.sort_by_cached_key(order);
        }
        by_channel
    }

    /// The letters about alerts to those for whom they have waited long enough for others.
    fn gathered(&mut self, alerts: Vec<DueNotice>, mono_ms: i64) -> Vec<Letter> {
        let mut by_recipient: BTreeMap<Recipient, Vec<DueNotice>> = BTreeMap::new();
        for it in alerts {
            by_recipient.entry((it.channel.clone(), it.contact.clone())).or_default().push(it);
        }
        let last = mono_ms - self.pace.alert_group_ms;
        // Who was just written to waits, whether there is more for them or not.
        self.gathering.retain(|who, since| by_recipient.contains_key(who) || *since > last);
        let mut letters = Vec::new();
        for (who, items) in by_recipient {
            if *self.gathering.entry(who).or_insert(mono_ms) <= last {
                letters.extend(Letter::of_alerts(&items));
            }
        }
        letters
    }

    /// A letter went out: the server has accepted it.
    pub fn sent(&mut self, letter: &Letter, mono_ms: i64) {
        if letter.is_about_alerts() {
            let who = (letter.channel().to_owned(), letter.contact().to_owned());
            self.gathering.insert(who, mono_ms);
        }
        self.ways.remove(letter.channel());
        self.failed.remove(&letter_id("", &letter.items));
        self.sent.extend(letter.items.iter().cloned());
        if letter.channel() == MAIL {
            self.recent.entry(letter.contact().to_owned()).or_default().push_back(mono_ms);
        }
    }

    /// A letter did not go.
    pub fn failed(&mut self, letter: &Letter, trouble: &Trouble, mono_ms: i64) {
        let id = letter_id("", &letter.items);
        let bounds = (PAUSE_MS_MIN, PAUSE_MS_MAX);
        match trouble {
            Trouble::Way(_) => {
                let way = self.ways.get(letter.channel());
                let pause = Pause::longer(way, bounds, false, mono_ms);
                self.ways.insert(letter.channel().to_owned(), pause);
            }
            Trouble::Later(_) => {
                let pause = Pause::longer(self.pause_of(&id), bounds, false, mono_ms);
                self.failed.insert(id, (letter.items[0].clone(), pause));
            }
            Trouble::Refused(_) => {
                let bounds = (REFUSED_PAUSE_MS_MIN, REFUSED_PAUSE_MS_MAX);
                let pause = Pause::longer(self.pause_of(&id), bounds, true, mono_ms);
                self.failed.insert(id, (letter.items[0].clone(), pause));
            }
        }
    }

    /// What waited when it was last looked.
    pub fn waiting(&self) -> Waiting {
        self.waiting.clone()
    }

    /// Drops what is no longer due, so that nothing here grows.
    fn forget(&mut self, due: &[DueNotice], mono_ms: i64) {
        let is_due: HashSet<&DueNotice> = due.iter().collect();
        self.sent.retain(|it| is_due.contains(it));
        self.failed.retain(|_, (first, _)| is_due.contains(first));
        let window = mono_ms - RATE_WINDOW_MS;
        self.recent.retain(|_, sent| {
            sent.retain(|at| *at > window);
            !sent.is_empty()
        });
        self.waiting = Waiting {
            notices: due.len() - self.sent.len(),
            refused: self.failed.values().filter(|(_, pause)| pause.is_refusal).count(),
        };
    }

    fn pause_of(&self, id: &str) -> Option<&Pause> {
        self.failed.get(id).map(|(_, pause)| pause)
    }

    /// As many letters as may go to this recipient now; what is too much is joined.
    fn within_rate(
        &self,
        channel: &str,
        contact: &str,
        letters: Vec<Letter>,
        mono_ms: i64,
    ) -> Vec<Letter> {
        if channel != MAIL {
            return letters;
        }
        let recent = self.recent.get(contact).map_or(0, VecDeque::len);
        let allowed = self.pace.rate_max.max(1).saturating_sub(recent);
        if letters.len() <= allowed {
            return letters;
        }
        // Alerts are gathered already, and come first.
        let (mut joined, rest): (Vec<_>, Vec<_>) =
            letters.into_iter().partition(Letter::is_about_alerts);
        joined.extend(Letter::joined(rest));
        joined.truncate(allowed);
        joined.retain(|letter| {
            let pause = self.pause_of(&letter_id("", &letter.items));
            pause.is_none_or(|pause| pause.is_over(mono_ms) && !pause.is_given_up(mono_ms))
        });
        joined
    }
}

/// Whose letters about what have to keep their order.
fn thread_of(it: &DueNotice) -> [Option<String>; 4] {
    let (channel, contact) = (it.channel.clone(), it.contact.clone());
    [Some(channel), Some(contact), it.service.clone(), Some(it.about.clone())]
}

#[cfg(test)]
mod tests {
    use contract::NoticeKind;

    use super::*;
    use crate::letter::tests::notice;

    const LATER: Instant = Instant::MAX;

    fn ready(desk: &mut Desk, due: &[DueNotice], mono_ms: i64) -> Vec<Letter> {
        let ready = desk.ready(due.to_vec(), &BTreeSet::new(), LATER, mono_ms);
        ready.into_values().flatten().collect()
    }

    fn desk(group_ms: i64) -> Desk {
        Desk::new(Pace { group_ms, alert_group_ms: 60_000, rate_max: 10 })
    }

    fn opened_and_closed() -> [DueNotice; 2] {
        let opened = notice(NoticeKind::IncidentOpened, 0, "portal", "anna");
        let closed = DueNotice {
            notice: NoticeKind::IncidentClosed,
            since: opened.since.plus_ms(60_000),
            ..opened.clone()
        };
        [opened, closed]
    }

    #[test]
    fn c9_5_the_end_of_an_incident_is_not_told_before_its_beginning() {
        let due = opened_and_closed();
        let mut desk = desk(0);
        let letters = ready(&mut desk, &due, 0);
        assert_eq!(letters.len(), 2);
        desk.failed(&letters[0], &Trouble::Later("450".to_owned()), 0);
        assert_eq!(ready(&mut desk, &due, 0), [], "the end waits for the beginning");
        assert_eq!(ready(&mut desk, &due, PAUSE_MS_MIN), letters);
        desk.sent(&letters[0], PAUSE_MS_MIN);
        assert_eq!(ready(&mut desk, &due, PAUSE_MS_MIN), letters[1..]);
        assert_eq!(desk.unrecorded(&due), [&due[0]]);
        assert_eq!(ready(&mut desk, &due[1..], PAUSE_MS_MIN), letters[1..]);
        assert_eq!(desk.unrecorded(&due), [&due[0]; 0], "it is on record");
    }

    #[test]
    fn c9_5_incidents_wait_for_others_and_stops_do_not() {
        let stop = notice(NoticeKind::StopAnnounced, 0, "portal", "anna");
        let opened = notice(NoticeKind::IncidentOpened, 0, "portal", "anna");
        let mut desk = desk(120_000);
        let mut at = |ms| {
            let due = vec![stop.clone(), opened.clone()];
            let now = Instant::from_ms(ms);
            desk.ready(due, &BTreeSet::new(), now, ms).into_values().flatten().count()
        };
        assert_eq!((at(0), at(119_999), at(120_000)), (1, 1, 2));
    }

    #[test]
    fn a_closed_way_is_tried_ever_more_slowly_up_to_five_minutes() {
        let due = opened_and_closed();
        let mut desk = desk(0);
        let letter = ready(&mut desk, &due, 0).remove(0);
        let (mut now_ms, mut pauses) = (0, Vec::new());
        for _ in 0..11 {
            desk.failed(&letter, &Trouble::Way("refused".to_owned()), now_ms);
            let pause_ms = (1..).find(|ms| !ready(&mut desk, &due, now_ms + ms * 1000).is_empty());
            now_ms += pause_ms.unwrap() * 1000;
            pauses.push(pause_ms.unwrap());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        desk.sent(&letter, now_ms);
        assert_eq!(ready(&mut desk, &due, now_ms).len(), 1);
    }

    #[test]
    fn c9_5_a_refused_recipient_is_tried_for_a_day_and_keeps_nobody_from_being_told() {
        let refused = notice(NoticeKind::IncidentOpened, 0, "portal", "anna");
        let other = notice(NoticeKind::IncidentOpened, 0, "portal", "bo");
        let due = vec![refused, other];
        let mut desk = desk(0);
        let letter = ready(&mut desk, &due, 0).remove(0);
        let mut tries = 0;
        for minute in 0..3 * 24 * 60 {
            let now_ms = minute * 60_000;
            let letters = ready(&mut desk, &due, now_ms);
            assert!(letters.iter().any(|it| it.contact() == "bo"));
            if letters.contains(&letter) {
                tries += 1;
                desk.failed(&letter, &Trouble::Refused("550".to_owned()), now_ms);
            }
        }
        assert_eq!(tries, 13);
        assert_eq!(desk.waiting(), Waiting { notices: 2, refused: 1 });
    }

    #[test]
    fn what_is_too_much_for_one_recipient_is_joined() {
        let due: Vec<DueNotice> = (0..25)
            .map(|minute| notice(NoticeKind::IncidentOpened, minute, "portal", "anna"))
            .collect();
        let mut desk = desk(0);
        for (place, it) in due[..9].iter().enumerate() {
            let letters = ready(&mut desk, std::slice::from_ref(it), 0);
            assert_eq!(letters.len(), 1, "{place}");
            desk.sent(&letters[0], 0);
        }
        let letters = ready(&mut desk, &due[9..], 1);
        let [digest] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!(digest.items, due[9..]);
        desk.sent(digest, 1);
        let last = notice(NoticeKind::IncidentOpened, 30, "portal", "anna");
        let to_bo = DueNotice { contact: "bo".to_owned(), ..last.clone() };
        let due = [last, to_bo];
        assert_eq!(ready(&mut desk, &due, 2).len(), 1, "only others may be written to");
        assert_eq!(ready(&mut desk, &due, RATE_WINDOW_MS).len(), 2);
    }

    #[test]
    fn a_busy_channel_gets_nothing_more() {
        let due = opened_and_closed();
        let mut desk = desk(0);
        let busy = BTreeSet::from([MAIL.to_owned()]);
        assert!(desk.ready(due.to_vec(), &busy, LATER, 0).is_empty());
    }

    /// `minute` after the epoch something began to hold of `service` that `oncall` is mailed about.
    fn alert(minute: i64, service: &str) -> DueNotice {
        let due = notice(NoticeKind::Alert, minute, service, "oncall");
        DueNotice { about: contract::Alert::LoginDown.about(due.since), ..due }
    }

    #[test]
    fn c8_2_alerts_of_a_minute_go_in_one_letter_and_no_two_letters_within_one() {
        let mut due = vec![alert(0, "a")];
        let mut desk = desk(0);
        assert_eq!(ready(&mut desk, &due, 0), [], "others may join");
        due.extend((0..700).map(|place| alert(1, &format!("s{place}"))));
        assert_eq!(ready(&mut desk, &due, 59_999), []);
        let letters = ready(&mut desk, &due, 60_000);
        let [letter] = &letters[..] else { panic!("{} letters", letters.len()) };
        assert_eq!(letter.items, due, "a whole fleet is one letter");
        desk.sent(letter, 60_000);
        // What begins after it waits, also if nothing was due in between.
        assert_eq!(ready(&mut desk, &due, 61_000), []);
        assert_eq!(ready(&mut desk, &[], 62_000), []);
        let later = [alert(2, "b")];
        assert_eq!(ready(&mut desk, &later, 70_000), []);
        assert_eq!(ready(&mut desk, &later, 119_999), []);
        assert_eq!(ready(&mut desk, &later, 120_000).len(), 1);
    }

    #[test]
    fn c8_2_an_alert_is_not_told_as_over_before_it_was_told() {
        let begun = alert(0, "a");
        let over = DueNotice {
            notice: NoticeKind::AlertResolved,
            since: begun.since.plus_ms(1),
            ..begun.clone()
        };
        let mut desk = desk(0);
        let due = [begun, over];
        ready(&mut desk, &due, 0);
        let letters = ready(&mut desk, &due, 60_000);
        assert_eq!(letters[0].items, due, "in their order");
        desk.failed(&letters[0], &Trouble::Later("450".to_owned()), 60_000);
        assert_eq!(ready(&mut desk, &due, 60_000), []);
        assert_eq!(ready(&mut desk, &due, 61_000), letters);
    }

    #[test]
    fn c8_2_alerts_come_first_where_letters_are_too_many() {
        let mut due: Vec<DueNotice> = (0..25)
            .map(|minute| notice(NoticeKind::IncidentOpened, minute, "portal", "oncall"))
            .collect();
        due.push(alert(30, "portal"));
        let mut desk = desk(0);
        ready(&mut desk, &due, 0);
        let letters = ready(&mut desk, &due, 60_000);
        assert_eq!(letters.len(), 2);
        assert!(letters[0].is_about_alerts() && !letters[1].is_about_alerts());
    }
}
