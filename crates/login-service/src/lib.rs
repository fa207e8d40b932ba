//! A small login service behind TLS, with faults on demand: for the demo and the tests.
//!
//! It behaves like the login pages that a probe meets: a search form before the login form, a
//! CSRF token bound to a session cookie, fields and a button that must be sent, Referer or Origin
//! checked, a log-out form; for an account with one-time codes a page that asks for one. It counts what it served, so that a test can ask whether each login
//! was logged out and each handshake was a full one.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use login_service::{Authority, Fault, LoginService, Options};
//!
//! let authority = Authority::new()?;
//! let service = LoginService::start(Options::new(authority.leaf(&["localhost"])?)).await?;
//! println!("sign in at {} as demo / hemligt", service.url("/login"));
//! service.inject(Fault::Refuse).await;
//! service.heal().await;
//! assert_eq!(service.counts().sessions_open, 0);
//! # Ok(())
//! # }
//! ```
//!
//! **Invariant:** nothing that a peer sends makes it panic, and nothing that a peer sends makes it
//! grow without end. It listens where it is told, by default on 127.0.0.1, and calls nobody.

mod answer;
mod authority;
mod counts;
mod fault;
mod one_time_code;
mod options;
mod pages;
mod service;
mod session;
mod site;

pub use authority::{Authority, Certificate};
pub use counts::Counts;
pub use fault::{BackEnd, Fault, FormChange};
pub use one_time_code::Codes;
pub use options::{Account, Logout, Options, Refusal};
pub use service::LoginService;
