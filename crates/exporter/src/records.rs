//! What people and the office make of the months: planned stops, adjustments, claims, statements.
//! Plain data, read a page at a time; as JSON it is given as it stands here.

use contract::claims::ClaimState;
use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{ClosedFigure, Instant, Money, Month, ReportStage, StopNotice, StopVerdict};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;

/// Entries on one page of a list.
pub const ROWS_MAX: usize = 100;
/// Bytes of a statement's file; a larger one is not given.
pub const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Where the lists come from. Called off the async threads; each may take milliseconds. What it
/// gives names people by their system account or id, and holds no address (C10.5).
pub trait Records: Send + Sync + 'static {
    /// Planned stops: those that are not over, the next first; then the others, the last first.
    fn stops(&self, wanted: &Wanted) -> Listed<Stop>;

    /// Adjustments, the last claimed first.
    fn adjustments(&self, wanted: &Wanted) -> Listed<Adjustment>;

    /// Price reductions of closed months, and claims: the last month first, then by service.
    fn claims(&self, wanted: &Wanted) -> Listed<Claim>;

    /// Statements that were made and signed: the last month first, then by customer.
    fn statements(&self, wanted: &Wanted) -> Listed<Statement>;

    /// The public key that signs statements now, in hex; none if there is none (C10.1).
    fn signing_key(&self) -> Option<String>;

    /// The bytes of a statement's file; none if there is no such file, or it is too large.
    fn statement_file(&self, month: Month, name: &FileName) -> Option<Vec<u8>>;
}

/// Which entries of a list are wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Only this service's.
    pub service: Option<String>,
    /// Entries that are passed over.
    pub skip: usize,
    /// Entries that are wanted, at most.
    pub take: usize,
}

impl Wanted {
    /// The entries of a page, from 1.
    pub fn page(service: Option<String>, page: usize) -> Self {
        Wanted { service, skip: (page.max(1) - 1).saturating_mul(ROWS_MAX), take: ROWS_MAX }
    }

    /// Whether an entry about `service` is wanted.
    pub fn concerns(&self, service: &str) -> bool {
        self.service.as_deref().is_none_or(|wanted| wanted == service)
    }

    /// The entries of all that are wanted; only these are made.
    pub fn of<E, T>(&self, all: Vec<E>, make: impl FnMut(E) -> T) -> Listed<T> {
        let total = all.len();
        let rows = all.into_iter().skip(self.skip).take(self.take).map(make).collect();
        Listed { rows, total }
    }
}

/// Entries of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Listed<T> {
    /// The entries that are wanted.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub total: usize,
}

/// A planned stop (C4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Stop {
    /// Names it.
    pub id: String,
    /// The time zone in which it is shown.
    #[serde(serialize_with = "zone_name")]
    pub timezone: TimeZone,
    /// The announced window's first instant.
    pub from: Instant,
    /// The first instant after the announced window.
    pub until: Instant,
    /// Its end as it stands: earlier if it was cancelled while it lasted (C4.6).
    pub ends: Instant,
    /// Why, in the announcer's words.
    pub reason: String,
    /// When it was announced, and by whom.
    pub announced: Act,
    /// The reference of an agreement (C4.4).
    pub agreed: Option<String>,
    /// When it was cancelled, and by whom.
    pub cancelled: Option<Act>,
    /// Whether it is cancelled as if it were never announced (C4.6).
    pub withdrawn: bool,
    /// What it is worth for each service.
    pub services: Vec<StopService>,
}

impl Stop {
    /// Whether nothing of it is still to come.
    pub fn is_over(&self, now: Instant) -> bool {
        self.withdrawn || self.ends <= now
    }
}

/// What a stop is worth for a service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StopService {
    /// The service.
    pub service: String,
    /// Whether it counts (C4.2-C4.6).
    pub verdict: StopVerdict,
    /// Whether the window overlaps office hours (C4.5).
    pub in_office_hours: bool,
    /// By when it had to be announced, and the contacts told (C4.2).
    pub notice_due: Instant,
    /// Whether they were (C4.8).
    pub notice: StopNotice,
}

/// Somebody did something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Act {
    /// When.
    pub at: Instant,
    /// The system account.
    pub by: String,
}

