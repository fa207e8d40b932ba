use std::sync::Mutex;

use contract::{Alert, ServiceState};
use ledger::OpenOptions;
use mail_service::{Mail, MailFault, MailOptions, MailServer};
use watch::Now;

use super::*;
use crate::board::LiveService;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
const MINUTE_MS: i64 = 60_000;

/// A clock that stands still until it is set.
struct SetClock(Mutex<i64>);

impl Clock for SetClock {
    fn now(&self) -> Now {
        let ms = *self.0.lock().unwrap();
        Now { wall: Instant::from_ms(START_MS + ms), mono_ms: ms, boot_ms: ms }
    }

    fn synchronised(&self) -> Option<bool> {
        Some(true)
    }
}

/// 2026-11-05T12:00:00Z.
const START_MS: i64 = 1_793_880_000_000;

/// Waits for something that another thread does.
#[track_caller]
fn until(holds: impl Fn() -> bool) {
    let began = RealInstant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A ledger, a mail server, and a notifier that is told the time.
struct Scene {
    folder: tempfile::TempDir,
    clock: Arc<SetClock>,
    ledger: Ledger,
    server: MailServer,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(Mutex::new(0)));
        let options = OpenOptions {
            dir: folder.path().join("state"),
            agent: "test".to_owned(),
            version: "0".to_owned(),
            now: clock.now().wall,
        };
        let (ledger, _) = Ledger::open(options).unwrap();
        let server = MailServer::start(MailOptions::default()).unwrap();
        Scene { folder, clock, ledger, server }
    }

    fn start(&self) -> Notifier {
        let tools = Tools {
            clock: self.clock.clone(),
            ledger: self.ledger.clone(),
            board: Arc::default(),
            counters: Arc::new(Counters::new()),
            state_dir: self.folder.path().join("state"),
        };
        Notifier::start(tools, &self.config(self.server.port(), "anna@c.example")).unwrap()
    }

    /// A configuration that sends by the server at `port`, and names anna's address.
    fn config(&self, port: u16, anna: &str) -> Config {
        let text = format!(
            "[mail]\nserver = \"127.0.0.1:{port}\"\ntls = \"none\"\nfrom = \"a@b.example\"\n\
             [provider]\nfault_report_mail = \"support@b.example\"\nlang = \"en\"\n\
             [[contact]]\nid = \"anna\"\nmail = \"{anna}\"\nservices = [\"portal\"]\n\
             [[service]]\nname = \"portal\"\nlogin.url = \"https://portal.example/\"\n\
             login.user = \"probe\"\nlogin.password = {{ file = \"upptid.toml\" }}\n"
        );
        let path = self.folder.path().join("upptid.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path, None).unwrap()
    }

    /// An agent that tells nobody but those on call, and its notifier.
    fn start_on_call(&self, when: &str) -> (Notifier, Arc<Counters>) {
        let counters = Arc::new(Counters::new());
        let board = Arc::new(Board::default());
        let text = format!(
            "[mail]\nserver = \"127.0.0.1:{}\"\ntls = \"none\"\nfrom = \"a@b.example\"\n\
             [alerts]\nwhen = \"{when}\"\nto = [\"oncall\"]\n\
             [[contact]]\nid = \"oncall\"\nmail = \"oncall@b.example\"\nlang = \"en\"\n\
             [[service]]\nname = \"portal\"\nlogin.url = \"https://portal.example/\"\n\
             login.user = \"probe\"\nlogin.password = {{ file = \"upptid.toml\" }}\n",
            self.server.port()
        );
        let path = self.folder.path().join("upptid.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config::load(&path, None).unwrap();
        let portal = LiveService::new(&config.services[0], self.clock.now().wall);
        board.lock().services.insert("portal".into(), portal);
        let tools = Tools {
            clock: self.clock.clone(),
            ledger: self.ledger.clone(),
            board,
            counters: counters.clone(),
            state_dir: self.folder.path().join("state"),
        };
        (Notifier::start(tools, &config).unwrap(), counters)
    }

    /// Passes four minutes at a time until `holds`: the notifier looks when it will.
    fn pass_until(&self, minute: &mut i64, holds: impl Fn() -> bool) {
        let began = RealInstant::now();
        while !holds() {
            assert!(began.elapsed() < PATIENCE, "{:?}", self.server.mails());
            *minute += 4;
            self.pass(*minute);
            thread::sleep(LOOK_PAUSE);
        }
    }

    /// What is on record as told, in its order: `alert UpptidLoginDown`.
    fn alerts_told(&self) -> Vec<String> {
        let told = |history: &History| {
            let agent = history.deliveries_about_the_agent();
            let mut all: Vec<_> = agent.iter().chain(history.deliveries("portal")).collect();
            all.sort_by_key(|made| made.seq);
            let name = |about: &str| Alert::of(about).unwrap().0.name();
            let line = |made: &&contract::Delivery| {
                format!("{} {}", made.notice.as_str(), name(&made.about))
            };
            all.iter().map(line).collect()
        };
        self.ledger.read(told)
    }

    fn record(&self, fact: Fact) {
        self.ledger.record(vec![(self.clock.now().wall, fact)]).wait().unwrap();
    }

    fn state(&self, state: ServiceState) {
        let from = self.clock.now().wall;
        self.record(Fact::State { service: "portal".to_owned(), from, state, evidence: None });
    }

    /// Until `minute` nothing more happens.
    fn pass(&self, minute: i64) {
        *self.clock.0.lock().unwrap() = minute * MINUTE_MS;
        self.ledger.heartbeat(self.clock.now().wall);
    }

    fn wait_for_mails(&self, count: usize) -> Vec<Mail> {
        until(|| self.server.mails().len() >= count);
        self.server.mails()
    }

    fn deliveries(&self) -> usize {
        self.ledger.read(|history| history.deliveries("portal").len())
    }

    fn stop(&self, notifier: Notifier) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(notifier.stop());
    }
}

