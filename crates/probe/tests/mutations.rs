//! Services that mean harm: answers that were good once, changed at random. Whatever they send, an
//! attempt ends, nothing panics, what is kept of it is bounded, and the password is not shown.
//!
//! `corpus/` has one good conversation for each kind of login: answers in order, divided by lines
//! `==== next`. In them PORT, STATE and NONCE stand for what the attempt itself has chosen, and
//! `JWT(…)` for a token with these claims. What a run finds is kept beside this file and tried first
//! from then on.

mod attempts;

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use attempts::stub::Stub;
use attempts::{PASSWORD, login, step};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::{DownCause, Outcome};
use http::Method;
use probe::html::select::Selector;
use probe::settings::recipe::{Body, Expect, Pattern, Source, Take};
use probe::settings::template::{JsonTemplate, Template};
use probe::settings::{
    Basic, ClientAuth, Digest, Direct, Form, Grant, HostKey, Json, Kind, Limits, OAuth,
    OAuthClient, Oidc, Protocol, Recipe, Totp,
};
use probe::{Account, Attempt, Prober};
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::runtime::Runtime;

/// Conversations of one run.
const CASES: u32 = 400;
/// The end of an attempt that does not end by itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that an attempt may be described by, and what was said in it.
const SHOWN_BYTES_MAX: usize = 64 * 1024;
const SAID_BYTES_MAX: usize = 1024 * 1024;
/// The host key of the conversation by SSH.
const HOST_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5bHxlYyBAx/FtBDQb8RxQhtJX0C1Py5GAN8k7vmyKg";
/// A secret whose codes hold for a second, so that nobody waits long for the next one.
const CODES: &str = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=1";

/// What parsers stumble over, and the password, as if the service repeated it.
const INTERESTING: &[&[u8]] = &[
    b"\0",
    b"\xff\xfe",
    b"\r\n\r\n",
    b"\n",
    b"\"",
    b"\\",
    b"<",
    b"<!--",
    b"<form",
    b"</form>",
    b"&#x110000;",
    b"%00",
    b"%",
    b"..",
    b"//",
    b"=",
    b";",
    b",",
    b"{999999999}",
    b"{-1}",
    b"* ",
    b"+ ",
    b"u1 ",
    b"u1 NO [UNAVAILABLE] ",
    b"BYE",
    b"421 ",
    b"535 ",
    b"999",
    b"-",
    b"[[[[[[[[",
    b"{\"a\":",
    b"1e999",
    b"null",
    b"\\ud800",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x0a\x01\x31",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Location: \r\n",
    b"Set-Cookie: a=b; Domain=.; Max-Age=-9223372036854775808\r\n",
    b"hemligt",
    b"SSH-2.0-",
    b"\x00\x00\x00\x0c\x0a\x15",
    b"\x7f\xff\xff\xff",
    b"exp\":-9e18,\"iat\":9e18,\"",
    b"<input name=csrf value=",
    b"{password}",
    b"[0]/~1~0/",
];

/// The kinds, each with its conversation.
const CONVERSATIONS: &[&str] = &[
    "form",
    "form-in-steps",
    "code",
    "basic",
    "digest",
    "json",
    "recipe",
    "oauth",
    "oidc",
    "imap",
    "smtp",
    "ldap",
    "ssh",
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A change at a place, given as a share of what is there.
#[derive(Clone, Debug)]
enum Change {
    Flip(u16, u8),
    Cut(u16, u16),
    Repeat(u16, u16, u8),
    Insert(u16, prop::sample::Index),
    Truncate(u16),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        (any::<u16>(), 0..64_u16).prop_map(|(at, count)| Change::Cut(at, count)),
        (any::<u16>(), 1..64_u16, any::<u8>())
            .prop_map(|(at, n, times)| Change::Repeat(at, n, times)),
        (any::<u16>(), any::<prop::sample::Index>())
            .prop_map(|(at, what)| Change::Insert(at, what)),
        any::<u16>().prop_map(Change::Truncate),
    ]
}

fn changed(mut bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    let place = |share: u16, bytes: &[u8]| usize::from(share) * bytes.len() / 65_536;
    match change {
        Change::Flip(at, byte) => {
            let at = place(*at, &bytes);
            if let Some(found) = bytes.get_mut(at) {
                *found ^= byte;
            }
        }
        Change::Cut(at, count) => {
            let at = place(*at, &bytes);
            let end = (at + usize::from(*count)).min(bytes.len());
            bytes.drain(at..end);
        }
        Change::Repeat(at, count, times) => {
            let at = place(*at, &bytes);
            let end = (at + usize::from(*count)).min(bytes.len());
            let piece = bytes[at..end].repeat(usize::from(*times));
            bytes.splice(at..at, piece);
        }
        Change::Insert(at, what) => {
            let at = place(*at, &bytes);
            bytes.splice(at..at, what.get(INTERESTING).iter().copied());
        }
        Change::Truncate(at) => bytes.truncate(place(*at, &bytes)),
    }
    bytes
}

