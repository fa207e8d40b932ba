//! What people are told: who gets which letter, its words, and the ways it goes out.
//!
//! What is due comes from the facts (`contract::notices::due`), and so does what is left after a
//! crash: nothing here lasts. A letter that goes out twice has the same id both times.
//!
//! | file | gives |
//! |---|---|
//! | `letter.rs` | due notices, put together into letters |
//! | `desk.rs` | which letters may go now: order, back-off, the rate limit |
//! | `matter.rs`, `alert.rs` | what the facts say of a letter's notices |
//! | `compose.rs`, `words.rs`, `alert_words.rs`, `blocks.rs` | the letter in Swedish or English, as text and HTML |
//! | `identity.rs` | the ids by which a letter and its thread are known |
//! | `mail.rs`, `webhook.rs` | the two ways out |
//! | `settings.rs`, `trouble.rs` | where letters go to, and why one did not |

mod alert;
mod alert_words;
mod blocks;
mod compose;
mod desk;
mod identity;
mod letter;
pub mod mail;
mod matter;
mod secrets;
pub mod settings;
mod trouble;
pub mod webhook;
mod words;

pub use alert_words::command as alert_command;
pub use compose::{Enclosed, EnclosedFile, Message, Pages, Sender, compose};
pub use desk::{Desk, Pace, Waiting};
pub use identity::{letter_id, thread_id};
pub use letter::{ITEMS_MAX, Letter, letters};
pub use matter::{Matter, matters};
pub use statement::Lang;
pub use trouble::Trouble;
