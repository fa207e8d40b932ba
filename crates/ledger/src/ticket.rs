//! What a caller holds while its facts are on their way to the disk.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// Facts under way. Await it to know that they last; drop it if that need not be known.
///
/// It is answered only after the lines are on the disk (`fdatasync`) and counted in the history.
#[derive(Debug)]
#[must_use = "await the ticket, or drop it on purpose: nothing is acknowledged before it answers"]
pub struct Ticket(pub(crate) oneshot::Receiver<Result<Recorded, RecordError>>);

/// Lines that last: synced, and counted in the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// The number of the first line.
    pub first_seq: u64,
    /// The number of the last line.
    pub last_seq: u64,
}

/// Why facts were not recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordError {
    /// The journal cannot be written now; a person's fact is not kept waiting.
    Unwritable(String),
    /// The queue is full; see [`crate::QUEUE_FACTS_MAX`].
    QueueFull,
    /// The fact contradicts what is recorded (an id twice, an `until` before its `from`, …).
    Refused(String),
    /// The ledger is closed.
    Closed,
}

impl Ticket {
    /// Waits on a thread that runs no async tasks.
    pub fn wait(self) -> Result<Recorded, RecordError> {
        self.0.blocking_recv().unwrap_or(Err(RecordError::Closed))
    }

    /// A ticket that is answered already.
    pub(crate) fn answered(answer: Result<Recorded, RecordError>) -> Ticket {
        let (sender, receiver) = oneshot::channel();
        // The receiver is right here.
        let _ = sender.send(answer);
        Ticket(receiver)
    }
}

impl Future for Ticket {
    type Output = Result<Recorded, RecordError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or(Err(RecordError::Closed)))
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Unwritable(why) => {
                write!(f, "the journal cannot be written ({why}); nothing was recorded, try again")
            }
            RecordError::QueueFull => {
                f.write_str("too many facts wait for the disk; nothing was recorded, try again")
            }
            RecordError::Refused(why) => f.write_str(why),
            RecordError::Closed => f.write_str("the ledger is closed; nothing was recorded"),
        }
    }
}

impl std::error::Error for RecordError {}
