//! Letters through Debian's Postfix, with STARTTLS, a password that Dovecot checks, and a Maildir;
//! posts to a receiver that checks them by Python's own means. Agents are killed meanwhile, and so
//! is the mail server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use contract::Instant;
use end_to_end::servers::has;
use end_to_end::servers::place::free_port;
use end_to_end::{
    Agent, Announcement, CONTACT_MAIL, Journal, Kind, PROVIDER_MAIL, Random, Scene, WEBHOOK_SECRET,
    ask, now, until, upptid,
};
use login_service::{Authority, Fault};
use mail_service::Mail;
use serde_json::Value;

const DOVECOT: &str = "/usr/sbin/dovecot";
const MASTER: &str = "/usr/lib/postfix/sbin/master";
const PYTHON: &str = "/usr/bin/python3";
/// The user that owns mail here: nobody.
const NOBODY: u32 = 65534;
/// The account that sends, and its password.
const SENDER: &str = "upptid";
const SENDER_PASSWORD: &str = "lavskrika-7-Ved";

const HOUR_MS: i64 = 3_600_000;
/// Agents that are killed while they tell.
const KILLS: usize = 10;
/// How long they live at most.
const LIFE_MS: u64 = 1_500;

#[test]
fn c4_8_c9_5_a_real_mail_server_gets_every_letter_in_order_whoever_is_killed() {
    let Some(servers) = Servers::start() else { return };
    let mut scene = Scene::new();
    scene.start("portal");
    scene.configure(&servers.sections(), &scene.measured("portal", Kind::Form));
    let mut random = Random::seeded();
    let (mut announced, mut cancelled) = (BTreeMap::new(), BTreeSet::new());
    for life in 0..KILLS {
        let refuse = servers.path("posts.refuse");
        match random.below(3) {
            0 => fs::write(&refuse, "").unwrap(),
            _ => drop(fs::remove_file(&refuse)),
        }
        let agent = Agent::start(&scene);
        let reason = format!("skäl nummer {life};");
        let from =
            Instant::from_ms((now().ms() / HOUR_MS + 80 + i64::try_from(life).unwrap()) * HOUR_MS);
        let announcement = Announcement {
            service: "portal".to_owned(),
            from,
            until: from.plus_ms(HOUR_MS),
            reason: reason.clone(),
        };
        let answer = ask(&scene.socket(), &announcement.request()).expect("the agent answers");
        let id = answer["stops"][0]["id"].as_str().unwrap_or_else(|| panic!("{answer}"));
        announced.insert(id.to_owned(), reason);
        if life % 2 == 0 {
            let socket = scene.socket().display().to_string();
            let done = upptid(["stop", "cancel", id, "--socket", &socket]);
            assert_eq!(done.code, Some(0), "{done:?}");
            cancelled.insert(id.to_owned());
        }
        if life % 4 == 3 {
            scene.inject("portal", Fault::Status(503));
        }
        // The server goes away in the middle, too.
        if random.below(3) == 0 {
            servers.restart_postfix(Duration::from_millis(random.below(LIFE_MS)));
        }
        thread::sleep(Duration::from_millis(random.below(LIFE_MS)));
        agent.kill();
    }
    let _ = fs::remove_file(servers.path("posts.refuse"));
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "down");
    until("nothing left to tell", || {
        let journal = Journal::read(&scene.state());
        let delivered: BTreeSet<[&str; 3]> = journal
            .facts("notice_delivered")
            .map(|line| ["notice", "about", "channel"].map(|field| line.text(field)))
            .collect();
        let is_told = |notice: &str, id: &String| {
            ["mail", "ops"].iter().all(|channel| delivered.contains(&[notice, id, channel]))
        };
        let is_done = announced.keys().all(|id| is_told("stop_announced", id))
            && cancelled.iter().all(|id| is_told("stop_cancelled", id))
            && delivered.iter().any(|[notice, ..]| *notice == "fault_report");
        is_done.then_some(())
    });
    let log = agent.terminate().stderr;
    assert!(!log.contains(SENDER_PASSWORD) && !log.contains(CONTACT_MAIL), "C10.3: {log}");

    let mails = servers.mails();
    assert!(mails.iter().any(|mail| mail.to == PROVIDER_MAIL), "{mails:?}");
    let to_anna: Vec<&Mail> = mails.iter().filter(|mail| mail.to == CONTACT_MAIL).collect();
    for (id, reason) in &announced {
        let about: Vec<&&Mail> =
            to_anna.iter().filter(|mail| mail.readable().contains(reason)).collect();
        let is_cancelled = |mail: &Mail| mail.header("subject").starts_with("Re:");
        let ids: BTreeSet<(bool, String)> =
            about.iter().map(|mail| (is_cancelled(mail), mail.header("message-id"))).collect();
        // Each letter at least once, and always as the same letter.
        assert_eq!(ids.len(), 1 + usize::from(cancelled.contains(id)), "{reason} {about:#?}");
        assert!(!is_cancelled(about[0]), "{reason} was cancelled before it was announced");
        let threads: BTreeSet<String> = about.iter().map(|it| it.header("references")).collect();
        assert_eq!(threads.len(), 1, "{reason} {about:#?}");
    }
    let posts = servers.posts();
    for id in announced.keys() {
        let told: Vec<&str> = posts
            .iter()
            .flat_map(|post| post["notices"].as_array().unwrap())
            .filter(|notice| notice["about"] == id.as_str())
            .filter_map(|notice| notice["notice"].as_str())
            .collect();
        assert_eq!(told.first(), Some(&"stop_announced"), "{id}: {told:?}");
        assert_eq!(told.contains(&"stop_cancelled"), cancelled.contains(id), "{id}: {told:?}");
    }
}

