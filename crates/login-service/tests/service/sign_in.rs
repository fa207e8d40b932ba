//! The form: what signs in, what does not, and the way out.

use login_service::{Account, Authority, Logout, Refusal};

use crate::visitor::{Visitor, between, service_and_visitor, sign_in_fields, start};

#[tokio::test]
async fn a_browser_signs_in_and_out_and_leaves_no_session() {
    let (service, mut visitor) = service_and_visitor().await;

    let reply = visitor.sign_in("demo", "hemligt").await.unwrap();
    assert_eq!((reply.status, reply.header("location")), (303, Some("/home")));
    let home = visitor.get("/home").await.unwrap().text();
    assert!(home.contains("Welcome, demo.") && home.contains("Log out"), "{home}");
    assert_eq!(service.counts().sessions_open, 1);
    assert_eq!(visitor.get("/login").await.unwrap().header("location"), Some("/home"));

    let token = between(&home, "value=\"", "\"");
    let reply = visitor.post("/logout", &[("csrf_token", token)]).await.unwrap();
    assert_eq!((reply.status, reply.header("location")), (303, Some("/login")));
    let counts = service.counts();
    assert_eq!((counts.logins_ok, counts.homes, counts.logouts), (1, 1, 1));
    assert_eq!((counts.sessions_open, counts.handshakes_resumed), (0, 0));
    assert_eq!(counts.handshakes_full, counts.connections);
    assert_eq!(visitor.get("/home").await.unwrap().header("location"), Some("/login"));
}

#[tokio::test]
async fn the_search_form_comes_before_the_login_form() {
    let (_service, mut visitor) = service_and_visitor().await;
    let page = visitor.get("/login").await.unwrap().text();
    assert!(page.find("role=\"search\"").unwrap() < page.find("type=\"password\"").unwrap());
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again_and_says_why() {
    let (service, mut visitor) = service_and_visitor().await;
    for (user, password) in [("demo", "wrong"), ("nobody", "hemligt"), ("", "")] {
        let reply = visitor.sign_in(user, password).await.unwrap();
        assert_eq!(reply.status, 200);
        let page = reply.text();
        assert!(page.contains("Wrong user name or password") && page.contains("name=\"password\""));
    }
    assert_eq!(service.counts().logins_refused, 3);
    let page = visitor.get("/login").await.unwrap().text();
    assert!(!page.contains("Wrong"), "the next visit says nothing of it");
}

#[tokio::test]
async fn a_refusal_can_be_a_403_or_the_same_redirect() {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |options| options.refusal = Refusal::Forbidden).await;
    let reply = Visitor::new(&service, &authority).sign_in("demo", "wrong").await.unwrap();
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("Wrong user name or password"));

    let service = start(&authority, |options| options.refusal = Refusal::SameRedirect).await;
    let mut visitor = Visitor::new(&service, &authority);
    let reply = visitor.sign_in("demo", "wrong").await.unwrap();
    assert_eq!((reply.status, reply.header("location")), (303, Some("/home")));
    assert_eq!(visitor.get("/home").await.unwrap().header("location"), Some("/login"));
    let page = visitor.get("/login").await.unwrap().text();
    assert!(page.contains("Wrong user name or password"));
}

#[tokio::test]
async fn an_account_locks_after_so_many_wrong_attempts() {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |options| {
        options.wrong_attempts_max = Some(2);
        options.accounts.push(Account::new("second", "också hemligt &+"));
    })
    .await;
    let mut visitor = Visitor::new(&service, &authority);
    visitor.sign_in("demo", "wrong").await.unwrap();
    visitor.sign_in("demo", "wrong").await.unwrap();
    let page = visitor.sign_in("demo", "hemligt").await.unwrap().text();
    assert!(page.contains("This account is locked"), "{page}");

    let reply = visitor.sign_in("second", "också hemligt &+").await.unwrap();
    assert_eq!(reply.status, 303, "another account is not locked");
    service.unlock("demo");
    let mut visitor = Visitor::new(&service, &authority);
    assert_eq!(visitor.sign_in("demo", "hemligt").await.unwrap().status, 303);
}

#[tokio::test]
async fn what_a_careless_client_forgets_is_refused_before_the_password_is_looked_at() {
    let (service, mut visitor) = service_and_visitor().await;
    let page = visitor.get("/login").await.unwrap().text();
    let token = between(&page, "name=\"csrf_token\" value=\"", "\"");
    let fields = sign_in_fields(token, "demo", "hemligt");

    for (forgotten, status) in
        [("csrf_token", 403), ("origin_page", 400), ("language", 400), ("sign_in", 400)]
    {
        let rest: Vec<_> = fields.into_iter().filter(|(name, _)| *name != forgotten).collect();
        let reply = visitor.post("/login", &rest).await.unwrap();
        assert_eq!(reply.status, status, "without {forgotten}");
    }
    visitor.sends_origin = false;
    assert_eq!(visitor.post("/login", &fields).await.unwrap().status, 403, "without Origin");
    visitor.sends_origin = true;
    let cookie = std::mem::take(&mut visitor.cookie);
    assert_eq!(visitor.post("/login", &fields).await.unwrap().status, 403, "without the cookie");
    visitor.cookie = cookie;

    let counts = service.counts();
    assert_eq!((counts.logins_malformed, counts.logins_ok, counts.logins_refused), (6, 0, 0));
    assert_eq!(visitor.post("/login", &fields).await.unwrap().status, 303, "all of it");
}

#[tokio::test]
async fn a_referer_does_where_there_is_no_origin_and_a_foreign_one_does_not() {
    let (service, mut visitor) = service_and_visitor().await;
    let page = visitor.get("/login").await.unwrap().text();
    let token = between(&page, "name=\"csrf_token\" value=\"", "\"");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(sign_in_fields(token, "demo", "hemligt"))
        .finish();
    visitor.sends_origin = false;
    for (referer, status) in [
        ("https://evil.test/login".to_owned(), 403),
        (service.url(".evil.test/"), 403),
        (service.url("/login"), 303),
    ] {
        let head = format!("{form}Referer: {referer}\r\n");
        let reply = visitor.send("POST /login", &head, &body).await.unwrap();
        assert_eq!(reply.status, status, "{referer}");
    }
}

#[tokio::test]
async fn the_way_out_can_be_a_link() {
    let authority = Authority::new().unwrap();
    let service = start(&authority, |options| options.logout = Logout::Link).await;
    let mut visitor = Visitor::new(&service, &authority);
    visitor.sign_in("demo", "hemligt").await.unwrap();
    assert!(visitor.get("/home").await.unwrap().text().contains("<a href=\"/logout\">Log out</a>"));
    visitor.get("/logout").await.unwrap();
    assert_eq!((service.counts().logouts, service.counts().sessions_open), (1, 0));
}
