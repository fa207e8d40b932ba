//! What the demo measures: three login services behind TLS with a private CA, two hosts that serve
//! as witnesses, and the configuration that names them, all in a temporary folder.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use agent::clock::{Clock, SystemClock};
use contract::Instant;
use login_service::{Account, Authority, LoginService, Options};
use tempfile::TempDir;

/// The services, by name and kind of login.
pub const SERVICES: [(&str, &str); 3] =
    [("portal", "form"), ("intranet", "basic"), ("api", "json")];

/// The hosts that tell a dead service from a dead network.
pub const WITNESSES: [&str; 2] = ["gateway", "anchor"];

const USER: &str = "probe";
const PASSWORD: &str = "correct horse battery";

/// Everything the demo needs; dropped, nothing is left of it.
pub struct Stage {
    folder: TempDir,
    running: BTreeMap<&'static str, LoginService>,
}

impl Stage {
    /// Starts the services and writes the configuration.
    pub async fn build(listen: SocketAddr) -> io::Result<Self> {
        let began = SystemClock.now().wall;
        let folder = tempfile::Builder::new().prefix("upptid-demo-").tempdir()?;
        let authority = Authority::new()?;
        let mut running = BTreeMap::new();
        for name in SERVICES.map(|(name, _)| name).into_iter().chain(WITNESSES) {
            let mut options = Options::new(authority.leaf(&["localhost"])?);
            options.accounts = vec![Account::new(USER, PASSWORD)];
            running.insert(name, LoginService::start(options).await?);
        }
        fs::write(folder.path().join("private-ca.pem"), authority.ca_pem())?;
        fs::write(folder.path().join("password"), PASSWORD)?;
        restrict(&folder.path().join("password"))?;
        let stage = Stage { folder, running };
        fs::write(stage.config_path(), stage.configuration(listen, began))?;
        Ok(stage)
    }

    /// The running service or witness of that name, one of [`SERVICES`] or [`WITNESSES`].
    pub fn service(&self, name: &str) -> &LoginService {
        &self.running[name]
    }

    /// Where the configuration is.
    pub fn config_path(&self) -> PathBuf {
        self.folder.path().join("upptid.toml")
    }

    /// Where the agent listens for people.
    pub fn admin_socket(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    fn configuration(&self, listen: SocketAddr, began: Instant) -> String {
        let folder = self.folder.path().display();
        let mut text = format!(
            "[agent]\nname = \"demo\"\nstate_dir = \"{folder}/state\"\nheartbeat = \"1s\"\n\n\
             [provider]\nname = \"Exempel Drift AB\"\n\n\
             [web]\nlisten = \"{listen}\"\n\n\
             [admin]\nsocket = \"{folder}/admin.sock\"\n\n\
             [log]\nlevel = \"error\"\n\n\
             [terms.standard]\nnotice = \"20s\"\n\n\
             [witness]\nneed = 1\ntimeout = \"500ms\"\ntargets = [\n"
        );
        for name in WITNESSES {
            let port = self.service(name).address().port();
            let _ = writeln!(text, "  {{ name = \"{name}\", tcp = \"127.0.0.1:{port}\" }},");
        }
        text.push_str("]\n");
        for (name, kind) in SERVICES {
            let _ = write!(
                text,
                "\n[[service]]\nname = \"{name}\"\ncustomer = \"Exempelbolaget AB\"\n\
                 monthly_fee = \"12500.00 SEK\"\nbegan = \"{began}\"\ninterval = \"2s\"\ndown_interval = \"1s\"\n\n\
                 [service.login]\nkind = \"{kind}\"\nuser = \"{USER}\"\n\
                 password = {{ file = \"password\" }}\nca_file = \"private-ca.pem\"\n\
                 limits = {{ total = \"2s\" }}\n{}",
                self.login_of(name, kind)
            );
        }
        text
    }

    fn login_of(&self, name: &str, kind: &str) -> String {
        let service = self.service(name);
        match kind {
            "json" => format!(
                "url = \"{}\"\nuser_field = \"user\"\nproof = [{{ json = \"/user/active\" }}]\n\
                 token = \"/auth/token\"\nthen = \"{}\"\n",
                service.url("/api/token"),
                service.url("/api/me"),
            ),
            "basic" => format!("url = \"{}\"\n", service.url("/basic")),
            _ => {
                format!("url = \"{}\"\nproof = [{{ text = \"Log out\" }}]\n", service.url("/login"))
            }
        }
    }
}

fn restrict(path: &std::path::Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}
