//! A small mail server and a webhook receiver, with faults on demand: for the tests.
//!
//! Both listen on a free port of 127.0.0.1, keep what they take, and end when they are dropped. A
//! thread serves each connection.

mod listener;
mod mail_server;
mod stream;
mod webhook_receiver;

pub use mail_server::{AttachedFile, Mail, MailFault, MailOptions, MailServer};
pub use stream::Certificate;
pub use webhook_receiver::{Post, WebhookReceiver};
