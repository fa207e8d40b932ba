//! Logins without a form, HTTP/2, and input that means no good.

use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use login_service::Authority;

use crate::visitor::{
    Visitor, between, client_config, connect, service_and_visitor, sign_in_fields, start,
};

#[tokio::test]
async fn basic_challenges_and_takes_the_password() {
    let (service, mut visitor) = service_and_visitor().await;
    let reply = visitor.get("/basic").await.unwrap();
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").unwrap().starts_with("Basic realm="));
    // demo:hemligt, demo:wrong, and what is not base64
    for (credentials, status) in
        [("ZGVtbzpoZW1saWd0", 200), ("ZGVtbzp3cm9uZw==", 401), ("%%%", 401)]
    {
        let head = format!("Authorization: Basic {credentials}\r\n");
        assert_eq!(visitor.send("GET /basic", &head, "").await.unwrap().status, status);
    }
    assert_eq!((service.counts().logins_ok, service.counts().logins_refused), (1, 1));
}

#[tokio::test]
async fn a_token_is_given_used_and_ended() {
    let (service, mut visitor) = service_and_visitor().await;
    let right = r#"{"user":"demo","password":"hemligt"}"#;
    let answer = visitor.send("POST /api/token", "", right).await.unwrap().text();
    let token = between(&answer, "\"token\":\"", "\"");
    let head = format!("Authorization: Bearer {token}\r\n");
    let me = visitor.send("GET /api/me", &head, "").await.unwrap().text();
    assert!(me.contains("\"name\":\"demo\""), "{me}");
    assert_eq!(service.counts().sessions_open, 1);
    visitor.send("POST /api/logout", &head, "").await.unwrap();
    assert_eq!((service.counts().logouts, service.counts().sessions_open), (1, 0));
    assert_eq!(visitor.send("GET /api/me", &head, "").await.unwrap().status, 401);

    for (body, status) in
        [(r#"{"user":"demo","password":"wrong"}"#, 401), ("[]", 400), ("{\"user\":", 400)]
    {
        assert_eq!(visitor.send("POST /api/token", "", body).await.unwrap().status, status);
    }
}

#[tokio::test]
async fn http_2_is_spoken_to_who_asks_for_it() {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |_| {}).await;
    let tls = client_config(&authority, None, &["h2"]);
    let stream = connect(tls, service.address().port()).await.unwrap();
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(service.url("/login")).body(Empty::<Bytes>::new()).unwrap();
    let reply = sender.send_request(request).await.unwrap();
    assert_eq!(reply.status(), 200);
    let page = reply.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&page).contains("name=\"password\""));
}

#[tokio::test]
async fn http_2_can_be_left_out() {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |options| options.http2 = false).await;
    let tls = client_config(&authority, None, &["h2", "http/1.1"]);
    let stream = connect(tls, service.address().port()).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[tokio::test]
async fn no_input_ends_the_service() {
    let (_service, mut visitor) = service_and_visitor().await;
    for cookie in ["session=", "session=1", "session=-", "session=1-x", "session=99999999999-1"] {
        visitor.cookie = cookie.to_owned();
        assert_eq!(visitor.get("/home").await.unwrap().status, 303, "{cookie}");
    }
    visitor.cookie.clear();
    let oversized = "a".repeat(100_000);
    assert_eq!(visitor.send("POST /login", "", &oversized).await.unwrap().status, 413);
    assert_eq!(visitor.post("/login", &[("csrf_token", "%ff\0")]).await.unwrap().status, 403);
    assert_eq!(visitor.get("/nowhere?%00").await.unwrap().status, 404);
    let fields = sign_in_fields("", "<script>", "\u{0}");
    assert_eq!(visitor.post("/login", &fields).await.unwrap().status, 403);
    assert_eq!(visitor.sign_in("demo", "hemligt").await.unwrap().status, 303);
}

#[tokio::test]
async fn a_service_listens_on_a_given_port_and_leaves_it_when_dropped() {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |_| {}).await;
    let address = service.address();
    let port_taken = login_service::Options {
        listen: address,
        ..login_service::Options::new(authority.leaf(&["localhost"]).unwrap())
    };
    assert!(login_service::LoginService::start(port_taken).await.is_err());
    let mut visitor = Visitor::new(&service, &authority);
    drop(service);
    assert!(visitor.get("/login").await.is_err());
}
