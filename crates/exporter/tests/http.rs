//! The listener over real connections: every path, its headers, and its bounds.

#[allow(dead_code, reason = "the other tests use the rest")]
mod sample;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use contract::{Instant, Month};
use exporter::months::{Moment, ServiceMonth};
use exporter::records::{Adjustment, Claim, FileName, Listed, Statement, Stop, Wanted};
use exporter::{Counters, Options, Records, Snapshot, Source, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A source that always gives the same.
pub struct Still {
    /// What it gives.
    pub snapshot: Snapshot,
    /// Why it is not ready.
    pub awaited: Option<String>,
    /// Whether taking a snapshot panics.
    pub fails: bool,
}

impl Source for Still {
    fn snapshot(&self) -> Snapshot {
        assert!(!self.fails, "a source that fails");
        self.snapshot.clone()
    }

    fn month(&self, service: &str, month: Option<Month>) -> Option<ServiceMonth> {
        let running = sample::months::month();
        match month.unwrap_or(running.running) {
            _ if service != "portal" => None,
            month if month == running.running => Some(running),
            month if month == running.running.prev() => Some(sample::months::month_before()),
            _ => None,
        }
    }

    fn moment(&self, service: &str, at: Instant) -> Option<Moment> {
        sample::months::moment(at).filter(|_| service == "portal")
    }

    fn ready(&self) -> Result<(), String> {
        self.awaited.clone().map_or(Ok(()), Err)
    }

    fn reload(&self) -> Result<(), String> {
        Err("upptid.toml:12: unknown key \"intervall\"".to_owned())
    }
}

impl Records for Still {
    fn stops(&self, wanted: &Wanted) -> Listed<Stop> {
        let concerns = |it: &Stop| it.services.iter().any(|it| wanted.concerns(&it.service));
        let stops = sample::records::stops().into_iter().filter(concerns);
        wanted.of(stops.collect(), |it| it)
    }

    fn adjustments(&self, wanted: &Wanted) -> Listed<Adjustment> {
        wanted.of(sample::records::adjustments(), |it| it)
    }

    fn claims(&self, wanted: &Wanted) -> Listed<Claim> {
        wanted.of(sample::records::claims(), |it| it)
    }

    fn statements(&self, wanted: &Wanted) -> Listed<Statement> {
        wanted.of(sample::records::statements(), |it| it)
    }

    fn signing_key(&self) -> Option<String> {
        Some(sample::records::KEY.to_owned())
    }

    fn statement_file(&self, month: Month, name: &FileName) -> Option<Vec<u8>> {
        let path = format!("{month}/{}", name.as_str());
        (path == "2026-10/exempelbolaget-ab.sv.html").then(|| b"<!DOCTYPE html>".to_vec())
    }
}

impl Still {
    fn sample() -> Self {
        Still { snapshot: sample::snapshot(), awaited: None, fails: false }
    }
}

/// A listener on a port of its own, until it is stopped.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
    fn start(source: Still, options: Options) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let counters = Arc::new(Counters::new());
        let task = tokio::spawn(serve(listener, Arc::new(source), counters, options, async {
            let _ = stopped.await;
        }));
        Running { address, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `head` and reads until the peer closes.
    async fn ask(&self, head: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        read_to_end(&mut stream).await
    }

    async fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

/// What comes until the peer closes or resets.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn every_path_answers() {
    let running = Running::start(Still::sample(), Options::default());
    for (path, expected, content) in [
        ("/", "200", "Can customers log in?"),
        ("/?lang=sv&q=is:down", "200", "Kan kunderna logga in?"),
        ("/?sort=lost&state=down&view=wall", "200", "class=\"tiles\""),
        ("/service/portal", "200", "Minutes by class"),
        ("/service/portal", "200", "<table class=\"calendar\""),
        ("/service/portal?month=2026-10&lang=sv", "200", "oktober 2026"),
        ("/service/portal?month=2026-12", "404", "Not found"),
        ("/service/portal?month=2026-1", "404", "Not found"),
        ("/service/portal?class=lost", "200", "Show every class"),
        ("/service/portal/day/2026-11-15", "200", "Sunday 15 November 2026"),
        ("/service/portal/day/2026-11-31", "404", "Not found"),
        ("/service/portal/day/2026-11-23", "404", "Not found"),
        ("/service/nobody/day/2026-11-15", "404", "Not found"),
        ("/service/portal/at/2026-11-15T16:00:00.000Z", "200", "Why it is classed so"),
        ("/service/portal/at/2026-11-23T16:00:00.000Z", "404", "Not found"),
        ("/service/portal/at/now", "404", "Not found"),
        ("/agent", "200", "Vantage point"),
        ("/assets/refresh.js", "200", "data-refresh"),
        ("/api/v1/agent", "200", "\"wrong\":["),
        ("/api/v1/openapi.json", "200", "\"openapi\": \"3.1"),
        ("/api/v1/services?state=down", "200", "\"name\":\"records\""),
        ("/api/v1/services/portal?month=2026-10", "200", "\"month\":\"2026-10\""),
        ("/api/v1/services/portal?month=2026-12", "404", "{\"error\":"),
        ("/api/v1/services/portal?month=2026-1", "404", "give one like 2026-10"),
        ("/api/v1/services/portal/at/2026-11-15T16:00:00.000Z", "200", "\"rule\":\"C3.4\""),
        ("/api/v1/services/portal/at/now", "404", "{\"error\":"),
        ("/service/nobody", "404", "Not found"),
        ("/service/%ff", "400", ""),
        ("/metrics", "200", "upptid_login_up{service=\"portal\"} 1"),
        ("/metrics", "200", "upptid_scrapes_total 2"),
        ("/metrics", "200", "process_resident_memory_bytes"),
        ("/api/v1/services", "200", "\"name\":\"portal\""),
        ("/api/v1/services/portal", "200", "\"availability_percent\":\"99.9814\""),
        ("/api/v1/services/nobody", "404", "{\"error\":"),
        ("/api/nothing", "404", "{\"error\":"),
        ("/service/portal", "200", "Measuring is paused since"),
        ("/stops", "200", "contacts told in time"),
        ("/stops?lang=sv&service=mail", "200", "Planerade driftstopp"),
        ("/stops?page=9", "200", "Planned stops"),
        ("/adjustments", "200", "flow records of the carrier"),
        ("/claims", "200", "letter of 9 November"),
        ("/statements", "200", sample::records::KEY),
        ("/api/v1/stops", "200", "\"verdict\":\"surplus\""),
        ("/api/v1/stops?service=nobody", "200", "\"total\":0"),
        ("/api/v1/adjustments", "200", "\"decision\":\"rejected\""),
        ("/api/v1/claims", "200", "\"state\":\"submitted\""),
        ("/api/v1/statements", "200", "\"public_key\":\"9f1c"),
        ("/stops.ics", "200", "BEGIN:VCALENDAR\r\n"),
        ("/stops.ics?service=nobody", "404", ""),
        ("/-/healthy", "200", "healthy"),
        ("/-/ready", "200", "ready"),
        ("/-/reload", "405", ""),
        ("/nothing", "404", "Not found"),
    ] {
        let answer = running.get(path).await;
        assert_eq!(status(&answer), expected, "{path}: {answer}");
        assert!(answer.contains(content), "{path}: {answer}");
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; connect-src 'self'; \
             style-src 'sha256-",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "x-frame-options: DENY",
        ] {
            assert!(answer.contains(header), "{path} lacks {header}");
        }
    }
    running.end().await;
}

