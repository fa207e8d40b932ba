//! A folder with a private CA and passwords, and servers that run out of it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use login_service::{Authority, Certificate};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{is_ci, upptid};
use crate::{PASSWORD, until};

/// The secret forms that no output may hold: the password, and what SASL makes of it.
const SECRETS: [&str; 3] =
    [PASSWORD, "AHByb2JlAGt2YXN0LTktVGFsbHJpay1wcQ", "a3Zhc3QtOS1UYWxscmlrLXBx"];

/// A folder with a private CA and passwords.
pub struct Place {
    folder: TempDir,
    /// The CA that logins trust.
    pub authority: Authority,
}

impl Place {
    /// None where `programs` are not installed or the test may not use them, which CI does not
    /// accept.
    pub fn with(programs: &[&str]) -> Option<Self> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| {
            use std::os::unix::fs::MetadataExt;
            own.uid() == 0
        });
        let missing = programs.iter().find(|program| !Path::new(program).exists());
        if let Some(reason) = match (missing, is_root) {
            (Some(program), _) => Some(format!("{program} is not installed")),
            (None, false) => Some("such a server wants to be started as root".to_owned()),
            (None, true) => None,
        } {
            assert!(!is_ci(), "{reason}");
            eprintln!("not tested: {reason}");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("upptid-direct-").tempdir().unwrap();
        // The servers' own users look into it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let place = Place { folder, authority: Authority::new().unwrap() };
        place.write("ca.pem", &place.authority.ca_pem());
        place.present(place.authority.leaf(&["localhost"]).unwrap());
        place.write("password", PASSWORD);
        place.write("wrong", "not the password");
        place.write("nothing", "");
        Some(place)
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a file of this name lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, as text.
    pub fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file that everybody may read.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// What servers show from their next start.
    pub fn present(&self, certificate: Certificate) {
        self.write("cert.pem", &certificate.chain_pem());
        self.write("key.pem", &certificate.key_pem());
        fs::set_permissions(self.path("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Tries a login by flags alone; gives its outcome and cause, and the whole of it.
    pub fn attempt(&self, url: &str, user: &str, password: &str, more: &[&str]) -> Attempted {
        let (password, ca) = (self.shown(password), self.shown("ca.pem"));
        let mut flags = vec!["try", "--json", "--url", url, "--user", user];
        if !url.starts_with("ssh:") {
            flags.extend(["--ca-file", &ca]);
        }
        if !more.contains(&"--key-file") {
            flags.extend(["--password-file", &password]);
        }
        flags.extend(more);
        Attempted::of(&flags)
    }

    /// Learns a login by `arguments` beside the account and the CA, and gives the file's text; what
    /// was written is checked and tried, and gives `up`.
    ///
    /// # Panics
    /// When it is not learned, or not so.
    #[track_caller]
    pub fn learn(&self, url: &str, user: &str, arguments: &[&str]) -> String {
        let (password, ca, out) =
            (self.shown("password"), self.shown("ca.pem"), self.shown("learned.toml"));
        let known = ["learn", url, "--user", user, "--password-file", &password, "--name", "it"];
        let mut further = vec!["--out", &out, "--force"];
        if !url.starts_with("ssh:") {
            further.extend(["--ca-file", &ca]);
        }
        let finished = upptid(known.iter().chain(&further).chain(arguments));
        assert_eq!(finished.code, Some(0), "{finished:?}");
        for secret in SECRETS {
            let said = [&finished.stdout, &finished.stderr];
            assert!(!said.iter().any(|said| said.contains(secret)), "C10.3: {finished:?}");
        }
        let checked = upptid(["check", "--config", &out]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
        Attempted::of(&["try", "--json", "--config", &out]).is("up");
        fs::read_to_string(&out).unwrap()
    }

    /// The same by a configuration with short time limits.
    pub fn attempt_hurried(&self, kind: &str, url: &str, user: &str, more: &str) -> Attempted {
        let tls = if kind == "ssh" { "" } else { "tls = \"1s\"\n" };
        let config = format!(
            "[[service]]\nname = \"it\"\n[service.login]\nkind = \"{kind}\"\nurl = \"{url}\"\n\
             user = \"{user}\"\npassword = {{ file = \"password\" }}\n{more}\n\
             [service.login.limits]\n{tls}processing = \"1s\"\n"
        );
        self.write("upptid.toml", &config);
        fs::set_permissions(self.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
        Attempted::of(&["try", "--json", "--config", &self.shown("upptid.toml")])
    }
}

/// What came of a login.
pub struct Attempted {
    /// `up`, or the outcome and its cause: `account rejected`.
    pub verdict: String,
    /// All that was said.
    pub document: Value,
}

impl Attempted {
    fn of(arguments: &[&str]) -> Self {
        let finished = upptid(arguments);
        for secret in SECRETS {
            let said = [&finished.stdout, &finished.stderr];
            assert!(!said.iter().any(|said| said.contains(secret)), "C10.3: {finished:?}");
        }
        let document = finished.json();
        let [outcome, cause] = ["outcome", "cause"].map(|key| document[key].as_str());
        let words: Vec<&str> = outcome.into_iter().chain(cause).collect();
        Attempted { verdict: words.join(" "), document }
    }

    /// # Panics
    /// When it came to another verdict.
    #[track_caller]
    pub fn is(self, verdict: &str) -> Self {
        assert_eq!(self.verdict, verdict, "{:#}", self.document);
        self
    }

    /// What it says for people.
    pub fn message(&self) -> &str {
        self.document["message"].as_str().unwrap()
    }

    /// What was said and heard, as `--explain` shows it: `STEP: QUESTION / ANSWER`, with `-` for no
    /// answer and lines divided by bars.
    pub fn said(&self) -> Vec<String> {
        let words = |message: &Value| {
            let words = [&message["line"], &message["body"]].map(|text| text.as_str());
            let words: Vec<&str> = words.into_iter().flatten().filter(|t| !t.is_empty()).collect();
            if message.is_null() { "-".to_owned() } else { words.join("\n").replace('\n', " | ") }
        };
        let exchanges = self.document["exchanges"].as_array().unwrap().iter();
        let line = |exchange: &Value| {
            let (asked, heard) = (words(&exchange["request"]), words(&exchange["answer"]));
            format!("{}: {asked} / {heard}", exchange["step"].as_str().unwrap())
        };
        exchanges.map(line).collect()
    }

    /// The names of its steps.
    pub fn steps(&self) -> Vec<&str> {
        let steps = self.document["steps"].as_array().unwrap();
        steps.iter().filter_map(|step| step["name"].as_str()).collect()
    }
}

/// A server with all its processes, which are ended when it is dropped.
pub struct Server(Child);

impl Server {
    /// A server that runs already.
    pub fn of(process: Child) -> Self {
        Server(process)
    }

    /// Starts a server in a process group of its own, and waits until it takes connections.
    pub fn start(command: &mut Command, port: u16) -> Self {
        let null = || Stdio::null();
        let command = command.stdin(null()).stdout(null()).stderr(null()).process_group(0);
        let server = Server(command.spawn().expect("the server can be started"));
        until("a server that takes connections", || TcpStream::connect(("127.0.0.1", port)).ok());
        server
    }

    /// Lets it hang: the kernel goes on taking connections.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-s", signal, "--", &group]).status();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("CONT");
        self.signal("TERM");
        let mut looks = 0;
        while self.0.try_wait().is_ok_and(|ended| ended.is_none()) && looks < 100 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            looks += 1;
        }
        self.signal("KILL");
        let _ = self.0.wait();
    }
}

/// A port that nobody listened at just now. These servers cannot be asked to choose one.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
