//! Statements made out of facts as a journal holds them: what they say, and that nobody can change
//! them unnoticed.

mod composing;
mod journal;
mod pinned;
mod proof;
mod segments;
mod spreadsheet;