/// The answers of a conversation, as they are sent.
fn conversation(name: &str, port: u16) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/corpus/{name}.txt"));
    let text = std::fs::read_to_string(path).unwrap().replace("PORT", &port.to_string());
    let bytes = |answer: &str| match answer.strip_prefix("hex ") {
        Some(digits) => {
            let digits = digits.trim();
            (0..digits.len() / 2)
                .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
                .collect()
        }
        // Only heads and lines: a body of HTML does not mind.
        None => answer.replace('\n', "\r\n").into_bytes(),
    };
    text.split("==== next\n").map(bytes).collect()
}

fn kind(name: &str, port: u16) -> Kind {
    let url = |path: &str| format!("https://localhost:{port}{path}").parse().unwrap();
    let form = || Form::new(url("/login"));
    let direct = |protocol, scheme: &str| {
        let url = format!("{scheme}://localhost:{port}").parse().unwrap();
        Kind::Direct(Direct::new(protocol, url).unwrap())
    };
    match name {
        "basic" => Kind::Basic(Basic { url: url("/") }),
        "digest" => Kind::Digest(Digest { url: url("/") }),
        "json" => Kind::Json(Box::new(Json {
            token: Some("/access_token".to_owned()),
            then: Some(url("/me")),
            ..Json::new(url("/token"))
        })),
        "oauth" => Kind::OAuth(Box::new(OAuth {
            token_url: url("/token"),
            grant: Grant::Password,
            client: None,
            scope: None,
            fields: Vec::new(),
            then: Some(url("/me")),
            revoke: Some(url("/revoke")),
        })),
        "oidc" => Kind::Oidc(Box::new(Oidc {
            issuer: format!("https://localhost:{port}"),
            configuration: url("/.well-known/openid-configuration"),
            client: OAuthClient { id: "app".to_owned(), secret: None, auth: ClientAuth::Post },
            redirect_uri: "https://app.test/callback".parse().unwrap(),
            scope: "openid".to_owned(),
            claims: Vec::new(),
            form: form(),
            then: None,
        })),
        "imap" => direct(Protocol::Imap, "imaps"),
        "smtp" => direct(Protocol::Smtp, "smtps"),
        "ldap" => direct(Protocol::Ldap, "ldaps"),
        "ssh" => {
            let url = format!("ssh://localhost:{port}").parse().unwrap();
            let mut direct = Direct::new(Protocol::Ssh, url).unwrap();
            if let Direct::Ssh(ssh) = &mut direct {
                ssh.host_keys.push(HostKey::parse(HOST_KEY).unwrap());
            }
            Kind::Direct(direct)
        }
        "recipe" => Kind::Recipe(Box::new(recipe(url("/")))),
        _ => Kind::Form(form()),
    }
}

/// A recipe that takes a value from each place that there is.
fn recipe(url: url::Url) -> Recipe {
    let text = |text: &str| Template::parse(text).unwrap();
    let selector = |text: &str| Selector::parse(text).unwrap();
    let take = |name: &str, from, pattern: Option<&str>| Take {
        name: name.to_owned(),
        from,
        pattern: pattern.map(|text| Pattern::parse(text).unwrap()),
        show: false,
    };
    let mut page = step("page", Method::GET, "/login");
    page.take = vec![
        take(
            "meta",
            Source::Select(selector("meta[name=csrf-token]"), Some("content".into())),
            None,
        ),
        take(
            "csrf",
            Source::Select(selector("div.box #login input[name^='cs']"), Some("value".into())),
            None,
        ),
        take("hello", Source::Select(selector("form p"), None), Some("Hello (.+)")),
        take("sid", Source::Cookie("sid".to_owned()), None),
        take("build", Source::Header("x-build".parse().unwrap()), Some("^([0-9]+)")),
        take("version", Source::Body, Some("build = \"(v[0-9]+)\"")),
    ];
    let mut token = step("token", Method::POST, "/token?b={build}");
    let fields = [("user", "{user}"), ("password", "{password}"), ("csrf", "{csrf}{meta}")];
    token.request.body =
        Body::Form(fields.map(|(name, value)| (name.to_owned(), text(value))).to_vec());
    token.take = vec![take("token", Source::Json("/auth/token".to_owned()), None)];
    let mut me = step("me", Method::GET, "/me/{version}");
    me.request.headers = vec![(http::header::AUTHORIZATION, text("Bearer {token}"))];
    let equals = Some(JsonTemplate::new("{user}".into()).unwrap());
    me.expect = vec![
        Expect::Json { pointer: "/user/name".to_owned(), equals },
        Expect::NoText(text("refused")),
        Expect::Header { name: http::header::CONTENT_TYPE, equals: None },
    ];
    let mut end = step("end", Method::POST, "/end");
    end.request.body =
        Body::Json(JsonTemplate::new(serde_json::json!({ "sid": "{sid}" })).unwrap());
    Recipe {
        url,
        hosts: Vec::new(),
        secrets: Vec::new(),
        steps: vec![page, token, me],
        log_out: vec![end],
    }
}

/// A service that says these answers, one for each thing that it hears, over all its connections as
/// with a browser.
struct Script {
    /// The last is the next.
    answers: Vec<Vec<u8>>,
    state: String,
    nonce: String,
}

