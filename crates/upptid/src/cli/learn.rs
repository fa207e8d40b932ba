//! `upptid learn`

use std::path::PathBuf;

use clap::{ArgGroup, Args};

/// `upptid learn`
#[derive(Args)]
#[command(group = ArgGroup::new("secret").args(["password_file", "credential"]))]
#[command(after_help = AFTER_HELP)]
pub struct LearnArgs {
    /// The page where people sign in, or one with a link that leads there; or a server: imaps://,
    /// imap://, smtps://, smtp://, ldaps://, ldap:// or ssh://
    pub url: String,
    /// The account: one made for the probe alone
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// The file that holds the account's password [default: asked for on the terminal]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The credential that holds the account's password
    #[arg(long, value_name = "NAME")]
    pub credential: Option<String>,
    /// Where the credentials are, outside of systemd
    #[arg(long, value_name = "FOLDER", requires = "credential")]
    pub credentials: Option<PathBuf>,
    /// The file that holds what the account's one-time codes are made from
    #[arg(long, value_name = "FILE")]
    pub totp_file: Option<PathBuf>,
    /// The private CA that signed the service's certificate
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The key that the host is known by, for ssh://: "ssh-ed25519 AAAA…" or "SHA256:…" [default: the
    /// one that it shows]
    #[arg(long, value_name = "KEY", conflicts_with = "known_hosts")]
    pub host_key: Option<String>,
    /// The file that holds it, like OpenSSH's known_hosts
    #[arg(long, value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,
    /// Connect to this address for that host; may be repeated
    #[arg(long, value_name = "HOST=ADDR")]
    pub resolve: Vec<String>,
    /// Send one wrong password too, to know a refusal by
    #[arg(long)]
    pub try_wrong_password: bool,
    /// The service's name [default: the host's]
    #[arg(long, value_name = "SERVICE")]
    pub name: Option<String>,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write over a file that exists
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

const AFTER_HELP: &str = "\
It signs in to a page twice, to a server once, and logs out each time; with --try-wrong-password
it also sends one wrong password, which counts towards the account's lock, and then signs in. The exit code is 0 for learned, 1 if the login
is down, 3 if it needs a recipe or the account was refused.";
