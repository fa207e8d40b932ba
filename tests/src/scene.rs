//! A temporary folder with login services and a configuration that names them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use contract::Instant;
use login_service::{Account, Authority, Fault, LoginService, Options};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The account that measures.
pub const USER: &str = "probe";
/// Its password: nothing but the password file may ever hold it.
pub const PASSWORD: &str = "kvast-9-Tallrik-pq";

/// How one logs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A form on a page.
    Form,
    /// HTTP Basic.
    Basic,
    /// Fields as JSON, then a token.
    Json,
}

/// Login services, and a configuration for them. All of it is gone when it is dropped.
pub struct Scene {
    folder: TempDir,
    authority: Authority,
    running: BTreeMap<String, LoginService>,
    runtime: Runtime,
}

impl Scene {
    /// A folder with a private CA and the account's password, and nothing running.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("upptid-e2e-").tempdir().unwrap();
        let authority = Authority::new().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let scene = Scene { folder, authority, running: BTreeMap::new(), runtime };
        fs::write(scene.path("ca.pem"), scene.authority.ca_pem()).unwrap();
        scene.write_password(PASSWORD);
        scene
    }

    /// One service of that name and kind, measured each second and configured.
    pub fn of_one(name: &str, kind: Kind) -> Self {
        let mut scene = Scene::new();
        scene.start(name);
        scene.configure("", &scene.measured(name, kind));
        scene
    }

    /// Starts a login service; also to serve as a witness.
    pub fn start(&mut self, name: &str) {
        let mut options = Options::new(self.authority.leaf(&["localhost"]).unwrap());
        options.accounts = vec![Account::new(USER, PASSWORD)];
        let service = self.runtime.block_on(LoginService::start(options)).unwrap();
        self.running.insert(name.to_owned(), service);
    }

    /// The service of that name.
    pub fn service(&self, name: &str) -> &LoginService {
        &self.running[name]
    }

    /// Makes a service fail, from the next connection on.
    pub fn inject(&self, name: &str, fault: Fault) {
        self.runtime.block_on(self.service(name).inject(fault));
    }

    /// Lets a service work again.
    pub fn heal(&self, name: &str) {
        self.inject(name, Fault::None);
    }

    /// A file or folder of the scene.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration.
    pub fn config(&self) -> PathBuf {
        self.path("upptid.toml")
    }

    /// Where the agent listens for people.
    pub fn socket(&self) -> PathBuf {
        self.path("admin.sock")
    }

    /// The agent's state folder.
    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// Writes the configuration: the agent's sections, then `sections`, then the services.
    pub fn configure(&self, sections: &str, services: &str) {
        self.configure_with(&self.state(), sections, services);
    }

    /// The same with another state folder.
    pub fn configure_with(&self, state: &Path, sections: &str, services: &str) {
        let state = state.display();
        let text = format!(
            "[agent]\nname = \"e2e\"\nstate_dir = \"{state}\"\nheartbeat = \"1s\"\n\n\
             [web]\nlisten = \"127.0.0.1:0\"\n\n[admin]\nsocket = \"admin.sock\"\n\n\
             {sections}\n{services}"
        );
        fs::write(self.config(), text).unwrap();
    }

    /// A service as the configuration names it, measured each second.
    pub fn measured(&self, name: &str, kind: Kind) -> String {
        format!(
            "\n[[service]]\nname = \"{name}\"\nmonthly_fee = \"12500.00 SEK\"\n\
             interval = \"1s\"\ndown_interval = \"1s\"\n\n{}",
            self.login(name, kind)
        )
    }

    fn login(&self, name: &str, kind: Kind) -> String {
        let service = self.service(name);
        let (kind, rest) = match kind {
            Kind::Form => (
                "form",
                format!(
                    "url = \"{}\"\nproof = [{{ text = \"Log out\" }}]\n",
                    service.url("/login")
                ),
            ),
            Kind::Basic => ("basic", format!("url = \"{}\"\n", service.url("/basic"))),
            Kind::Json => (
                "json",
                format!(
                    "url = \"{}\"\nuser_field = \"user\"\nproof = [{{ json = \"/user/active\" }}]\n\
                     token = \"/auth/token\"\nthen = \"{}\"\n",
                    service.url("/api/token"),
                    service.url("/api/me"),
                ),
            ),
        };
        format!(
            "[service.login]\nkind = \"{kind}\"\nuser = \"{USER}\"\n\
             password = {{ file = \"password\" }}\nca_file = \"ca.pem\"\n\
             limits = {{ total = \"1s\" }}\n{rest}"
        )
    }

    /// Witnesses as the configuration names them: services that were started under these names.
    pub fn witnesses(&self, names: &[&str]) -> String {
        let targets = names.iter().map(|name| {
            let port = self.service(name).address().port();
            format!("  {{ name = \"{name}\", tcp = \"127.0.0.1:{port}\" }},\n")
        });
        let targets: String = targets.collect();
        format!("[witness]\nneed = 1\ntimeout = \"500ms\"\ntargets = [\n{targets}]\n")
    }

    /// What the agent reads as the account's password.
    pub fn write_password(&self, password: &str) {
        let path = self.path("password");
        fs::write(&path, password).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "a person who announces a stop looks at a clock")]
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Instant::from_ms(since.as_millis().try_into().unwrap())
}