/// A process and those that it starts, ended by its group's number.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        let command = command.process_group(0).stdin(Stdio::null()).stderr(Stdio::null());
        Process(command.spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.0.wait();
    }
}

/// Postfix, Dovecot as its keeper of passwords, and the receiver of posts.
struct Servers {
    folder: tempfile::TempDir,
    smtp_port: u16,
    web_port: u16,
    postfix: std::sync::Mutex<Option<Process>>,
    _others: [Process; 2],
}

impl Servers {
    /// None where they are not installed or the test is not root, which CI does not accept.
    fn start() -> Option<Self> {
        if !has(&[DOVECOT, MASTER, PYTHON].map(Path::new)) {
            return None;
        }
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            println!("skipped: Postfix wants to be started as root");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("upptid-mail-").tempdir().unwrap();
        // The servers' own users look into it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let at = folder.path().display().to_string();
        let authority = Authority::new().unwrap();
        let leaf = authority.leaf(&["localhost"]).unwrap();
        let smtp_port = free_port();
        for (name, mode, text) in [
            ("ca.pem", 0o644, authority.ca_pem()),
            ("cert.pem", 0o644, leaf.chain_pem()),
            ("key.pem", 0o600, leaf.key_pem()),
            ("sender-password", 0o600, SENDER_PASSWORD.to_owned()),
            ("webhook-secret", 0o600, WEBHOOK_SECRET.to_owned()),
            ("passwd", 0o644, format!("{SENDER}:{{PLAIN}}{SENDER_PASSWORD}::::::\n")),
            ("dovecot.conf", 0o644, dovecot_conf(&at)),
            ("postfix/main.cf", 0o644, main_cf(&at)),
            ("postfix/master.cf", 0o644, master_cf(smtp_port)),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        for name in ["queue", "data", "mail"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        chown(folder.path().join("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        let config = folder.path().join("postfix");
        run(Command::new("chown").arg("postfix").arg(folder.path().join("data")));
        run(Command::new("/usr/sbin/postfix").arg("-c").arg(config).arg("check"));
        let dovecot = Process::start(
            Command::new(DOVECOT).arg("-F").arg("-c").arg(folder.path().join("dovecot.conf")),
        );
        let mut receiver = Process::start(
            Command::new(PYTHON)
                .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/webhook_receiver.py"))
                .args([folder.path().join("webhook-secret"), folder.path().join("posts.jsonl")])
                .stdout(Stdio::piped()),
        );
        let mut line = String::new();
        BufReader::new(receiver.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let web_port = line.trim().parse().unwrap();
        let others = [dovecot, receiver];
        let servers =
            Servers { folder, smtp_port, web_port, postfix: None.into(), _others: others };
        until("Dovecot", || servers.path("run/auth-smtp").exists().then_some(()));
        servers.restart_postfix(Duration::ZERO);
        Some(servers)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Ends Postfix if it runs, and starts it after a while.
    fn restart_postfix(&self, pause: Duration) {
        let mut postfix = self.postfix.lock().unwrap();
        *postfix = None;
        thread::sleep(pause);
        let config = self.path("postfix");
        *postfix = Some(Process::start(Command::new(MASTER).arg("-d").arg("-c").arg(config)));
        let address = ("127.0.0.1", self.smtp_port);
        until("Postfix", || std::net::TcpStream::connect(address).ok());
    }

    /// The sections that name them.
    fn sections(&self) -> String {
        let (at, smtp, web) = (self.folder.path().display(), self.smtp_port, self.web_port);
        format!(
            "[mail]\nserver = \"localhost:{smtp}\"\ntls = \"starttls\"\ngroup = \"0s\"\n\
             rate = 1000\nfrom = \"upptid@provider.example\"\nuser = \"{SENDER}\"\n\
             password = {{ file = \"{at}/sender-password\" }}\nca_file = \"{at}/ca.pem\"\n\n\
             [provider]\nname = \"Exempel Drift AB\"\nfault_report_mail = \"{PROVIDER_MAIL}\"\n\n\
             [[contact]]\nid = \"anna\"\nmail = \"{CONTACT_MAIL}\"\nservices = [\"portal\"]\n\n\
             [[webhook]]\nname = \"ops\"\nurl = \"http://127.0.0.1:{web}/hook\"\n\
             secret = {{ file = \"{at}/webhook-secret\" }}\n"
        )
    }

    /// The mails of the Maildir, in the order in which Postfix accepted them.
    fn mails(&self) -> Vec<Mail> {
        // What was accepted is in the queue at worst.
        until("an empty queue", || {
            let empty = |name: &str| {
                let files = fs::read_dir(self.path("queue").join(name)).into_iter().flatten();
                files.flatten().all(|entry| entry.path().is_dir())
            };
            ["incoming", "active", "deferred"].into_iter().all(empty).then_some(())
        });
        let mut mails = Vec::new();
        for entry in fs::read_dir(self.path("mail/all/new")).unwrap() {
            let data = fs::read_to_string(entry.unwrap().path()).unwrap().replace('\n', "\r\n");
            let (from, to) = ("upptid@provider.example".to_owned(), String::new());
            let mail = Mail { from, to, data, was_encrypted: true, user: Some(SENDER.to_owned()) };
            let received = mail.header("received");
            assert!(received.contains("ESMTPSA"), "neither TLS nor a password: {received}");
            // A long queue id begins with the time, and sorts by it.
            let id = received.split(" id ").nth(1).and_then(|rest| rest.split_whitespace().next());
            let id = id.unwrap_or_else(|| panic!("no queue id: {received}")).to_owned();
            mails.push((id, Mail { to: mail.header("delivered-to"), ..mail }));
        }
        mails.sort_by(|(a, _), (b, _)| a.cmp(b));
        mails.into_iter().map(|(_, mail)| mail).collect()
    }

    /// The posts that were accepted, in their order.
    fn posts(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("posts.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Runs a command to its end, which must be a good one.
fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn dovecot_conf(at: &str) -> String {
    format!(
        "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/dovecot.log\nprotocols =\n\
         listen = 127.0.0.1\nssl = no\nauth_mechanisms = plain login\n\
         disable_plaintext_auth = no\nfirst_valid_uid = 1\n\
         passdb {{\n driver = passwd-file\n args = {at}/passwd\n}}\n\
         userdb {{\n driver = static\n args = uid={NOBODY} gid={NOBODY} home=/tmp\n}}\n\
         service auth {{\n unix_listener auth-smtp {{\n  mode = 0666\n }}\n}}\n"
    )
}

/// Submission as a provider has it: TLS and a password, or nothing.
fn main_cf(at: &str) -> String {
    format!(
        "compatibility_level = 3.6\nqueue_directory = {at}/queue\ndata_directory = {at}/data\n\
         daemon_directory = /usr/lib/postfix/sbin\ncommand_directory = /usr/sbin\n\
         mail_owner = postfix\nmyhostname = localhost\nmydestination =\n\
         enable_long_queue_ids = yes\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
         maillog_file = {at}/postfix.log\nmaillog_file_prefixes = {at}\n\
         smtpd_tls_chain_files = {at}/key.pem, {at}/cert.pem\n\
         smtpd_tls_security_level = encrypt\nsmtpd_sasl_auth_enable = yes\n\
         smtpd_sasl_type = dovecot\nsmtpd_sasl_path = {at}/run/auth-smtp\n\
         smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
         smtpd_recipient_restrictions = permit_sasl_authenticated, reject\n\
         virtual_mailbox_domains = customer.example, provider.example\n\
         virtual_mailbox_base = {at}/mail\nvirtual_mailbox_maps = static:all/\n\
         virtual_uid_maps = static:{NOBODY}\nvirtual_gid_maps = static:{NOBODY}\n\
         virtual_transport = virtual\nalias_maps =\nalias_database =\n"
    )
}

fn master_cf(port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd\ncleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\ntlsmgr unix - - n 1000? 1 tlsmgr\n\
         rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
         virtual unix - n n - - virtual\nanvil unix - - n - 1 anvil\n\
         proxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n"
    )
}