/// An adjustment (C5).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Adjustment {
    /// Names it.
    pub id: String,
    /// Exclude or include.
    pub kind: AdjustmentKind,
    /// The service.
    pub service: String,
    /// Its time zone.
    #[serde(serialize_with = "zone_name")]
    pub timezone: TimeZone,
    /// First instant claimed.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
    /// The ground.
    pub ground: Ground,
    /// What shows it.
    pub evidence: String,
    /// When it was claimed, and by whom.
    pub claimed: Act,
    /// Every decision, in the order in which they were made; the last stands.
    pub decisions: Vec<Decided>,
    /// Whether it bears on the figure (C5.3).
    pub counts: bool,
}

/// A decision about an adjustment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Decided {
    /// Accepted or rejected.
    pub decision: Decision,
    /// When, and by whom.
    #[serde(flatten)]
    pub act: Act,
}

/// A price reduction and what became of it (C7.4, C7.5).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Claim {
    /// The service.
    pub service: String,
    /// The customer, if named.
    pub customer: Option<String>,
    /// The local month.
    pub month: Month,
    /// The service's time zone.
    #[serde(serialize_with = "zone_name")]
    pub timezone: TimeZone,
    /// The reduction of the latest close; none if there is none left.
    pub reduction: Option<Reduction>,
    /// The state.
    pub state: ClaimState,
    /// When it was claimed, by whom it was recorded, and what the claim is called.
    pub submitted: Option<Submitted>,
    /// What was credited.
    pub settled: Option<Settled>,
}

/// The reduction that a closed month gives (C7).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reduction {
    /// The close's revision.
    pub revision: u32,
    /// The price level.
    pub level: usize,
    /// The reduction that the level gives.
    pub percent: Decimal,
    /// In money, if a fee is set.
    pub amount: Option<Money>,
    /// The last local day on which it can be claimed.
    pub deadline: Option<Date>,
}

/// The customer claimed a reduction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Submitted {
    /// When it was recorded, and by whom.
    #[serde(flatten)]
    pub act: Act,
    /// What the customer's letter or case is called.
    pub reference: Option<String>,
}

/// A claim was settled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Settled {
    /// When it was recorded, and by whom.
    #[serde(flatten)]
    pub act: Act,
    /// What was credited.
    pub amount: Money,
}

/// A customer's month as it was closed (C6.7, C10.1).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Statement {
    /// The customer; none for the services that name none.
    pub customer: Option<String>,
    /// The local month.
    pub month: Month,
    /// The time zone in which it is shown.
    #[serde(serialize_with = "zone_name")]
    pub timezone: TimeZone,
    /// Every statement that was made, in the order of their revisions.
    pub revisions: Vec<Revision>,
    /// The closes of its services that are still held, by name.
    pub services: Vec<ClosedService>,
}

/// One signed statement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Revision {
    /// 0 for the close; a correction after it makes 1, 2, …
    pub revision: u32,
    /// When it was made.
    pub issued_at: Instant,
    /// The last line of the journal that it was made from.
    pub used_seq: u64,
    /// That line's hash.
    pub used_hash: String,
    /// The SHA-256 of the statement's bytes, in hex.
    pub sha256: String,
    /// The key that signed it, in hex.
    pub public_key: String,
    /// Its files below `/statements/<month>/`.
    pub files: Vec<String>,
}

/// A service's closed month, with what was said of it before (C6.7).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ClosedService {
    /// The service.
    pub service: String,
    /// Its closes in the order of their revisions; never empty.
    pub closes: Vec<Closed>,
}

/// A close of a service's month.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Closed {
    /// Its revision.
    pub revision: u32,
    /// When it was recorded.
    pub at: Instant,
    /// The figure.
    pub figure: ClosedFigure,
}

/// What people recorded of a service: of the incidents of a month, and whether it is paused now.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct People {
    /// Who paused measuring, if it is paused (C3.6).
    pub pause: Option<Pause>,
    /// Who acknowledged incidents, by the incidents' openings (C9.4).
    pub acknowledged: Vec<Acknowledged>,
    /// The incidents that are notifiable, by their openings (C10.6).
    pub notifiable: Vec<Notifiable>,
}

