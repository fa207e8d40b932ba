//! Whom an agent tells: a contact, the provider and a program, with the servers that take it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mail_service::{Mail, MailOptions, MailServer, WebhookReceiver};

use crate::{Scene, until};

/// The contact's address, which belongs in no journal and no log (C10.5).
pub const CONTACT_MAIL: &str = "anna@customer.example";
/// Where fault reports go.
pub const PROVIDER_MAIL: &str = "support@provider.example";
/// What the webhook's bodies are signed with.
pub const WEBHOOK_SECRET: &str = "sil-3-Barr-qw";

/// A mail server and a webhook receiver.
pub struct Told {
    /// Takes mail.
    pub mail: MailServer,
    /// Takes posts.
    pub webhook: WebhookReceiver,
}

impl Told {
    /// Starts both.
    pub fn start() -> Self {
        Told {
            mail: MailServer::start(MailOptions::default()).unwrap(),
            webhook: WebhookReceiver::start(None).unwrap(),
        }
    }

    /// The sections that name them: anna is told about `services`, the provider gets fault
    /// reports, and incidents do not wait for each other.
    pub fn sections(&self, scene: &Scene, services: &[&str]) -> String {
        let secret = scene.path("webhook-secret");
        fs::write(&secret, WEBHOOK_SECRET).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        let (port, url) = (self.mail.port(), self.webhook.url("127.0.0.1", "/hook"));
        format!(
            "[mail]\nserver = \"127.0.0.1:{port}\"\ntls = \"none\"\ngroup = \"0s\"\nrate = 1000\n\
             from = \"upptid@provider.example\"\n\n\
             [provider]\nname = \"Exempel Drift AB\"\nfault_report_mail = \"{PROVIDER_MAIL}\"\n\n\
             [[contact]]\nid = \"anna\"\nmail = \"{CONTACT_MAIL}\"\nservices = {services:?}\n\n\
             [[webhook]]\nname = \"ops\"\nurl = \"{url}\"\nsecret = {{ file = \"webhook-secret\" }}\n"
        )
    }

    /// The mails to an address, in the order in which they came.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        self.mail.mails().into_iter().filter(|mail| mail.to == address).collect()
    }

    /// Waits for a mail to `address` that says `words`.
    pub fn wait_for_mail(&self, address: &str, words: &str) -> Mail {
        until(&format!("a mail to {address} that says {words:?}"), || {
            self.mails_to(address).into_iter().find(|mail| mail.readable().contains(words))
        })
    }
}
