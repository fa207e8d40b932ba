//! What the end to end tests share: the real program as a child process, login services that it
//! measures, and what a person or Prometheus sees of it.
//!
//! | file | gives |
//! |---|---|
//! | `program.rs` | `upptid`, built, and run to its end |
//! | `scene.rs` | a temporary folder with login services and a configuration that names them |
//! | `agent.rs` | a running `upptid run`, and the ways to end it |
//! | `faked_clock.rs` | the same with another time on its clock |
//! | `metrics.rs` | `/metrics`, read |
//! | `journal.rs` | the journal's lines, verified as `docs/ledger-format.md` says |
//! | `figures.rs` | a month's time by class, out of metrics, store and replay alike |
//! | `people.rs` | requests on the admin socket |
//! | `told.rs` | a mail server and a webhook receiver, and the sections that name them |
//! | `alerting.rs` | the real Prometheus and Alertmanager, with the files of `deploy/` |
//! | `servers/` | real servers to log in to, and how to break what is behind them |
//! | `front.rs` | a listener before one, with TLS of any kind and the faults of a network |
//! | `random.rs` | random numbers out of a seed that is printed and can be given again |
//!
//! **Invariant:** nothing here uses the code that it tests, but to read instants and name months:
//! facts, figures and answers are read as another program would read them. Waiting is polling, with a
//! deadline that only a broken program reaches.

mod agent;
mod alerting;
mod faked_clock;
mod figures;
pub mod front;
mod journal;
mod metrics;
mod people;
mod program;
mod random;
mod scene;
pub mod servers;
mod told;

use std::thread;
use std::time::{Duration, Instant};

pub use agent::{Agent, files_below, get};
pub use alerting::{Alertmanager, Prometheus, shipped};
pub use faked_clock::program_at;
pub use figures::Figures;
pub use journal::{Journal, Line, segments};
pub use metrics::Metrics;
pub use people::{Announcement, ask};
pub use program::{Finished, example, is_ci, program, upptid};
pub use random::Random;
pub use scene::{Kind, PASSWORD, Scene, USER, now};
pub use told::{CONTACT_MAIL, PROVIDER_MAIL, Told, WEBHOOK_SECRET};

/// How long anything is waited for: far longer than it takes on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two looks.
const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// Looks until there is something, and gives it.
///
/// # Panics
/// When there is nothing for [`PATIENCE`]: `what` was waited for in vain.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for: {what}");
        thread::sleep(LOOK_PAUSE);
    }
}
