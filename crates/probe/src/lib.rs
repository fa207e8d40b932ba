//! One login attempt, every phase timed, every outcome typed.
//!
//! No schedule and no storage: what an attempt means is another crate's. [`Prober::prepare`] makes
//! a [`settings::Login`] ready; [`PreparedLogin::attempt`] signs in once and gives an [`Attempt`].

pub mod attempt;
pub mod certificate;
pub mod cookies;
pub mod html;
pub mod prober;
pub mod redact;
pub mod settings;

pub use attempt::Attempt;
pub use prober::{Account, PreparedLogin, Prober};
