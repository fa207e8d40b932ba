//! The contract as code: facts, timeline, months, planned stops, the month's figure.
//!
//! Pure: no I/O, no clock, no async, no logging. `now` is always an argument.
//! The rules are numbered in `docs/contract.md`; code and tests cite them (`C4.2`).

pub mod adjustments;
pub mod alerts;
pub mod budget;
mod carry_over;
mod chain_damage;
pub mod claims;
pub mod closing;
pub mod contracts;
pub mod explain;
pub mod fact;
pub mod fact_error;
pub mod figure;
mod ground;
pub mod history;
pub mod incidents;
pub mod instant;
pub mod line;
mod minutes;
pub mod money;
pub mod month;
pub mod month_terms;
pub mod notices;
pub mod notification;
mod office;
pub mod outcome;
mod papers;
pub mod parties;
pub mod price;
pub mod red_days;
pub mod replay;
pub mod responsible;
mod service_record;
mod state;
pub mod stops;
pub mod stretches;
pub mod support;
pub mod tally;
pub mod terms;
pub mod timeline;

pub use adjustments::Adjustment;
pub use alerts::{Alert, Episode, Severity};
pub use chain_damage::ChainDamage;
pub use claims::{ClaimRecord, ClaimState, MonthClaim, first_lapse, month_claims};
pub use closing::{
    ClosedFigure, DueClose, MonthClose, SignedStatement, due_closes, due_revisions,
    revisions_to_look_up, services_by_customer, services_of,
};
pub use contracts::{ContractInForce, Contracts};
pub use explain::{Classed, ExplainedMinute, Explanation, explain_minute};
pub use fact::{Evidence, Fact, Line, ServiceState, UnmeasuredCause};
pub use fact_error::{FactError, FactErrorKind};
pub use figure::{Figure, Percent, Reach, StopFigure, month_figure};
pub use history::{History, State, StateSince};
pub use incidents::{Incident, Response};
pub use instant::{Instant, Interval};
pub use line::{foreign_seq, hidden_seq, parse_line};
pub use money::Money;
pub use month::Month;
pub use month_terms::{MonthTerms, ResolvedTerms, ServiceContract, TermsError};
pub use notices::{Delivery, NoticeKind, StopNotice, stop_notice};
pub use notification::{Notifiable, ReportStage};
pub use office::{Recorded, Statement};
pub use outcome::{AccountCause, DownCause, Outcome, Phase, UnableCause};
pub use parties::{Provider, Vantage};
pub use replay::{ReplayDocument, ReplayService, replay};
pub use responsible::Side;
pub use service_record::{Acknowledgement, Closed, Pause, ServiceSetting};
pub use stops::{Judgement, ProposedStop, Stop, StopVerdict, judge_announcement, judge_recorded};
pub use stretches::{Stretch, StretchClass, month_stretches};
pub use terms::Terms;
pub use timeline::{DownClass, Outage};
