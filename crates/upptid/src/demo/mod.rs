//! `upptid demo`: the whole thing at work, with outages that happen by themselves.
//!
//! The same agent as `upptid run`, with a configuration that `upptid check` accepts. What fails are
//! closed listeners and broken back ends of login services on this machine; no fact is made up.

mod screen;
mod script;
mod stage;

use std::sync::Arc;
use std::time::Duration;

use agent::admin::client::ask;
use agent::admin::{Announcement, Reply, Request};
use agent::clock::{Clock, SystemClock};
use agent::config::Config;
use agent::lifecycle::{self, Signal};
use agent::{Deps, Running};
use tokio::sync::{mpsc, oneshot};

use crate::cli::demo::DemoArgs;
use crate::commands::run::{failure, runtime};
use crate::exit::{Exit, Failure};
use crate::terminal;
use stage::Stage;

/// Plays the demo until Ctrl-C, or for the seconds that were asked for.
pub fn run(args: &DemoArgs) -> Result<Exit, Failure> {
    let cannot = |error: std::io::Error| Failure::new(Exit::Unmeasured, error);
    let theatre = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(cannot)?;
    let stage = Arc::new(theatre.block_on(Stage::build(args.listen)).map_err(cannot)?);
    let path = stage.config_path();
    let config = Config::load(&path, None).map_err(Failure::usage)?;

    let (stop, signals) = mpsc::channel(4);
    forward_signals(stop.clone()).map_err(cannot)?;
    let (started, running) = oneshot::channel();
    let deps = Deps {
        clock: Arc::new(SystemClock),
        version: env!("CARGO_PKG_VERSION"),
        reload: Box::new(move || Config::load(&path, None)),
        signals,
        started: Some(started),
    };
    let play = theatre.spawn(play(stage.clone(), running, args.seconds, stop));
    let ended = runtime()?.block_on(agent::run(config, deps)).map_err(failure);
    play.abort();
    theatre.shutdown_timeout(Duration::from_secs(1));
    drop(stage);
    ended?;
    terminal::write("\nended; nothing is left of it\n").map(|_| Exit::Done)
}

/// Everything beside the agent: the script, the announcement, the screen.
async fn play(
    stage: Arc<Stage>,
    running: oneshot::Receiver<Running>,
    seconds: Option<u64>,
    stop: mpsc::Sender<Signal>,
) {
    let Ok(running) = running.await else { return };
    let socket = stage.admin_socket();
    let asked = socket.clone();
    let announced = tokio::task::spawn_blocking(move || announce(&asked)).await;
    let announced = announced.unwrap_or_else(|error| error.to_string());
    let end = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = script::play(&stage) => {}
        () = screen::show(running.web, &socket, &announced) => {}
        () = end => {}
    }
    // The agent has ended already if nobody hears it.
    let _ = stop.send(Signal::Stop).await;
}

/// Announces the planned stop as an operator would, and says what the agent answered.
fn announce(socket: &std::path::Path) -> String {
    let now = SystemClock.now().wall;
    let after = |seconds: u64| now.plus_ms(seconds as i64 * 1000).to_string();
    let (from, until) = script::STOP_WINDOW;
    let announcement = Announcement {
        services: vec!["intranet".to_owned()],
        from: after(from),
        until: after(until),
        reason: "new database version".to_owned(),
        agreed: None,
        dry_run: false,
    };
    match ask(socket, &Request::StopAnnounce(announcement)) {
        Ok(Reply::Announced { stops, .. }) => {
            let said = stops.iter().map(|stop| {
                let verdict = stop.verdicts.first().map_or("", |verdict| verdict.verdict.as_str());
                let id = stop.id.as_deref().unwrap_or("-");
                format!("planned stop {id} of intranet announced: {verdict}")
            });
            said.collect::<Vec<_>>().join("; ")
        }
        Ok(Reply::Refused { error }) => format!("the planned stop was refused: {error}"),
        Ok(_) => String::new(),
        Err(error) => error,
    }
}

fn forward_signals(stop: mpsc::Sender<Signal>) -> std::io::Result<()> {
    let mut signals = lifecycle::signals()?;
    std::thread::Builder::new().name("demo signals".to_owned()).spawn(move || {
        while let Some(signal) = signals.blocking_recv() {
            if stop.blocking_send(signal).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}