fn portal_set() -> Fact {
    Fact::ServiceSet {
        service: "portal".to_owned(),
        month: "2026-11".to_owned(),
        customer: None,
        terms: "standard".to_owned(),
        monthly_fee: None,
        contacts: vec!["anna".to_owned()],
    }
}

#[test]
fn c9_5_an_outage_is_told_when_it_has_waited_for_others_and_its_end_when_it_is_over() {
    let scene = Scene::new();
    scene.record(portal_set());
    scene.state(ServiceState::Up);
    let notifier = scene.start();
    scene.pass(1);
    scene.state(ServiceState::Down { cause: "http_status".to_owned() });
    scene.pass(2);
    // The server refuses the contact; the provider is told none the less.
    scene.server.refuse("anna@c.example", 550);
    scene.pass(3);
    let [report] = &scene.wait_for_mails(1)[..] else { panic!("one mail") };
    assert_eq!(report.to, "support@b.example");
    assert!(report.readable().contains("This is a fault report"), "{}", report.readable());
    scene.server.refuse("anna@c.example", 0);
    scene.pass(5);
    let mails = scene.wait_for_mails(2);
    assert_eq!(mails[1].to, "anna@c.example");
    scene.state(ServiceState::Up);
    scene.pass(14);
    scene.stop(notifier);
    assert_eq!((scene.server.mails().len(), scene.deliveries()), (2, 2));

    // Nothing but the facts is kept: another notifier tells the rest, and only that.
    let notifier = scene.start();
    scene.pass(17);
    let mails = scene.wait_for_mails(4);
    for (mail, word) in mails[2..].iter().zip(["är över", "is over"]) {
        assert!(mail.readable().contains(word), "{}", mail.readable());
    }
    scene.stop(notifier);
    assert_eq!((scene.server.mails().len(), scene.deliveries()), (4, 4));
    scene.ledger.close(scene.clock.now().wall).unwrap();
}

