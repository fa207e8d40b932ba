//! Statements made and verified by the program itself, out of a journal that lies on a disk
//! (C6.7, C10.1).

mod journal;
mod making;
mod verifying;
