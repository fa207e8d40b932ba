//! What one login attempt costs: a full one against the built-in login service, both on this
//! thread, and the parts of it that are no network.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use login_service::{Authority, LoginService, Options};
use probe::html::Page;
use probe::redact::Redactor;
use probe::settings::{Credentials, Form, Kind, Login, Proof, Roots};
use probe::{Account, Prober};

fn attempt(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let authority = Authority::new().unwrap();
    let options = Options::new(authority.leaf(&["localhost"]).unwrap());
    let service = runtime.block_on(LoginService::start(options)).unwrap();

    let form = Form::new(service.url("/login").parse().unwrap());
    let account = Credentials::new("demo", "hemligt");
    let mut login = Login::new(Kind::Form(form), account);
    login.dial.tls.roots = Roots::Only(Arc::new(vec![authority.ca_der()]));
    login.proof = vec![Proof::Text("Log out".to_owned())];
    let login = Prober::new().prepare(login).unwrap();

    criterion.bench_function("a login attempt, with the service that answers it", |bencher| {
        bencher.iter(|| {
            let attempt = runtime.block_on(login.attempt(Account::Main));
            assert_eq!(attempt.outcome, contract::Outcome::Up, "{}", attempt.message);
        });
    });
}

fn parts(criterion: &mut Criterion) {
    let page = login_page();
    criterion.bench_function("read a login page of 8 KB", |bencher| {
        bencher.iter(|| black_box(Page::parse(page.as_bytes(), None)));
    });
    criterion.bench_function("read it without its links", |bencher| {
        bencher.iter(|| black_box(Page::parse_without_links(page.as_bytes(), None)));
    });
    let redactor = Redactor::new("demo", &["hemligt"]);
    let url = "https://portal.example/konto/start".parse().unwrap();
    criterion.bench_function("show an address", |bencher| {
        bencher.iter(|| black_box(redactor.url(&url)));
    });
}

/// A page as portals have them: a menu, a search form, the login form, a footer.
fn login_page() -> String {
    let menu: String =
        (0..60).map(|at| format!("<li><a href=\"/sida/{at}?x=1\">Meny {at}</a></li>\n")).collect();
    let footer: String = (0..50)
        .map(|at| format!("<p class=rad>Rad {at}: <a href=\"/info/{at}\">se</a></p>\n"))
        .collect();
    format!(
        "<!DOCTYPE html><html><head><title>Logga in</title></head><body><ul>{menu}</ul>\
         <form action=\"/sok\"><input name=q type=search></form>\
         <form method=post action=login><input type=hidden name=csrf_token value=abc>\
         <label for=u>Anv\u{e4}ndarnamn</label><input id=u name=username>\
         <label for=p>L\u{f6}senord</label><input id=p type=password name=password>\
         <button>Logga in</button></form>{footer}</body></html>"
    )
}

criterion_group!(benches, attempt, parts);
criterion_main!(benches);
