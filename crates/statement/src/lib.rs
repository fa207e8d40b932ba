//! A month's documents out of the facts (C6.7, C10.1): composed once, as a [`Document`], and shown
//! as JSON, CSV, HTML or PDF, in Swedish and English.
//!
//! Pure: the same facts give the same bytes. Reading the journal and keeping the key are others'
//! work.

pub mod document;
pub mod html;
mod lang;
pub mod pdf;

pub use document::Document;
pub use lang::Lang;
