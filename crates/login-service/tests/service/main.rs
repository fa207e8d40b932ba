//! The login service as a visitor meets it: over TCP, TLS and HTTP.

mod certificates;
mod connection_faults;
mod other_logins;
mod page_faults;
mod sign_in;
mod visitor;