impl Script {
    /// The next answer, to what was heard.
    fn next(&mut self, heard: &[u8]) -> Option<Vec<u8>> {
        let heard = String::from_utf8_lossy(heard);
        for (name, known) in [("&state=", &mut self.state), ("&nonce=", &mut self.nonce)] {
            if let Some((_, value)) = heard.split_once(name) {
                *known = value.chars().take_while(char::is_ascii_alphanumeric).collect();
            }
        }
        let answer = replaced(&self.answers.pop()?, b"STATE", self.state.as_bytes());
        let answer = replaced(&answer, b"NONCE", self.nonce.as_bytes());
        let begin = memchr::memmem::find(&answer, b"JWT(");
        let end = memchr::memmem::rfind(&answer, b")");
        Some(match (begin, end) {
            (Some(begin), Some(end)) if begin + 4 <= end => {
                let claims = URL_SAFE_NO_PAD.encode(&answer[begin + 4..end]);
                [&answer[..begin], b"e30.", claims.as_bytes(), b".x", &answer[end + 1..]].concat()
            }
            _ => answer,
        })
    }
}

fn replaced(bytes: &[u8], word: &[u8], value: &[u8]) -> Vec<u8> {
    match memchr::memmem::find(bytes, word) {
        Some(at) => [&bytes[..at], value, &bytes[at + word.len()..]].concat(),
        None => bytes.to_vec(),
    }
}

/// Speaks by the script until it or the other side ends.
async fn speak(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Arc<Mutex<Script>>,
    speaks_first: bool,
) {
    let mut heard = vec![0; 64 * 1024];
    let mut count = 0;
    let mut is_first = speaks_first;
    loop {
        if !is_first {
            match stream.read(&mut heard).await {
                Ok(length @ 1..) => count = length,
                _ => return,
            }
        }
        is_first = false;
        let next = { script.lock().unwrap().next(&heard[..count]) };
        let Some(answer) = next else { return };
        let closes = memchr::memmem::find(&answer, b"connection: close").is_some();
        if stream.write_all(&answer).await.is_err() || closes {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// One attempt at a service that says these answers, one for each thing that it hears.
async fn attempt(name: &'static str, changes: Vec<(prop::sample::Index, Change)>) -> Attempt {
    let speaks_first = ["imap", "smtp", "ssh"].contains(&name);
    let script = Script { answers: Vec::new(), state: String::new(), nonce: String::new() };
    let script = Arc::new(Mutex::new(script));
    let spoken = Arc::clone(&script);
    let stub = match name {
        "ssh" => Stub::in_clear(move |tcp| speak(tcp, Arc::clone(&spoken), speaks_first)).await,
        _ => Stub::talking(move |tls| speak(tls, Arc::clone(&spoken), speaks_first)).await,
    };
    let mut conversation = conversation(name, stub.port);
    for (place, change) in changes {
        let at = place.index(conversation.len());
        conversation[at] = changed(std::mem::take(&mut conversation[at]), &change);
    }
    conversation.reverse();
    script.lock().unwrap().answers = conversation;
    let mut login = login(kind(name, stub.port), &stub.authority);
    login.proof = Vec::new();
    if name == "code" {
        login.account.totp = Some(Totp::parse(CODES).unwrap());
    }
    let short = Duration::from_millis(250);
    *login.limits = Limits { processing: short, transfer: short, ..Limits::default() };
    Prober::new().prepare(login).unwrap().explain(Account::Main).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn c10_3_no_answer_makes_an_attempt_panic_hang_grow_or_tell(
        name in prop::sample::select(CONVERSATIONS),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..6),
    ) {
        let attempted = async { tokio::time::timeout(PATIENCE, attempt(name, changes)).await };
        let mut attempt = RUNTIME.block_on(attempted).expect("the attempt did not end");
        let said = serde_json::to_string(&attempt.exchanges.take()).unwrap();
        prop_assert!(!said.contains(PASSWORD), "the password is shown: {said}");
        prop_assert!(said.len() <= SAID_BYTES_MAX, "{} bytes are kept", said.len());
        let shown = format!("{attempt:?} {}", serde_json::to_string(&attempt).unwrap());
        prop_assert!(!shown.contains(PASSWORD), "the password is shown: {shown}");
        prop_assert!(shown.len() <= SHOWN_BYTES_MAX, "{} bytes are kept", shown.len());
    }
}

/// What is changed must be worth it: unchanged, each conversation leads in, but for that by SSH,
/// which is encrypted for the client that it was held with: it leads up to the host's signature.
#[test]
fn c1_1_the_unchanged_conversations_sign_in() {
    for name in CONVERSATIONS.iter().filter(|name| **name != "ssh") {
        let attempt = RUNTIME.block_on(attempt(name, Vec::new()));
        assert_eq!(attempt.outcome, Outcome::Up, "{name}: {}", attempt.message);
    }
    let attempt = RUNTIME.block_on(attempt("ssh", Vec::new()));
    assert_eq!(attempt.outcome, Outcome::Down(DownCause::Protocol), "{}", attempt.message);
    assert!(attempt.message.contains("signature"), "{}", attempt.message);
}
