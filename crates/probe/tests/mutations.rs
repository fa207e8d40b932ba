//! Services that mean harm: answers that were good once, changed at random. Whatever they send, an
//! attempt ends, nothing panics, what is kept of it is bounded, and the password is not shown.
//!
//! `corpus/` has one good conversation for each kind of login: answers in order, divided by lines
//! `==== next`. What a run finds is kept beside this file and tried first from then on.

mod attempts;

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use attempts::stub::Stub;
use attempts::{PASSWORD, login};
use probe::settings::{
    Basic, ClientAuth, Digest, Direct, Form, Grant, Json, Kind, Limits, OAuth, OAuthClient, Oidc,
    Protocol,
};
use probe::{Account, Attempt, Prober};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

/// Conversations of one run.
const CASES: u32 = 400;
/// The end of an attempt that does not end by itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that an attempt may be described by.
const SHOWN_BYTES_MAX: usize = 64 * 1024;

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
];

/// The kinds, each with its conversation.
const CONVERSATIONS: &[&str] =
    &["form", "form-in-steps", "basic", "digest", "json", "oauth", "oidc", "imap", "smtp", "ldap"];

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
        _ => Kind::Form(form()),
    }
}

/// One attempt at a service that says these answers, one for each thing that it hears.
async fn attempt(name: &'static str, changes: Vec<(prop::sample::Index, Change)>) -> Attempt {
    let speaks_first = ["imap", "smtp"].contains(&name);
    let said = Arc::new(std::sync::Mutex::new(Vec::new()));
    let answers = Arc::clone(&said);
    let stub = Stub::talking(move |mut stream| {
        let answers = Arc::clone(&answers);
        async move {
            let mut heard = vec![0; 64 * 1024];
            let mut is_first = speaks_first;
            loop {
                if !is_first && stream.read(&mut heard).await.map_or(true, |count| count == 0) {
                    return;
                }
                is_first = false;
                // One conversation goes on over all connections, as with a browser.
                let next = { answers.lock().unwrap().pop() };
                let Some(answer): Option<Vec<u8>> = next else { return };
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    let mut conversation = conversation(name, stub.port);
    for (place, change) in changes {
        let at = place.index(conversation.len());
        conversation[at] = changed(std::mem::take(&mut conversation[at]), &change);
    }
    conversation.reverse();
    *said.lock().unwrap() = conversation;
    let mut login = login(kind(name, stub.port), &stub.authority);
    login.proof = Vec::new();
    let short = Duration::from_millis(250);
    *login.limits = Limits { processing: short, transfer: short, ..Limits::default() };
    Prober::new().prepare(login).unwrap().attempt(Account::Main).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn c10_3_no_answer_makes_an_attempt_panic_hang_grow_or_tell(
        name in prop::sample::select(CONVERSATIONS),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..6),
    ) {
        let attempted = async { tokio::time::timeout(PATIENCE, attempt(name, changes)).await };
        let attempt = RUNTIME.block_on(attempted).expect("the attempt did not end");
        let shown = format!("{attempt:?} {}", serde_json::to_string(&attempt).unwrap());
        prop_assert!(!shown.contains(PASSWORD), "the password is shown: {shown}");
        prop_assert!(shown.len() <= SHOWN_BYTES_MAX, "{} bytes are kept", shown.len());
    }
}

/// What is changed must be worth it: unchanged, each conversation leads in, but for OpenID Connect,
/// whose random state no file can hold.
#[test]
fn c1_1_the_unchanged_conversations_sign_in() {
    for name in CONVERSATIONS.iter().filter(|name| **name != "oidc") {
        let attempt = RUNTIME.block_on(attempt(name, Vec::new()));
        assert_eq!(attempt.outcome, contract::Outcome::Up, "{name}: {}", attempt.message);
    }
}
