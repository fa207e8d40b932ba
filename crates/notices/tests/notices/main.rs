//! Letters as their recipients get them: written out of facts, and sent to real servers.

mod alerts;
mod by_mail;
mod by_webhook;
mod facts;
mod words;
