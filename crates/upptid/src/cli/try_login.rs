//! `upptid try`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `upptid try`
#[derive(Args)]
pub struct TryArgs {
    /// The configuration [default: /etc/upptid/upptid.toml, unless --url is given]
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub config: Option<PathBuf>,
    /// The service of the configuration [default: all of them, one after the other]
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    pub service: Option<String>,
    /// Where the credentials are that the configuration names, outside of systemd
    #[arg(long, value_name = "FOLDER", conflicts_with = "url")]
    pub credentials: Option<PathBuf>,
    /// The address where one logs in, in place of a configuration: a page, or imaps://, imap://,
    /// smtps://, smtp://, ldaps:// or ldap://
    #[arg(long, requires = "user", requires = "secret")]
    pub url: Option<String>,
    /// How one logs in at a page
    #[arg(long, value_enum, default_value_t = KindArg::Form, requires = "url")]
    pub kind: KindArg,
    /// The account
    #[arg(long, value_name = "NAME", requires = "url")]
    pub user: Option<String>,
    /// The file that holds the account's password
    #[arg(long, value_name = "FILE", requires = "url", group = "secret")]
    pub password_file: Option<PathBuf>,
    /// The file that holds the secret of the account's one-time codes: base32, or otpauth://…
    #[arg(long, value_name = "FILE", requires = "url")]
    pub totp_file: Option<PathBuf>,
    /// The file that holds the account's private key, for ssh://
    #[arg(long, value_name = "FILE", requires = "url", group = "secret")]
    pub key_file: Option<PathBuf>,
    /// The key that the host is known by, for ssh://: "ssh-ed25519 AAAA…" or "SHA256:…"
    #[arg(long, value_name = "KEY", requires = "url")]
    pub host_key: Option<String>,
    /// The file that holds it, like OpenSSH's known_hosts
    #[arg(long, value_name = "FILE", requires = "url")]
    pub known_hosts: Option<PathBuf>,
    /// The private CA that signed the service's certificate
    #[arg(long, value_name = "FILE", requires = "url")]
    pub ca_file: Option<PathBuf>,
    /// Connect to this address, whatever the name says
    #[arg(long, value_name = "IP", requires = "url")]
    pub address: Option<String>,
    /// A text that only a logged-in user sees; may be repeated
    #[arg(long, value_name = "TEXT", requires = "url")]
    pub proof_text: Vec<String>,
    /// A link that only a logged-in user sees; may be repeated
    #[arg(long, value_name = "TEXT", requires = "url")]
    pub proof_link: Vec<String>,
    /// The path that only a logged-in user is led to
    #[arg(long, value_name = "PATH", requires = "url")]
    pub proof_path: Vec<String>,
    /// A cookie that only a logged-in user is given; may be repeated
    #[arg(long, value_name = "NAME", requires = "url")]
    pub proof_cookie: Vec<String>,
    /// Show each request and its answer, secrets cut out
    #[arg(long)]
    pub explain: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// How one logs in, for `upptid try --url`.
#[derive(Clone, Copy, ValueEnum)]
pub enum KindArg {
    /// A form on a page
    Form,
    /// HTTP Basic
    Basic,
}
