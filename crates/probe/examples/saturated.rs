//! Measures what a login attempt costs when nothing is waited for: attempts at one login service,
//! many at once, on one thread. The service runs elsewhere, so that its own work is not counted.
//!
//!     cargo run --release -p probe --example saturated -- URL CA_FILE [ATTEMPTS] [AT_ONCE]
//!
//! `{}` in the URL becomes the number of an account's own page, from 0 to 199. The account is `demo`
//! with the password `hemligt`, the proof the text `Logga ut`.

use std::cell::Cell;
use std::error::Error;
use std::fs;
use std::sync::Arc;

use contract::Outcome;
use probe::settings::{Credentials, Form, Kind, Login, Proof, Roots};
use probe::{Account, PreparedLogin, Prober};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::task::LocalSet;

/// Login pages that attempts are made at in turn.
const LOGINS: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "give the URL of a login page and the file of its root certificate";
    let (url, ca_file) = (args.next().ok_or(usage)?, args.next().ok_or(usage)?);
    let attempts: usize = args.next().map_or(Ok(4_000), |text| text.parse())?;
    let at_once: usize = args.next().map_or(Ok(16), |text| text.parse())?;
    let logins = logins(&url, &ca_file)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;

    runtime.block_on(sign_in(&logins, LOGINS, at_once));
    let before_ns = cpu_ns()?;
    runtime.block_on(sign_in(&logins, attempts, at_once));
    let took_us = (cpu_ns()? - before_ns) as f64 / 1_000.0;
    println!("{attempts} attempts, {at_once} at once: {:.1} us each", took_us / attempts as f64);
    Ok(())
}

fn logins(url: &str, ca_file: &str) -> Result<Arc<[PreparedLogin]>, Box<dyn Error>> {
    let roots: Result<Vec<_>, _> = CertificateDer::pem_file_iter(ca_file)?.collect();
    let roots = Roots::Only(Arc::new(roots?));
    let prober = Prober::new();
    let login = |number: usize| -> Result<PreparedLogin, Box<dyn Error>> {
        let form = Form::new(url.replace("{}", &number.to_string()).parse()?);
        let mut login = Login::new(Kind::Form(form), Credentials::new("demo", "hemligt"));
        login.dial.tls.roots = roots.clone();
        login.proof = vec![Proof::Text("Logga ut".to_owned())];
        Ok(prober.prepare(login)?)
    };
    (0..LOGINS).map(login).collect()
}

/// Makes so many attempts, so many at once.
async fn sign_in(logins: &Arc<[PreparedLogin]>, attempts: usize, at_once: usize) {
    let next = std::rc::Rc::new(Cell::new(0));
    let tasks = LocalSet::new();
    for _ in 0..at_once {
        let (logins, next) = (Arc::clone(logins), next.clone());
        tasks.spawn_local(async move {
            while next.get() < attempts {
                let login = &logins[next.replace(next.get() + 1) % LOGINS];
                let attempt = login.attempt(Account::Main).await;
                assert_eq!(attempt.outcome, Outcome::Up, "{}", attempt.message);
            }
        });
    }
    tasks.await;
}

/// What this thread has spent, in user and system time.
fn cpu_ns() -> Result<u64, Box<dyn Error>> {
    let spent = fs::read_to_string("/proc/self/schedstat")?;
    Ok(spent.split_whitespace().next().ok_or("no schedstat")?.parse()?)
}
