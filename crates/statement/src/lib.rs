//! A month's documents out of the facts (C6.7, C10.1): composed once, as a [`Document`], and shown
//! as JSON, CSV, HTML or PDF, in Swedish and English.
//!
//! Pure: the same facts give the same bytes. Reading the journal and keeping the key are others'
//! work.

pub mod compose;
pub mod csv;
pub mod document;
mod file_name;
mod flaw;
mod format;
mod hex;
pub mod html;
pub mod json;
mod lang;
pub mod pdf;
mod seal;
pub mod sheet;
mod sign;
mod verify;
mod words;

pub use compose::{Asked, compose, customers_of, terms_sha256};
pub use document::Document;
pub use file_name::{file_name, slugs};
pub use flaw::{Flaw, Place};
pub use lang::Lang;
pub use seal::Seal;
pub use sign::{KeyError, Signature, SigningKey, sha256};
pub use verify::{Checked, Form, check};