/// An outage that is to be told, and was tried once in vain.
fn unreachable() -> (Scene, Notifier) {
    let scene = Scene::new();
    scene.record(portal_set());
    scene.state(ServiceState::Down { cause: "http_status".to_owned() });
    scene.server.inject(MailFault::Unavailable);
    let notifier = scene.start();
    scene.pass(3);
    until(|| scene.server.connections() > 0);
    (scene, notifier)
}

#[test]
fn c9_5_a_server_that_cannot_be_reached_loses_nothing() {
    let (scene, notifier) = unreachable();
    scene.server.inject(MailFault::None);
    scene.pass(9);
    scene.wait_for_mails(2);
    scene.stop(notifier);
    assert_eq!(scene.deliveries(), 2);
    scene.ledger.close(scene.clock.now().wall).unwrap();
}

#[test]
fn c9_5_a_reload_moves_what_waits_to_the_new_server_and_address() {
    let (scene, notifier) = unreachable();
    // The provider of mail is changed, and with it where anna reads hers (C10.5).
    let other = MailServer::start(MailOptions::default()).unwrap();
    notifier.configure(&scene.config(other.port(), "anna.new@c.example"));
    scene.pass(9);
    until(|| scene.deliveries() >= 2);
    scene.stop(notifier);
    let mut to: Vec<String> = other.mails().into_iter().map(|mail| mail.to).collect();
    to.sort();
    assert_eq!(to, ["anna.new@c.example", "support@b.example"]);
    assert_eq!(scene.server.mails(), []);

    // A reload without [mail] keeps silent, and one with it again tells nothing twice.
    let notifier = scene.start();
    let mut silent = scene.config(other.port(), "anna.new@c.example");
    silent.mail = None;
    notifier.configure(&silent);
    notifier.configure(&scene.config(other.port(), "anna.new@c.example"));
    scene.state(ServiceState::Up);
    scene.pass(25);
    until(|| scene.deliveries() >= 4);
    scene.stop(notifier);
    assert_eq!(other.mails().len(), 4);
    scene.ledger.close(scene.clock.now().wall).unwrap();
}

#[test]
fn c8_2_alerts_are_told_directly_while_nobody_reads_the_metrics_and_once_over_restarts() {
    let scene = Scene::new();
    scene.state(ServiceState::Up);
    let (notifier, counters) = scene.start_on_call("not-scraped");
    let mut minute = 0;
    scene.pass(minute);
    until(|| counters.counted().direct_alerts == DirectAlerts::Ready);
    scene.state(ServiceState::Down { cause: "http_status".to_owned() });
    scene.pass_until(&mut minute, || counters.counted().direct_alerts == DirectAlerts::Active);
    assert!(minute >= 5, "{minute}");
    scene.pass_until(&mut minute, || scene.alerts_told().len() >= 2);
    let mails = scene.server.mails();
    let text = mails[0].readable();
    assert_eq!(mails[0].to, "oncall@b.example");
    assert!(mails[0].header("subject").starts_with("Alert: Customers cannot log in to portal"));
    for words in ["Nobody reads the metrics", "upptid explain portal", "upptidlogindown"] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    let first = scene.alerts_told();
    scene.stop(notifier);

    // Another start has nothing but the facts. It is known that Prometheus is gone.
    let sent = scene.server.mails().len();
    let (notifier, counters) = scene.start_on_call("not-scraped");
    scene.pass_until(&mut minute, || counters.counted().direct_alerts == DirectAlerts::Active);
    scene.state(ServiceState::Up);
    scene.pass_until(&mut minute, || {
        scene.alerts_told().contains(&"alert_resolved UpptidLoginDown".to_owned())
    });
    scene.stop(notifier);
    let told = scene.alerts_told();
    assert_eq!(told[..first.len()], first[..]);
    let again = told.iter().filter(|it| **it == "alert UpptidLoginDown").count();
    assert_eq!(again, 1, "{told:?}");
    assert!(scene.server.mails().len() > sent);
    scene.ledger.close(scene.clock.now().wall).unwrap();
}
