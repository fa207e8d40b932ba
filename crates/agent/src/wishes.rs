//! What operators wish of the engine: to pause measuring, and to go on (C3.6).

use std::sync::Arc;

use contract::Pause;
use tokio::sync::oneshot;

/// Hands wishes to the engine, which grants them in its next turn.
#[derive(Clone)]
pub struct Wishes(Arc<dyn Fn(Wished) + Send + Sync>);

/// A wish, and where to answer whether the service is measured here at all.
pub struct Wished {
    /// The service.
    pub service: String,
    /// What is to be done.
    pub wish: Wish,
    /// Whether the service is measured here.
    pub answer: oneshot::Sender<bool>,
}

/// What is to be done with a service.
pub enum Wish {
    /// Nothing: only say whether it is measured here.
    Look,
    /// Measure no more.
    Pause {
        /// Who wishes it, and why: what the state's evidence says.
        message: String,
    },
    /// Measure again.
    Resume,
}

impl Wishes {
    /// Hands each wish to `hand_over`.
    pub fn new(hand_over: impl Fn(Wished) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hand_over))
    }

    /// Asks the engine, and waits until it has done so: whether the service is measured here. No
    /// answer is no.
    pub async fn ask(&self, service: &str, wish: Wish) -> bool {
        let (answer, answered) = oneshot::channel();
        (self.0)(Wished { service: service.to_owned(), wish, answer });
        answered.await.unwrap_or(false)
    }
}

/// What the evidence of a paused service says.
pub fn pause_message(pause: &Pause) -> String {
    format!("paused by {}: {}", pause.by, pause.reason)
}