impl People {
    /// Who acknowledged the incident that opened then; the first counts.
    pub fn acknowledged(&self, opened: Instant) -> Option<&Act> {
        self.acknowledged.iter().find(|made| made.opened == opened).map(|made| &made.act)
    }

    /// What is due to the authority about the incident that opened then.
    pub fn notifiable(&self, opened: Instant) -> Option<&Notifiable> {
        self.notifiable.iter().find(|made| made.opened == opened)
    }
}

/// Measuring is paused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Pause {
    /// Since when, and by whom.
    #[serde(flatten)]
    pub act: Act,
    /// Why, in that person's words.
    pub reason: String,
}

/// Somebody acknowledged an incident.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Acknowledged {
    /// When the incident opened.
    pub opened: Instant,
    /// When it was acknowledged, and by whom.
    #[serde(flatten)]
    pub act: Act,
}

/// An incident is notifiable under the cyber security act (C10.6).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Notifiable {
    /// When the incident opened.
    pub opened: Instant,
    /// What has to be handed in, in its order.
    pub reports: Vec<Report>,
}

/// A report to the authority.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// Which.
    pub stage: ReportStage,
    /// Until when.
    pub deadline: Instant,
    /// When it was recorded as handed in.
    pub reported_at: Option<Instant>,
}

/// The name of a statement's file: `exempelbolaget-ab.r1.sv.html`. Nothing else is one, so that no
/// name leads out of the folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileName {
    name: String,
    form: FileForm,
}

/// The form of a statement's file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileForm {
    /// For people, on paper or screen.
    Html,
    /// For people, on paper.
    Pdf,
    /// Signed, for programs.
    Json,
    /// For a spreadsheet.
    Csv,
}

impl FileForm {
    /// Every form.
    pub const ALL: [FileForm; 4] = [FileForm::Html, FileForm::Pdf, FileForm::Json, FileForm::Csv];

    /// The end of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            FileForm::Html => "html",
            FileForm::Pdf => "pdf",
            FileForm::Json => "json",
            FileForm::Csv => "csv",
        }
    }
}

/// Bytes of a file's name.
const FILE_NAME_BYTES_MAX: usize = 128;

impl FileName {
    /// Reads a name; none if it is not a statement's.
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts: Vec<&str> = name.split('.').collect();
        let extension = parts.pop()?;
        let form = FileForm::ALL.into_iter().find(|form| form.extension() == extension)?;
        parts.pop_if(|part| matches!(*part, "sv" | "en"));
        parts.pop_if(|part| {
            let digits = part.strip_prefix('r').unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
        });
        let [slug] = parts[..] else { return None };
        let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        let is_slug = !slug.is_empty() && slug.bytes().all(is_plain);
        (is_slug && name.len() <= FILE_NAME_BYTES_MAX)
            .then(|| FileName { name: name.to_owned(), form })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The form.
    pub fn form(&self) -> FileForm {
        self.form
    }
}

fn zone_name<S: serde::Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_statements_file_has_a_file_name() {
        for (name, form) in [
            ("exempelbolaget-ab.sv.html", FileForm::Html),
            ("exempelbolaget-ab.r12.en.pdf", FileForm::Pdf),
            ("no-customer.json", FileForm::Json),
            ("r1.r1.csv", FileForm::Csv),
        ] {
            assert_eq!(FileName::parse(name).map(|name| name.form()), Some(form), "{name}");
        }
        let long = format!("{}.json", "a".repeat(FILE_NAME_BYTES_MAX));
        for name in [
            "",
            ".json",
            "..json",
            "../statement.key",
            "a/b.json",
            "a\\b.json",
            "a.key",
            "a.json.new",
            "A.json",
            "a.r.json",
            "a.de.html",
            "a.sv.r1.html",
            "å.json",
            "a%2f.json",
            "a\0.json",
            &long,
        ] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_page_is_a_part_of_the_list() {
        let page = |number| Wanted::page(None, number).of((0..250).collect(), |it: usize| it);
        assert_eq!((page(1).rows[0], page(1).rows.len(), page(1).total), (0, 100, 250));
        assert_eq!((page(0).rows[0], page(3).rows.len()), (0, 50));
        assert_eq!(page(usize::MAX).rows.len(), 0);
    }
}
