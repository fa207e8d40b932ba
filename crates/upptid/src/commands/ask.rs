//! Asks the running agent, and prints its answer.

use std::path::Path;

use agent::admin::{Reply, Request, client};
use contract::Instant;
use jiff::tz::TimeZone;

use crate::cli::place::AgentArg;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// Asks, and prints the answer: as JSON, or as `describe` puts it.
///
/// # Errors
/// The agent cannot be reached, or it refused.
pub fn ask(
    agent: &AgentArg,
    request: &Request,
    describe: impl Fn(&Reply) -> String,
) -> Result<Exit, Failure> {
    answer(agent, request, describe).map(|_| Exit::Done)
}

/// The same, for who looks at the answer, too.
///
/// # Errors
/// As for [`ask`].
pub fn answer(
    agent: &AgentArg,
    request: &Request,
    describe: impl Fn(&Reply) -> String,
) -> Result<Reply, Failure> {
    let reply = client::ask(&agent.socket, request)
        .map_err(|message| Failure::new(Exit::Unreachable, message))?;
    if let Reply::Refused { error } = reply {
        return Err(Failure::new(Exit::Down, format!("refused: {error}")));
    }
    if agent.json {
        terminal::write_line(serde_json::to_string(&reply).map_err(Failure::usage)?)?;
    } else {
        terminal::write(&describe(&reply))?;
    }
    Ok(reply)
}

/// Asks for what changes nothing: a refusal says what was asked wrongly.
///
/// # Errors
/// The agent cannot be reached, or it refused.
pub fn look(socket: &Path, request: &Request) -> Result<Reply, Failure> {
    match client::ask(socket, request) {
        Err(message) => Err(Failure::new(Exit::Unreachable, message)),
        Ok(Reply::Refused { error }) => Err(Failure::usage(error)),
        Ok(reply) => Ok(reply),
    }
}

/// The instant in local time with its offset, as the agent takes it back; in UTC if this machine
/// does not know the zone.
pub fn local(instant: Instant, timezone: &str) -> String {
    match TimeZone::get(timezone) {
        Ok(zone) => {
            instant.timestamp().to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
        }
        Err(_) => instant.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c2_1_local_time_is_printed_so_that_the_agent_takes_it_back() {
        for (utc, shown) in [
            ("2026-10-25T00:30:00.250Z", "2026-10-25T02:30:00.250+02:00"),
            ("2026-10-25T01:30:00.000Z", "2026-10-25T02:30:00.000+01:00"),
        ] {
            let instant: Instant = utc.parse().unwrap();
            assert_eq!(local(instant, "Europe/Stockholm"), shown);
            assert_eq!(shown.parse(), Ok(instant));
        }
        let instant: Instant = "2026-10-25T00:30:00.250Z".parse().unwrap();
        assert_eq!(local(instant, "Nowhere/Here"), "2026-10-25T00:30:00.250Z");
    }
}