#[tokio::test]
async fn the_browser_language_decides_unless_the_address_does() {
    let running = Running::start(Still::sample(), Options::default());
    let ask = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             accept-language: sv-SE,sv;q=0.9\r\n\r\n"
        )
    };
    assert!(running.ask(&ask("/")).await.contains("content-language: sv"));
    assert!(running.ask(&ask("/?lang=en")).await.contains("content-language: en"));
    running.end().await;
}

#[tokio::test]
async fn an_agent_that_is_starting_says_what_it_waits_for() {
    let source = Still { awaited: Some("the journal is being read".to_owned()), ..Still::sample() };
    let running = Running::start(source, Options::default());
    for path in ["/-/ready", "/", "/service/portal"] {
        let answer = running.get(path).await;
        assert_eq!(status(&answer), "503", "{path}");
        assert!(answer.contains("the journal is being read"), "{path}: {answer}");
    }
    for path in ["/-/healthy", "/metrics"] {
        assert_eq!(status(&running.get(path).await), "200", "{path}");
    }
    running.end().await;
}

#[tokio::test]
async fn a_reload_needs_permission() {
    let post =
        "POST /-/reload HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let running = Running::start(Still::sample(), Options::default());
    let answer = running.ask(post).await;
    assert_eq!(status(&answer), "403");
    assert!(answer.contains("SIGHUP"), "{answer}");
    running.end().await;

    let options = Options { reload_over_http: true, ..Options::default() };
    let running = Running::start(Still::sample(), options);
    let answer = running.ask(post).await;
    assert_eq!(status(&answer), "500");
    assert!(answer.contains("unknown key"), "{answer}");
    running.end().await;
}

