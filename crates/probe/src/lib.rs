//! One login attempt, every phase timed, every outcome typed.
//!
//! No schedule and no storage: what an attempt means is another crate's. [`Prober::prepare`] makes
//! a [`settings::Login`] ready; [`PreparedLogin::attempt`] signs in once and gives an [`Attempt`].
//!
//! From below: [`dial`] gives a TLS stream ([`resolve`], [`tls`]), [`mod@http`] speaks over it, a
//! `session` is one attempt's requests as one browser would send them, and `kinds` are the flows.
//! What does not speak HTTP asks its questions over a `link`. A `trace` is what each attempt notes.
//! [`html`], [`cookies`] and [`redact`] are pure.
//!
//! **Invariant:** nothing that a service sends makes an attempt panic, take longer than its limit,
//! or grow without end; and no password leaves it except over TLS or SSH (C1.5).

pub mod attempt;
pub mod certificate;
pub mod challenge;
pub mod clock;
pub mod cookies;
pub mod credential;
pub mod dial;
pub mod digest;
pub mod exchange;
pub mod failure;
pub mod hosts;
pub mod html;
pub mod http;
pub mod learn;
pub mod prober;
pub mod redact;
pub mod resolve;
pub mod settings;
pub mod tls;
pub mod unpack;

mod answer;
mod gather;
mod kinds;
mod lenient;
mod link;
mod logout;
mod one_time_code;
mod proof;
mod random;
mod session;
mod stapled;
mod trace;
mod trust;
mod verdict;

pub use attempt::Attempt;
pub use prober::{Account, PreparedLogin, Prober};
