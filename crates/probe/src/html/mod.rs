//! Reading a page as a browser would, as far as a login needs it.
//!
//! Pure functions over bytes and strings: no I/O and no clock. What a page holds is read once, in
//! one pass with bounded memory ([`page`]); the other modules answer one question each about it.
//! Everything that is guessed is guessed here: the words are in `vocabulary`, the weights beside the
//! functions that use them.

pub mod charset;
pub mod consent;
pub mod csrf;
pub mod form;
pub mod learned;
pub mod login_form;
pub mod login_link;
pub mod logout;
pub mod page;
pub mod refusal;
pub mod script_calls;
pub mod select;
pub mod self_submit;
pub mod submission;
pub mod text;

mod attributes;
pub(crate) mod marks;
mod reader;
mod tags;
#[rustfmt::skip] // Lists of words are read in paragraphs.
pub(crate) mod vocabulary;
pub(crate) mod words;

pub use form::{Enctype, Field, FieldKind, Form, Method};
pub use page::Page;