#[tokio::test]
async fn a_slow_head_and_an_idle_connection_are_cut_off() {
    let options = Options { header_timeout: Duration::from_millis(50), ..Options::default() };
    let running = Running::start(Still::sample(), options);
    let mut slow = running.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\nx-slow: ").await.unwrap();
    let mut idle = running.connect().await;
    idle.write_all(b"GET /-/healthy HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(!read_to_end(&mut slow).await.contains(" 200 "));
    assert_eq!(status(&read_to_end(&mut idle).await), "200");
    running.end().await;
}

#[tokio::test]
async fn silent_peers_do_not_keep_a_scrape_waiting_for_ever() {
    let options = Options {
        connections_max: 2,
        header_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    let running = Running::start(Still::sample(), options);
    let _silent = [running.connect().await, running.connect().await, running.connect().await];
    assert_eq!(status(&running.get("/metrics").await), "200");
    running.end().await;
}

#[tokio::test]
async fn a_huge_head_is_refused() {
    let running = Running::start(Still::sample(), Options::default());
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx-huge: {}\r\n\r\n", "a".repeat(64 * 1024));
    assert_eq!(status(&running.ask(&long).await), "431");
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: a\r\n".repeat(200));
    assert_eq!(status(&running.ask(&many).await), "431");
    assert_eq!(status(&running.ask("nonsense\r\n\r\n").await), "400");
    assert_eq!(status(&running.get("/-/healthy").await), "200");
    running.end().await;
}

#[tokio::test]
async fn a_reader_that_never_ends_is_cut_off() {
    let options = Options {
        answers_max: 1,
        connection_timeout: Duration::from_millis(100),
        drain_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    let source =
        Still { snapshot: sample::crowd(sample::snapshot(), 5_000), awaited: None, fails: false };
    let running = Running::start(source, options);
    let mut reader = running.connect().await;
    reader.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 16];
    reader.read_exact(&mut first).await.unwrap();
    // The only answer allowed is held by a peer that reads no further, until its time is over; who
    // asks meanwhile waits, at most for the time of a connection.
    let mut tries = 0;
    while status(&running.get("/service/service-00000").await) != "200" {
        tries += 1;
        assert!(tries < 50, "the peer was never cut off");
    }
    running.end().await;
}

#[tokio::test]
async fn shutdown_lets_an_open_request_finish_and_closes_idle_connections() {
    let running = Running::start(Still::sample(), Options::default());
    let mut idle = running.connect().await;
    idle.write_all(b"GET /-/healthy HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut head = [0; 12];
    idle.read_exact(&mut head).await.unwrap();
    let address = running.address;
    running.end().await;
    read_to_end(&mut idle).await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn metrics_that_could_not_be_made_are_no_empty_success() {
    let source = Still { fails: true, ..Still::sample() };
    let running = Running::start(source, Options::default());
    assert_eq!(status(&running.get("/metrics").await), "500");
    assert_eq!(status(&running.get("/api/v1/services").await), "500");
    assert_eq!(status(&running.get("/-/healthy").await), "200");
    running.end().await;
}

#[tokio::test]
async fn a_statements_file_is_given_as_it_is_and_nothing_else_is() {
    let running = Running::start(Still::sample(), Options::default());
    let page = running.get("/statements/2026-10/exempelbolaget-ab.sv.html").await;
    assert_eq!(status(&page), "200");
    assert!(page.contains("content-type: text/html; charset=utf-8"), "{page}");
    // It brings its own style sheet, and may do nothing else.
    assert!(
        page.contains("content-security-policy: default-src 'none'; style-src 'unsafe-inline'")
    );
    for path in [
        "/statements/2026-10/statement.key",
        "/statements/2026-10/..%2f..%2fstatement.key",
        "/statements/..%2f..%2fjournal/2026-10.jsonl",
        "/statements/2026-13/exempelbolaget-ab.sv.html",
        "/statements/2026-10/nobody.json",
        "/statements/2026-10/",
        "/statements/2026-10",
    ] {
        assert_eq!(status(&running.get(path).await), "404", "{path}");
    }
    running.end().await;
}

#[tokio::test]
async fn the_feed_is_a_calendar_in_the_language_that_is_asked_for() {
    let running = Running::start(Still::sample(), Options::default());
    let feed = running.get("/stops.ics?lang=sv&service=mail").await;
    for expected in [
        "content-type: text/calendar; charset=utf-8",
        "content-language: sv",
        "SUMMARY;LANGUAGE=sv:Planerat driftstopp av portal\\, mail: new <storage>",
    ] {
        assert!(feed.contains(expected), "{expected}: {feed}");
    }
    assert_eq!(feed.matches("BEGIN:VEVENT").count(), 1);
    running.end().await;
}
