//! `upptid adjust`

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use contract::fact::Ground;

use super::place::AgentArg;

/// `upptid adjust`
#[derive(Subcommand)]
pub enum AdjustCommand {
    /// Claim an adjustment; somebody else decides it
    Claim(ClaimArgs),
    /// Decide an adjustment; the latest decision stands
    #[command(group = ArgGroup::new("decision").required(true))]
    Decide {
        /// The adjustment, e.g. A1
        id: String,
        /// It counts
        #[arg(long, group = "decision")]
        accept: bool,
        /// It does not count
        #[arg(long, group = "decision")]
        reject: bool,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// List the adjustments
    List {
        /// Only this service's
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
}

/// `upptid adjust claim`
#[derive(Args)]
pub struct ClaimArgs {
    /// The service
    #[arg(long, value_name = "NAME")]
    pub service: String,
    /// Take downtime out of the lost time, or put in downtime that was reported
    #[arg(long, value_enum)]
    pub kind: AdjustmentKindArg,
    /// The first instant claimed: 2026-12-06T22:00 in the service's time zone, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    pub from: String,
    /// The first instant after
    #[arg(long, value_name = "INSTANT")]
    pub until: String,
    /// The ground; fault_report to include, the others to exclude
    #[arg(long, value_parser = PossibleValuesParser::new(Ground::ALL.map(Ground::as_str)))]
    pub ground: String,
    /// What shows it, without personal data
    #[arg(long, value_name = "TEXT")]
    pub evidence: String,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}

/// Whether an adjustment takes time out of the lost or puts it in.
#[derive(Clone, Copy, ValueEnum)]
pub enum AdjustmentKindArg {
    /// The downtime is not the provider's
    Exclude,
    /// It was downtime, whatever was measured
    Include,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn c5_3_a_decision_is_one_of_two() {
        let decided = |words: &[&str]| {
            let line = ["upptid", "adjust", "decide", "A1"].iter().chain(words);
            match Cli::try_parse_from(line).ok()?.command {
                Command::Adjust(AdjustCommand::Decide { accept, reject, .. }) => {
                    Some((accept, reject))
                }
                _ => None,
            }
        };
        assert_eq!(decided(&["--accept"]), Some((true, false)));
        assert_eq!(decided(&["--reject"]), Some((false, true)));
        assert_eq!(decided(&[]), None);
        assert_eq!(decided(&["--accept", "--reject"]), None);
    }
}
